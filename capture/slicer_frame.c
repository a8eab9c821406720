#include <errno.h>
#include <string.h>

#include "savefile.h"

#include "slicer_internal.h"

#define CACHE_LINE 64 /* bytes; another length only costs time */

/* Begin a batch with room for ${n} bytes.  From a file, wait for it; live, -1 with errno as pool_take. */
static int
begin_batch(struct slicer *s, struct stream *st, struct open_slice *o, size_t n)
{
	size_t i;

	stream_put(s, o);
	while ((o->batch = pool_take(s->pool, st->account, n)) == NULL) {
		int error = errno;

		/* What waits half-filled in other slices is room as well. */
		if (!s->squeezed || s->config.from_file)
			for (i = 0; i < s->room; i++)
				if (s->streams[i].used)
					stream_flush(s, &s->streams[i]);
		s->squeezed = 1;
		errno = error;
		if (!s->config.from_file || error == EMSGSIZE || error == ENOMEM)
			return -1;
		pool_wait(s->pool, st->account, n);
	}
	o->tally = (struct batch_tally){.first_frame = STAMP_NONE, .last_frame = STAMP_NONE};
	o->room = batch_room(s->pool, o->batch, &o->at);
	return 0;
}

static void
lose(struct slicer *s, struct open_slice *o, stamp_t t)
{
	if (errno == EDQUOT) {
		s->counts.lost_quota++;
		o->item->closing.lost_quota++;
		return;
	}
	s->counts.lost_pool++;
	if (s->loss_from == STAMP_NONE || t < s->loss_from)
		s->loss_from = t;
	if (s->loss_to == STAMP_NONE || t > s->loss_to)
		s->loss_to = t;
}

/* Count one record that goes into a batch. */
static void
count_frame(struct batch_tally *b, stamp_t t, uint32_t caplen, uint32_t len, int late)
{
	b->frames++;
	b->bytes += caplen;
	b->truncated += caplen < len;
	b->late += (uint64_t)late;
	if (b->first_frame == STAMP_NONE || t < b->first_frame)
		b->first_frame = t;
	if (b->last_frame == STAMP_NONE || t > b->last_frame)
		b->last_frame = t;
}

/*
 * Is it a frame of the time that the slice answers for already?  That is its own, full or not: the next begins behind its
 * last frame.  But one stamp from a clock that ran ahead must not keep a slice growing until then.
 */
static int
is_its_own(const struct stream *st, const struct open_slice *o, stamp_t t)
{
	return o->last_frame != STAMP_NONE && t <= o->last_frame &&
	       (t == o->last_frame || o->put_bytes / 2 <= st->terms.slice_bytes);
}

/* Roll by size, unless what remains of the order's window is too little for another slice. */
static struct open_slice *
make_room(struct slicer *s, struct stream *st, struct open_slice *o, stamp_t t, size_t need)
{
	stamp_t at = o->last_frame != STAMP_NONE && o->last_frame >= t ? o->last_frame + 1 : t;

	if (o->put_bytes == 0 || SAVEFILE_HEADER_BYTES + o->put_bytes + need <= st->terms.slice_bytes ||
	    o != &st->open[st->count - 1] || at >= st->terms.not_after || at >= o->until || is_its_own(st, o, t))
		return o;
	/* A disk that is behind gets longer slices rather than more of them. */
	if (!s->config.from_file && writer_pending(st->ws) >= STREAM_PENDING_MAX)
		return o;
	stream_roll(s, st, SLICE_SIZE, at);
	return st->count > 0 ? &st->open[st->count - 1] : NULL;
}

static int
is_outside(const struct stream *st, stamp_t t)
{
	return t < st->terms.not_before || t >= st->terms.not_after || t / STAMP_SECOND > UINT32_MAX;
}

/*
 * Is it a frame of a time that an earlier run accounted for?  That run had every frame up to its last one.  One that comes
 * behind that in the file and is not stamped later may have been stored or not: it is not stored again, and that is said.
 */
static int
is_accounted(const struct slicer *s, struct stream *st, stamp_t t)
{
	int is_again;

	if (!s->config.from_file || st->accounted == STAMP_NONE)
		return 0;
	is_again = t < st->accounted;
	if (is_again && st->is_past_last)
		stream_doubt(st, t);
	if (t >= st->accounted - 1)
		st->is_past_last = 1;
	return is_again;
}

struct record {
	stamp_t time;
	const uint8_t *data;
	uint32_t caplen, len;
};

/* Put one record behind the last of its slice.  Return 0, or -1 with errno as begin_batch. */
static int
put_record(struct slicer *s, struct stream *st, struct open_slice *o, struct record r)
{
	size_t n = SAVEFILE_RECORD_BYTES + r.caplen;
	uint8_t header[SAVEFILE_RECORD_BYTES];

	if (o->room < n && begin_batch(s, st, o, n) == -1)
		return -1;
	if (o->room >= n) {
		savefile_record(o->at, r.time, r.caplen, r.len, s->config.nano);
		memcpy(o->at + SAVEFILE_RECORD_BYTES, r.data, r.caplen);
		o->at += n;
		o->room -= n;
		return 0;
	}
	/* It is longer than a block. */
	savefile_record(header, r.time, r.caplen, r.len, s->config.nano);
	batch_put(s->pool, o->batch, header, sizeof(header));
	batch_put(s->pool, o->batch, r.data, r.caplen);
	o->room = batch_room(s->pool, o->batch, &o->at);
	return 0;
}

