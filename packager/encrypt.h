#ifndef ENCRYPT_H
#define ENCRYPT_H

#include <stddef.h>
#include <stdint.h>

#include "package.h"

#include "stream.h"

/*
 * A package of an encrypted case on its way to the disk: the tar exists only in memory, a block at a time; what reaches a
 * file is ciphertext.  As long as the file key is held, what was written is read back, opened, and judged with the
 * verifier's own code; encrypt_free() wipes the key, and then nobody here can open it again.
 */
struct encrypting;

/* Begin a file for the stream's recipients in ${fd}.  Return it, or NULL with errno set. */
struct encrypting *encrypt_begin(const struct stream *, int);
void encrypt_free(struct encrypting *);

/* What takes the tar / end the file, not yet synced.  Return 0, or -1 with errno set. */
struct age_writer *encrypt_writer(const struct encrypting *);
int encrypt_end(struct encrypting *);

/**
 * encrypt_check(e, name, keyring, facts, why, room):
 * As package_check_fd, for the ciphertext in the descriptor, which is read from its start; ${name} is that of the tar.  The
 * ciphertext must be what was written, to its last byte.
 */
enum package_verdict encrypt_check(
    struct encrypting *, const char *, const struct keyring *, struct package_facts *, char *, size_t);

/* Hash and length of the ciphertext that was written. */
void encrypt_result(const struct encrypting *, char[DIGEST_HEX], uint64_t *);

/**
 * encrypt_put_sum(dayfd, name, sha256) / encrypt_remove_sums(dayfd):
 * While a day is open, nothing signed says what the bytes of ${name} are: its hash is put beside it as .NAME.sum, a line as
 * in SHA256SUMS, for the uploader to see that they have not changed; once SHA256SUMS is there, they go.
 * Return 0, or -1 with errno set.
 */
int encrypt_put_sum(int, const char *, const char *);
int encrypt_remove_sums(int);

#endif
