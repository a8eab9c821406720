#ifndef VERIFY_PROGRESS_H
#define VERIFY_PROGRESS_H

#include <stdatomic.h>
#include <stdint.h>

#include "stamp.h"

/*
 * One line on standard error that says how far the work is, written over itself, once it has taken a second; only where
 * somebody can see it.  Any thread may count; one shows.
 */
struct verify_progress {
	int is_on;    /* standard error is a terminal */
	int is_shown; /* there is a line to wipe away */
	stamp_t started, last;
	uint64_t of;
	_Atomic uint64_t packages, bytes;
};

void verify_progress_start(struct verify_progress *, int, uint64_t);
void verify_progress_bytes(struct verify_progress *, uint64_t);
void verify_progress_package(struct verify_progress *);
void verify_progress_show(struct verify_progress *);
void verify_progress_end(struct verify_progress *);

#endif
