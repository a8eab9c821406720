#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "guide.h"
#include "json.h"
#include "notices.h"
#include "sums.h"

#include "day.h"
#include "day_ledger.h"

#define GRACE (2 * 3600 * STAMP_SECOND) /* after midnight UTC */
#define KEYRING DAY_KEYRING
#define KEYRING_SIG KEYRING ".minisig"
#define SUMS "SHA256SUMS"
#define SUMS_SIG "SHA256SUMS.minisig"
#define KEYRING_MAX ((size_t)1024 * 1024)

stamp_t
day_of(const struct sealed *s, stamp_t from, stamp_t now)
{
	stamp_t day = stamp_day_start(from), today = stamp_day_start(now);

	if (day > today)
		day = today;
	if ((s->closed == STAMP_NONE || day > s->closed) && (s->day == STAMP_NONE || day >= s->day))
		return day;
	day = today;
	if (s->closed != STAMP_NONE && day <= s->closed)
		day = s->closed + STAMP_DAY;
	if (s->day != STAMP_NONE && day < s->day)
		day = s->day;
	return day;
}

static int
failed(const struct closing *c, const char *what)
{
	return stream_day_failed(c->s, c->day, what);
}

/* Has the folder's file these bytes? */
static int
holds(const struct closing *c, const char *name, const struct buf *text)
{
	struct buf there = BUF_INIT;
	int same = fsio_load(c->fd, name, KEYRING_MAX, &there) == 0 && there.len == text->len &&
		   memcmp(there.data, text->data, text->len) == 0;

	buf_free(&there);
	return same;
}

/*
 * The keyring goes into the folder as it is when the day is closed: what signs the list must be a key of it.  The keyring
 * may have changed since an earlier run has left a pair, or half of one.
 */
static int
put_keyring(struct closing *c)
{
	const struct packager *p = c->s->p;

	if (holds(c, KEYRING, &p->keyring_text) && holds(c, KEYRING_SIG, &p->keyring_sig))
		return 0;
	if (p->roots_text.len > 0 &&
	    fsio_replace(c->fd, KEYRING_ROOTS, p->roots_text.data, p->roots_text.len, PACKAGER_MODE_FILE) == -1)
		return failed(c, KEYRING_ROOTS);
	if (fsio_replace(c->fd, KEYRING_SIG, p->keyring_sig.data, p->keyring_sig.len, PACKAGER_MODE_FILE) == -1 ||
	    fsio_replace(c->fd, KEYRING, p->keyring_text.data, p->keyring_text.len, PACKAGER_MODE_FILE) == -1)
		return failed(c, KEYRING);
	return 0;
}

/* How to check the day without us: what an earlier run has put there stands. */
static int
put_guide(struct closing *c)
{
	const char *text;
	size_t i, n;

	for (i = 0; i < GUIDE_FILES; i++) {
		text = guide_text(i, &n);
		if (fsio_put(c->fd, guide_name(i), text, n, PACKAGER_MODE_FILE) == -1 && errno != EEXIST)
			return failed(c, guide_name(i));
	}
	return 0;
}

static int
journal_it(const struct closing *c)
{
	const struct stream *s = c->s;
	const struct ledger *l = &c->ledger;
	struct json *detail;
	char day[STAMP_DAY_TEXT];
	int rc, told = c->is_resumed ? stream_was_journalled(s, "ledger", c->sha256) : 0;

	if (told != 0)
		return told == 1 ? 0 : -1;
	detail = json_object();
	rc = json_put_string(detail, "iap", s->iap) | json_put_string(detail, "day", stamp_day_format(day, c->day)) |
	     json_put_integer(detail, "count", (int64_t)l->row_count) |
	     json_put(detail, "final", json_boolean(l->final));
	if (rc != 0) {
		json_free(detail);
		return failed(c, "journal");
	}
	return journal_write(s->p->journal, s->case_id, "ledger", c->sha256, detail);
}

static int
remember(struct closing *c)
{
	struct sealed *sealed = &c->s->sealed;

	sealed->closed = c->day;
	memcpy(sealed->ledger_sha256, c->sha256, sizeof(sealed->ledger_sha256));
	memcpy(sealed->ledger_seal, c->ledger.head_seal, sizeof(sealed->ledger_seal));
	memcpy(sealed->ledger_order, c->ledger.order_sha256, sizeof(sealed->ledger_order));
	/* After a final ledger none is due until there is a package again. */
	sealed->due = c->ledger.final ? STAMP_NONE : c->day + STAMP_DAY;
	return sealed_save(sealed, c->s->recordsfd);
}

