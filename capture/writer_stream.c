#include <sys/stat.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"

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
			n += it->kind == ITEM_SLICE &&
			     (it->w->dirty || (it->w->suspect && !it->w->is_told) || it->w->untold.count > 0);
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
			if (it->kind != ITEM_SLICE)
				continue;
			wslice_tell_suspect(it);
			wslice_tell_notes(it);
			if (!it->w->dirty)
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

static struct wstream *
find_stream(struct writer *w, const char *case_id, const char *iap)
{
	struct wstream *ws;

	for (ws = w->streams; ws != NULL; ws = ws->next)
		if (strcmp(ws->case_id, case_id) == 0 && strcmp(ws->iap, iap) == 0)
			return ws;
	ws = calloc(1, sizeof(*ws));
	if (ws == NULL)
		return NULL;
	(void)strncat(ws->case_id, case_id, sizeof(ws->case_id) - 1);
	(void)strncat(ws->iap, iap, sizeof(ws->iap) - 1);
	ws->tail = &ws->head;
	ws->next = w->streams;
	w->streams = ws;
	return ws;
}

/* Is the spool what it was?  Where its filesystem was unmounted nothing is written into the folder below. */
static int
check_spool(const struct writer *w)
{
	struct stat is, was;
	int fd = fsio_opendirat(w->statefd, "spool"), rc = -1;

	if (fd == -1)
		return -1;
	if (fstat(fd, &is) == 0 && fstat(w->spoolfd, &was) == 0) {
		rc = is.st_dev == was.st_dev && is.st_ino == was.st_ino ? 0 : -1;
		errno = ESTALE;
	}
	(void)close(fd); /* a folder */
	return rc;
}

struct wstream *
writer_join(struct writer *w, const char *case_id, const char *iap, int source, stamp_t *covered)
{
	struct wstream *ws;
	int is_open = 0;

	(void)pthread_mutex_lock(&w->lock);
	ws = find_stream(w, case_id, iap);
	if (ws != NULL) {
		ws->users++;
		is_open = ws->spool != NULL;
	}
	(void)pthread_mutex_unlock(&w->lock);
	if (ws == NULL)
		return NULL;
	*covered = ws->left_at;
	if (is_open)
		return ws;
	/* The writer does not touch a stream that has no folder yet and no job. */
	ws->spool = check_spool(w) == -1 ? NULL : spool_open(w->statefd, case_id, iap, source, 1);
	if (ws->spool != NULL && spool_claim(ws->spool) == -1) {
		/* Who has it is putting it in order. */
		errno = errno == EWOULDBLOCK ? EBADMSG : errno;
		spool_close(ws->spool);
		ws->spool = NULL;
	}
	if (ws->spool != NULL && spool_next(ws->spool) != spool_head_seq(ws->spool) + 1) {
		/* Not put in order: behind a number that is open nothing could ever be published. */
		spool_close(ws->spool);
		ws->spool = NULL;
		errno = EBADMSG;
	}
	if (ws->spool == NULL) {
		(void)pthread_mutex_lock(&w->lock);
		ws->users--;
		(void)pthread_mutex_unlock(&w->lock); /* keeps errno: it returns its error */
		return NULL;
	}
	*covered = spool_covered(ws->spool);
	ws->has_ended = spool_end(ws->spool)->reason[0] != '\0';
	return ws;
}

const char *
writer_case(const struct wstream *ws)
{
	return ws->case_id;
}

int
writer_has_ended(const struct wstream *ws)
{
	return ws->has_ended;
}

struct pool_account *
writer_account(struct wstream *ws)
{
	return &ws->account;
}
