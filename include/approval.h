#ifndef APPROVAL_H
#define APPROVAL_H

#include "buf.h"
#include "keyring.h"
#include "stamp.h"

/* A request in a folder, and who signed it. */
struct approval {
	int dirfd;
	const char *name;       /* of the request's file */
	const struct buf *text; /* its bytes */
	const struct keyring *keyring;
	stamp_t now;
	const struct keyring_entry *signer; /* of keyring; NULL: nobody */
	struct buf signature;               /* theirs, as it was found; buf_free() it */
	char signature_name[256];           /* its file */
	int error;                          /* why a signature could not be read; 0 */
};

/**
 * approval_find(a):
 * Has an approver, good at ${a}->now, signed the request: is one of NAME.ANY.minisig beside it such a signature?  A key
 * that was ever revoked approves nothing: which time it is may be the very question.
 * Return 1 with signer and signature set if so; 0 if not; or -1 with errno set where none that can be read is one, and
 * another, or the folder, could not be read for now: nobody knows whether it is approved.
 */
int approval_find(struct approval *);

#endif
