#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "outbox.h"
#include "stop.h"

#include "archive.h"
#include "completeness.h"
#include "stream_internal.h"

#define WHY_ROOM 512
#define MISSING_SHOWN 400

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
	int has;

	if (!outbox_is_for(s->v->conf->deliver, name))
		return 0;
	has = is_asked_again(s, name) ? 0 : receipts_has(s->receipts, name, day_stamp(d));
	return has == -1 ? -1 : !has;
}

/* Has anything of the day still to go?  1, 0, or -1. */
static int
day_is_due(struct stream *s, const struct day *d)
{
	char archive[NAMES_FILE_ROOM];
	int due = 0;

	for (size_t i = 0; due == 0 && i < day_count(d); i++)
		due = is_due(s, d, day_name(d, i));
	/* The one file that is not in the folder. */
	if (due == 0 && archive_is_sealed(d)) {
		day_file_name(d, DAYTAR, archive);
		due = is_due(s, d, archive);
	}
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
		stream_account(c->s->v, EX_PROTOCOL); /* somebody put it there: FAULTS would have us trust it */
		return 0;
	}
	return has && strcmp(r.sha256, sha256) == 0;
}

/* One line, and once an hour a journal entry, that names what is missing. */
static int
tell_incomplete(struct stream *s, const struct day *d, const char *missing, uint64_t holes)
{
	struct visit *v = s->v;
	char scope[STREAM_SCOPE_ROOM], why[WHY_ROOM];
	struct json *detail;

	(void)snprintf(why, sizeof why, "SHA256SUMS is held back, no receipt for %.*s%s", MISSING_SHOWN, missing,
	    strlen(missing) > MISSING_SHOWN ? " ..." : "");
	progress_clear(v->progress);
	diag_errx("%s/%s/%s to %s: incomplete: %s", s->case_id, s->iap, day_text(d), v->conf->name, why);
	/* What failed was accounted for, and the next run may mend it. */
	if (s->may_pass)
		return 0;
	stream_account(v, EX_NOINPUT);
	stream_scope(s, d, "", scope);
	if (blocked_find(v->blocked, scope) != NULL)
		return 0;
	if (blocked_add(v->blocked, scope, EX_NOINPUT, why, stamp_now(), BLOCKED_SECONDS) == -1) {
		diag_err("%s", scope);
		return -1;
	}
	detail = stream_detail(s, d, "SHA256SUMS");
	if (json_put_integer(detail, "holes", (int64_t)(holes > INT64_MAX ? INT64_MAX : holes)) == -1 ||
	    json_put_string(detail, "missing", missing) == -1) {
		json_free(detail);
		detail = NULL;
	}
	return journal_write(v->session->journal, s->case_id, "incomplete", NULL, detail);
}

static int
tell_complete(struct stream *s, const struct day *d, const char *last)
{
	struct json *detail = stream_detail(s, d, last);

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
			rc = stream_deliver_file(s, d, name);
		if (rc == 0 && receipts_has(s->receipts, name, day_stamp(d)) != 1)
			goto out;
		sent++;
	}
	if (rc == 0 && sent == 2)
		rc = tell_complete(s, d, "SHA256SUMS.minisig");
out:
	buf_free(&missing);
	return rc;
}

/* The day as one file, its sum, and last its signature: its presence says that the day is complete. */
static int
deliver_archive(struct stream *s, struct day *d)
{
	static const char *const suffixes[] = {DAYTAR, DAYTAR_SUM, DAYTAR_SIG};
	char name[NAMES_FILE_ROOM];
	int sent = 0, has, rc;

	if (!archive_is_sealed(d))
		return 0; /* the packager has not come to it */
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		day_file_name(d, suffixes[i], name);
		has = receipts_has(s->receipts, name, day_stamp(d));
		if (has == 1)
			continue;
		rc = has == -1 ? -1 : i == 0 ? stream_deliver_archive(s, d, name) : stream_deliver_file(s, d, name);
		if (rc == -1)
			return -1;
		if (receipts_has(s->receipts, name, day_stamp(d)) != 1)
			return 0;
		sent++;
	}
	return sent > 0 && s->v->conf->deliver == CONF_DAY ? tell_complete(s, d, name) : 0;
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
	if (day_state(d) == DAY_DAMAGED && !stream_is_held(s, d, "SHA256SUMS") &&
	    stream_fail(s, d, "SHA256SUMS", ANSWER_ROT, day_why(d)) == -1)
		return -1;
	for (size_t i = 0; i < day_count(d); i++) {
		const char *name = day_name(d, i);

		if (s->v->is_over || s->is_over)
			return 0;
		if (stop_requested()) {
			s->v->is_over = 1;
			return 0;
		}
		if (day_is_seal(name) || day_is_archive(name) ||
		    (day_state(d) != DAY_CLOSED && !day_may_go_early(name)))
			continue;
		due = is_due(s, d, name);
		if (due == -1 || (due && stream_deliver_file(s, d, name) == -1))
			return -1;
	}
	if (day_state(d) != DAY_CLOSED || s->v->is_over || s->is_over)
		return 0;
	if (s->v->conf->deliver != CONF_DAY && close_day(s, d) == -1)
		return -1;
	return s->v->conf->deliver != CONF_PACKAGES && !s->v->is_over && !s->is_over ? deliver_archive(s, d) : 0;
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
	char path[STREAM_SCOPE_ROOM], until[STAMP_TEXT];
	int rc = -1;

	if (held != NULL) {
		diag_warnx("case %s to %s: held back until %s: %s", case_id, v->conf->name,
		    stamp_format_seconds(until, held->until), held->why);
		stream_account(v, held->exit);
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
