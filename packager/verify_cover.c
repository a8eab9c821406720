#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify_cover.h"

#define DURATION_TEXT 48

struct verify_cover {
	struct spans captured;
	struct spans opening; /* begins where a stream does */
	struct verify_gap *gaps;
	size_t gap_count, gap_room;
};

/* What is built up while a case is judged. */
struct judging {
	struct verify_cover *cover;
	const struct spans *window; /* of the orders; NULL: not known */
	struct spans due;           /* what of it is due by now */
	const char *where;
	struct verify_case_sums *sums;
	struct verify_result *result;
	struct spans declared;
};

struct verify_cover *
verify_cover_new(void)
{
	return calloc(1, sizeof(struct verify_cover));
}

void
verify_cover_free(struct verify_cover *c)
{
	if (c == NULL)
		return;
	spans_free(&c->captured);
	spans_free(&c->opening);
	free(c->gaps);
	free(c);
}

static int
add_gap(struct verify_cover *c, stamp_t from, stamp_t to, const char *reason)
{
	size_t room = c->gap_room == 0 ? 16 : 2 * c->gap_room;
	struct verify_gap *grown, *last = c->gap_count == 0 ? NULL : &c->gaps[c->gap_count - 1];

	if (from >= to)
		return 0;
	if (last != NULL && last->to == from && strcmp(last->reason, reason) == 0) {
		last->to = to;
		return 0;
	}
	if (c->gap_count == c->gap_room) {
		grown = reallocarray(c->gaps, room, sizeof(*grown));
		if (grown == NULL)
			return -1;
		c->gaps = grown;
		c->gap_room = room;
	}
	c->gaps[c->gap_count].from = from;
	c->gaps[c->gap_count].to = to;
	(void)snprintf(
	    c->gaps[c->gap_count++].reason, SLICE_REASON_ROOM, "%s", reason); /* parsed from as much room */
	return 0;
}

/* A slice captured its window but for its gaps, which need be in no order. */
static int
add_slice(struct verify_cover *c, const struct slice_record *rec)
{
	const struct span window = {rec->head.from, rec->head.to};
	struct spans gaps = SPANS_INIT;
	int rc = -1;
	size_t i;

	for (i = 0; i < rec->gap_count; i++) {
		if (spans_add(&gaps, rec->gaps[i].from, rec->gaps[i].to) == -1 ||
		    add_gap(c, rec->gaps[i].from, rec->gaps[i].to, rec->gaps[i].reason) == -1)
			goto out;
	}
	spans_sort(&gaps);
	rc = spans_span_subtract(&window, &gaps, &c->captured);
out:
	spans_free(&gaps);
	return rc;
}

int
verify_cover_package(struct verify_cover *c, const struct package_facts *f)
{
	const struct slice_head *h = f->is_gap ? &f->gap.head : &f->slice.head;

	if (h->seq == 1 && spans_add(&c->opening, h->from, h->to) == -1)
		return -1;
	return f->is_gap ? add_gap(c, h->from, h->to, f->gap.reason) : add_slice(c, &f->slice);
}

/* Where in it the gaps of a slice are, its row does not say. */
int
verify_cover_row(struct verify_cover *c, const struct ledger_row *r)
{
	if (r->seq == 1 && spans_add(&c->opening, r->from, r->to) == -1)
		return -1;
	return r->is_gap_package ? add_gap(c, r->from, r->to, r->gap) : spans_add(&c->captured, r->from, r->to);
}

/* A length of time in words, for people: "29 min 12.5 s". */
static const char *
duration(stamp_t t, char out[DURATION_TEXT])
{
	int64_t days = t / STAMP_DAY, seconds = t % STAMP_DAY / STAMP_SECOND, ms = t % STAMP_SECOND / 1000000;

	if (days > 0)
		(void)snprintf(out, DURATION_TEXT, "%" PRId64 " d %" PRId64 " h %" PRId64 " min", days,
		    seconds / 3600, seconds % 3600 / 60);
	else if (seconds >= 3600)
		(void)snprintf(out, DURATION_TEXT, "%" PRId64 " h %" PRId64 " min %" PRId64 " s", seconds / 3600,
		    seconds % 3600 / 60, seconds % 60);
	else if (seconds >= 60)
		(void)snprintf(out, DURATION_TEXT, "%" PRId64 " min %" PRId64 " s", seconds / 60, seconds % 60);
	else
		(void)snprintf(out, DURATION_TEXT, "%" PRId64 ".%03" PRId64 " s", seconds, ms);
	return out;
}

/* Is it the moment that opening the ring took, at the begin of a stream or of a window? */
static int
is_opening(const struct judging *j, const struct verify_gap *gap)
{
	if (gap->to - gap->from >= STAMP_SECOND)
		return 0;
	return spans_begin_at(&j->cover->opening, gap->from) ||
	       (j->window != NULL && spans_begin_at(j->window, gap->from));
}

