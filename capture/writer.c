#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "fsio.h"

#include "writer_internal.h"

#define TICK_NS STAMP_SECOND /* between two syncs, and two looks at what was put off */

enum job_kind {
	JOB_OPEN,
	JOB_PUT,
	JOB_CLOSE,
	JOB_ADD,
	JOB_NOTE
};

struct note {
	struct job job;
	struct item *item;
	struct access_event event;
};

struct item *
writer_new_item(enum item_kind kind, struct wstream *ws)
{
	struct item *it = calloc(1, sizeof(*it));

	if (it == NULL)
		return NULL;
	it->kind = kind;
	it->ws = ws;
	if (kind == ITEM_SLICE && (it->w = wslice_new()) == NULL) {
		free(it);
		return NULL;
	}
	return it;
}

void
writer_free_item(struct item *it)
{
	if (it == NULL)
		return;
	wslice_free(it->w);
	slice_record_clear(&it->rec);
	access_clear(&it->closing.access);
	free(it);
}

static void
add(struct wstream *ws, struct item *it)
{
	it->next = NULL;
	*ws->tail = it;
	ws->tail = &it->next;
}

static void
write_batch(struct writer *w, struct item *it, struct batch *b)
{
	uint64_t before = it->rec.lost_disk;
	int error = wslice_write(it, b, writer_monotonic());

	if (error != 0)
		writer_trouble(w, it->ws, error);
	atomic_fetch_add(&w->lost_disk, it->rec.lost_disk - before);
	pool_give(w->pool, b);
}

static void
write_note(struct note *n)
{
	access_add(&n->item->w->untold, &n->event);
	wslice_tell_notes(n->item);
	free(n);
}

static void
do_job(struct writer *w, const struct job *j)
{
	struct item *it = j->subject;
	struct batch *b;

	switch ((enum job_kind)j->kind) {
	case JOB_PUT:
		b = j->subject;
		write_batch(w, b->owner, b);
		return;
	case JOB_NOTE:
		write_note(j->subject);
		return;
	case JOB_CLOSE:
		it->w->closed = 1;
		break;
	case JOB_OPEN:
	case JOB_ADD:
		add(it->ws, it);
		break;
	}
	writer_advance(w, it->ws);
}

/* Wait for jobs, at most until ${until}; take them all. */
static struct job *
take_jobs(struct writer *w, int64_t until)
{
	struct timespec ts = {until / STAMP_SECOND, until % STAMP_SECOND};
	struct job *jobs;

	(void)pthread_mutex_lock(&w->lock);
	while (w->jobs == NULL && !w->stopping)
		if (pthread_cond_timedwait(&w->work, &w->lock, &ts) == ETIMEDOUT)
			break;
	jobs = w->jobs;
	w->jobs = NULL;
	w->jobs_tail = &w->jobs;
	w->draining = w->stopping;
	(void)pthread_mutex_unlock(&w->lock);
	return jobs;
}

static void
tick(struct writer *w, int64_t *next)
{
	if (writer_monotonic() < *next)
		return;
	writer_sync_all(w);
	writer_advance_all(w);
	*next = writer_monotonic() + TICK_NS;
}

static void *
run(void *arg)
{
	struct writer *w = arg;
	int64_t next = writer_monotonic() + TICK_NS;
	struct job *jobs, *j;
	struct wstream *ws;

	do {
		jobs = take_jobs(w, next);
		tick(w, &next);
		while ((j = jobs) != NULL) {
			jobs = j->next; /* the job dies with its subject */
			do_job(w, j);
			tick(w, &next);
		}
	} while (!w->draining); /* the stop comes behind the last job */
	writer_advance_all(w);
	for (ws = writer_first_stream(w); ws != NULL; ws = ws->next)
		if (ws->head != NULL)
			w->failed = 1;
	return NULL;
}

