#ifndef VERIFY_TIMELINE_INTERNAL_H
#define VERIFY_TIMELINE_INTERNAL_H

#include "verify_timeline.h"

/* What verify_timeline.c (what was captured) and verify_timeline_bindings.c (which addresses the subject had) share. */
#define TIMELINE_LANE 24.0
#define TIMELINE_LINKS_MAX 200 /* marks that the keyboard stops at */

/* The picture while it is drawn: time runs from ${from} to ${to}. */
struct timeline {
	struct buf *out;
	const struct verify_case_sums *sums;
	size_t number, links;
	stamp_t from, to;
	double y;
};

/* Where a time lies. */
double timeline_place(const struct timeline *, stamp_t);

/* Begin a rectangle of a class, from x to x and so high, that can be seen, however short the time: ">" is to follow. */
void timeline_rect(const struct timeline *, const char *, double, double, double);

/* "FROM to TO, LENGTH" / a whole rectangle between two times / the two lines at the left of a lane. */
void timeline_times(const struct timeline *, stamp_t, stamp_t);
void timeline_plain(const struct timeline *, const char *, stamp_t, stamp_t, double);
void timeline_label(const struct timeline *, const char *, const char *);

/* How high the lanes of the case's bindings are, 0 if it has none / draw them from d->y on. */
double timeline_bindings_height(const struct verify_case_sums *);
void timeline_bindings(struct timeline *);

#endif
