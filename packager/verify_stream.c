#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "text.h"

#include "verify_grow.h"

#include "verify_stream_internal.h"

#define PACKAGER "casetap-packager "

struct verify_stream *
verify_stream_new(const char *case_id, const char *iap, int whole)
{
	struct verify_stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	/* Both were parsed from a name, so both fit. */
	(void)snprintf(s->sums.case_id, sizeof(s->sums.case_id), "%s", case_id);
	(void)snprintf(s->sums.iap, sizeof(s->sums.iap), "%s", iap);
	(void)snprintf(s->label, sizeof(s->label), "%s/%s", s->sums.case_id, s->sums.iap);
	s->sums.whole = whole;
	s->due = STAMP_NONE;
	return s;
}

void
verify_stream_free(struct verify_stream *s)
{
	if (s == NULL)
		return;
	verify_lane_free(&s->sums.lane);
	free(s->sums.day_list);
	free(s->items);
	free(s->days);
	free(s);
}

static struct verify_stream_item *
add_item(struct verify_stream *s)
{
	struct verify_stream_item *grown = verify_grow(s->items, s->item_count, sizeof(*grown));

	if (grown == NULL)
		return NULL;
	s->items = grown;
	memset(&s->items[s->item_count], 0, sizeof(*grown));
	return &s->items[s->item_count++];
}

int
verify_stream_package(struct verify_stream *s, const struct package_facts *f, const char *where)
{
	const struct slice_head *h = f->is_gap ? &f->gap.head : &f->slice.head;
	struct verify_stream_item *i = add_item(s);

	if (i == NULL)
		return -1;
	i->is_gap = f->is_gap != 0;
	i->stands_in = f->is_gap && strncmp(f->gap.head.program, PACKAGER, sizeof(PACKAGER) - 1) == 0;
	if (!f->is_gap) {
		i->frames = f->slice.frames;
		i->bytes = f->slice.bytes;
		i->own_loss = f->slice.lost_disk + f->slice.lost_quota;
		i->possible_loss = f->slice.shared_loss != 0;
		i->late_frames = f->slice.late_frames;
		i->state = f->slice.state;
		i->is_suspect = slice_is_suspect(&f->slice) != 0;
	}
	i->seq = f->names.seq;
	i->where = where;
	i->day = f->day;
	i->is_proven = i->has_seal = 1;
	/* package_check() took each of these for a hash already; "" may only be those of the one before, and the tar's
	 * where what stayed of a purged package does not tell it. */
	i->has_tar = text_unhex(i->tar, DIGEST_BYTES, f->tar_sha256) == 0;
	(void)text_unhex(i->seal, DIGEST_BYTES, f->seal_id);
	(void)text_unhex(i->record, DIGEST_BYTES, f->record_sha256);
	i->has_prev_seal = text_unhex(i->prev_seal, DIGEST_BYTES, f->prev_seal) == 0;
	i->has_prev_record = text_unhex(i->prev_record, DIGEST_BYTES, h->prev) == 0;
	return verify_lane_package(&s->sums.lane, f);
}

int
verify_stream_unproven(struct verify_stream *s, uint64_t seq, const char *seal_id, const char *where)
{
	struct verify_stream_item *i = add_item(s);

	if (i == NULL)
		return -1;
	i->seq = seq;
	i->where = where;
	i->day = STAMP_NONE;
	i->has_seal = text_unhex(i->seal, DIGEST_BYTES, seal_id) == 0;
	return 0;
}

static void
add_rows(struct verify_ledger_sums *d, const struct ledger *l)
{
	size_t i;

	d->day = l->day;
	d->closed = STAMP_NONE;
	d->packages = l->row_count;
	for (i = 0; i < l->row_count; i++) {
		d->gap_packages += l->rows[i].is_gap_package != 0;
		d->frames += l->rows[i].frames;
		d->bytes += l->rows[i].bytes;
		d->own_loss += l->rows[i].own_loss;
		d->possible_loss += l->rows[i].possible_loss != 0;
	}
}

int
verify_stream_ledger(
    struct verify_stream *s, const struct ledger *l, const char *sha256, uint64_t keyring, const char *where)
{
	struct verify_stream_day *grown = verify_grow(s->days, s->day_count, sizeof(*grown)), *d;

