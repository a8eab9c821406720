#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "asked.h"
#include "diag.h"
#include "fsio.h"
#include "purge.h"
#include "sealed.h"
#include "signedhead.h"
#include "text.h"

#include "purge_records.h"

#define PATH_ROOM NAMES_FILE_ROOM
#define DEPTH_MAX 2

struct records {
	struct packager *p;
	const char *case_id;
	const struct requests_entry *asked;
	int casefd;
	struct purgecert cert;
	char name[NAMES_FILE_ROOM]; /* of the certificate */
	const char *why;            /* not yet, because */
	/* while folders are walked */
	int dirfd;
	char prefix[PATH_ROOM];
	unsigned depth;
};

static int
failed(const struct records *r, const char *what)
{
	return packager_case_failed(r->p, r->case_id, what);
}

/* What is left of a case for ever: who did what, what was deleted, and that no number is given again. */
static int
stays(const char *name)
{
	static const char *const names[] = {"custody.jsonl", "custody.head", "requests", "lock", "stream.json",
	    "purge.json", "keyring.txt", "keyring.txt.minisig"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return 1;
	}
	/* The signed heads of the log, their signatures, and what is left of one that was begun anew. */
	if (strncmp(name, SIGNEDHEAD_PREFIX, sizeof(SIGNEDHEAD_PREFIX) - 1) == 0)
		return 1;
	return text_ends_with(name, PURGECERT_SUFFIX) || text_ends_with(name, PURGECERT_SUFFIX ".minisig") ||
	       strncmp(name, "purge.request", strlen("purge.request")) == 0;
}

/* A certificate of a day tells when its last file had arrived. */
static int
take_delivered(struct records *r, const char *name)
{
	struct purgecert cert;
	struct buf text = BUF_INIT;
	int rc = -1;

	if (fsio_load(r->dirfd, name, PURGECERT_MAX_BYTES, &text) == 0 &&
	    purgecert_parse(text.data == NULL ? "" : text.data, text.len, &cert) == 0) {
		if (cert.what == REQUEST_PAYLOAD && cert.delivered > r->cert.delivered)
			r->cert.delivered = cert.delivered;
		purgecert_clear(&cert);
		rc = 0;
	}
	buf_free(&text);
	return rc == 0 ? 0 : failed(r, name);
}

static int
add_file(struct records *r, const char *name)
{
	char path[PATH_ROOM], hex[DIGEST_HEX];
	int fd, rc;

	if ((size_t)snprintf(path, sizeof(path), "%s%s", r->prefix, name) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return failed(r, name);
	}
	fd = fsio_open_regular(r->dirfd, name, O_RDONLY);
	if (fd == -1)
		return failed(r, path);
	rc = digest_fd(fd, hex, NULL);
	(void)close(fd); /* only read from */
	return rc == 0 && purgecert_add_file(&r->cert, hex, path) == 0 ? 0 : failed(r, path);
}

static int walk(struct records *, const char *, int (*)(void *, const char *));

/* List what is to go. */
static int
on_name(void *cookie, const char *name)
{
	struct records *r = cookie;
	struct stat st;

	if (text_ends_with(name, PURGECERT_SUFFIX) && r->depth == DEPTH_MAX)
		return take_delivered(r, name) == -1;
	if (stays(name))
		return 0;
	if (fstatat(r->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return failed(r, name) == -1;
	if (S_ISDIR(st.st_mode) && r->depth < DEPTH_MAX)
		return walk(r, name, on_name) == -1;
	return add_file(r, name) == -1;
}

/* Call each() for every name of a folder below the one at hand.  Return 0, or -1 after one diag line. */
static int
walk(struct records *r, const char *name, int (*each)(void *, const char *))
{
	struct records above = *r;
	int rc = -1;

	r->dirfd = fsio_opendirat(above.dirfd, name);
	if (r->dirfd == -1) {
		(void)failed(r, name);
	} else if ((size_t)snprintf(r->prefix, sizeof(r->prefix), "%s%s/", above.prefix, name) < sizeof(r->prefix)) {
		r->depth++;
		rc = fsio_list(r->dirfd, each, r) == 0 ? 0 : -1;
	}
	if (r->dirfd != -1)
		(void)close(r->dirfd); /* a folder */
	r->dirfd = above.dirfd;
	r->depth = above.depth;
	memcpy(r->prefix, above.prefix, sizeof(r->prefix));
	return rc;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct purgecert_file *)a)->name, ((const struct purgecert_file *)b)->name);
}

