#ifndef SUMMARY_H
#define SUMMARY_H

#include <stdint.h>

#include "buf.h"
#include "order.h"
#include "slice.h"

/*
 * What an order wants written beside its slices (casetap-summary(5)): CSV for who would rather look than read.  The same
 * slice, record and order give the same bytes.
 */
struct summary_source {
	const struct order *order;
	const struct slice_record *slice;
	int fd; /* of the savefile; its position does not matter */
};

/**
 * summary_flows(source, max, out):
 * Append a row a flow, of at most ${max} flows; more are summed up in one row that says so.
 * Return 0, or -1 with errno set.
 */
int summary_flows(const struct summary_source *, size_t, struct buf *);

/**
 * summary_packets(source, put, cookie):
 * Hand a row a frame to put(cookie, text, n), some at a time.  Return 0, or -1 with errno set, by put() perhaps.
 */
int summary_packets(const struct summary_source *, int (*)(void *, const void *, size_t), void *);

#endif
