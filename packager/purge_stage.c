#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "ledger.h"
#include "manifest.h"
#include "outbox.h"
#include "package.h"
#include "text.h"

#include "purge_day.h"

#define STAGE_ROOM (STAMP_DAY_TEXT + 16)
#define KEPT_MAX_BYTES ((size_t)LEDGER_ROWS_MAX * 512)

int
purge_day_failed(const struct purge_day *d, const char *what)
{
	packager_fail(d->p, packager_status(errno));
	diag_err("%s: %s", d->label, what);
	return -1;
}

int
purge_day_open(struct purge_day *d, struct packager *p, const char *case_id, const char *iap, stamp_t day)
{
	char path[sizeof(d->label) + 16];

	memset(d, 0, sizeof(*d));
	d->p = p;
	d->day = day;
	d->recordsfd = d->streamfd = -1;
	(void)snprintf(d->case_id, sizeof(d->case_id), "%s", case_id); /* names that were judged */
	(void)snprintf(d->iap, sizeof(d->iap), "%s", iap);
	(void)stamp_day_format(d->text, day);
	(void)snprintf(d->label, sizeof(d->label), "%s/%s/%s", case_id, iap, d->text);
	(void)snprintf(path, sizeof(path), "records/%s/%s", case_id, iap); /* has room */
	d->recordsfd = fsio_opendirat(p->statefd, path);
	if (d->recordsfd == -1)
		return purge_day_failed(d, path);
	(void)snprintf(path, sizeof(path), "outbox/%s/%s", case_id, iap);
	d->streamfd = fsio_opendirat(p->statefd, path);
	return d->streamfd == -1 && errno != ENOENT ? purge_day_failed(d, path) : 0;
}

void
purge_day_close(struct purge_day *d)
{
	int saved = errno;

	if (d->recordsfd != -1)
		(void)close(d->recordsfd); /* folders */
	if (d->streamfd != -1)
		(void)close(d->streamfd);
	errno = saved;
}

/* receipts/CASE/IAP: its descriptor, -1 with errno set. */
static int
open_receipts(const struct purge_day *d)
{
	char path[sizeof(d->label) + 16];

	(void)snprintf(path, sizeof(path), "receipts/%s/%s", d->case_id, d->iap); /* has room */
	return fsio_opendirat(d->p->statefd, path);
}

struct collecting {
	const struct purge_day *d;
	struct purgecert *cert;
	int fd;
};

/* DAY_SHA256SUMS.tsr, .tsq, .tsa.pem, and DAY_SHA256SUMS.DESTINATION.received. */
static int
is_evidence(const struct purge_day *d, const char *name)
{
	const size_t n = strlen(d->text);

	if (strncmp(name, d->text, n) != 0 || strncmp(name + n, "_SHA256SUMS.", strlen("_SHA256SUMS.")) != 0)
		return 0;
	name += n + strlen("_SHA256SUMS.");
	return strcmp(name, "tsr") == 0 || strcmp(name, "tsq") == 0 || strcmp(name, "tsa.pem") == 0 ||
	       text_ends_with(name, ".received");
}

static int
collect_one(void *cookie, const char *name)
{
	struct collecting *c = cookie;
	char hex[DIGEST_HEX];
	int fd, rc;

	if (!is_evidence(c->d, name))
		return 0;
	fd = fsio_open_regular(c->fd, name, O_RDONLY);
	rc = fd == -1 ? -1 : digest_fd(fd, hex, NULL);
	if (fd != -1)
		(void)close(fd); /* only read from */
	if (rc == 0 && purgecert_add_kept(c->cert, hex, name + strlen(c->d->text) + 1) == 0)
		return 0;
	return purge_day_failed(c->d, name) == -1;
}

int
purge_day_collect(const struct purge_day *d, struct purgecert *cert)
{
	struct collecting c = {d, cert, open_receipts(d)};
	int rc;

	if (c.fd == -1)
		return errno == ENOENT ? 0 : purge_day_failed(d, "receipts");
	rc = fsio_list(c.fd, collect_one, &c);
	if (rc == -1)
		(void)purge_day_failed(d, "receipts");
	(void)close(c.fd); /* a folder */
	return rc == 0 ? 0 : -1;
}

static char *
stage_name(const struct purge_day *d, char out[STAGE_ROOM])
{
	(void)snprintf(out, STAGE_ROOM, ".%s.purge", d->text); /* has room */
	return out;
}

/* A day on its way into the records. */
struct stage {
	const struct purge_day *d;
	const struct purgecert *cert;
	const struct requests_entry *asked;
	int from, to; /* outbox/CASE/IAP/DAY, records/CASE/IAP/.DAY.purge */
};

