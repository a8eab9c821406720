#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "custody.h"
#include "cutlog.h"
#include "diag.h"
#include "fsio.h"
#include "sealed.h"
#include "signedhead.h"
#include "stop.h"
#include "text.h"

#include "heads.h"
#include "heads_sought.h"

#define SIG ".minisig"
#define SIGNATURE_MAX ((size_t)4096)
#define OTHER_LOG 2

/* A case while it is looked at. */
struct heads {
	struct packager *p;
	const char *case_id;
	int casefd;
	size_t ended;   /* streams with a final ledger */
	int is_open;    /* some stream goes on */
	uint64_t lines; /* that the newest signed head names */
	char newest[SIGNEDHEAD_NAME_ROOM];
	char newest_half[SIGNEDHEAD_NAME_ROOM]; /* of which the signature alone is there, or none */
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

/*
 * Which head of the log is it that a signature is of?  To hold it against each line takes long, so it is remembered how far
 * that was in vain, and only what comes behind is looked at.
 */
struct search {
	struct heads_sought sought;
	struct signedhead head; /* all but its line is known */
	const struct sign_pub *pub;
	const struct sign_sig *sig;
	struct buf text; /* once it was found */
	int is_found;
};

/* Return 1 if it is the head of so many lines, 0 if not, or -1 with errno set. */
static int
is_signed(struct search *s, uint64_t lines, const char *hash)
{
	s->head.lines = lines;
	memcpy(s->head.head, hash, sizeof(s->head.head));
	buf_free(&s->text);
	if (signedhead_write(&s->head, &s->text) == -1)
		return -1;
	s->is_found = sign_verify(s->pub, s->sig, s->text.data, s->text.len) == 0;
	return s->is_found;
}

static int
on_line(void *cookie, uint64_t n, const struct json *line)
{
	struct search *s = cookie;
	const char *before = json_get_string(line, "prev");

	if (n < 2 || before == NULL || n - 1 < s->sought.lines)
		return 0;
	if (n - 1 == s->sought.lines)
		return strcmp(before, s->sought.head) == 0 ? 0 : OTHER_LOG;
	return is_signed(s, n - 1, before);
}

/* Where the log is no other than it was, its lines need not be taken apart to know that there are no more. */
static int
is_sought(const struct heads *h, const struct search *s)
{
	struct custody *log = s->sought.lines == 0 ? NULL : custody_resume(h->casefd, 0);
	int is =
	    log != NULL && custody_lines(log) == s->sought.lines && strcmp(custody_head(log), s->sought.head) == 0;

	custody_close(log);
	return is;
}

static int
search_log(struct heads *h, struct search *s, const char *name, const struct buf *minisig)
{
	struct custody *log = NULL;
	int rc = heads_sought_load(h->p, h->case_id, name, minisig, &s->sought);

	if (rc == -1 || (rc == 1 && is_sought(h, s)))
		return rc == -1 ? failed(h, name) : 0;
	log = custody_open(h->casefd, 0);
	rc = log == NULL ? -1 : custody_each(log, on_line, s);
	if (rc == OTHER_LOG || (rc == 0 && custody_lines(log) <= s->sought.lines)) {
		s->sought.lines = 0;
		rc = custody_each(log, on_line, s);
	}
	if (rc == 0 && custody_lines(log) > s->sought.lines)
		rc = is_signed(s, custody_lines(log), custody_head(log));
	if (rc == 0) {
		s->sought.lines = custody_lines(log);
		memcpy(s->sought.head, custody_head(log), sizeof(s->sought.head));
		rc = heads_sought_save(h->p, h->case_id, name, minisig, &s->sought);
	}
	custody_close(log);
	return rc == -1 ? failed(h, "custody.jsonl") : 0;
}

/*
 * Is ${comment} that of a head of this case and month, in the words of today or the old ones?  All but its line is then
 * known.
 */
static int
is_comment_of(struct signedhead *c, const char *name, const char *comment)
{
	const char *at = strrchr(comment, '=');
	char want[SIGNEDHEAD_COMMENT_ROOM], again[SIGNEDHEAD_NAME_ROOM];

	if (at == NULL || stamp_parse(at + 1, &c->at) == -1 ||
	    strcmp(signedhead_name(again, signedhead_month(c->month, c->at)), name) != 0)
		return 0;
	for (c->is_old = 0; c->is_old < 2; c->is_old++) {
		if (strcmp(signedhead_comment(want, c), comment) == 0)
			return 1;
	}
	return 0;
}

/*
 * A signature goes before what it signs.  Of a run that was killed in between, it is told what head that was by the log,
 * which is made again.  If none of its lines is it, the signature shows that something is gone or was changed: whatever
 * it is of, it stays.
 */
static int
complete(struct heads *h, const char *name, const char *sig_name)
{
	struct search s = {.pub = sign_key_pub(h->p->key), .text = BUF_INIT};
	struct buf minisig = BUF_INIT;
	struct sign_sig sig;
	int rc = 0;

	if (fsio_load(h->casefd, sig_name, SIGNATURE_MAX, &minisig) == -1) {
		rc = failed(h, sig_name);
		goto out;
	}
	s.sig = &sig;
	(void)snprintf(s.head.case_id, sizeof(s.head.case_id), "%s", h->case_id); /* a case ID fits */
	if (minisig.len > 0 && sign_parse(minisig.data, minisig.len, &sig) == 0 &&
	    is_comment_of(&s.head, name, sig.comment))
		rc = search_log(h, &s, name, &minisig);
	if (rc == -1)
		goto out;
	if (!s.is_found)
		diag_warnx(
		    "case %s: %s: what it signs is not there, nor such a line in the custody log: it is left alone",
		    h->case_id, sig_name);
	else if (fsio_put(h->casefd, name, s.text.data, s.text.len, PACKAGER_MODE_FILE) == -1)
		rc = failed(h, name);
	/* There is one head a month, be it one that is gone. */
	if (rc == 0 && strcmp(name, h->newest_half) > 0)
		(void)snprintf(h->newest_half, sizeof(h->newest_half), "%s", name); /* has room */
	if (rc == 0 && s.is_found && strcmp(name, h->newest) > 0)
		(void)snprintf(h->newest, sizeof(h->newest), "%s", name); /* has room */
out:
	buf_free(&s.text);
	buf_free(&minisig);
	return rc;
}

static int
look_at_signature(struct heads *h, const char *name)
{
	char head[SIGNEDHEAD_NAME_ROOM];
	const size_t n = strlen(name), tail = strlen(SIG);

	if (n <= tail || n - tail >= sizeof(head) || !text_ends_with(name, SIG))
		return 0;
	(void)snprintf(head, sizeof(head), "%.*s", (int)(n - tail), name); /* has room */
	if (!signedhead_is_name(head) || faccessat(h->casefd, head, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT)
		return 0;
	return complete(h, head, name);
}

/* What no station signed is no head: its month has none, and the lines that it names are not taken for signed. */
static int
look_at_head(struct heads *h, const char *name)
{
	struct signedhead c;
	char *newest = h->newest;
	const char *why;
	int counts = signedhead_load(h->casefd, name, h->case_id, h->p->keyring, &c, &why);

	if (counts == -1)
		return failed(h, name);
	if (counts == 0) {
		diag_warnx("case %s: %s: %s: it is left alone", h->case_id, name, why);
		newest = h->newest_half;
	}
	/* Months sort as their names do. */
	if (strcmp(name, newest) > 0)
		(void)snprintf(newest, SIGNEDHEAD_NAME_ROOM, "%s", name); /* has room */
	return 0;
}

static int
on_name(void *cookie, const char *name)
{
	struct heads *h = cookie;

	if (look_at_signature(h, name) == -1)
		return 1;
	if (signedhead_is_name(name) && look_at_head(h, name) == -1)
		return 1;
	return names_is_iap(name) ? look_at_stream(h, name) == -1 : 0;
}

/* How many lines the newest head names.  Return 0, or -1 after one diag line. */
static int
load_newest(struct heads *h)
{
	struct signedhead last;
	struct buf text = BUF_INIT;
	int rc = 0;

	if (h->newest[0] == '\0')
		return 0;
	if (fsio_load(h->casefd, h->newest, SIGNEDHEAD_MAX_BYTES, &text) == -1 ||
	    signedhead_parse(text.data == NULL ? "" : text.data, text.len, &last) == -1)
		rc = failed(h, h->newest);
	else
		h->lines = last.lines;
	buf_free(&text);
	return rc;
}

static int
publish(struct heads *h, const char *name, const struct signedhead *c)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char comment[SIGNEDHEAD_COMMENT_ROOM], sig_name[SIGNEDHEAD_NAME_ROOM + 16];
	int rc = -1;

	(void)snprintf(sig_name, sizeof(sig_name), "%s.minisig", name); /* has room */
	if (signedhead_write(c, &text) == -1 ||
	    sign_make(h->p->key, text.data, text.len, signedhead_comment(comment, c), &sig) == -1 ||
	    fsio_put(h->casefd, sig_name, sig.data, sig.len, PACKAGER_MODE_FILE) == -1 ||
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
	struct signedhead c = {.at = h->p->now()};
	struct custody *log;
	char name[SIGNEDHEAD_NAME_ROOM];
	int rc;

	(void)snprintf(c.case_id, sizeof(c.case_id), "%s", h->case_id); /* a case ID fits */
	(void)signedhead_name(name, signedhead_month(c.month, c.at));
	/* One a month; a clock that was set back does not make up for it. */
	if (strcmp(name, h->newest) <= 0 || strcmp(name, h->newest_half) <= 0)
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
