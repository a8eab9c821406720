#include <assert.h>
#include <errno.h>
#include <string.h>

#include "gaps.h"
#include "slicer_internal.h"

#define EMPTY_MAX 1000 /* so many idle intervals in a row get slices from a file; more are one gap */

#define NOT_IN_SOURCE "not-in-source"

struct open_slice *
stream_newest(struct stream *st)
{
	return &st->open[st->count - 1];
}

/* Where does a window that starts at ${from} end? */
static stamp_t
window_end(const struct stream *st, stamp_t from)
{
	stamp_t end = stamp_floor(from, st->terms.slice_seconds) + (stamp_t)st->terms.slice_seconds * STAMP_SECOND;

	return stamp_earlier(end, st->terms.not_after);
}

/* What a slice has to tell from its beginning. */
static void
begin_access(struct stream *st, struct access_list *l)
{
	const int is_bad = access_copy(l, &st->access) == -1;

	l->is_told = stream_tells_access(st);
	l->is_incomplete = st->lost_access || st->access.is_incomplete || is_bad;
	st->lost_access = 0;
	st->access.count = 0; /* its draft has them, too */
}

/* Open the slice whose window starts at cursor; what of [cursor, gap_to) lies in it is a gap. */
static int
open_slice(struct slicer *s, struct stream *st, stamp_t gap_to, const char *reason)
{
	struct open_slice *o;
	struct item *it;
	size_t i;

	if (st->cursor >= st->terms.not_after)
		return 0;
	it = writer_new_item(ITEM_SLICE, st->ws);
	if (it == NULL || stream_draft(s, st, &it->rec) == -1) {
		writer_free_item(it);
		errno = ENOMEM;
		return -1;
	}
	assert(st->count < STREAM_OPEN_MAX);
	o = &st->open[st->count++];
	memset(o, 0, sizeof(*o));
	o->item = it;
	o->from = it->rec.head.from = st->cursor;
	o->until = it->rec.head.to = window_end(st, st->cursor);
	o->last_frame = STAMP_NONE;
	st->cursor = o->until;
	st->is_new = 0;
	it->closing.loss_from = it->closing.loss_to = STAMP_NONE;
	begin_access(st, &it->closing.access);
	if (st->doubt_from != STAMP_NONE)
		stream_mark(o, st->doubt_from, st->doubt_to);
	st->doubt_from = st->doubt_to = STAMP_NONE;
	stream_slice_gap(o, o->from, gap_to, reason);
	for (i = 0; i < st->carry_count; i++)
		stream_slice_gap(o, st->carry[i].from, st->carry[i].to, st->carry[i].reason);
	gaps_clip(st->carry, &st->carry_count, o->until, INT64_MAX);
	/* A crash must not lose them: they stand in the draft too. */
	memcpy(it->rec.gaps, it->closing.gaps, sizeof(it->rec.gaps));
	it->rec.gap_count = it->closing.gap_count;
	writer_open(s->writer, it);
	return 0;
}

void
stream_put(struct slicer *s, struct open_slice *o)
{
	if (o->batch == NULL)
		return;
	batch_fill(o->batch, o->at);
	o->batch->tally = o->tally;
	writer_put(s->writer, o->item, o->batch);
	o->batch = NULL;
	o->room = 0;
}

/* Where does a slice's window end that is closed at ${to}?  It keeps at least the times of its own frames. */
static stamp_t
closed_at(const struct open_slice *o, stamp_t to)
{
	to = stamp_later(to, o->from);
	if (o->last_frame != STAMP_NONE)
		to = stamp_later(to, o->last_frame + 1);
	return stamp_earlier(to, o->until);
}

static void
close_oldest(struct slicer *s, struct stream *st, enum slice_rolled rolled, stamp_t to)
{
	struct open_slice *o = &st->open[0];
	struct closing *c = &o->item->closing;

	stream_mark_loss(s);
	stream_put(s, o);
	c->to = closed_at(o, to);
	c->rolled = rolled;
	stream_mark_untold(s, o, c->to);
	(void)slice_clock_read(s->config.clock, &c->clock); /* the keeper says it where nothing is known */
	if (st->count == 1) {
		st->cursor = c->to;
		memcpy(c->source_name, s->source_name, sizeof(c->source_name));
		memcpy(c->source_sha256, s->source_sha256, sizeof(c->source_sha256));
	}
	writer_close(s->writer, o->item);
	st->count--;
	memmove(&st->open[0], &st->open[1], st->count * sizeof(st->open[0]));
}

