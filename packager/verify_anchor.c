#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "custody.h"
#include "text.h"

#include "verify_grow.h"

#include "verify_anchor.h"

#define CLOCK_SLACK (60 * STAMP_SECOND)   /* a clock is set by a little now and then */
#define ASKED_SLACK (3600 * STAMP_SECOND) /* the station's clock and that of who approved */

/* Is what was signed then covered by the first and last time of one head?  Purges are excused each by its own. */
static int
is_mergeable(const struct verify_anchor *one, stamp_t at)
{
	return one->at == at || (one->line != VERIFY_ANCHOR_PURGE && one->at != STAMP_NONE && at != STAMP_NONE);
}

int
verify_anchor_add(struct verify_anchors *a, const char *iap, uint64_t line, const char *head, const char *where)
{
	struct verify_anchor *grown, *last = a->count == 0 ? NULL : &a->at[a->count - 1];
	const uint64_t lost = a->lost;
	const stamp_t at = a->signed_at;
	uint8_t bytes[DIGEST_BYTES];

	verify_anchors_next(a, 0, STAMP_NONE);
	/* An empty log has no line to be found. */
	if (strcmp(head, CUSTODY_NONE) == 0 || text_unhex(bytes, sizeof(bytes), head) == -1)
		return 0;
	/* Many packages are sealed in one run. */
	if (last != NULL && last->line == line && last->lost == lost && is_mergeable(last, at) &&
	    memcmp(last->head, bytes, sizeof(bytes)) == 0 && strcmp(last->iap, iap) == 0) {
		last->at = at < last->at ? at : last->at;
		last->last = at > last->last ? at : last->last;
		return 0;
	}
	grown = verify_grow(a->at, a->count, sizeof(*grown));
	if (grown == NULL)
		return -1;
	a->at = grown;
	last = &a->at[a->count++];
	memset(last, 0, sizeof(*last));
	last->line = line;
	last->lost = lost;
	last->at = last->last = at;
	memcpy(last->head, bytes, sizeof(bytes));
	memcpy(last->iap, iap, strnlen(iap, sizeof(last->iap) - 1));
	last->where = where;
	return 0;
}

void
verify_anchors_next(struct verify_anchors *a, uint64_t lost, stamp_t at)
{
	a->lost = lost;
	a->signed_at = at;
}

void
verify_anchors_free(struct verify_anchors *a)
{
	free(a->at);
	a->at = NULL;
	a->count = 0;
}

static int
compare(const void *a, const void *b)
{
	const struct verify_anchor *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return memcmp(x->head, y->head, sizeof(x->head));
}

void
verify_anchors_begin(struct verify_anchors *a)
{
	size_t i;

	if (a->count > 1)
		qsort(a->at, a->count, sizeof(*a->at), compare);
	for (i = 0; i < a->count; i++)
		a->at[i].is_due = a->at[i].is_found = 0;
}

void
verify_anchors_drop(struct verify_anchors *a, const char *iap)
{
	size_t i, kept = 0;

	for (i = 0; i < a->count; i++) {
		if (strcmp(a->at[i].iap, iap) != 0)
			a->at[kept++] = a->at[i];
	}
	a->count = kept;
}

void
verify_anchors_expect(struct verify_anchors *a, const char *iap)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		a->at[i].is_due |= strcmp(a->at[i].iap, iap) == 0;
}

