#include "gaps.h"
#include "slicer_internal.h"

/*
 * What open slices say of frames that were lost, or may have been, and of time that was not captured.
 */
void
stream_slice_gap(struct open_slice *o, stamp_t from, stamp_t to, const char *reason)
{
	gaps_add(o->item->closing.gaps, &o->item->closing.gap_count, stamp_later(from, o->from),
	    stamp_earlier(to, o->until), reason);
}

static void
mark(struct closing *c, stamp_t from, stamp_t to)
{
	c->shared_loss = 1;
	if (c->loss_from == STAMP_NONE || from < c->loss_from)
		c->loss_from = from;
	if (c->loss_to == STAMP_NONE || to > c->loss_to)
		c->loss_to = to;
}

void
stream_mark_loss(struct slicer *s)
{
	struct stream *st;
	size_t i, k;

	if (s->loss_to == STAMP_NONE)
		return;
	for (i = 0; i < s->room; i++) {
		st = &s->streams[i];
		for (k = 0; st->used && k < st->count; k++)
			mark(&st->open[k].item->closing, s->loss_from, s->loss_to);
	}
	s->loss_from = s->loss_to = STAMP_NONE;
}

void
stream_gap(struct stream *st, stamp_t from, stamp_t to, const char *reason)
{
	size_t i;

	for (i = 0; i < st->count; i++)
		stream_slice_gap(&st->open[i], from, to, reason);
	if (st->count == 0 || to <= stream_newest(st)->until || stream_newest(st)->until >= st->terms.not_after)
		return;
	gaps_add(st->carry, &st->carry_count, stamp_later(from, stream_newest(st)->until), to, reason);
}

void
stream_mark(struct open_slice *o, stamp_t from, stamp_t to)
{
	mark(&o->item->closing, from, to);
}

void
stream_mark_untold(const struct slicer *s, struct open_slice *o, stamp_t to)
{
	stamp_t from = o->from;

	if (s->config.late == 0 || to <= from || (s->looked != STAMP_NONE && to + s->config.late <= s->looked))
		return;
	if (s->looked != STAMP_NONE)
		from = stamp_later(from, stamp_earlier(to, s->looked) - s->config.late);
	mark(&o->item->closing, from, to);
}

void
stream_doubt(struct stream *st, stamp_t t)
{
	if (st->count > 0) {
		mark(&stream_newest(st)->item->closing, t, t + 1);
		return;
	}
	st->doubt_from = st->doubt_from == STAMP_NONE ? t : stamp_earlier(st->doubt_from, t);
	st->doubt_to = stamp_later(st->doubt_to, t + 1);
}
