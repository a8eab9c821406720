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
#include "outbox.h"
#include "receipt.h"
#include "text.h"

#include "numbers.h"

/* Is the package of a number anywhere? */
struct search {
	char names[2][NAMES_FILE_ROOM]; /* as it is called */
	stamp_t from;                   /* no earlier day is looked at */
	int dirfd;                      /* of the stream in the outbox */
};

static int
is_there(int dirfd, const char *name)
{
	return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
look_at_day(void *cookie, stamp_t day)
{
	const struct search *s = cookie;
	char name[STAMP_DAY_TEXT];
	int fd, found;

	if (s->from != STAMP_NONE && day < s->from)
		return 0;
	fd = fsio_opendirat(s->dirfd, stamp_day_format(name, day));
	if (fd == -1)
		return -1;
	found = is_there(fd, s->names[0]) || is_there(fd, s->names[1]);
	(void)close(fd); /* a folder */
	return found;
}

static int
has_receipt(const struct packager *p, int dirfd, const char *package)
{
	char name[RECEIPT_NAME_ROOM];
	size_t i;

	for (i = 0; i < p->conf->destination_count; i++) {
		if (is_there(dirfd, receipt_name(name, package, p->conf->destinations[i].name)))
			return 1;
	}
	return 0;
}

int
numbers_has_package(const struct packager *p, const char *case_id, const char *iap, uint64_t seq, stamp_t from)
{
	struct search s = {.from = from};
	char path[sizeof("receipts//") + NAMES_CASE_ROOM + NAMES_IAP_ROOM];
	int found = 0, fd;

	(void)names_package(s.names[0], case_id, iap, seq, ".tar");
	(void)names_package(s.names[1], case_id, iap, seq, ".tar.age");
	(void)snprintf(path, sizeof(path), "outbox/%s/%s", case_id, iap); /* has room */
	s.dirfd = fsio_opendirat(p->statefd, path);
	if (s.dirfd == -1 && errno != ENOENT)
		return -1;
	if (s.dirfd != -1) {
		found = outbox_each_day(s.dirfd, look_at_day, &s);
		(void)close(s.dirfd); /* a folder */
	}
	if (found != 0)
		return found;
	(void)snprintf(path, sizeof(path), "receipts/%s/%s", case_id, iap);
	fd = fsio_opendirat(p->statefd, path);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	found = has_receipt(p, fd, s.names[0]) || has_receipt(p, fd, s.names[1]);
	(void)close(fd); /* a folder */
	return found;
}

/* Of a day that was closed: what merely has a package's name says nothing of a log. */
static int
is_published(void *cookie, const char *name)
{
	(void)cookie;
	return name[0] != '.' && text_ends_with(name, ".minisig");
}

static int
look_for_any(void *cookie, stamp_t day)
{
	const struct search *s = cookie;
	char name[STAMP_DAY_TEXT];
	int fd = fsio_opendirat(s->dirfd, stamp_day_format(name, day)), found;

	if (fd == -1)
		return -1;
	found = fsio_list(fd, is_published, NULL);
	(void)close(fd); /* a folder */
	return found;
}

static int
is_receipt(void *cookie, const char *name)
{
	(void)cookie;
	return name[0] != '.' && text_ends_with(name, ".receipt");
}

int
numbers_has_any(const struct packager *p, const char *case_id, const char *iap)
{
	struct search s = {.from = STAMP_NONE};
	char path[sizeof("receipts//") + NAMES_CASE_ROOM + NAMES_IAP_ROOM];
	int found = numbers_has_package(p, case_id, iap, 1, STAMP_NONE), fd;

	if (found != 0)
		return found;
	(void)snprintf(path, sizeof(path), "outbox/%s/%s", case_id, iap); /* has room */
	s.dirfd = fsio_opendirat(p->statefd, path);
	if (s.dirfd == -1 && errno != ENOENT)
		return -1;
	if (s.dirfd != -1) {
		found = outbox_each_day(s.dirfd, look_for_any, &s);
		(void)close(s.dirfd); /* a folder */
	}
	if (found != 0)
		return found;
	(void)snprintf(path, sizeof(path), "receipts/%s/%s", case_id, iap);
	fd = fsio_opendirat(p->statefd, path);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	found = fsio_list(fd, is_receipt, NULL);
	(void)close(fd); /* a folder */
	return found;
}

/* Numbers were given, and nothing of them is there to be sealed: 1, 0, or -1 after one diag line. */
static int
is_emptied(const struct stream *s)
{
	struct spool_number *list = NULL;
	size_t count = 0;

	if (s->sealed.next > 1 || spool_next(s->spool) <= 1 || spool_open_count(s->spool) > 0)
		return 0;
	if (spool_list(s->spool, &list, &count, NULL) == -1)
		return stream_failed(s, "spool");
	free(list);
	return count == 0;
}

int
numbers_check(const struct stream *s)
{
	const uint64_t next = s->sealed.next;
	char name[NAMES_FILE_ROOM];
	int rc;

	if (spool_next(s->spool) < next) {
		diag_errx("%s: numbers up to %ju are sealed, but the spool would give %ju again: it is an older copy",
		    s->label, (uintmax_t)next - 1, (uintmax_t)spool_next(s->spool));
		packager_fail(s->p, EX_CONFIG);
		return -1;
	}
	/* A package is published under an intent, which is forgotten only once it counts. */
	if (is_there(s->recordsfd, names_seq_file(name, next, ".intent")))
		return 0;
	rc = numbers_has_package(s->p, s->case_id, s->iap, next, s->sealed.day);
	if (rc == -1)
		return stream_failed(s, "outbox, receipts");
	if (rc == 1)
		diag_errx(
		    "%s: number %" PRIu64
		    " has a package, and the records would have it sealed again: they were lost, or are an older "
		    "copy: nothing of it is sealed until records/%s is restored",
		    s->label, next, s->case_id);
	else if ((rc = is_emptied(s)) == 1)
		diag_errx(
		    "%s: numbers up to %" PRIu64
		    " were given, and neither its spool nor its records hold any: nothing of it is sealed until "
		    "records/%s is restored",
		    s->label, spool_next(s->spool) - 1, s->case_id);
	if (rc == 1)
		packager_fail(s->p, EX_CONFIG);
	return rc == 0 ? 0 : -1;
}
