#ifndef VISIT_H
#define VISIT_H

#include "plan.h"
#include "progress.h"
#include "stream.h"

/* What a visit to a destination is for: to bring the days, or to see to what follows them. */
enum errand {
	ERRAND_DELIVER,
	ERRAND_LOOK_AFTER
};

/**
 * visit(plan, conf, limits, progress, errand):
 * Go to one destination, unless it is left alone for now.  It is the caller's turn (turn.h).
 * Return the exit code.
 */
int visit(const struct plan *, const struct conf_destination *, const struct destination_limits *, struct progress *,
    enum errand);

#endif
