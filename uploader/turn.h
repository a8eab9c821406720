#ifndef TURN_H
#define TURN_H

#include <stdint.h>

/*
 * The threads of a run take turns.  Whatever they share (journal, receipts, what is held back, how a destination fares) is
 * touched only by the one whose turn it is; a turn is given up around what takes long and shares nothing: reading and
 * hashing a file of ours, and whatever is said to a server.  So what is written to disk is written as by a single thread,
 * in an order that is fine to be killed in.
 */
struct turn;

struct turn *turn_new(void); /* NULL with errno set */
void turn_free(struct turn *);

/* Wait until it is our turn, behind all who asked before / give it up. */
void turn_take(struct turn *);
void turn_give(struct turn *);

/* Ours is the turn: if others wait for it, let one have it before we go on.  For what shares nothing, but takes long. */
void turn_yield(struct turn *);

/*
 * Something has changed that others may wait for.  Whoever says so without having the turn may say it to one who has just
 * looked and does not wait yet: who then waits out his time.
 */
void turn_announce(struct turn *);

/* Ours is the turn: give it up until something was announced, or for so many milliseconds, and take it again. */
void turn_wait(struct turn *, uint32_t);

#endif
