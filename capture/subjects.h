#ifndef SUBJECTS_H
#define SUBJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "order.h"

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

/**
 * subjects_glance_v4(s, addresses) / subjects_glance_v6 / subjects_glance_mac:
 * The quick question about two addresses that stand one right behind the other, as IP and Ethernet headers have them: is
 * there one order, and which, that either is a subject of?  SUBJECTS_SEVERAL means "ask subjects_find".
 */
#define SUBJECTS_NOBODY  UINT32_MAX
#define SUBJECTS_SEVERAL (UINT32_MAX - 1)
uint32_t subjects_glance_v4(const struct subjects *, const uint8_t *);
uint32_t subjects_glance_v6(const struct subjects *, const uint8_t *);
uint32_t subjects_glance_mac(const struct subjects *, const uint8_t *);

#endif
