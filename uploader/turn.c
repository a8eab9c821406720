#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "turn.h"

struct turn {
	pthread_mutex_t mutex;
	pthread_cond_t announced;
	_Atomic unsigned waiting; /* in turn_take() */
	_Atomic unsigned taken;   /* turns so far */
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
	if (error == 0 && (error = pthread_cond_init(&t->announced, &monotonic)) != 0)
		(void)pthread_mutex_destroy(&t->mutex); /* nobody has it */
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
	(void)pthread_cond_destroy(&t->announced); /* both fail only while somebody uses them */
	(void)pthread_mutex_destroy(&t->mutex);
	free(t);
}

void
turn_take(struct turn *t)
{
	int rc;

	t->waiting++;
	rc = pthread_mutex_lock(&t->mutex);
	assert(rc == 0);
	(void)rc;
	t->waiting--;
	t->taken++;
}

void
turn_give(struct turn *t)
{
	int rc = pthread_mutex_unlock(&t->mutex);

	assert(rc == 0);
	(void)rc;
}

/* A mutex goes to who asks first, and that is who has just given it up: so he does not ask before another had it. */
void
turn_yield(struct turn *t)
{
	static const struct timespec pause = {0, 50000};
	unsigned taken = t->taken;

	if (t->waiting == 0)
		return;
	turn_give(t);
	while (t->waiting > 0 && t->taken == taken)
		(void)nanosleep(&pause, NULL); /* a signal: we look again */
	turn_take(t);
}

void
turn_announce(struct turn *t)
{
	(void)pthread_cond_broadcast(&t->announced); /* never fails */
}

void
turn_wait(struct turn *t, uint32_t milliseconds)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* never fails */
	until.tv_sec += milliseconds / 1000;
	until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	(void)pthread_cond_timedwait(&t->announced, &t->mutex, &until); /* in time or not: the caller looks */
}
