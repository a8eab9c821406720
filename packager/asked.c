#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "anew.h"
#include "attach.h"
#include "cutlog.h"
#include "diag.h"
#include "fsio.h"
#include "purge.h"
#include "stop.h"

#include "asked.h"

int
asked_journal(struct packager *p, const char *case_id, const char *event, const char *object, struct json *detail)
{
	int told = packager_was_journalled(p, event, object);

	if (told != 0) {
		json_free(detail);
		return told == 1 ? 0 : -1;
	}
	if (journal_write(p->journal, case_id, event, object, detail) == 0)
		return 0;
	packager_fail(p, EX_IOERR);
	return -1;
}

int
asked_keep(struct packager *p, const char *case_id, const struct requests_entry *e, int with_signatures)
{
	char path[NAMES_CASE_ROOM + 32], name[2 * NAMES_FILE_ROOM + 32];
	const struct requests_approval *a;
	int fd, rc = -1;

	(void)snprintf(path, sizeof(path), "records/%s/requests", case_id); /* has room */
	fd = fsio_mkdirs(p->statefd, path, PACKAGER_MODE_DIR);
	if (fd == -1)
		return packager_case_failed(p, case_id, path);
	for (a = e->approvals; with_signatures && a < e->approvals + e->approval_count; a++) {
		(void)snprintf(
		    name, sizeof(name), "%s" REQUESTS_SUFFIX ".%s.minisig", e->request.sha256, a->signer->name);
		if (fsio_put(fd, name, a->sig.data, a->sig.len, PACKAGER_MODE_FILE) == -1 && errno != EEXIST)
			goto out;
	}
	(void)snprintf(name, sizeof(name), "%s" REQUESTS_SUFFIX, e->request.sha256); /* has room */
	if (fsio_put(fd, name, e->text.data, e->text.len, PACKAGER_MODE_FILE) == 0 || errno == EEXIST)
		rc = 0;
out:
	if (rc == -1)
		(void)packager_case_failed(p, case_id, name);
	(void)close(fd); /* a folder */
	return rc;
}

static struct json *
detail_of(const struct requests_entry *e)
{
	struct json *j = json_object();
	char id[SIGN_ID_TEXT];

	if (e->signer != NULL) {
		sign_id_format(&e->signer->pub, id);
		if (json_put_string(j, "approver", e->signer->name) == -1 || json_put_string(j, "key_id", id) == -1)
			goto fail;
	}
	if (json_put_string(j, "reason", e->request.reason) == 0 &&
	    json_put_stamp(j, "issued", e->request.issued) == 0)
		return j;
fail:
	json_free(j);
	return NULL;
}

/* Has every hold that a release names been followed?  One that has not may still come. */
static int
may_release(const struct requests *all, const struct requests_entry *e)
{
	size_t i, k;

	for (k = 0; k < e->request.hold_count; k++) {
		for (i = 0; i < requests_count(all); i++) {
			const struct requests_entry *hold = requests_entry(all, i);

			if (hold->is_followed && hold->request.act == REQUEST_HOLD &&
			    strcmp(hold->request.sha256, e->request.holds[k]) == 0)
				break;
		}
		if (i == requests_count(all))
			return 0;
	}
	return 1;
}

/* May it be followed, as far as its signature goes? */
static int
is_approved(struct packager *p, const char *case_id, const struct requests_entry *e)
{
	if (!request_needs_approver(&e->request) || e->signer != NULL)
		return 1;
	if (e->has_bad_signature) {
		diag_errx(
		    REQUESTS_TREE "/%s/%s: not signed by an approver of the keyring in force", case_id, e->name);
		packager_fail(p, EX_CONFIG);
	}
	return 0;
}

/* Of what is kept, the beginning of a custody log may not have come to its end: it is finished on the word that is kept. */
static int
is_left(struct packager *p, const char *case_id, const struct requests_entry *e)
{
	return e->request.act == REQUEST_BEGIN && anew_is_left(p, case_id, e);
}

/* Do what it asks.  1: it is done with; 2: and what approved it is not kept; 0: later; -1: reported. */
static int
follow(struct packager *p, const char *case_id, const struct requests *all, const struct requests_entry *e)
{
	switch (e->request.act) {
	case REQUEST_RELEASE:
		if (!may_release(all, e))
			return 0;
		break;
	case REQUEST_ATTACH:
		if (attach_file(p, case_id, e) == -1)
			return -1;
		break;
	case REQUEST_PURGE:
		if (cutlog_of(p, case_id) != NULL)
			return 0; /* which was reported: nothing is deleted that may be missed */
		return purge_case(p, case_id, all, e);
	case REQUEST_BEGIN:
		return anew_begin(p, case_id, e);
	case REQUEST_HOLD:
	default:
		break;
	}
	return asked_journal(p, case_id, request_act_text(e->request.act), e->request.sha256, detail_of(e)) == 0 ? 1
														 : -1;
}

/*
 * Follow the first request that may be followed and was not tried in this run.  1: one was tried, 0: there is none.
 * Requests are looked at anew each time: what was followed changes what holds.
 */
static int
follow_next(struct packager *p, const char *case_id, size_t *tried)
{
	struct requests *all = requests_load(p->statefd, case_id, p->keyring, p->now());
	const struct requests_entry *e;
	size_t i, waiting = 0;
	int rc = 0;

	if (all == NULL) {
		packager_fail(p, packager_status(errno));
		return 0;
	}
	if (requests_damaged(all) > 0)
		packager_fail(p, EX_DATAERR);
	for (i = 0; i < requests_count(all); i++) {
		e = requests_entry(all, i);
		if ((e->is_followed && !is_left(p, case_id, e)) || waiting++ < *tried)
			continue;
		rc = is_approved(p, case_id, e) ? follow(p, case_id, all, e) : 0;
		if (rc > 0)
			rc = asked_keep(p, case_id, e, rc == 1) == 0 ? 1 : -1;
		/*
		 * One that waits is passed over next; what follows one that failed may depend on it, but on none that
		 * is kept already.
		 */
		if (rc == 0 || (e->is_followed && is_left(p, case_id, e)))
			++*tried;
		if (e->is_followed)
			rc = 1;
		break;
	}
	rc = i < requests_count(all) && rc != -1;
	requests_free(all);
	return rc;
}

static int
each_asked(void *cookie, const char *name)
{
	struct packager *p = cookie;
	size_t tried = 0;

	if (!names_is_case(name) || (p->only_case != NULL && strcmp(p->only_case, name) != 0))
		return 0;
	while (!stop_requested() && follow_next(p, name, &tried))
		continue;
	return stop_requested();
}

static int
each_record(void *cookie, const char *name)
{
	struct packager *p = cookie;

	if (names_is_case(name) && (p->only_case == NULL || strcmp(p->only_case, name) == 0))
		purge_resume(p, name);
	return stop_requested();
}

static void
each_case(struct packager *p, const char *path, int (*each)(void *, const char *))
{
	int fd = fsio_opendirat(p->statefd, path);

	if (fd == -1 && errno == ENOENT)
		return;
	if (fd == -1 || fsio_list(fd, each, p) == -1) {
		diag_err("%s", path);
		packager_fail(p, packager_status(errno));
	}
	if (fd != -1)
		(void)close(fd); /* a folder */
}

void
asked_run(struct packager *p)
{
	each_case(p, "records", each_record);
	each_case(p, REQUESTS_TREE, each_asked);
}