/* All that follows the ledger. */
static int
finish(struct closing *c)
{
	if (sums_publish(c->s, c->fd, c->day, c->name, c->sha256) == -1 || journal_it(c) == -1)
		return -1;
	return remember(c);
}

static int
open_closing(struct closing *c, struct stream *s)
{
	memset(c, 0, sizeof(*c));
	c->s = s;
	c->day = s->sealed.due;
	(void)names_day_file(c->name, s->case_id, s->iap, c->day, ".ledger.txt");
	c->fd = stream_open_day(s, c->day);
	return c->fd == -1 ? -1 : 0;
}

static void
close_closing(struct closing *c)
{
	ledger_clear(&c->ledger);
	if (c->fd != -1)
		(void)close(c->fd); /* a folder; what was put there is synced */
}

static int
close_day(struct stream *s, int final)
{
	struct closing c;
	int rc = -1;

	if (open_closing(&c, s) == 0 && put_keyring(&c) == 0 && put_guide(&c) == 0 &&
	    (!final || notices_of_end(s, c.day) == 0) && day_ledger_publish(&c, final) == 0)
		rc = finish(&c);
	close_closing(&c);
	return rc;
}

static int
take_away(const struct closing *c, const char *name)
{
	return unlinkat(c->fd, name, 0) == 0 || errno == ENOENT ? 0 : failed(c, name);
}

/*
 * A ledger that nobody has signed yet, beside a keyring that is in force no more: the key that signs now may not stand in
 * it.  Nobody was given any of it before the signature, so the day is closed anew.  Return 1 if it is to be; 0; or -1.
 */
static int
reopen(struct closing *c)
{
	if (faccessat(c->fd, SUMS_SIG, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || holds(c, KEYRING, &c->s->p->keyring_text))
		return 0;
	/* The list first: it names the ledger. */
	if (take_away(c, SUMS) == -1 || take_away(c, c->name) == -1)
		return -1;
	return fsync(c->fd) == 0 ? 1 : failed(c, "folder");
}

int
day_resume(struct stream *s)
{
	struct closing c;
	char path[sizeof("outbox//") + sizeof(s->label) + STAMP_DAY_TEXT], day[STAMP_DAY_TEXT];
	int found, anew;

	if (s->sealed.due == STAMP_NONE)
		return 0;
	memset(&c, 0, sizeof(c));
	c.s = s;
	c.day = s->sealed.due;
	(void)names_day_file(c.name, s->case_id, s->iap, c.day, ".ledger.txt");
	(void)snprintf(path, sizeof(path), "outbox/%s/%s", s->label, stamp_day_format(day, c.day)); /* has room */
	c.fd = fsio_opendirat(s->p->statefd, path);
	if (c.fd == -1)
		return errno == ENOENT ? 0 : failed(&c, path);
	found = day_ledger_load(&c);
	anew = found == 1 ? reopen(&c) : 0;
	if (anew != 0)
		found = anew == 1 ? 0 : -1;
	else if (found == 1)
		found = finish(&c);
	close_closing(&c);
	return found;
}

/* Has capture said that no more will come, and is all of it sealed? */
static int
is_over(const struct stream *s)
{
	size_t i;

	if (spool_end(s->spool)->reason[0] == '\0' || s->sealed.next != spool_next(s->spool))
		return 0;
	for (i = 0; i < spool_open_count(s->spool); i++) {
		if (spool_open_draft(s->spool, i)->head.seq >= s->sealed.next)
			return 0;
	}
	return 1;
}

int
day_close_before(struct stream *s)
{
	while (s->sealed.due != STAMP_NONE && s->sealed.due < s->sealed.day) {
		if (close_day(s, 0) == -1)
			return -1;
	}
	return 0;
}

int
day_close_due(struct stream *s)
{
	const struct sealed *sealed = &s->sealed;
	stamp_t now = s->p->now();

	while (sealed->due != STAMP_NONE) {
		int over = is_over(s) && sealed->due >= sealed->day;
		/* A file's days are long past: they end with the file, not with a clock. */
		int late = spool_source(s->spool) == SPOOL_LIVE && now - sealed->due >= STAMP_DAY + GRACE;

		if (sealed->day <= sealed->due && !over && !late)
			return 0;
		if (close_day(s, over) == -1)
			return -1;
	}
	return 0;
}
