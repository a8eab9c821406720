#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "moving.h"

#include "table_internal.h"

int
table_is_following(const struct table *t)
{
	return t->following > 0;
}

int
table_follow(struct table *t, const struct conf_iap *iap, size_t interfaces, table_kept_fn *tell_kept)
{
	t->given = iap;
	t->interfaces = interfaces;
	t->kept_since = INT64_MAX;
	if (tell_kept != NULL && !t->from_file) {
		t->kept = calloc(1, sizeof(*t->kept));
		if (t->kept == NULL)
			return -1;
		t->tell_kept = tell_kept;
	}
	if (!follow_is_possible(iap, interfaces))
		return 0;
	if (table_ends_make(t, iap) == -1)
		return -1;
	t->iap = iap;
	glance_init(&t->glance, t->linktype, iap);
	return 0;
}

/* Addresses stay here, and in the records of their own case: what the keeper is told names the frame that proves it. */
static void
on_follow(void *cookie, const struct follow_event *e)
{
	static const enum message_event_kind kinds[] = {
	    [FOLLOW_BEGUN] = MESSAGE_BOUND, [FOLLOW_RENEWED] = MESSAGE_RENEWED, [FOLLOW_ENDED] = MESSAGE_UNBOUND};
	struct entry *entry = cookie;
	struct message_event m;

	table_access(entry, e);
	if (e->kind == FOLLOW_NOTED)
		return;
	/* The next reader is to know a later end; what comes or goes is told of once all of it is in place. */
	if (e->kind == FOLLOW_RENEWED)
		table_kept_renewed(entry->table, entry, e->time);
	memset(&m, 0, sizeof(m));
	m.kind = kinds[e->kind];
	m.seq = e->xid;
	m.from = e->time;
	m.to = e->kind == FOLLOW_ENDED || e->binding->until == INT64_MAX ? 0 : e->binding->until;
	memcpy(m.sha256, e->sha256, strnlen(e->sha256, sizeof(m.sha256) - 1));
	(void)snprintf(m.case_id, sizeof(m.case_id), "%s", entry->order->case_id); /* the rooms are the same */
	(void)snprintf(m.text, sizeof(m.text), "%s", e->how);                      /* a word */
	entry->table->event(entry->table->cookie, &m);
}

int
table_follow_begin(struct table *t, struct entry *e, stamp_t since)
{
	const char *obstacle;

	if (e->order->identity_count == 0)
		return 0;
	e->table = t;
	e->blind_from = e->from;
	obstacle = t->given == NULL ? "no access point" : moving_obstacle(e->order, t->given, t->interfaces);
	if (obstacle != NULL)
		diag_warnx("%s: no address of its subject is learned here: %s", e->order->case_id, obstacle);
	obstacle = moving_unread(e->order, tunnels_count(t->tunnels));
	if (obstacle != NULL)
		diag_warnx("%s: %s", e->order->case_id, obstacle);
	e->follow = follow_new(e->order, t->iap, since, on_follow, e);
	if (e->follow == NULL) {
		diag_err("table of orders");
		return -1;
	}
	if (roster_put(t->roster, e->follow, e) == -1) {
		diag_err("table of orders");
		follow_free(e->follow);
		e->follow = NULL;
		return -1;
	}
	t->following++;
	table_kept_resume(t, e, since);
	table_given_tell(t, e, since);
	t->follow_next = STAMP_NONE; /* to be found */
	return 0;
}

/* Up to ${at} it was, or was not, known where the subject is. */
static void
declare_blind(struct table *t, struct entry *e, const char *reason, stamp_t at)
{
	if (reason != NULL && at > e->blind_from)
		slicer_gap_of(t->slicer, e->handle, e->blind_from, at, reason);
	if (at > e->blind_from)
		e->blind_from = at;
}

void
table_follow_changed(struct table *t, struct entry *e, const char *before, stamp_t at)
{
	if (follow_blind(e->follow) != before)
		declare_blind(t, e, before, at);
}

