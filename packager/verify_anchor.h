#ifndef VERIFY_ANCHOR_H
#define VERIFY_ANCHOR_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "names.h"

#include "verify_result.h"

/*
 * Heads of one case's custody log to which somebody put a signature: each package names the log's last line at its sealing,
 * each ledger that at the closing of its day, each certificate of a purge that at its decision, and once a case has ended a
 * head is signed each month.  A log that is given is held against them; where none of them is in it, nobody vouches for it.
 *
 * Below, the place of a line number: what does not say which line it was, but by its kind.  0 is the ledger's.
 */
#define VERIFY_ANCHOR_LEDGER ((uint64_t)0)
#define VERIFY_ANCHOR_PURGE (UINT64_MAX)

struct verify_anchor {
	uint64_t line; /* or one of these */
	uint8_t head[DIGEST_BYTES];
	char iap[NAMES_IAP_ROOM];
	uint64_t lost;    /* how many lines of the log were lost by then, as what signed it says; of a ledger */
	stamp_t at, last; /* when it was signed, as what signed it says, first and last; STAMP_NONE: it does not */
	int is_due, is_found; /* in the log at hand */
	const char *where;    /* borrowed */
};

struct verify_anchors {
	struct verify_anchor *at;
	size_t count;
	uint64_t lost; /* of the one that is added next */
	stamp_t signed_at;
};
#define VERIFY_ANCHORS_INIT            \
	{                              \
		NULL, 0, 0, STAMP_NONE \
	}

/* The beginning of a log that was lost, as approvers have declared. */
struct verify_anchor_lost {
	uint64_t lines; /* up to this one, whose hash is an anchor of its own; 0: nothing is */
	stamp_t at;     /* when it was begun anew, as the station says */
	stamp_t asked;  /* when that was asked for, as who approved says */
};

/**
 * verify_anchor_add(a, iap, line, head, where):
 * Note a head, in hex, that was signed in ${where}, which must outlive ${a}.  Return 0, or -1 with errno ENOMEM.
 */
int verify_anchor_add(struct verify_anchors *, const char *, uint64_t, const char *, const char *);

/* The next one that is added is of a log of which so many lines had been lost, or was signed then: as it says itself. */
void verify_anchors_next(struct verify_anchors *, uint64_t, stamp_t);
void verify_anchors_free(struct verify_anchors *);

/*
 * Begin with another log / its line of that number has this hash, in hex: is that a head that was signed? / the log is
 * that of the station of this stream: stations that share a case have a log each.
 */
void verify_anchors_begin(struct verify_anchors *);
int verify_anchors_line(struct verify_anchors *, uint64_t, const char *);
void verify_anchors_expect(struct verify_anchors *, const char *);

/* Forget the heads that were signed for this stream, or in this place of one: they are of no other log. */
void verify_anchors_drop(struct verify_anchors *, const char *);

/*
 * Say what was signed and is not in the log, which has ${lines} lines and is called ${where}.  What is of lines that are
 * lost is not missed there; but no two heads may be of one line, and none of them may be signed later than the log is said
 * to have been begun anew, nor one of a later line before that.  Where none of a later line says when it was, that may be
 * to come by the clock here, which is said and decides nothing.  Purges are excused up to the time of the request: none is
 * decided from the loss on.
 */
void verify_anchors_judge(
    const struct verify_anchors *, uint64_t, const struct verify_anchor_lost *, const char *, struct verify_result *);

#endif
