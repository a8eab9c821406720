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
 * One prefix length of a family: a bit is set for the hash of each key.  Open, because the test for it is paid by every
 * frame on the wire and so has to be inlined.
 */
struct subjects_sieve {
	uint64_t mask_low, mask_high; /* of the address as it lies in memory */
	const uint64_t *bits;
	uint32_t shift; /* from a 64-bit hash to a bit */
};

struct subjects_sieves {
	const struct subjects_sieve *at, *end;
};

/* The sieves of a family, for as long as ${s} lives. */
struct subjects_sieves subjects_sieves(const struct subjects *, enum subjects_family);

static inline uint64_t
subjects_hash(uint64_t low, uint64_t high)
{
	/* Odd constants without structure: the golden ratio's and pi's first bits. */
	return low * 0x9e3779b97f4a7c15U + high * 0x243f6a8885a308d3U;
}

static inline int
subjects_sieve_has(const struct subjects_sieve *s, uint64_t low, uint64_t high)
{
	uint64_t bit = subjects_hash(low & s->mask_low, high & s->mask_high) >> s->shift;

	return s->bits[bit / 64] >> bit % 64 & 1;
}

/* Can one of two addresses, the second right behind the first, be a subject's?  No is sure, yes is to be looked up. */
static inline int
subjects_sieve_v4(struct subjects_sieves s, const uint8_t *two)
{
	for (; s.at < s.end; s.at++) {
		if (subjects_sieve_has(s.at, wire_key32(two), 0) || subjects_sieve_has(s.at, wire_key32(two + 4), 0))
			return 1;
	}
	return 0;
}

static inline int
subjects_sieve_v6(struct subjects_sieves s, const uint8_t *two)
{
	for (; s.at < s.end; s.at++) {
		if (subjects_sieve_has(s.at, wire_key64(two), wire_key64(two + 8)) ||
		    subjects_sieve_has(s.at, wire_key64(two + 16), wire_key64(two + 24)))
			return 1;
	}
	return 0;
}

static inline int
subjects_sieve_mac(struct subjects_sieves s, const uint8_t *two)
{
	for (; s.at < s.end; s.at++) {
		if (subjects_sieve_has(s.at, wire_key48(two), 0) || subjects_sieve_has(s.at, wire_key48(two + 6), 0))
			return 1;
	}
	return 0;
}

/**
 * subjects_only_v4(s, two) / subjects_only_v6(s, two):
 * The one order that either of two such addresses is a subject of; SUBJECTS_NOBODY; or SUBJECTS_SEVERAL: subjects_find says
 * which.
 */
#define SUBJECTS_NOBODY UINT32_MAX
#define SUBJECTS_SEVERAL (UINT32_MAX - 1)
uint32_t subjects_only_v4(const struct subjects *, const uint8_t *);
uint32_t subjects_only_v6(const struct subjects *, const uint8_t *);

#endif