	if (grown == NULL)
		return -1;
	s->days = grown;
	d = &s->days[s->day_count++];
	memset(d, 0, sizeof(*d));
	d->day = l->day;
	d->rows = l->row_count;
	d->keyring = keyring;
	d->final = l->final;
	d->where = where;
	memcpy(d->prev, l->prev, sizeof(d->prev));
	memcpy(d->head_seal, l->head_seal, sizeof(d->head_seal));
	memcpy(d->final_reason, l->final_reason, sizeof(d->final_reason));
	(void)snprintf(d->sha256, sizeof(d->sha256), "%s", sha256); /* a hash */
	add_rows(&d->sums, l);
	return 0;
}

void
verify_stream_closed(struct verify_stream *s, stamp_t closed)
{
	if (s->day_count > 0)
		s->days[s->day_count - 1].sums.closed = closed;
}

void
verify_stream_signer(struct verify_stream *s, const char *name, const char *where, struct verify_result *result)
{
	if (s->sums.station[0] == '\0')
		(void)snprintf(s->sums.station, sizeof(s->sums.station), "%s", name); /* the rooms are the same */
	else if (strcmp(s->sums.station, name) != 0)
		verify_say(result, VERIFY_TAMPERED, where,
		    "is signed by station %s, but the stream is that of station %s", name, s->sums.station);
}

void
verify_stream_purged(struct verify_stream *s, uint64_t count)
{
	s->sums.purged_packages += count;
}

/* The proven one of a number first, so that it stands for the number. */
static int
compare_items(const void *a, const void *b)
{
	const struct verify_stream_item *x = a, *y = b;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	if (x->is_proven != y->is_proven)
		return y->is_proven - x->is_proven;
	if (x->has_seal != y->has_seal)
		return y->has_seal - x->has_seal;
	return strcmp(x->where, y->where);
}

static char *
package_name(const struct verify_stream *s, uint64_t seq, char out[NAMES_FILE_ROOM])
{
	return names_package(out, s->sums.case_id, s->sums.iap, seq, ".tar");
}

/* The same tar; or, where only ciphertext was kept of one, the same seal: it covers all but the signature. */
static int
is_copy(const struct verify_stream_item *one, const struct verify_stream_item *other)
{
	if (one->has_tar && other->has_tar)
		return memcmp(one->tar, other->tar, DIGEST_BYTES) == 0;
	return memcmp(one->seal, other->seal, DIGEST_BYTES) == 0;
}

/* The others of the same number: copies, or forks.  Return the index behind them. */
static size_t
judge_same(const struct verify_stream *s, size_t first, struct verify_result *result)
{
	const struct verify_stream_item *one = &s->items[first], *other;
	char name[NAMES_FILE_ROOM];
	size_t i;

	for (i = first + 1; i < s->item_count && s->items[i].seq == one->seq; i++) {
		other = &s->items[i];
		if (!other->is_proven)
			continue;
		if (is_copy(one, other))
			verify_say(result, VERIFY_NOTE, package_name(s, one->seq, name),
			    "is in %s and in %s, the same", one->where, other->where);
		else
			verify_say(result, VERIFY_FORKED, package_name(s, one->seq, name),
			    "is in %s and in %s with other bytes", one->where, other->where);
	}
	return i;
}

static void
judge_first(const struct verify_stream *s, const struct verify_stream_item *i, struct verify_result *result)
{
	char name[NAMES_FILE_ROOM];

	if (i->is_proven && (i->has_prev_seal || i->has_prev_record))
		verify_say(result, VERIFY_TAMPERED, package_name(s, 1, name), "number 1 names a package before it");
}

/* Two numbers that follow each other. */
static void
judge_link(const struct verify_stream *s, const struct verify_stream_item *before, const struct verify_stream_item *i,
    struct verify_result *result)
{
	char name[NAMES_FILE_ROOM];

	if (!i->is_proven || !before->has_seal)
		return;
	if (!i->has_prev_seal || memcmp(i->prev_seal, before->seal, DIGEST_BYTES) != 0)
		verify_say(result, VERIFY_TAMPERED, package_name(s, i->seq, name),
		    "the chain of seals breaks: it does not name the seal of number %" PRIu64, before->seq);
	else if (before->is_proven && !before->stands_in &&
		 (!i->has_prev_record || memcmp(i->prev_record, before->record, DIGEST_BYTES) != 0))
		verify_say(result, VERIFY_TAMPERED, package_name(s, i->seq, name),
		    "the chain of records breaks: it does not name the record of number %" PRIu64, before->seq);
}

