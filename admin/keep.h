#ifndef KEEP_H
#define KEEP_H

#include "requests.h"
#include "retention.h"

#include "site.h"

/*
 * How long things are kept, for people: what is due for purging, what speaks against it, what is on hold.
 */
struct keep_day {
	const char *case_id, *iap;
	stamp_t day;
	struct retention_verdict verdict;
};

/**
 * keep_each_day(site, case_id, is_all, each, cookie):
 * Judge the days of a case that lie in the outbox, of each stream the oldest or ${is_all}, as of now, and call
 * each(cookie, day).  A day behind one that is not due is not due either: its verdict is as it is by itself.
 * Return EX_OK, or an exit code after one diag line.
 */
int keep_each_day(const struct site *, const char *, int, int (*)(void *, const struct keep_day *), void *);

/* Call each(cookie, case_id) for all cases that have anything in the outbox.  As above. */
int keep_each_case(const struct site *, int (*)(void *, const char *), void *);

/* The days of a case whose payload is purged. */
uint64_t keep_purged(const struct site *, const char *);

/*
 * How long a case is kept, for casetap status: its holds, what is next to go and what speaks against it, what is gone; as
 * lines / as JSON, or NULL without memory.  What can not be read is one diag line and left out; so is, without a line,
 * what is next to go where ${is_locked}: who has no key to the order does not know how long its days are kept.
 */
void keep_print(const struct site *, const char *, int, stamp_t);
struct json *keep_json(const struct site *, const char *, int, stamp_t);

#endif
