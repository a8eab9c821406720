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

/* By whose signatures, and when, words are judged. */
struct given_judge {
	const struct keyring *keyring;
	stamp_t now;
};

/**
 * given_load(place, judge, order, before, list):
 * Read what was given for the order's case, in the folder requests.  What no approver has signed, or is not within the
 * order, is not in the list, with one diag line that names no address.  What is in the list lies with the signature that
 * counted in journal/capture/given/IAP too, to the byte, as CASE.HASH.binding: whatever becomes of it in requests, the
 * packager finds what was followed.  A word that can not be read or kept for now, with a diag line, is in the list if it is
 * in ${before}, and as it is there; if the folder can not be read, the list is ${before}.
 * Return 0, or -1 if there is such a word, or no folder that can be read: the list counts, and is to be made again later.
 */
int given_load(const struct given_place *, const struct given_judge *, const struct order *,
    const struct given_list *, struct given_list *);

/* Remove what a kill has left of keeping one, with a diag line where that can not be. */
void given_clean(const struct given_place *);

#endif
