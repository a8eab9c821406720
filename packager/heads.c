#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "custody.h"
#include "custodyhead.h"
#include "cutlog.h"
#include "diag.h"
#include "fsio.h"
#include "sealed.h"
#include "stop.h"
#include "text.h"

#include "heads.h"

#define SIG ".minisig"

/* A case while it is looked at. */
struct heads {
	struct packager *p;
	const char *case_id;
	int casefd;
	size_t ended;   /* streams with a final ledger */
	int is_open;    /* some stream goes on */
	uint64_t lines; /* that the newest signed head names */
	char newest[CUSTODYHEAD_NAME_ROOM];
};

static int
failed(const struct heads *h, const char *what)
{
	return packager_case_failed(h->p, h->case_id, what);
}

static int
look_at_stream(struct heads *h, const char *iap)
{
	struct sealed s;
	int fd = fsio_opendirat(h->casefd, iap), rc = 0;

	if (fd == -1)
		return errno == ENOTDIR ? 0 : failed(h, iap);
	if (faccessat(fd, "stream.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		rc = sealed_load(&s, fd, h->case_id, iap);
		if (rc == -1) {
			packager_fail(h->p, packager_status(errno));
		} else {
			h->ended += s.closed != STAMP_NONE && s.due == STAMP_NONE;
			h->is_open |= s.closed == STAMP_NONE || s.due != STAMP_NONE;
			sealed_clear(&s);
		}
	}
	(void)close(fd); /* a folder */
	return rc;
}

/* A signature goes before what it signs: of a run that was killed in between, it is left alone, and nobody's. */
static int
remove_orphan(struct heads *h, const char *name)
{
	char head[CUSTODYHEAD_NAME_ROOM];
	const size_t n = strlen(name), tail = strlen(SIG);

	if (n <= tail || n - tail >= sizeof(head) || !text_ends_with(name, SIG))
		return 0;
	(void)snprintf(head, sizeof(head), "%.*s", (int)(n - tail), name); /* has room */
	if (!custodyhead_is_name(head) || faccessat(h->casefd, head, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT)
		return 0;
	return unlinkat(h->casefd, name, 0) == -1 ? failed(h, name) : 0;
}

static int
on_name(void *cookie, const char *name)
{
	struct heads *h = cookie;

	if (remove_orphan(h, name) == -1)
		return 1;

	/* Months sort as their names do. */
	if (custodyhead_is_name(name) && strcmp(name, h->newest) > 0)
		(void)snprintf(h->newest, sizeof(h->newest), "%s", name); /* has room */
	return names_is_iap(name) ? look_at_stream(h, name) == -1 : 0;
}

/* How many lines the newest head names.  Return 0, or -1 after one diag line. */
static int
load_newest(struct heads *h)
{
	struct custodyhead last;
	struct buf text = BUF_INIT;
	int rc = 0;

	if (h->newest[0] == '\0')
		return 0;
	if (fsio_load(h->casefd, h->newest, CUSTODYHEAD_MAX_BYTES, &text) == -1 ||
	    custodyhead_parse(text.data == NULL ? "" : text.data, text.len, &last) == -1)
		rc = failed(h, h->newest);
	else
		h->lines = last.lines;
	buf_free(&text);
	return rc;
}

static int
publish(struct heads *h, const char *name, const struct custodyhead *c)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char comment[CUSTODYHEAD_COMMENT_ROOM], sig_name[CUSTODYHEAD_NAME_ROOM + 16];
	int rc = -1;

	(void)snprintf(sig_name, sizeof(sig_name), "%s.minisig", name); /* has room */
	if (custodyhead_write(c, &text) == -1 ||
	    sign_make(h->p->key, text.data, text.len, custodyhead_comment(comment, c), &sig) == -1 ||
	    fsio_replace(h->casefd, sig_name, sig.data, sig.len, PACKAGER_MODE_FILE) == -1 ||
	    fsio_put(h->casefd, name, text.data, text.len, PACKAGER_MODE_FILE) == -1)
		(void)failed(h, name);
	else
		rc = 0;
	buf_free(&text);
	buf_free(&sig);
	return rc;
}

/* Does the log have lines that the newest head does not name?  That much is known without taking it apart.  1, 0, or -1. */
static int
is_due(const struct heads *h)
{
	struct custody *log = custody_resume(h->casefd, 0);
	int due;

	if (log == NULL) {
		packager_fail(h->p, packager_status(errno));
		return -1;
	}
	due = custody_lines(log) > h->lines;
	custody_close(log);
	return due;
}

/* What is signed is checked first, from its first line on. */
static int
sign_head(struct heads *h)
{
	struct custodyhead c = {.at = h->p->now()};
	struct custody *log;
	char name[CUSTODYHEAD_NAME_ROOM];
	int rc;

	(void)snprintf(c.case_id, sizeof(c.case_id), "%s", h->case_id); /* a case ID fits */
	(void)custodyhead_name(name, custodyhead_month(c.month, c.at));
	/* One a month; a clock that was set back does not make up for it. */
	if (strcmp(name, h->newest) <= 0)
		return 0;
	if (cutlog_of(h->p, h->case_id) != NULL)
		return 0; /* which was reported */
	rc = is_due(h);
	if (rc != 1)
		return rc;
	log = custody_open(h->casefd, 0);
	if (log == NULL) {
		packager_fail(h->p, packager_status(errno));
		return -1;
	}
	c.lines = custody_lines(log);
	memcpy(c.head, custody_head(log), sizeof(c.head));
	rc = publish(h, name, &c);
	custody_close(log);
	return rc;
}

static int
each_case(void *cookie, const char *case_id)
{
	struct heads h = {.p = cookie, .case_id = case_id};
	char path[NAMES_CASE_ROOM + 16];
	int rc;

	if (!names_is_case(case_id) || (h.p->only_case != NULL && strcmp(h.p->only_case, case_id) != 0))
		return 0;
	(void)snprintf(path, sizeof(path), "records/%s", case_id); /* has room */
	h.casefd = fsio_opendirat(h.p->statefd, path);
	if (h.casefd == -1) {
		(void)failed(&h, path);
		return 0;
	}
	rc = fsio_list(h.casefd, on_name, &h);
	if (rc == -1)
		(void)failed(&h, path);
	/* What goes wrong below is reported, and tried again by the next run. */
	else if (rc == 0 && h.ended > 0 && !h.is_open && load_newest(&h) == 0)
		(void)sign_head(&h);
	(void)close(h.casefd); /* a folder */
	return stop_requested();
}

void
heads_run(struct packager *p)
{
	int fd = fsio_opendirat(p->statefd, "records");

	if (fd == -1 && errno == ENOENT)
		return;
	if (fd == -1 || fsio_list(fd, each_case, p) == -1) {
		packager_fail(p, packager_status(errno));
		diag_err("records");
	}
	if (fd != -1)
		(void)close(fd); /* a folder */
}
