#ifndef GIVEN_H
#define GIVEN_H

#include <stddef.h>

#include "digest.h"
#include "keyring.h"
#include "order.h"
#include "stamp.h"

/*
 * Addresses of a subject that moves which an approver has given with a proof (casetap-binding(5)), each for a time within
 * the order's.  A list has no padding of chance: two of the same have the same bytes.
 */
#define GIVEN_MAX 16

struct given_address {
	struct order_prefix address;
	stamp_t from, until;
	char sha256[DIGEST_HEX]; /* of the file that gives it */
};

struct given_list {
	struct given_address at[GIVEN_MAX]; /* rising by time */
	size_t count;
};

struct given_place {
	int statefd, journalfd; /* journalfd: journal/capture; a confined reader sees nothing above it */
	const char *iap;        /* whose reader follows it */
};

/**
 * given_load(place, keyring, now, order, list):
 * Read what was given for the order's case, in the folder requests.  What no approver has signed, or is not within the
 * order, is not in the list, with one diag line that names no address.  What is in the list lies with the signature that
 * counted in journal/capture/given/IAP too, to the byte, as CASE.HASH.binding: whatever becomes of it in requests, the
 * packager finds what was followed.  Return 0, or -1 after one diag line.
 */
int given_load(
    const struct given_place *, const struct keyring *, stamp_t, const struct order *, struct given_list *);

#endif
