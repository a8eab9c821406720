#include <stdio.h>
#include <string.h>

#include "source.h"

#include "intake_internal.h"

int
intake_is_file(const struct intake *r)
{
	return r->config->file_name != NULL;
}

/*
 * Tell the keeper; if it does not listen any more, that is found out elsewhere.  What only goes on is told with the counts,
 * each second: to wake the keeper costs more than what it does then.
 */
void
intake_tell(void *cookie, const struct message_event *m)
{
	struct intake *r = cookie;

	if (m->kind == MESSAGE_RENEWED || m->kind == MESSAGE_SEEN)
		(void)channel_defer(r->ch, CHANNEL_EVENT, m, sizeof(*m));
	else
		(void)channel_send(r->ch, CHANNEL_EVENT, m, sizeof(*m));
}

/* If it is not told, the table tells it again. */
int
intake_tell_kept(void *cookie, const struct kept *k)
{
	struct intake *r = cookie;

	return channel_send(r->ch, CHANNEL_KEPT, k, kept_size(k));
}

void
intake_on_slicer_event(void *cookie, const struct slicer_event *e)
{
	const struct slice_head *head = NULL;
	struct message_event m;

	memset(&m, 0, sizeof(m));
	m.error = e->error;
	(void)snprintf(m.case_id, sizeof(m.case_id), "%s", e->case_id);
	memcpy(m.sha256, e->sha256, sizeof(m.sha256));
	if (e->kind == SLICER_SLICE) {
		m.kind = MESSAGE_SLICE;
		head = &e->rec->head;
		m.frames = e->rec->frames;
		m.bytes = e->rec->bytes;
		(void)snprintf(m.text, sizeof(m.text), "%s", slice_rolled_text(e->rec->rolled));
	} else if (e->kind == SLICER_GAP) {
		m.kind = MESSAGE_GAP;
		head = &e->gap->head;
		(void)snprintf(m.text, sizeof(m.text), "%s", e->gap->reason);
	} else
		m.kind = MESSAGE_TROUBLE;
	if (head != NULL) {
		m.seq = head->seq;
		m.from = head->from;
		m.to = head->to;
	}
	intake_tell(cookie, &m);
}

struct loss {
	enum message_event_kind kind;
	const char *where;
	uint64_t frames;
	stamp_t since;
};

static void
tell_loss(struct intake *r, const struct loss *l, stamp_t now)
{
	struct message_event m;

	slicer_shared_loss(r->slicer, l->since, now);
	memset(&m, 0, sizeof(m));
	m.kind = l->kind;
	m.frames = l->frames;
	m.from = l->since;
	m.to = now;
	(void)snprintf(m.text, sizeof(m.text), "%s", l->where);
	intake_tell(r, &m);
}

/* When were the counters last looked at?  In a file, at first, that was in another time than its frames'. */
static stamp_t
last_count(const struct intake *r, stamp_t now)
{
	if (!intake_is_file(r) || r->counted <= now)
		return r->counted;
	return r->first != STAMP_NONE && r->first < now ? r->first : now;
}

/* Look at the counters of one interface. */
static void
count_input(struct intake *r, size_t i, stamp_t now, struct message_interface *out)
{
	struct input *in = &r->inputs[i];
	stamp_t since = r->counted;
	struct source_counts c;

	source_count(in->source, &c);
	/* What a ring held when its interface went, or the time for it was over, is not read any more. */
	if (in->is_over && !intake_is_file(r) && c.handed + c.lost < c.seen) {
		c.lost = c.seen - c.handed;
		since = in->last < since ? in->last : since;
	}
	if (c.lost > in->lost)
		tell_loss(r, &(struct loss){MESSAGE_LOSS, r->config->names[i], c.lost - in->lost, since}, now);
	if (c.missed > in->missed)
		tell_loss(r,
		    &(struct loss){MESSAGE_MISSED, r->config->names[i], c.missed - in->missed, r->counted - in->late},
		    now);
	in->lost = c.lost;
	in->missed = c.missed;
	*out = (struct message_interface){c.received, c.missed, c.seen, c.lost, in->subject, in->not_subject, c.room};
}

stamp_t
intake_late(const struct intake *r)
{
	stamp_t late = 0;
	size_t i;

	for (i = 0; i < r->input_count; i++)
		late = stamp_later(late, r->inputs[i].late);
	return late;
}

stamp_t
intake_drained(const struct intake *r)
{
	stamp_t drained = INT64_MAX;
	size_t i;

	for (i = 0; i < r->input_count; i++) {
		if (r->inputs[i].drained < drained)
			drained = r->inputs[i].drained;
	}
	return drained == INT64_MAX || drained <= INTAKE_DRAINED ? STAMP_NONE : drained - INTAKE_DRAINED;
}

