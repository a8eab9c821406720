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

/* What is looked for of a stream: the package of a number, or whatever shows that something was sealed. */
struct search {
	const struct packager *p;
	char names[2][NAMES_FILE_ROOM]; /* as the package is called */
	stamp_t from;                   /* no earlier day is looked at */
	int dirfd;                      /* of the stream in the outbox */
	/* In the folder of a day / of the receipts: is it there?  1, 0, or -1 with errno set. */
	int (*in_day)(const struct search *, int);
	int (*in_receipts)(const struct search *, int);
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
	found = s->in_day(s, fd);
	(void)close(fd); /* a folder */
	return found;
}

/* In the outbox, and then among the receipts.  Return 1, 0, or -1 with errno set. */
static int
look_for(struct search *s, const char *case_id, const char *iap)
{
	char path[sizeof("receipts//") + NAMES_CASE_ROOM + NAMES_IAP_ROOM];
	int found = 0, fd;

	(void)snprintf(path, sizeof(path), "outbox/%s/%s", case_id, iap); /* has room */
	s->dirfd = fsio_opendirat(s->p->statefd, path);
	if (s->dirfd == -1 && errno != ENOENT)
		return -1;
	if (s->dirfd != -1) {
		found = outbox_each_day(s->dirfd, look_at_day, s);
		(void)close(s->dirfd); /* a folder */
	}
	if (found != 0)
		return found;
	(void)snprintf(path, sizeof(path), "receipts/%s/%s", case_id, iap);
	fd = fsio_opendirat(s->p->statefd, path);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	found = s->in_receipts(s, fd);
	(void)close(fd); /* a folder */
	return found;
}

static int
has_package(const struct search *s, int dirfd)
{
	return is_there(dirfd, s->names[0]) || is_there(dirfd, s->names[1]);
}

static int
has_receipt(const struct search *s, int dirfd)
{
	const struct conf *conf = s->p->conf;
	char name[RECEIPT_NAME_ROOM];
	size_t i;

	for (i = 0; i < conf->destination_count; i++) {
		if (is_there(dirfd, receipt_name(name, s->names[0], conf->destinations[i].name)) ||
		    is_there(dirfd, receipt_name(name, s->names[1], conf->destinations[i].name)))
			return 1;
	}
	return 0;
}

int
numbers_has_package(const struct packager *p, const char *case_id, const char *iap, uint64_t seq, stamp_t from)
{
	struct search s = {.p = p, .from = from, .in_day = has_package, .in_receipts = has_receipt};

	(void)names_package(s.names[0], case_id, iap, seq, ".tar");
	(void)names_package(s.names[1], case_id, iap, seq, ".tar.age");
	return look_for(&s, case_id, iap);
}

static int
is_signature(void *cookie, const char *name)
{
	(void)cookie;
	return name[0] != '.' && text_ends_with(name, ".minisig");
}

/* Was the day closed?  What merely has a package's name says nothing of a log. */
static int
has_signature(const struct search *s, int dirfd)
{
	(void)s;
	return fsio_list(dirfd, is_signature, NULL);
}

static int
is_receipt(void *cookie, const char *name)
{
	(void)cookie;
	return name[0] != '.' && text_ends_with(name, ".receipt");
}

static int
has_any_receipt(const struct search *s, int dirfd)
{
	(void)s;
	return fsio_list(dirfd, is_receipt, NULL);
}

int
numbers_has_any(const struct packager *p, const char *case_id, const char *iap)
{
	struct search s = {.p = p, .from = STAMP_NONE, .in_day = has_signature, .in_receipts = has_any_receipt};
	int found = numbers_has_package(p, case_id, iap, 1, STAMP_NONE);

	return found != 0 ? found : look_for(&s, case_id, iap);
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
