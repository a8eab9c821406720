#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#include "table_internal.h"

struct table *
table_new(struct slicer *slicer, struct tunnels *tunnels, uint32_t linktype, int from_file, table_event_fn *event,
    void *cookie)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t != NULL) {
		t->memory = matcher_memory_new();
		t->roster = roster_new();
		if (t->memory == NULL || t->roster == NULL) {
			matcher_memory_free(t->memory);
			roster_free(t->roster);
			free(t);
			return NULL;
		}
		t->slicer = slicer;
		t->tunnels = tunnels;
		t->linktype = linktype;
		t->from_file = from_file;
		t->event = event;
		t->cookie = cookie;
		glance_init(&t->glance, linktype, NULL);
	}
	return t;
}

void
table_forget_incoming(struct table *t)
{
	table_entries_clear(&t->incoming);
	free(t->ends);
	t->ends = NULL;
	t->end_count = 0;
}

void
table_free(struct table *t)
{
	int saved = errno;

	if (t == NULL)
		return;
	matcher_free(t->matcher);
	matcher_memory_free(t->memory);
	table_forget_incoming(t);
	table_entries_clear(&t->now);
	roster_free(t->roster);
	free(t->targets);
	free(t->shadows);
	free(t->matches);
	free(t->kept);
	order_free(t->control);
	order_free(t->servers);
	free(t);
	errno = saved;
}

void
table_tell(struct table *t, enum message_event_kind kind, const struct entry *e, int error)
{
	struct message_event m;

	memset(&m, 0, sizeof(m));
	m.kind = kind;
	m.error = error;
	(void)snprintf(m.case_id, sizeof(m.case_id), "%s", e->order->case_id); /* the rooms are the same */
	if (kind == MESSAGE_BEGUN) {
		m.from = e->from;
		memcpy(m.sha256, e->order->sha256, sizeof(m.sha256));
	} else if (kind == MESSAGE_SEEN) {
		m.to = e->seen;
	} else if (kind == MESSAGE_ENDED) {
		m.to = e->until;
		(void)snprintf(m.text, sizeof(m.text), "%s", e->end_reason);
	}
	t->event(t->cookie, &m);
}

/* From a file: how far does it reach into each window? */
void
table_settle_reach(struct table *t)
{
	struct entry *e;
	size_t i;

	for (i = 0; t->from_file && i < t->now.count; i++) {
		e = t->now.at[i];
		if (t->latest > e->reach && t->latest >= e->order->not_before && t->latest < e->order->not_after)
			e->reach = t->latest;
	}
	t->stretch_from = t->stretch_to = t->latest = STAMP_NONE;
}

void
table_end_stream(struct table *t, struct entry *e, enum slice_rolled rolled)
{
	const char *reason = e->end_reason[0] == '\0' ? NULL : e->end_reason;

	assert(e->is_open);
	/* A file is silent about the subject as far as its frames reach into the window: no wild stamp makes it longer. */
	if (t->from_file && e->reach != STAMP_NONE && e->until > e->reach)
		e->until = e->reach + 1;
	table_clock_settle_case(t, e, e->until);
	table_follow_end(t, e, e->until);
	table_holders_end(e);
	slicer_end_under(t->slicer, e->handle, e->end_revision);
	if (slicer_end(t->slicer, e->handle, rolled, e->until, reason) == -1)
		table_tell(t, MESSAGE_TROUBLE, e, errno);
	e->is_open = 0;
	table_doubt_say(t, e, e->until);
	table_tell(t, MESSAGE_ENDED, e, 0);
}

/*
 * Nothing stamped before ${since} is the case's.  The source covers it from ${now} on: a file's first frame may be later,
 * and what lies between is a gap and no silence.
 */
static void
begin_stream(struct table *t, struct entry *e, stamp_t since, stamp_t now)
{
	if (e->from < since)
		e->from = since;
	if (slicer_begin(t->slicer, e->order, now < e->from ? e->from : now, e->reason, &e->handle) == -1) {
		/* It is tried again every second: what was said is not said again. */
		if (errno != e->refusal) {
			slicer_say_refusal(t->slicer, e->order, errno);
			table_tell(t, MESSAGE_REFUSED, e, errno);
		}
		e->is_refused = 1;
		e->refusal = errno;
		return;
	}
	e->is_open = 1;
	e->is_refused = e->refusal = 0;
	e->begun = stamp_boottime();
	e->set_back = STAMP_NONE;
	table_tell(t, MESSAGE_BEGUN, e, 0);
	if (table_follow_begin(t, e, now < e->from ? e->from : now) == -1 || table_holders_begin(t, e) == -1)
		t->is_broken = 1;
}

/* Remove the entries that have neither a stream nor a claim to one. */
void
table_sweep(struct table *t)
{
	size_t i, kept = 0;

	for (i = 0; i < t->now.count; i++) {
		if (t->now.at[i]->is_ending && !t->now.at[i]->is_open)
			table_entry_free(t->now.at[i]);
		else
			t->now.at[kept++] = t->now.at[i];
	}
	t->now.count = kept;
}

int
table_retry(struct table *t, stamp_t since)
{
	int begun = 0;
	size_t i;

	t->same_from = t->same_to = STAMP_NONE;
	for (i = 0; !t->from_file && i < t->now.count; i++) {
		if (t->now.at[i]->is_open || t->now.at[i]->is_ending)
			continue;
		begin_stream(t, t->now.at[i], since, since);
		begun |= t->now.at[i]->is_open;
	}
	if (!begun && t->matcher != NULL)
		return 0;
	table_drop_matcher(t);
	return table_make_matcher(t);
}

