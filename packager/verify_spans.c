#include <stdlib.h>

#include "verify_spans.h"

int
spans_add(struct spans *s, stamp_t from, stamp_t to)
{
	size_t room = s->room == 0 ? 8 : 2 * s->room;
	struct span *grown;

	if (from >= to)
		return 0;
	if (s->count > 0 && s->at[s->count - 1].to == from) {
		s->at[s->count - 1].to = to;
		return 0;
	}
	if (s->count == s->room) {
		grown = reallocarray(s->at, room, sizeof(*grown));
		if (grown == NULL)
			return -1;
		s->at = grown;
		s->room = room;
	}
	s->at[s->count].from = from;
	s->at[s->count++].to = to;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

void
spans_sort(struct spans *s)
{
	size_t i, kept = 0;

	if (s->count == 0)
		return;
	qsort(s->at, s->count, sizeof(*s->at), compare);
	for (i = 1; i < s->count; i++) {
		if (s->at[i].from > s->at[kept].to)
			s->at[++kept] = s->at[i];
		else if (s->at[i].to > s->at[kept].to)
			s->at[kept].to = s->at[i].to;
	}
	s->count = kept + 1;
}

void
spans_free(struct spans *s)
{
	free(s->at);
	s->at = NULL;
	s->count = s->room = 0;
}

/* The first span that ends after ${t}. */
static size_t
first_after(const struct spans *s, stamp_t t)
{
	size_t low = 0, high = s->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (s->at[middle].to <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
spans_span_subtract(const struct span *a, const struct spans *b, struct spans *out)
{
	stamp_t from = a->from;
	size_t i;

	for (i = first_after(b, from); i < b->count && b->at[i].from < a->to; i++) {
		if (spans_add(out, from, b->at[i].from) == -1)
			return -1;
		from = b->at[i].to;
	}
	return spans_add(out, from, a->to);
}

int
spans_span_intersect(const struct span *a, const struct spans *b, struct spans *out)
{
	const struct span *s;
	size_t i;

	for (i = first_after(b, a->from); i < b->count && b->at[i].from < a->to; i++) {
		s = &b->at[i];
		if (spans_add(out, s->from > a->from ? s->from : a->from, s->to < a->to ? s->to : a->to) == -1)
			return -1;
	}
	return 0;
}

int
spans_subtract(const struct spans *a, const struct spans *b, struct spans *out)
{
	size_t i;

	for (i = 0; i < a->count; i++) {
		if (spans_span_subtract(&a->at[i], b, out) == -1)
			return -1;
	}
	return 0;
}

int
spans_intersect(const struct spans *a, const struct spans *b, struct spans *out)
{
	size_t i;

	for (i = 0; i < a->count; i++) {
		if (spans_span_intersect(&a->at[i], b, out) == -1)
			return -1;
	}
	return 0;
}

void
spans_cut(struct spans *s, stamp_t end)
{
	while (s->count > 0 && s->at[s->count - 1].from >= end)
		s->count--;
	if (s->count > 0 && s->at[s->count - 1].to > end)
		s->at[s->count - 1].to = end;
}

stamp_t
spans_length(const struct spans *s)
{
	stamp_t total = 0;
	size_t i;

	for (i = 0; i < s->count; i++)
		total += s->at[i].to - s->at[i].from;
	return total;
}

int
spans_begin_at(const struct spans *s, stamp_t t)
{
	size_t i = first_after(s, t);

	return i < s->count && s->at[i].from == t;
}
