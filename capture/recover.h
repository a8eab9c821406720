#ifndef RECOVER_H
#define RECOVER_H

#include <stdint.h>

#include "clockstate.h"
#include "stamp.h"

struct recover_config {
	int statefd; /* the state folder; borrowed */
	const char *iap;
	stamp_t now;
	struct clockstate_source *clock; /* borrowed; NULL: the kernel */
	/* A reader works beside: say nothing of what still fails, and leave alone what another has claimed. */
	int is_again;
};

/**
 * recover_iap(config, event, cookie):
 * Put every stream of the access point in order after a crash (DESIGN section 4.9), before a new number is used: a part
 * whose record was published is finished by its rename if it matches; any other part keeps its number, its longest
 * valid prefix within the draft's window becomes a slice in state "recovered", the original beside it as .raw; a number
 * that was taken but has nothing becomes a gap record (lost-number).  What does not match its record is left for the
 * packager, who quarantines it.  Streams of which less is to be read come first.  Idempotent; can be killed at any
 * instruction.
 * Calls event(cookie, case_id, seq, what) for each thing done; what is "recovered", "finished" or "lost-number".
 * Return 0, or -1 after one diag line for each stream that could not be put in order.  One that another has claimed is
 * one of these only before there is a reader, and is not said.
 */
int recover_iap(const struct recover_config *, void (*)(void *, const char *, uint64_t, const char *), void *);

#endif
