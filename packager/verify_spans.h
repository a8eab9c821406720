#ifndef VERIFY_SPANS_H
#define VERIFY_SPANS_H

#include <stddef.h>

#include "stamp.h"

/*
 * Sets of time: half-open spans [from, to).  After spans_sort() they rise and neither touch nor overlap; the set
 * operations want both sides so.
 */
struct span {
	stamp_t from, to;
};

struct spans {
	struct span *at;
	size_t count, room;
};

#define SPANS_INIT         \
	{                  \
		NULL, 0, 0 \
	}

/* Add a span (an empty one is none), joined to the last one if it goes on from there / sort and join / release. */
int spans_add(struct spans *, stamp_t, stamp_t);
void spans_sort(struct spans *);
void spans_free(struct spans *);

/* Append to ${out} what lies in ${a} and not in ${b} / in both.  Return 0, or -1 with errno ENOMEM. */
int spans_subtract(const struct spans *, const struct spans *, struct spans *);
int spans_intersect(const struct spans *, const struct spans *, struct spans *);

/* The same for one span: the part of it outside / inside of ${b}, found by halving. */
int spans_span_subtract(const struct span *, const struct spans *, struct spans *);
int spans_span_intersect(const struct span *, const struct spans *, struct spans *);

/* Drop what lies at or after ${end}. */
void spans_cut(struct spans *, stamp_t);

/* Length of all / does a span begin exactly at that time? */
stamp_t spans_length(const struct spans *);
int spans_begin_at(const struct spans *, stamp_t);

#endif
