#ifndef GATE_H
#define GATE_H

#include "turn.h"

/*
 * The lanes of a destination (lanes.h) do not all knock at once.  A server that is asked to shake hands with many whom it
 * does not know yet turns some away (MaxStartups of sshd_config(5): by chance from the tenth on), and an account that is
 * tried with a wrong password by many is locked.  So GATE_MOST at a time shake hands, whoever had a connection that broke
 * included; and only the first lane goes before it is proven that the server is the right one, knows us, and takes files.
 * Once one of them has found that nothing more goes there in this run, the gate is shut: what a dead server costs, it costs
 * once, and no lane after lane.
 *
 * Any thread may call these functions, whosever turn it is; only gate_enter() waits.
 */
#define GATE_MOST 3
struct gate;

/* The turn is borrowed: those who wait in it are told of the proof.  Return NULL with errno set. */
struct gate *gate_new(struct turn *);
void gate_free(struct gate *);

/*
 * Wait until fewer than GATE_MOST shake hands.  Return 0, gate_leave() is due; or -1 where a signal asked for the end, or
 * the gate is shut.
 */
int gate_enter(struct gate *);
void gate_leave(struct gate *);

/* Let nobody in any more; whoever waits is told / is it so?  A NULL is never shut. */
void gate_shut(struct gate *);
int gate_is_shut(const struct gate *);

/* Something of ours was taken there, or lies there / was it?  A NULL has nothing to prove. */
void gate_prove(struct gate *);
int gate_is_proven(const struct gate *);

#endif
