#ifndef HASHING_H
#define HASHING_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"

/*
 * The two hashes of a package, made in one pass: that of the whole archive, and that of the member in it.  Of a large
 * member they are made by a thread, and by the caller whenever it would have to wait for it, so that the two together take
 * hardly longer than one; of a small one, where a thread would cost more than it saves, they are made on the spot.  The
 * result is the same.
 *
 * The bytes lie in blocks that belong to the hashing: hashing_block() waits until nobody needs the block any more that it
 * gives, so memory is bounded whatever the length.  The thread takes no signals and is gone after hashing_free().
 *
 * Whenever no hashing_*() function is running:
 * 1. What is still to be hashed lies in blocks; for each it is known up to which piece of either hash it is needed.
 * 2. Where the thread was never started, nothing is left to be hashed.
 */
#define HASHING_BLOCK ((size_t)256 * 1024)

struct hashing;

/* NULL with errno ENOMEM.  hashing_free(NULL) is fine. */
struct hashing *hashing_new(void);
void hashing_free(struct hashing *);

/* A block of HASHING_BLOCK bytes to fill; it stays as it is until the next one is taken. */
unsigned char *hashing_block(struct hashing *);

/* Add bytes to the hash of the whole / of the member.  Those in the block that was taken last are hashed in time. */
void hashing_whole(struct hashing *, const void *, size_t);
void hashing_member(struct hashing *, const void *, size_t);

/* Begin a member of that many bytes / take its hash / take the hash of the whole, once. */
void hashing_begin(struct hashing *, uint64_t);
void hashing_member_hex(struct hashing *, char[DIGEST_HEX]);
void hashing_whole_hex(struct hashing *, char[DIGEST_HEX]);

#endif