/* The first anchor that names that line, or a later one. */
static size_t
first_of(const struct verify_anchors *a, uint64_t line)
{
	size_t low = 0, high = a->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (a->at[middle].line < line)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
look_for(struct verify_anchors *a, uint64_t line, const uint8_t head[DIGEST_BYTES])
{
	int is_found = 0;
	size_t i;

	for (i = first_of(a, line); i < a->count && a->at[i].line == line; i++) {
		if (memcmp(a->at[i].head, head, DIGEST_BYTES) == 0)
			is_found = a->at[i].is_found = 1;
	}
	return is_found;
}

int
verify_anchors_line(struct verify_anchors *a, uint64_t line, const char *hash)
{
	uint8_t head[DIGEST_BYTES];
	int is_package, is_ledger, is_purge;

	if (line == 0 || text_unhex(head, sizeof(head), hash) == -1)
		return 0;
	is_package = look_for(a, line, head);
	is_ledger = look_for(a, VERIFY_ANCHOR_LEDGER, head);
	is_purge = look_for(a, VERIFY_ANCHOR_PURGE, head);
	return is_package || is_ledger || is_purge;
}

/* What was sealed then: that of a case and no stream is a head of the log itself. */
static const char *
kind_of(const struct verify_anchor *a)
{
	return a->iap[0] == '\0' ? "head" : "package";
}

/* Is it of a line that is lost? */
static int
is_lost(const struct verify_anchor *a, const struct verify_anchor_lost *lost)
{
	if (lost->lines == 0)
		return 0;
	if (a->line == VERIFY_ANCHOR_LEDGER)
		return a->lost < lost->lines;
	if (a->line == VERIFY_ANCHOR_PURGE)
		return a->at != STAMP_NONE && a->at <= lost->at && a->at <= lost->asked + ASKED_SLACK;
	return a->line < lost->lines;
}

/* Of a line that is lost, what was signed is all that is known: it must agree.  They are in the order of their lines. */
static int
contradicts(const struct verify_anchors *a, size_t i)
{
	const struct verify_anchor *one = &a->at[i], *before;

	while (one->line != VERIFY_ANCHOR_LEDGER && one->line != VERIFY_ANCHOR_PURGE && i > 0 &&
	       (before = &a->at[--i])->line == one->line) {
		if (before->is_due && memcmp(before->head, one->head, sizeof(one->head)) != 0)
			return 1;
	}
	return 0;
}

/*
 * When a log was begun anew is the station's own word.  What else it signed tells: lines that are lost were the last ones
 * before that, and those that follow after it.
 */
static int
judge_times(const struct verify_anchors *a, const struct verify_anchor_lost *lost, const char *where,
    struct verify_result *result)
{
	char begun[STAMP_TEXT], at[STAMP_TEXT];
	int is_bounded = 0;
	size_t i;

	for (i = 0; lost->lines > 0 && i < a->count; i++) {
		const struct verify_anchor *one = &a->at[i];
		const int is_before = one->line <= lost->lines;

		/* A ledger is signed by its list, which a run that was killed leaves to the next one. */
		if (!one->is_due || one->at == STAMP_NONE || one->line == VERIFY_ANCHOR_PURGE ||
		    one->line == VERIFY_ANCHOR_LEDGER)
			continue;
		if (is_before ? one->last <= lost->at + CLOCK_SLACK : one->at >= lost->at - CLOCK_SLACK) {
			is_bounded |= !is_before;
			continue;
		}
		verify_say(result, VERIFY_TAMPERED, where,
		    "says that it was begun anew at %s, but a %s in %s was sealed at %s, when the lines up to %" PRIu64
		    " were %s",
		    stamp_format_seconds(begun, lost->at), kind_of(one), one->where,
		    stamp_format_seconds(at, is_before ? one->last : one->at), lost->lines,
		    is_before ? "not lost yet" : "lost already");
		return 1;
	}
	if (lost->lines > 0 && !is_bounded && lost->at - result->now > CLOCK_SLACK)
		verify_say(result, VERIFY_NOTE, where,
		    "says that it was begun anew at %s, which is to come by the clock here, %s: nothing that was signed "
		    "tells which of the two is wrong",
		    stamp_format_seconds(begun, lost->at), stamp_format_seconds(at, result->now));
	return 0;
}

void
verify_anchors_judge(const struct verify_anchors *a, uint64_t lines, const struct verify_anchor_lost *lost,
    const char *where, struct verify_result *result)
{
	const struct verify_anchor *ledger = NULL, *purge = NULL, *cut = NULL;
	size_t i;

	if (judge_times(a, lost, where, result))
		return;
	for (i = 0; i < a->count; i++) {
		const struct verify_anchor *one = &a->at[i];

		if (!one->is_due || one->is_found)
			continue;
		if (is_lost(one, lost)) {
			if (!contradicts(a, i))
				continue;
			verify_say(result, VERIFY_TAMPERED, where,
			    "its line %" PRIu64
			    ", which is lost, is not the one that was the last when a %s in %s was sealed, as "
			    "something else here says",
			    one->line, kind_of(one), one->where);
			return;
		}
		if (one->line == VERIFY_ANCHOR_LEDGER) {
			ledger = ledger == NULL ? one : ledger;
		} else if (one->line == VERIFY_ANCHOR_PURGE) {
			purge = purge == NULL ? one : purge;
		} else if (one->line > lines) {
			cut = one;
		} else {
			verify_say(result, VERIFY_TAMPERED, where,
			    "its line %" PRIu64 " is not the one that was the last when a %s in %s was sealed",
			    one->line, kind_of(one), one->where);
			return;
		}
	}
	if (cut != NULL)
		verify_say(result, VERIFY_INCOMPLETE, where,
		    "ends with line %" PRIu64 ", but a %s in %s was sealed when it had %" PRIu64
		    ": it was cut, or is an older copy",
		    lines, kind_of(cut), cut->where, cut->line);
	else if (ledger != NULL)
		verify_say(result, VERIFY_TAMPERED, where,
		    "has no line that was the last when the ledger in %s was closed", ledger->where);
	else if (purge != NULL)
		verify_say(result, VERIFY_TAMPERED, where,
		    "has no line that was the last when the purge in %s was decided", purge->where);
}
