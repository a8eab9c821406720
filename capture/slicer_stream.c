#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "spool.h"

#include "slicer_internal.h"

/*
 * A case's stream is begun, goes on under another revision, and is ended.
 */

/* A handle is the place in the table; places are used again. */
static struct stream *
free_place(struct slicer *s, uint32_t *handle)
{
	struct stream *grown;
	size_t i, room;

	for (i = 0; i < s->room && s->streams[i].used; i++)
		;
	if (i == s->room) {
		room = s->room == 0 ? 16 : s->room * 2;
		grown = reallocarray(s->streams, room, sizeof(*grown));
		if (grown == NULL)
			return NULL;
		memset(grown + s->room, 0, (room - s->room) * sizeof(*grown));
		s->streams = grown;
		s->room = room;
	}
	*handle = (uint32_t)i;
	return &s->streams[i];
}

static int
begin_stream(struct slicer *s, struct stream *st, const struct order *o, stamp_t now, const char *reason)
{
	int source = s->config.from_file ? SPOOL_FILE : SPOOL_LIVE;

	memset(st, 0, sizeof(*st));
	if (terms_copy(&st->terms, o, &s->config) == -1)
		return -1;
	st->ws = writer_join(s->writer, o->case_id, s->iap, source, &st->cursor);
	if (st->ws == NULL)
		return -1;
	st->account = writer_account(st->ws);
	st->accounted = st->cursor;
	st->is_new = st->cursor == STAMP_NONE;
	st->ends_at = INT64_MAX;
	st->source_from = st->last_seen = st->doubt_from = st->doubt_to = STAMP_NONE;
	if (s->config.from_file) {
		st->source_from = now;
		if (st->is_new || st->cursor < o->not_after)
			return 0;
		/* The run that accounted for all may have been killed before it could say that this was the end. */
		(void)stream_leave(s, st, writer_has_ended(st->ws) ? NULL : "source-end", st->cursor);
		errno = EALREADY;
		return -1;
	}
	if (stream_start(s, st, now, reason) == 0)
		return 0;
	(void)stream_leave(s, st, NULL, STAMP_NONE); /* what failed is no memory, and known */
	return -1;
}

void
slicer_say_refusal(const struct slicer *s, const struct order *o, int error)
{
	int saved = errno;

	errno = error;
	if (error == EEXIST)
		diag_errx("%s: its stream at %s is bound to the other kind of source", o->case_id, s->iap);
	else if (error == EALREADY)
		diag_errx("%s: its stream at %s is accounted for up to the order's end", o->case_id, s->iap);
	else if (error == EBADMSG)
		diag_errx("%s: its stream at %s is not in order: it waits for recovery", o->case_id, s->iap);
	else
		diag_err("%s: opening its stream at %s", o->case_id, s->iap);
	errno = saved;
}

int
slicer_begin(struct slicer *s, const struct order *o, stamp_t now, const char *reason, uint32_t *handle)
{
	struct stream *st = free_place(s, handle);

	if (st == NULL || begin_stream(s, st, o, now, reason) == -1) {
		if (st != NULL)
			terms_clear(&st->terms);
		return -1;
	}
	st->used = 1;
	s->active++;
	pool_share(s->pool, s->active > 1);
	return 0;
}

static int
is_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
slicer_change(struct slicer *s, uint32_t handle, const struct order *o, stamp_t now)
{
	struct stream *st = &s->streams[handle];
	struct terms t;
	int same;

	if (terms_copy(&t, o, &s->config) == -1) {
		diag_err("%s: taking up its new revision", o->case_id);
		return -1;
	}
	same = t.revision == st->terms.revision && strcmp(t.sha256, st->terms.sha256) == 0 &&
	       t.content_id == st->terms.content_id && t.scope == st->terms.scope &&
	       is_same_text(t.filter, st->terms.filter);
	terms_clear(&st->terms);
	st->terms = t;
	/* Where the new order has ended already there is no window to go on with: the old one is the last. */
	if (!same && now < t.not_after)
		stream_roll(s, st, SLICE_ORDER_CHANGE, s->config.from_file ? st->last_seen + 1 : now);
	return 0;
}

/* From a file: account for the time up to the end of the source, also where the subject was silent. */
static stamp_t
end_of_source(struct slicer *s, struct stream *st, stamp_t at)
{
	if (at == STAMP_NONE)
		at = st->last_seen != STAMP_NONE ? st->last_seen + 1 : STAMP_NONE;
	if (at == STAMP_NONE)
		return at;
	if (at > st->terms.not_after)
		at = st->terms.not_after;
	if (st->count == 0 && st->source_from != STAMP_NONE &&
	    at > (st->cursor != STAMP_NONE ? st->cursor : st->terms.not_before) && at > st->source_from &&
	    stream_start_file(s, st, st->source_from) == -1)
		s->failed = 1;
	stream_advance(s, st, at - 1);
	return at;
}

void
slicer_let_go(struct slicer *s, uint32_t handle, stamp_t at)
{
	s->streams[handle].ends_at = at;
}

void
slicer_end_under(struct slicer *s, uint32_t handle, uint32_t revision)
{
	s->streams[handle].end_revision = revision;
}

int
slicer_end(struct slicer *s, uint32_t handle, enum slice_rolled rolled, stamp_t at, const char *end_reason)
{
	struct stream *st = &s->streams[handle];
	int rc;

	stream_mark_loss(s);
	if (s->config.from_file)
		at = end_of_source(s, st, at);
	stream_close(s, st, rolled, at);
	if (st->paused != NULL)
		stream_gap_record(s, st, at < st->terms.not_after ? at : st->terms.not_after, st->paused);
	if (st->doubt_from != STAMP_NONE)
		diag_warnx("%s: what an earlier run may have left out of the file has no slice to stand in",
		    st->terms.case_id);
	if (s->config.from_file && end_reason != NULL) {
		if (st->cursor == STAMP_NONE)
			st->cursor = st->terms.not_before;
		stream_gap_record(s, st, st->terms.not_after, "not-in-source");
	}
	rc = stream_leave(s, st, end_reason, at != STAMP_NONE ? at : st->cursor);
	if (rc == -1)
		s->failed = 1;
	terms_clear(&st->terms);
	access_clear(&st->access);
	st->used = 0;
	s->active--;
	pool_share(s->pool, s->active > 1);
	return rc;
}
