#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daytar.h"
#include "diag.h"
#include "fsio.h"
#include "manifest.h"
#include "outbox.h"
#include "stop.h"

#include "daysum.h"

#define SUMS_SIG "SHA256SUMS.minisig"

/* One day's file while it is read for both its hashes. */
struct summing {
	struct stream *s;
	stamp_t day;
	int dayfd;
	struct daytar *tar;
	struct digest *digest;
};

static int
failed(const struct summing *m, const char *what)
{
	return stream_day_failed(m->s, m->day, what);
}

static long
read_hashed(void *cookie, void *data, size_t room)
{
	struct summing *m = cookie;
	long n = daytar_read(m->tar, data, room);

	if (n > 0)
		digest_add(m->digest, data, (size_t)n);
	return n;
}

static int
has_file(const struct summing *m, const char *name)
{
	return faccessat(m->dayfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The sum is settled by what lies in the folder: one that an earlier run has left is the same. */
static int
put_sum(const struct summing *m)
{
	const struct stream *s = m->s;
	char name[NAMES_FILE_ROOM], sum[NAMES_FILE_ROOM], hex[DIGEST_HEX];
	struct manifest *list = manifest_new();
	struct buf text = BUF_INIT;
	int rc = -1;

	digest_take_hex(m->digest, hex);
	(void)names_day_file(name, s->case_id, s->iap, m->day, DAYTAR);
	(void)names_day_file(sum, s->case_id, s->iap, m->day, DAYTAR_SUM);
	if (list != NULL && manifest_add(list, hex, name) == 0 && manifest_write(list, &text) == 0)
		rc = fsio_replace(m->dayfd, sum, text.data, text.len, PACKAGER_MODE_FILE);
	manifest_free(list);
	buf_free(&text);
	return rc;
}

static int
sum_up(struct summing *m)
{
	const struct stream *s = m->s;
	char name[NAMES_FILE_ROOM], comment[256], date[STAMP_DAY_TEXT], time[STAMP_TEXT];
	struct buf sig = BUF_INIT;
	int rc = -1;

	(void)names_day_file(name, s->case_id, s->iap, m->day, DAYTAR_SIG);
	(void)snprintf(comment, sizeof(comment), "casetap case=%s iap=%s day=%s sealed=%s", s->case_id, s->iap,
	    stamp_day_format(date, m->day), stamp_format(time, s->p->now())); /* has room */
	if (sign_make_read(s->p->key, read_hashed, m, comment, &sig) == -1)
		(void)failed(m, daytar_blamed(m->tar));
	else if (put_sum(m) == -1 || fsio_put(m->dayfd, name, sig.data, sig.len, PACKAGER_MODE_FILE) == -1)
		(void)failed(m, name);
	else
		rc = 0;
	buf_free(&sig);
	return rc;
}

static int
look_at_day(struct summing *m)
{
	const struct stream *s = m->s;
	char name[NAMES_FILE_ROOM];
	int rc = -1;

	(void)names_day_file(name, s->case_id, s->iap, m->day, DAYTAR_SIG);
	if (!has_file(m, SUMS_SIG) || has_file(m, name))
		return 0;
	m->tar = daytar_open(m->dayfd, s->case_id, s->iap, m->day);
	if (m->tar == NULL)
		return errno == ENOENT ? 0 : failed(m, "as one file");
	m->digest = digest_new();
	rc = m->digest == NULL ? failed(m, "as one file") : sum_up(m);
	digest_free(m->digest);
	daytar_close(m->tar);
	return rc;
}

static int
each_day(void *cookie, stamp_t day)
{
	struct stream *s = cookie;
	struct summing m = {.s = s, .day = day};
	int rc;

	if (stop_requested())
		return 0;
	m.dayfd = stream_open_day(s, day);
	if (m.dayfd == -1)
		return 1;
	rc = look_at_day(&m);
	(void)close(m.dayfd); /* a folder */
	return rc == -1 ? 1 : 0;
}

int
daysum_publish(struct stream *s)
{
	char path[sizeof("outbox/") + sizeof(s->label)];
	int fd, rc;

	if (!s->wants_day)
		return 0;
	(void)snprintf(path, sizeof(path), "outbox/%s", s->label); /* has room */
	fd = fsio_opendirat(s->p->statefd, path);
	if (fd == -1 && errno == ENOENT)
		return 0;
	rc = fd == -1 ? -1 : outbox_each_day(fd, each_day, s);
	if (rc == -1) {
		packager_fail(s->p, packager_status(errno));
		diag_err("%s", path);
	}
	if (fd != -1)
		(void)close(fd); /* a folder */
	return rc == 0 ? 0 : -1;
}
