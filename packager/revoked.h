#ifndef REVOKED_H
#define REVOKED_H

#include "stamp.h"

/*
 * When did the custody log in the folder records/CASE first say that the case was revoked?  STAMP_NONE: it does not.  It is
 * read as it lies, whole or not: what it says against capturing counts.  The clock may have been set since: no line counts
 * as older than those of the same journal before it, so that what was captured by right is never
 * called later than the revocation.
 * Return 0, or -1 with errno set.
 */
int revoked_at(int, stamp_t *);

#endif