void
table_follow_end(struct table *t, struct entry *e, stamp_t at)
{
	if (e->follow == NULL)
		return;
	declare_blind(t, e, follow_blind(e->follow), at);
	roster_drop(t->roster, e->follow);
	follow_free(e->follow);
	e->follow = NULL;
	e->is_own = 0;
	t->following--;
}

/* After what was learned or has run out for one case.  Return 1 if its addresses are others, else 0. */
static int
settle_case(struct table *t, struct entry *e)
{
	const stamp_t next = follow_next(e->follow);
	const int is_changed = follow_has_changed(e->follow);

	if (next < t->follow_next && next < e->until)
		t->follow_next = next;
	if (follow_has_narrowed(e->follow) || is_changed)
		table_kept_tell(t, e, stamp_boottime());
	return is_changed;
}

/* A matcher of the addresses as they are now, if they have changed. */
static int
renew_matcher(struct table *t, int has_changed)
{
	if (!has_changed)
		return 0;
	table_drop_matcher(t);
	return table_make_matcher(t);
}

static int
settle(struct table *t)
{
	int has_changed = 0;
	size_t i;

	t->follow_next = INT64_MAX;
	for (i = 0; i < t->now.count; i++) {
		if (t->now.at[i]->follow != NULL)
			has_changed |= settle_case(t, t->now.at[i]);
	}
	return renew_matcher(t, has_changed);
}

/* Only for those who were called.  An end of theirs that was the next, and is later now, is found to be when it comes. */
static int
settle_called(struct table *t, size_t called)
{
	int has_changed = 0;
	size_t i;

	for (i = 0; i < called; i++)
		has_changed |= settle_case(t, roster_called(t->roster, i));
	return renew_matcher(t, has_changed);
}

static void
expire(struct table *t, stamp_t time)
{
	const char *before;
	struct entry *e;
	stamp_t next;
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (e->follow == NULL)
			continue;
		before = follow_blind(e->follow);
		next = follow_next(e->follow);
		follow_expire(e->follow, stamp_earlier(time, e->until - 1)); /* what is after its end is not told */
		if (follow_blind(e->follow) == before)
			continue;
		/* What was thought to be known up to the last look was known up to the lease's end. */
		if (before == NULL && next < e->blind_from)
			e->blind_from = next;
		else
			declare_blind(t, e, before, next);
	}
}

int
table_follow_frame(struct table *t, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	int shown;

	/* A file may say anything: no lease or session reaches so far that its end could not be told. */
	if (time < 0 || time > INT64_MAX / 2)
		return 0;
	if (time >= t->follow_next) {
		expire(t, time);
		if (settle(t) == -1)
			return -1;
	}
	if (!table_control_may_be(t, data, caplen))
		return 0;
	shown = table_control_frame(t, time, data, caplen, len);
	return shown == -1 ? -1 : settle_called(t, (size_t)shown);
}

int
table_follow_tick(struct table *t, stamp_t now, stamp_t drained)
{
	struct entry *e;
	size_t i;

	if (t->following == 0)
		return 0;
	expire(t, drained);
	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (e->follow == NULL)
			continue;
		declare_blind(t, e, follow_blind(e->follow), stamp_earlier(now, e->until));
		table_kept_tick(t, e, stamp_boottime());
	}
	return settle(t);
}

int
table_follow_forget(struct table *t, stamp_t at)
{
	const char *before;
	struct entry *e;
	size_t i;

	if (t->following == 0)
		return 0;
	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (e->follow == NULL)
			continue;
		before = follow_blind(e->follow);
		follow_forget(e->follow, at);
		table_follow_changed(t, e, before, at);
	}
	return settle(t);
}

void
table_follow_step(struct table *t, stamp_t step)
{
	struct entry *e;
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (e->follow == NULL)
			continue;
		follow_shift(e->follow, step);
		e->blind_from += step;
		table_kept_tell(t, e, stamp_boottime());
	}
	if (t->follow_next != INT64_MAX && t->follow_next != STAMP_NONE)
		t->follow_next += step;
}