/* Up to when was every frame read, and what it says told? */
static void
tell_followed(const struct intake *r, struct message_counts *c)
{
	stamp_t drained = intake_drained(r);

	if (intake_is_file(r) || drained == STAMP_NONE || !table_is_following(r->table) ||
	    !table_kept_is_told(r->table) || r->down_since != STAMP_NONE)
		return; /* through a link that is down nothing is seen */
	c->followed_boot = drained;
	c->followed = r->clock.realtime - (r->clock.boottime - c->followed_boot);
}

/* What is missing of streams that had to make room is not known: no slice may call it zero.  Told when it begins. */
static void
count_crowd(struct intake *r, stamp_t now)
{
	struct message_event m;
	stamp_t since;
	uint64_t n;
	int is_crowded = tunnels_take_crowd(r->tunnels, now, &n, &since);

	r->put_out += n;
	if (is_crowded) {
		if (since > last_count(r, now))
			since = last_count(r, now);
		slicer_shared_loss(r->slicer, since, now);
	}
	if (is_crowded && !r->is_crowded) {
		memset(&m, 0, sizeof(m));
		m.kind = MESSAGE_CROWDED;
		m.frames = n;
		m.from = since;
		m.to = now;
		intake_tell(r, &m);
	}
	r->is_crowded = is_crowded;
}

/* Look at all counters; say where frames were lost since the last look, and the sums. */
void
intake_count(struct intake *r, stamp_t now, int say)
{
	struct message_counts c;
	uint64_t frames;
	stamp_t since;
	size_t i;

	memset(&c, 0, sizeof(c));
	c.interface_count = (uint32_t)r->input_count;
	for (i = 0; i < r->input_count; i++)
		count_input(r, i, now, &c.interfaces[i]);
	slicer_counts(r->slicer, &c.slicer);
	if (c.slicer.lost_pool > r->pool_lost)
		tell_loss(r,
		    &(struct loss){MESSAGE_LOSS, "pool", c.slicer.lost_pool - r->pool_lost, last_count(r, now)}, now);
	r->pool_lost = c.slicer.lost_pool;
	frames = tunnels_take_lost(r->tunnels, &since);
	r->mirror_lost += frames;
	if (frames > 0)
		tell_loss(r, &(struct loss){MESSAGE_LOSS, "mirror", frames, since}, now);
	count_crowd(r, now);
	r->counted = now;
	if (!say)
		return;
	table_tell_seen(r->table);
	table_tell_doubt(r->table, now);
	if (r->input_count > 0)
		c.linktype = r->linktype;
	c.matched = table_matched(r->table);
	c.withheld = table_withheld(r->table);
	c.mirror = r->mirror_lost;
	c.put_out = r->put_out;
	table_kinds(r->table, c.kinds);
	tell_followed(r, &c);
	memcpy(c.filter, r->filter_text, sizeof(c.filter));
	(void)channel_send(r->ch, CHANNEL_COUNTS, &c, sizeof(c)); /* the next ones say it again */
}

/*
 * The clock was stepped at some time between the last look, ${since} by the clock as it is now, and ${now}.  What is known
 * of moments is put into the time that it shows.
 */
static void
step(struct intake *r, stamp_t step, stamp_t since, stamp_t now)
{
	struct message_event m;
	size_t i;

	intake_declare_down(r, now - step);
	table_clock_step(r->table, now - step, since);
	/* What came after a step back, and before this look, is stamped in the new window. */
	slicer_clock_step(r->slicer, now - step, step < 0 ? since : now);
	table_follow_step(r->table, step);
	r->counted += step;
	for (i = 0; i < r->input_count; i++)
		r->inputs[i].last += step;
	if (r->down_since != STAMP_NONE)
		r->down_since = step < 0 ? since : now;
	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_STEP;
	m.from = now - step;
	m.to = now;
	intake_tell(r, &m);
}

void
intake_look_at_clock(struct intake *r)
{
	struct clock_reading now;
	stamp_t elapsed, by;

	clock_read(r->config->clock, &now);
	elapsed = now.boottime - r->clock.boottime;
	by = (now.realtime - r->clock.realtime) - elapsed;
	r->clock = now;
	if (intake_is_file(r))
		return;
	if (by > CLOCK_STEP || by < -CLOCK_STEP) {
		step(r, by, now.realtime - elapsed, now.realtime);
		/* What was read before the step is no measure of what the rings hold. */
		r->since = r->covered = now.realtime;
	}
	/* Nor is what a clock showed that was set back between our opening the rings and the first look. */
	if (r->since > now.realtime)
		r->since = now.realtime;
	if (r->covered > now.realtime)
		r->covered = now.realtime;
	table_clock_tick(r->table, now.realtime - elapsed, now.realtime, intake_drained(r));
}
