#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "stop.h"

#include "gate.h"

#define LOOK_NANOSECONDS 100000000 /* how long a signal goes unseen */

struct gate {
	struct turn *turn;
	pthread_mutex_t mutex;
	pthread_cond_t left;
	int inside;
	_Atomic int is_proven, is_shut;
};

struct gate *
gate_new(struct turn *turn)
{
	struct gate *g = calloc(1, sizeof *g);
	pthread_condattr_t monotonic;
	int error;

	if (g == NULL)
		return NULL;
	g->turn = turn;
	error = pthread_mutex_init(&g->mutex, NULL);
	if (error != 0) {
		free(g);
		errno = error;
		return NULL;
	}
	/* None of these ever fails on Linux. */
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&g->left, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return g;
}

void
gate_free(struct gate *g)
{
	if (g == NULL)
		return;
	/* They fail only while somebody uses them. */
	(void)pthread_cond_destroy(&g->left);
	(void)pthread_mutex_destroy(&g->mutex);
	free(g);
}

/* Wait for a moment at most. */
static void
wait_a_moment(struct gate *g)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* never fails */
	until.tv_nsec += LOOK_NANOSECONDS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	(void)pthread_cond_timedwait(&g->left, &g->mutex, &until); /* the caller looks again */
}

int
gate_enter(struct gate *g)
{
	int rc = 0;

	(void)pthread_mutex_lock(&g->mutex); /* fails for nobody who does not hold it */
	while (g->inside == GATE_MOST && !stop_requested() && !g->is_shut)
		wait_a_moment(g);
	if (stop_requested() || g->is_shut)
		rc = -1;
	else
		g->inside++;
	(void)pthread_mutex_unlock(&g->mutex); /* ours */
	return rc;
}

void
gate_leave(struct gate *g)
{
	(void)pthread_mutex_lock(&g->mutex); /* as above */
	g->inside--;
	(void)pthread_cond_signal(&g->left);   /* never fails */
	(void)pthread_mutex_unlock(&g->mutex); /* ours */
}

void
gate_shut(struct gate *g)
{
	if (g == NULL)
		return;
	(void)pthread_mutex_lock(&g->mutex); /* as above */
	g->is_shut = 1;
	(void)pthread_cond_broadcast(&g->left); /* never fails */
	(void)pthread_mutex_unlock(&g->mutex);  /* ours */
}

int
gate_is_shut(const struct gate *g)
{
	return g != NULL && g->is_shut;
}

void
gate_prove(struct gate *g)
{
	if (g == NULL || g->is_proven)
		return;
	g->is_proven = 1;
	turn_announce(g->turn);
}

int
gate_is_proven(const struct gate *g)
{
	return g == NULL || g->is_proven;
}
