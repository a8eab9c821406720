#ifndef CARRIED_H
#define CARRIED_H

#include <stddef.h>
#include <stdint.h>

#include "packet.h"
#include "stamp.h"

/*
 * Who was found in the first fragment of a tunnel's packet, so that the later ones, which have none of the headers inside,
 * go to the same orders.  Bounded as fragments.h is; what was forgotten is nobody's, and counted.
 */
struct carried;

/* More orders than this in one packet are not remembered. */
#define CARRIED_ORDERS_MAX 12

struct carried *carried_new(void);
void carried_free(struct carried *);

/**
 * carried_put(c, packet, data, time, orders, n):
 * Remember the orders, none among them, that the tunnel's packet ${packet} of frame ${data} is for.
 */
void carried_put(struct carried *, const struct packet *, const uint8_t *, stamp_t, const uint32_t *, size_t);

/**
 * carried_get(c, packet, data, time, n):
 * Recall them: an array of ${n} that holds until the next carried_put(), or NULL if they are not known.
 */
const uint32_t *carried_get(struct carried *, const struct packet *, const uint8_t *, stamp_t, size_t *);

#endif