static int
remove_one(void *cookie, const char *name)
{
	return unlinkat(*(const int *)cookie, name, 0);
}

int
purge_day_unstage(const struct purge_day *d)
{
	char name[STAGE_ROOM];
	int fd = fsio_opendirat(d->recordsfd, stage_name(d, name)), rc;

	if (fd == -1)
		return errno == ENOENT ? 0 : purge_day_failed(d, name);
	rc = fsio_list(fd, remove_one, &fd);
	(void)close(fd); /* a folder */
	if (rc != 0 || unlinkat(d->recordsfd, name, AT_REMOVEDIR) == -1 || fsync(d->recordsfd) == -1)
		return purge_day_failed(d, name);
	return 0;
}

int
purge_day_is_staged(const struct purge_day *d)
{
	if (faccessat(d->recordsfd, d->text, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : purge_day_failed(d, d->text);
}

/* The folder is nobody else's before it has its name: each file is written where it stays, and all are synced together. */
static int
put_file(const struct stage *s, const char *name, const void *data, size_t n)
{
	int fd = fsio_open_regular(s->to, name, O_WRONLY | O_CREAT | O_EXCL), rc = -1;

	if (fd == -1)
		return purge_day_failed(s->d, name);
	rc = fsio_write(fd, data, n);
	if (close(fd) == -1)
		rc = -1;
	return rc == 0 ? 0 : purge_day_failed(s->d, name);
}

/* Everything but the packages is kept as it is. */
static int
keep_file(void *cookie, const char *name)
{
	const struct stage *s = cookie;
	struct buf text = BUF_INIT;
	struct names n;
	int rc = 1;

	names_parse(name, &n);
	if (n.kind == NAMES_PACKAGE || strstr(name, ".day.tar") != NULL)
		return 0;
	if (fsio_load(s->from, name, KEPT_MAX_BYTES, &text) == -1)
		(void)purge_day_failed(s->d, name);
	else if (put_file(s, name, text.data == NULL ? "" : text.data, text.len) == 0)
		rc = 0;
	buf_free(&text);
	return rc;
}

/* Is this what stays of the package with that seal, and does it verify as such? */
static int
check_tags(const struct stage *s, int fd, const char *name, const struct ledger_row *row)
{
	struct package_facts facts;
	enum package_verdict verdict;
	char why[256], package[NAMES_FILE_ROOM];

	(void)names_package(package, s->d->case_id, s->d->iap, row->seq, ".tar");
	verdict = package_check_tags(fd, package, s->d->p->keyring, &facts, why, sizeof(why));
	if (verdict == PACKAGE_INTACT && strcmp(facts.seal_id, row->seal_id) != 0) {
		verdict = PACKAGE_TAMPERED;
		(void)snprintf(why, sizeof(why), "its seal is not the one in the ledger");
	}
	package_facts_clear(&facts);
	if (verdict == PACKAGE_INTACT)
		return 0;
	diag_errx("%s: not purged: %s, which must stay, does not verify: %s", s->d->label, name, why);
	packager_fail(s->d->p, EX_DATAERR);
	return -1;
}

static int
keep_tags(const struct stage *s, const struct ledger_row *row)
{
	char name[NAMES_FILE_ROOM];
	struct buf text = BUF_INIT;
	int fd, rc = -1;

	(void)names_package(name, s->d->case_id, s->d->iap, row->seq, ".tags.tar");
	fd = fsio_open_regular(s->d->recordsfd, name, O_RDONLY);
	if (fd == -1)
		return purge_day_failed(s->d, name);
	if (check_tags(s, fd, name, row) == 0) {
		if (fsio_load(s->d->recordsfd, name, KEPT_MAX_BYTES, &text) == -1)
			(void)purge_day_failed(s->d, name);
		else
			rc = put_file(s, name, text.data, text.len);
	}
	buf_free(&text);
	(void)close(fd); /* only read from */
	return rc;
}

static int
keep_all_tags(const struct stage *s)
{
	struct ledger ledger = {.rows = NULL};
	struct buf text = BUF_INIT;
	char name[NAMES_FILE_ROOM], sha256[DIGEST_HEX];
	int rc = -1;
	size_t i;

	(void)names_day_file(name, s->d->case_id, s->d->iap, s->d->day, ".ledger.txt");
	if (fsio_load(s->from, name, KEPT_MAX_BYTES, &text) == -1 ||
	    digest_hex_of(text.data == NULL ? "" : text.data, text.len, sha256) == -1) {
		(void)purge_day_failed(s->d, name);
		goto out;
	}
	if (strcmp(sha256, s->cert->ledger_sha256) != 0 || ledger_parse(text.data, text.len, &ledger, NULL) == -1) {
		errno = EBADMSG;
		(void)purge_day_failed(s->d, name);
		goto out;
	}
	rc = 0;
	for (i = 0; rc == 0 && i < ledger.row_count; i++)
		rc = keep_tags(s, &ledger.rows[i]);
out:
	ledger_clear(&ledger);
	buf_free(&text);
	return rc;
}

/* What was collected must still be what the certificate says. */
static int
keep_collected(const struct stage *s)
{
	char from[NAMES_FILE_ROOM + STAMP_DAY_TEXT + 1], hex[DIGEST_HEX];
	const struct purgecert_file *f;
	struct buf text = BUF_INIT;
	int fd = s->cert->kept_count == 0 ? -1 : open_receipts(s->d), rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < s->cert->kept_count; i++) {
		f = &s->cert->kept[i];
		(void)snprintf(from, sizeof(from), "%s_%s", s->d->text, f->name); /* has room */
		buf_clear(&text);
		rc = fd == -1 ? -1 : fsio_load(fd, from, KEPT_MAX_BYTES, &text);
		if (rc == 0 && digest_hex_of(text.data == NULL ? "" : text.data, text.len, hex) == 0 &&
		    strcmp(hex, f->sha256) != 0) {
			errno = EBADMSG;
			rc = -1;
		}
		if (rc == -1)
			(void)purge_day_failed(s->d, from);
		else
			rc = put_file(s, f->name, text.data == NULL ? "" : text.data, text.len);
	}
	buf_free(&text);
	if (fd != -1)
		(void)close(fd); /* a folder */
	return rc;
}

static int
put_certificate(const struct stage *s)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char comment[PURGECERT_COMMENT_ROOM], name[NAMES_FILE_ROOM], sig_name[NAMES_FILE_ROOM + 16];
	int rc = -1;

	(void)purgecert_name(name, s->cert);
	(void)snprintf(sig_name, sizeof(sig_name), "%s.minisig", name); /* has room */
	if (purgecert_write(s->cert, &text) == -1 ||
	    sign_make(s->d->p->key, text.data, text.len, purgecert_comment(comment, s->cert), &sig) == -1)
		(void)purge_day_failed(s->d, name);
	else if (put_file(s, name, text.data, text.len) == 0)
		rc = put_file(s, sig_name, sig.data, sig.len);
	/* The word on which it was done stands beside it, for whoever judges it. */
	if (rc == 0)
		rc = put_file(s, PURGE_REQUEST, s->asked->text.data, s->asked->text.len);
	if (rc == 0)
		rc = put_file(
		    s, PURGE_REQUEST ".minisig", s->asked->approvals[0].sig.data, s->asked->approvals[0].sig.len);
	buf_free(&text);
	buf_free(&sig);
	return rc;
}

