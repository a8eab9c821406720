#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "outbox.h"
#include "stop.h"

#include "completeness.h"
#include "day.h"
#include "handover.h"
#include "receipts.h"
#include "stream.h"

#define SCOPE_ROOM 320
#define WHY_ROOM 512
#define FAILURES_MAX 3
#define FULL_SECONDS (15 * 60)
#define MISSING_SHOWN 400

struct stream {
	struct visit *v;
	const char *case_id, *iap;
	int dirfd; /* outbox/CASE/IAP */
	struct receipts *receipts;
	stamp_t *days;
	size_t day_count;
	uint64_t after; /* last number of the days before, UINT64_MAX if no day was before */
	int is_over;    /* nothing more of this case */
	int may_pass;   /* something of this day failed in this run that may work in the next */
};

/* What stands in every line and every journal entry about one file. */
static void
scope_of(const struct stream *s, const struct day *d, const char *name, char out[SCOPE_ROOM])
{
	(void)snprintf(out, SCOPE_ROOM, "%s/%s/%s/%s", s->case_id, s->iap, day_text(d), name);
}

static void
account(struct visit *v, int status)
{
	v->status = answer_graver(v->status, status);
}

static struct json *
detail_of(const struct stream *s, const struct day *d, const char *name)
{
	struct json *j = json_object();

	if (json_put_string(j, "destination", s->v->conf->name) == 0 && json_put_string(j, "iap", s->iap) == 0 &&
	    json_put_string(j, "day", day_text(d)) == 0 && json_put_string(j, "file", name) == 0)
		return j;
	json_free(j);
	return NULL;
}

/* How long this is left alone; 0: the next run tries again. */
static uint32_t
hold_seconds(const struct visit *v, enum answer a)
{
	if (answer_is_permanent(a))
		return BLOCKED_SECONDS;
	return a == ANSWER_FULL ? FULL_SECONDS : destination_wait_seconds(v->destination);
}

static int
hold_back(struct stream *s, enum answer a, const char *file_scope, const char *why)
{
	enum answer_scope scope = answer_scope(a);
	uint32_t seconds = hold_seconds(s->v, a);
	const char *name = scope == ANSWER_OF_FILE ? file_scope : scope == ANSWER_OF_CASE ? s->case_id : "";

	if (seconds == 0)
		return 0;
	/* Asked to wait, we wait with all that we have for them. */
	if (a == ANSWER_RETRY)
		name = "";
	return blocked_add(s->v->blocked, name, answer_exit(a), why, stamp_now(), seconds);
}

/* What a failure means for the rest of the run. */
static void
give_way(struct stream *s, enum answer a)
{
	struct visit *v = s->v;

	/* What may be the server's state rather than the file's must not cost all the rest in vain. */
	if (a == ANSWER_RETRY || a == ANSWER_MISMATCH || a == ANSWER_REJECTED)
		v->failures++;
	if (answer_scope(a) == ANSWER_OF_DESTINATION || v->failures >= FAILURES_MAX ||
	    (a == ANSWER_RETRY && destination_wait_seconds(v->destination) > 0))
		v->is_over = 1;
	if (answer_scope(a) == ANSWER_OF_CASE)
		s->is_over = 1;
}

/* Report, journal, remember.  Return 0, or -1 when our own disk or memory failed. */
static int
fail(struct stream *s, const struct day *d, const char *name, enum answer a, const char *why)
{
	struct visit *v = s->v;
	char scope[SCOPE_ROOM];
	struct json *detail;

	if (a == ANSWER_STOPPED) {
		v->is_over = 1;
		return 0;
	}
	scope_of(s, d, name, scope);
	progress_clear(v->progress);
	diag_errx("%s to %s: %s: %s", scope, v->conf->name, answer_text(a), why);
	account(v, answer_exit(a));
	give_way(s, a);
	if (!answer_is_permanent(a))
		s->may_pass = 1;
	detail = detail_of(s, d, name);
	if (json_put_string(detail, "result", answer_text(a)) == -1 || json_put_string(detail, "why", why) == -1) {
		json_free(detail);
		detail = NULL;
	}
	if (hold_back(s, a, scope, why) == -1) {
		diag_err("%s", scope);
		json_free(detail);
		return -1;
	}
	return journal_write(v->session->journal, s->case_id,
	    answer_is_permanent(a) || a == ANSWER_FULL ? "blocked" : "attempt", NULL, detail);
}

