#ifndef CUTLOG_H
#define CUTLOG_H

#include "custody.h"

#include "packager.h"

/*
 * Cases whose custody log lacks lines that it once had: cut, changed or gone.  Their evidence is sealed all the same, and
 * names the log as it was known before; the log is not continued, for that would make what is left look whole, and nothing
 * is purged.  The journals keep what it is to take, for the day on which it is restored, or begun anew (anew.h).  Where
 * nothing at all is known of it though packages are there, the records were lost, and nothing is sealed.
 */

/* Look at the log of every case, once, before anything is written.  What is found is an alarm: reported and remembered. */
void cutlog_find(struct packager *);

/* What was known of a case's log that was cut, or NULL / it was begun anew, and goes on from here. */
const struct custody_known *cutlog_of(const struct packager *, const char *);
void cutlog_forget(struct packager *, const char *);

#endif