void
stream_close(struct slicer *s, struct stream *st, enum slice_rolled rolled, stamp_t to)
{
	struct open_slice *o = &st->open[0];

	while (st->count > 1) {
		/* The next was opened before the end was known: what lies between the two was not stored. */
		if (to != STAMP_NONE)
			stream_slice_gap(o, closed_at(o, to), o->until, "ended");
		close_oldest(s, st, o->rolled, o->until);
	}
	if (st->count == 1)
		close_oldest(s, st, rolled, to);
}

void
stream_settle(struct slicer *s, struct stream *st, stamp_t now)
{
	stamp_t grace = stamp_later(STREAM_GRACE, s->config.late);

	while (st->count > 1 && st->open[0].until + grace <= now)
		close_oldest(s, st, st->open[0].rolled, st->open[0].until);
}

void
stream_gap_record(struct slicer *s, struct stream *st, stamp_t to, const char *reason)
{
	struct item *it;

	assert(st->count == 0);
	if (st->cursor >= to)
		return;
	it = writer_new_item(ITEM_GAP, st->ws);
	if (it == NULL)
		return; /* cursor stays: the next window starts there, and says so */
	stream_head(s, st, &it->gap.head);
	it->gap.head.from = st->cursor;
	it->gap.head.to = to;
	it->gap.written = stamp_now();
	(void)strncat(it->gap.reason, reason, sizeof(it->gap.reason) - 1);
	st->cursor = to;
	st->is_new = 0;
	writer_add(s->writer, it);
}

int
stream_leave(struct slicer *s, struct stream *st, const char *reason, stamp_t at)
{
	struct item *it = writer_new_item(ITEM_END, st->ws);

	if (it == NULL)
		return -1; /* the folder stays open until the slicer stops: no harm */
	if (reason != NULL)
		(void)strncat(it->end_reason, reason, sizeof(it->end_reason) - 1);
	it->end_revision = st->end_revision != 0 ? st->end_revision : st->terms.revision;
	it->end_at = at;
	it->left_at = st->cursor;
	writer_add(s->writer, it);
	return 0;
}

int
stream_start(struct slicer *s, struct stream *st, stamp_t now, const char *reason)
{
	stamp_t start = stamp_floor(now, st->terms.slice_seconds);

	if (st->cursor == STAMP_NONE)
		st->cursor = st->terms.not_before;
	/* Accounted for beyond now: the clock went back.  A little is waited for, frames until then are late; after a wild
	 * jump windows overlap rather than that no slice closes for years. */
	if (!st->is_new && now < st->terms.not_after &&
	    (st->cursor - now > (stamp_t)st->terms.slice_seconds * STAMP_SECOND || st->cursor >= st->terms.not_after))
		st->cursor = stamp_later(now, st->terms.not_before);
	if (start > st->cursor)
		stream_gap_record(s, st, stamp_earlier(start, st->terms.not_after), reason);
	return open_slice(s, st, now, reason);
}

int
stream_start_file(struct slicer *s, struct stream *st, stamp_t t)
{
	stamp_t from = st->source_from != STAMP_NONE ? stamp_earlier(st->source_from, t) : t;

	if (st->cursor == STAMP_NONE)
		st->cursor = st->terms.not_before;
	stream_gap_record(s, st, stamp_earlier(from, st->terms.not_after), NOT_IN_SOURCE);
	return open_slice(s, st, st->cursor, NOT_IN_SOURCE);
}

/* From a file: leave a hole of more intervals than anyone wants slices of. */
static void
skip_hole(struct slicer *s, struct stream *st, stamp_t t)
{
	stamp_t interval = (stamp_t)st->terms.slice_seconds * STAMP_SECOND;

	if (!s->config.from_file || (t - stream_newest(st)->until) / interval <= EMPTY_MAX)
		return;
	stream_close(s, st, SLICE_TIME, stream_newest(st)->until);
	stream_gap_record(s, st, stamp_floor(t, st->terms.slice_seconds), NOT_IN_SOURCE);
	if (open_slice(s, st, st->cursor, NOT_IN_SOURCE) == -1)
		s->failed = 1;
}

