#ifndef ORDERFILE_H
#define ORDERFILE_H

#include <stddef.h>

#include "age.h"
#include "buf.h"
#include "order.h"

/*
 * The file of an order at rest (casetap-orders(7)): casetap-order/1 as it is, or the whole of it in an age file under the
 * same name.  Hashes, approvals and packages are of the text alone, so nothing but the reading of the file knows which of
 * the two it is.
 *
 * Who reads an encrypted order and has no key gets ENOKEY; one that is not as it was written is EKEYREJECTED.
 */
#define ORDERFILE_MAX_BYTES ((size_t)ORDER_MAX_BYTES + (size_t)32 * 1024)

/**
 * orderfile_key(path, status):
 * The key to encrypted orders: the credential orders.key where systemd hands one over, else the file ${path}; NULL for
 * none, and nothing where neither is there to be read.
 * Return it; or NULL, with ${status} EX_OK where there is no key, else after one diag line with the exit code in it.
 */
struct age_identities *orderfile_key(const char *, int *);

/* The key in the file ${path}, which must be its owner's alone.  Return it, or NULL after one diag line, with ${status}. */
struct age_identities *orderfile_key_load(const char *, int *);

int orderfile_is_encrypted(const struct buf *);

/**
 * orderfile_open(key, file, text):
 * Append the order in the bytes ${file} of its file to ${text}.  ${key} is NULL for none.
 * Return 0, or -1 with errno set (ENOKEY, EKEYREJECTED, EFBIG for a text over ORDER_MAX_BYTES) and ${text} as it was.
 */
int orderfile_open(const struct age_identities *, const struct buf *, struct buf *);

/* As fsio_load of the file ${name} in ${dirfd}, then orderfile_open. */
int orderfile_load(int, const char *, const struct age_identities *, struct buf *);

/* Append ${text} to ${file}, encrypted to ${count} recipients.  Return 0, or -1 with errno set. */
int orderfile_encrypt(const struct age_recipient *, size_t, const struct buf *, struct buf *);

/* In words why one of these failed with this errno. */
const char *orderfile_why(int);

#endif
