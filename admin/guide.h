#ifndef GUIDE_H
#define GUIDE_H

#include "args.h"

/*
 * The first run: what `casetap init` was not told is asked on the terminal, a line each, until the answer will do.
 */
#define GUIDE_QUESTIONS 8
#define GUIDE_ROOM 512
#define GUIDE_CONF "casetap.conf" /* in the folder of the first answer */

/* The answers, which args points into. */
struct guide {
	char answers[GUIDE_QUESTIONS][GUIDE_ROOM];
};

/* Is something missing that init can not do without, and does a person sit before standard input and output? */
int guide_is_wanted(const struct args *);

/**
 * guide_ask(g, args):
 * Ask for what ${args} lacks, show what will be made, and have it confirmed; the answers are added to ${args}, which points
 * into ${g} from then on.  Where the first says that an installation is there already, no more is asked.  Return EX_OK; or
 * an exit code after one diag line, also where the person says no or goes away: nothing is made then.
 */
int guide_ask(struct guide *, struct args *);

#endif
