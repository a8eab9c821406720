#ifndef INTENT_H
#define INTENT_H

#include <stddef.h>
#include <stdint.h>

#include "bag.h"
#include "sealed.h"
#include "slice.h"

/*
 * The seal intent, records/CASE/IAP/SEQ.intent: everything that could differ between two sealings of a number, made
 * durable before the first byte of the package is written.  A run that was killed anywhere is repeated by the next one to
 * the same bytes; but a file that is encrypted is different each time, and no key that would open it is ever here: its hash
 * joins the intent before it is published, and a published file with that hash stands.  A number whose files are spoilt has
 * its gap record here, which is made before they are moved away.
 */
struct intent {
	uint64_t seq;
	struct bag_seal seal;
	struct sealed_order *orders; /* to be included, in byte order of names */
	size_t order_count;
	struct buf profile; /* the element map of its events; empty: casetap's own */
	int is_encrypted;
	char ciphertext_sha256[DIGEST_HEX]; /* of the file that may be published already; "" before there is one */
	int is_spoilt;
	struct gap_record gap; /* where is_spoilt */
};

/* Write the intent, replacing an earlier one of the number.  Return 0, or -1 after one diag line. */
int intent_save(const struct intent *, int, const char *);

/**
 * intent_load(in, dirfd, label, seq):
 * Load the intent of a number.  Return 1, 0 if there is none, or -1 after one diag line with errno set.
 */
int intent_load(struct intent *, int, const char *, uint64_t);
void intent_clear(struct intent *);

/* Forget it: the number is sealed.  Return 0, or -1 after one diag line. */
int intent_remove(int, const char *, uint64_t);

#endif
