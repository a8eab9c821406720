#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "turn.h"

/* Numbers are drawn, and served in their order: a mutex alone goes to who asks first, and that is who just gave it up. */
struct turn {
	pthread_mutex_t mutex;
	pthread_cond_t served, announced;
	unsigned drawn, serving; /* the next number / whose turn it is */
	unsigned announcements;  /* so far */
};

struct turn *
turn_new(void)
{
	struct turn *t = calloc(1, sizeof *t);
	pthread_condattr_t monotonic;
	int error;

	if (t == NULL)
		return NULL;
	(void)pthread_condattr_init(&monotonic); /* never fails on Linux */
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	error = pthread_mutex_init(&t->mutex, NULL);
	/* Never fail on Linux either. */
	(void)pthread_cond_init(&t->served, NULL);
	(void)pthread_cond_init(&t->announced, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	if (error == 0)
		return t;
	free(t);
	errno = error;
	return NULL;
}

void
turn_free(struct turn *t)
{
	if (t == NULL)
		return;
	/* They fail only while somebody uses them. */
	(void)pthread_cond_destroy(&t->announced);
	(void)pthread_cond_destroy(&t->served);
	(void)pthread_mutex_destroy(&t->mutex);
	free(t);
}

static void
lock(struct turn *t)
{
	int rc = pthread_mutex_lock(&t->mutex);

	assert(rc == 0);
	(void)rc;
}

static void
unlock(struct turn *t)
{
	int rc = pthread_mutex_unlock(&t->mutex);

	assert(rc == 0);
	(void)rc;
}

/* Draw a number and wait until it is served / serve the next.  The mutex is held. */
static void
queue(struct turn *t)
{
	unsigned number = t->drawn++;

	while (t->serving != number)
		(void)pthread_cond_wait(&t->served, &t->mutex); /* never fails */
}

static void
serve_next(struct turn *t)
{
	t->serving++;
	(void)pthread_cond_broadcast(&t->served); /* never fails */
}

void
turn_take(struct turn *t)
{
	lock(t);
	queue(t);
	unlock(t);
}

void
turn_give(struct turn *t)
{
	lock(t);
	serve_next(t);
	unlock(t);
}

void
turn_yield(struct turn *t)
{
	lock(t);
	if (t->drawn != t->serving + 1) { /* ours is not the last */
		serve_next(t);
		queue(t);
	}
	unlock(t);
}

void
turn_announce(struct turn *t)
{
	lock(t);
	t->announcements++;
	(void)pthread_cond_broadcast(&t->announced); /* never fails */
	unlock(t);
}

void
turn_wait(struct turn *t, uint32_t milliseconds)
{
	struct timespec until;
	unsigned before;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* never fails */
	until.tv_sec += milliseconds / 1000;
	until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	lock(t);
	before = t->announcements;
	serve_next(t);
	while (t->announcements == before && pthread_cond_timedwait(&t->announced, &t->mutex, &until) != ETIMEDOUT)
		;
	queue(t);
	unlock(t);
}
