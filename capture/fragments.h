#ifndef FRAGMENTS_H
#define FRAGMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "packet.h"
#include "stamp.h"

/*
 * For whom the first fragment of a packet was, so that the later ones, which have neither ports nor the headers inside a
 * tunnel, can follow it.  An id tells packets apart only for as long as it takes to be used again, so a packet is
 * remembered until its fragments have covered it to its end and 10 ms longer, in which a mirror may show them again, and
 * for a second at most: whatever comes after that, or does not fit to what is known of the packet, belongs to another whose
 * first fragment was not seen.  Fragments that come before their first are remembered by their place alone.  Bounded: a
 * few thousand packets; who floods it makes it forget.
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

/*
 * An order by what it is, whatever its place in the table, and by where it stood there; whether the packet is perhaps its
 * subject's, and not for it.
 */
struct fragments_order {
	uint64_t name;
	uint32_t index, is_doubted;
};

/* One fragment that was met. */
struct fragments_piece {
	struct fragments_key key;
	struct packet_extent extent;
	stamp_t time;
};

struct fragments *fragments_new(void);
void fragments_free(struct fragments *);

/* The piece that the fragment ${packet} of frame ${data} is, at that time; what one ${asker} puts, no other gets. */
void fragments_piece(struct fragments_piece *, uint64_t, const struct packet *, const uint8_t *, stamp_t);

/**
 * fragments_put(f, piece, orders, n):
 * Remember the orders, none among them, that the packet with this first fragment is, or perhaps is, for.  With more than
 * FRAGMENTS_ORDERS_MAX, or after another first fragment of the same id for others, its later fragments are not known.
 */
void fragments_put(struct fragments *, const struct fragments_piece *, const struct fragments_order *, size_t);

/**
 * fragments_doubt(f, piece):
 * The packet with this first fragment is not followed: one of the same id is not known any more.
 */
void fragments_doubt(struct fragments *, const struct fragments_piece *);

/**
 * fragments_get(f, piece, n):
 * Recall the orders that this later fragment is, or perhaps is, for: an array of ${n} that holds until the next call, or
 * NULL if they are not known.
 */
const struct fragments_order *fragments_get(struct fragments *, const struct fragments_piece *, size_t *);

#endif
