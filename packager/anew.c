#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "asked.h"
#include "collect.h"
#include "custody.h"
#include "cutlog.h"
#include "diag.h"
#include "fsio.h"
#include "lostlog.h"

#include "anew.h"

#define LOG "custody.jsonl"
#define DONE ".done" /* behind the name of a request that is kept */
#define MARK_ROOM (DIGEST_HEX + sizeof(REQUESTS_SUFFIX DONE))
#define NAMES_ROOM (REQUESTS_APPROVALS_MAX * 66)

/* The names of all who approved, a blank between each two. */
static char *
approvers(const struct requests_entry *e, char out[NAMES_ROOM])
{
	size_t used = 0;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < e->approval_count && used < NAMES_ROOM; i++)
		used += (size_t)snprintf(
		    out + used, NAMES_ROOM - used, "%s%s", i == 0 ? "" : " ", e->approvals[i].signer->name);
	return out;
}

/* Is it already what this request asks for, by a run that was killed then? */
static int
is_ours(const struct custody_begun *b, const struct requests_entry *e)
{
	return strcmp(b->request, e->request.sha256) == 0 && b->lines == e->request.lines &&
	       strcmp(b->head, e->request.head) == 0;
}

/* Is it about the loss of what is known? */
static int
is_of(const struct custody_known *known, const struct requests_entry *e)
{
	return known->lines == e->request.lines && strcmp(known->head, e->request.head) == 0;
}

static int
judge_log(const struct packager *p, const char *case_id, int fd, struct custody_known *known)
{
	const struct custody_case c = {fd, case_id, p->keyring};

	return lostlog_judge(p->statefd, &c, known);
}

/* Why it can not be followed, or NULL. */
static const char *
judge(const struct custody_known *known, int lost, const struct custody_left *left, const struct requests_entry *e)
{
	if (lost != LOSTLOG_LOST)
		return lostlog_why(lost);
	if (!is_of(known, e))
		return "other lines than those are lost: it would have to be asked for anew";
	if (e->request.has_left && left->lines > e->request.left)
		return "more of it is there than who approved was told of: it would have to be asked for anew";
	return NULL;
}

static int
refuse(struct packager *p, const char *case_id, const struct requests_entry *e, const char *why)
{
	struct json *detail = json_object();

	diag_errx("case %s: the custody log is not begun anew on %s: %s", case_id, e->name, why);
	packager_fail(p, packager_status(EINVAL));
	if (json_put_string(detail, "why", why) == -1) {
		json_free(detail);
		return packager_case_failed(p, case_id, LOG);
	}
	return asked_journal(p, case_id, "begin-anew-refused", e->request.sha256, detail) == 0 ? 2 : -1;
}

static int
journal_it(struct packager *p, const char *case_id, const struct requests_entry *e)
{
	struct json *detail = json_object();
	char names[NAMES_ROOM];
	int rc = json_put_integer(detail, "lines", (int64_t)e->request.lines) |
		 json_put_string(detail, "head", e->request.head) |
		 json_put_string(detail, "reason", e->request.reason) |
		 json_put_string(detail, "approvers", approvers(e, names));

	if (rc != 0) {
		json_free(detail);
		return packager_case_failed(p, case_id, LOG);
	}
	return asked_journal(p, case_id, request_act_text(REQUEST_BEGIN), e->request.sha256, detail);
}

/* What is left of the old log goes, and all that the journals have is to be taken from their beginnings. */
static int
clear(struct packager *p, const char *case_id, int fd, uint64_t lines)
{
	if ((lines == 0 || custody_set_aside(fd, lines) == 0) && collect_forget(p) == 0)
		return 0;
	return packager_case_failed(p, case_id, LOG);
}

/* Put the new log where the old one was. */
static int
publish(struct packager *p, const char *case_id, int fd, const struct requests_entry *e)
{
	struct custody_begun b = {.lines = e->request.lines, .at = p->now()};
	char names[NAMES_ROOM];

	memcpy(b.head, e->request.head, sizeof(b.head));
	memcpy(b.request, e->request.sha256, sizeof(b.request));
	if (custody_begin(fd, case_id, &b, e->request.reason, approvers(e, names)) == 0)
		return 0;
	return packager_case_failed(p, case_id, LOG);
}

/* Make custody.head that of the new log. */
static int
commit(struct packager *p, const char *case_id, int fd)
{
	struct custody *log = custody_open(fd, 1);
	int rc;

	if (log == NULL) {
		packager_fail(p, packager_status(errno));
		return -1;
	}
	rc = custody_sync(log) == 0 ? 0 : packager_case_failed(p, case_id, LOG);
	custody_close(log);
	return rc;
}

/* The kept requests, and what the mark beside this one is called; or -1 with errno set. */
static int
open_kept(int fd, const struct requests_entry *e, char name[MARK_ROOM])
{
	(void)snprintf(name, MARK_ROOM, "%s" REQUESTS_SUFFIX DONE, e->request.sha256); /* has room */
	return fsio_opendirat(fd, "requests");
}

/* Nothing more is begun on that request.  Return 0, or -1 after one diag line. */
static int
mark(struct packager *p, const char *case_id, int fd, const struct requests_entry *e)
{
	char name[MARK_ROOM];
	int kept = open_kept(fd, e, name), rc = -1;

	if (kept != -1 && (fsio_put(kept, name, "done\n", 5, PACKAGER_MODE_FILE) == 0 || errno == EEXIST))
		rc = 0;
	if (rc == -1)
		(void)packager_case_failed(p, case_id, name);
	if (kept != -1)
		(void)close(kept); /* a folder */
	return rc;
}

