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

/**
 * given_load(statefd, keyring, now, order, list):
 * Read what was given for the order's case, in the folder requests.  What no approver has signed, or is not within the
 * order, is not in the list, with one diag line that names no address.  Return 0, or -1 after one diag line.
 */
int given_load(int, const struct keyring *, stamp_t, const struct order *, struct given_list *);

#endif
