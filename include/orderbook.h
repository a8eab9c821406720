#ifndef ORDERBOOK_H
#define ORDERBOOK_H

#include <stddef.h>
#include <stdint.h>

#include "age.h"
#include "buf.h"
#include "conf.h"
#include "keyring.h"
#include "order.h"
#include "ordermemory.h"

/*
 * All orders of an installation, judged: orders/CASE/N.order, N.order.*.minisig, revoked, revoked.minisig, against the
 * keyring and against what capture has durably accepted before.
 *
 * Whenever no orderbook_*() function is running:
 * 1. A case in ORDERBOOK_ACCEPTED has an order; its revision is the highest that was ever accepted, with that hash.
 * 2. Nothing that memory holds is ever lowered: not a revision, not a hash, not "revoked".
 * 3. A case in any other state is not captured.
 */
enum orderbook_state {
	ORDERBOOK_ACCEPTED, /* `order` may be acted on within its window */
	ORDERBOOK_WAITING,  /* no revision has its approvals yet */
	ORDERBOOK_REFUSED,  /* `why` */
	ORDERBOOK_MISSING,  /* an accepted revision's file is gone: capture stops, the same bytes resume it */
	ORDERBOOK_CHANGED,  /* an accepted revision's file has other bytes: capture stops, alarm */
	ORDERBOOK_REVOKED,
	ORDERBOOK_LOCKED /* encrypted, and who reads has no key to it */
};

struct orderbook_case {
	char case_id[NAMES_CASE_ROOM];
	enum orderbook_state state;
	struct order *order; /* ACCEPTED, and REVOKED where it can still be read; else NULL */
	int is_new; /* accepted or revoked now, not yet in memory: call orderbook_remember() before acting on it */
	uint32_t
	    pending;   /* the next revision if its file is there but not sufficiently approved or refused; else 0 */
	char why[256]; /* why refused, waiting, or why `pending` does not count; never a subject */
};

struct orderbook;

/* Return 0; or -1 with the reason in ${why} for an order that who loads the book can not follow. */
typedef int orderbook_check(const struct order *, char *, size_t);

struct orderbook_rules {
	uint32_t max_days;
	stamp_t now;                      /* when the approvals of a revision not yet in memory are judged */
	orderbook_check *check;           /* or NULL */
	const struct age_identities *key; /* opens encrypted orders; NULL: none is at hand */
};

/**
 * orderbook_load(orders_dirfd, keyring, memory, max_days, now):
 * Read and judge every case folder.  A bad case never hides a good one; two case IDs that differ only in case are both
 * refused, unless one was accepted before.  ${now} is when the approvals of a revision not yet in memory are judged.
 * ${memory} is borrowed and must outlive the book.  Return the book, or NULL after one diag line with errno set.
 */
struct orderbook *orderbook_load(int, const struct keyring *, struct ordermemory *, uint32_t, stamp_t);

/**
 * orderbook_load_by(orders_dirfd, keyring, memory, rules):
 * The same, but what rules->check does not follow is refused: a revision not yet in memory is not accepted, one that was
 * is not acted on.  An encrypted order that rules->key does not open is ORDERBOOK_LOCKED.
 */
struct orderbook *orderbook_load_by(
    int, const struct keyring *, struct ordermemory *, const struct orderbook_rules *);
void orderbook_free(struct orderbook *);

size_t orderbook_count(const struct orderbook *);
const struct orderbook_case *orderbook_case(const struct orderbook *, size_t);
const struct orderbook_case *orderbook_find(const struct orderbook *, const char *);

/**
 * orderbook_count_approvals(keyring, dirfd, name, text, now, why, room):
 * Judge the approvals ${name}.ANYTHING.minisig in the folder ${dirfd} of an order file of the bytes ${text}, as the book
 * would, wherever the file lies.  Return 1 if there are enough; 0 if there are too few, with their count in ${why}; 2 if
 * there are too few and one that is there does not count, named in ${why}; or -1 with errno set.
 */
int orderbook_count_approvals(const struct keyring *, int, const char *, const struct buf *, stamp_t, char *, size_t);

/**
 * orderbook_approvers(keyring, dirfd, name, text, now, list, room):
 * Who approved it, as orderbook_count_approvals judges: at most ${room} of the keyring's entries, each once, to ${list}.
 * Return how many, or -1 with errno set.
 */
int orderbook_approvers(
    const struct keyring *, int, const char *, const struct buf *, stamp_t, const struct keyring_entry **, size_t);

/**
 * orderbook_remember(book, dirfd, iap):
 * Durably raise the memory file to what the book accepts; on return every case has is_new 0.
 * Return 0, or -1 after one diag line; then nothing new may be acted on.
 */
int orderbook_remember(struct orderbook *, int, const char *);

#endif
