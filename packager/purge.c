#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "asked.h"
#include "custody.h"
#include "diag.h"
#include "fsio.h"
#include "outbox.h"
#include "purge_day.h"
#include "purge_records.h"
#include "retention.h"
#include "stop.h"

#include "purge.h"

#define INTENT "purge.json"
#define FORMAT "casetap-purge-intent/1"
#define MAX_BYTES ((size_t)4096)
#define DEPTH 2

/* A purge request while it is followed. */
struct purge {
	struct packager *p;
	const char *case_id;
	const struct requests_entry *asked;
	struct retention_terms terms;
	int casefd; /* records/CASE */
	stamp_t at; /* as of when retention is judged */
	/* of the stream at hand */
	const char *iap;
	stamp_t *days;
	size_t day_count;
};

static int
open_case(struct packager *p, const char *case_id)
{
	char path[NAMES_CASE_ROOM + 16];
	int fd;

	(void)snprintf(path, sizeof(path), "records/%s", case_id); /* has room */
	fd = fsio_opendirat(p->statefd, path);
	return fd == -1 ? packager_case_failed(p, case_id, path) : fd;
}

static int
save_intent(struct packager *p, int casefd, const struct purge_day *d)
{
	struct json *j = json_object();
	struct buf text = BUF_INIT;
	int rc = -1;

	if (json_put_string(j, "format", FORMAT) == 0 && json_put_string(j, "iap", d->iap) == 0 &&
	    json_put_string(j, "day", d->text) == 0 && json_write(j, &text) == 0 && buf_putc(&text, '\n') == 0)
		rc = fsio_replace(casefd, INTENT, text.data, text.len, PACKAGER_MODE_FILE);
	if (rc == -1)
		(void)packager_case_failed(p, d->case_id, INTENT);
	json_free(j);
	buf_free(&text);
	return rc;
}

static int
forget_intent(struct packager *p, int casefd, const char *case_id)
{
	return fsio_remove(casefd, INTENT) == 0 ? 0 : packager_case_failed(p, case_id, INTENT);
}

/* 1 with the stream and day that a run was at, 0 if there is none, -1 after one diag line. */
static int
load_intent(struct packager *p, int casefd, const char *case_id, char iap[NAMES_IAP_ROOM], stamp_t *day)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	const char *format, *date;
	int rc = -1;

	if (fsio_load(casefd, INTENT, MAX_BYTES, &text) == -1)
		return errno == ENOENT ? 0 : packager_case_failed(p, case_id, INTENT);
	j = json_parse(text.data == NULL ? "" : text.data, text.len, DEPTH);
	format = json_get_string(j, "format");
	date = json_get_string(j, "day");
	if (format != NULL && strcmp(format, FORMAT) == 0 && date != NULL && stamp_day_parse(date, day) == 0 &&
	    json_get_text(j, "iap", iap, NAMES_IAP_ROOM) == 0 && names_is_iap(iap)) {
		rc = 1;
	} else {
		errno = j == NULL && errno == ENOMEM ? ENOMEM : EBADMSG;
		(void)packager_case_failed(p, case_id, INTENT);
	}
	json_free(j);
	buf_free(&text);
	return rc;
}

int
purge_is_held(struct packager *p, const char *case_id)
{
	struct requests *now = requests_load(p->statefd, case_id, p->keyring, p->now());
	int held;

	if (now == NULL) {
		packager_fail(p, packager_status(errno));
		return -1;
	}
	held = requests_damaged(now) > 0 || requests_hold(now, 0) != NULL;
	requests_free(now);
	return held;
}

/* Say, in the journal and to the operator, what was not purged. */
static int
refuse(const struct purge *g, const char *day, const char *why)
{
	char about[NAMES_IAP_ROOM + STAMP_DAY_TEXT + 4] = "";

	if (g->iap != NULL)
		(void)snprintf(about, sizeof(about), "%s/%s: ", g->iap, day); /* has room */
	return purge_refuse(g->p, g->case_id, g->asked, about, why);
}

