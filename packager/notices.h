#ifndef NOTICES_H
#define NOTICES_H

#include "settle.h"
#include "stream.h"

/*
 * Anomaly notices: what the LEA has to know before a day is over (casetap-notice(5)).  A notice is published whole and
 * signed, and told of in the journal, before what it is about counts; a run that is killed anywhere finds by the notice
 * itself that it was written, and writes no second one.  All of a day are in its SHA256SUMS.
 */

/* Of a package that is published and does not count yet.  Return 0, or -1 after one diag line. */
int notices_of_package(struct stream *, const struct settled *);

/* Of a live stream in which nothing more is sealed, although it has not ended.  Return as above. */
int notices_of_silence(struct stream *);

/* Of a stream that a revocation has ended, before the last ledger, of ${day}.  Return as above. */
int notices_of_end(struct stream *, stamp_t);

#endif
