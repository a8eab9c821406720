#ifndef STREAM_INTERNAL_H
#define STREAM_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "json.h"

#include "day.h"
#include "receipts.h"
#include "stream.h"

/*
 * What stream.c (days and their files), stream_close.c (when a day is complete), stream_file.c (one file),
 * stream_failure.c (one that does not arrive), stream_audit.c (what lies at the far end), stream_listing.c (what the far
 * end says lies there), stream_notice.c (what can not wait) and stream_after.c share.
 */
#define STREAM_SCOPE_ROOM 320
#define STREAM_WHY_ROOM 512

/* What all lanes at work on a stream share. */
struct stream_end {
	int is_over;  /* nothing more of this case */
	int may_pass; /* something of this day failed in this run that may work in the next */
	int has_lost; /* the far end said of something of this day that has a receipt: it is not there, or not as it was */
	int is_doubted; /* something of this day that has a receipt could not be looked at, or not be sent again */
	unsigned failures[2]; /* in a row, of files that had not failed before / that had */
};

/* A stream as one lane sees it: a lane that helps has a copy with its own visit. */
struct stream {
	struct visit *v;
	const char *case_id, *iap;
	int dirfd; /* outbox/CASE/IAP */
	struct receipts *receipts;
	stamp_t *days;
	size_t day_count;
	uint64_t after;     /* last number of the days before, UINT64_MAX if no day was before */
	uint32_t keep_days; /* as in its visit */
	uint64_t arrived;   /* files that did, in this visit */
	int is_gone;        /* the far end said that the file at hand does not lie there */
	struct stream_end *end;
};

/* Does nothing more go, of this case or to this destination? */
int stream_is_over(const struct stream *);

/* Was the file, or one that the day as one file holds, asked for again by number? */
int stream_is_asked_again(const struct stream *, const struct day *, const char *);

/* What stands in every line / every journal entry about one file; the second is NULL without memory. */
void stream_scope(const struct stream *, const struct day *, const char *, char[STREAM_SCOPE_ROOM]);
struct json *stream_detail(const struct stream *, const struct day *, const char *);

/* Raise the run's exit code, if this is graver. */
void stream_account(struct visit *, int);

/* Is this file left alone for now?  Then it is said so. */
int stream_is_held(struct stream *, const struct day *, const char *);

/* Did it fail before, in a way that may pass, and did not arrive since? */
int stream_has_failed(const struct stream *, const struct day *, const char *);

/* Is the receipt of the place that the destination's url names now?  1 or 0. */
int stream_is_of_here(const struct stream *, const struct day *, const struct receipt *);

/* Is the last receipt of a file of another place?  1, 0 (or damaged, which was said), or -1 after one diag line. */
int stream_is_elsewhere(struct stream *, const struct day *, const char *);

/* It arrived, or lies there. */
void stream_succeeded(struct stream *, const struct day *, const char *);

/* Report a failure, journal and remember it.  Return 0, or -1 when our own disk or memory failed. */
int stream_fail(struct stream *, const struct day *, const char *, enum answer, const char *);

/* Send one open file that is known to be right; then as below. */
int stream_send(struct stream *, const struct day *, const char *, const struct day_file *);

/* Return 0, or -1 when our own disk or memory failed; whether the file arrived is what the receipts say. */
int stream_deliver_file(struct stream *, struct day *, const char *);

/* Is it the name of an anomaly notice?  /  Send those of the day that have not arrived.  Return as above. */
int stream_is_notice(const char *);
int stream_day_notices(struct stream *, struct day *);

/* The same for the day as one file, which is made while it is sent. */
int stream_deliver_archive(struct stream *, struct day *, const char *);

/* Everything of a closed day but what says so has gone that can go: close it at the destination.  Return as above. */
int stream_close_day(struct stream *, struct day *);

/* The closed day as one file, where the destination asks for it.  Return as above. */
int stream_close_archive(struct stream *, struct day *);

/**
 * stream_audit(s, d, name):
 * Does a file that has a receipt still lie at the far end as it was delivered?  What does not is said and journaled.
 * Return 1 if it has to be sent again, 0, or -1 when our own disk or memory failed.
 */
int stream_audit(struct stream *, const struct day *, const char *);

/**
 * stream_compare_listing(s, d):
 * Does the far end's own listing of the day's folder show all that was delivered, as long as it was, and nothing else?
 * What does not fit is said and journaled; nothing is touched.  Return 0, or -1 as above.
 */
int stream_compare_listing(struct stream *, const struct day *);

#endif
