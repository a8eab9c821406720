#ifndef SLICER_INTERNAL_H
#define SLICER_INTERNAL_H

#include "pool.h"
#include "slicer.h"
#include "writer.h"

/*
 * One stream as the reader sees it: which slices are open, which window each accounts for.  For the files of the module
 * slicer only.
 *
 * 1. open[0 .. count) have rising windows that touch: open[i].until == open[i + 1].from.
 * 2. `cursor` is where the next window starts: the end of the last one that was opened or declared.
 */
#define STREAM_OPEN_MAX 4
#define STREAM_PENDING_MAX \
	16 /* so many slices may wait for the disk; then the stream pauses: it has no slice, but a gap */
#define STREAM_GRACE STAMP_SECOND /* one ring time-out: so late may a frame come and still find its slice */

/* What a record says of the order, and what bounds its slices. */
struct terms {
	char case_id[NAMES_CASE_ROOM];
	char sha256[DIGEST_HEX];
	struct order_acceptance accepted;
	uint64_t content_id;
	uint32_t revision;
	enum order_scope scope;
	char *filter;
	uint32_t slice_seconds;
	uint64_t slice_bytes;
	stamp_t not_before, not_after;
	int tells_access; /* its subject moves: its records say how */
};

/*
 * Of the batch that is being filled, what every frame needs stands here: with a thousand streams neither the batch nor its
 * block is in the cache, and each would have to be waited for to learn where the next is.
 */
struct open_slice {
	stamp_t from, until;
	uint64_t put_bytes;
	stamp_t last_frame;
	uint8_t *at; /* where the next record goes */
	size_t room; /* there; 0 without a batch */
	struct batch_tally tally;
	struct batch *batch; /* NULL if none */
	struct item *item;
	enum slice_rolled rolled; /* why it ends, once another is open behind it */
};

/* What every frame looks at stands together in the middle, from the end of the terms to the first open slice: with a
 * thousand streams it is not in the cache. */
struct stream {
	struct wstream *ws;
	struct pool_account *account;
	stamp_t cursor;
	stamp_t doubt_from, doubt_to; /* to be said by the next slice */
	struct terms terms;
	stamp_t accounted;   /* what earlier runs accounted for ends here, or STAMP_NONE */
	stamp_t source_from; /* from a file: its first frame, or STAMP_NONE */
	stamp_t last_seen;   /* the latest frame that was put */
	int used;
	int is_new;       /* never accounted for anything */
	int is_past_last; /* from a file: the last frame of an earlier run has come by */
	size_t count;
	struct open_slice open[STREAM_OPEN_MAX];
	struct slice_gap carry[SLICE_GAPS_MAX]; /* what of gaps lies beyond the open slices */
	size_t carry_count;
	struct access_list access; /* held: the subject's addresses now; and events that wait for a slice */
	int lost_access;           /* events that no slice could hold: the next one says so */
	uint32_t end_revision;     /* which ends it; 0: that of the terms */
	stamp_t ends_at;           /* before its order does: no slice begins there or later; INT64_MAX: it does not */
	const char *paused;        /* no slice is open, for too many wait for the disk: why; else NULL */
};

struct slicer {
	struct slicer_config config;
	char *iap, *interfaces, *program, *build, *config_sha256;
	char source_name[sizeof(((struct slice_record *)0)->source_name)];
	char source_sha256[DIGEST_HEX];
	struct pool *pool;
	struct writer *writer;
	slicer_event_fn *event;
	void *cookie;
	struct stream *streams;
	size_t room, active;
	int has_kernel_filter;
	stamp_t last_tick, last_flush;
	stamp_t looked; /* losses were looked for then, and a driver has had its time before; STAMP_NONE: never */
	stamp_t loss_from, loss_to; /* lost to the pool since the last tick; not yet marked */
	int squeezed;               /* the pool ran out since the last tick, partial batches were put */
	int failed;
	struct slicer_counts counts;
};

/* stream_record.c: what the records of a stream say of its order and its source. */

