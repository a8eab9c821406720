#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "ordermemory.h"
#include "reset.h"
#include "trusted.h"

#include "keeper_internal.h"

#define STATE_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define STATE_DEPTH 8

char *
keeper_memory_name(const struct keeper *k, unsigned what, char name[KEEPER_MEMORY_ROOM])
{
	if (what == RESET_KEYRING)
		(void)snprintf(name, KEEPER_MEMORY_ROOM, KEYRING_SEEN); /* has room */
	else                                                            /* an IAP has at most 15 characters */
		(void)snprintf(
		    name, KEEPER_MEMORY_ROOM, "%s.%s", k->iap->name, what == RESET_ORDERS ? "orders" : "clock");
	return name;
}

int
keeper_has_history(const struct keeper *k)
{
	char name[KEEPER_MEMORY_ROOM];
	struct stat st;

	(void)snprintf(name, sizeof(name), "%s.jsonl", k->iap->name); /* an IAP has at most 15 characters */
	return fstatat(k->journalfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0;
}

struct stream_walk {
	const struct keeper *k;
	int spoolfd, casefd, streamfd;
	const char *case_id;
	int (*each)(struct stream_walk *, const char *); /* of the access point; the folder is streamfd */
	struct docket *docket;
};

/* Open a folder below another one: -1 where there is none, which is not for us to tell, or with *rc -1. */
static int
open_below(int dirfd, const char *name, int *rc)
{
	int fd = fsio_opendirat(dirfd, name);

	*rc = fd == -1 && errno != ENOTDIR && errno != ELOOP && errno != ENOENT ? -1 : 0;
	return fd;
}

static int
walk_stream(void *cookie, const char *iap)
{
	struct stream_walk *w = cookie;
	int rc;

	if (!names_is_iap(iap))
		return 0;
	w->streamfd = open_below(w->casefd, iap, &rc);
	if (w->streamfd == -1)
		return rc;
	rc = w->each(w, iap);
	(void)close(w->streamfd); /* only read from */
	return rc;
}

static int
walk_case(void *cookie, const char *case_id)
{
	struct stream_walk *w = cookie;
	int rc;

	if (!names_is_case(case_id))
		return 0;
	w->case_id = case_id;
	w->casefd = open_below(w->spoolfd, case_id, &rc);
	if (w->casefd == -1)
		return rc;
	rc = fsio_list(w->casefd, walk_stream, w);
	(void)close(w->casefd); /* only read from */
	return rc;
}

/* Give each stream of the spool.  Return 0, what each() returned, or -1 after one diag line. */
static int
walk_streams(struct stream_walk *w)
{
	int rc;

	w->spoolfd = fsio_opendirat(w->k->statefd, "spool");
	if (w->spoolfd == -1 && errno == ENOENT)
		return 0;
	rc = w->spoolfd == -1 ? -1 : fsio_list(w->spoolfd, walk_case, w);
	if (rc == -1)
		diag_err("%s", w->k->spool);
	if (w->spoolfd != -1)
		(void)close(w->spoolfd); /* only read from */
	return rc;
}

static int
is_there(int dirfd, const char *iap, const char *suffix)
{
	char name[KEEPER_MEMORY_ROOM];

	(void)snprintf(name, sizeof(name), "%s%s", iap, suffix); /* as above */
	return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Was the stream made by this access point, or by one of which nothing else is known any more? */
static int
is_history(struct stream_walk *w, const char *iap)
{
	const int known = is_there(w->k->journalfd, iap, ".jsonl") || is_there(w->k->journalfd, iap, ".orders");

	return is_there(w->streamfd, "state", "") && (strcmp(iap, w->k->iap->name) == 0 || !known);
}

/* What says that the access point has captured before: 1 or 0, -1 after one diag line. */
static int
was_here(const struct keeper *k)
{
	struct stream_walk w = {.k = k, .each = is_history};

	return keeper_has_history(k) ? 1 : walk_streams(&w);
}

/* What is wrong in a state is recovery's to tell. */
static int
block_revoked(struct stream_walk *w, const char *iap)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	const char *reason;
	int rc = 0;

	(void)iap;
	if (fsio_load(w->streamfd, "state", STATE_MAX_BYTES, &text) == 0) {
		j = json_parse(text.data, text.len, STATE_DEPTH);
		rc = j == NULL && errno == ENOMEM ? -1 : 0;
	} else if (trusted_status(errno) == EX_IOERR || trusted_status(errno) == EX_OSERR) {
		rc = -1;
	}
	reason = json_get_string(json_get_object(j, "ended"), "reason");
	if (reason != NULL && strcmp(reason, "revoked") == 0 && docket_block(w->docket, w->case_id) == -1)
		rc = 1; /* reported */
	json_free(j);
	buf_free(&text);
	return rc;
}

int
keeper_block_revoked(const struct keeper *k)
{
	struct stream_walk w = {.k = k, .each = block_revoked, .docket = k->docket};

	return walk_streams(&w) == 0 ? 0 : -1;
}

int
keeper_memory_is_whole(const struct keeper *k, unsigned what)
{
	struct ordermemory *m;
	struct clock_reading now;
	struct clock clock;
	int rc = 1;

	if (what == RESET_ORDERS) {
		m = ordermemory_load(k->journalfd, k->iap->name);
		rc = m != NULL ? 1 : (errno == EBADMSG ? 0 : -1);
		ordermemory_free(m);
	} else if (what == RESET_KEYRING) {
		if (keyring_seen(k->journalfd) == -1)
			rc = errno == EBADMSG ? 0 : -1;
	} else {
		clock_read(k->clock_state, &now);
		if (clock_load(&clock, k->journalfd, k->iap->name, &now) == -1)
			rc = errno == EBADMSG || errno == EINVAL ? 0 : -1;
	}
	return rc;
}

/* Does the journal go on from where the memory of orders was written?  1 if so; 0, or -1 if unknown, after a diag line. */
static int
goes_on(const struct keeper *k)
{
	struct ordermemory *m = ordermemory_load(k->journalfd, k->iap->name);
	char name[KEEPER_MEMORY_ROOM];
	int rc;

	if (m == NULL)
		return -1;
	(void)snprintf(name, sizeof(name), "%s.jsonl", k->iap->name); /* as above */
	rc = journal_has(k->journalfd, name, ordermemory_mark(m));
	if (rc == -1)
		diag_err("journal/capture/%s", name);
	else if (rc == 0)
		diag_errx(
		    "journal/capture/%s is not the one that %s.orders was written by, or is older: what was accepted "
		    "and revoked since is not known",
		    name, k->iap->name);
	ordermemory_free(m);
	return rc;
}

/* What is not known any more without one of them. */
static const char *
unknown_without(unsigned what)
{
	if (what == RESET_ORDERS)
		return "what was accepted and revoked before";
	return what == RESET_KEYRING ? "which keyring was in force before" : "how late it has been before";
}

/* Is one of them as it should be?  1 if so, 0 after one diag line if it is lost, -1 after one if that is not known. */
static int
is_kept(const struct keeper *k, unsigned what)
{
	char name[KEEPER_MEMORY_ROOM];
	int rc;

	if (faccessat(k->journalfd, keeper_memory_name(k, what, name), F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT) {
		rc = was_here(k);
		if (rc == 1)
			diag_errx("journal/capture/%s is gone: %s is not known", name, unknown_without(what));
		return rc == -1 ? -1 : !rc;
	}
	rc = keeper_memory_is_whole(k, what);
	return rc == 1 && what == RESET_ORDERS ? goes_on(k) : rc;
}

int
keeper_find_lost(const struct keeper *k, unsigned *lost)
{
	unsigned what;

	*lost = 0;
	for (what = 1; what <= RESET_ALL; what <<= 1) {
		switch (is_kept(k, what)) {
		case -1:
			return -1;
		case 0:
			*lost |= what;
		}
	}
	return 0;
}
