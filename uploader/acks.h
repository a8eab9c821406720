#ifndef ACKS_H
#define ACKS_H

#include "stream_internal.h"

/*
 * Acknowledgements: where an LEA has put SHA256SUMS.received beside a day that it verified, it is fetched, judged, and kept
 * as receipts/CASE/IAP/DAY_SHA256SUMS.DESTINATION.received (casetap-receipt(5)).  One that is not good is an alarm, and
 * never kept.
 */

/**
 * acks_begin(visit):
 * Is this destination to be asked in this run: has its LEA a key, and, of a server, was it not asked a short while ago?
 * The answer is remembered in the visit.  Return 0, or -1 after one diag line.
 */
int acks_begin(struct visit *);

/* Does this day still lack its acknowledgement, in a visit that asks?  1, 0, or -1 after one diag line. */
int acks_is_due(const struct stream *, const char *);

/* Look for the one of the day.  Return 0, or -1 when our own disk or memory failed. */
int acks_collect(struct stream *, struct day *);

#endif