/* It has arrived: the journal first, then the receipt, so that no receipt is without its entry. */
static int
acknowledge(struct stream *s, const struct day *d, const char *name, const struct day_file *file, const char *path)
{
	struct visit *v = s->v;
	struct receipt r = {.day = day_stamp(d), .seq = file->seq, .bytes = file->bytes, .attempts = 1};
	struct json *detail = detail_of(s, d, name);
	int has = receipts_has(s->receipts, name, r.day);

	(void)snprintf(r.case_id, sizeof r.case_id, "%s", s->case_id);
	(void)snprintf(r.iap, sizeof r.iap, "%s", s->iap);
	(void)snprintf(r.file, sizeof r.file, "%s", name);
	(void)snprintf(r.destination, sizeof r.destination, "%s", v->conf->name);
	memcpy(r.sha256, file->sha256, sizeof r.sha256);
	(void)destination_location(v->destination, path, r.location, sizeof r.location);
	(void)snprintf(r.peer, sizeof r.peer, "%s", destination_peer(v->destination));
	(void)snprintf(r.method, sizeof r.method, "read-back");
	r.published = stamp_now();
	if (has == -1 || json_put_integer(detail, "bytes", (int64_t)file->bytes) == -1 ||
	    json_put_string(detail, "location", r.location) == -1 || json_put_string(detail, "peer", r.peer) == -1 ||
	    json_put_string(detail, "method", r.method) == -1 || json_put(detail, "again", json_boolean(has)) == -1) {
		json_free(detail);
		diag_errx("%s: no receipt can be written", path);
		return -1;
	}
	if (journal_write(v->session->journal, s->case_id, "receipt", file->sha256, detail) == -1)
		return -1;
	return has ? 0 : receipts_put(s->receipts, &r);
}

/* Send one open file that was proven to be what was sealed. */
static int
send_file(struct stream *s, const struct day *d, const char *name, const struct day_file *file)
{
	struct visit *v = s->v;
	struct json *detail = detail_of(s, d, name);
	char path[SCOPE_ROOM], why[WHY_ROOM];
	enum answer a;

	if (json_put_integer(detail, "bytes", (int64_t)file->bytes) == -1) {
		json_free(detail);
		detail = NULL;
	}
	/* Before the first byte leaves; the entry that follows makes it durable. */
	if (journal_add(v->session->journal, s->case_id, "attempt", file->sha256, detail) == -1)
		return -1;
	scope_of(s, d, name, path);
	progress_begin(v->progress, v->conf->name, path, file->bytes);
	a = handover(v->destination, path, file->fd, file->bytes, file->sha256, why, sizeof why);
	if (a != ANSWER_OK) {
		if (a != ANSWER_STOPPED && (v->waiting == STAMP_NONE || file->sealed < v->waiting))
			v->waiting = file->sealed;
		return fail(s, d, name, a, why);
	}
	v->failures = 0;
	progress_done(v->progress, file->bytes);
	diag_debug("%s to %s: delivered", path, v->conf->name);
	return acknowledge(s, d, name, file, path);
}

/* Is this file left alone for now?  Then it is said so. */
static int
is_held(struct stream *s, const struct day *d, const char *name)
{
	const struct blocked_entry *held;
	char scope[SCOPE_ROOM], until[STAMP_TEXT];

	scope_of(s, d, name, scope);
	held = blocked_find(s->v->blocked, scope);
	if (held == NULL)
		return 0;
	progress_clear(s->v->progress);
	diag_warnx("%s to %s: held back until %s: %s", scope, s->v->conf->name,
	    stamp_format_seconds(until, held->until), held->why);
	account(s->v, held->exit);
	return 1;
}

/* Return 0, or -1 when our own disk or memory failed; whether it arrived is what the receipts say. */
static int
deliver_file(struct stream *s, struct day *d, const char *name)
{
	struct day_file file;
	char why[WHY_ROOM];
	enum answer a;
	int rc;

	if (is_held(s, d, name))
		return 0;
	a = day_open_file(d, name, &file, why, sizeof why);
	if (a != ANSWER_OK)
		return fail(s, d, name, a, why);
	rc = send_file(s, d, name, &file);
	(void)close(file.fd); /* was only read */
	return rc;
}

