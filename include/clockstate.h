#ifndef CLOCKSTATE_H
#define CLOCKSTATE_H

#include <stdint.h>

#include "buf.h"
#include "stamp.h"

/*
 * What the kernel says of how well its clock is kept (adjtimex(2)).  The call that tells it is the one that sets the clock,
 * and a call's arguments lie where seccomp can not look.  So who parses the network does without: one small service reads
 * the state and writes it into a file (casetap-clock(5)), and the others read that.
 */
#define CLOCKSTATE_APART 5                   /* seconds between two readings of the service */
#define CLOCKSTATE_OLD (30 * STAMP_SECOND)   /* a reading of before that says nothing of now */
#define CLOCKSTATE_ERROR 5                   /* TIME_ERROR of adjtimex(2) */
#define CLOCKSTATE_FILE "/run/casetap/clock" /* where casetap-clock.service writes it */

struct clockstate {
	int state;  /* adjtimex(2)'s return value, -1 unknown */
	int status; /* STA_* bits */
	int64_t maxerror_us, esterror_us;
};

/* Ask the kernel, setting nothing.  Where it does not answer, the state is unknown, and the rest 0. */
void clockstate_read(struct clockstate *);

/* Is the clock kept by something, as far as is known? */
int clockstate_is_synchronised(const struct clockstate *);

/**
 * clockstate_write(state, out):
 * Append the text of the file for a reading that was made now in this boot.  Return 0, or -1 with errno set.
 */
int clockstate_write(const struct clockstate *, struct buf *);

/* Where a state comes from: a file, or the kernel itself. */
struct clockstate_source;

/**
 * clockstate_open(path):
 * Look into the file ${path} (copied) whenever a state is asked for, but once a second at most; NULL: ask the kernel.  The
 * boot id is read here.  Return it, or NULL with errno set.
 */
struct clockstate_source *clockstate_open(const char *);
void clockstate_close(struct clockstate_source *);

/**
 * clockstate_get(source, out):
 * The state as of now; a NULL ${source} is the kernel.  Unknown is what the file does not say, says of another boot, or
 * said longer than CLOCKSTATE_OLD ago; and what lies in a file that others than its owner may write.
 * Return NULL, or the reason why it is unknown, to be said behind clockstate_label().
 */
const char *clockstate_get(struct clockstate_source *, struct clockstate *);

/* What to call it where it is spoken of: the file, or "the clock's state". */
const char *clockstate_label(const struct clockstate_source *);

#endif
