#include <sys/stat.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "lastrun.h"
#include "sandbox.h"

#include "session.h"

#define PROGRAM "casetap-uploader " CASETAP_VERSION
#define JOURNAL "journal/uploader"
#define CREDENTIALS 11 /* a destination: credentials, and the drop folder */
#define FIXED 8

static const char file_scheme[] = "file://";

/* Paths for the sandbox, as it wants them. */
struct paths {
	const char **list; /* NULL-terminated; the strings are borrowed or in `owned` */
	size_t count;
	struct buf owned[3];
};

/* Room for what the configuration can name at most. */
static int
paths_init(struct paths *p, const struct conf *conf)
{
	memset(p, 0, sizeof *p);
	p->list = calloc(FIXED + CREDENTIALS * conf->destination_count + 1, sizeof *p->list);
	return p->list == NULL ? -1 : 0;
}

static void
paths_add(struct paths *p, const char *path)
{
	if (path != NULL)
		p->list[p->count++] = path;
}

static void
paths_free(struct paths *p)
{
	free(p->list);
	for (size_t i = 0; i < sizeof p->owned / sizeof p->owned[0]; i++)
		buf_free(&p->owned[i]);
}

static int
list_readable(struct paths *p, const struct conf *conf)
{
	char *roots = keyring_roots_path(conf->keyring);
	int rc = -1;

	if (roots != NULL && paths_init(p, conf) == 0 && buf_printf(&p->owned[0], "%s.minisig", conf->keyring) == 0 &&
	    buf_puts(&p->owned[1], roots) == 0)
		rc = 0;
	free(roots);
	if (rc == -1)
		return -1;
	paths_add(p, p->owned[1].data);
	paths_add(p, conf->state_dir);
	paths_add(p, conf->orders_dir);
	paths_add(p, conf->keyring);
	paths_add(p, p->owned[0].data);
	paths_add(p, conf->root);
	paths_add(p, conf->tsa_ca);
	for (size_t i = 0; i < conf->destination_count; i++) {
		const struct conf_destination *d = &conf->destinations[i];

		paths_add(p, d->ca);
		paths_add(p, d->crl);
		paths_add(p, d->client_cert);
		paths_add(p, d->client_key);
		paths_add(p, d->token_file);
		paths_add(p, d->password_file);
		paths_add(p, d->identity);
		paths_add(p, d->known_hosts);
		paths_add(p, d->access_key_file);
		paths_add(p, d->secret_key_file);
		paths_add(p, d->drop);
	}
	return 0;
}

/* Our two folders, and the mounted ones; one that is not mounted now stays out of reach for this run. */
static int
list_writable(struct paths *p, const struct conf *conf)
{
	if (paths_init(p, conf) == -1 || buf_printf(&p->owned[0], "%s/receipts", conf->state_dir) == -1 ||
	    buf_printf(&p->owned[1], "%s/" JOURNAL, conf->state_dir) == -1)
		return -1;
	paths_add(p, p->owned[0].data);
	paths_add(p, p->owned[1].data);
	for (size_t i = 0; i < conf->destination_count; i++) {
		const struct conf_destination *d = &conf->destinations[i];
		const char *folder = d->url + strlen(file_scheme);

		if (d->scheme == CONF_FILE && access(folder, F_OK) == 0)
			paths_add(p, folder);
	}
	return 0;
}

/* Started as root, the program becomes the owner of its folder; where that is root, it stays.  Return the status. */
static int
find_owner(int journalfd, struct buf *user)
{
	struct passwd *pw;
	struct stat st;

	if (fstat(journalfd, &st) == -1) {
		diag_err("journal/uploader");
		return EX_OSERR;
	}
	if (geteuid() != 0 || st.st_uid == 0)
		return EX_OK;
	pw = getpwuid(st.st_uid);
	if (pw == NULL) {
		diag_errx("journal/uploader: belongs to user %lu, who has no name here", (unsigned long)st.st_uid);
		return EX_NOPERM;
	}
	if (buf_puts(user, pw->pw_name) == -1) {
		diag_err("sandbox");
		return EX_OSERR;
	}
	return EX_OK;
}

/* The program for alarms is judged in any case, and can be run only from outside the sandbox.  Return the status. */
static int
need_alarm(struct session *s, const char *user, int check)
{
	int status = s->conf->alarm_program == NULL ? EX_OK : alarm_check(s->conf->alarm_program);

	if (s->conf->alarm_program == NULL || status != EX_OK || check)
		return status;
	s->alarm = alarm_start(s->conf->alarm_program, user);
	return s->alarm == NULL ? EX_OSERR : EX_OK;
}

