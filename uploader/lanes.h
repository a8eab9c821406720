#ifndef LANES_H
#define LANES_H

#include <stddef.h>

#include "stream.h"

/*
 * The lanes of a destination: as many threads as it has `parallel`, each with a connection of its own.  A lane takes a
 * stream and brings its days; what can go in any order is a batch, and whichever lane has no stream helps with it.
 * Where limits have a gate (gate.h), the first lane goes alone until it has proven something there.
 *
 * It is the caller's turn (turn.h) wherever a lanes_*() function or one of its callbacks begins or ends.
 */
struct batch {
	/* Bring the ${i}th.  Return 0, or -1 when our own disk or memory failed. */
	int (*bring)(void *, struct visit *, size_t);
	void *cookie;
	size_t count;

	/* Of lanes.c; 0 at the start. */
	size_t next;
	unsigned busy;
	int rc;
	struct batch *other;
};

/**
 * lanes_batch(v, batch):
 * Bring all of it, with the help of idle lanes, unless nothing more goes to the destination.
 * Return when nobody is at work on it: 0, or -1 if one of them did.
 */
int lanes_batch(struct visit *, struct batch *);

/**
 * lanes_run(v, count, each, cookie):
 * Call each(cookie, visit, i) for every i below ${count}, in rising order, in as many lanes as the destination has; the
 * caller's thread and ${v} are the first.  The others get copies of ${v} with a destination of their own.
 */
void lanes_run(struct visit *, size_t, void (*)(void *, struct visit *, size_t), void *);

#endif
