#ifndef PROOF_CLIENT6_H
#define PROOF_CLIENT6_H

#include "proof_internal.h"

/*
 * What the leases of DHCPv6 have in common: who has one, and which of the addresses that are to be shown it is of.
 */
#define PROOF_DUID_MAX 130

struct proof_client6 {
	uint8_t duid[PROOF_DUID_MAX];
	size_t length;
	int64_t iaid; /* -1: not told */
};

enum proof_relation {
	PROOF_NONE,
	PROOF_ALL,
	PROOF_SOME
};

/* Does the order name an IAID, which narrows whom it means?  Does it mean that client? */
int proof_has_iaid(const struct order *);
int proof_is_client6(const struct order *, const struct proof_client6 *);

/**
 * proof_relate6(r, text, bits, relation):
 * Read ADDRESS, of which the first ${bits} bits count, into what the entry at hand is of, however it is spelled.
 * Return 0, or -1 if it is no such text.
 */
int proof_relate6(struct reading *, const char *, uint64_t, enum proof_relation *);

/* "00:01:..." of so many characters into bytes.  Return how many, or 0 if it is none. */
size_t proof_hex(const char *, size_t, uint8_t[PROOF_DUID_MAX]);

#endif
