#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "outbox.h"

#include "keep.h"

struct keeping {
	const struct site *site;
	const char *case_id;
	int is_all;
	int (*each)(void *, const struct keep_day *);
	void *cookie;
	struct retention_terms terms;
	/* of the stream at hand */
	struct retention *retention;
	struct keep_day day;
};

static int
on_day(void *cookie, stamp_t day)
{
	struct keeping *k = cookie;
	struct purgecert cert = {.files = NULL};
	int rc;

	k->day.day = day;
	rc = retention_judge(k->retention, day, stamp_now(), &cert, &k->day.verdict);
	purgecert_clear(&cert);
	if (rc == -1)
		return -1;
	rc = k->each(k->cookie, &k->day);
	return rc != 0 ? rc : !k->is_all;
}

static int
on_stream(void *cookie, const char *iap)
{
	struct keeping *k = cookie;
	int rc = 0;

	if (!names_is_iap(iap))
		return 0;
	k->day.iap = iap;
	k->retention = retention_open(k->site->statefd, k->case_id, iap, k->site->keyring, &k->terms);
	if (k->retention == NULL)
		return errno == ENOENT ? 0 : -1;
	rc = outbox_each_day(retention_streamfd(k->retention), on_day, k);
	retention_close(k->retention);
	return rc == -1 ? -1 : 0;
}

int
keep_each_day(const struct site *site, const char *case_id, int is_all, int (*each)(void *, const struct keep_day *),
    void *cookie)
{
	struct keeping k = {.site = site, .case_id = case_id, .is_all = is_all, .each = each, .cookie = cookie};
	char path[NAMES_CASE_ROOM + 16];
	int fd, known = retention_terms_load(site->statefd, site->orders_key, case_id, &k.terms), status = EX_OK;

	if (known != 1)
		return known == 0 ? EX_OK : EX_DATAERR; /* nothing was accepted, so nothing is due */
	k.day.case_id = case_id;
	(void)snprintf(path, sizeof path, "outbox/%s", case_id); /* has room */
	fd = fsio_opendirat(site->statefd, path);
	if (fd == -1 && errno == ENOENT)
		return EX_OK;
	if (fd == -1 || fsio_list(fd, on_stream, &k) == -1) {
		status = errno == EACCES ? EX_NOPERM : EX_IOERR;
		diag_err("%s/%s", site->conf->state_dir, path);
	}
	if (fd != -1)
		(void)close(fd); /* a folder */
	return status;
}

struct cases {
	int (*each)(void *, const char *);
	void *cookie;
};

static int
on_case(void *cookie, const char *name)
{
	const struct cases *c = cookie;

	return names_is_case(name) ? c->each(c->cookie, name) : 0;
}

int
keep_each_case(const struct site *site, int (*each)(void *, const char *), void *cookie)
{
	struct cases c = {each, cookie};
	int fd = fsio_opendirat(site->statefd, "outbox"), status = EX_OK;

	if (fd == -1 && errno == ENOENT)
		return EX_OK;
	if (fd == -1 || fsio_list(fd, on_case, &c) == -1) {
		diag_err("%s/outbox", site->conf->state_dir);
		status = EX_IOERR;
	}
	if (fd != -1)
		(void)close(fd); /* a folder */
	return status;
}

struct counting {
	int dirfd;
	uint64_t days;
};

static int
count_day(void *cookie, const char *name)
{
	stamp_t day;

	*(uint64_t *)cookie += stamp_day_parse(name, &day) == 0;
	return 0;
}

static int
count_stream(void *cookie, const char *name)
{
	struct counting *c = cookie;
	int fd = names_is_iap(name) ? fsio_opendirat(c->dirfd, name) : -1;

	if (fd == -1)
		return 0;                         /* no stream */
	(void)fsio_list(fd, count_day, &c->days); /* what can not be read is not counted */
	(void)close(fd);                          /* a folder */
	return 0;
}

uint64_t
keep_purged(const struct site *site, const char *case_id)
{
	struct counting c = {-1, 0};
	char path[NAMES_CASE_ROOM + 16];

	(void)snprintf(path, sizeof path, "records/%s", case_id); /* has room */
	c.dirfd = fsio_opendirat(site->statefd, path);
	if (c.dirfd == -1)
		return 0;
	(void)fsio_list(c.dirfd, count_stream, &c); /* what can not be read is not counted */
	(void)close(c.dirfd);                       /* a folder */
	return c.days;
}
