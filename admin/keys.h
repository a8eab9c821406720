#ifndef KEYS_H
#define KEYS_H

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

#endif