/* Memory is bounded by what may wait for the disk, however long that does. */
static int
must_pause(struct slicer *s, struct stream *st, stamp_t t)
{
	if (s->config.from_file || writer_pending(st->ws) < STREAM_PENDING_MAX || st->count == 0 ||
	    stream_newest(st)->until > t || stream_newest(st)->until >= st->terms.not_after)
		return 0;
	stream_close(s, st, SLICE_TIME, stream_newest(st)->until);
	st->carry_count = 0; /* the gap covers them */
	st->paused = "disk-error";
	return 1;
}

void
stream_resume(struct slicer *s, struct stream *st, stamp_t now)
{
	const char *reason = writer_reason(st->ws);

	if (st->paused != NULL && reason != NULL)
		st->paused = reason;
	if (st->paused == NULL || writer_pending(st->ws) > STREAM_PENDING_MAX / 2)
		return;
	if (stream_start(s, st, now, st->paused) == -1)
		return; /* looked at again */
	st->paused = NULL;
}

void
stream_advance(struct slicer *s, struct stream *st, stamp_t t)
{
	if (must_pause(s, st, t))
		return;
	if (st->count > 0)
		skip_hole(s, st, t);
	while (st->count > 0 && stream_newest(st)->until <= t &&
	       stream_newest(st)->until < stamp_earlier(st->terms.not_after, st->ends_at)) {
		if (st->count == STREAM_OPEN_MAX)
			close_oldest(s, st, st->open[0].rolled, st->open[0].until);
		if (open_slice(s, st, st->cursor, NOT_IN_SOURCE) == -1) {
			s->failed = 1;
			return;
		}
	}
}

void
stream_roll(struct slicer *s, struct stream *st, enum slice_rolled rolled, stamp_t at)
{
	/* Where losses are told late, this slice can not be closed before they are: it waits to be settled.  Under another
	 * order it takes no frame any more. */
	int waits = s->config.late > 0 && rolled == SLICE_SIZE;
	struct open_slice *o;

	if (st->count == 0)
		return;
	while (st->count > (waits ? STREAM_OPEN_MAX - 1 : 1))
		close_oldest(s, st, st->open[0].rolled, st->open[0].until);
	o = stream_newest(st);
	at = closed_at(o, at);
	/* At the order's end there is no other slice: what the rings still hold goes into this one, suspect as it is. */
	if (at >= st->terms.not_after && rolled == SLICE_FSYNC_FAILED)
		return;
	if (at >= st->terms.not_after) {
		stream_close(s, st, rolled, at);
		return;
	}
	/* The next is open before the last is closed: its frames need not wait for the last one's sync. */
	o->until = st->cursor = at;
	o->rolled = rolled;
	if (open_slice(s, st, at, "roll") == -1)
		s->failed = 1;
	else if (!waits)
		close_oldest(s, st, rolled, at);
}

void
stream_flush(struct slicer *s, struct stream *st)
{
	size_t i, open = 0;

	for (i = 0; i < st->count; i++)
		if (st->open[i].batch != NULL)
			open += st->open[i].batch->blocks;
	if (open == 0 || pool_held(s->pool, st->account) != open)
		return;
	for (i = 0; i < st->count; i++)
		stream_put(s, &st->open[i]);
}

struct open_slice *
stream_find(struct slicer *s, struct stream *st, stamp_t t, int *late)
{
	stamp_t interval = (stamp_t)st->terms.slice_seconds * STAMP_SECOND;
	size_t i;

	*late = 0;
	if (st->count == 0)
		return NULL;
	if (t >= stream_newest(st)->until && (s->config.from_file || t - stream_newest(st)->until < interval))
		stream_advance(s, st, t);
	for (i = st->count; i-- > 0;)
		if (t >= st->open[i].from && t < st->open[i].until)
			return &st->open[i];
	/* From a file: there was no memory for its slice.  The next run finds it there, and looks in no older slice. */
	if (st->count == 0 || (s->config.from_file && t >= stream_newest(st)->until))
		return NULL;
	/* Not in any: it came after its slice was closed, or from a clock that runs ahead. */
	*late = 1;
	return t < st->open[0].from ? &st->open[0] : stream_newest(st);
}