int
purge_refuse(
    struct packager *p, const char *case_id, const struct requests_entry *e, const char *about, const char *why)
{
	struct json *detail = json_object();
	struct buf text = BUF_INIT;

	diag_warnx("case %s: not purged: %s%s", case_id, about, why);
	if (buf_printf(&text, "%s%s", about, why) == -1 || json_put_string(detail, "why", text.data) == -1) {
		buf_free(&text);
		json_free(detail);
		return packager_case_failed(p, case_id, "journal");
	}
	buf_free(&text);
	if (journal_write(p->journal, case_id, "purge-refused", e->request.sha256, detail) == 0)
		return 0;
	packager_fail(p, EX_IOERR);
	return -1;
}

int
purge_certify(struct packager *p, int casefd, const struct requests_entry *e, struct purgecert *cert)
{
	struct custody *custody = custody_open(casefd, 0);

	if (custody == NULL) {
		packager_fail(p, packager_status(errno));
		return -1;
	}
	memcpy(cert->custody_head, custody_head(custody), sizeof(cert->custody_head));
	custody_close(custody);
	cert->at = p->now();
	memcpy(cert->request, e->request.sha256, sizeof(cert->request));
	cert->issued = e->request.issued;
	memcpy(cert->reason, e->request.reason, sizeof(cert->reason));
	memcpy(cert->approver, e->signer->name, sizeof(cert->approver));
	sign_id_format(&e->signer->pub, cert->key_id);
	return 0;
}

/* All steps for a day that may go.  1: it is gone; 0: a hold has come; -1: reported. */
static int
purge_it(const struct purge *g, stamp_t day, struct purgecert *cert)
{
	struct purge_day d;
	int held, rc = -1;

	if (purge_day_open(&d, g->p, g->case_id, g->iap, day) == -1)
		goto out;
	held = purge_is_held(g->p, g->case_id);
	if (held != 0) {
		rc = held == 1 && refuse(g, d.text, "the case is on hold") == 0 ? 0 : -1;
		goto out;
	}
	if (purge_certify(g->p, g->casefd, g->asked, cert) == 0 && purge_day_collect(&d, cert) == 0 &&
	    save_intent(g->p, g->casefd, &d) == 0 && purge_day_unstage(&d) == 0 &&
	    purge_day_stage(&d, cert, g->asked) == 0 && purge_day_delete(&d) == 0)
		rc = forget_intent(g->p, g->casefd, g->case_id) == 0 ? 1 : -1;
out:
	purge_day_close(&d);
	return rc;
}

/* 1: the day is gone; 0: it stays, and so do the later ones; -1: reported. */
static int
judge_day(const struct purge *g, struct retention *r, stamp_t day)
{
	struct purgecert cert = {.files = NULL};
	struct retention_verdict verdict;
	char text[STAMP_DAY_TEXT];
	int rc;

	if (retention_judge(r, day, g->at, &cert, &verdict) == -1)
		rc = packager_case_failed(g->p, g->case_id, stamp_day_format(text, day));
	else if (verdict.state != RETENTION_DUE)
		rc = refuse(g, stamp_day_format(text, day), verdict.why) == 0 ? 0 : -1;
	else
		rc = purge_it(g, day, &cert);
	purgecert_clear(&cert);
	return rc;
}

static int
add_day(void *cookie, stamp_t day)
{
	struct purge *g = cookie;
	stamp_t *grown = reallocarray(g->days, g->day_count + 1, sizeof(*grown));

	if (grown == NULL)
		return -1;
	g->days = grown;
	g->days[g->day_count++] = day;
	return 0;
}

