#ifndef DOCKET_H
#define DOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "conf.h"
#include "journal.h"
#include "keyring.h"
#include "order.h"
#include "orderbook.h"
#include "slice.h"

#include "clock.h"
#include "given.h"

/*
 * All cases as the keeper sees them: the order that was accepted, with the bytes of its file, and what is to be done about
 * it now.  Acceptances, refusals, revocations and expiries are written to the journal as they are noticed, after the
 * memory of orders and before anyone acts on them.
 *
 * Whenever no docket_*() function is running:
 * 1. A case is DUTY_IN_FORCE only with an order that is durably remembered as its highest, whose bytes are in `text`.
 * 2. `from` and `reason` say from when on, and why not before, a case in force is to be captured.
 */
struct kept;

enum duty {
	DUTY_NONE, /* nothing accepted yet */
	DUTY_NOT_YET,
	DUTY_IN_FORCE,
	DUTY_DOUBTFUL, /* the clock can not be trusted on it */
	DUTY_EXPIRED,
	DUTY_REVOKED,
	DUTY_MISSING,
	DUTY_CHANGED,
	DUTY_REFUSED
};

struct docket_case {
	char case_id[NAMES_CASE_ROOM];
	enum duty duty;
	struct order *order;     /* the accepted one; NULL before there is one */
	struct buf text;         /* the bytes of its file */
	struct given_list given; /* addresses of its subject, by an approver's word */
	struct kept *kept;       /* what readers knew of where its subject is; NULL: nothing */
	int is_kept_told;        /* by the present reader */
	int is_kept_read;        /* from the disk */
	int is_kept_dirty;       /* what is on the disk is not of now */
	int is_kept_credulous;   /* and lacks something that is not to be believed any more */
	stamp_t kept_saved;      /* boottime of the last try to write it there */
	stamp_t from;
	char reason[SLICE_REASON_ROOM];
	stamp_t ended;      /* when it went out of force */
	int is_fresh;       /* accepted or revoked since this process began */
	int sent;           /* the reader has it */
	int is_capturing;   /* and has begun its stream */
	stamp_t idle_since; /* boottime since which it is in force and has not; 0: it has, or is not */
	int finished;       /* its stream's end is on the disk, or it has none to end */
	int finish_error;   /* errno of the last try to bring it there */
	stamp_t finish_at;  /* boottime; not tried before */
	uint32_t pending;
	char why[256];
	enum orderbook_state state; /* as the book said last */
	char said[256];             /* the refusal that was journaled last */
	/* for the status */
	uint64_t last_seq, last_frames;
	stamp_t last_to;
	stamp_t watched, last_frame; /* its stream was first begun then; its latest frame; 0: not yet */
	stamp_t anothers; /* the latest time that an address which its order names was anyone else's; 0: never */
	stamp_t returned; /* and when, after that, it was given back; 0: not yet */
	int trouble;      /* errno of the last failure to write it; 0 since a slice was published */
};

struct docket;

/**
 * docket_new(journal, dirfd, iap, from_file):
 * An empty docket that knows what was accepted and revoked before, at any access point.  It writes to ${journal} and keeps
 * its memory of orders in the folder ${dirfd} (journal/capture); both borrowed.  Without a journal nothing is remembered
 * or written (--check).  With ${from_file} windows are left to the frames' own time stamps.  Return it, or NULL after one
 * diag line.
 */
struct docket *docket_new(struct journal *, int, const char *, int);
void docket_free(struct docket *);

/**
 * docket_take_keyring(d, keyring):
 * Is the keyring none from before the highest that was in force at any access point, and under a root tied to its root?
 * Then it is remembered, with a line in the journal if it is another than the one in mind.  Return 0; or -1 after one diag
 * line, with errno ESTALE if it is not.
 */
int docket_take_keyring(struct docket *, const struct keyring *);

/**
 * docket_block(d, case_id):
 * The case's stream says that it was revoked: remember that, if it is not in mind any more, before any order is loaded.
 * Return 0, or -1 after one diag line.
 */
int docket_block(struct docket *, const char *);

/* What opens encrypted orders, borrowed; NULL: nothing does, and such an order is not in force. */
void docket_use_key(struct docket *, const struct age_identities *);

/* An approver had the memory begin anew: that is why nothing was captured until the first judgement. */
void docket_after_reset(struct docket *, int);

/**
 * docket_load(d, conf, keyring, now):
 * Read all orders again; approvals not accepted before are judged at ${now}.  Return 0; or -1 after one diag line, and
 * the docket is as it was.
 */
int docket_load(struct docket *, const struct conf *, const struct keyring *, stamp_t);

/* What was given for a case is this. */
void docket_give(struct docket *, struct docket_case *, const struct given_list *);

/* The orders can not be read, and have not been for too long: nothing is in force. */
void docket_lose_all(struct docket *);

/**
 * docket_judge(d, clock):
 * Decide what is in force at the clock's last reading.  Return 1 if the set, or an order in it, differs from what the
 * reader was told, else 0.
 */
int docket_judge(struct docket *, const struct clock *);

/* Nanoseconds until the clock reaches the next beginning or end, INT64_MAX if there is none. */
int64_t docket_until(const struct docket *, const struct clock *);

/* When does the next of the cases begin that wait for that?  INT64_MAX: never. */
stamp_t docket_begins(const struct docket *);

size_t docket_count(const struct docket *);
struct docket_case *docket_case(struct docket *, size_t);
struct docket_case *docket_find(struct docket *, const char *);
size_t docket_in_force(const struct docket *); /* how many */

/* The reader is gone, and all that it had with it: ${reason} is why there is no capture until the next one. */
void docket_reader_gone(struct docket *, const char *);

const char *duty_text(enum duty);

#endif
