#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "verify_ahead.h"

#define THREADS_MAX 16
#define STACK_BYTES ((size_t)1024 * 1024)
#define SHOW_EVERY 200000000L /* ns */

enum slot_state {
	SLOT_EMPTY,
	SLOT_DONE
};

struct slot {
	enum slot_state state;
	struct verify_checked checked;
};

/*
 * Whenever nobody holds the lock:
 * 1. taken <= next <= named, and next <= taken + slot_count: slots[n % slot_count] is that of the package number n.
 * 2. The slot of each number in [taken, next) is SLOT_DONE, or its thread's.
 */
struct verify_ahead {
	struct verify_progress *progress;
	const struct verify_keys *keys;
	struct verify_dir dir;
	const char **names;
	size_t named, next, taken, busy;
	struct slot *slots;
	size_t slot_count;
	int has_taken; /* slot taken - 1 holds what the caller was given */
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	pthread_t threads[THREADS_MAX];
	unsigned thread_count;
	int is_over;
};

unsigned
verify_ahead_threads(uint64_t packages)
{
	cpu_set_t cpus;
	int cores = 1;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		cores = CPU_COUNT(&cpus);
	if (cores > THREADS_MAX)
		cores = THREADS_MAX;
	if (packages < 2 || cores < 2)
		return 0;
	return packages < (uint64_t)cores ? (unsigned)packages : (unsigned)cores;
}

static int
has_work(const struct verify_ahead *a)
{
	return a->next < a->named && a->next < a->taken + a->slot_count - (size_t)a->has_taken;
}

/* Check the next package; the lock is given up meanwhile. */
static void
check_next(struct verify_ahead *a)
{
	struct slot *s = &a->slots[a->next % a->slot_count];
	const char *name = a->names[a->next];

	a->next++;
	a->busy++;
	(void)pthread_mutex_unlock(&a->lock); /* of this kind of mutex it cannot fail; so everywhere here */
	verify_package_check(&s->checked, &a->dir, name, a->keys, a->progress);
	(void)pthread_mutex_lock(&a->lock);
	s->state = SLOT_DONE;
	a->busy--;
	(void)pthread_cond_signal(&a->done);
}

static void *
run(void *cookie)
{
	struct verify_ahead *a = cookie;

	(void)pthread_mutex_lock(&a->lock);
	while (!a->is_over) {
		if (has_work(a))
			check_next(a);
		else
			(void)pthread_cond_wait(&a->work, &a->lock);
	}
	(void)pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* A thread that can not be had is done without. */
static void
start(struct verify_ahead *a, unsigned count)
{
	sigset_t all, before;
	pthread_attr_t attr;

	if (pthread_attr_init(&attr) != 0)
		return;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* with valid arguments neither fails */
	if (pthread_attr_setstacksize(&attr, STACK_BYTES) == 0) {
		while (a->thread_count < count && pthread_create(&a->threads[a->thread_count], &attr, run, a) == 0)
			a->thread_count++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
}

struct verify_ahead *
verify_ahead_new(unsigned threads, struct verify_progress *progress)
{
	struct verify_ahead *a = calloc(1, sizeof(*a));
	pthread_condattr_t attr;

	if (a == NULL)
		return NULL;
	assert(threads <= THREADS_MAX);
	a->progress = progress;
	a->slot_count = 2 * (size_t)threads + 2;
	a->slots = calloc(a->slot_count, sizeof(*a->slots));
	if (a->slots == NULL) {
		free(a);
		return NULL;
	}
	(void)pthread_mutex_init(&a->lock, NULL); /* none of these can fail with these attributes */
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&a->work, NULL);
	(void)pthread_cond_init(&a->done, &attr);
	(void)pthread_condattr_destroy(&attr);
	start(a, threads);
	return a;
}

void
verify_ahead_free(struct verify_ahead *a)
{
	unsigned i;
	int saved = errno;

	if (a == NULL)
		return;
	verify_ahead_end(a);
	(void)pthread_mutex_lock(&a->lock);
	a->is_over = 1;
	(void)pthread_cond_broadcast(&a->work);
	(void)pthread_mutex_unlock(&a->lock);
	for (i = 0; i < a->thread_count; i++)
		(void)pthread_join(a->threads[i], NULL); /* ours, and joined once */
	(void)pthread_cond_destroy(&a->done);
	(void)pthread_cond_destroy(&a->work);
	(void)pthread_mutex_destroy(&a->lock);
	free(a->names);
	free(a->slots);
	free(a);
	errno = saved;
}

void
verify_ahead_begin(struct verify_ahead *a, const struct verify_dir *dir, const struct verify_keys *keys)
{
	verify_ahead_end(a);
	(void)pthread_mutex_lock(&a->lock);
	a->dir = *dir;
	a->keys = keys;
	(void)pthread_mutex_unlock(&a->lock);
}

int
verify_ahead_name(struct verify_ahead *a, const char *name)
{
	const char **grown = NULL;
	int rc = -1;

	(void)pthread_mutex_lock(&a->lock);
	if (a->named == 0 || (a->named & (a->named - 1)) == 0)
		grown = reallocarray(a->names, a->named == 0 ? 1 : 2 * a->named, sizeof(*grown));
	else
		grown = a->names;
	if (grown != NULL) {
		a->names = grown;
		a->names[a->named++] = name;
		(void)pthread_cond_signal(&a->work);
		rc = 0;
	}
	(void)pthread_mutex_unlock(&a->lock);
	return rc;
}

/* Let go of what the caller was given last. */
static void
drop_taken(struct verify_ahead *a)
{
	struct slot *s;

	if (!a->has_taken)
		return;
	s = &a->slots[(a->taken - 1) % a->slot_count];
	package_facts_clear(&s->checked.facts);
	s->state = SLOT_EMPTY;
	a->has_taken = 0;
}

/* Wait for a package to be done, no longer than until the progress is to be shown again. */
static void
wait_a_while(struct verify_ahead *a)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* it is always there */
	until.tv_nsec += SHOW_EVERY;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	(void)pthread_cond_timedwait(&a->done, &a->lock, &until); /* the caller looks again */
	verify_progress_show(a->progress);
}

const struct verify_checked *
verify_ahead_take(struct verify_ahead *a)
{
	struct slot *s;

	(void)pthread_mutex_lock(&a->lock);
	assert(a->taken < a->named);
	drop_taken(a);
	s = &a->slots[a->taken % a->slot_count];
	while (s->state != SLOT_DONE) {
		if (a->next == a->taken)
			check_next(a);
		else
			wait_a_while(a);
	}
	a->taken++;
	a->has_taken = 1;
	(void)pthread_cond_signal(&a->work);
	(void)pthread_mutex_unlock(&a->lock);
	verify_progress_show(a->progress);
	return &s->checked;
}

void
verify_ahead_end(struct verify_ahead *a)
{
	(void)pthread_mutex_lock(&a->lock);
	a->named = a->next; /* nothing more is begun */
	while (a->busy > 0)
		(void)pthread_cond_wait(&a->done, &a->lock);
	drop_taken(a);
	for (; a->taken < a->next; a->taken++) {
		a->has_taken = 0;
		package_facts_clear(&a->slots[a->taken % a->slot_count].checked.facts);
		a->slots[a->taken % a->slot_count].state = SLOT_EMPTY;
	}
	a->named = a->next = a->taken = 0;
	(void)pthread_mutex_unlock(&a->lock);
}
