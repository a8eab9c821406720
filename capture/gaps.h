#ifndef GAPS_H
#define GAPS_H

#include "slice.h"

/*
 * The gaps of one slice: at most SLICE_GAPS_MAX, in the order in which they came, then sorted.
 */

/* Add [from, to), which must not be empty; one that touches the last of the same reason is joined to it.  When the list is
 * full the last grows: more is declared missing than was, never less. */
void gaps_add(struct slice_gap[SLICE_GAPS_MAX], size_t *, stamp_t, stamp_t, const char *);

/* Cut all to the window [from, to), drop what lies outside, sort by their start. */
void gaps_clip(struct slice_gap[SLICE_GAPS_MAX], size_t *, stamp_t, stamp_t);

#endif
