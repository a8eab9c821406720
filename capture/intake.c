#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"

#include "program.h"
#include "source.h"

#include "intake_internal.h"

#define RING_FRAMES 4096 /* handed out before the other rings and the channel get their turn */
#define FILE_FRAMES 512
#define TICK (STAMP_SECOND / 10)
#define TELL STAMP_SECOND
#define RETRY STAMP_SECOND
#define POLL_MS 50
#define FILE_WAIT_MS 2
#define HELD_MS 1
/* Under a flood: many frames of a turn that left nothing; wait a while then, and take several blocks of a ring at once. */
#define FLOOD_FRAMES 1000
#define FLOOD_RING ((uint64_t)16 * 1024 * 1024)
#define FLOOD_WAIT_MS 4

static void
on_frame(void *cookie, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct intake *r = cookie;

	if (table_frame(r->table, time, data, caplen, len) > 0)
		r->current->subject++;
	else
		r->current->not_subject++;
	r->current->last = time;
	if (time > r->since)
		r->since = time;
	if (time < r->first)
		r->first = time;
}

static void
fail(struct intake *r, int status)
{
	if (r->status == EX_OK)
		r->status = status;
	r->is_over = 1;
}

void
intake_read(struct intake *r, struct input *in)
{
	int max = intake_is_file(r) ? FILE_FRAMES : RING_FRAMES, n;

	r->current = in;
	n = source_read(in->source, max, on_frame, r);
	if (n >= 0 && n < max && !source_is_held(in->source))
		in->drained = stamp_boottime();
	r->is_behind |= n == max;
	r->handed += n;
	if (table_is_broken(r->table))
		fail(r, EX_OSERR);
	if (n == -1)
		r->status = intake_is_file(r) ? EX_DATAERR : EX_UNAVAILABLE;
	if (n == -1 || (n == 0 && intake_is_file(r)))
		in->is_over = r->is_over = 1;
}

int
intake_is_drained(const struct intake *r, stamp_t since)
{
	size_t i;

	for (i = 0; i < r->input_count; i++) {
		if (!r->inputs[i].is_over && r->inputs[i].drained < since + INTAKE_DRAINED)
			return 0;
	}
	return 1;
}

/* No order in force, no packet socket: also not while it is waited for what a card tells late. */
static void
leave(struct intake *r)
{
	size_t i;

	for (i = 0; i < r->input_count; i++) {
		source_leave(r->inputs[i].source);
		r->inputs[i].is_over = 1; /* what its ring still held is counted as lost */
	}
	r->has_left = 1;
}

/* Was what the rings held of the time before the ends read, or is there no more time for that?  Then it is declared. */
static int
is_read(struct intake *r, stamp_t now, stamp_t waited)
{
	if (intake_is_file(r) || intake_is_drained(r, r->ending_since))
		return 1;
	if (waited < INTAKE_DRAIN_MAX)
		return 0;
	slicer_shared_loss(r->slicer, now - waited - INTAKE_DRAIN_MAX, now);
	return 1;
}

/*
 * End the cases that were let go once what the rings held of their time has been read.  Behind a card their streams, and
 * nothing else of them, stay open until it has told what it missed.
 */
static void
end_streams(struct intake *r)
{
	stamp_t now = r->clock.realtime, waited = r->clock.boottime - r->ending_since, late = intake_late(r);

	if (!table_is_ending(r->table) || (!r->is_settled && !is_read(r, now, waited)))
		return;
	if (waited < late) {
		if (!r->is_settled && table_settle_ending(r->table) == -1)
			fail(r, EX_OSERR);
		if (!r->is_settled)
			intake_narrow(r);
		r->is_settled = 1;
		if (!r->has_left && table_is_all_ending(r->table))
			leave(r);
		return;
	}
	if (!intake_is_file(r))
		intake_count(r, now, 0); /* while there are slices to say it in */
	if (table_finish_ending(r->table) == -1)
		fail(r, EX_OSERR);
	intake_narrow(r);
}

