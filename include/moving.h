#ifndef MOVING_H
#define MOVING_H

#include <stddef.h>

#include "conf.h"
#include "order.h"

/**
 * moving_obstacle(order, iap, interfaces):
 * Can all addresses of the order's subject, which moves, be learned at ${iap}, of which ${interfaces} are read?  NULL, or
 * why not.
 */
const char *moving_obstacle(const struct order *, const struct conf_iap *, size_t);

/**
 * moving_unread(order, tunnels):
 * With so many tunnels and router streams that are looked into: where is what gives the subject, which moves, its addresses
 * not read though its traffic is?  NULL, or that.
 */
const char *moving_unread(const struct order *, size_t);

#endif
