#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fsio.h"
#include "savefile.h"

#include "gaps.h"
#include "writer_internal.h"

#define RETRY_NS STAMP_SECOND

int64_t
writer_monotonic(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* can not fail for this clock */
	return (int64_t)ts.tv_sec * STAMP_SECOND + ts.tv_nsec;
}

struct wslice *
wslice_new(void)
{
	struct wslice *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->fd = -1;
	w->gap_from = STAMP_NONE;
	w->digest = digest_new();
	if (w->digest == NULL) {
		free(w);
		return NULL;
	}
	return w;
}

void
wslice_free(struct wslice *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1)
		(void)close(w->fd); /* left for recovery, which trusts nothing */
	digest_free(w->digest);
	access_clear(&w->untold);
	free(w);
}

/* Full, whether of the disk, a quota or a limit of the process: nothing that was written is in doubt. */
const char *
wslice_reason(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG ? "disk-full" : "disk-error";
}

/* Take back what was written behind the last whole record. */
static void
roll_back(struct item *it)
{
	struct wslice *w = it->w;
	int saved = errno;

	if (ftruncate(w->fd, (off_t)w->offset) == -1 || lseek(w->fd, (off_t)w->offset, SEEK_SET) == -1) {
		w->broken = 1;
		wslice_suspect(it);
	}
	errno = saved;
}

int
wslice_open(struct item *it)
{
	uint8_t header[SAVEFILE_HEADER_BYTES];
	struct wslice *w = it->w;

	if (w->fd == -1) {
		if (spool_take(it->ws->spool, &it->rec, &w->fd) == -1)
			return -1;
		/* In the draft these were the order's bounds. */
		it->rec.first_frame = it->rec.last_frame = STAMP_NONE;
	}
	savefile_header(header, it->rec.linktype, it->rec.snaplen, it->rec.nano);
	if (fsio_write(w->fd, header, sizeof(header)) == -1) {
		roll_back(it);
		return -1;
	}
	digest_add(w->digest, header, sizeof(header));
	w->offset = sizeof(header);
	w->opened = w->dirty = 1;
	return 0;
}

static int
write_blocks(struct wslice *w, const struct batch *b)
{
	const struct block *block;

	for (block = b->first; block != NULL; block = block->next)
		if (fsio_write(w->fd, block->data, block->used) == -1)
			return -1;
	return 0;
}

static void
count_batch(struct item *it, const struct batch *b)
{
	struct slice_record *r = &it->rec;
	const struct batch_tally *t = &b->tally;
	const struct block *block;

	for (block = b->first; block != NULL; block = block->next) {
		digest_add(it->w->digest, block->data, block->used);
		it->w->offset += block->used;
	}
	it->w->dirty = 1;
	r->frames += t->frames;
	r->bytes += t->bytes;
	r->truncated_frames += t->truncated;
	r->late_frames += t->late;
	if (r->first_frame == STAMP_NONE || t->first_frame < r->first_frame)
		r->first_frame = t->first_frame;
	if (r->last_frame == STAMP_NONE || t->last_frame > r->last_frame)
		r->last_frame = t->last_frame;
}

/* Close the gap that lost batches left, at ${to}. */
static void
end_gap(struct wslice *w, stamp_t to, const char *reason)
{
	if (w->gap_from == STAMP_NONE)
		return;
	gaps_add(w->gaps, &w->gap_count, w->gap_from, to > w->gap_from ? to : w->gap_from + 1, reason);
	w->gap_from = STAMP_NONE;
}

int
wslice_write(struct item *it, struct batch *b, int64_t now)
{
	struct wslice *w = it->w;
	int error = 0;

	if (w->opened && !w->broken && (w->failing == 0 || now >= w->retry_at)) {
		if (write_blocks(w, b) == 0) {
			if (w->failing != 0)
				end_gap(w, b->tally.first_frame, wslice_reason(w->failing));
			w->failing = 0;
			count_batch(it, b);
			return 0;
		}
		error = errno;
		roll_back(it);
		w->retry_at = now + RETRY_NS;
	}
	if (w->failing == 0) {
		w->failing = error != 0 ? error : it->ws->trouble != 0 ? it->ws->trouble : EIO;
		w->gap_from = b->tally.first_frame > it->rec.head.from ? b->tally.first_frame : it->rec.head.from;
	}
	it->rec.lost_disk += b->tally.frames;
	return error;
}

void
wslice_suspect(struct item *it)
{
	it->w->suspect = 1;
	atomic_store(&it->must_roll, 1);
	wslice_tell_suspect(it);
}

/* Until the record is published only the process knows it; who recovers a part syncs it anew, and would hear that all is
 * well. */
void
wslice_tell_suspect(struct item *it)
{
	struct wslice *w = it->w;

	if (w->suspect && !w->is_told)
		w->is_told = spool_doubt(it->ws->spool, it->rec.head.seq) == 0;
}

void
wslice_tell_notes(struct item *it)
{
	struct wslice *w = it->w;

	if (w->untold.count > 0 && w->opened && spool_note(it->ws->spool, it->rec.head.seq, &w->untold) == 0)
		access_clear(&w->untold);
}

int
wslice_sync(struct item *it)
{
	struct wslice *w = it->w;

	if (!w->dirty)
		return 0;
	w->dirty = 0;
	if (fdatasync(w->fd) == 0)
		return 0;
	wslice_suspect(it);
	return -1;
}

/* Is the file as long as what was written to it? */
static int
is_whole(const struct wslice *w)
{
	struct stat st;

	return fstat(w->fd, &st) == 0 && (uint64_t)st.st_size == w->offset;
}

static void
finish_gaps(struct item *it)
{
	struct slice_record *r = &it->rec;
	const struct closing *c = &it->closing;
	size_t i;

	end_gap(it->w, r->head.to, wslice_reason(it->w->failing));
	memcpy(r->gaps, c->gaps, sizeof(r->gaps));
	r->gap_count = c->gap_count;
	for (i = 0; i < it->w->gap_count; i++)
		gaps_add(r->gaps, &r->gap_count, it->w->gaps[i].from, it->w->gaps[i].to, it->w->gaps[i].reason);
	gaps_clip(r->gaps, &r->gap_count, r->head.from, r->head.to);
}

void
wslice_finish(struct item *it)
{
	struct slice_record *r = &it->rec;
	const struct closing *c = &it->closing;
	struct wslice *w = it->w;

	r->head.to = c->to;
	r->rolled = c->rolled;
	r->shared_loss = c->shared_loss;
	r->loss_from = c->loss_from;
	r->loss_to = c->loss_to;
	r->lost_quota = c->lost_quota;
	r->close = c->clock;
	memcpy(r->source_name, c->source_name, sizeof(r->source_name));
	memcpy(r->source_sha256, c->source_sha256, sizeof(r->source_sha256));
	finish_gaps(it);
	access_clear(&r->access);
	r->access = c->access;
	memset(&it->closing.access, 0, sizeof(it->closing.access));
	/* A slice in doubt already is not synced again: a good answer now would say nothing of what was lost before. */
	if (!w->suspect && (fdatasync(w->fd) == -1 || !is_whole(w)))
		w->suspect = 1;
	if (close(w->fd) == -1)
		w->suspect = 1;
	w->fd = -1;
	w->dirty = 0;
	wslice_tell_suspect(it);
	digest_take_hex(w->digest, r->sha256);
	r->file_bytes = w->offset;
	r->state = w->suspect ? SLICE_SUSPECT : SLICE_CLOSED;
	if (w->suspect)
		r->rolled = SLICE_FSYNC_FAILED;
	w->finished = 1;
}
