#ifndef KEYS_H
#define KEYS_H

#include "buf.h"
#include "conf.h"
#include "keyring.h"
#include "sign.h"

/* Load a minisign public key file.  Return EX_OK, or an exit code after one diag line. */
int keys_load_public(const char *, struct sign_pub *);

/**
 * keys_find_approver(keyring, key, path, entry):
 * Find the approver in the keyring who may sign with ${key} now.  Return EX_OK, or an exit code after one diag line that
 * names the key's ${path}: whatever such a key signed would not count.
 */
int keys_find_approver(const struct keyring *, const struct sign_key *, const char *, const struct keyring_entry **);

/* What an approver is to sign, and then: the signature, appended, and the approver's name, the keyring's. */
struct keys_approval {
	const struct buf *text;
	struct buf *sig;
	const char *approver;
};

/**
 * keys_approve(keyring, path, what, a):
 * Sign with the key in ${path} if an approver may now; the trusted comment says that it approves a ${what}.  Return EX_OK,
 * or an exit code after one diag line.
 */
int keys_approve(const struct keyring *, const char *, const char *, struct keys_approval *);

#endif
