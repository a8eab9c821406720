#include "intake_internal.h"

#define SLEPT (STAMP_SECOND / 10)

static stamp_t
within(const struct intake *r)
{
	return (stamp_t)r->config->iap->resume_within * STAMP_SECOND;
}

void
intake_begin_down(struct intake *r)
{
	r->down_since = r->clock.realtime;
	r->unseen_since = r->clock.boottime;
	r->is_down_from_start = 1;
}

void
intake_declare_down(struct intake *r, stamp_t now)
{
	if (r->down_since == STAMP_NONE || now <= r->down_since)
		return;
	slicer_gap(r->slicer, r->down_since, now, "link-down");
	r->down_since = now;
}

int
intake_forget_unseen(struct intake *r)
{
	stamp_t since = r->unseen_since;

	/* What came from an earlier reader was not seen since that one saw it. */
	if (r->is_down_from_start && table_kept_since(r->table) < since)
		since = table_kept_since(r->table);
	if (r->down_since == STAMP_NONE || r->has_forgotten || stamp_boottime() - since < within(r))
		return 0;
	r->has_forgotten = 1;
	return table_follow_forget(r->table, stamp_now());
}

void
intake_begin_awake(struct intake *r)
{
	stamp_t least;

	stamp_asleep(&least, &r->asleep);
}

int
intake_look_at_sleep(struct intake *r)
{
	stamp_t least, most, slept;

	if (intake_is_file(r))
		return 0;
	stamp_asleep(&least, &most);
	slept = least - r->asleep;
	if (most < r->asleep || slept >= SLEPT)
		r->asleep = most;
	if (slept < SLEPT)
		return 0;
	slicer_gap(r->slicer, r->clock.realtime, stamp_now(), "stalled");
	return slept < within(r) ? 0 : table_follow_forget(r->table, stamp_now());
}

int
intake_take_link(struct intake *r, const struct message_link *m)
{
	stamp_t ago = stamp_now() - m->at;

	if (m->down && r->down_since == STAMP_NONE) {
		r->down_since = m->at;
		r->unseen_since = stamp_boottime() - (ago > 0 ? ago : 0);
		r->has_forgotten = 0;
		return intake_forget_unseen(r);
	}
	if (m->down)
		return 0;
	if (intake_forget_unseen(r) == -1)
		return -1;
	intake_declare_down(r, m->at);
	r->down_since = STAMP_NONE;
	r->is_down_from_start = 0;
	return 0;
}
