#include <stdlib.h>
#include <string.h>

#include "gaps.h"

static void
extend(struct slice_gap *gap, stamp_t from, stamp_t to)
{
	if (from < gap->from)
		gap->from = from;
	if (to > gap->to)
		gap->to = to;
}

void
gaps_add(struct slice_gap gaps[SLICE_GAPS_MAX], size_t *count, stamp_t from, stamp_t to, const char *reason)
{
	struct slice_gap *last = *count > 0 ? &gaps[*count - 1] : NULL;

	if (from >= to)
		return;
	if (last != NULL && (*count == SLICE_GAPS_MAX ||
				(strcmp(last->reason, reason) == 0 && from <= last->to && to >= last->from))) {
		extend(last, from, to);
		return;
	}
	gaps[*count].from = from;
	gaps[*count].to = to;
	memset(gaps[*count].reason, 0, sizeof(gaps[*count].reason));
	memcpy(gaps[*count].reason, reason, strnlen(reason, SLICE_REASON_ROOM - 1));
	++*count;
}

static int
compare(const void *a, const void *b)
{
	const struct slice_gap *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

void
gaps_clip(struct slice_gap gaps[SLICE_GAPS_MAX], size_t *count, stamp_t from, stamp_t to)
{
	size_t i, n = 0;

	for (i = 0; i < *count; i++) {
		if (gaps[i].from < from)
			gaps[i].from = from;
		if (gaps[i].to > to)
			gaps[i].to = to;
		if (gaps[i].from < gaps[i].to)
			gaps[n++] = gaps[i];
	}
	*count = n;
	if (n > 1)
		qsort(gaps, n, sizeof(*gaps), compare);
}
