#include "table_internal.h"

#define DRAIN_MAX (5 * STAMP_SECOND) /* a ring that is never read to its end holds nothing of so long ago */

/* Let the case's frames be stored from ${since} on, by the clock as it is now, and no earlier than its order says. */
static void
set_back(struct entry *e, stamp_t since)
{
	stamp_t from = since > e->order->not_before ? since : e->order->not_before;

	if (from < e->from)
		e->set_back = from;
}

void
table_clock_step(struct table *t, stamp_t old, stamp_t since)
{
	struct entry *e;
	size_t i;

	for (i = 0; !t->from_file && i < t->now.count; i++) {
		e = t->now.at[i];
		if (!e->is_open)
			continue;
		if (e->set_back != STAMP_NONE)
			slicer_gap_of(t->slicer, e->handle, e->set_back, old, "clock");
		e->set_back = STAMP_NONE;
		set_back(e, since);
	}
}

void
table_clock_tick(struct table *t, stamp_t since, stamp_t now, stamp_t drained)
{
	stamp_t boottime = stamp_boottime();
	struct entry *e;
	size_t i;

	for (i = 0; !t->from_file && i < t->now.count; i++) {
		e = t->now.at[i];
		if (!e->is_open)
			continue;
		if (e->set_back == STAMP_NONE && e->from > now)
			set_back(e, since);
		if (e->set_back == STAMP_NONE || (e->begun > drained && boottime - e->begun < DRAIN_MAX))
			continue;
		slicer_gap_of(t->slicer, e->handle, e->set_back, now, "clock");
		e->from = e->set_back;
		e->set_back = STAMP_NONE;
	}
}
