#ifndef SLICER_H
#define SLICER_H

#include <stddef.h>
#include <stdint.h>

#include "access.h"
#include "clockstate.h"
#include "conf.h"
#include "order.h"
#include "slice.h"
#include "stamp.h"

/*
 * From frames to slices.  The caller's thread (the ring reader) copies frames into fixed blocks of a bounded pool and
 * never waits for a disk; one writer thread hashes, writes, syncs, publishes.  A pool that is used up costs frames, which
 * are counted; it never blocks (a file can wait, and does: no frame of a file is lost to the pool).
 *
 * A slice's window ends on a multiple of slice_seconds from 00:00 UTC, at slice_bytes, or at the order's end.  Windows of
 * consecutive numbers tile the time (spool.h, invariant 3); what was not captured inside a window is a gap in its record,
 * what no window covers is a gap record with a number of its own.
 *
 * Not thread-safe: all functions are called from the one thread that made the slicer.
 */
struct slicer;

struct slicer_config {
	int statefd; /* the state folder; borrowed */
	const char *iap;
	int from_file;
	uint32_t linktype, snaplen;
	int nano;
	const char *interfaces; /* for the records; "" from a file */
	uint32_t slice_seconds; /* the IAP's; an order's own wins */
	uint64_t slice_bytes, pool_bytes;
	const char *program, *build, *config_sha256;
	struct clockstate_source *clock; /* borrowed; NULL: the kernel */
	stamp_t
	    late; /* so long after its end may it be known that frames of a slice were lost before they came to us */
};

/* What the slicer tells while it works, from the caller's thread (inside slicer_tick and slicer_stop). */
enum slicer_event_kind {
	SLICER_SLICE,  /* a slice was published: rec */
	SLICER_GAP,    /* a gap record was published: gap */
	SLICER_TROUBLE /* errno in error: writing a case's slices failed; capture of it goes on and is counted */
};

struct slicer_event {
	enum slicer_event_kind kind;
	const char *case_id;
	const struct slice_record *rec;
	const struct gap_record *gap;
	char sha256[DIGEST_HEX]; /* of the published record */
	int error;
};

typedef void slicer_event_fn(void *, const struct slicer_event *);

/* Exact sums since the slicer was made. */
struct slicer_counts {
	uint64_t stored; /* records on their way to disk or there */
	uint64_t lost_pool, lost_disk, lost_quota;
	uint64_t late, outside;        /* outside: matched, but stamped outside the order's window, not stored */
	uint64_t pool_used, pool_peak; /* bytes */
};

/**
 * slicer_new(config, event, cookie):
 * Make the pool and start the writer thread.  Return the slicer, or NULL after one diag line with errno set.
 */
struct slicer *slicer_new(const struct slicer_config *, slicer_event_fn *, void *);

/**
 * slicer_begin(s, order, now, reason, handle):
 * Start the stream of ${order} (copied): the time from where its stream was covered last (or not_before) until ${now}
 * becomes a declared gap with ${reason}, inside the first slice as far as the slice's own interval reaches back and as a
 * gap record for what lies before that.  A live slice is open on return, also while nothing arrives; from a file the
 * first slice opens with the first frame.  Return 0 and the handle, or -1 with errno set: EEXIST if the stream is
 * bound to the other source, EALREADY if a file's stream is accounted for up to not_after already, EBADMSG if recovery did
 * not put it in order.
 *
 * From a file ${now} is the time of the source's first frame, whosever it is (STAMP_NONE if it is not known: then that of
 * the first frame put), the gap's reason always not-in-source, and frames stamped in time that an earlier run accounted
 * for are not stored again (counted as outside); where it can not be told that the earlier run had such a frame, the loss
 * of the slice is "possible".
 */
int slicer_begin(struct slicer *, const struct order *, stamp_t, const char *, uint32_t *);

/* Say in one diag line why it was not begun. */
void slicer_say_refusal(const struct slicer *, const struct order *, int);

/**
 * slicer_change(s, handle, order, now):
 * A new revision of the same case: rolls the slice at ${now} as order-change if anything that a record shows differs.
 */