static int
purge_days(struct purge *g)
{
	struct retention *r = retention_open(g->p->statefd, g->case_id, g->iap, g->p->keyring, &g->terms);
	size_t i;
	int rc = 1;

	g->day_count = 0;
	if (r == NULL || outbox_each_day(retention_streamfd(r), add_day, g) == -1) {
		rc = packager_case_failed(g->p, g->case_id, g->iap);
		goto out;
	}
	/* In their order: what is left of a stream has no hole, so nothing takes a purged day for a missing one. */
	for (i = 0; rc == 1 && i < g->day_count && !stop_requested(); i++)
		rc = judge_day(g, r, g->days[i]);
out:
	retention_close(r);
	return rc == -1 ? -1 : 0;
}

static int
each_stream(void *cookie, const char *iap)
{
	struct purge *g = cookie;
	int rc;

	if (!names_is_iap(iap))
		return 0;
	g->iap = iap;
	rc = purge_days(g);
	g->iap = NULL;
	return rc == -1 ? 1 : stop_requested();
}

static int
purge_payload(struct purge *g)
{
	char path[NAMES_CASE_ROOM + 16];
	int fd, rc;

	(void)snprintf(path, sizeof(path), "outbox/%s", g->case_id); /* has room */
	fd = fsio_opendirat(g->p->statefd, path);
	if (fd == -1 && errno == ENOENT)
		return refuse(g, NULL, "nothing of it lies in the outbox");
	rc = fd == -1 ? -1 : fsio_list(fd, each_stream, g);
	if (rc == -1)
		(void)packager_case_failed(g->p, g->case_id, path);
	if (fd != -1)
		(void)close(fd); /* a folder */
	return rc == 0 ? 0 : -1;
}

/* What speaks against following the request at all, or NULL. */
static const char *
objection(const struct purge *g, const struct requests *all, int known)
{
	if (requests_hold(all, 0) != NULL)
		return "the case is on hold";
	return known == 0 ? "the records hold no accepted order" : NULL;
}

int
purge_case(struct packager *p, const char *case_id, const struct requests *all, const struct requests_entry *e)
{
	struct purge g = {.p = p, .case_id = case_id, .asked = e, .casefd = -1};
	int known = retention_terms_load(p->statefd, p->orders_key, case_id, &g.terms), rc = -1;
	const char *why = objection(&g, all, known);

	/* A clock that runs ahead must not shorten a retention: the approver's word has a time, too. */
	g.at = e->request.issued < p->now() ? e->request.issued : p->now();
	if (known == -1)
		packager_fail(p, EX_DATAERR);
	else if (requests_damaged(all) > 0)
		diag_errx("case %s: not purged: a request about it can not be read: it may be a hold", case_id);
	else if (why != NULL)
		rc = refuse(&g, NULL, why);
	else if ((g.casefd = open_case(p, case_id)) != -1)
		rc = e->request.what == REQUEST_RECORDS ? purge_records(p, case_id, &g.terms, g.at, e)
							: purge_payload(&g);
	free(g.days);
	if (g.casefd != -1)
		(void)close(g.casefd); /* a folder */
	return rc == -1 ? -1 : !stop_requested();
}

/* Go on where a killed run stopped. */
static int
resume_day(struct packager *p, int casefd, const char *case_id, const char *iap, stamp_t day)
{
	struct purge_day d;
	int staged, rc = -1;

	if (purge_day_open(&d, p, case_id, iap, day) == -1)
		goto out;
	staged = purge_day_is_staged(&d);
	if (staged == 0)
		rc = purge_day_unstage(&d);
	else if (staged == 1 && purge_is_held(p, case_id) != 0)
		goto out; /* it waits for the release */
	else if (staged == 1)
		rc = purge_day_delete(&d);
	if (rc == 0)
		rc = forget_intent(p, casefd, case_id);
out:
	purge_day_close(&d);
	return rc;
}

void
purge_resume(struct packager *p, const char *case_id)
{
	char iap[NAMES_IAP_ROOM];
	stamp_t day;
	int casefd = open_case(p, case_id);

	if (casefd == -1)
		return;
	if (load_intent(p, casefd, case_id, iap, &day) == 1)
		(void)resume_day(p, casefd, case_id, iap, day); /* it was reported, or waits */
	(void)close(casefd);                                    /* a folder */
}
