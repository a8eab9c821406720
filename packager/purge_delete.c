#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "asked.h"
#include "diag.h"
#include "fsio.h"

#include "purge_day.h"

struct deleting {
	const struct purge_day *d;
	struct purgecert cert;
	char sha256[DIGEST_HEX]; /* of the certificate */
	int dayfd, keptfd;       /* outbox/CASE/IAP/DAY (-1 if it is gone), records/CASE/IAP/DAY */
	int strangers;
};

static int
load_certificate(struct deleting *g)
{
	const struct purge_day *d = g->d;
	struct buf text = BUF_INIT;
	char name[NAMES_FILE_ROOM];
	int rc = -1;

	(void)names_day_file(name, d->case_id, d->iap, d->day, PURGECERT_SUFFIX);
	if (fsio_load(g->keptfd, name, PURGECERT_MAX_BYTES, &text) == -1 ||
	    purgecert_parse(text.data == NULL ? "" : text.data, text.len, &g->cert) == -1 ||
	    digest_hex_of(text.data, text.len, g->sha256) == -1)
		(void)purge_day_failed(d, name);
	else
		rc = 0;
	buf_free(&text);
	return rc;
}

static struct json *
detail_of(const struct deleting *g)
{
	struct json *j = json_object();
	const struct purgecert *c = &g->cert;

	if (json_put_string(j, "iap", c->iap) == 0 && json_put_string(j, "day", g->d->text) == 0 &&
	    json_put_integer(j, "files", (int64_t)c->file_count) == 0 &&
	    json_put_string(j, "request", c->request) == 0 && json_put_string(j, "approver", c->approver) == 0 &&
	    json_put_string(j, "key_id", c->key_id) == 0)
		return j;
	json_free(j);
	return NULL;
}

static int
delete_package(void *cookie, const char *name)
{
	struct deleting *g = cookie;
	struct names n;

	names_parse(name, &n);
	/* A killed seal has left something of a package, in a day that is long closed. */
	if (!fsio_is_temp(name) && n.kind != NAMES_PACKAGE)
		return 0;
	if (n.kind == NAMES_PACKAGE && purgecert_find(&g->cert, name) == NULL) {
		diag_errx("%s: %s is not what was purged: not touched", g->d->label, name);
		g->strangers++;
		return 0;
	}
	return unlinkat(g->dayfd, name, 0);
}

/* Behind the packages: what has a copy in the records, and the day as one file. */
static int
delete_rest(void *cookie, const char *name)
{
	struct deleting *g = cookie;
	struct names n;

	names_parse(name, &n);
	if (n.kind == NAMES_PACKAGE)
		return 0;
	if (strstr(name, ".day.tar") == NULL && faccessat(g->keptfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			return -1;
		diag_errx("%s: %s has no copy in the records: not touched", g->d->label, name);
		g->strangers++;
		return 0;
	}
	return unlinkat(g->dayfd, name, 0);
}

/* The tag files have their copies in the day's folder. */
static int
delete_tags(const struct deleting *g)
{
	char name[NAMES_FILE_ROOM];
	struct names n;
	size_t i;

	for (i = 0; i < g->cert.file_count; i++) {
		names_parse(g->cert.files[i].name, &n);
		(void)names_package(name, g->d->case_id, g->d->iap, n.seq, ".tags.tar");
		if (unlinkat(g->d->recordsfd, name, 0) == -1 && errno != ENOENT)
			return -1;
	}
	return fsync(g->d->recordsfd);
}

static int
delete_files(struct deleting *g)
{
	if (g->dayfd == -1)
		return 0;
	if (fsio_list(g->dayfd, delete_package, g) == -1 || fsio_list(g->dayfd, delete_rest, g) == -1 ||
	    fsync(g->dayfd) == -1)
		return purge_day_failed(g->d, "cannot be removed");
	if (g->strangers == 0)
		return 0;
	packager_fail(g->d->p, EX_DATAERR);
	return -1;
}

static int
finish(const struct deleting *g)
{
	const struct purge_day *d = g->d;

	if (asked_journal(d->p, d->case_id, "purged", g->sha256, detail_of(g)) == -1)
		return -1;
	if (g->dayfd != -1 && (unlinkat(d->streamfd, d->text, AT_REMOVEDIR) == -1 || fsync(d->streamfd) == -1))
		return purge_day_failed(d, "cannot be removed");
	return 0;
}

int
purge_day_delete(const struct purge_day *d)
{
	struct deleting g = {.d = d, .dayfd = -1};
	int rc = -1;

	g.keptfd = fsio_opendirat(d->recordsfd, d->text);
	if (g.keptfd == -1) {
		(void)purge_day_failed(d, d->text);
		goto out;
	}
	g.dayfd = d->streamfd == -1 ? -1 : fsio_opendirat(d->streamfd, d->text);
	if (g.dayfd == -1 && d->streamfd != -1 && errno != ENOENT) {
		(void)purge_day_failed(d, d->text);
		goto out;
	}
	/* Its name may not have been synced by the run that gave it. */
	if (fsync(d->recordsfd) == -1) {
		(void)purge_day_failed(d, d->text);
		goto out;
	}
	if (load_certificate(&g) == -1 || asked_journal(d->p, d->case_id, "purge", g.sha256, detail_of(&g)) == -1 ||
	    delete_files(&g) == -1)
		goto out;
	if (delete_tags(&g) == -1)
		(void)purge_day_failed(d, "tag files");
	else
		rc = finish(&g);
out:
	purgecert_clear(&g.cert);
	if (g.keptfd != -1)
		(void)close(g.keptfd); /* folders */
	if (g.dayfd != -1)
		(void)close(g.dayfd);
	return rc;
}
