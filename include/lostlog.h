#ifndef LOSTLOG_H
#define LOSTLOG_H

#include "custody.h"

/*
 * A custody log that can not be continued: may it be begun anew (casetap log --begin-anew), and behind which line?  What
 * was signed before names lines of it, and a log that begins before one of those has another line in its place, which is
 * tampering to the verifier for ever.  So it must be known how far it went.  custody.head tells that, and the state of a
 * stream for all that was sealed of it.  Where custody.head does not, nothing may be there that came of sealing a stream
 * whose state does not tell either: no tag file or state, no file of its outbox, no receipt, no number gone from its spool;
 * nor a signed head that does not count, or the signature of none; nor, where nothing tells at all, a certificate of a
 * purge, or a line of the log or of the packager's journal about a package or a day.
 */
enum lostlog {
	LOSTLOG_NONE = 0, /* it is whole, or there never was one */
	LOSTLOG_LOST,     /* up to the line that is known, and may be begun anew */
	LOSTLOG_UNTOLD,   /* something was sealed that names lines of it, and nothing tells which */
	LOSTLOG_BLANK     /* nothing was sealed, and not even its first line is one: there is nothing to go on from */
};

/**
 * lostlog_judge(statefd, c, known):
 * Judge the log of the case; ${known} is what is known of it, as custody_is_lost says.
 * Return one of the above, or -1 with errno set.
 */
int lostlog_judge(int, const struct custody_case *, struct custody_known *);

/* Why it can not be begun anew, and what to do; NULL of one that may be. */
const char *lostlog_why(int);

#endif