static int
fill(const struct stage *s)
{
	if (outbox_each_file(s->from, keep_file, (void *)(uintptr_t)s) != 0 || keep_all_tags(s) == -1 ||
	    keep_collected(s) == -1 || put_certificate(s) == -1)
		return -1;
	/*
	 * One for hundreds of files: an fsync each is most of what a purge takes.  It tells of every failure since s->to
	 * was opened (Linux 5.8), which was before the first was written.
	 */
	return syncfs(s->to) == 0 && fsync(s->to) == 0 ? 0 : purge_day_failed(s->d, s->d->text);
}

int
purge_day_stage(const struct purge_day *d, const struct purgecert *cert, const struct requests_entry *asked)
{
	struct stage s = {d, cert, asked, -1, -1};
	char name[STAGE_ROOM];
	int rc = -1;

	s.from = d->streamfd == -1 ? -1 : fsio_opendirat(d->streamfd, d->text);
	if (s.from != -1)
		s.to = fsio_mkdirs(d->recordsfd, stage_name(d, name), PACKAGER_MODE_DIR);
	if (s.to == -1) {
		(void)purge_day_failed(d, d->text);
		goto out;
	}
	if (fill(&s) == -1)
		goto out;
	if (renameat2(d->recordsfd, name, d->recordsfd, d->text, RENAME_NOREPLACE) == -1 || fsync(d->recordsfd) == -1)
		(void)purge_day_failed(d, d->text);
	else
		rc = 0;
out:
	if (s.from != -1)
		(void)close(s.from); /* folders */
	if (s.to != -1)
		(void)close(s.to);
	return rc;
}
