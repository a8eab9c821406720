#ifndef REVOKED_H
#define REVOKED_H

#include "stamp.h"

/*
 * When did the custody log in the folder records/CASE first say that the case was revoked?  STAMP_NONE: it does not.  It is
 * read as it lies, whole or not: what it says against capturing counts.
 * Return 0, or -1 with errno set.
 */
int revoked_at(int, stamp_t *);

#endif
