#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ack.h"
#include "diag.h"
#include "fsio.h"
#include "text.h"

#include "stream_internal.h"
#include "turn.h"

#define PART ".part"
#define NAMED_MAX 20 /* strangers' files of a day that are named; the rest is counted */
#define NAME_ROOM 400

/* A day and what its folder at the far end is said to hold. */
struct comparison {
	struct stream *s;
	const struct day *d;
	struct listing listing;
	uint64_t differ;             /* files that it does not show as they were delivered */
	char first[NAMES_FILE_ROOM]; /* the first of them, for the alarm */
	const char *why;
};

/* Is it a name that we gave, or that an LEA may give?  1, 0, or -1. */
static int
is_known(const struct comparison *c, const char *name)
{
	const struct day *d = c->d;
	struct names parsed;

	if (strncmp(name, ACK_NAME, sizeof ACK_NAME - 1) == 0 || text_ends_with(name, PART))
		return 1;
	for (size_t i = 0; i < day_count(d); i++) {
		if (strcmp(day_name(d, i), name) == 0)
			return 1;
	}
	if (day_state(d) == DAY_CLOSED && manifest_find(day_sums(d), name) != NULL)
		return 1;
	if (!fsio_is_plain_name(name) || strlen(name) >= NAMES_FILE_ROOM)
		return 0;
	names_parse(name, &parsed);
	/* Its receipt tells, also where we keep no such file ourselves. */
	return parsed.kind != NAMES_OTHER || strncmp(name, "SHA256SUMS", 10) == 0
		   ? receipts_has(c->s->receipts, name, day_stamp(d))
		   : 0;
}

static int
tell(const struct comparison *c, const char *result, const char *name, const char *text)
{
	const struct visit *v = c->s->v;
	struct json *detail = stream_detail(c->s, c->d, name);
	char path[STREAM_SCOPE_ROOM];

	stream_scope(c->s, c->d, name, path);
	progress_clear(v->progress);
	diag_errx("%s to %s: audit: %s", path, v->conf->name, text);
	if (json_put_string(detail, "result", result) == -1) {
		json_free(detail);
		detail = NULL;
	}
	return journal_write(v->session->journal, c->s->case_id, "audit", NULL, detail);
}

static int
name_strangers(struct comparison *c)
{
	struct visit *v = c->s->v;
	uint64_t strangers = 0;
	char shown[NAME_ROOM];
	int known, rc = 0;

	for (size_t i = 0; rc == 0 && i < c->listing.count; i++) {
		const char *name = c->listing.entries[i].name;

		turn_yield(v->session->turn); /* there may be tens of thousands */
		if (i > 0 && strcmp(c->listing.entries[i - 1].name, name) == 0)
			continue; /* another version */
		known = is_known(c, name);
		if (known != 0) {
			rc = known == -1 ? -1 : 0;
			continue;
		}
		if (strangers++ < NAMED_MAX) {
			progress_clear(v->progress);
			diag_warnx("%s/%s/%s to %s: audit: %s lies there and is not ours", c->s->case_id, c->s->iap,
			    day_text(c->d), v->conf->name, text_escape(shown, sizeof shown, name, strlen(name)));
		}
	}
	v->standing->strangers += strangers;
	if (rc == 0 && strangers > 0)
		rc = tell(c, "strangers", "", "files lie there that are not ours; they were left alone");
	return rc;
}

/* Is what was delivered shown, and as long as it was? */
static int
check_shown(struct comparison *c, const char *name)
{
	const struct listing_entry *e = listing_find(&c->listing, name), *end;
	struct receipt r;
	int has = receipts_has(c->s->receipts, name, day_stamp(c->d));
	const char *why = NULL;

	if (has != 1)
		return has;
	if (receipts_get_last(c->s->receipts, name, day_stamp(c->d), &r) != 1)
		return 0; /* it was said when the file was looked for */
	if (e == NULL)
		why = "the listing of its folder does not show it";
	end = c->listing.entries + c->listing.count;
	/* Of several versions, the one of the receipt, if it has one and the listing tells of them. */
	for (; why == NULL && r.version[0] != '\0' && e->version != NULL && strcmp(e->version, r.version) != 0; e++) {
		if (e + 1 == end || strcmp(e[1].name, name) != 0)
			why = "the listing of its folder does not show the version that was delivered";
	}
	if (why == NULL && e->bytes != LISTING_UNKNOWN && e->bytes != r.bytes)
		why = "the listing of its folder shows another length";
	if (why == NULL)
		return 0;
	if (c->differ++ == 0) {
		(void)snprintf(c->first, sizeof c->first, "%s", name);
		c->why = why;
	}
	c->s->v->standing->differ++;
	stream_account(c->s->v, EX_PROTOCOL);
	return tell(c, "listing", name, why);
}

/* One alarm a day and destination, however much its listing lacks: each file has its line and its journal entry. */
static void
raise_alarm(struct comparison *c)
{
	char scope[STREAM_SCOPE_ROOM], why[STREAM_WHY_ROOM];

	stream_scope(c->s, c->d, c->first, scope);
	if (c->differ > 1)
		(void)snprintf(why, sizeof why, "%s; and %llu more files of the day do not agree", c->why,
		    (unsigned long long)c->differ - 1);
	else
		(void)snprintf(why, sizeof why, "%s", c->why); /* cut where it is too long: it is for people */
	alarm_raise(c->s->v->session->alarm,
	    &(const struct alarm_text){"listing", c->s->v->conf->name, c->s->case_id, scope, why});
}

static int
compare_files(struct comparison *c)
{
	const struct day *d = c->d;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < day_count(d); i++)
		rc = check_shown(c, day_name(d, i));
	for (size_t i = 0; rc == 0 && day_state(d) == DAY_CLOSED && i < manifest_count(day_sums(d)); i++) {
		const char *name = manifest_entry(day_sums(d), i)->name;

		/* Purged here, but not there. */
		if (faccessat(day_dirfd(d), name, F_OK, AT_SYMLINK_NOFOLLOW) == -1)
			rc = check_shown(c, name);
	}
	return rc == 0 ? name_strangers(c) : rc;
}

int
stream_compare_listing(struct stream *s, const struct day *d)
{
	struct comparison c = {.s = s, .d = d};
	struct visit *v = s->v;
	char path[STREAM_SCOPE_ROOM];
	enum answer a;
	int rc = 0;

	if (stream_is_over(s))
		return 0;
	stream_scope(s, d, "", path);
	turn_give(v->session->turn);
	a = destination_list(v->destination, path, &c.listing);
	(void)listing_find(&c.listing, ""); /* sorts it */
	turn_take(v->session->turn);
	if (a == ANSWER_OK) {
		rc = compare_files(&c);
		if (c.differ > 0)
			raise_alarm(&c);
	} else if (a == ANSWER_LONGER) {
		stream_account(v, EX_PROTOCOL);
		c.why = destination_why(v->destination);
		raise_alarm(&c);
		rc = tell(&c, "listing", "", destination_why(v->destination));
	} else if (a == ANSWER_RETRY || a == ANSWER_UNREACHABLE || a == ANSWER_LOCAL || a == ANSWER_STOPPED) {
		rc = stream_fail(s, d, "", a, destination_why(v->destination));
	} else if (a != ANSWER_ABSENT && !v->standing->is_unlisted) {
		v->standing->is_unlisted = 1;
		progress_clear(v->progress);
		diag_notice(
		    "destination %s: audit: it shows no listing (%s): other people's files are not looked for",
		    v->conf->name, destination_why(v->destination));
	}
	listing_clear(&c.listing);
	return rc;
}
