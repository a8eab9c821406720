#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "verify_stream_internal.h"

static int
compare_days(const void *a, const void *b)
{
	const struct verify_stream_day *x = a, *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	return strcmp(x->where, y->where);
}

static void
say_missing_days(const struct verify_stream *s, stamp_t from, stamp_t to, struct verify_result *result)
{
	char first[STAMP_DAY_TEXT], last[STAMP_DAY_TEXT];

	(void)stamp_day_format(first, from);
	(void)stamp_day_format(last, to);
	if (from == to)
		verify_say(result, VERIFY_INCOMPLETE, s->label, "the ledger of %s is missing", first);
	else
		verify_say(result, VERIFY_INCOMPLETE, s->label, "the ledgers of %s to %s are missing", first, last);
}

/* Two ledgers, one the next that there is after the other. */
static void
judge_days(const struct verify_stream *s, const struct verify_stream_day *before, const struct verify_stream_day *d,
    struct verify_result *result)
{
	int adjacent = d->day == before->day + STAMP_DAY, chained = strcmp(d->prev, before->sha256) == 0;

	/* No program takes a keyring lower than one that it has seen: keys revoked since, fewer approvals. */
	if (d->keyring != 0 && d->keyring < before->keyring)
		verify_say(result, VERIFY_TAMPERED, d->where,
		    "its ledger names keyring version %" PRIu64 ", that of an earlier day version %" PRIu64,
		    d->keyring, before->keyring);
	/* Between a final ledger and an extension no ledger is due. */
	if (s->sums.whole && !adjacent && !(chained && before->final))
		say_missing_days(s, before->day + STAMP_DAY, d->day - STAMP_DAY, result);
	if (!adjacent && !chained)
		return;
	if (!chained)
		verify_say(result, VERIFY_TAMPERED, d->where, "its ledger does not name the one of the day before");
	if (d->rows == 0 && strcmp(d->head_seal, before->head_seal) != 0)
		verify_say(result, VERIFY_TAMPERED, d->where,
		    "its ledger is of an empty day, but names another head than the day before");
}

/* The first day on which numbers lie that no ledger lists, STAMP_NONE if there are none. */
static stamp_t
open_since(const struct verify_stream *s, stamp_t last)
{
	stamp_t since = STAMP_NONE;
	size_t i;

	for (i = 0; i < s->item_count; i++) {
		if (s->items[i].is_proven && s->items[i].day > last &&
		    (since == STAMP_NONE || s->items[i].day < since))
			since = s->items[i].day;
	}
	return since;
}

/* Is the tail there: a final ledger, or one so young that the next is not yet due? */
static void
judge_tail(struct verify_stream *s, const struct verify_stream_day *last, struct verify_result *result)
{
	stamp_t since = open_since(s, last == NULL ? STAMP_NONE : last->day), ledger_day;
	char day[STAMP_DAY_TEXT];

	if (last != NULL && last->final && since == STAMP_NONE) {
		s->due = INT64_MAX;
		return;
	}
	if (last != NULL && !last->final)
		ledger_day = last->day;
	else if (since != STAMP_NONE)
		ledger_day = since - STAMP_DAY;
	else
		return;
	s->due = ledger_day + STAMP_DAY;
	if (!s->sums.whole || result->now - VERIFY_STREAM_GRACE < s->due)
		return;
	(void)stamp_day_format(day, s->due);
	verify_say(result, VERIFY_INCOMPLETE, s->label,
	    "the stream is not final, and its ledgers from %s on are missing", day);
}

/* The list of days has room for all. */
static void
keep_day(struct verify_stream *s, const struct verify_stream_day *d)
{
	s->sums.day_list[s->sums.days++] = d->sums;
}

void
verify_stream_judge_ledgers(struct verify_stream *s, struct verify_result *result)
{
	const struct verify_stream_day *d, *before = NULL;
	size_t i;

	if (s->day_count > 1)
		qsort(s->days, s->day_count, sizeof(*s->days), compare_days);
	for (i = 0; i < s->day_count; i++) {
		d = &s->days[i];
		if (before != NULL && d->day == before->day) {
			if (strcmp(d->sha256, before->sha256) == 0)
				verify_say(
				    result, VERIFY_NOTE, d->where, "holds the same ledger as %s", before->where);
			else
				verify_say(result, VERIFY_FORKED, d->where,
				    "holds another ledger of the same day than %s", before->where);
			continue;
		}
		if (before != NULL)
			judge_days(s, before, d, result);
		else if (s->sums.whole && d->prev[0] != '\0')
			verify_say(result, VERIFY_INCOMPLETE, s->label, "the ledgers before that of %s are missing",
			    d->where);
		before = d;
		keep_day(s, d);
	}
	judge_tail(s, before, result);
	if (before == NULL)
		return;
	s->sums.first_day = s->days[0].day;
	s->sums.last_day = before->day;
	s->sums.final = before->final;
	memcpy(s->sums.final_reason, before->final_reason, sizeof(s->sums.final_reason));
}
