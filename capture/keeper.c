#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "orderfile.h"
#include "stop.h"

#include "notify.h"
#include "status.h"

#include "keeper.h"
#include "keeper_internal.h"

#define TURN_MS 200
#define TURN_FILE_MS 50
#define SHOW STAMP_SECOND

/* Have a child if there is something for it to do, and it can be done. */
static void
see_to_child(struct keeper *k)
{
	int rc;

	keeper_mend_beside(k);
	if (k->child.kind != CHILD_NONE || k->is_stopping || k->is_over || k->reading.boottime < k->retry_at)
		return;
	if (!k->has_recovered) {
		/* Neither is to find a stream in the other's hands, and a reader waits for this. */
		if (!keeper_mend_stop(k, WNOHANG))
			return; /* its disk holds it: looked at again */
		rc = keeper_start_child(k, CHILD_RECOVERY);
	} else {
		if (docket_in_force(k->docket) == 0)
			return;
		if (!keeper_is_file(k) && links_present(&k->links) == 0) {
			if (!k->said_missing)
				diag_warnx("%s: no such interface: waiting for it", k->interfaces[0]);
			k->said_missing = 1;
			return;
		}
		k->said_missing = 0;
		rc = keeper_start_child(k, CHILD_READER);
	}
	if (rc == -1)
		k->retry_at = k->reading.boottime + STAMP_SECOND;
}

static void
wait_for_something(struct keeper *k)
{
	struct pollfd fds[3] = {{stop_fd(), POLLIN, 0}, {watch_fd(k->watch), POLLIN, 0}, {-1, POLLIN, 0}};
	int64_t until = docket_until(k->docket, &k->clock) / (STAMP_SECOND / 1000) + 1;
	int timeout = keeper_is_file(k) ? TURN_FILE_MS : TURN_MS;

	if (k->child.kind != CHILD_NONE && !k->child.is_stopping)
		fds[2].fd = channel_fd(k->child.ch);
	if (k->child.kind != CHILD_NONE && channel_wants_write(k->child.ch))
		fds[2].events = POLLIN | POLLOUT;
	if (k->child.kind != CHILD_NONE && k->child.is_stopping)
		timeout = TURN_FILE_MS / 5;
	if (until < timeout)
		timeout = (int)until;
	(void)poll(fds, 3, timeout); /* a signal only makes the next look come earlier */
	stop_drain();
}

/* Since when are cases in force and not captured? */
static void
note_idle(struct keeper *k)
{
	struct docket_case *c;
	size_t i;

	for (i = 0; i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		if (c->duty != DUTY_IN_FORCE || c->is_capturing)
			c->idle_since = 0;
		else if (c->idle_since == 0)
			c->idle_since = k->reading.boottime;
	}
}

static void
show(struct keeper *k)
{
	notify_alive();
	if (!k->is_ready && k->has_recovered) {
		k->is_ready = 1;
		notify_ready();
	}
	note_idle(k);
	if (k->shown != 0 && k->reading.boottime - k->shown < SHOW)
		return;
	k->shown = k->reading.boottime;
	notify_status(status_word(k));
	if (status_write(k) == -1)
		diag_debug(
		    "%s.status: %s", k->iap->name, strerror(errno)); /* no evidence: the next one may succeed */
}

static void
look_for_stop(struct keeper *k)
{
	if (!stop_requested() || k->is_stopping)
		return;
	k->is_stopping = 1;
	notify_stopping();
	keeper_stop_reader(k, SLICE_STOP, "down-time");
}

static void
turn(struct keeper *k)
{
	wait_for_something(k);
	keeper_look_at_clock(k);
	look_for_stop(k);
	keeper_look_at_files(k, stop_reload_requested());
	keeper_look_at_links(k);
	keeper_look_at_child(k);
	keeper_announce(k);
	if (docket_judge(k->docket, &k->clock)) {
		keeper_kept_outlived(k);
		keeper_send_table(k);
	}
	keeper_finish_streams(k);
	see_to_child(k);
	keeper_mend(k);
	show(k);
}

int
keeper_run(struct keeper *k)
{
	if (keeper_open(k) == -1)
		return k->status;
	(void)docket_judge(k->docket, &k->clock); /* whatever is in force, the first reader will be sent */
	keeper_kept_outlived(k);
	if (keeper_is_file(k) && docket_in_force(k->docket) == 0) {
		diag_errx("%s: no accepted order to apply to it", k->options->file);
		return EX_CONFIG;
	}
	see_to_child(k);
	while (!(k->is_over || k->is_stopping) || k->child.kind != CHILD_NONE)
		turn(k);
	(void)keeper_mend_stop(k, 0); /* waits for it */
	k->shown = 0;
	show(k);
	keeper_save_clock(k);
	return k->status;
}
