#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "text.h"

#include "verify_grow.h"

#include "verify_records_internal.h"

#define STATE "stream.json"
#define STATE_MAX ((size_t)4 * 1024 * 1024)

static int
add_tags(struct records_stream *s, const struct names *n)
{
	struct records_tags *grown;

	grown = verify_grow(s->tags, s->tag_count, sizeof(*grown));
	if (grown == NULL)
		return -1;
	s->tags = grown;
	s->tags[s->tag_count++] = (struct records_tags){n->seq, 0};
	return 0;
}

/* DAY.rows? */
static int
is_rows(const char *name, stamp_t *day)
{
	char text[STAMP_DAY_TEXT];
	size_t n = strcspn(name, ".");

	if (n >= sizeof(text) || strcmp(name + n, RECORDS_ROWS) != 0)
		return 0;
	memcpy(text, name, n);
	text[n] = '\0';
	return stamp_day_parse(text, day) == 0;
}

static int
on_name(void *cookie, const char *name)
{
	struct records_folder *f = cookie;
	struct records_stream *s = cookie; /* whose first member it is */
	stamp_t day, *grown;
	struct names n;

	/* What is about to be deleted is no part of them any more. */
	if (f->r->is_under_way && records_is_purged(f->r, s->iap, name))
		return 0;
	names_parse(name, &n);
	if (n.kind == NAMES_TAGS && strcmp(n.case_id, f->r->case_id) == 0 && strcmp(n.iap, s->iap) == 0) {
		f->failed |= add_tags(s, &n) == -1;
	} else if (n.kind == NAMES_TAGS) {
		records_say(f, VERIFY_TAMPERED, name, "is of another stream");
	} else if (strcmp(name, STATE) == 0) {
		s->has_state = 1;
	} else if (is_rows(name, &day)) {
		grown = reallocarray(s->days, s->day_count + 1, sizeof(*grown));
		if (grown == NULL) {
			f->failed = 1;
			return 1;
		}
		s->days = grown;
		s->days[s->day_count++] = day;
	}
	return f->failed;
}

static int
load_state(struct records_stream *s)
{
	struct buf text = BUF_INIT, again = BUF_INIT;
	int rc = 0;

	(void)snprintf(
	    s->state.case_id, sizeof(s->state.case_id), "%s", s->f.r->case_id); /* names that were judged */
	(void)snprintf(s->state.iap, sizeof(s->state.iap), "%s", s->iap);
	errno = 0;
	if (verify_file_load(&s->f.dir, STATE, STATE_MAX, &text) == -1) {
		rc = records_say_file(&s->f, STATE, errno);
		s->is_damaged = 1;
	} else if (sealed_parse(&s->state, text.data == NULL ? "" : text.data, text.len) == -1 ||
		   sealed_write(&s->state, &again) == -1 || again.len != text.len ||
		   memcmp(again.data, text.data, text.len) != 0) {
		if (errno == ENOMEM)
			rc = records_say_file(&s->f, STATE, errno);
		else
			records_say(&s->f, VERIFY_TAMPERED, STATE, "is not as casetap writes it");
		s->is_damaged = 1;
	}
	buf_free(&text);
	buf_free(&again);
	return rc;
}

static int
has_same_orders(const struct sealed *a, const struct sealed *b)
{
	size_t i;

	for (i = 0; i < a->order_count && i < b->order_count; i++) {
		if (strcmp(a->orders[i].name, b->orders[i].name) != 0 ||
		    strcmp(a->orders[i].sha256, b->orders[i].sha256) != 0)
			return 0;
	}
	return a->order_count == b->order_count;
}

/* The day whose ledger comes behind the newest of which the log tells. */
static stamp_t
day_behind(const struct records_stream *s, const struct records_word *last)
{
	size_t i;

	if (last->number == 0)
		return last->day + STAMP_DAY;
	/* The first behind a final one is that of a package. */
	for (i = 0; i < s->day_count && s->days[i] <= last->day; i++)
		;
	return i < s->day_count ? s->days[i] : STAMP_NONE;
}