static int
enter_sandbox(struct session *s, int check)
{
	struct paths readable = {0}, writable = {0};
	struct buf user = BUF_INIT;
	int status = find_owner(s->journalfd, &user);

	if (status == EX_OK)
		status = need_alarm(s, user.data, check);
	if (status == EX_OK && (list_readable(&readable, s->conf) == -1 || list_writable(&writable, s->conf) == -1)) {
		diag_err("sandbox");
		status = EX_OSERR;
	} else if (status == EX_OK) {
		struct sandbox box = {.profile = SANDBOX_UPLOADER,
		    .user = user.data,
		    .readable = readable.list,
		    .writable = writable.list};

		if (sandbox_enter(&box) == -1)
			status = EX_OSERR;
	}
	paths_free(&readable);
	paths_free(&writable);
	buf_free(&user);
	return status;
}

static int
open_journal(struct session *s)
{
	int saved;

	s->lockfd = fsio_lock(s->journalfd, "lock", 0);
	if (s->lockfd == -1) {
		saved = errno;
		if (saved == EWOULDBLOCK) {
			diag_errx("another casetap-uploader is at work on %s", s->conf->state_dir);
			return EX_TEMPFAIL;
		}
		diag_err(JOURNAL "/lock");
		return saved == EACCES ? EX_NOPERM : EX_IOERR;
	}
	s->journal = journal_open(s->journalfd, "uploader", PROGRAM);
	if (s->journal == NULL)
		return errno == EACCES ? EX_NOPERM : EX_IOERR;
	if (keyring_remember(s->journalfd, s->keyring) == -1)
		return errno == ESTALE ? EX_CONFIG : EX_IOERR;
	return EX_OK;
}

/* A run of some cases or files only, or one that delivers nothing, tells nothing of the whole. */
static int
is_whole(const struct uploader_options *opts)
{
	return !opts->check && opts->summary == STAMP_NONE && opts->case_id == NULL && opts->resend_first == 0 &&
	       opts->audit == AUDIT_NONE;
}

int
session_open(struct session *s, const struct uploader_options *opts)
{
	int status = EX_OSERR, reads_only = opts->check || opts->summary != STAMP_NONE;

	memset(s, 0, sizeof *s);
	s->statefd = s->journalfd = s->lockfd = -1;
	s->turn = turn_new();
	if (s->turn == NULL) {
		diag_err("cannot start");
		return status;
	}
	s->conf = conf_load(opts->config, &status);
	if (s->conf == NULL || (s->statefd = conf_open_state(s->conf, &status)) == -1)
		return status;
	s->journalfd = fsio_opendirat(s->statefd, JOURNAL);
	if (s->journalfd == -1) {
		diag_err("%s/" JOURNAL, s->conf->state_dir);
		return errno == EACCES ? EX_NOPERM : EX_NOINPUT;
	}
	status = enter_sandbox(s, reads_only);
	if (status != EX_OK)
		return status;
	s->keyring = keyring_load(s->conf->keyring, s->conf->root, &status);
	if (s->keyring == NULL)
		return status;
	if (!reads_only && (status = open_journal(s)) != EX_OK)
		return status;
	if (is_whole(opts)) {
		s->has_begun = 1;
		(void)lastrun_begin(s->journalfd, "uploader", stamp_now()); /* as at the end */
	}
	s->addressees =
	    addressees_load(s->conf, s->keyring, s->statefd, reads_only ? -1 : s->journalfd, stamp_now(), &status);
	return s->addressees == NULL ? status : EX_OK;
}

void
session_say_end(const struct session *s, const struct uploader_options *opts, int status)
{
	if (is_whole(opts) && s->journalfd != -1 && (s->has_begun || status != EX_TEMPFAIL))
		(void)lastrun_end(s->journalfd, "uploader", stamp_now(), status); /* what stands still is seen, too */
}

int
session_refresh(struct session *s)
{
	struct addressees *a;
	int status;

	a = addressees_load(s->conf, s->keyring, s->statefd, s->journalfd, stamp_now(), &status);
	if (a == NULL)
		return status;
	addressees_free(s->addressees);
	s->addressees = a;
	return EX_OK;
}

void
session_close(struct session *s)
{
	alarm_end(s->alarm);
	addressees_free(s->addressees);
	journal_close(s->journal);
	keyring_free(s->keyring);
	if (s->lockfd != -1)
		(void)close(s->lockfd); /* gives the lock back */
	if (s->journalfd != -1)
		(void)close(s->journalfd); /* a folder */
	if (s->statefd != -1)
		(void)close(s->statefd); /* a folder */
	conf_free(s->conf);
	turn_free(s->turn);
}
