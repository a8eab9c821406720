#ifndef SPOOL_INTERNAL_H
#define SPOOL_INTERNAL_H

#include "buf.h"
#include "spool.h"

/*
 * The file `state` of a stream, in memory.  Part of the module spool, for its own files only.
 */
struct spool_mark {
	uint64_t seq; /* 0: none */
	char sha256[DIGEST_HEX];
};

struct spool_state {
	int source;
	uint64_t next;
	struct spool_mark head, before; /* the last published record and the one before it */
	stamp_t covered;
	struct spool_end end;
	struct slice_record *open;
	size_t open_count;
};

struct spool {
	int dirfd;
	struct spool_state st;
};

#define SPOOL_FILE_MODE 0640

/* spool.c: make ${next} the stream's state, on disk and in memory; ${without} leaves the drafts, ${with} joins them. */
int spool_replace_state(struct spool *, struct spool_state *, uint64_t, const struct slice_record *);

/* Append the file's text, its open drafts without the number ${without} and with ${with} (unless NULL) behind them.
 * Return 0, or -1 with errno set. */
int spool_state_write(const struct spool_state *, uint64_t, const struct slice_record *, struct buf *);

/* Parse the file, strictly.  Return 0, or -1 with errno EBADMSG or ENOMEM; release with spool_state_clear. */
int spool_state_parse(const char *, size_t, struct spool_state *);
void spool_state_clear(struct spool_state *);

/* Copy a draft, its filter too / take one out of the list.  Return 0, or -1 with errno ENOMEM. */
int spool_state_add(struct spool_state *, const struct slice_record *);
void spool_state_drop(struct spool_state *, uint64_t);
const struct slice_record *spool_state_find(const struct spool_state *, uint64_t);

#endif
