#ifndef VERIFY_APPROVED_H
#define VERIFY_APPROVED_H

#include "verify_orders.h"

#define VERIFY_SIGNERS_MAX 64

/* Whose approvals of a revision were good, and how many it needed. */
struct verify_approved {
	const struct keyring_entry *signers[VERIFY_SIGNERS_MAX];
	unsigned count, needed;
};

/**
 * verify_approved(o, keyring, name, at, out):
 * Judge the approvals of the order file ${name}, which packages hold, at the time ${at}: once a key, and once a role where
 * roles are given; as many as the version of the keyring asked for that was in force then.
 * Return whether they are enough.
 */
int verify_approved(
    const struct verify_orders *, const struct keyring *, const char *, stamp_t, struct verify_approved *);

#endif
