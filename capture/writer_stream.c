#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "writer_internal.h"

#define RETRY_NS STAMP_SECOND /* between two tries of what failed */
#define FEW 8                 /* so many slices are synced one by one; for more the whole filesystem costs less */

/* Hand an item to the reader. */
static void
hand_out(struct writer *w, struct item *it)
{
	it->next = NULL;
	(void)pthread_mutex_lock(&w->lock);
	*w->done_tail = it;
	w->done_tail = &it->next;
	(void)pthread_mutex_unlock(&w->lock);
}

/* Report an errno once, until all is well again or it is another. */
void
writer_trouble(struct writer *w, struct wstream *ws, int error)
{
	struct item *it;

	if (ws->trouble == error)
		return;
	ws->trouble = error;
	it = writer_new_item(ITEM_TROUBLE, ws);
	if (it == NULL)
		return; /* what is lost is counted all the same */
	it->error = error;
	hand_out(w, it);
}

/* The first item is done: take it off. */
static void
pop(struct wstream *ws)
{
	struct item *it = ws->head;

	ws->head = it->next;
	if (ws->head == NULL)
		ws->tail = &ws->head;
	it->next = NULL;
}

static void
leave(struct writer *w, struct wstream *ws)
{
	(void)pthread_mutex_lock(&w->lock);
	if (--ws->users == 0 && ws->head == NULL) {
		spool_close(ws->spool);
		ws->spool = NULL;
	}
	(void)pthread_mutex_unlock(&w->lock);
}

/* Publish the slice that is first in its stream.  Return 1 if done, 0 if it is still open, -1 with errno set. */
static int
step_slice(struct item *it)
{
	struct wslice *s = it->w;

	if (!s->opened && wslice_open(it) == -1)
		return -1;
	if (!s->closed)
		return 0;
	if (!s->finished)
		wslice_finish(it);
	return spool_commit(it->ws->spool, &it->rec) == -1 ? -1 : 1;
}

/* Do what can be done with the first item of a stream, as step_slice. */
static int
step(struct wstream *ws)
{
	struct item *it = ws->head;

	switch (it->kind) {
	case ITEM_SLICE:
		return step_slice(it);
	case ITEM_GAP:
		return spool_commit_gap(ws->spool, &it->gap) == -1 ? -1 : 1;
	case ITEM_END:
	case ITEM_TROUBLE:
		break;
	}
	if (it->end_reason[0] != '\0' &&
	    spool_mark_ended(ws->spool, it->end_reason, it->end_revision, it->end_at) == -1)
		return -1;
	return 1;
}

static void
finish_item(struct writer *w, struct wstream *ws)
{
	struct item *it = ws->head;

	pop(ws);
	if (it->kind == ITEM_END) {
		leave(w, ws);
		writer_free_item(it);
		return;
	}
	atomic_fetch_sub(&ws->pending, 1);
	memcpy(it->sha256, spool_head(ws->spool), sizeof(it->sha256));
	hand_out(w, it);
}

static int
is_failing(const struct wstream *ws)
{
	const struct item *it;

	for (it = ws->head; it != NULL; it = it->next)
		if (it->kind == ITEM_SLICE && it->w->failing != 0)
			return 1;
	return 0;
}

/*
 * Bring a stream as far as it goes: publish in order what is complete, open in order what waits.  A slice may be opened
 * before the one in front of it is published, but not before a gap is, which takes its number only then.
 */
void
writer_advance(struct writer *w, struct wstream *ws)
{
	struct item *it;
	int rc = 1, error = 0;

	if (ws->head == NULL || (writer_monotonic() < ws->retry_at && !w->draining))
		return;
	while (ws->head != NULL && (rc = step(ws)) == 1)
		finish_item(w, ws);
	if (rc == -1)
		error = errno;
	for (it = ws->head; it != NULL && it->kind == ITEM_SLICE; it = it->next)
		if (!it->w->opened && wslice_open(it) == -1) {
			error = errno;
			break;
		}
	if (error != 0) {
		writer_trouble(w, ws, error);
		ws->retry_at = writer_monotonic() + RETRY_NS;
	} else if (ws->trouble != 0 && !is_failing(ws))
		ws->trouble = 0;
}

/* Streams are only added, in front, by the reader. */
struct wstream *
writer_first_stream(struct writer *w)
{
	struct wstream *ws;

	(void)pthread_mutex_lock(&w->lock);
	ws = w->streams;
	(void)pthread_mutex_unlock(&w->lock);
	return ws;
}

static size_t
count_dirty(const struct wstream *ws)
{
	const struct item *it;
	size_t n = 0;

	for (; ws != NULL; ws = ws->next)
		for (it = ws->head; it != NULL; it = it->next)
			n += it->kind == ITEM_SLICE && it->w->dirty;
	return n;
}

/* Make durable what was written in the last second. */
void
writer_sync_all(struct writer *w)
{
	struct wstream *ws = writer_first_stream(w);
	size_t dirty = count_dirty(ws);
	int whole = dirty > FEW, rc = 0;
	struct item *it;

	if (dirty == 0)
		return;
	if (whole)
		rc = syncfs(w->spoolfd);
	for (; ws != NULL; ws = ws->next)
		for (it = ws->head; it != NULL; it = it->next) {
			if (it->kind != ITEM_SLICE || !it->w->dirty)
				continue;
			if (!whole)
				rc = wslice_sync(it);
			else if (rc == -1)
				wslice_suspect(it);
			it->w->dirty = 0;
			if (rc == -1)
				writer_trouble(w, ws, EIO);
		}
}

void
writer_advance_all(struct writer *w)
{
	struct wstream *ws;

	for (ws = writer_first_stream(w); ws != NULL; ws = ws->next)
		writer_advance(w, ws);
}