/*
 * What of the ledgers is in the log: is the last one the state's?  NULL also where the log does not know it yet: the run
 * that closed the day was killed, and the next one will tell.
 */
static const char *
ledger_difference(const struct records_stream *s, stamp_t *due)
{
	const struct records *r = s->f.r;
	const struct records_word *w = NULL, *last = NULL;
	uint8_t hash[DIGEST_BYTES];
	size_t i;

	*due = s->state.closed == STAMP_NONE ? s->first_open : s->state.due;
	for (i = 0; i < r->word_count; i++) {
		if (r->words[i].kind != RECORDS_CLOSED || strcmp(r->words[i].iap, s->iap) != 0)
			continue;
		last = last == NULL || r->words[i].day > last->day ? &r->words[i] : last;
		w = r->words[i].day == s->state.closed ? &r->words[i] : w;
	}
	if (last == NULL || s->state.closed == STAMP_NONE || (w == NULL && s->state.closed == day_behind(s, last)))
		return NULL;
	if (w == NULL || text_unhex(hash, sizeof(hash), s->state.ledger_sha256) == -1 ||
	    memcmp(hash, w->object, sizeof(hash)) != 0)
		return "last ledger";
	*due = w->number == 0 ? s->state.closed + STAMP_DAY : s->first_open;
	return NULL;
}

/* The word for what the state has otherwise than the packages, or NULL. */
static const char *
difference(const struct records_stream *s)
{
	const struct sealed *a = &s->state, *b = &s->want;
	const int is_purged = s->f.r->is_purged;
	const char *what;
	stamp_t due;

	if (a->next != b->next || strcmp(a->head_seal, b->head_seal) != 0 ||
	    strcmp(a->head_record, b->head_record) != 0)
		return "last number";
	if (strcmp(a->order_sha256, b->order_sha256) != 0 || a->content_id != b->content_id ||
	    a->revision != b->revision)
		return "order";
	if (a->covered != b->covered || a->day != b->day || a->day_bytes != b->day_bytes)
		return "day";
	if (strcmp(a->station, b->station) != 0)
		return "station";
	if (a->custody_lines != 0 && /* see judge_state */
	    (a->custody_lines != b->custody_lines || strcmp(a->custody_head, b->custody_head) != 0))
		return "head of the custody log";
	/* What was purged may have been encrypted, and all that the last ledger tells of. */
	if (a->is_encrypted != b->is_encrypted && !(is_purged && a->is_encrypted))
		return "encryption";
	if ((strcmp(a->ledger_seal, b->ledger_seal) != 0 || strcmp(a->ledger_order, b->ledger_order) != 0) &&
	    !(is_purged && b->ledger_seal[0] == '\0'))
		return "last ledger's head";
	what = ledger_difference(s, &due);
	if (what != NULL)
		return what;
	if (a->due != due)
		return "day that is due";
	return is_purged || has_same_orders(a, b) ? NULL : "order files";
}