static int
is_asked_again(const struct stream *s, const char *name)
{
	const struct uploader_options *o = s->v->opts;
	struct names parsed;

	if (o->resend_first == 0 || strcmp(o->resend_case, s->case_id) != 0 || strcmp(o->resend_iap, s->iap) != 0)
		return 0;
	names_parse(name, &parsed);
	return parsed.kind == NAMES_PACKAGE && parsed.seq >= o->resend_first && parsed.seq <= o->resend_last;
}

/* Has this file still to go?  1, 0, or -1. */
static int
is_due(struct stream *s, const struct day *d, const char *name)
{
	int has = is_asked_again(s, name) ? 0 : receipts_has(s->receipts, name, day_stamp(d));

	return has == -1 ? -1 : !has;
}

/* Has anything of the day still to go?  1, 0, or -1. */
static int
day_is_due(struct stream *s, const struct day *d)
{
	int due = 0;

	for (size_t i = 0; due == 0 && i < day_count(d); i++)
		due = is_due(s, d, day_name(d, i));
	return due;
}

/* For completeness_check(): the cookie is a struct closing. */
struct closing {
	struct stream *s;
	const struct day *d;
};

static int
is_delivered(void *cookie, const char *file, const char *sha256)
{
	const struct closing *c = cookie;
	struct receipt r;
	int has = receipts_get(c->s->receipts, file, day_stamp(c->d), &r);

	if (has == -1 && errno != EBADMSG)
		return -1;
	if (has == -1) {
		account(c->s->v, EX_PROTOCOL); /* somebody put it there: FAULTS would have us trust it */
		return 0;
	}
	return has && strcmp(r.sha256, sha256) == 0;
}

/* One line, and once an hour a journal entry, that names what is missing. */
static int
tell_incomplete(struct stream *s, const struct day *d, const char *missing, uint64_t holes)
{
	struct visit *v = s->v;
	char scope[SCOPE_ROOM], why[WHY_ROOM];
	struct json *detail;

	(void)snprintf(why, sizeof why, "SHA256SUMS is held back, no receipt for %.*s%s", MISSING_SHOWN, missing,
	    strlen(missing) > MISSING_SHOWN ? " ..." : "");
	progress_clear(v->progress);
	diag_errx("%s/%s/%s to %s: incomplete: %s", s->case_id, s->iap, day_text(d), v->conf->name, why);
	/* What failed was accounted for, and the next run may mend it. */
	if (s->may_pass)
		return 0;
	account(v, EX_NOINPUT);
	scope_of(s, d, "", scope);
	if (blocked_find(v->blocked, scope) != NULL)
		return 0;
	if (blocked_add(v->blocked, scope, EX_NOINPUT, why, stamp_now(), BLOCKED_SECONDS) == -1) {
		diag_err("%s", scope);
		return -1;
	}
	detail = detail_of(s, d, "SHA256SUMS");
	if (json_put_integer(detail, "holes", (int64_t)(holes > INT64_MAX ? INT64_MAX : holes)) == -1 ||
	    json_put_string(detail, "missing", missing) == -1) {
		json_free(detail);
		detail = NULL;
	}
	return journal_write(v->session->journal, s->case_id, "incomplete", NULL, detail);
}

static int
tell_complete(struct stream *s, const struct day *d)
{
	struct json *detail = detail_of(s, d, "SHA256SUMS.minisig");

	if (json_put_integer(detail, "count", (int64_t)day_ledger(d)->row_count) == -1) {
		json_free(detail);
		detail = NULL;
	}
	progress_clear(s->v->progress);
	diag_notice("%s/%s/%s to %s: complete, %zu packages", s->case_id, s->iap, day_text(d), s->v->conf->name,
	    day_ledger(d)->row_count);
	return journal_write(s->v->session->journal, s->case_id, "complete", day_ledger(d)->head_seal, detail);
}

