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
 * Go to one destination, unless it is left alone for now.  It is the caller's turn (turn.h).  A visit that delivers ends
 * between two files after ten minutes; or as soon as the plan is no longer what orders and outbox say, which is then said
 * in it (is_stale) and looked at once a minute.
 * Return the exit code.
 */
int visit(struct plan *, const struct conf_destination *, const struct destination_limits *, struct progress *,
    enum errand);

#endif
