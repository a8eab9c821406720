#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"

#include "source.h"

#include "intake_internal.h"

#define POLL_MS 50
#define DRAIN_POLL_MS 5

/* Let in no further frame, and read what the rings hold of the time before ${at}. */
static void
drain(struct intake *r, stamp_t at)
{
	struct pollfd none = {-1, 0, 0};
	stamp_t since = stamp_boottime();
	size_t i;

	intake_hold(r, INT64_MAX);
	table_cut(r->table, at);
	for (i = 0; i < r->input_count; i++)
		source_shut(r->inputs[i].source);
	while (!intake_is_drained(r, since) && stamp_boottime() - since < INTAKE_DRAIN_MAX) {
		for (i = 0; i < r->input_count; i++) {
			if (!r->inputs[i].is_over)
				intake_read(r, &r->inputs[i]);
		}
		(void)poll(&none, 1, DRAIN_POLL_MS);
	}
	/* There is no more time for what a ring still holds: it is lost, and counted as that. */
	for (i = 0; i < r->input_count; i++)
		r->inputs[i].is_over = 1;
}

/* Say for each stream which file it comes from, and that there is no more. */
static void
end_file(struct intake *r, stamp_t at)
{
	struct message_event m;

	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_SOURCE;
	m.frames = r->inputs[0].subject + r->inputs[0].not_subject;
	m.from = m.frames == 0 ? STAMP_NONE : r->first;
	m.to = r->since;
	(void)snprintf(m.text, sizeof(m.text), "%s", r->config->file_name);
	if (source_digest(r->inputs[0].source, m.sha256) == -1) {
		diag_err("%s", r->config->file_name);
		r->status = EX_IOERR;
	}
	slicer_source(r->slicer, m.text, m.sha256);
	intake_tell(r, &m);
	table_end_all(r->table, SLICE_SOURCE_END, at, "source-end");
}

/* Only then is what was not found not in it: who ended for a trouble of his own has perhaps not looked. */
static int
is_read_to_its_end(const struct intake *r)
{
	return intake_is_file(r) && !r->stopping && r->inputs[0].is_over &&
	       (r->status == EX_OK || r->status == EX_DATAERR);
}

/* Give the keeper a moment to take what is queued for it. */
static void
say_the_rest(struct intake *r)
{
	struct pollfd fd = {channel_fd(r->ch), POLLOUT, 0};
	stamp_t until = stamp_boottime() + STAMP_SECOND;

	while (channel_flush(r->ch) == 0 && channel_wants_write(r->ch) && stamp_boottime() < until)
		(void)poll(&fd, 1, POLL_MS); /* the loop looks at what matters */
}

void
intake_finish(struct intake *r)
{
	enum slice_rolled rolled = SLICE_STOP;
	stamp_t at;

	/* The last look: a slice must not end by another clock than it began with. */
	intake_look_at_clock(r);
	at = stamp_now();
	if (r->stopping) {
		at = r->stop.at;
		rolled = (enum slice_rolled)r->stop.rolled;
	} else if (!intake_is_file(r))
		rolled = SLICE_LINK_CHANGE;
	if (intake_is_file(r))
		at = r->since == STAMP_NONE ? STAMP_NONE : r->since + 1;
	else
		drain(r, at);
	tunnels_settle(r->tunnels);
	/* What a card has missed last it may say when we are gone.  A gap follows; to wait would make it longer. */
	if (intake_late(r) > 0)
		slicer_shared_loss(r->slicer, at - intake_late(r), at);
	intake_count(r, at, 0); /* while there are slices to say it in */
	if (table_finish_ending(r->table) == -1 && r->status == EX_OK)
		r->status = EX_OSERR;
	if (is_read_to_its_end(r))
		end_file(r, at);
	intake_declare_down(r, at);
	if (!intake_is_file(r))
		table_clock_settle(r->table, at);
	if (at != STAMP_NONE && table_follow_tick(r->table, at, at) == -1 && r->status == EX_OK)
		r->status = EX_OSERR;
	intake_count(r, at, 1);
	/* What could not be published must be recovered before a next reader, also where only a link went away. */
	if (slicer_stop(r->slicer, rolled, at) == -1 && (r->status == EX_OK || r->status == EX_UNAVAILABLE))
		r->status = EX_IOERR;
	say_the_rest(r);
}
