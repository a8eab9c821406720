#ifndef FOLLOW_LINE_H
#define FOLLOW_LINE_H

#include "follow_internal.h"

/* Lines of PPPoE: who is let in, and which frames are of a line. */

/* A name that the order has asks to be let into a session / a session that has just ended, and may say so once more. */
struct follow_login {
	stamp_t time; /* 0: free */
	uint64_t who;
	struct follow_line line;
	uint16_t proto;
	uint8_t asked[32];       /* under which identifiers: a bit each */
	int by_client, by_other; /* one that is over: which ends have said so */
	char sha256[DIGEST_HEX]; /* of an answer: its frame's */
};

#define FOLLOW_HAVE_MAX 16

/* What a session that is the subject's has of IPv6, as was said within it. */
struct follow_have {
	struct follow_line line;
	struct order_prefix prefix;
	const char *method; /* NULL: free */
	stamp_t until;      /* INT64_MAX: no end of its own */
	stamp_t told, told_until;
};

/*
 * 1. Each of have[] is of a line that has a binding.
 */
struct follow_lines {
	struct follow_have have[FOLLOW_HAVE_MAX];
	struct follow_login logins[FOLLOW_PENDING_MAX], over[FOLLOW_PENDING_MAX];
	struct follow_login answers[FOLLOW_PENDING_MAX]; /* that were taken last, one a line */
};

/* The line that a frame of PPPoE belongs to, if its source is the client, or the concentrator. */
struct follow_line follow_line_of(const struct pppoe *, const struct follow_frame *, int);

/* follow_pppoe.c; none minds if ${f} has no lines: begin to, 0, or -1, ENOMEM / the clock was stepped / forget. */
int follow_lines_begin(struct follow *);
void follow_lines_shift(struct follow *, stamp_t);
void follow_lines_forget(struct follow *);

/*
 * follow_inside.c; none minds if ${f} has no lines: that binding of a line is over, for ${why}, and so is what the session
 * had / what has run out / the next such time / the clock was stepped.
 */
void follow_inside_end(struct follow *, const struct follow_binding *, const char *, const struct follow_frame *);
void follow_inside_expire(struct follow *, stamp_t);
stamp_t follow_inside_next(const struct follow *);
void follow_inside_shift(struct follow *, stamp_t);

/*
 * follow_line.c: is that MAC one of the concentrators / may the order's subject have that session: its own, if it has any,
 * narrow / the place of the line's binding, or their number.
 */
int follow_line_is_ours(const struct conf_pppoe *, const uint8_t *);
int follow_line_is_allowed(const struct order *, uint16_t);
size_t follow_line_find(const struct follow *, const struct follow_line *);

/* Is an Ethernet frame of that line? */
int follow_line_has(const struct follow_line *, const uint8_t *, uint32_t);

#endif
