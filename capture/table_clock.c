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
table_clock_settle_case(struct table *t, struct entry *e, stamp_t at)
{
	if (e->set_back != STAMP_NONE)
		slicer_gap_of(t->slicer, e->handle, e->set_back, at, "clock");
	e->set_back = STAMP_NONE;
}

void
table_clock_settle(struct table *t, stamp_t at)
{
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		if (t->now.at[i]->is_open)
			table_clock_settle_case(t, t->now.at[i], at);
	}
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
		table_clock_settle_case(t, e, old);
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
		e->from = e->set_back;
		table_clock_settle_case(t, e, now);
	}
}