static int
list_files(struct records *r)
{
	int rc;

	r->dirfd = r->casefd;
	rc = fsio_list(r->casefd, on_name, r);
	if (rc != 0)
		return -1;
	if (r->cert.file_count > 1)
		qsort(r->cert.files, r->cert.file_count, sizeof(*r->cert.files), compare);
	return 0;
}

/* A stream must have ended, with its final ledger, and nothing of it may be left in the outbox. */
static int
on_stream(void *cookie, const char *iap)
{
	struct records *r = cookie;
	struct sealed s;
	char path[NAMES_CASE_ROOM + NAMES_IAP_ROOM + 16];
	int fd;

	if (!names_is_iap(iap))
		return 0;
	fd = fsio_opendirat(r->casefd, iap);
	if (fd == -1)
		return errno == ENOTDIR ? 0 : failed(r, iap) == -1;
	if (faccessat(fd, "stream.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		if (sealed_load(&s, fd, r->case_id, iap) == -1) {
			packager_fail(r->p, packager_status(errno));
			(void)close(fd); /* a folder */
			return 1;
		}
		if (s.due != STAMP_NONE)
			r->why = "a stream of it is not final";
		sealed_clear(&s);
	}
	(void)close(fd);                                                     /* a folder */
	(void)snprintf(path, sizeof(path), "outbox/%s/%s", r->case_id, iap); /* has room */
	fd = fsio_opendirat(r->p->statefd, path);
	if (fd == -1)
		return errno == ENOENT ? 0 : failed(r, path) == -1;
	(void)close(fd); /* a folder */
	if (unlinkat(r->p->statefd, path, AT_REMOVEDIR) == -1)
		r->why = "its payload is not purged";
	return 0;
}

/* Does anything speak against it?  0 nothing, 1 r->why, -1 reported. */
static int
judge(struct records *r, const struct retention_terms *terms, stamp_t at)
{
	if (fsio_list(r->casefd, on_stream, r) != 0)
		return -1;
	if (r->why != NULL)
		return 1;
	r->cert.delivered = STAMP_NONE;
	if (list_files(r) == -1)
		return -1;
	if (r->cert.delivered == STAMP_NONE)
		r->why = "no day of it is purged";
	else if (at < r->cert.delivered + terms->records_days * STAMP_DAY)
		r->why = "records_days are not over";
	return r->why != NULL;
}

static int
put_certificate(struct records *r)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char comment[PURGECERT_COMMENT_ROOM], sig_name[NAMES_FILE_ROOM + 16];
	int rc = -1;

	(void)snprintf(sig_name, sizeof(sig_name), "%s.minisig", r->name); /* has room */
	if (purgecert_write(&r->cert, &text) == -1 ||
	    sign_make(r->p->key, text.data, text.len, purgecert_comment(comment, &r->cert), &sig) == -1 ||
	    fsio_replace(r->casefd, sig_name, sig.data, sig.len, PACKAGER_MODE_FILE) == -1 ||
	    fsio_put(r->casefd, r->name, text.data, text.len, PACKAGER_MODE_FILE) == -1)
		(void)failed(r, r->name);
	else
		rc = 0;
	buf_free(&text);
	buf_free(&sig);
	return rc;
}

/* Remove a file that the certificate names, by its path below records/CASE, and its folder once that is empty. */
static int
remove_file(const struct records *r, const char *path)
{
	char folder[PATH_ROOM], *slash;

	if (unlinkat(r->casefd, path, 0) == -1 && errno != ENOENT)
		return failed(r, path);
	(void)snprintf(folder, sizeof(folder), "%s", path); /* has room */
	slash = strrchr(folder, '/');
	if (slash == NULL)
		return 0;
	*slash = '\0';
	if (unlinkat(r->casefd, folder, AT_REMOVEDIR) == -1 && errno != ENOTEMPTY && errno != EEXIST &&
	    errno != ENOENT)
		return failed(r, folder);
	return 0;
}

