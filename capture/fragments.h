#ifndef FRAGMENTS_H
#define FRAGMENTS_H

#include <stdint.h>

#include "packet.h"
#include "stamp.h"

/*
 * What a filter said of the first fragment of a packet, so that the later ones, which have no ports, can follow it.
 * Bounded: a few thousand packets for half a minute; who floods it makes it forget, and what was forgotten is kept.
 */
struct fragments;

enum fragments_verdict {
	FRAGMENTS_UNKNOWN, /* the first was not seen, or was forgotten */
	FRAGMENTS_REFUSED,
	FRAGMENTS_ACCEPTED
};

struct fragments *fragments_new(void);
void fragments_free(struct fragments *);

/**
 * fragments_put(f, order, packet, data, time, verdict) / fragments_get(f, order, packet, data, time):
 * Remember / recall the verdict of an order's filter on the packet that the fragment ${packet} of frame ${data} belongs to.
 */
void fragments_put(
    struct fragments *, uint32_t, const struct packet *, const uint8_t *, stamp_t, enum fragments_verdict);
enum fragments_verdict fragments_get(struct fragments *, uint32_t, const struct packet *, const uint8_t *, stamp_t);

#endif
