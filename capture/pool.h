#ifndef POOL_H
#define POOL_H

#include <stddef.h>
#include <stdint.h>

#include "stamp.h"

/*
 * A bounded store of fixed blocks between the reader, who fills them and never waits, and the writer, who empties them;
 * and the queue through which they go.  All of it is allocated once, touched only as it is used.
 */
struct pool;

/* What the writer is asked to do, one after the other.  Lives inside the thing that it is about. */
struct job {
	struct job *next;
	int kind;
	void *subject;
};

struct block {
	struct block *next;
	size_t used;
	uint8_t *data;
};

/* How many blocks one case holds; belongs to the pool's lock. */
struct pool_account {
	size_t blocks;
};

/* What is in a batch. */
struct batch_tally {
	uint64_t frames, bytes, truncated, late;
	stamp_t first_frame, last_frame; /* smallest and largest time stamp; STAMP_NONE while empty */
};

/*
 * Whole records that are written, or lost, together: one block, or several for a record longer than one.
 */
struct batch {
	struct job job;
	void *owner; /* the slice */
	struct block *first, *last;
	size_t blocks;
	struct pool_account *account;
	struct batch_tally tally; /* for whoever fills it to set */
};

/* Make a pool of about ${bytes}.  NULL with errno set. */
struct pool *pool_new(uint64_t);
void pool_free(struct pool *);

/*
 * While there are ${others}, no account may hold more than what stays free: so one that floods gets half of the pool, two a
 * third each, and however many they are, there is room for one more.  An only one may have all.
 */
void pool_share(struct pool *, int);

/**
 * pool_take(p, account, n):
 * An empty batch with room for ${n} bytes or more.  Never waits.
 * Return it, or NULL with errno ENOBUFS (the pool is used up), EDQUOT (the account's share is), EMSGSIZE (no account could
 * ever hold so much) or ENOMEM.
 */
struct batch *pool_take(struct pool *, struct pool_account *, size_t);

/* Give all blocks of a batch back. */
void pool_give(struct pool *, struct batch *);

/* Unless pool_take would succeed, wait until something is given back, at most a tenth of a second. */
void pool_wait(struct pool *, const struct pool_account *, size_t);

/* How many blocks the account holds now. */
size_t pool_held(struct pool *, const struct pool_account *);

/* Bytes in use now / at most so far. */
void pool_usage(struct pool *, uint64_t *, uint64_t *);

/**
 * batch_room(p, b, at) / batch_fill(b, at):
 * How much room is left in the batch's last block, from ${at} on, for the caller to put records there / up to where he did.
 */
size_t batch_room(const struct pool *, const struct batch *, uint8_t **);
void batch_fill(struct batch *, const uint8_t *);

/* Put ${n} bytes of a record longer than a block, which the batch was made for. */
void batch_put(const struct pool *, struct batch *, const void *, size_t);

#endif
