#ifndef SCOPE_H
#define SCOPE_H

#include <stdint.h>

#include "layers.h"
#include "order.h"

/**
 * scope_cut(scope, l, layer):
 * How many bytes of the frame an order of this scope may keep when its subject was found at ${layer}: content, all that
 * was captured; headers, to the end of the transport header of that layer's packet (for a MAC, of the packet beneath it);
 * headers-without-ports, to the end of its network header; where there is no IP, to the end of the link headers.
 */
uint32_t scope_cut(enum order_scope, const struct layers *, const struct layer *);

/**
 * scope_cut_at(scope, data, at, caplen, len):
 * The same for a frame whose matching layer is the IP header at ${at}; nothing (0) if that header is not sound.
 */
uint32_t scope_cut_at(enum order_scope, const uint8_t *, uint32_t, uint32_t, uint32_t);

#endif