/* Return 0, or -1 with errno ENOMEM, and there is something to clear all the same. */
int terms_copy(struct terms *, const struct order *, const struct slicer_config *);
void terms_clear(struct terms *);

/* Has the next slice a word of access events? */
int stream_tells_access(const struct stream *);

/* The head of a record that says nothing yet / a slice's record as it begins: 0, or -1 with errno ENOMEM. */
void stream_head(const struct slicer *, const struct stream *, struct slice_head *);
int stream_draft(const struct slicer *, const struct stream *, struct slice_record *);

/* stream.c */

/**
 * stream_start(s, st, now, reason):
 * With no slice open, account for [cursor, ${now}) as a gap, and open the slice that ${now} lies in.  Where ${now} lies
 * outside the order's window nothing is opened.  Return 0, or -1 with errno ENOMEM.
 */
int stream_start(struct slicer *, struct stream *, stamp_t, const char *);

/* As stream_start from a file, whose first slice starts with the source, for the frame stamped ${t}. */
int stream_start_file(struct slicer *, struct stream *, stamp_t);

/* Open slices until the newest ends behind ${t}, at most 1000 of them from a file, a gap record where more are missing. */
void stream_advance(struct slicer *, struct stream *, stamp_t);

/* Has the disk taken what a paused stream waited for?  Then account for the time, and open a slice again. */
void stream_resume(struct slicer *, struct stream *, stamp_t);

/* Close what ended a ring time-out before ${now}, or as long as its losses may be told late. */
void stream_settle(struct slicer *, struct stream *, stamp_t);

/* Close all: the newest at ${to} for that reason, those before it as they end. */
void stream_close(struct slicer *, struct stream *, enum slice_rolled, stamp_t);

/*
 * End the newest at ${at} and open the next from there.  All but that are closed at once; one that is full waits for losses
 * that are told late, as far as there is room for another.
 */
void stream_roll(struct slicer *, struct stream *, enum slice_rolled, stamp_t);

/* Declare [cursor, to) under a number of its own. */
void stream_gap_record(struct slicer *, struct stream *, stamp_t, const char *);

/* Put the end of the stream's present use; ${reason} NULL: it goes on another time.  Return 0, or -1 with errno ENOMEM. */
int stream_leave(struct slicer *, struct stream *, const char *, stamp_t);

/*
 * Hand the partial batches to the writer, who has none of this stream's before him: behind a disk that stalls, nearly empty
 * blocks would only use up the share of a quiet case.
 */
void stream_flush(struct slicer *, struct stream *);

/* Hand the slice's batch, if there is one, to the writer. */
void stream_put(struct slicer *, struct open_slice *);

/* The latest of the open slices, of which there is one. */
struct open_slice *stream_newest(struct stream *);

/* Which slice does a frame stamped ${t} belong into?  ${late} says that it is not its own.  NULL: none is open. */
struct open_slice *stream_find(struct slicer *, struct stream *, stamp_t, int *);

/* stream_doubt.c: what open slices say of frames that were lost, or may have been, and of time that was not captured. */

/* Put the part of a gap that lies in the slice's window into it. */
void stream_slice_gap(struct open_slice *, stamp_t, stamp_t, const char *);

/* A gap in every open slice, and in those to come as far as it reaches. */
void stream_gap(struct stream *, stamp_t, stamp_t, const char *);

/* Mark every open slice with what was lost on the shared path since the last call. */
void stream_mark_loss(struct slicer *);

/* Mark a slice with a loss between two times. */
void stream_mark(struct open_slice *, stamp_t, stamp_t);

/*
 * A slice is being closed, with its window ending at ${to}.  Where that is before all losses of it can have been told, mark
 * what they may still be of: this is the one place for it, whatever closes the slice.
 */
void stream_mark_untold(const struct slicer *, struct open_slice *, stamp_t);

/* A frame stamped ${t} was perhaps never stored.  The open slice says so, or the next. */
void stream_doubt(struct stream *, stamp_t);

#endif
