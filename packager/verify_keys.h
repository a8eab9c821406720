#ifndef VERIFY_KEYS_H
#define VERIFY_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "age.h"
#include "keyring.h"
#include "sign.h"

#include "verify_file.h"
#include "verify_result.h"
#include "verify_versions.h"

/*
 * The keyrings that came with what is verified.  Each must be signed by the pinned root, or by one that roots.txt ties to
 * it; the highest version judges every signature, and the others must be earlier states of it: lines are only ever added.
 */
struct verify_keys;

struct verify_keys *verify_keys_new(const struct sign_pub *);
void verify_keys_free(struct verify_keys *);

/**
 * verify_keys_load(k, dir, name, where, result):
 * Load the keyring ${name} with its .minisig from ${dir}, and roots.txt; what is wrong with them is said about
 * ${where}/name.  Signatures are judged by verify_keys_settle(), when all is known of the roots.
 * Return 0 if it is there, 1 if there is no such file, -1 if it does not count.
 */
int verify_keys_load(
    struct verify_keys *, const struct verify_dir *, const char *, const char *, struct verify_result *);

/**
 * verify_keys_settle(k, result):
 * Judge what was loaded, choose the highest version and compare the others with it.  Without any keyring, every key is
 * unknown from here on. Return 0, or -1 with errno ENOMEM.
 */
int verify_keys_settle(struct verify_keys *, struct verify_result *);

/* With what encrypted packages are opened (borrowed): NULL, as long as nothing was set, for nothing. */
void verify_keys_set_identities(struct verify_keys *, const struct age_identities *);
const struct age_identities *verify_keys_identities(const struct verify_keys *);

/* One may have come along in something that can not be looked into: that there is none must not be said. */
void verify_keys_miss(struct verify_keys *);

/* Was nothing ever found that might be a keyring? */
int verify_keys_is_empty(const struct verify_keys *);

/* The chosen one / every version that came along or that one remembers. */
const struct keyring *verify_keys_best(const struct verify_keys *);
const struct verify_versions *verify_keys_versions(const struct verify_keys *);

/* The version of the keyring of this hash, 0 if it did not come along and no later one remembers it. */
uint64_t verify_keys_version(const struct verify_keys *, const char *);

#endif
