#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "asked.h"
#include "collect.h"
#include "conf.h"
#include "cutlog.h"
#include "diag.h"
#include "fsio.h"
#include "heads.h"
#include "lastrun.h"
#include "orders.h"
#include "packager.h"
#include "packager_options.h"
#include "sandbox.h"
#include "shortage.h"
#include "sign.h"
#include "spool.h"
#include "stop.h"
#include "stream.h"

/*
 * The packager holds the signing key and no network: it reads key and keyring first, gives up every privilege for good,
 * and only then looks at the first file that another program wrote.
 */

/* Started as root it becomes the owner of its own journal folder; where root owns that, it stays. */
static const char *
owner_name(int statefd)
{
	struct passwd *pw;
	struct stat st;

	if (geteuid() != 0 || fstatat(statefd, "journal/packager", &st, AT_SYMLINK_NOFOLLOW) == -1 || st.st_uid == 0)
		return NULL;
	pw = getpwuid(st.st_uid);
	return pw == NULL ? NULL : pw->pw_name;
}

static int
enter_sandbox(const struct packager *p)
{
	const char *const readable[] = {p->conf->orders_dir, NULL};
	const char *const writable[] = {p->conf->state_dir, NULL};
	const struct sandbox sb = {
	    .profile = SANDBOX_PACKAGER, .user = owner_name(p->statefd), .readable = readable, .writable = writable};

	return sandbox_enter(&sb);
}

static int
each_stream(void *cookie, const char *case_id, const char *iap)
{
	struct packager *p = cookie;

	if (p->only_case == NULL || strcmp(p->only_case, case_id) == 0)
		stream_run(p, case_id, iap);
	return stop_requested();
}

/* Say how the run came out.  One of a single case, or that was refused for another at work, tells nothing of the whole. */
static void
say_end(const struct packager *p, int status)
{
	int fd = p->statefd == -1 ? -1 : fsio_opendirat(p->statefd, "journal/packager");

	if (p->only_case == NULL && fd != -1 && (p->has_begun || status != EX_TEMPFAIL))
		(void)lastrun_end(fd, "packager", p->now(), status); /* what stands still is seen, too */
	if (fd != -1)
		(void)close(fd); /* a folder */
}

static int
run(struct packager *p)
{
	int status = EX_OK;

	if (enter_sandbox(p) == -1)
		return EX_OSERR;
	if (packager_begin(p, &status) == -1)
		return status;
	if (p->only_case == NULL) {
		p->has_begun = 1;
		(void)lastrun_begin(p->journalfd, "packager", p->now()); /* as at the end */
	}
	cutlog_find(p);
	orders_collect(p);
	collect_run(p);
	if (spool_each_stream(p->statefd, "spool", each_stream, p) == -1 && errno != ENOENT) {
		diag_err("%s/spool", p->conf->state_dir);
		packager_fail(p, packager_status(errno));
	}
	asked_run(p);
	collect_run(p);
	heads_run(p);
	if (shortage_seen()) {
		diag_errx("out of memory: not all was looked at; the next run does it");
		packager_fail(p, EX_OSERR);
	}
	return p->status;
}

int
main(int argc, char **argv)
{
	struct packager p = {.statefd = -1, .journalfd = -1, .now = stamp_now};
	struct packager_options o;
	enum options_result asked;
	struct conf *conf = NULL;
	int status = EX_OSERR;

	diag_init("casetap-packager", 0);
	asked = packager_options_parse(&o, argc, argv);
	if (asked != OPTIONS_RUN)
		return asked == OPTIONS_DONE ? EX_OK : EX_USAGE;
	diag_init("casetap-packager", o.verbose);
	if (sign_init() == -1 || stop_init() == -1) {
		diag_err("cannot start");
		return EX_OSERR;
	}
	conf = conf_load(o.config, &status);
	if (conf == NULL)
		return status;
	p.only_case = o.only_case;
	if (packager_load(&p, conf, &status) == 0)
		status = o.check ? EX_OK : run(&p);
	if (!o.check)
		say_end(&p, status);
	packager_release(&p);
	conf_free(conf);
	return status;
}
