#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

#include "clockstate.h"
#include "stamp.h"

/*
 * Which time it is, as far as orders are concerned (DESIGN section 4.2).  The mark starts at realtime, rises by elapsed
 * boottime, and is raised to realtime only once the clock is synchronised or has run ten minutes without a step.  An order
 * is in force while not_before <= min(mark, realtime) and max(mark, realtime) < not_after.  So setting the clock back never
 * extends an order, setting it forward never starts one early, and a wild jump forward does not poison the mark.
 *
 * Whenever no clock_*() function is running:
 * 1. The mark never goes down, but by an approver's request, each of which counts once.
 * 2. The mark is above realtime only as far as the clock was stepped back, or a boot began with a clock that is behind.
 */
#define CLOCK_TOLERANCE (5 * STAMP_SECOND)
#define CLOCK_STEP (STAMP_SECOND / 20)
#define CLOCK_STEADY (600 * STAMP_SECOND)

struct clock {
	stamp_t mark;
	stamp_t realtime, boottime; /* when last looked at */
	stamp_t cleared; /* when the last request to clear the mark that was followed was issued; STAMP_NONE: never */
	stamp_t steady_since; /* boottime of the last step, or of the start */
	char boot_id[37];
};

/* What is to be known of this moment. */
struct clock_reading {
	stamp_t realtime, boottime;
	int synchronised;
	const char *unknown; /* NULL, or why it is not known whether the clock is kept */
	char boot_id[37];
};

enum clock_verdict {
	CLOCK_NOT_YET,
	CLOCK_IN_FORCE,
	CLOCK_EXPIRED,
	CLOCK_DOUBTFUL /* mark and realtime disagree on it: not in force until they agree */
};

/* Read the clocks, the boot id, and from the source (NULL: the kernel) the word on synchronisation. */
void clock_read(struct clockstate_source *, struct clock_reading *);

/**
 * clock_start(c, now):
 * Begin with the mark at ${now}: the first start of an installation.
 */
void clock_start(struct clock *, const struct clock_reading *);

/**
 * clock_advance(c, now, step):
 * Let the mark rise.  ${step} gets by how much realtime was stepped since the last look, 0 if by CLOCK_STEP or less.
 */
void clock_advance(struct clock *, const struct clock_reading *, stamp_t *);

/* Let the mark fall to realtime, as the request issued at ${issued} asks. */
void clock_clear(struct clock *, stamp_t);

/* Judge the window [not_before, not_after) at the last reading. */
enum clock_verdict clock_judge(const struct clock *, stamp_t, stamp_t);

/* The later of mark and realtime: setting the clock back undoes nothing that is judged by it, as a key's revocation. */
stamp_t clock_latest(const struct clock *);

/* Nanoseconds until the next of mark and realtime reaches ${instant}; INT64_MAX if both are there. */
int64_t clock_until(const struct clock *, stamp_t);

/**
 * clock_load(c, dirfd, iap, now) / clock_save(c, dirfd, iap):
 * The durable mark, IAP.clock in journal/capture (casetap-journal(5)).  clock_load() of a missing file is clock_start();
 * in the same boot the mark has risen meanwhile, after another one it stays where it was.
 * Return 0, or -1 with errno set (EBADMSG for a damaged file: never treated as missing), clock_load() after one diag line.
 */
int clock_load(struct clock *, int, const char *, const struct clock_reading *);
int clock_save(const struct clock *, int, const char *);

#endif
