#ifndef SETTLE_H
#define SETTLE_H

#include "buf.h"
#include "intent.h"
#include "stream.h"

/*
 * Behind the publication of a package: its tag files are kept, a notice is written where one is due, the stream's state
 * counts it, the journal tells of it, the slice is removed from the spool, and the intent is forgotten; each durable before
 * the next.
 */
struct settled {
	const struct intent *intent;
	const struct slice_head *head;
	const struct slice_record *slice; /* NULL for a gap */
	const struct gap_record *gap;     /* NULL for a slice */
	const char *record_sha256, *seal_id;
	const char *sha256; /* of the package's file */
	uint64_t bytes;
	const struct buf *tags; /* the tag files, as a tar */
};

/* Take all steps.  Return 0, or -1 after one diag line. */
int settle(struct stream *, const struct settled *);

/* Finish the last number if a run was killed after it was counted.  Return 0, or -1 after one diag line. */
int settle_resume(struct stream *);

/**
 * settle_published(s, in):
 * Settle the number of an intent that this run can not repeat (the station's key was changed, the slice has become
 * unreadable since, or what is published is encrypted) if its package is already published, and intact.  Where it is not,
 * what a killed run left of it is removed.
 * Return 1, 0 if there is no such package, or -1 after one diag line.
 */
int settle_published(struct stream *, const struct intent *);

#endif
