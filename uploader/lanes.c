#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "stop.h"

#include "gate.h"
#include "lanes.h"
#include "turn.h"

#define IDLE_MILLISECONDS 1000

/*
 * Whenever it is nobody's turn:
 * 1. next <= count, and each stream below next was given to one lane.
 * 2. owners lanes are within each(); no other can make a batch.
 * 3. A batch is in the list from before its first file is given out until none is left to give.
 */
struct lanes {
	struct standing *standing;
	struct turn *turn;
	void (*each)(void *, struct visit *, size_t);
	void *cookie;
	size_t next, count;
	unsigned owners;
	struct batch *batches;
};

struct lane {
	struct lanes *lanes;
	struct visit visit;
	pthread_t thread;
};

static int
is_over(const struct visit *v)
{
	return v->standing->is_over || stop_requested();
}

static void
bring_next(struct visit *v, struct batch *b)
{
	size_t i = b->next++;

	b->busy++;
	if (b->bring(b->cookie, v, i) == -1)
		b->rc = -1;
	b->busy--;
	turn_announce(v->session->turn);
}

static void
unlink_batch(struct lanes *l, const struct batch *b)
{
	struct batch **at = &l->batches;

	while (*at != b)
		at = &(*at)->other;
	*at = b->other;
}

int
lanes_batch(struct visit *v, struct batch *b)
{
	struct lanes *l = v->standing->lanes;

	if (l != NULL) {
		b->other = l->batches;
		l->batches = b;
		turn_announce(l->turn);
	}
	while (b->next < b->count && b->rc == 0 && !is_over(v))
		bring_next(v, b);
	if (l != NULL)
		unlink_batch(l, b);
	while (b->busy > 0)
		turn_wait(v->session->turn, IDLE_MILLISECONDS);
	return b->rc;
}

static struct batch *
find_batch(const struct lanes *l)
{
	struct batch *b = l->batches;

	while (b != NULL && (b->next == b->count || b->rc != 0))
		b = b->other;
	return b;
}

/* A lane's connection is made when it first has something to do. */
static int
need_destination(struct visit *v)
{
	int status;

	if (v->destination == NULL) {
		v->destination = destination_open(v->conf, v->limits, &status);
		if (v->destination == NULL)
			v->standing->status = answer_graver(v->standing->status, status);
	}
	return v->destination == NULL ? -1 : 0;
}

/*
 * A lane that gets no connection leaves the work to the others; the first one has its own from the start, and shows the
 * others that it is one to follow.
 */
static void
work(struct lanes *l, struct visit *v, int is_first)
{
	struct batch *b;

	while (!is_over(v)) {
		b = find_batch(l);
		if (!is_first && !gate_is_proven(v->limits->gate)) {
			if (l->next == l->count && b == NULL && l->owners == 0)
				break;
			turn_wait(l->turn, IDLE_MILLISECONDS);
			continue;
		}
		if ((l->next < l->count || b != NULL) && need_destination(v) == -1)
			break;
		if (l->next < l->count) {
			l->owners++;
			l->each(l->cookie, v, l->next++);
			l->owners--;
			turn_announce(l->turn);
		} else if (b != NULL) {
			bring_next(v, b);
		} else if (l->owners == 0) {
			break;
		} else {
			turn_wait(l->turn, IDLE_MILLISECONDS);
		}
	}
}

static void *
lane_main(void *cookie)
{
	struct lane *lane = cookie;

	turn_take(lane->lanes->turn);
	work(lane->lanes, &lane->visit, 0);
	turn_give(lane->lanes->turn);
	destination_close(lane->visit.destination);
	return NULL;
}

/* Start the lanes beside our own; fewer are no failure.  Return how many there are. */
static size_t
start(struct lanes *l, struct lane *lanes, size_t count, const struct visit *v)
{
	size_t n;
	int error;

	for (n = 0; n < count; n++) {
		lanes[n].lanes = l;
		lanes[n].visit = *v;
		lanes[n].visit.destination = NULL;
		error = pthread_create(&lanes[n].thread, NULL, lane_main, &lanes[n]);
		if (error != 0) {
			diag_warnx("destination %s: only %zu transfers at a time: %s", v->conf->name, n + 1,
			    strerror(error));
			break;
		}
	}
	return n;
}

void
lanes_run(struct visit *v, size_t count, void (*each)(void *, struct visit *, size_t), void *cookie)
{
	struct lanes l = {
	    .standing = v->standing, .turn = v->session->turn, .each = each, .cookie = cookie, .count = count};
	size_t more = count == 0 ? 0 : v->conf->parallel - 1, n = 0;
	struct lane *lanes = calloc(more + 1, sizeof *lanes);

	v->standing->lanes = &l;
	if (lanes != NULL)
		n = start(&l, lanes, more, v);
	work(&l, v, 1);
	turn_give(l.turn);
	for (size_t i = 0; i < n; i++)
		(void)pthread_join(lanes[i].thread, NULL); /* it is one of ours */
	turn_take(l.turn);
	v->standing->lanes = NULL;
	free(lanes);
}
