#ifndef SUBJECTS_H
#define SUBJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "order.h"

#include "wire.h"

/*
 * Whose address is this?  A hash table for each distinct prefix length of each family (hosts are prefixes of full length,
 * MACs a family of one length), so that a look-up costs the same for one order and for thousands.  Nothing shadows
 * anything: overlapping subjects are all found.
 */
struct subjects;

enum subjects_family {
	SUBJECTS_V4,
	SUBJECTS_V6,
	SUBJECTS_MAC,
	SUBJECTS_FAMILIES
};

/* The most spans that one address can have. */
#define SUBJECTS_SPANS_MAX 129

/* The orders with one and the same prefix: indices into the table of orders, rising. */
struct subjects_span {
	const uint32_t *orders;
	size_t count;
};

/**
 * subjects_new(orders, count):
 * Build the tables; nothing of ${orders} is kept.  Return them, or NULL with errno set.
 */
struct subjects *subjects_new(const struct order *const *, size_t);
void subjects_free(struct subjects *);

/* Does any order have a subject of this family? */
int subjects_has(const struct subjects *, enum subjects_family);

/**
 * subjects_find(s, family, address, spans):
 * All orders that ${address} (4, 16 or 6 bytes) is a subject of, a span for each prefix length.  Return the number of
 * ${spans}; an order may stand in several of them.
 */
size_t subjects_find(const struct subjects *, enum subjects_family, const uint8_t *, struct subjects_span *);

/*
 * One prefix length of a family.  Open, because every frame on the wire pays for the look-up and so it has to be inlined.
 * A key is the address as it lies in memory, zero-extended to 128 bits, what lies behind the prefix masked.
 */
struct subjects_slot {
	uint64_t low, high;
	uint32_t who;   /* the only order with that key; SUBJECTS_SEVERAL; SUBJECTS_NOBODY: a free slot */
	uint32_t first; /* of its orders */
};

struct subjects_table {
	uint64_t mask_low, mask_high;
	const struct subjects_slot *slots; /* a free one behind the last that a key's hash leads to */
	uint32_t shift;                    /* from a 64-bit hash to a slot */
};

struct subjects_tables {
	const struct subjects_table *at, *end;
};

#define SUBJECTS_NOBODY UINT32_MAX
#define SUBJECTS_SEVERAL (UINT32_MAX - 1)

/* The tables of a family, for as long as ${s} lives. */
struct subjects_tables subjects_tables(const struct subjects *, enum subjects_family);

/**
 * subjects_single(s, family):
 * The family's only table, for as long as ${s} lives; one without a key where it has none; NULL where it has several.
 */
const struct subjects_table *subjects_single(const struct subjects *, enum subjects_family);

static inline uint64_t
subjects_hash(uint64_t low, uint64_t high)
{
	/* Odd constants without structure: the golden ratio's and pi's first bits. */
	return low * 0x9e3779b97f4a7c15U + high * 0x243f6a8885a308d3U;
}

/* The slot of a masked key, or the free one that shows that there is none. */
static inline const struct subjects_slot *
subjects_probe(const struct subjects_table *t, uint64_t low, uint64_t high)
{
	const struct subjects_slot *s = &t->slots[subjects_hash(low, high) >> t->shift];

	while ((s->low != low || s->high != high) && s->who != SUBJECTS_NOBODY)
		s++;
	return s;
}

/* Who has a key of at most 64 bits?  Free slots are asked for first: most addresses are nobody's. */
static inline uint32_t
subjects_probe_short(const struct subjects_table *t, uint64_t low)
{
	const struct subjects_slot *s = &t->slots[subjects_hash(low, 0) >> t->shift];

	while (s->who != SUBJECTS_NOBODY && s->low != low)
		s++;
	return s->who;
}

/* The same for a longer key. */
static inline uint32_t
subjects_probe_long(const struct subjects_table *t, uint64_t low, uint64_t high)
{
	const struct subjects_slot *s = &t->slots[subjects_hash(low, high) >> t->shift];

	while (s->who != SUBJECTS_NOBODY && (s->low != low || s->high != high))
		s++;
	return s->who;
}

static inline uint32_t
subjects_meet(uint32_t a, uint32_t b)
{
	if (b == SUBJECTS_NOBODY)
		return a;
	return a == SUBJECTS_NOBODY || a == b ? b : SUBJECTS_SEVERAL;
}

/* The one order that either of two addresses, the second right behind the first, has in one table. */
static inline uint32_t
subjects_pair_v4(const struct subjects_table *t, const uint8_t *two)
{
	uint32_t who = subjects_probe_short(t, wire_key32(two) & t->mask_low);

	return subjects_meet(who, subjects_probe_short(t, wire_key32(two + 4) & t->mask_low));
}

static inline uint32_t
subjects_pair_v6(const struct subjects_table *t, const uint8_t *two)
{
	uint64_t low = t->mask_low, high = t->mask_high;
	uint32_t who = subjects_probe_long(t, wire_key64(two) & low, wire_key64(two + 8) & high);

	return subjects_meet(who, subjects_probe_long(t, wire_key64(two + 16) & low, wire_key64(two + 24) & high));
}

/**
 * subjects_only_v4(tables, two) / subjects_only_v6(tables, two) / subjects_only_mac(tables, two):
 * The one order that either of two addresses, the second right behind the first, is a subject of; SUBJECTS_NOBODY; or
 * SUBJECTS_SEVERAL: subjects_find says which.
 */
static inline uint32_t
subjects_only_v4(struct subjects_tables t, const uint8_t *two)
{
	uint32_t who = SUBJECTS_NOBODY;

	for (; t.at < t.end; t.at++)
		who = subjects_meet(who, subjects_pair_v4(t.at, two));
	return who;
}

static inline uint32_t
subjects_only_v6(struct subjects_tables t, const uint8_t *two)
{
	uint32_t who = SUBJECTS_NOBODY;

	for (; t.at < t.end; t.at++)
		who = subjects_meet(who, subjects_pair_v6(t.at, two));
	return who;
}

static inline uint32_t
subjects_only_mac(struct subjects_tables t, const uint8_t *two)
{
	uint32_t who = SUBJECTS_NOBODY;

	for (; t.at < t.end; t.at++) {
		who = subjects_meet(who, subjects_probe_short(t.at, wire_key48(two)));
		who = subjects_meet(who, subjects_probe_short(t.at, wire_key64(two + 4) >> 16));
	}
	return who;
}

#endif