static void
put_job(struct writer *w, struct job *j, enum job_kind kind, void *subject)
{
	j->next = NULL;
	j->kind = kind;
	j->subject = subject;
	(void)pthread_mutex_lock(&w->lock);
	*w->jobs_tail = j;
	w->jobs_tail = &j->next;
	(void)pthread_cond_signal(&w->work);
	(void)pthread_mutex_unlock(&w->lock);
}

void
writer_open(struct writer *w, struct item *it)
{
	atomic_fetch_add(&it->ws->pending, 1);
	put_job(w, &it->open_job, JOB_OPEN, it);
}

void
writer_put(struct writer *w, struct item *it, struct batch *b)
{
	b->owner = it;
	put_job(w, &b->job, JOB_PUT, b);
}

void
writer_close(struct writer *w, struct item *it)
{
	put_job(w, &it->close_job, JOB_CLOSE, it);
}

void
writer_add(struct writer *w, struct item *it)
{
	if (it->kind == ITEM_END)
		it->ws->left_at = it->left_at;
	else
		atomic_fetch_add(&it->ws->pending, 1);
	put_job(w, &it->open_job, JOB_ADD, it);
}

void
writer_note(struct writer *w, struct item *it, const struct access_event *e)
{
	struct note *n = malloc(sizeof(*n));

	if (n == NULL)
		return;
	n->item = it;
	n->event = *e;
	put_job(w, &n->job, JOB_NOTE, n);
}

int
writer_must_roll(const struct item *it)
{
	return atomic_load(&it->must_roll);
}

unsigned
writer_pending(const struct wstream *ws)
{
	return atomic_load(&ws->pending);
}

const char *
writer_reason(const struct wstream *ws)
{
	int error = atomic_load(&ws->trouble);

	return error == 0 ? NULL : wslice_reason(error);
}

struct item *
writer_done(struct writer *w)
{
	struct item *done;

	(void)pthread_mutex_lock(&w->lock);
	done = w->done;
	w->done = NULL;
	w->done_tail = &w->done;
	(void)pthread_mutex_unlock(&w->lock);
	return done;
}

uint64_t
writer_lost(struct writer *w)
{
	return atomic_load(&w->lost_disk);
}

struct writer *
writer_new(struct pool *pool, int statefd)
{
	struct writer *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;
	sigset_t all, old;
	int error;

	if (w == NULL)
		return NULL;
	w->pool = pool;
	w->statefd = statefd;
	w->spoolfd = fsio_mkdirs(statefd, "spool", 02770);
	w->jobs_tail = &w->jobs;
	w->done_tail = &w->done;
	/* None of these can fail on Linux. */
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->work, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (w->spoolfd == -1) {
		writer_free(w);
		return NULL;
	}
	/* Signals are the reader's: it is the one who polls. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&w->thread, NULL, run, w);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (error != 0) {
		writer_free(w);
		errno = error;
		return NULL;
	}
	w->running = 1;
	return w;
}

int
writer_stop(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	w->stopping = 1;
	(void)pthread_cond_signal(&w->work);
	(void)pthread_mutex_unlock(&w->lock);
	if (w->running)
		(void)pthread_join(w->thread, NULL); /* it is joinable and joined once */
	w->running = 0;
	return w->failed ? -1 : 0;
}

static void
free_items(struct item *it)
{
	struct item *next;

	for (; it != NULL; it = next) {
		next = it->next;
		writer_free_item(it);
	}
}

void
writer_free(struct writer *w)
{
	struct wstream *ws;
	int saved = errno;

	if (w == NULL)
		return;
	free_items(w->done);
	while ((ws = w->streams) != NULL) {
		w->streams = ws->next;
		free_items(ws->head);
		spool_close(ws->spool);
		free(ws);
	}
	(void)pthread_cond_destroy(&w->work);
	(void)pthread_mutex_destroy(&w->lock);
	if (w->spoolfd != -1)
		(void)close(w->spoolfd); /* a folder */
	free(w);
	errno = saved;
}
