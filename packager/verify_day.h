#ifndef VERIFY_DAY_H
#define VERIFY_DAY_H

#include "verify_anchor.h"
#include "verify_claims.h"
#include "verify_cover.h"
#include "verify_keys.h"
#include "verify_orders.h"
#include "verify_progress.h"
#include "verify_result.h"
#include "verify_stream.h"
#include "verify_time.h"
#include "verify_walk.h"

struct verify_ahead;

/* Where the parts of a delivery report to while they are verified; all borrowed. */
struct verify_run {
	const struct verify_keys *keys;
	const struct tsp_ca *tsa_ca; /* NULL: none was given */
	struct verify_result *result;
	struct verify_progress *progress;
	struct verify_stream *stream;
	struct verify_cover *cover;
	struct verify_orders *orders; /* these three of the case at hand; NULL: nothing but records was given of it */
	struct verify_anchors *anchors;
	struct verify_bindings *bindings;
	struct verify_claims *claims;
	stamp_t attested;            /* by the time stamp of the day at hand; STAMP_NONE: claimed only */
	struct verify_named named;   /* keys of the stream at hand of which it was said that they ended */
	struct verify_named late;    /* ... and that a time stamp is from after their revocation */
	struct verify_named claimed; /* ... of what no time stamp covers */
	uint64_t lost_said;          /* up to which line of the case's custody log it was said that it was lost */
	struct verify_ahead *ahead;
	const struct verify_walk *walk; /* all places that are judged */
};

/**
 * verify_day(run, place):
 * Verify a day folder: SHA256SUMS and its signature, every file against it, the ledger, and each package in itself and
 * against its row.  A day without SHA256SUMS is still open: its packages are verified one by one.
 * Return 0, whatever was found, or -1 with errno ENOMEM.
 */
int verify_day(struct verify_run *, const struct verify_place *);

/* Verify a package that was given alone.  Return as above. */
int verify_single(struct verify_run *, const struct verify_place *);

#endif
