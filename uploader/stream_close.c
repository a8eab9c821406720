#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"

#include "archive.h"
#include "completeness.h"
#include "stream_internal.h"

#define MISSING_SHOWN 400
#define SEAL "SHA256SUMS.minisig"

/* For completeness_check(): the cookie is a struct closing. */
struct closing {
	struct stream *s;
	const struct day *d;
	int is_open;        /* there: then only what lies by the url of today counts */
	uint64_t elsewhere; /* files that lie where another url led */
};

static int
is_delivered(void *cookie, const char *file, const char *sha256)
{
	struct closing *c = cookie;
	struct receipt r;
	int has = receipts_get_last(c->s->receipts, file, day_stamp(c->d), &r);

	if (has == -1 && errno != EBADMSG)
		return -1;
	if (has == -1) {
		stream_account(c->s->v, EX_PROTOCOL); /* somebody put it there: FAULTS would have us trust it */
		return 0;
	}
	if (!has || strcmp(r.sha256, sha256) != 0)
		return 0;
	if (!c->is_open || stream_is_of_here(c->s, c->d, &r))
		return 1;
	c->elsewhere++;
	return 0;
}

/* What the day of a destination says that it is complete with. */
static const char *
last_of(const struct stream *s)
{
	return s->v->conf->deliver == CONF_DAY ? "the day as one file" : "SHA256SUMS";
}

/* One line, and once an hour a journal entry, that names ${what} is missing: a receipt, or one of today's url. */
static int
tell_incomplete(struct stream *s, const struct day *d, const char *what, const char *missing, uint64_t holes)
{
	struct visit *v = s->v;
	char scope[STREAM_SCOPE_ROOM], why[STREAM_WHY_ROOM];
	struct json *detail;

	(void)snprintf(why, sizeof why, "%s is held back, no %s for %.*s%s", last_of(s), what, MISSING_SHOWN, missing,
	    strlen(missing) > MISSING_SHOWN ? " ..." : "");
	progress_clear(v->progress);
	diag_errx("%s/%s/%s to %s: incomplete: %s", s->case_id, s->iap, day_text(d), v->conf->name, why);
	/* What failed was accounted for, and the next run may mend it. */
	if (s->end->may_pass)
		return 0;
	stream_account(v, EX_NOINPUT);
	stream_scope(s, d, "", scope);
	if (blocked_find(v->blocked, scope) != NULL)
		return 0;
	if (blocked_add(v->blocked, scope, EX_NOINPUT, why, stamp_now(), BLOCKED_SECONDS) == -1) {
		diag_err("%s", scope);
		return -1;
	}
	alarm_raise(
	    v->session->alarm, &(const struct alarm_text){"incomplete", v->conf->name, s->case_id, day_text(d), why});
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

/* Is the receipt of a file that closes the day its own, and of these bytes?  1, 0 after it was said, or -1. */
static int
is_proven(struct stream *s, const struct day *d, const char *name)
{
	char hex[DIGEST_HEX];
	struct receipt r;
	int has = receipts_get(s->receipts, name, day_stamp(d), &r);

	if (has == 0 || (has == -1 && errno != EBADMSG))
		return -1;
	if (has == 1) {
		has = day_seal_hash(d, name, hex);
		if (has == -1)
			diag_err("%s/%s/%s/%s", s->case_id, s->iap, day_text(d), name);
		if (has == -1 || (has == 1 && strcmp(r.sha256, hex) == 0))
			return has;
	}
	stream_account(s->v, EX_PROTOCOL);
	return tell_incomplete(s, d, "receipt", name, 1);
}

enum settled {
	SETTLED_BEFORE,
	SETTLED_NOW,
	SETTLED_NOT, /* it was said */
	SETTLED_FAILED
};

/* Bring one of the files that close a day, of which ${last} is the last, if it has still to go. */
static enum settled
settle(struct stream *s, struct day *d, const char *name, const char *last)
{
	char archive[NAMES_FILE_ROOM];
	int has = receipts_has(s->receipts, name, day_stamp(d)), wanted = has == 0, rc;
	const uint64_t arrived = s->arrived;

	if (has == 1) {
		rc = is_proven(s, d, name);
		if (rc != 1)
			return rc == 0 ? SETTLED_NOT : SETTLED_FAILED;
		wanted = stream_is_asked_again(s, d, name);
		if (!wanted && s->v->opts->audit)
			wanted = stream_audit(s, d, name);
		else if (!wanted && (has = receipts_has(s->receipts, last, day_stamp(d))) == 0)
			wanted = stream_is_elsewhere(s, d, name); /* and whoever has it last shall have all */
	}
	if (has == -1 || wanted == -1)
		return SETTLED_FAILED;
	if (!wanted)
		return SETTLED_BEFORE;
	/* Whatever receipts there are from before: what says that the day is complete does not go again. */
	if ((s->end->has_lost || s->end->is_doubted) && day_is_seal(name))
		return SETTLED_NOT;
	day_file_name(d, DAYTAR, archive);
	rc = strcmp(name, archive) == 0 ? stream_deliver_archive(s, d, name) : stream_deliver_file(s, d, name);
	if (rc == 0)
		rc = s->arrived != arrived; /* what goes again has a receipt from before */
	return rc == -1 ? SETTLED_FAILED : rc == 1 ? SETTLED_NOW : SETTLED_NOT;
}

/* Is nothing known against what was delivered before?  1, or 0 after it was said. */
static int
is_as_delivered(struct stream *s, const struct day *d)
{
	if (!s->end->has_lost && !s->end->is_doubted)
		return 1;
	progress_clear(s->v->progress);
	diag_errx("%s/%s/%s to %s: not %s", s->case_id, s->iap, day_text(d), s->v->conf->name,
	    s->end->has_lost
		? "complete: what was delivered before is not there as it was"
		: "known to be complete: what was delivered before could not be looked at, or not be sent again");
	return 0;
}

/* Bring SHA256SUMS and its signature: the signature goes last of all, and never before what it signs. */
static int
close_packages(struct stream *s, struct day *d)
{
	enum settled is = SETTLED_BEFORE;

	for (size_t i = 0; i < day_count(d); i++) {
		if (!day_is_seal(day_name(d, i)))
			continue;
		is = settle(s, d, day_name(d, i), SEAL);
		if (is == SETTLED_FAILED)
			return -1;
		if (is == SETTLED_NOT)
			break;
	}
	if (!is_as_delivered(s, d) || is == SETTLED_NOT || (is != SETTLED_NOW && s->v->opts->audit))
		return 0;
	return tell_complete(s, d, SEAL);
}

/* The day as one file, its sum, and last its signature: its presence says that the day is complete. */
static int
close_archive(struct stream *s, struct day *d)
{
	static const char *const suffixes[] = {DAYTAR, DAYTAR_SUM, DAYTAR_SIG};
	char name[NAMES_FILE_ROOM], last[NAMES_FILE_ROOM];
	enum settled is;
	int is_new = 0;

	if (!archive_is_sealed(d))
		return 0; /* the packager has not come to it */
	day_file_name(d, DAYTAR_SIG, last);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		day_file_name(d, suffixes[i], name);
		is = settle(s, d, name, last);
		if (is == SETTLED_NOT)
			(void)is_as_delivered(s, d); /* which it says */
		if (is == SETTLED_NOT || is == SETTLED_FAILED)
			return is == SETTLED_NOT ? 0 : -1;
		is_new |= is == SETTLED_NOW;
	}
	return is_new && s->v->conf->deliver == CONF_DAY ? tell_complete(s, d, name) : 0;
}