/* What subjects that move may have sent unseen is declared before a slice is closed without it. */
static void
follow(struct intake *r, stamp_t now)
{
	stamp_t drained = intake_is_file(r) ? now : now - INTAKE_DRAINED;

	if (intake_is_file(r) && r->since == STAMP_NONE)
		return;
	if (drained > r->hold)
		drained = r->hold;
	if (table_follow_tick(r->table, now, drained) == -1)
		fail(r, EX_OSERR);
}

static void
tick(struct intake *r)
{
	stamp_t now;

	intake_look_at_clock(r);
	now = !intake_is_file(r) || r->since == STAMP_NONE ? r->clock.realtime : r->since;
	intake_declare_down(r, now);
	if (intake_forget_unseen(r) == -1)
		fail(r, EX_OSERR);
	follow(r, now);
	intake_count(r, now, 0); /* what was lost in a slice's time has to be known before it is closed */
	slicer_tick(r->slicer, now);
	end_streams(r);
	if (r->clock.boottime - r->retried >= RETRY && table_has_refused(r->table)) {
		r->retried = r->clock.boottime;
		if (table_retry(r->table, intake_since(r)) == -1)
			fail(r, EX_OSERR);
	}
	if (r->widened != 0)
		intake_narrow(r);
	intake_count(r, now, r->clock.boottime - r->told >= TELL);
	if (r->clock.boottime - r->told >= TELL)
		r->told = r->clock.boottime;
	r->ticked = r->clock.boottime;
}

/*
 * The keeper looked at the clock before we do.  An end ahead of our look is of a clock that was set back in between: no
 * slice may answer for time in which nothing was captured.
 */
static stamp_t
not_ahead(const struct intake *r, stamp_t at)
{
	stamp_t now = stamp_now();

	return !intake_is_file(r) && at > now ? now : at;
}

static int
take_table(struct intake *r, const struct message_apply *m)
{
	r->applied = 1;
	intake_narrow(r);
	if (table_apply(r->table, intake_since(r), stamp_now()) == -1)
		return -1;
	if (table_let_go_count(r->table) != r->let_go) {
		r->let_go = table_let_go_count(r->table);
		r->ending_since = stamp_boottime();
		r->is_settled = 0;
	}
	/* What was held is judged by this table if it knows what begins there. */
	if (m->at >= r->hold)
		intake_hold(r, INT64_MAX);
	return 0;
}

/* Do what one message asks for.  Return -1 if the table can not be trusted any more. */
static int
take(struct intake *r, enum channel_type type, const void *data, size_t n)
{
	struct message_order order;
	struct message_apply apply;
	struct message_widen widen;
	struct message_end end;
	struct message_link link;

	/* Without a ring nothing can begin here any more: the next reader sees to it. */
	if (r->has_left && (type == CHANNEL_BEGIN || type == CHANNEL_WIDEN)) {
		r->is_over = 1;
		return 0;
	}
	switch (type) {
	case CHANNEL_BEGIN:
		return table_begin(r->table);
	case CHANNEL_ORDER:
		memcpy(&order, data, sizeof(order));
		return table_order(r->table, &order, (const char *)data + sizeof(order), n - sizeof(order));
	case CHANNEL_KEEP:
		return table_keep(r->table, data, n);
	case CHANNEL_END:
		memcpy(&end, data, sizeof(end));
		end.at = not_ahead(r, end.at);
		return table_end(r->table, &end);
	case CHANNEL_APPLY:
		memcpy(&apply, data, sizeof(apply));
		return take_table(r, &apply);
	case CHANNEL_WIDEN:
		memcpy(&widen, data, sizeof(widen));
		intake_widen(r);
		intake_hold(r, widen.begins);
		return 0;
	case CHANNEL_LINK:
		memcpy(&link, data, sizeof(link));
		link.at = not_ahead(r, link.at);
		return intake_take_link(r, &link);
	case CHANNEL_STOP:
		memcpy(&r->stop, data, sizeof(r->stop));
		r->stop.at = not_ahead(r, r->stop.at);
		r->stopping = 1;
		return 0;
	default:
		return -1;
	}
}

