#ifndef NUMBERS_H
#define NUMBERS_H

#include "stream.h"

/**
 * numbers_has_package(p, case_id, iap, seq, from):
 * Is there a package of that number, in the outbox on the day ${from} (STAMP_NONE: on any) or later, or a receipt for one?
 * Return 1, 0, or -1 with errno set.
 */
int numbers_has_package(const struct packager *, const char *, const char *, uint64_t, stamp_t);

/**
 * numbers_has_any(p, case_id, iap):
 * Is there what came of sealing the stream: its first package, a day of the outbox that was closed, or any receipt?
 * Return 1, 0, or -1 with errno set.
 */
int numbers_has_any(const struct packager *, const char *, const char *);

/**
 * numbers_check(s):
 * Would a number be sealed twice?  The state of a stream that was just loaded is held against what its spool, its outbox
 * and its receipts show: records that were lost, or are an older copy, would fork the evidence.
 * Return 0, or -1 after one diag line, remembered.
 */
int numbers_check(const struct stream *);

#endif
