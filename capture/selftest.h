#ifndef SELFTEST_H
#define SELFTEST_H

#include <stddef.h>
#include <stdint.h>

#include "order.h"

#include "probe.h"

/*
 * Would every subject be captured?  The frames of probe.h go through a matcher like the reader's, through the generated
 * kernel filter as this kernel runs it, and, where asked, over the wire and a live ring.  Nothing is ever stored.
 */
struct selftest;
struct injector;
struct kfilter;

/* What became of a frame, the better before the worse. */
enum selftest_verdict {
	SELFTEST_FOUND,
	SELFTEST_NARROWED,    /* found, and then left out by the order's own filter */
	SELFTEST_NOT_FOUND,   /* the matcher does not find the case in it */
	SELFTEST_KEPT_OUT,    /* the kernel filter does not let it in */
	SELFTEST_NOT_ARRIVED, /* it was sent, and came to no interface */
	SELFTEST_TAKEN,       /* it is nobody's, and was found to be somebody's */
	SELFTEST_VERDICTS
};

/**
 * selftest_new(orders, count, probes):
 * Make matchers and filter for the orders, which are borrowed, as are the tunnels of ${probes}; its nonce is random.
 * Return it, or NULL after one diag line.
 */
struct selftest *selftest_new(const struct order *const *, size_t, const struct probe_config *);
void selftest_free(struct selftest *);

/* The kernel filter, to be put in force on the rings. */
const struct kfilter *selftest_filter(const struct selftest *);

/* Judge every frame by the matcher, and by the kernel filter on a pair of sockets.  0, or -1 after one diag line. */
int selftest_judge(struct selftest *);

/* Send every frame, and judge what comes out of the rings.  0, or -1 after one diag line. */
int selftest_inject(struct selftest *, struct injector *);

/* How many frames there were, and how many that are not as they should be. */
size_t selftest_frames(const struct selftest *);
size_t selftest_bad(const struct selftest *);

/* Print an account, a line or more a case: case IDs and kinds of identifiers, never an address. */
void selftest_print(const struct selftest *);

#endif
