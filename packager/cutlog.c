#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "names.h"
#include "numbers.h"
#include "spool.h"

#include "cutlog.h"

struct cutlog {
	char case_id[NAMES_CASE_ROOM];
	struct custody_known known;
};

static void
failed(struct packager *p, const char *what)
{
	packager_fail(p, packager_status(errno));
	diag_err("%s", what);
}

static int
add(struct packager *p, const char *case_id, const struct custody_known *known)
{
	struct cutlog *grown = reallocarray(p->cut, p->cut_count + 1, sizeof(*grown));

	if (grown == NULL)
		return -1;
	p->cut = grown;
	grown += p->cut_count++;
	(void)snprintf(grown->case_id, sizeof(grown->case_id), "%s", case_id); /* it was judged */
	grown->known = *known;
	return 0;
}

static int
each_case(void *cookie, const char *case_id)
{
	struct packager *p = cookie;
	struct custody_case c = {.case_id = case_id, .keyring = p->keyring};
	struct custody_known known;
	char path[sizeof("records//custody.jsonl") + NAMES_CASE_ROOM];
	int fd, cut;

	if (!names_is_case(case_id))
		return 0;
	(void)snprintf(path, sizeof(path), "records/%s", case_id); /* has room */
	fd = fsio_opendirat(p->statefd, path);
	if (fd == -1 && errno == ENOTDIR)
		return 0;
	c.dirfd = fd;
	cut = fd == -1 ? -1 : custody_is_cut(&c, &known);
	(void)snprintf(path, sizeof(path), "records/%s/custody.jsonl", case_id);
	if (cut == -1) {
		failed(p, path);
	} else if (cut == 1) {
		diag_errx("%s: does not hold the %" PRIu64
			  " lines that it had: cut, changed or gone; it is not continued until it is restored from a "
			  "backup or, where there is none, begun anew (casetap log --begin-anew)",
		    path, known.lines);
		packager_fail(p, EX_DATAERR);
		/* Not to be continued by mistake. */
		if (add(p, case_id, &known) == -1) {
			failed(p, path);
			packager_hold_back(p, case_id);
		}
	}
	if (fd != -1)
		(void)close(fd); /* a folder */
	return 0;
}

/*
 * What was sealed of a case is there, and no custody log at all.  A new one would begin as if nothing had been, and so
 * would the numbers of its streams.
 */
static int
each_stream(void *cookie, const char *case_id, const char *iap)
{
	struct packager *p = cookie;
	char path[sizeof("records//custody.jsonl") + NAMES_CASE_ROOM];
	int sealed;

	(void)snprintf(path, sizeof(path), "records/%s/custody.jsonl", case_id); /* has room */
	if (cutlog_of(p, case_id) != NULL || faccessat(p->statefd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	sealed = errno == ENOENT ? numbers_has_any(p, case_id, iap) : -1;
	if (sealed == 0)
		return 0;
	if (sealed == -1) {
		failed(p, path);
		return 0;
	}
	diag_errx(
	    "%s: is gone, though packages were sealed: nothing of the case is sealed until its records are restored",
	    path);
	packager_fail(p, EX_CONFIG);
	packager_hold_back(p, case_id);
	if (add(p, case_id, &(struct custody_known){.head = CUSTODY_NONE}) == -1)
		failed(p, path);
	return 0;
}

void
cutlog_find(struct packager *p)
{
	int fd = fsio_opendirat(p->statefd, "records");

	if (fd == -1 ? errno != ENOENT : fsio_list(fd, each_case, p) == -1)
		failed(p, "records");
	if (fd != -1)
		(void)close(fd); /* a folder */
	if (spool_each_stream(p->statefd, "outbox", each_stream, p) == -1 ||
	    spool_each_stream(p->statefd, "receipts", each_stream, p) == -1)
		failed(p, "outbox, receipts");
}

const struct custody_known *
cutlog_of(const struct packager *p, const char *case_id)
{
	size_t i;

	for (i = 0; i < p->cut_count; i++) {
		if (strcmp(p->cut[i].case_id, case_id) == 0)
			return &p->cut[i].known;
	}
	return NULL;
}

void
cutlog_forget(struct packager *p, const char *case_id)
{
	size_t i;

	for (i = 0; i < p->cut_count; i++) {
		if (strcmp(p->cut[i].case_id, case_id) == 0) {
			p->cut[i] = p->cut[--p->cut_count];
			return;
		}
	}
}
