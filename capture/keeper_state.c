#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "reset.h"
#include "trusted.h"

#include "clock_request.h"
#include "program.h"
#include "status.h"

#include "keeper_internal.h"

#define LOCK_SECONDS 5
#define SPOOL_MARKER ".casetap"
#define SAVE_CLOCK (10 * STAMP_SECOND)

struct conf *
keeper_load_conf(const struct capture_options *o, const struct conf_iap **iap, int *status)
{
	struct conf *conf = conf_load(o->config, status);

	if (conf == NULL)
		return NULL;
	*iap = conf_find_iap(conf, o->iap);
	if (*iap != NULL)
		return conf;
	if (o->iap != NULL)
		diag_errx("%s: there is no [iap %s]", conf->path, o->iap);
	else
		diag_errx("%s: %s (--iap NAME says which)", conf->path,
		    conf->iap_count == 0 ? "there is no [iap NAME]" : "there is more than one [iap NAME]");
	*status = EX_CONFIG;
	conf_free(conf);
	return NULL;
}

static int
take_lock(struct keeper *k)
{
	char name[NAMES_IAP_ROOM + 8];

	(void)snprintf(name, sizeof(name), "%s.lock", k->iap->name); /* an IAP has at most 15 characters */
	k->lockfd = fsio_lock(k->journalfd, name, LOCK_SECONDS);
	if (k->lockfd != -1)
		return 0;
	k->status = errno == EACCES || errno == EPERM ? EX_NOPERM : EX_OSERR;
	if (errno == EWOULDBLOCK) {
		k->status = EX_TEMPFAIL;
		diag_errx("another casetap-capture is access point %s", k->iap->name);
	} else
		diag_err("journal/capture/%s", name);
	return -1;
}

static int
is_entry(void *cookie, const char *name)
{
	(void)cookie;
	return names_is_case(name);
}