static void
say_missing(const struct verify_stream *s, uint64_t from, uint64_t to, struct verify_result *result)
{
	char name[NAMES_FILE_ROOM];

	if (from == to)
		verify_say(result, VERIFY_INCOMPLETE, s->label, "%s is missing", package_name(s, from, name));
	else
		verify_say(result, VERIFY_INCOMPLETE, s->label,
		    "numbers %" PRIu64 " to %" PRIu64 " are missing, %s the first of them", from, to,
		    package_name(s, from, name));
}

static void
add_sums(struct verify_stream_sums *sums, const struct verify_stream_item *i)
{
	if (!i->is_proven)
		return;
	sums->packages++;
	sums->gap_packages += i->is_gap;
	sums->frames += i->frames;
	sums->bytes += i->bytes;
	sums->own_loss += i->own_loss;
	sums->possible_loss += i->possible_loss;
	sums->late_frames += i->late_frames;
	sums->recovered += i->state == SLICE_RECOVERED;
	sums->suspect += i->is_suspect;
}

static void
judge_numbers(struct verify_stream *s, struct verify_result *result)
{
	const struct verify_stream_item *i, *before = NULL;
	size_t at, next;

	if (s->item_count > 1)
		qsort(s->items, s->item_count, sizeof(*s->items), compare_items);
	for (at = 0; at < s->item_count; at = next) {
		i = &s->items[at];
		next = judge_same(s, at, result);
		add_sums(&s->sums, i);
		if (i->seq == 1)
			judge_first(s, i, result);
		if (before != NULL && i->seq == before->seq + 1)
			judge_link(s, before, i, result);
		else if (s->sums.whole && i->seq > (before == NULL ? 1 : before->seq + 1))
			say_missing(s, before == NULL ? 1 : before->seq + 1, i->seq - 1, result);
		before = i;
	}
	if (before != NULL) {
		s->sums.first_seq = s->items[0].seq;
		s->sums.last_seq = before->seq;
	}
}

static void
judge_loss(const struct verify_stream *s, struct verify_result *result)
{
	if (s->sums.own_loss > 0)
		verify_say(result, VERIFY_GAPS, s->label, "%" PRIu64 " frames are declared lost (disk or quota)",
		    s->sums.own_loss);
	if (s->sums.possible_loss > 0)
		verify_say(result, VERIFY_GAPS, s->label,
		    "in %" PRIu64 " slices loss on the shared interface is declared possible", s->sums.possible_loss);
}

/* Slices that did not end as they should: what they hold is whole, what they lack is a gap of their own. */
static void
judge_states(const struct verify_stream *s, struct verify_result *result)
{
	if (s->sums.recovered > 0)
		verify_say(result, VERIFY_NOTE, s->label,
		    "%" PRIu64 " slices were recovered after a crash: the longest sound part of what was written",
		    s->sums.recovered);
	if (s->sums.suspect > 0)
		verify_say(result, VERIFY_NOTE, s->label,
		    "%" PRIu64
		    " slices are suspect: a disk did not take what was written to them, and they were closed",
		    s->sums.suspect);
}

int
verify_stream_judge(struct verify_stream *s, struct verify_result *result)
{
	struct verify_stream_sums *sums;

	s->sums.day_list = calloc(s->day_count + 1, sizeof(*s->sums.day_list));
	if (s->sums.day_list == NULL)
		return -1;
	judge_numbers(s, result);
	verify_stream_judge_ledgers(s, result);
	judge_loss(s, result);
	judge_states(s, result);
	verify_lane_settle(&s->sums.lane);
	sums = verify_result_stream(result);
	if (sums == NULL)
		return -1;
	*sums = s->sums;
	memset(&s->sums.lane, 0, sizeof(s->sums.lane));
	s->sums.day_list = NULL;
	return 0;
}

stamp_t
verify_stream_due(const struct verify_stream *s)
{
	return s->due;
}
