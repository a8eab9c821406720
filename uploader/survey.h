#ifndef SURVEY_H
#define SURVEY_H

#include "plan.h"

/*
 * What of the outbox has not arrived at a destination.
 */
struct survey {
	uint64_t files, bytes;
	stamp_t oldest; /* since when the first of them waits; STAMP_NONE without any */
};

/**
 * survey(plan, conf, out):
 * Count what the destination is to have and has no receipt for.  What is purged meanwhile is not there.
 * Return 0, or -1 after one diag line.
 */
int survey(const struct plan *, const struct conf_destination *, struct survey *);

#endif
