#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>

/*
 * How one act at a destination ended, whatever the protocol.  What follows from it (exit code, how much is held back,
 * whether the next run tries again) is decided in one table, answer.c.
 */
enum answer {
	ANSWER_OK,
	ANSWER_ABSENT,      /* there is no file of that name */
	ANSWER_TAKEN,       /* the name is taken: nothing was overwritten */
	ANSWER_LONGER,      /* there are more bytes than were asked for */
	ANSWER_RETRY,       /* it may work another time */
	ANSWER_UNREACHABLE, /* the same, and the next file would fare no better now */
	ANSWER_FULL,        /* no room at the far end */
	ANSWER_DENIED,      /* who we are is not accepted */
	ANSWER_FORBIDDEN,   /* who we are may not do this here */
	ANSWER_UNTRUSTED,   /* who they are is not what was configured, or they point elsewhere */
	ANSWER_REFUSED,     /* they never will, as asked */
	ANSWER_REJECTED,    /* they will not have this one file */
	ANSWER_CONFLICT,    /* our name holds other bytes there */
	ANSWER_MISMATCH,    /* what they stored is not what was sent */
	ANSWER_FORGED,      /* what they gave us is not what it pretends to be */
	ANSWER_ROT,         /* our own file is not what was sealed */
	ANSWER_MISSING,     /* our own file is not there */
	ANSWER_UNPROVEN,    /* our own file can not be judged yet */
	ANSWER_LOCAL,       /* our own disk or memory failed */
	ANSWER_CONFIG,      /* configuration or order */
	ANSWER_STOPPED      /* a signal asked for the end, or another lane has given the destination up */
};

/* How much of a destination is left alone after it. */
enum answer_scope {
	ANSWER_OF_FILE,
	ANSWER_OF_CASE,
	ANSWER_OF_DESTINATION
};

/* The exit code / the scope / does it need a person, so that it is not tried again for a while? / a word for journals. */
int answer_exit(enum answer);
enum answer_scope answer_scope(enum answer);
int answer_is_permanent(enum answer);
const char *answer_text(enum answer);

/* The graver of two exit codes: what a run that met both ends with (casetap-uploader(8), EXIT STATUS). */
int answer_graver(int, int);

#endif
