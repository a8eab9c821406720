#ifndef SESSION_H
#define SESSION_H

#include "conf.h"
#include "journal.h"
#include "keyring.h"

#include "addressees.h"
#include "alarm.h"
#include "turn.h"
#include "uploader_options.h"

/*
 * What a run stands on: configuration, the state folder, the lock that keeps a second run out, the journal, keyring and
 * orders, all loaded and judged behind the sandbox.
 */
struct session {
	struct conf *conf;
	int statefd;
	int journalfd; /* journal/uploader */
	int lockfd;
	int has_begun;           /* a run of everything, behind the lock */
	struct turn *turn;       /* of the run's threads, for everything here that is not constant */
	struct journal *journal; /* NULL with --check and --summary */
	struct alarm *alarm;     /* NULL: no program is to be run */
	struct keyring *keyring;
	struct addressees *addressees;
};

/**
 * session_open(s, opts):
 * Load everything.  With --check or --summary nothing is written and no lock taken.
 * Return EX_OK; or another exit code after one diag line.  session_close() releases either way.
 */
int session_open(struct session *, const struct uploader_options *);

/**
 * session_refresh(s):
 * Read the orders again, and what capture has accepted.  It is the caller's turn.
 * Return EX_OK; or another exit code after one diag line, and what was loaded before stays.
 */
int session_refresh(struct session *);

/* Say, for casetap status, how the run ended: with this exit code. */
void session_say_end(const struct session *, const struct uploader_options *, int);
void session_close(struct session *);

#endif