static int
compare_days(const void *a, const void *b)
{
	const stamp_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Is it a stream whose very first package was under way when the run was killed?  Of that nothing counts yet. */
static int
is_begun(const struct records_stream *s)
{
	return records_iap_of(s->f.r, s->iap) == NULL && s->tag_count == 1 && s->tags[0].seq == 1 &&
	       s->day_count <= 1;
}

/* A state is saved before the log is told: one that knows less is not the last.  1 if so, and said. */
static int
is_older(const struct records_stream *s, const struct records_iap *told)
{
	char day[STAMP_DAY_TEXT];

	if (told == NULL || s->is_damaged)
		return 0;
	if (told->sealed >= s->state.next)
		records_say(&s->f, VERIFY_INCOMPLETE, STATE,
		    "counts numbers up to %" PRIu64 ", but the custody log tells of number %" PRIu64
		    ": it is an older copy",
		    s->state.next - 1, told->sealed);
	else if (told->closed > s->state.closed)
		records_say(&s->f, VERIFY_INCOMPLETE, STATE,
		    "does not know the ledger of %s, of which the custody log tells: it is an older copy",
		    stamp_day_format(day, told->closed));
	else
		return 0;
	return 1;
}

/* Hold the state against what rows, tag files and log make it. */
static void
judge_state(const struct records_stream *s)
{
	const char *what;

	/* After the records were purged the state alone stays, so that no number is given again. */
	if (s->is_damaged || (s->f.r->is_purged && s->want.next == 1))
		return;
	if (s->want.next < s->state.next)
		records_say(&s->f, VERIFY_INCOMPLETE, STATE,
		    "counts numbers up to %" PRIu64 ", but rows end with %" PRIu64, s->state.next - 1,
		    s->want.next - 1);
	else if ((what = difference(s)) != NULL)
		records_say(
		    &s->f, VERIFY_TAMPERED, STATE, "its %s is not what rows, tag files and custody log say", what);
	else if (s->state.custody_lines == 0 && s->want.custody_lines != 0)
		/* Or somebody took that out: one of an earlier version, whose stream ended then, never had it. */
		records_say(&s->f, VERIFY_INCOMPLETE, STATE,
		    "does not tell of the custody log, of which the last package does");
}

static int
judge(struct records_stream *s)
{
	struct records_iap *told = records_iap_of(s->f.r, s->iap);
	int older;
	size_t i;

	if (s->has_state && load_state(s) == -1)
		return -1;
	if (!s->has_state && is_begun(s))
		return records_rest(s);
	if (!s->has_state && s->tag_count + s->day_count > 0)
		records_say(&s->f, VERIFY_INCOMPLETE, STATE, "is missing");
	if (told != NULL)
		told->is_seen = s->has_state || s->tag_count + s->day_count > 0;
	older = s->has_state && is_older(s, told);
	s->want.next = 1;
	s->want.day = s->want.covered = s->first_open = STAMP_NONE;
	if (s->day_count > 1)
		qsort(s->days, s->day_count, sizeof(*s->days), compare_days);
	for (i = 0; i < s->day_count; i++) {
		/* Rows of a day that the state does not know are of a run that was killed before its package counted. */
		if (s->has_state && s->state.day != STAMP_NONE && s->days[i] > s->state.day)
			continue;
		if (records_rows(s, s->days[i]) == -1)
			return -1;
	}
	if (records_rest(s) == -1)
		return -1;
	if (s->has_state && !older)
		judge_state(s);
	return 0;
}

int
records_streams_gone(struct records *r)
{
	char where[VERIFY_WHERE_ROOM], path[NAMES_IAP_ROOM + sizeof(STATE) + 1];
	size_t i;

	for (i = 0; i < r->iap_count; i++) {
		if (r->iaps[i].is_seen)
			continue;
		(void)snprintf(path, sizeof(path), "%s/" STATE, r->iaps[i].iap); /* has room */
		verify_say(r->run->result, VERIFY_INCOMPLETE, verify_label(where, r->label, path),
		    "is missing; the custody log tells of the stream");
	}
	return 0;
}

int
records_stream(struct records *r, const char *iap)
{
	struct records_stream s = {.iap = iap, .first_open = STAMP_NONE};
	int rc = records_each(r, iap, &s.f, on_name);

	s.state.day = s.state.closed = STAMP_NONE;
	if (rc == 0 && s.f.dir.fd != -1) {
		s.f.dir.fd = fsio_opendirat(r->dir.fd, iap);
		rc = s.f.dir.fd == -1 ? records_say_file(&s.f, "", errno) : judge(&s);
		if (s.f.dir.fd != -1)
			(void)close(s.f.dir.fd); /* a folder */
	}
	sealed_clear(&s.state);
	sealed_clear(&s.want);
	free(s.tags);
	free(s.days);
	return rc;
}
