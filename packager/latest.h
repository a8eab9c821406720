#ifndef LATEST_H
#define LATEST_H

#include <stdint.h>

#include "stamp.h"

/*
 * The greatest time that each source of a custody log has told so far.  The lines of one journal stand in their order;
 * those of several need not: a log that was begun anew has each journal whole, one behind the other.
 *
 * Begin with zeros.  Whoever writes a log may invent sources: of those for which there is no room nothing is remembered.
 */
#define LATEST_ROOM 1024

struct latest {
	struct {
		uint64_t key; /* 0: free */
		stamp_t at;
	} of[LATEST_ROOM];
};

/* A line of that source has that time, or STAMP_NONE.  Return the greatest one of it, this one included. */
stamp_t latest_note(struct latest *, const char *, stamp_t);

#endif
