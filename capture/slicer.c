#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "text.h"

#include "gaps.h"
#include "slicer_internal.h"

#define STALL_NS (10 * STAMP_SECOND)
#define FLUSH_NS (STAMP_SECOND / 2) /* with the writer's second, so old may a byte get before it is on the disk */

static char *
copy_text(const char *text)
{
	return strdup(text != NULL ? text : "");
}

struct slicer *
slicer_new(const struct slicer_config *config, slicer_event_fn *event, void *cookie)
{
	struct slicer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		goto fail;
	s->config = *config;
	s->event = event;
	s->cookie = cookie;
	s->last_tick = s->last_flush = s->looked = s->loss_from = s->loss_to = STAMP_NONE;
	s->iap = copy_text(config->iap);
	s->interfaces = copy_text(config->interfaces);
	s->program = copy_text(config->program);
	s->build = copy_text(config->build);
	s->config_sha256 = copy_text(config->config_sha256);
	if (s->iap == NULL || s->interfaces == NULL || s->program == NULL || s->build == NULL ||
	    s->config_sha256 == NULL)
		goto fail;
	s->pool = pool_new(config->pool_bytes);
	if (s->pool == NULL)
		goto fail;
	s->writer = writer_new(s->pool, config->statefd);
	if (s->writer == NULL)
		goto fail;
	return s;
fail:
	diag_err("making room for slices");
	if (s != NULL)
		(void)slicer_stop(s, SLICE_STOP, STAMP_NONE); /* nothing was put: nothing can be lost */
	return NULL;
}

/* Hand out what the writer has done. */
static void
hand_out(struct slicer *s)
{
	struct slicer_event ev;
	struct item *it, *next;

	for (it = writer_done(s->writer); it != NULL; it = next) {
		next = it->next;
		memset(&ev, 0, sizeof(ev));
		ev.case_id = writer_case(it->ws);
		ev.error = it->error;
		memcpy(ev.sha256, it->sha256, sizeof(ev.sha256));
		if (it->kind == ITEM_SLICE) {
			ev.kind = SLICER_SLICE;
			ev.rec = &it->rec;
		} else if (it->kind == ITEM_GAP) {
			ev.kind = SLICER_GAP;
			ev.gap = &it->gap;
		} else
			ev.kind = SLICER_TROUBLE;
		if (s->event != NULL)
			s->event(s->cookie, &ev);
		writer_free_item(it);
	}
}

static void
tick_stream(struct slicer *s, struct stream *st, stamp_t now)
{
	stamp_t interval = (stamp_t)st->terms.slice_seconds * STAMP_SECOND;

	stream_resume(s, st, now);
	/* Set forward beyond the order's end, the clock left nothing to open; now it is back. */
	if (st->count == 0 && st->paused == NULL && now >= st->terms.not_before && now < st->terms.not_after &&
	    stream_start(s, st, now, "clock") == -1)
		return; /* looked at again */
	if (st->count == 0)
		return;
	if (s->last_tick != STAMP_NONE && now - s->last_tick > STALL_NS) {
		stream_gap(st, s->last_tick, now, "stalled");
		/* A whole interval in which nobody looked is no slice; the order's last takes what the rings still hold. */
		if (stream_newest(st)->until < st->terms.not_after &&
		    stamp_floor(now, st->terms.slice_seconds) - stream_newest(st)->until >= interval) {
			stream_close(s, st, SLICE_TIME, stream_newest(st)->until);
			st->carry_count = 0;
			if (stream_start(s, st, now, "stalled") == -1)
				s->failed = 1;
			return;
		}
	}
	stream_advance(s, st, now);
	stream_settle(s, st, now);
}

void
slicer_tick(struct slicer *s, stamp_t now)
{
	int flush = s->last_flush == STAMP_NONE || now < s->last_flush || now - s->last_flush >= FLUSH_NS;
	struct stream *st;
	size_t i;

	/* Of a machine that was suspended the drivers have not come round either. */
	s->looked = s->last_tick != STAMP_NONE && now - s->last_tick > STALL_NS ? s->last_tick : now;
	stream_mark_loss(s);
	for (i = 0; i < s->room; i++) {
		st = &s->streams[i];
		if (!st->used)
			continue;
		if (st->count > 0 && writer_must_roll(st->open[st->count - 1].item))
			stream_roll(s, st, SLICE_FSYNC_FAILED, s->config.from_file ? st->last_seen + 1 : now);
		if (!s->config.from_file)
			tick_stream(s, st, now);
		if (flush)
			stream_flush(s, st);
	}
	if (flush)
		s->last_flush = now;
	s->last_tick = now;
	s->squeezed = 0;
	hand_out(s);
}