static struct json *
detail_of(const struct records *r)
{
	struct json *j = json_object();
	const struct purgecert *c = &r->cert;

	if (json_put_string(j, "what", "records") == 0 && json_put_integer(j, "files", (int64_t)c->file_count) == 0 &&
	    json_put_string(j, "request", c->request) == 0 && json_put_string(j, "approver", c->approver) == 0)
		return j;
	json_free(j);
	return NULL;
}

/* The certificate stands: what it names goes. */
static int
delete_files(struct records *r)
{
	char sha256[DIGEST_HEX];
	struct buf text = BUF_INIT;
	size_t i;
	int rc;

	rc = purgecert_write(&r->cert, &text) == 0 ? digest_hex_of(text.data, text.len, sha256) : -1;
	buf_free(&text);
	if (rc == -1)
		return failed(r, r->name);
	if (asked_journal(r->p, r->case_id, "purge", sha256, detail_of(r)) == -1)
		return -1;
	for (i = 0; i < r->cert.file_count; i++) {
		if (remove_file(r, r->cert.files[i].name) == -1)
			return -1;
	}
	if (syncfs(r->casefd) == -1)
		return failed(r, "cannot be synced");
	return asked_journal(r->p, r->case_id, "purged", sha256, detail_of(r));
}

/* The certificate that an earlier run has published: 1 if it is of this request, 2 if of another, 0 none, -1 reported. */
static int
load_certificate(struct records *r)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	if (fsio_load(r->casefd, r->name, PURGECERT_MAX_BYTES, &text) == -1)
		rc = errno == ENOENT ? 0 : failed(r, r->name);
	else if (purgecert_parse(text.data == NULL ? "" : text.data, text.len, &r->cert) == -1)
		(void)failed(r, r->name);
	else
		rc = strcmp(r->cert.request, r->asked->request.sha256) == 0 ? 1 : 2;
	buf_free(&text);
	return rc;
}

static int
purge(struct records *r, const struct retention_terms *terms, stamp_t at)
{
	int there = load_certificate(r), held, rc;

	if (there == -1)
		return -1;
	if (there == 2)
		return purge_refuse(r->p, r->case_id, r->asked, "", "its records are purged already");
	if (there == 0) {
		rc = judge(r, terms, at);
		if (rc != 0)
			return rc == -1 ? -1 : purge_refuse(r->p, r->case_id, r->asked, "", r->why);
	}
	held = purge_is_held(r->p, r->case_id);
	if (held == -1)
		return -1;
	if (held == 1)
		return purge_refuse(r->p, r->case_id, r->asked, "", "the case is on hold");
	if (there == 0) {
		memcpy(r->cert.order_sha256, terms->order_sha256, sizeof(r->cert.order_sha256));
		r->cert.revision = terms->revision;
		r->cert.days = terms->records_days;
		if (purge_certify(r->p, r->casefd, r->asked, &r->cert) == -1 || put_certificate(r) == -1)
			return -1;
	}
	return delete_files(r);
}

int
purge_records(struct packager *p, const char *case_id, const struct retention_terms *terms, stamp_t at,
    const struct requests_entry *e)
{
	struct records r = {.p = p, .case_id = case_id, .asked = e};
	char path[NAMES_CASE_ROOM + 16];
	int rc = -1;

	r.cert.what = REQUEST_RECORDS;
	r.cert.day = STAMP_NONE;
	(void)snprintf(r.cert.case_id, sizeof(r.cert.case_id), "%s", case_id); /* it was judged */
	(void)purgecert_name(r.name, &r.cert);
	(void)snprintf(path, sizeof(path), "records/%s", case_id); /* has room */
	r.casefd = fsio_opendirat(p->statefd, path);
	if (r.casefd == -1)
		(void)failed(&r, path);
	else
		rc = purge(&r, terms, at);
	purgecert_clear(&r.cert);
	if (r.casefd != -1)
		(void)close(r.casefd); /* a folder */
	return rc;
}
