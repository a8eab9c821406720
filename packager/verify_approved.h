#ifndef VERIFY_APPROVED_H
#define VERIFY_APPROVED_H

#include "verify_orders.h"

#define VERIFY_SIGNERS_MAX 64

/* By what the approvals of a revision are judged. */
struct verify_asked {
	stamp_t at;      /* the time */
	unsigned needed; /* how many */
	const struct keyring
	    *then; /* the version of the keyring that was in force, if its text is known; else NULL */
	stamp_t
	    made_until; /* those that say themselves that they were made later do not count; STAMP_NONE: they do */
	int must_say;   /* nor do those that say nothing of it */
};

/* Whose approvals of a revision were good, and how many it needed. */
struct verify_approved {
	const struct keyring_entry *signers[VERIFY_SIGNERS_MAX];
	unsigned count, needed;
	const struct keyring_entry
	    *outlived; /* one of them had ended by then, as only a later keyring says; or NULL */
};

/**
 * verify_approved(o, keyring, name, asked, out):
 * Judge the approvals of the order file ${name}, which packages hold: once a key, and once a role where roles are given.
 * A key counts that ${keyring} calls good at the time and asked->then, if any, too; and one whose validity ended by
 * ${keyring}, but not by asked->then.  A revocation counts from its time on, whoever knew of it.
 * Return whether they are enough.
 */
int verify_approved(const struct verify_orders *, const struct keyring *, const char *, const struct verify_asked *,
    struct verify_approved *);

#endif