/* 1, 0, or -1 with errno set. */
static int
is_marked(int fd, const struct requests_entry *e)
{
	char name[MARK_ROOM];
	int kept = open_kept(fd, e, name), rc;

	if (kept == -1)
		return -1;
	rc = faccessat(kept, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? 1 : errno == ENOENT ? 0 : -1;
	(void)close(kept); /* a folder */
	return rc;
}

/* The new log is there: say so, which is true only now, and that the request came to its end. */
static int
finish(struct packager *p, const char *case_id, int fd, const struct requests_entry *e)
{
	return journal_it(p, case_id, e) == 0 ? mark(p, case_id, fd, e) : -1;
}

/* A log that was begun on this request is there, but the request was not kept, or not any more. */
static int
begin_again(struct packager *p, const char *case_id, int fd, const struct requests_entry *e)
{
	struct custody_known known;
	int lost, rc = 1;

	if (asked_keep(p, case_id, e, 1) == -1)
		return -1;
	lost = judge_log(p, case_id, fd, &known);
	if (lost == -1)
		return packager_case_failed(p, case_id, LOG);
	if (lost != LOSTLOG_NONE)
		rc = refuse(
		    p, case_id, e, "the log that was begun on it is lost, too: it would have to be asked for anew");
	else if (clear(p, case_id, fd, 0) == -1 || commit(p, case_id, fd) == -1)
		rc = -1;
	if (rc == -1 || finish(p, case_id, fd, e) == -1)
		return -1;
	if (lost == LOSTLOG_NONE)
		cutlog_forget(p, case_id);
	return rc;
}

static int
begin(struct packager *p, const char *case_id, int fd, const struct requests_entry *e)
{
	struct custody_known known;
	struct custody_left left;
	struct custody_begun b;
	const struct custody_case c = {fd, case_id, p->keyring};
	int begun = custody_begun_load(fd, &b), lost = judge_log(p, case_id, fd, &known), rc;
	const char *why;

	if (begun == -1 || lost == -1 || custody_left(fd, &known, &left) == -1)
		return packager_case_failed(p, case_id, LOG);
	if (begun == 1 && is_ours(&b, e))
		return begin_again(p, case_id, fd, e);
	why = judge(&known, lost, &left, e);
	if (why != NULL) {
		rc = refuse(p, case_id, e, why);
		return rc == 2 && e->is_followed && mark(p, case_id, fd, e) == -1 ? -1 : rc;
	}
	if (p->now() < e->request.issued) {
		diag_errx(
		    "case %s: the custody log is not begun anew yet: %s was issued in the future, as the clock goes",
		    case_id, e->name);
		packager_fail(p, EX_TEMPFAIL);
		return 0;
	}
	/* What shows that it may be so comes before it is; what says that it was, after. */
	if (custody_keep_known(&c, &known) == -1)
		return packager_case_failed(p, case_id, LOG);
	if (asked_keep(p, case_id, e, 1) == -1 || clear(p, case_id, fd, e->request.lines) == -1 ||
	    publish(p, case_id, fd, e) == -1 || commit(p, case_id, fd) == -1 || finish(p, case_id, fd, e) == -1)
		return -1;
	cutlog_forget(p, case_id);
	return 1;
}

/* The records of the case, or -1 after one diag line. */
static int
open_records(struct packager *p, const char *case_id)
{
	char path[sizeof("records/") + NAMES_CASE_ROOM];
	int fd;

	(void)snprintf(path, sizeof(path), "records/%s", case_id); /* has room */
	fd = fsio_opendirat(p->statefd, path);
	return fd == -1 ? packager_case_failed(p, case_id, path) : fd;
}

int
anew_begin(struct packager *p, const char *case_id, const struct requests_entry *e)
{
	int fd = open_records(p, case_id), rc;

	if (fd == -1)
		return -1;
	rc = begin(p, case_id, fd, e);
	(void)close(fd); /* a folder */
	return rc;
}

/*
 * May it still begin the log?  Not where it did, which that log says itself, or the journal; and not for another loss than
 * its own, or none: what is known may shrink to its own lines again, when custody.head goes with the log.
 * Return 1, 0, or -1 after one diag line.
 */
static int
may_begin(struct packager *p, const char *case_id, int fd, const struct requests_entry *e, int *is_begun)
{
	struct custody_known known;
	struct custody_begun b;
	int rc = custody_begun_load(fd, &b), told;

	*is_begun = rc == 1 && is_ours(&b, e);
	if (*is_begun)
		return 0;
	if (rc != -1)
		rc = judge_log(p, case_id, fd, &known);
	if (rc == -1)
		return packager_case_failed(p, case_id, LOG);
	if (rc != LOSTLOG_LOST || !is_of(&known, e))
		return 0;
	told = packager_was_journalled(p, request_act_text(REQUEST_BEGIN), e->request.sha256);
	return told == -1 ? -1 : !told;
}

int
anew_is_left(struct packager *p, const char *case_id, const struct requests_entry *e)
{
	int fd = open_records(p, case_id), is_begun = 0, marked, left = 0;

	if (fd == -1)
		return 0;
	marked = is_marked(fd, e);
	if (marked == -1)
		(void)packager_case_failed(p, case_id, "requests");
	if (marked == 0)
		left = may_begin(p, case_id, fd, e, &is_begun);
	if (marked == 0 && left == 0) /* what goes wrong is reported, and tried again by the next run */
		(void)(is_begun ? finish(p, case_id, fd, e) : mark(p, case_id, fd, e));
	(void)close(fd); /* a folder */
	return left == 1 && e->signer != NULL;
}
