#ifndef KEYS_H
#define KEYS_H

#include "buf.h"
#include "conf.h"
#include "keyring.h"
#include "sign.h"

#define KEY_FILE_MAX 4096

/**
 * keys_load_secret(path, status):
 * Load a minisign secret key file.  One with a password asks for it on the terminal, without echo; where standard input is
 * no terminal, the password is its first line, as for minisign.  The file must be its owner's alone (FAULTS 14).
 * Return the key; or NULL after one diag line with the exit code in ${status}.
 */
struct sign_key *keys_load_secret(const char *, int *);

/**
 * keys_reserve(buf, room):
 * Give an empty buf that is to hold a secret of at most KEY_FILE_MAX bytes all its room: one that grows leaves copies
 * behind.  Return 0, or -1 with errno ENOMEM.
 */
int keys_reserve(struct buf *, size_t);

/* Load a minisign public key file.  Return EX_OK, or an exit code after one diag line. */
int keys_load_public(const char *, struct sign_pub *);

/**
 * keys_find_approver(keyring, key, path, entry):
 * Find the approver in the keyring who may sign with ${key} now.  Return EX_OK, or an exit code after one diag line that
 * names the key's ${path}: whatever such a key signed would not count.
 */
int keys_find_approver(const struct keyring *, const struct sign_key *, const char *, const struct keyring_entry **);

#endif
