#ifndef LASTRUN_H
#define LASTRUN_H

#include "stamp.h"

/*
 * How the last run of a program that timers start came out: journal/PROGRAM/PROGRAM.run (casetap-journal(5)), replaced by
 * each.  It names no case, and no subject.
 */
struct lastrun {
	stamp_t began;
	stamp_t ended;         /* STAMP_NONE: it is running, or was killed */
	int status;            /* exit code; of the run before, while this one is running */
	stamp_t since;         /* end of the first of the runs that ended with this status one behind the other */
	unsigned unended;      /* runs one behind the other, up to the one before this, that began and did not end */
	stamp_t unended_since; /* when the first of them began; STAMP_NONE: there are none */
};

/**
 * lastrun_begin(dirfd, program, now) / lastrun_end(dirfd, program, now, status):
 * Say so, in the folder journal/PROGRAM.  A run that ends with 75 says nothing of how things are: the status of the one
 * before stays.  One that did not begin, since another was at work, says nothing at all.
 * Return 0, or -1 with errno set.
 */
int lastrun_begin(int, const char *, stamp_t);
int lastrun_end(int, const char *, stamp_t, int);

/* Load it: 1, 0 if there is none or it can not be read as one, or -1 with errno set. */
int lastrun_load(int, const char *, struct lastrun *);

/* What an exit code says, in words. */
const char *lastrun_text(int);

#endif
