#ifndef DAY_H
#define DAY_H

#include "sealed.h"
#include "stamp.h"
#include "stream.h"

/*
 * The days of a stream.  A day is closed by its published ledger and by nothing else; then its SHA256SUMS is written and
 * signed.  Each step is durable before the next, and each finds what an earlier, killed run has done.
 */

/**
 * day_of(sealed, from, now):
 * The day that a package is filed under whose window starts at ${from} and which is sealed at ${now}: that of its window,
 * or if that is closed (or has been left behind, or lies in the future) the first open day not before the day of ${now}.
 */
stamp_t day_of(const struct sealed *, stamp_t, stamp_t);

/*
 * Finish closing the day that is due if a run was killed behind its ledger; or, if nobody has signed that yet and the
 * keyring was changed meanwhile, take it away again.  Return 0, or -1 after one diag line.
 */
int day_resume(struct stream *);

/* Close the days before that of the last package, whatever the time.  Return 0, or -1 after one diag line. */
int day_close_before(struct stream *);

/**
 * day_close_due(s):
 * Close every day that is due, once all that waits is sealed: a package of a later day is sealed; the stream has ended and
 * all of it is sealed; or, of a live stream, it is 02:00 UTC of the next day.  Return 0, or -1 after one diag line.
 */
int day_close_due(struct stream *);

#endif