/* Every file has a receipt: then, and only then, SHA256SUMS and its signature say so at the far end. */
static int
close_day(struct stream *s, struct day *d)
{
	struct closing closing = {s, d};
	struct buf missing = BUF_INIT;
	uint64_t holes, after = s->after;
	size_t sent = 0;
	int rc = -1;

	if (after == UINT64_MAX && day_ledger(d)->prev[0] == '\0')
		after = 0;
	if (completeness_check(day_ledger(d), day_sums(d), after, is_delivered, &closing, &missing, &holes) == -1) {
		diag_errx("%s/%s/%s: the receipts can not be checked", s->case_id, s->iap, day_text(d));
		goto out;
	}
	rc = 0;
	if (holes > 0) {
		rc = tell_incomplete(s, d, missing.data, holes);
		goto out;
	}
	for (size_t i = 0; rc == 0 && i < day_count(d); i++) {
		const char *name = day_name(d, i);

		if (!day_is_seal(name))
			continue;
		/* The signature goes last of all, and never before what it signs. */
		if (!receipts_has(s->receipts, name, day_stamp(d)))
			rc = deliver_file(s, d, name);
		if (rc == 0 && receipts_has(s->receipts, name, day_stamp(d)) != 1)
			goto out;
		sent++;
	}
	if (rc == 0 && sent == 2)
		rc = tell_complete(s, d);
out:
	buf_free(&missing);
	return rc;
}

static int
deliver_day(struct stream *s, struct day *d)
{
	int due;

	s->may_pass = 0;
	if (day_judge(d) == -1) {
		diag_err("outbox/%s/%s/%s", s->case_id, s->iap, day_text(d));
		return -1;
	}
	if (day_state(d) == DAY_DAMAGED && !is_held(s, d, "SHA256SUMS") &&
	    fail(s, d, "SHA256SUMS", ANSWER_ROT, day_why(d)) == -1)
		return -1;
	for (size_t i = 0; i < day_count(d); i++) {
		const char *name = day_name(d, i);

		if (s->v->is_over || s->is_over)
			return 0;
		if (stop_requested()) {
			s->v->is_over = 1;
			return 0;
		}
		if (day_is_seal(name) || (day_state(d) != DAY_CLOSED && !day_may_go_early(name)))
			continue;
		due = is_due(s, d, name);
		if (due == -1 || (due && deliver_file(s, d, name) == -1))
			return -1;
	}
	if (day_state(d) != DAY_CLOSED || s->v->is_over || s->is_over)
		return 0;
	return close_day(s, d);
}

static int
add_day(void *cookie, stamp_t day)
{
	struct stream *s = cookie;
	stamp_t *days = realloc(s->days, (s->day_count + 1) * sizeof *days);

	if (days == NULL)
		return -1;
	s->days = days;
	s->days[s->day_count++] = day;
	return 0;
}

static int
deliver_days(struct stream *s)
{
	struct day *d;
	uint64_t last;
	int rc = 0;

	s->after = UINT64_MAX;
	for (size_t i = 0; rc == 0 && i < s->day_count && !s->v->is_over && !s->is_over; i++) {
		d = day_open(s->dirfd, s->case_id, s->iap, s->days[i], s->v->session->keyring);
		if (d == NULL)
			return -1;
		rc = day_is_due(s, d);
		if (rc == 1)
			rc = deliver_day(s, d);
		last = day_last_seq(d);
		if (last != 0)
			s->after = last;
		day_close(d);
	}
	return rc;
}

int
stream_deliver(struct visit *v, const char *case_id, const char *iap)
{
	struct stream s = {.v = v, .case_id = case_id, .iap = iap, .dirfd = -1};
	const struct blocked_entry *held = blocked_find(v->blocked, case_id);
	char path[SCOPE_ROOM], until[STAMP_TEXT];
	int rc = -1;

	if (held != NULL) {
		diag_warnx("case %s to %s: held back until %s: %s", case_id, v->conf->name,
		    stamp_format_seconds(until, held->until), held->why);
		account(v, held->exit);
		return 0;
	}
	(void)snprintf(path, sizeof path, "outbox/%s/%s", case_id, iap);
	s.dirfd = fsio_opendirat(v->session->statefd, path);
	if (s.dirfd == -1 || outbox_each_day(s.dirfd, add_day, &s) != 0) {
		diag_err("%s", path);
		goto out;
	}
	s.receipts = receipts_open(v->session->statefd, case_id, iap, v->conf->name);
	if (s.receipts == NULL)
		goto out;
	rc = deliver_days(&s);
out:
	receipts_close(s.receipts);
	if (s.dirfd != -1)
		(void)close(s.dirfd); /* a folder */
	free(s.days);
	return rc;
}
