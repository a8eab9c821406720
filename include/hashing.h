#ifndef HASHING_H
#define HASHING_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"

/*
 * The two hashes of a package, made in one pass: that of the whole archive, and that of the member in it.  Of a large
 * member each runs on a thread of its own while the caller reads and writes on, so that the two together take hardly
 * longer than one; of a small one, where a thread would cost more than it saves, they are made on the spot.  The result
 * is the same.
 *
 * The bytes lie in blocks that belong to the hashing: hashing_block() waits until nobody needs the block any more that it
 * gives, so memory is bounded whatever the length.  The threads take no signals and are gone after hashing_free().
 *
 * Whenever no hashing_*() function is running:
 * 1. What a thread has still to hash lies in blocks, each counted by the lane's tickets up to which it is needed.
 * 2. A lane whose thread was never started has nothing left to hash.
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
