#ifndef WRITER_H
#define WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "pool.h"
#include "slice.h"
#include "stamp.h"

/*
 * The thread that does what can wait for a disk: it takes numbers, hashes and writes batches, syncs, publishes.  The
 * functions below are called by the reader's thread; but for writer_join, and writer_stop, which ends the thread, they
 * only put a job into a queue.  Jobs of a stream are done in the order in which they were put.
 *
 * 1. The hash of a slice is over exactly the bytes that were written and not taken back.
 * 2. Records of a stream are published in the order in which its slices and gaps were put.
 * 3. A slice whose sync failed once is suspect for ever, whatever later syncs say.
 */
struct writer;
struct wstream;

/* What the reader knows of a slice when it closes it; it fills this while the slice is open. */
struct closing {
	enum slice_rolled rolled;
	stamp_t to;
	int shared_loss;
	stamp_t loss_from, loss_to;
	uint64_t lost_quota;
	struct slice_gap gaps[SLICE_GAPS_MAX];
	size_t gap_count;
	struct access_list access; /* becomes the record's */
	struct slice_clock clock;
	char source_name[sizeof(((struct slice_record *)0)->source_name)];
	char source_sha256[DIGEST_HEX];
};

enum item_kind {
	ITEM_SLICE,
	ITEM_GAP,
	ITEM_END,
	ITEM_TROUBLE
};

/* One thing of a stream.  The reader's from writer_new_item until it is put and again when writer_done hands it out;
 * of a slice that was opened the reader keeps `closing`. */
struct item {
	struct job open_job, close_job;
	struct item *next;
	enum item_kind kind;
	struct wstream *ws;
	struct slice_record rec;
	struct gap_record gap;
	struct closing closing;
	char end_reason[SLICE_REASON_ROOM]; /* "": the reader leaves, the stream goes on another time */
	uint32_t end_revision;
	stamp_t end_at;
	stamp_t left_at;         /* of an end: where the next window starts */
	char sha256[DIGEST_HEX]; /* of the published record */
	int error;
	_Atomic int must_roll; /* a sync of it failed */
	struct wslice *w;      /* the writer's */
};

/* Start the thread, below the state folder (borrowed).  NULL with errno set. */
struct writer *writer_new(struct pool *, int);

/**
 * writer_join(w, case_id, iap, source, covered):
 * Open the stream's folder, or go on with one that is still being finished; ${covered} gets the end of what its
 * records account for.  Ends with an ITEM_END.  Return it, or NULL with errno set as spool_open and
 * spool_claim (EBADMSG too where recovery left numbers open; ESTALE if the spool is not the folder that it was when the
 * writer was made: its filesystem was unmounted).
 */
struct wstream *writer_join(struct writer *, const char *, const char *, int, stamp_t *);

const char *writer_case(const struct wstream *);
int writer_has_ended(const struct wstream *);          /* was its end on the disk when it was joined? */
struct pool_account *writer_account(struct wstream *); /* lives as long as the writer */

/* A fresh item, or NULL with errno ENOMEM.  writer_free_item(NULL) is fine. */
struct item *writer_new_item(enum item_kind, struct wstream *);
void writer_free_item(struct item *);

/* Open a slice (rec is the draft) / add a batch to it / close it; a gap or an end. */
void writer_open(struct writer *, struct item *);
void writer_put(struct writer *, struct item *, struct batch *);
void writer_close(struct writer *, struct item *);
void writer_add(struct writer *, struct item *);

/* Have the draft of an open slice tell of an access event, too, for whoever recovers it.  It is tried again at each sync;
 * of one that there is no memory for only the record tells. */
void writer_note(struct writer *, struct item *, const struct access_event *);

/* How many of the stream's slices and gaps were put and are not published yet? / What keeps the disk from taking them, as a
 * gap's reason; NULL: nothing that it said. */
unsigned writer_pending(const struct wstream *);
const char *writer_reason(const struct wstream *);

/* Has a sync of this open slice failed?  Then it must be rolled. */
int writer_must_roll(const struct item *);

/* Take what is done: published slices and gaps, troubles; linked by next. */
struct item *writer_done(struct writer *);

/* Frames lost for want of room on the disk, so far. */
uint64_t writer_lost(struct writer *);

/**
 * writer_stop(w):
 * Do all jobs, end the thread.  writer_done still hands out what was done.  Return 0, or -1 if something could not be
 * published; its parts are left for recovery.
 */
int writer_stop(struct writer *);
void writer_free(struct writer *);

#endif