/* For completeness_check() of numbers alone: what the day lists goes with it, in the one file. */
static int
is_within(void *cookie, const char *file, const char *sha256)
{
	(void)cookie;
	(void)file;
	(void)sha256;
	return 1;
}

/* Is nothing missing?  1, 0 after it was said (if ${tell}), or -1. */
static int
is_whole(struct closing *c, completeness_delivered_fn *delivered, int tell)
{
	struct stream *s = c->s;
	const struct day *d = c->d;
	struct buf missing = BUF_INIT;
	uint64_t holes, after = s->after;
	int rc;

	if (after == UINT64_MAX && day_ledger(d)->prev[0] == '\0')
		after = 0;
	rc = completeness_check(day_ledger(d), day_sums(d), after, delivered, c, &missing, &holes);
	if (rc == -1)
		diag_errx("%s/%s/%s: the receipts can not be checked", s->case_id, s->iap, day_text(d));
	else if (holes > 0 && tell)
		rc = tell_incomplete(
		    s, d, c->elsewhere > 0 ? "receipt of today's url" : "receipt", missing.data, holes);
	buf_free(&missing);
	return rc == -1 ? -1 : holes == 0;
}

/* Every file has a receipt: then, and only then, SHA256SUMS and its signature say so at the far end. */
int
stream_close_day(struct stream *s, struct day *d)
{
	struct closing closing = {.s = s, .d = d};
	int rc = receipts_has(s->receipts, SEAL, day_stamp(d));

	/* An audit has looked at each of them where it should lie now. */
	closing.is_open = rc == 0 && !s->v->opts->audit;
	if (rc != -1)
		rc = is_whole(&closing, is_delivered, 1);
	return rc == 1 ? close_packages(s, d) : rc;
}

/* No number is left out between the days: then the one file may say that its day is complete. */
int
stream_close_archive(struct stream *s, struct day *d)
{
	struct closing closing = {.s = s, .d = d};
	int rc = is_whole(&closing, is_within, s->v->conf->deliver == CONF_DAY);

	return rc == 1 ? close_archive(s, d) : rc;
}
