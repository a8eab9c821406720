#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify_lane.h"
#include "verify_spans.h"

static int
add(struct verify_lane *l, const struct verify_piece *piece)
{
	struct verify_piece *last = l->count == 0 ? NULL : &l->pieces[l->count - 1], *grown;
	size_t room = l->room == 0 ? 16 : 2 * l->room;

	if (piece->from >= piece->to)
		return 0;
	/* The common case: slice after slice, nothing to be said of either. */
	if (last != NULL && last->kind == piece->kind && last->to == piece->from && piece->kind == PIECE_CAPTURED) {
		last->to = piece->to;
		return 0;
	}
	if (l->count == l->room) {
		grown = reallocarray(l->pieces, room, sizeof(*grown));
		if (grown == NULL)
			return -1;
		l->pieces = grown;
		l->room = room;
	}
	l->pieces[l->count++] = *piece;
	return 0;
}

static int
add_gap(struct verify_lane *l, stamp_t from, stamp_t to, const char *reason)
{
	struct verify_piece piece = {.kind = PIECE_GAP, .from = from, .to = to};

	(void)snprintf(piece.reason, sizeof(piece.reason), "%s", reason); /* parsed from as much room */
	return add(l, &piece);
}

/* The window of a slice without its gaps, which need be in no order. */
static int
add_captured(struct verify_lane *l, const struct slice_record *rec)
{
	const struct span window = {rec->head.from, rec->head.to};
	struct spans gaps = SPANS_INIT, left = SPANS_INIT;
	struct verify_piece piece = {.kind = PIECE_CAPTURED};
	int rc = -1;
	size_t i;

	for (i = 0; i < rec->gap_count; i++) {
		if (spans_add(&gaps, rec->gaps[i].from, rec->gaps[i].to) == -1 ||
		    add_gap(l, rec->gaps[i].from, rec->gaps[i].to, rec->gaps[i].reason) == -1)
			goto out;
	}
	spans_sort(&gaps);
	if (spans_span_subtract(&window, &gaps, &left) == -1)
		goto out;
	for (i = 0; i < left.count; i++) {
		piece.from = left.at[i].from;
		piece.to = left.at[i].to;
		if (add(l, &piece) == -1)
			goto out;
	}
	rc = 0;
out:
	spans_free(&gaps);
	spans_free(&left);
	return rc;
}

/* What is to be known of a slice beside its times. */
static int
add_remarks(struct verify_lane *l, const struct slice_record *rec)
{
	struct verify_piece piece = {.from = rec->head.from, .to = rec->head.to};

	piece.kind = PIECE_LOSS;
	piece.count = rec->lost_disk + rec->lost_quota;
	if ((rec->shared_loss != 0 || piece.count > 0) && add(l, &piece) == -1)
		return -1;
	piece.kind = PIECE_RECOVERED;
	piece.count = 0;
	(void)snprintf(piece.reason, sizeof(piece.reason), "%s", slice_state_text(rec->state)); /* a short word */
	if (rec->state != SLICE_CLOSED && add(l, &piece) == -1)
		return -1;
	piece.kind = PIECE_LATE;
	piece.count = rec->late_frames;
	piece.reason[0] = '\0';
	return rec->late_frames > 0 ? add(l, &piece) : 0;
}

int
verify_lane_package(struct verify_lane *l, const struct package_facts *f)
{
	if (f->is_gap)
		return add_gap(l, f->gap.head.from, f->gap.head.to, f->gap.reason);
	return add_captured(l, &f->slice) == -1 || add_remarks(l, &f->slice) == -1 ? -1 : 0;
}

static int
compare(const void *a, const void *b)
{
	const struct verify_piece *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

void
verify_lane_settle(struct verify_lane *l)
{
	struct verify_piece *last;
	size_t i, kept = 0;

	if (l->count == 0)
		return;
	qsort(l->pieces, l->count, sizeof(*l->pieces), compare);
	for (i = 1; i < l->count; i++) {
		last = &l->pieces[kept];
		if (l->pieces[i].kind != last->kind || l->pieces[i].from > last->to ||
		    strcmp(l->pieces[i].reason, last->reason) != 0) {
			l->pieces[++kept] = l->pieces[i];
			continue;
		}
		if (l->pieces[i].to > last->to)
			last->to = l->pieces[i].to;
		last->count += l->pieces[i].count;
	}
	l->count = kept + 1;
}

void
verify_lane_free(struct verify_lane *l)
{
	free(l->pieces);
	memset(l, 0, sizeof(*l));
}
