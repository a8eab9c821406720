#ifndef APPROVAL_H
#define APPROVAL_H

#include "buf.h"
#include "keyring.h"

/* A request in a folder, and who signed it. */
struct approval {
	int dirfd;
	const char *name;       /* of the request's file */
	const struct buf *text; /* its bytes */
	const struct keyring *keyring;
	stamp_t now;
	const struct keyring_entry *signer; /* of keyring; NULL: nobody */
	struct buf signature;               /* theirs, as it was found; buf_free() it */
};

/**
 * approval_find(a):
 * Has an approver, good at ${a}->now, signed the request: is one of NAME.ANY.minisig beside it such a signature?  A key
 * that was ever revoked approves nothing: which time it is may be the very question.
 * Return 1 with signer and signature set if so, else 0.
 */
int approval_find(struct approval *);

#endif