int
keeper_check_spool(struct keeper *k)
{
	int fd = fsio_opendirat(k->statefd, "spool"), rc = -1;

	if (fd == -1) {
		diag_err("%s", k->spool);
		k->status = trusted_status(errno);
		return -1;
	}
	if (faccessat(fd, SPOOL_MARKER, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		rc = 0;
	else if (keeper_has_history(k) && fsio_list(fd, is_entry, NULL) == 0)
		diag_errx(
		    "%s: empty, and without its marker " SPOOL_MARKER ": is a filesystem not mounted?", k->spool);
	/* The daemons of several access points may start at once, and each put the marker there. */
	else if (fsio_put(fd, SPOOL_MARKER, "", 0, 0640) == 0 || errno == EEXIST ||
		 (errno == ENOENT && faccessat(fd, SPOOL_MARKER, F_OK, AT_SYMLINK_NOFOLLOW) == 0))
		rc = 0;
	else {
		diag_err("%s/" SPOOL_MARKER, k->spool);
		k->status = trusted_status(errno);
	}
	(void)close(fd); /* a folder */
	return rc;
}

/*
 * What did not let itself be read or written at the start: a matter for people only where something is wrong in it.  A full
 * disk passes, and a service that ends with 78 is not started again.
 */
static int
refused(struct keeper *k)
{
	k->status = errno == ESTALE ? EX_CONFIG : trusted_status(errno);
	return -1;
}

/* The folder of what capture writes down, for this daemon alone. */
static int
open_folder(struct keeper *k)
{
	k->status = EX_CONFIG;
	k->journalfd = fsio_opendirat(k->statefd, "journal/capture");
	if (k->journalfd == -1) {
		diag_err("%s/journal/capture", k->conf->state_dir);
		k->status = errno == EACCES ? EX_NOPERM : EX_CANTCREAT;
		return -1;
	}
	if (fsio_check_trusted(k->journalfd, "journal/capture", 0) == -1) {
		k->status = trusted_status(errno);
		return -1;
	}
	return take_lock(k);
}

/* Keyring, journal and clock, of which none may be older than what was seen: of ${lost}, RESET_*, an approver says so. */
static int
open_memories(struct keeper *k, unsigned *lost)
{
	k->keyring = keyring_load(k->conf->keyring, k->conf->root, &k->status);
	if (k->keyring == NULL)
		return -1;
	if (keeper_find_lost(k, lost) == -1)
		return refused(k);
	if ((*lost & RESET_KEYRING) == 0 && keyring_remember(k->journalfd, k->keyring) == -1)
		return refused(k);
	k->status = EX_CONFIG;
	if (keeper_check_spool(k) == -1)
		return -1;
	k->journal = journal_open(k->journalfd, k->iap->name, PROGRAM_VERSION);
	if (k->journal == NULL) {
		k->status = EX_IOERR;
		return -1;
	}
	clock_read(k->clock_state, &k->reading);
	k->started = k->reading.realtime;
	if (keeper_reset(k, *lost) == -1)
		return -1;
	if (clock_load(&k->clock, k->journalfd, k->iap->name, &k->reading) == -1)
		return refused(k);
	keeper_save_clock(k);
	if (k->save_error != 0) {
		errno = k->save_error;
		return refused(k);
	}
	return 0;
}

static int
open_docket(struct keeper *k, unsigned lost)
{
	k->docket = docket_new(k->journal, k->journalfd, k->iap->name, keeper_is_file(k));
	if (k->docket == NULL)
		return refused(k);
	if (docket_take_keyring(k->docket, k->keyring) == -1 || keeper_block_revoked(k) == -1)
		return refused(k);
	docket_use_key(k->docket, k->orders_key);
	docket_after_reset(k->docket, lost != 0);
	return 0;
}

/* What tells of changes is there before the orders are read for the first time: no change falls between. */
static int
open_watch(struct keeper *k)
{
	k->status = EX_OSERR;
	if (links_open(&k->links, k->interfaces, keeper_is_file(k) ? 0 : k->interface_count) == -1)
		return -1;
	(void)links_look(&k->links);
	k->links_looked = k->reading.realtime;
	k->watch = watch_new(k->conf->orders_dir, k->conf->keyring, k->conf->path, k->requests);
	if (k->watch == NULL)
		return -1;
	k->changed = WATCH_REQUESTS;
	return 0;
}

int
keeper_open(struct keeper *k)
{
	unsigned lost;

	if (open_folder(k) == -1 || open_memories(k, &lost) == -1 || open_docket(k, lost) == -1 ||
	    open_watch(k) == -1)
		return -1;
	if (docket_load(k->docket, k->conf, k->keyring, clock_latest(&k->clock)) == -1) {
		k->status = trusted_status(errno);
		return -1;
	}
	keeper_clean_given(k);
	keeper_load_given(k);
	keeper_kept_load(k);
	status_recall(k);
	k->status = EX_OK;
	return 0;
}

void
keeper_save_clock(struct keeper *k)
{
	int error = clock_save(&k->clock, k->journalfd, k->iap->name) == 0 ? 0 : errno;

	if (error != 0 && error != k->save_error) {
		errno = error;
		diag_err("journal/capture/%s.clock", k->iap->name);
	}
	k->save_error = error;
	k->saved = k->reading.boottime;
}

/* Slice records then say -1 of the clock, and its mark waits ten minutes for it. */
static void
say_if_unknown(struct keeper *k)
{
	const char *label = clockstate_label(k->clock_state), *why = k->reading.unknown;

	if ((why != NULL) == k->said_unknown)
		return;
	k->said_unknown = why != NULL;
	if (why != NULL)
		diag_warnx("%s %s: slices do not say how well the clock is kept (casetap doctor)", label, why);
	else
		diag_notice("%s: how well the clock is kept is known again", label);
}

void
keeper_look_at_clock(struct keeper *k)
{
	struct json *detail;
	stamp_t step;

	clock_read(k->clock_state, &k->reading);
	say_if_unknown(k);
	clock_advance(&k->clock, &k->reading, &step);
	if (step != 0) {
		detail = json_object();
		(void)json_put_stamp(
		    detail, "from", k->reading.realtime - step); /* the line counts without it, too */
		(void)json_put_stamp(detail, "to", k->reading.realtime);
		(void)json_put_stamp(detail, "mark", k->clock.mark);
		(void)journal_write(k->journal, NULL, "clock", NULL, detail); /* reported there */
		diag_warnx("the clock was stepped by %lld ms", (long long)(step / (STAMP_SECOND / 1000)));
		k->changed |= WATCH_ORDERS; /* an approval may count, or not, by the clock as it is now */
	}
	if (step != 0 || k->saved == 0 ||
	    k->reading.boottime - k->saved >= (k->save_error == 0 ? SAVE_CLOCK : STAMP_SECOND))
		keeper_save_clock(k);
}

/* Is one of the reader's interfaces gone or another one, or is there one that it does not have? */
static int
reader_has_others(const struct keeper *k)
{
	size_t i;

	for (i = 0; i < k->links.count; i++) {
		if (k->links.at[i].index != k->child.links[i])
			return 1;
	}
	return 0;
}

void
keeper_look_at_links(struct keeper *k)
{
	stamp_t before = k->links_looked;

	if (keeper_is_file(k))
		return;
	k->links_looked = k->reading.realtime;
	if (!links_look(&k->links))
		return;
	if (k->child.kind == CHILD_READER && reader_has_others(k)) {
		diag_warnx("an interface came or went: the rings are opened anew");
		keeper_stop_reader(k, SLICE_LINK_CHANGE, "link-down");
		return;
	}
	/* When it went down is not known to the moment: since we last saw it up. */
	if (links_is_down(&k->links) || k->links.has_flapped)
		keeper_send_link(k, before, 1);
	if (!links_is_down(&k->links))
		keeper_send_link(k, k->reading.realtime, 0);
}
