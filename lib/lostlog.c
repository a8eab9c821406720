#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "journal.h"
#include "names.h"
#include "outbox.h"
#include "purgecert.h"
#include "signedhead.h"
#include "spool.h"
#include "text.h"

#include "lostlog.h"

#define SIG ".minisig"
#define JOURNAL "journal/packager"
#define JOURNAL_FILE "packager.jsonl"

/* All that is asked here is answered by 1, 0, or -1 with errno set. */
struct look {
	int statefd;
	const struct custody_case *c;
	/* Did this stream seal something? */
	int (*has_sealed)(const struct look *, const char *);
	int folderfd; /* of the stream in the outbox */
	int is_told;  /* by the state of some stream */
};

/* Call it with the folder, if that is there. */
static int
in_folder(int dirfd, const char *path, int (*each)(void *, const char *), void *cookie)
{
	int fd = fsio_opendirat(dirfd, path), rc, saved;

	if (fd == -1)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -1;
	rc = fsio_list(fd, each, cookie);
	saved = errno;
	(void)close(fd); /* a folder */
	errno = saved;
	return rc;
}

static int
is_of_sealing(void *cookie, const char *name)
{
	(void)cookie;
	return strcmp(name, "stream.json") == 0 || text_ends_with(name, ".tags.tar") ||
	       text_ends_with(name, ".intent");
}

static int
has_records(const struct look *l, const char *iap)
{
	return in_folder(l->c->dirfd, iap, is_of_sealing, NULL);
}

static int
is_published(void *cookie, const char *name)
{
	(void)cookie;
	return name[0] != '.';
}

static int
on_day(void *cookie, stamp_t day)
{
	const struct look *l = cookie;
	char name[STAMP_DAY_TEXT];

	return in_folder(l->folderfd, stamp_day_format(name, day), is_published, NULL);
}

static int
has_outbox(const struct look *l, const char *iap)
{
	char path[sizeof("outbox//") + NAMES_CASE_ROOM + NAMES_IAP_ROOM];
	struct look inner = *l;
	int rc, saved;

	(void)snprintf(path, sizeof(path), "outbox/%s/%s", l->c->case_id, iap); /* has room */
	inner.folderfd = fsio_opendirat(l->statefd, path);
	if (inner.folderfd == -1)
		return -1;
	rc = outbox_each_day(inner.folderfd, on_day, &inner);
	saved = errno;
	(void)close(inner.folderfd); /* a folder */
	errno = saved;
	return rc;
}

static int
is_receipt(void *cookie, const char *name)
{
	(void)cookie;
	return name[0] != '.' && text_ends_with(name, ".receipt");
}

static int
has_receipts(const struct look *l, const char *iap)
{
	char path[sizeof("receipts//") + NAMES_CASE_ROOM + NAMES_IAP_ROOM];

	(void)snprintf(path, sizeof(path), "receipts/%s/%s", l->c->case_id, iap); /* has room */
	return in_folder(l->statefd, path, is_receipt, NULL);
}

/* A number leaves the spool once it is sealed: is the first one gone? */
static int
has_emptied(const struct look *l, const char *iap)
{
	struct spool *s = spool_open(l->statefd, l->c->case_id, iap, SPOOL_LIVE, 0);
	struct spool_number *list = NULL;
	size_t count = 0, i;
	int is_gone, rc = -1;

	if (s == NULL)
		return errno == ENOENT ? 0 : -1;
	if (spool_list(s, &list, &count, NULL) == 0) {
		is_gone = spool_next(s) > 1 && (count == 0 || list[0].seq > 1);
		for (i = 0; i < spool_open_count(s); i++)
			is_gone &= spool_open_draft(s, i)->head.seq > 1;
		rc = is_gone;
	}
	free(list);
	spool_close(s); /* which keeps errno */
	return rc;
}

static int
judge_stream(struct look *l, const char *iap)
{
	int told = custody_is_told(l->c->dirfd, iap);

	l->is_told |= told == 1;
	return told != 0 ? (told == 1 ? 0 : -1) : l->has_sealed(l, iap);
}

static int
each_stream(void *cookie, const char *case_id, const char *iap)
{
	struct look *l = cookie;

	return strcmp(case_id, l->c->case_id) == 0 ? judge_stream(l, iap) : 0;
}