void
slicer_expect(const struct slicer *s, uint32_t handle)
{
	const struct stream *st = &s->streams[handle];
	const char *line = (const char *)&st->terms.slice_seconds, *end = (const char *)(&st->open[0] + 1);

	for (; line < end; line += CACHE_LINE)
		__builtin_prefetch(line, 1);
	__builtin_prefetch(end - 1, 1);
}

/* Would it be in the window, and is it not what an earlier run has told? */
static int
is_to_be_told(const struct slicer *s, const struct stream *st, stamp_t t)
{
	return !is_outside(st, t) && t < st->ends_at &&
	       !(s->config.from_file && st->accounted != STAMP_NONE && t < st->accounted);
}

/* The slice that something which is no frame belongs into; NULL: none is open. */
static struct open_slice *
find_slice(struct slicer *s, struct stream *st, stamp_t time)
{
	int late;

	if (s->config.from_file && st->source_from == STAMP_NONE)
		st->source_from = time;
	if (s->config.from_file && st->count == 0 && stream_start_file(s, st, time) == -1)
		s->failed = 1;
	return stream_find(s, st, time, &late);
}

/* For the next slice.  What of that is lost is missing there alone, other than what is held. */
static void
let_wait(struct stream *st, const struct access_event *e)
{
	const size_t before = st->access.count;
	const int is_incomplete = st->access.is_incomplete;

	access_add(&st->access, e);
	st->access.is_incomplete = is_incomplete;
	if (st->access.count == before)
		st->lost_access = 1;
}

void
slicer_access_once(struct slicer *s, uint32_t handle, const struct access_event *e)
{
	struct stream *st = &s->streams[handle];
	struct open_slice *o;

	if (!is_to_be_told(s, st, e->time))
		return;
	o = find_slice(s, st, e->time);
	if (o == NULL) {
		let_wait(st, e);
		return;
	}
	o->item->closing.access.is_told = 1;
	access_add(&o->item->closing.access, e);
	writer_note(s->writer, o->item, e);
}

void
slicer_access(struct slicer *s, uint32_t handle, const struct access_event *e)
{
	struct stream *st = &s->streams[handle];
	struct open_slice *o;
	size_t i;

	if (!is_to_be_told(s, st, e->time))
		return;
	o = find_slice(s, st, e->time);
	if (o != NULL) {
		o->item->closing.access.is_told = 1;
		access_add(&o->item->closing.access, e);
	} else
		st->lost_access = 1;
	if (!st->terms.tells_access)
		return;
	access_hold(&st->access, e);
	/* The next slice may be open already. */
	for (i = 0; i < st->count; i++)
		if (e->time < st->open[i].from)
			access_hold(&st->open[i].item->closing.access, e);
}

void
slicer_doubt(struct slicer *s, uint32_t handle, stamp_t time)
{
	struct stream *st = &s->streams[handle];
	struct open_slice *o;

	if (!is_to_be_told(s, st, time))
		return;
	o = find_slice(s, st, time);
	if (o != NULL)
		stream_mark(o, time, time + 1);
	else
		stream_doubt(st, time);
}

void
slicer_frame(struct slicer *s, uint32_t handle, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct stream *st = &s->streams[handle];
	stamp_t t = s->config.nano ? time : time - time % 1000; /* as the file will have it */
	struct open_slice *o;
	int late;

	if (s->config.from_file && st->source_from == STAMP_NONE)
		st->source_from = t;
	if (is_outside(st, t) || is_accounted(s, st, t)) {
		s->counts.outside++;
		return;
	}
	if (s->config.from_file && st->count == 0 && stream_start_file(s, st, t) == -1)
		s->failed = 1;
	if (caplen > s->config.snaplen)
		caplen = s->config.snaplen;
	if (caplen > SAVEFILE_MAX_CAPLEN)
		caplen = SAVEFILE_MAX_CAPLEN;
	o = stream_find(s, st, t, &late);
	if (o != NULL)
		o = make_room(s, st, o, t, SAVEFILE_RECORD_BYTES + caplen);
	if (o == NULL) {
		if (st->paused != NULL)
			s->counts.lost_disk++;
		else if (s->failed)
			s->counts.lost_pool++; /* for want of memory */
		else {
			s->counts
			    .lost_disk++; /* it lies in the window, and there is no slice: the next one says so */
			stream_doubt(st, t);
		}
		return;
	}
	late |= t < o->from;
	if (put_record(s, st, o, (struct record){t, data, caplen, len}) == -1) {
		lose(s, o, t);
		return;
	}
	count_frame(&o->tally, t, caplen, len, late);
	o->put_bytes += SAVEFILE_RECORD_BYTES + caplen;
	s->counts.stored++;
	s->counts.late += (uint64_t)late;
	if (!late && (o->last_frame == STAMP_NONE || t > o->last_frame))
		o->last_frame = t;
	if (t > st->last_seen)
		st->last_seen = t;
	if (s->config.from_file)
		stream_settle(s, st, st->last_seen);
}
