#ifndef KEYS_H
#define KEYS_H

#include "conf.h"
#include "keyring.h"
#include "sign.h"

/**
 * keys_load_secret(path, status):
 * Load a minisign secret key file.  One with a password asks for it on the terminal, without echo; without a terminal the
 * password is the first line of standard input.  The file must be its owner's alone (FAULTS 14).
 * Return the key; or NULL after one diag line with the exit code in ${status}.
 */
struct sign_key *keys_load_secret(const char *, int *);

/* Load a minisign public key file.  Return 0, or an exit code after one diag line. */
int keys_load_public(const char *, struct sign_pub *);

#endif