/* A head that does not count, or is gone behind its signature, named a line, too. */
static int
judge_head(const struct look *l, const char *name)
{
	char head[SIGNEDHEAD_NAME_ROOM];
	const size_t n = strlen(name), tail = strlen(SIG);
	struct signedhead h;
	const char *why;
	int rc;

	if (text_ends_with(name, SIG) && n - tail < sizeof(head)) {
		(void)snprintf(head, sizeof(head), "%.*s", (int)(n - tail), name); /* has room */
		if (!signedhead_is_name(head) || faccessat(l->c->dirfd, head, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return 0;
		return errno == ENOENT ? 1 : -1;
	}
	if (!signedhead_is_name(name))
		return 0;
	rc = signedhead_load(l->c->dirfd, name, l->c->case_id, l->c->keyring, &h, &why);
	return rc == -1 ? -1 : !rc;
}

static int
on_record(void *cookie, const char *name)
{
	int rc = judge_head(cookie, name);

	return rc == 0 && names_is_iap(name) ? judge_stream(cookie, name) : rc;
}

static int
is_certificate(void *cookie, const char *name)
{
	(void)cookie;
	return text_ends_with(name, PURGECERT_SUFFIX);
}

static int
is_about_sealing(const struct json *entry)
{
	const char *event = json_get_string(entry, "event");

	return event != NULL && (strcmp(event, "seal") == 0 || strcmp(event, "ledger") == 0);
}

static int
on_line(void *cookie, uint64_t n, const struct json *line)
{
	(void)cookie;
	(void)n;
	return is_about_sealing(json_get_object(line, "entry"));
}

static int
on_journal(void *cookie, uint64_t n, const char *line, size_t len, const struct json *entry)
{
	const char *case_id = json_get_string(entry, "case");

	(void)n;
	(void)line;
	(void)len;
	return case_id != NULL && strcmp(case_id, cookie) == 0 && is_about_sealing(entry);
}

static int
is_journalled(const struct look *l)
{
	char case_id[NAMES_CASE_ROOM];
	int fd = fsio_opendirat(l->statefd, JOURNAL), rc, saved;

	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	(void)snprintf(case_id, sizeof(case_id), "%s", l->c->case_id); /* it was judged */
	rc = journal_each(fd, JOURNAL_FILE, 0, on_journal, case_id);
	saved = errno;
	(void)close(fd); /* a folder */
	errno = saved;
	return rc == -1 && errno == ENOENT ? 0 : rc;
}

/* Is there what names a line of the log, and nothing that tells which one? */
static int
is_untold(struct look *l)
{
	static const struct {
		const char *tree;
		int (*has_sealed)(const struct look *, const char *);
	} trees[] = {{"outbox", has_outbox}, {"receipts", has_receipts}, {"spool", has_emptied}};
	size_t i;
	int rc;

	l->has_sealed = has_records;
	rc = fsio_list(l->c->dirfd, on_record, l);
	for (i = 0; i < sizeof(trees) / sizeof(trees[0]) && rc == 0; i++) {
		l->has_sealed = trees[i].has_sealed;
		rc = spool_each_stream(l->statefd, trees[i].tree, each_stream, l);
	}
	if (rc != 0 || l->is_told)
		return rc;
	rc = fsio_list(l->c->dirfd, is_certificate, NULL);
	if (rc == 0)
		rc = custody_each_left(l->c->dirfd, on_line, NULL);
	return rc == 0 ? is_journalled(l) : rc;
}

int
lostlog_judge(int statefd, const struct custody_case *c, struct custody_known *known)
{
	struct look l = {.statefd = statefd, .c = c, .folderfd = -1};
	int lost = custody_is_lost(c, known), remembered, untold;

	if (lost == -1 || (lost == 0 && known->lines > 0))
		return lost == -1 ? -1 : LOSTLOG_NONE;
	remembered = custody_is_remembered(c->dirfd);
	untold = remembered == 0 ? is_untold(&l) : remembered == 1 ? 0 : -1;
	if (untold != 0)
		return untold == -1 ? -1 : LOSTLOG_UNTOLD;
	return lost == 0 ? LOSTLOG_NONE : known->lines > 0 ? LOSTLOG_LOST : LOSTLOG_BLANK;
}

const char *
lostlog_why(int how)
{
	switch (how) {
	case LOSTLOG_NONE:
		return "the custody log has all the lines that are known: there is nothing to begin anew";
	case LOSTLOG_UNTOLD:
		return "something was sealed that names lines of the custody log, and nothing tells how far it went: "
		       "restore its records first";
	case LOSTLOG_BLANK:
		return "not even the first line of the custody log is one, and nothing tells of others: there is nothing "
		       "to go on from (casetap-custody(5))";
	default:
		return NULL;
	}
}
