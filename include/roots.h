#ifndef ROOTS_H
#define ROOTS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "sign.h"
#include "stamp.h"

/*
 * roots.txt (casetap-keyring(5)): how one root key followed another, so that who pins the old one believes what the new one
 * signs, and who pins the new one believes what the old one signed while it was the root.  Each succession is signed by
 * both: without the old root nobody can make a successor, without the new one nobody can give it a past.
 */
#define ROOTS_MAX_BYTES ((size_t)64 * 1024)

struct roots_succession {
	struct sign_pub old, new;
	stamp_t time;
	uint64_t last_version; /* of the keyring, that the old root signed */
};

/*
 * After roots_parse():
 * 1. Every succession is signed by its old and by its new root.
 * 2. Each one's old root is the new root of the one before; no root stands twice.
 * 3. Their last versions rise strictly.
 */
struct roots;

/**
 * roots_parse(data, n, label):
 * Parse and check the whole text strictly.  Return it, or NULL with errno EINVAL after a diag line, or ENOMEM.
 */
struct roots *roots_parse(const char *, size_t, const char *);
void roots_free(struct roots *);

size_t roots_count(const struct roots *);
const struct roots_succession *roots_at(const struct roots *, size_t);

/* Has the root a place among them (NULL: none)?  All that have are tied to each other. */
int roots_knows(const struct roots *, const struct sign_pub *);

/**
 * roots_signer(r, pinned, sig, data, n, first, last):
 * Is the keyring, ${n} bytes, signed by ${pinned} or by a root that ${r} (NULL: none) ties to it?  ${first} and ${last} get
 * the versions that the signer may sign.  Return 0, or -1 if it is not.
 */
int roots_signer(const struct roots *, const struct sign_pub *, const struct sign_sig *, const void *, size_t,
    uint64_t *, uint64_t *);

/**
 * roots_append(out, s, number, old, new):
 * Append the succession number ${number}, from 1, with both signatures.  Return 0, or -1 with errno set.
 */
int roots_append(
    struct buf *, const struct roots_succession *, unsigned, const struct sign_key *, const struct sign_key *);

#endif
