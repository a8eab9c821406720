#include <errno.h>
#include <fcntl.h>
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
#include "lanes.h"
#include "pace.h"
#include "stream_internal.h"

int
stream_is_over(const struct stream *s)
{
	return s->v->standing->is_over || s->end->is_over;
}

static int
is_number_asked_again(const struct uploader_options *o, const char *name)
{
	struct names parsed;

	names_parse(name, &parsed);
	return parsed.kind == NAMES_PACKAGE && parsed.seq >= o->resend_first && parsed.seq <= o->resend_last;
}

int
stream_is_asked_again(const struct stream *s, const struct day *d, const char *name)
{
	const struct uploader_options *o = s->v->opts;
	struct names parsed;

	if (o->resend_first == 0 || strcmp(o->resend_case, s->case_id) != 0 || strcmp(o->resend_iap, s->iap) != 0)
		return 0;
	names_parse(name, &parsed);
	if (parsed.kind != NAMES_DAY_TAR && parsed.kind != NAMES_DAY_SUM)
		return is_number_asked_again(o, name);
	for (size_t i = 0; i < day_count(d); i++) {
		if (is_number_asked_again(o, day_name(d, i)))
			return 1;
	}
	return 0;
}

/* Has this file still to go, or, with --audit, to be looked for?  1, 0, or -1. */
static int
is_due(struct stream *s, const struct day *d, const char *name)
{
	int has;

	if (!outbox_is_for(s->v->conf->deliver, name))
		return 0;
	if (s->v->opts->audit || stream_is_asked_again(s, d, name))
		return 1;
	/* A day whose last receipts are not its own is not closed, whatever their names say. */
	has = day_closes(name) ? receipts_has_own(s->receipts, name, day_stamp(d))
			       : receipts_has(s->receipts, name, day_stamp(d));
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

/* The files of a day that may go in any order. */
struct load {
	struct stream *s;
	struct day *d;
	const char **names; /* borrowed from the day, or from its SHA256SUMS */
	size_t count;
	int is_closing; /* the day is to be closed there: all of it has to lie by the url of today */
	int is_told;    /* not all of it does, and that was said */
};

/* May anything but notices go at this hour? */
static int
is_hour(const struct stream *s)
{
	return pace_is_open(s->v->conf, stamp_now());
}

/* For lanes_batch(): the cookie is a struct load. */
static int
bring(void *cookie, struct visit *v, size_t i)
{
	const struct load *l = cookie;
	const char *name = l->names[i];
	struct stream s = *l->s;
	int has;

	s.v = v;
	if (v->between != NULL)
		v->between(v, v->between_cookie);
	if (stream_is_over(&s) || !is_hour(&s))
		return 0;
	if (v->opts->audit && !stream_is_asked_again(&s, l->d, name)) {
		has = receipts_has(s.receipts, name, day_stamp(l->d));
		if (has == 1)
			has = !stream_audit(&s, l->d, name);
		if (has != 0)
			return has == -1 ? -1 : 0;
	}
	return stream_deliver_file(&s, l->d, name);
}

/* Files that were purged here can not be sent again, but they can be looked for. */
static void
list_purged(struct load *l)
{
	const struct manifest *sums = day_sums(l->d);

	for (size_t i = 0; i < manifest_count(sums); i++) {
		const char *name = manifest_entry(sums, i)->name;

		if (faccessat(day_dirfd(l->d), name, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
		    outbox_is_for(l->s->v->conf->deliver, name) &&
		    receipts_has(l->s->receipts, name, day_stamp(l->d)) == 1)
			l->names[l->count++] = name;
	}
}

/*
 * Whoever finds a day that says it is complete shall find all of it there, and not what came since the url was pointed to
 * that place.  An audit looks for all of it anyway.  Return 0, or -1.
 */
static int
look_if_closing(struct load *l)
{
	const struct visit *v = l->s->v;
	int has;

	if (v->opts->audit || v->conf->deliver == CONF_DAY || day_state(l->d) != DAY_CLOSED)
		return 0;
	has = receipts_has(l->s->receipts, "SHA256SUMS.minisig", day_stamp(l->d));
	l->is_closing = has == 0;
	return has == -1 ? -1 : 0;
}

static int
is_left_elsewhere(struct load *l, const char *name)
{
	struct stream *s = l->s;
	int is = stream_is_elsewhere(s, l->d, name);

	if (is == 1 && !l->is_told++) {
		progress_clear(s->v->progress);
		diag_notice("%s/%s/%s to %s: some of it was delivered to another url: it is looked for here",
		    s->case_id, s->iap, day_text(l->d), s->v->conf->name);
	}
	return is;
}

/* Can this file go now?  1, 0, or -1. */
static int
is_of_load(struct load *l, const char *name)
{
	int due = 0;

	if (day_is_seal(name) || day_is_archive(name) || (day_state(l->d) != DAY_CLOSED && !day_may_go_early(name)))
		return 0;
	/* Notices go by a way of their own, but an audit looks for them with the rest. */
	if (!stream_is_notice(name) || l->s->v->opts->audit)
		due = is_due(l->s, l->d, name);
	return due == 0 && l->is_closing ? is_left_elsewhere(l, name) : due;
}

/* Which files of the day can go now?  Return 0, or -1. */
static int
list_load(struct load *l)
{
	struct stream *s = l->s;
	size_t room = day_count(l->d) + (day_state(l->d) == DAY_CLOSED ? manifest_count(day_sums(l->d)) : 0);
	int due;

	l->names = calloc(room + 1, sizeof *l->names);
	if (l->names == NULL) {
		diag_err("outbox/%s/%s/%s", s->case_id, s->iap, day_text(l->d));
		return -1;
	}
	if (look_if_closing(l) == -1)
		return -1;
	/* What failed before comes last. */
	for (size_t i = 0; i < 2 * day_count(l->d); i++) {
		const char *name = day_name(l->d, i % day_count(l->d));

		if (stream_has_failed(s, l->d, name) != (i >= day_count(l->d)))
			continue;
		due = is_of_load(l, name);
		if (due == -1)
			return -1;
		if (due)
			l->names[l->count++] = name;
	}
	if (s->v->opts->audit && day_state(l->d) == DAY_CLOSED)
		list_purged(l);
	return 0;
}

static int
deliver_load(struct stream *s, struct day *d)
{
	struct load l = {.s = s, .d = d};
	struct batch b = {.bring = bring, .cookie = &l};
	int rc = list_load(&l);

	b.count = l.count;
	if (rc == 0)
		rc = lanes_batch(s->v, &b);
	free(l.names);
	return rc;
}

static int
deliver_day(struct stream *s, struct day *d)
{
	int rc;

	s->end->may_pass = s->end->has_lost = s->end->is_doubted = 0;
	if (day_judge(d) == -1) {
		diag_err("outbox/%s/%s/%s", s->case_id, s->iap, day_text(d));
		return -1;
	}
	if (day_state(d) == DAY_DAMAGED && !stream_is_held(s, d, "SHA256SUMS") &&
	    stream_fail(s, d, "SHA256SUMS", ANSWER_ROT, day_why(d)) == -1)
		return -1;
	rc = stream_day_notices(s, d);
	if (rc == 0)
		rc = deliver_load(s, d);
	if (stop_requested())
		s->v->standing->is_over = 1;
	if (rc == -1 || day_state(d) != DAY_CLOSED || stream_is_over(s) || !is_hour(s))
		return rc;
	if (s->v->conf->deliver != CONF_DAY && stream_close_day(s, d) == -1)
		return -1;
	return s->v->conf->deliver != CONF_PACKAGES && !stream_is_over(s) ? stream_close_archive(s, d) : 0;
}

/* A day that has something to go, or that is looked at again. */
static int
visit_day(struct stream *s, struct day *d)
{
	int rc = deliver_day(s, d);

	return rc == 0 && s->v->opts->audit != AUDIT_NONE ? stream_compare_listing(s, d) : rc;
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
	for (size_t i = 0; rc == 0 && i < s->day_count && !stream_is_over(s); i++) {
		d = day_open(s->dirfd, s->case_id, s->iap, s->days[i], s->v->session->keyring);
		if (d == NULL)
			return -1;
		rc = day_is_due(s, d);
		if (rc == 1)
			rc = visit_day(s, d);
		last = day_last_seq(d);
		if (last != 0)
			s->after = last;
		day_close(d);
	}
	return rc;
}

/* An audit looks at the receipts as well: nothing was taken out, put in, or changed. */
static int
audit_chain(struct stream *s)
{
	char shown[STREAM_SCOPE_ROOM];
	int rc;

	(void)snprintf(shown, sizeof shown, "receipts/%s/%s", s->case_id, s->iap); /* has room */
	rc = receipts_check(receipts_dirfd(s->receipts), s->v->conf->name, shown);
	if (rc == 0)
		stream_account(s->v, EX_PROTOCOL);
	return rc == -1 ? -1 : 0;
}

int
stream_deliver(struct visit *v, const char *case_id, const char *iap)
{
	struct stream_end end = {0};
	struct stream s = {
	    .v = v, .case_id = case_id, .iap = iap, .dirfd = -1, .keep_days = v->keep_days, .end = &end};
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
	rc = v->opts->audit ? audit_chain(&s) : 0;
	if (rc == 0)
		rc = deliver_days(&s);
out:
	receipts_close(s.receipts);
	if (s.dirfd != -1)
		(void)close(s.dirfd); /* a folder */
	free(s.days);
	return rc;
}
