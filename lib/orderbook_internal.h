#ifndef ORDERBOOK_INTERNAL_H
#define ORDERBOOK_INTERNAL_H

#include "orderbook.h"

/*
 * orderbook.c keeps the book, orderbook_case.c judges one case folder, orderbook_approval.c the signatures in it.
 */
struct orderbook_view {
	int dirfd; /* the orders folder */
	const struct keyring *keyring;
	const struct ordermemory *memory;
	const struct orderbook_rules *rules;
};

/**
 * orderbook_judge(view, c):
 * Fill in all of ${c}, whose case_id is set and whose rest is zero.
 * Return 0, or -1 with errno set where the fault is the machine's (no memory, no descriptors), not the case's.
 */
int orderbook_judge(const struct orderbook_view *, struct orderbook_case *);

/* Set the state and, like printf, the reason. */
void orderbook_say(struct orderbook_case *, enum orderbook_state, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * orderbook_is_approved(view, fd, name, text, c):
 * Is the order file ${name} with the bytes ${text} in the case folder ${fd} approved by enough approvers, now?
 * Return 1; 0 with c->why set; or -1 with errno set where the fault is the machine's.
 */
int orderbook_is_approved(
    const struct orderbook_view *, int, const char *, const struct buf *, struct orderbook_case *);

/**
 * orderbook_is_revoked(view, fd, c):
 * Is there a revocation of this case in its folder ${fd}, signed by an approver?
 * Return 1; 0 if there is none; 2 with c->why set if there is one that is not good; or -1 as above.
 */
int orderbook_is_revoked(const struct orderbook_view *, int, struct orderbook_case *);

/* Is this errno the machine's fault, and nothing that a case could be blamed for? */
int orderbook_is_machine(int);

#endif