static int
say_gap(struct judging *j, const struct verify_gap *gap)
{
	char from[STAMP_TEXT], to[STAMP_TEXT], length[DURATION_TEXT];
	const char *reason = gap->reason;
	enum verify_code code = VERIFY_INCOMPLETE;

	if (reason[0] == '\0')
		reason = "neither captured nor declared";
	else
		code = is_opening(j, gap) ? VERIFY_NOTE : VERIFY_GAPS;
	verify_say(j->result, code, j->where, "%s to %s, %s: %s", stamp_format(from, gap->from),
	    stamp_format(to, gap->to), duration(gap->to - gap->from, length), reason);
	return verify_case_gap(j->sums, gap);
}

/* What of one declared gap nothing else captured, inside the orders' window. */
static int
judge_gap(struct judging *j, const struct verify_gap *gap)
{
	const struct span whole = {gap->from, gap->to};
	struct spans open = SPANS_INIT, left = SPANS_INIT;
	const struct spans *pieces = &open;
	struct verify_gap piece = *gap;
	int rc = -1;
	size_t i;

	if (spans_span_subtract(&whole, &j->cover->captured, &open) == -1)
		goto out;
	if (j->window != NULL) {
		if (spans_intersect(&open, j->window, &left) == -1)
			goto out;
		pieces = &left;
	}
	for (i = 0; i < pieces->count; i++) {
		piece.from = pieces->at[i].from;
		piece.to = pieces->at[i].to;
		if (spans_add(&j->declared, piece.from, piece.to) == -1 || say_gap(j, &piece) == -1)
			goto out;
	}
	rc = 0;
out:
	spans_free(&open);
	spans_free(&left);
	return rc;
}

/* What is due, was not captured, and nothing declares. */
static int
judge_due(struct judging *j)
{
	struct spans captured = SPANS_INIT, declared = SPANS_INIT, open = SPANS_INIT, missing = SPANS_INIT;
	struct verify_gap gap = {.reason = ""};
	int rc = -1;
	size_t i;

	if (spans_intersect(&j->due, &j->cover->captured, &captured) == -1 ||
	    spans_intersect(&j->due, &j->declared, &declared) == -1 ||
	    spans_subtract(&j->due, &j->cover->captured, &open) == -1 ||
	    spans_subtract(&open, &j->declared, &missing) == -1)
		goto out;
	for (i = 0; i < missing.count; i++) {
		gap.from = missing.at[i].from;
		gap.to = missing.at[i].to;
		if (say_gap(j, &gap) == -1)
			goto out;
	}
	j->sums->judged = 1;
	j->sums->due = spans_length(&j->due);
	j->sums->captured = spans_length(&captured);
	j->sums->declared = spans_length(&declared);
	j->sums->missing = spans_length(&missing);
	j->sums->from = j->due.count == 0 ? STAMP_NONE : j->due.at[0].from;
	j->sums->to = j->due.count == 0 ? STAMP_NONE : j->due.at[j->due.count - 1].to;
	rc = 0;
out:
	spans_free(&captured);
	spans_free(&declared);
	spans_free(&open);
	spans_free(&missing);
	return rc;
}

static int
compare_gaps(const void *a, const void *b)
{
	const struct verify_gap *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

static int
compare_reasons(const void *a, const void *b)
{
	const struct verify_gap *x = a, *y = b;
	int order = strcmp(x->reason, y->reason);

	return order != 0 ? order : compare_gaps(a, b);
}

/* In the order of time.  What several IAPs declare for one reason is one gap of the case. */
static void
sort_gaps(struct verify_cover *c)
{
	struct verify_gap *last = c->gaps;
	size_t i;

	if (c->gap_count < 2)
		return;
	qsort(c->gaps, c->gap_count, sizeof(*c->gaps), compare_reasons);
	for (i = 1; i < c->gap_count; i++) {
		if (c->gaps[i].from > last->to || strcmp(c->gaps[i].reason, last->reason) != 0)
			*++last = c->gaps[i];
		else if (c->gaps[i].to > last->to)
			last->to = c->gaps[i].to;
	}
	c->gap_count = (size_t)(last - c->gaps) + 1;
	qsort(c->gaps, c->gap_count, sizeof(*c->gaps), compare_gaps);
}

/* Gaps are told of all that was delivered; what is missing, only of what is due. */
int
verify_cover_judge(struct verify_cover *c, const struct spans *window, stamp_t until, const char *where,
    struct verify_case_sums *sums, struct verify_result *result)
{
	struct judging j = {.cover = c, .window = window, .where = where, .sums = sums, .result = result};
	int rc = -1;
	size_t i;

	spans_sort(&c->captured);
	spans_sort(&c->opening);
	sort_gaps(c);
	for (i = 0; i < c->gap_count; i++) {
		if (judge_gap(&j, &c->gaps[i]) == -1)
			goto out;
	}
	spans_sort(&j.declared);
	for (i = 0; window != NULL && i < window->count; i++) {
		if (spans_add(&j.due, window->at[i].from, window->at[i].to) == -1)
			goto out;
	}
	spans_cut(&j.due, until);
	rc = window == NULL ? 0 : judge_due(&j);
out:
	spans_free(&j.declared);
	spans_free(&j.due);
	return rc;
}
