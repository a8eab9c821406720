#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"

#include "stream_internal.h"
#include "turn.h"

static const char changed[] = "audit: what lies there is not what was delivered";
static const char hidden[] = "audit: the version that was delivered is there, but the name shows another or none";

/* One look at the far end. */
struct look {
	struct destination *d;
	const char *path;
	const struct receipt *receipt;
	char why[STREAM_WHY_ROOM];
};

static enum answer
because(struct look *l, enum answer a, const char *why)
{
	(void)snprintf(l->why, sizeof l->why, "%s", why); /* cut where it is too long: it is for people */
	return a;
}

/* Fetch the bytes that were looked at, and compare them. */
static enum answer
compare_bytes(struct look *l)
{
	char hex[DIGEST_HEX];
	enum answer a = destination_hash(l->d, l->path, l->receipt->bytes, hex);

	if (a == ANSWER_LONGER || (a == ANSWER_OK && strcmp(hex, l->receipt->sha256) != 0))
		return because(l, ANSWER_CONFLICT, changed);
	return a == ANSWER_OK || a == ANSWER_ABSENT ? a : because(l, a, destination_why(l->d));
}

/*
 * The name does not show the version of the receipt.  That one may be hidden; or it is gone, and the name shows what an
 * earlier audit sent in its place.
 */
static enum answer
look_behind(struct look *l, enum answer shown)
{
	uint64_t bytes;
	enum answer a = destination_look(l->d, l->path, l->receipt->version, &bytes);

	if (a == ANSWER_OK)
		return because(l, ANSWER_CONFLICT, hidden);
	if (a != ANSWER_ABSENT || shown == ANSWER_ABSENT)
		return because(l, a, destination_why(l->d));
	a = destination_stat(l->d, l->path, &bytes);
	return a == ANSWER_OK ? compare_bytes(l) : because(l, a, destination_why(l->d));
}

static enum answer
look(struct look *l, int fetch)
{
	uint64_t bytes;
	enum answer a = destination_stat(l->d, l->path, &bytes);

	if (a == ANSWER_TAKEN)
		return because(l, ANSWER_CONFLICT, destination_why(l->d));
	if (l->receipt->version[0] != '\0' &&
	    (a == ANSWER_ABSENT || (a == ANSWER_OK && strcmp(destination_version(l->d), l->receipt->version) != 0)))
		return look_behind(l, a);
	if (a != ANSWER_OK)
		return because(l, a, destination_why(l->d));
	if (bytes != DESTINATION_UNKNOWN && bytes != l->receipt->bytes)
		return because(l, ANSWER_CONFLICT, changed);
	return fetch ? compare_bytes(l) : ANSWER_OK;
}

/* It was delivered, and is not there any more. */
static int
tell_missing(struct stream *s, const struct day *d, const char *name, const char *path)
{
	struct json *detail = stream_detail(s, d, name);

	s->is_gone = 1; /* until it has arrived */
	s->v->standing->again++;
	progress_clear(s->v->progress);
	diag_errx(
	    "%s to %s: audit: it was delivered and is not there any more: is sent again", path, s->v->conf->name);
	if (json_put_string(detail, "result", "missing") == -1) {
		json_free(detail);
		detail = NULL;
	}
	return journal_write(s->v->session->journal, s->case_id, "audit", NULL, detail) == -1 ? -1 : 1;
}

int
stream_audit(struct stream *s, const struct day *d, const char *name)
{
	struct visit *v = s->v;
	char path[STREAM_SCOPE_ROOM];
	struct receipt r;
	struct look l = {.d = v->destination, .path = path, .receipt = &r};
	enum answer a;

	if (stream_is_held(s, d, name))
		return 0;
	if (receipts_get_last(s->receipts, name, day_stamp(d), &r) != 1) {
		if (errno != EBADMSG)
			return -1;
		stream_account(v, EX_PROTOCOL); /* it was said; nobody may trust it */
		return 0;
	}
	stream_scope(s, d, name, path);
	progress_begin(v->progress, v->conf->name, path);
	destination_keep(v->destination, s->keep_days);
	turn_give(v->session->turn);
	a = look(&l, v->opts->audit == AUDIT_BYTES);
	turn_take(v->session->turn);
	if (a == ANSWER_OK) {
		stream_succeeded(s, d, name);
		v->standing->seen++;
		return 0;
	}
	if (a == ANSWER_ABSENT)
		return tell_missing(s, d, name, path);
	if (a == ANSWER_CONFLICT)
		v->standing->differ++;
	return stream_fail(s, d, name, a, l.why);
}
