#ifndef KTREE_H
#define KTREE_H

#include <stddef.h>
#include <stdint.h>

#include "kcode.h"

/*
 * A set of addresses, and the decision tree in classic BPF that tells whether one is in it.  An address is up to four
 * words, the first of them compared first; what is in the set is whatever starts with one of its prefixes.
 */
#define KTREE_WORDS 4

struct ktree_prefix {
	uint32_t word[KTREE_WORDS];
	uint32_t bits; /* all behind them are zero */
};

struct ktree {
	struct ktree_prefix *at;
	size_t count;
	size_t leaf; /* so many are compared one after the other: the more, the shorter the tree, and the slower */
};

/* How a word of an address comes into the accumulator. */
struct ktree_load {
	uint16_t code;
	uint32_t k;
};

/**
 * ktree_settle(t, bits):
 * Cut each prefix to at most ${bits}, sort them and drop those that others cover.  Needed before ktree_put; the set never
 * gets smaller by it.
 */
void ktree_settle(struct ktree *, uint32_t);

/**
 * ktree_put(t, code, loads, hit, miss):
 * Write the tree of a set that is settled and not empty: it expects the first word in the accumulator, takes the others by
 * ${loads}[1 ..], and leads to ${hit} if the address is in the set, else to ${miss}.
 * Return 0, or -1 with errno ENOMEM.
 */
int ktree_put(
    const struct ktree *, struct kcode *, const struct ktree_load *, struct kcode_label *, struct kcode_label *);

#endif
