#include <string.h>

#include "table_internal.h"

#define AGAIN (3600 * STAMP_SECOND) /* so long nothing is said again of a case, however many come */

void
table_doubt_frame(
    struct table *t, const uint32_t *orders, size_t n, stamp_t time, const uint8_t *data, uint32_t caplen)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (table_is_allowed(t, orders[i], time, data, caplen))
			t->targets[orders[i]].entry->is_doubted = 1;
	}
}

/* Where it was not stored for any other reason either, the case's slice must not say zero; no other case's is marked. */
void
table_doubt_settle(struct table *t, const uint32_t *orders, size_t n, stamp_t time)
{
	struct entry *e;
	size_t i;

	for (i = 0; i < n; i++) {
		e = t->targets[orders[i]].entry;
		if (!e->is_doubted)
			continue;
		e->is_doubted = 0;
		slicer_doubt(t->slicer, e->handle, time);
		if (e->doubt.frames == 0 || time < e->doubt.from)
			e->doubt.from = time;
		if (e->doubt.frames == 0 || time >= e->doubt.to)
			e->doubt.to = time + 1;
		e->doubt.frames++;
	}
}

void
table_doubt_say(struct table *t, struct entry *e, stamp_t now)
{
	struct message_event m;

	if (e->doubt.frames == 0)
		return;
	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_UNDECIDED;
	memcpy(m.case_id, e->order->case_id, sizeof(m.case_id));
	m.frames = e->doubt.frames;
	m.from = e->doubt.from;
	m.to = e->doubt.to;
	t->event(t->cookie, &m);
	e->doubt = (struct table_doubt){.told = now};
}

void
table_tell_doubt(struct table *t, stamp_t now)
{
	struct entry *e;
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		/* A clock that was set back is no reason to be silent. */
		if (e->doubt.told == 0 || now - e->doubt.told >= AGAIN || now < e->doubt.told)
			table_doubt_say(t, e, now);
	}
}