int slicer_change(struct slicer *, uint32_t, const struct order *, stamp_t);

/**
 * slicer_frame(s, handle, time, data, caplen, len):
 * Store one frame in the slice of its time stamp; late ones go into the open slice, flagged.  Frames stamped before
 * not_before or at or after not_after are never stored (counted as outside).
 */
void slicer_frame(struct slicer *, uint32_t, stamp_t, const uint8_t *, uint32_t, uint32_t);

/* Tell of an access event in the record of the slice of its time; outside the order's window of none.  Where the stream's
 * subject does not move only such a record has any word of them. */
void slicer_access(struct slicer *, uint32_t, const struct access_event *);

/*
 * The same of what is told once, and by no binding: it outlives the reader, in the draft of its slice, and where there is
 * no slice the next one tells of it.
 */
void slicer_access_once(struct slicer *, uint32_t, const struct access_event *);

/* A frame for that stream is about to come: have what it looks at brought into the cache meanwhile. */
void slicer_expect(const struct slicer *, uint32_t);

/**
 * slicer_tick(s, now):
 * Roll what is due at ${now} (idle slices too; one ring time-out, 1 s, of grace so that frames stamped before the
 * boundary still find their slice, or as much as losses are known later), hand out events.  Call at least four times a
 * second: a reader that did not come for more than 10 s has not captured, and that time becomes a gap (stalled).  What was
 * lost must have been looked for before: a slice that is closed, by whatever, before the last of its losses can be known
 * is marked "possible" from there on.  From a file ${now} only paces what is written out; boundaries follow the frames.
 */
void slicer_tick(struct slicer *, stamp_t);

/* Frames may have been lost on the shared path between two times: every open slice is marked "possible". */
void slicer_shared_loss(struct slicer *, stamp_t, stamp_t);

/* A frame stamped so was perhaps the case's, and is not stored: its slice is marked "possible", no other case's. */
void slicer_doubt(struct slicer *, uint32_t, stamp_t);

/* From now on a kernel filter keeps frames of nobody's out of the rings, or none does: for the slices to come. */
void slicer_kernel_filter(struct slicer *, int);

/* Nothing could be captured in [from, to) (link down, ...): a gap in every open slice. */
void slicer_gap(struct slicer *, stamp_t, stamp_t, const char *);

/* The same for one stream: what its subject has sent may have been missed. */
void slicer_gap_of(struct slicer *, uint32_t, stamp_t, stamp_t, const char *);

/* The clock was stepped from ${old} to ${new}: every open slice is rolled as clock-step. */
void slicer_clock_step(struct slicer *, stamp_t, stamp_t);

/**
 * slicer_end(s, handle, rolled, at, end_reason):
 * Close the stream's open slice with its window ending at ${at}.  ${end_reason} ("not_after", "revoked", "source-end"),
 * unless NULL, is written to the stream's state as its end once the slice is published; for a file the rest of the
 * order's window is declared as not-in-source first.  From a file ${at} is the end of the source, 1 ns after its last
 * frame, whosever it is; STAMP_NONE: 1 ns after the case's own last frame.  The handle is gone.
 */
int slicer_end(struct slicer *, uint32_t, enum slice_rolled, stamp_t, const char *);

/* The stream is about to end at that time, and is kept for what comes late of before: no slice begins there or later. */
void slicer_let_go(struct slicer *, uint32_t, stamp_t);

/* The revision that is to end the stream, if it is another (not 0) than the one that its records name. */
void slicer_end_under(struct slicer *, uint32_t, uint32_t);

/* File source: name and hash of the file, for every stream's last record.  Call before slicer_end. */
void slicer_source(struct slicer *, const char *, const char *);

void slicer_counts(const struct slicer *, struct slicer_counts *);

/**
 * slicer_stop(s, rolled, now):
 * Close every open slice (window ending at ${now}; from a file 1 ns after the last frame), write and publish all that was
 * put, end the thread, hand out the last events and free all.  Return 0, or -1 if anything could not be stored; each such
 * thing was reported.
 */
int slicer_stop(struct slicer *, enum slice_rolled, stamp_t);

#endif