static void
listen_to_keeper(struct intake *r)
{
	enum channel_type type;
	const void *data;
	size_t n;
	int rc;

	while (!r->stopping && !(r->has_left && r->is_over) && (rc = channel_receive(r->ch, &type, &data, &n)) != 0) {
		if (rc == 1 && message_fits(type, n)) {
			if (take(r, type, data, n) == 0)
				continue;
			fail(r, EX_OSERR);
			return;
		}
		/* The keeper is gone, or not itself: nothing more is captured without it. */
		r->stopping = 1;
		r->stop.at = stamp_now();
		r->stop.rolled = SLICE_STOP;
	}
	(void)channel_flush(r->ch); /* a keeper that is gone shows above */
}

/* To be woken for each block costs more than to read it. */
static int
is_flooded(const struct intake *r)
{
	return r->handed >= FLOOD_FRAMES && !r->is_behind && !intake_is_file(r) &&
	       r->config->iap->ring_bytes >= FLOOD_RING;
}

/* Return 0 if the keeper has nothing to say. */
static int
wait_for_frames(struct intake *r)
{
	struct pollfd fds[CONF_INTERFACES_MAX + 1];
	struct slicer_counts counts;
	int timeout = POLL_MS;
	nfds_t n = 0;
	size_t i;

	fds[n].fd = channel_fd(r->ch);
	fds[n++].events = (short)(POLLIN | (channel_wants_write(r->ch) ? POLLOUT : 0));
	if (is_flooded(r))
		return poll(fds, n, FLOOD_WAIT_MS) != 0;
	for (i = 0; r->applied && !r->has_left && !intake_is_file(r) && i < r->input_count; i++) {
		if (source_is_held(r->inputs[i].source)) {
			timeout = HELD_MS;
			continue;
		}
		fds[n].fd = source_fd(r->inputs[i].source);
		fds[n++].events = POLLIN;
	}
	/* A file can wait for the disk, and does so: it must not lose a frame for want of room in the pool. */
	if (r->applied && intake_is_file(r)) {
		slicer_counts(r->slicer, &counts);
		timeout = counts.pool_used > r->config->iap->pool_bytes / 4 ? FILE_WAIT_MS : 0;
	}
	/* A signal, or no memory, only makes the next look come earlier. */
	return poll(fds, n, timeout) == -1 || fds[0].revents != 0;
}

/* Is the file's reader to go on, or to let the writer come after? */
static int
has_room(struct intake *r)
{
	struct slicer_counts counts;

	if (!intake_is_file(r))
		return 1;
	slicer_counts(r->slicer, &counts);
	return counts.pool_used <= r->config->iap->pool_bytes / 2;
}

int
intake_on_wait(void *cookie)
{
	struct intake *r = cookie;

	listen_to_keeper(r);
	if (stamp_boottime() - r->ticked >= TICK)
		tick(r);
	return r->stopping || r->is_over;
}

static int
is_done(const struct intake *r)
{
	if (r->is_over || r->stopping)
		return 1;
	return r->applied && !intake_is_file(r) && table_is_empty(r->table);
}

static void
loop(struct intake *r)
{
	size_t i;

	while (!is_done(r)) {
		if (wait_for_frames(r))
			listen_to_keeper(r);
		if (intake_look_at_sleep(r) == -1)
			fail(r, EX_OSERR);
		intake_look_at_hold(r);
		r->handed = r->is_behind = 0;
		for (i = 0;
		     r->applied && !r->is_over && !r->stopping && !r->has_left && i < r->input_count && has_room(r);
		     i++)
			intake_read(r, &r->inputs[i]);
		if (stamp_boottime() - r->ticked >= TICK)
			tick(r);
	}
}

int
intake_run(const struct intake_config *config, struct channel *ch)
{
	struct intake r;

	memset(&r, 0, sizeof(r));
	r.config = config;
	r.ch = ch;
	r.status = EX_OK;
	intake_begin_awake(&r);
	if (intake_open(&r) == -1)
		r.status = EX_OSERR;
	else
		loop(&r);
	if (r.table != NULL)
		intake_finish(&r);
	else if (r.slicer != NULL)
		(void)slicer_stop(r.slicer, SLICE_STOP, stamp_now()); /* nothing was begun */
	table_free(r.table);
	tunnels_free(r.tunnels);
	kfilter_free(r.filter);
	return r.status;
}