/* Narrow [from, to) so that ${boundary} does not lie inside, seen from ${time}. */
static void
narrow_between(stamp_t *from, stamp_t *to, stamp_t boundary, stamp_t time)
{
	if (boundary <= time && boundary > *from)
		*from = boundary;
	if (boundary > time && boundary < *to)
		*to = boundary;
}

/*
 * A stream from a file is begun by the first frame in its order's window, whoever's it is: a file that has nothing to do
 * with an order leaves it alone.
 */
static int
begin_due(struct table *t, stamp_t time)
{
	const struct order *o;
	int begun = 0;
	size_t i;

	t->same_from = STAMP_NONE;
	t->same_to = INT64_MAX;
	for (i = 0; i < t->now.count; i++) {
		if (t->now.at[i]->is_open || t->now.at[i]->is_ending || t->now.at[i]->is_refused)
			continue;
		o = t->now.at[i]->order;
		narrow_between(&t->same_from, &t->same_to, o->not_before, time);
		narrow_between(&t->same_from, &t->same_to, o->not_after, time);
		if (time < o->not_before || time >= o->not_after)
			continue;
		if (!begun)
			table_drop_matcher(t);
		begun = 1;
		begin_stream(t, t->now.at[i], o->not_before, time);
	}
	return begun ? table_make_matcher(t) : 0;
}

int
table_has_refused(const struct table *t)
{
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		if (t->now.at[i]->is_refused)
			return 1;
	}
	return 0;
}

int
table_is_broken(const struct table *t)
{
	return t->is_broken;
}

int
table_is_empty(const struct table *t)
{
	return t->now.count == 0;
}

int
table_is_ending(const struct table *t)
{
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		if (t->now.at[i]->is_ending)
			return 1;
	}
	return 0;
}

int
table_is_all_ending(const struct table *t)
{
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		if (!t->now.at[i]->is_ending)
			return 0;
	}
	return 1;
}

unsigned
table_let_go_count(const struct table *t)
{
	return t->let_go_count;
}

int
table_settle_ending(struct table *t)
{
	struct entry *e;
	size_t i;

	table_drop_matcher(t);
	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (!e->is_ending || !e->is_open || e->is_settled)
			continue;
		table_clock_settle_case(t, e, e->until);
		table_follow_end(t, e, e->until);
		table_holders_end(e);
		e->is_settled = 1;
	}
	return table_make_matcher(t);
}

int
table_finish_ending(struct table *t)
{
	size_t i;

	table_drop_matcher(t);
	for (i = 0; i < t->now.count; i++) {
		if (t->now.at[i]->is_ending && t->now.at[i]->is_open)
			table_end_stream(t, t->now.at[i], SLICE_ORDER_END);
	}
	table_sweep(t);
	return table_make_matcher(t);
}

void
table_end_all(struct table *t, enum slice_rolled rolled, stamp_t at, const char *reason)
{
	struct entry *e;
	size_t i;

	table_drop_matcher(t);
	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (!e->is_ending) {
			e->until = at;
			(void)snprintf(e->end_reason, sizeof(e->end_reason), "%s", reason);
			e->is_ending = 1;
		}
		if (e->is_open)
			table_end_stream(t, e, rolled);
	}
	table_sweep(t);
}

void
table_cut(struct table *t, stamp_t at)
{
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		if (t->now.at[i]->until > at)
			t->now.at[i]->until = at;
	}
}

/* Every frame of a file says how far it reaches; what it says of each window is looked at when the windows change. */
static void
note_reach(struct table *t, stamp_t time)
{
	const struct order *o;
	size_t i;

	if (time >= t->stretch_from && time < t->stretch_to) {
		if (time > t->latest)
			t->latest = time;
		return;
	}
	table_settle_reach(t);
	t->stretch_to = INT64_MAX;
	t->latest = time;
	for (i = 0; i < t->now.count; i++) {
		o = t->now.at[i]->order;
		narrow_between(&t->stretch_from, &t->stretch_to, o->not_before, time);
		narrow_between(&t->stretch_from, &t->stretch_to, o->not_after, time);
	}
}

size_t
table_frame(struct table *t, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	if (t->from_file && (time < t->same_from || time >= t->same_to) && begin_due(t, time) == -1)
		t->is_broken = 1;
	if (t->from_file)
		note_reach(t, time);
	if ((t->following > 0 || t->watched != NULL) &&
	    (time >= t->follow_next || !glance_is_other(&t->glance, data, caplen)) &&
	    table_follow_frame(t, time, data, caplen, len) == -1)
		t->is_broken = 1;
	return t->matcher == NULL ? 0 : table_store(t, time, data, caplen, len);
}

void
table_tell_seen(struct table *t)
{
	struct entry *e;
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (e->seen == e->told)
			continue;
		e->told = e->seen;
		table_tell(t, MESSAGE_SEEN, e, 0);
	}
}

uint64_t
table_matched(const struct table *t)
{
	return t->matched_count;
}

uint64_t
table_withheld(const struct table *t)
{
	return t->withheld;
}

void
table_kinds(const struct table *t, uint64_t kinds[MATCHER_KINDS])
{
	const uint64_t *now = t->matcher == NULL ? NULL : matcher_kinds(t->matcher);
	size_t i;

	for (i = 0; i < MATCHER_KINDS; i++)
		kinds[i] = t->kinds[i] + (now == NULL ? 0 : now[i]);
}
