#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"

#include "archive.h"
#include "completeness.h"
#include "stream_internal.h"

#define MISSING_SHOWN 400

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
	char scope[STREAM_SCOPE_ROOM], why[STREAM_WHY_ROOM];
	struct json *detail;

	(void)snprintf(why, sizeof why, "SHA256SUMS is held back, no receipt for %.*s%s", MISSING_SHOWN, missing,
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

/* Has one of the files that close a day still to go?  1, 0, or -1. */
static int
is_wanted(struct stream *s, const struct day *d, const char *name)
{
	int has = receipts_has(s->receipts, name, day_stamp(d));

	if (has == 1 && stream_is_asked_again(s, d, name))
		return 1;
	if (has == 1 && s->v->opts->audit)
		return stream_audit(s, d, name);
	return has == -1 ? -1 : !has;
}

/* Every file has a receipt: then, and only then, SHA256SUMS and its signature say so at the far end. */
int
stream_close_day(struct stream *s, struct day *d)
{
	struct closing closing = {s, d};
	struct buf missing = BUF_INIT;
	uint64_t holes, after = s->after;
	int wanted, is_last_new = 0, rc = -1;

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
		wanted = is_wanted(s, d, name);
		rc = wanted == 1 ? stream_deliver_file(s, d, name) : wanted;
		if (rc == 0 && receipts_has(s->receipts, name, day_stamp(d)) != 1)
			goto out;
		is_last_new = wanted == 1;
	}
	if (rc == 0 && (is_last_new || !s->v->opts->audit))
		rc = tell_complete(s, d, "SHA256SUMS.minisig");
out:
	buf_free(&missing);
	return rc;
}

/* The day as one file, its sum, and last its signature: its presence says that the day is complete. */
int
stream_close_archive(struct stream *s, struct day *d)
{
	static const char *const suffixes[] = {DAYTAR, DAYTAR_SUM, DAYTAR_SIG};
	char name[NAMES_FILE_ROOM];
	int sent = 0, wanted, rc;

	if (!archive_is_sealed(d))
		return 0; /* the packager has not come to it */
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		day_file_name(d, suffixes[i], name);
		wanted = is_wanted(s, d, name);
		if (wanted == 0)
			continue;
		rc = wanted == -1 ? -1
		     : i == 0     ? stream_deliver_archive(s, d, name)
				  : stream_deliver_file(s, d, name);
		if (rc == -1)
			return -1;
		if (receipts_has(s->receipts, name, day_stamp(d)) != 1)
			return 0;
		sent++;
	}
	return sent > 0 && s->v->conf->deliver == CONF_DAY ? tell_complete(s, d, name) : 0;
}
