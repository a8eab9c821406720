#ifndef FRAGMENTS_H
#define FRAGMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "packet.h"
#include "stamp.h"

/*
 * For whom the first fragment of a packet was, so that the later ones, which have neither ports nor the headers inside a
 * tunnel, can follow it.  Bounded: a few thousand packets for half a minute; who floods it makes it forget.
 */
struct fragments;

/* More orders than this in one packet are not remembered. */
#define FRAGMENTS_ORDERS_MAX 12

/* Whatever all fragments of a packet have in common, and who asks. */
struct fragments_key {
	uint8_t addresses[32];
	uint64_t asker;
	uint32_t id;
	uint8_t version, proto, zero[2];
};

/* An order by what it is, whatever its place in the table, and by where it stood there. */
struct fragments_order {
	uint64_t name;
	uint32_t index;
};

struct fragments *fragments_new(void);
void fragments_free(struct fragments *);

/* The key of the fragment ${packet} of frame ${data}; what one ${asker} puts, no other gets. */
void fragments_key(struct fragments_key *, uint64_t, const struct packet *, const uint8_t *);

/**
 * fragments_put(f, key, time, orders, n):
 * Remember the orders, none among them, that the packet is for.
 */
void fragments_put(struct fragments *, const struct fragments_key *, stamp_t, const struct fragments_order *, size_t);

/**
 * fragments_get(f, key, time, n):
 * Recall them: an array of ${n} that holds until the next fragments_put(), or NULL if they are not known.
 */
const struct fragments_order *fragments_get(struct fragments *, const struct fragments_key *, stamp_t, size_t *);

#endif