void
slicer_kernel_filter(struct slicer *s, int is_there)
{
	s->has_kernel_filter = is_there;
}

void
slicer_shared_loss(struct slicer *s, stamp_t from, stamp_t to)
{
	if (s->loss_from == STAMP_NONE || from < s->loss_from)
		s->loss_from = from;
	if (s->loss_to == STAMP_NONE || to > s->loss_to)
		s->loss_to = to;
	stream_mark_loss(s);
}

void
slicer_gap(struct slicer *s, stamp_t from, stamp_t to, const char *reason)
{
	size_t i;

	for (i = 0; i < s->room; i++)
		if (s->streams[i].used)
			stream_gap(&s->streams[i], from, to, reason);
}

void
slicer_gap_of(struct slicer *s, uint32_t handle, stamp_t from, stamp_t to, const char *reason)
{
	struct stream *st = &s->streams[handle];

	if (st->count == 0)
		gaps_add(st->carry, &st->carry_count, from, to, reason);
	else
		stream_gap(st, from, to, reason);
}

/* What the rings still hold of the time before ${old} will find no slice. */
static void
mark_unread(struct stream *st, stamp_t old)
{
	const stamp_t from = old - STREAM_GRACE;
	struct open_slice *o;
	size_t i;

	for (i = 0; i < st->count; i++) {
		o = &st->open[i];
		if (o->from < old && o->until > from)
			stream_mark(o, stamp_later(from, o->from), stamp_earlier(old, o->until));
	}
}

void
slicer_clock_step(struct slicer *s, stamp_t old, stamp_t new)
{
	struct stream *st;
	size_t i;

	s->last_tick = s->last_flush = new;
	if (s->config.from_file)
		return;
	for (i = 0; i < s->room; i++) {
		st = &s->streams[i];
		if (!st->used || st->count == 0)
			continue; /* tick_stream() begins again what has none */
		/* Behind the order's end no slice follows that could say what the rings still held of the time before. */
		if (new >= st->terms.not_after)
			mark_unread(st, old);
		stream_close(s, st, SLICE_CLOCK_STEP, old);
		/* Back: the windows overlap, so that frames are where their time stamps say. */
		if (new < st->cursor && st->cursor > st->terms.not_before)
			st->cursor = new > st->terms.not_before ? new : st->terms.not_before;
		st->carry_count = 0;
		if (stream_start(s, st, new, "clock") == -1)
			s->failed = 1;
	}
	s->looked = new; /* only now: what is closed was looked after by the old clock */
}

void
slicer_source(struct slicer *s, const char *name, const char *sha256)
{
	size_t i;

	/* A file may be called anything; the record is ASCII. */
	(void)text_escape(s->source_name, sizeof(s->source_name), name, strlen(name));
	for (i = 0; s->source_name[i] != '\0'; i++)
		if ((unsigned char)s->source_name[i] >= 0x80)
			s->source_name[i] = '?';
	s->source_sha256[0] = '\0';
	(void)strncat(s->source_sha256, sha256, sizeof(s->source_sha256) - 1);
}

void
slicer_counts(const struct slicer *s, struct slicer_counts *out)
{
	*out = s->counts;
	out->stored -= writer_lost(s->writer);
	out->lost_disk += writer_lost(s->writer);
	pool_usage(s->pool, &out->pool_used, &out->pool_peak);
}

int
slicer_stop(struct slicer *s, enum slice_rolled rolled, stamp_t now)
{
	int saved = errno, rc;
	uint64_t lost;
	uint32_t i;

	for (i = 0; i < s->room; i++)
		if (s->streams[i].used)
			(void)slicer_end(s, i, rolled, s->config.from_file ? STAMP_NONE : now, NULL);
	rc = s->failed ? -1 : 0;
	if (s->writer != NULL) {
		if (writer_stop(s->writer) == -1)
			rc = -1;
		lost = writer_lost(s->writer) + s->counts.lost_pool + s->counts.lost_quota;
		/* A live frame that was lost is past; a file is still there, and who reads it has to know. */
		if (s->config.from_file && lost > 0) {
			diag_errx("%llu records of the file could not be stored", (unsigned long long)lost);
			rc = -1;
		}
		hand_out(s);
	}
	writer_free(s->writer);
	pool_free(s->pool);
	free(s->streams);
	free(s->iap);
	free(s->interfaces);
	free(s->program);
	free(s->build);
	free(s->config_sha256);
	free(s);
	errno = saved;
	return rc;
}
