#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"

#include "keeper_internal.h"

#define PAUSE_MIN (2 * STAMP_SECOND)
#define PAUSE_MAX (60 * STAMP_SECOND)
#define HEARD_MAX 4096 /* as of a reader */
#define ALONE (2 * STAMP_SECOND)

void
keeper_mend_later(struct keeper *k)
{
	k->mend_pause = k->mend_pause == 0 ? PAUSE_MIN : 2 * k->mend_pause;
	if (k->mend_pause > PAUSE_MAX)
		k->mend_pause = PAUSE_MAX;
	k->mend_at = k->reading.boottime + k->mend_pause;
}

/* Is there a case that is not captured, or whose end is not on the disk, because its stream is not in order? */
static int
is_needed(const struct keeper *k)
{
	const struct docket_case *c;
	size_t i;

	for (i = 0; i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		if (c->duty == DUTY_IN_FORCE && !c->is_capturing && c->trouble == EBADMSG)
			return 1;
		if ((c->duty == DUTY_EXPIRED || c->duty == DUTY_REVOKED) && !c->finished && c->finish_error == EBUSY)
			return 1;
	}
	return 0;
}

static void
look(struct keeper *k)
{
	int status = 0;
	size_t i;

	(void)keeper_hear(k, &k->mender, HEARD_MAX); /* one that is gone shows below */
	if (waitpid(k->mender.pid, &status, WNOHANG) != k->mender.pid)
		return;
	k->mender.is_killed = 1;
	(void)keeper_hear(k, &k->mender, SIZE_MAX); /* as above */
	channel_free(k->mender.ch);
	k->mender.ch = NULL;
	k->mender.kind = CHILD_NONE;
	for (i = 0; i < docket_count(k->docket); i++)
		docket_case(k->docket, i)->finished = 0;
	k->mend_at = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != EX_OK || is_needed(k))
		keeper_mend_later(k);
	else
		k->mend_pause = 0;
}

void
keeper_mend_beside(struct keeper *k)
{
	if (k->child.kind != CHILD_RECOVERY || keeper_is_file(k) || k->mender.kind != CHILD_NONE ||
	    (!k->is_stopping && k->reading.boottime - k->reader_started < ALONE))
		return;
	k->mender = k->child;
	k->mender.kind = CHILD_MENDER;
	memset(&k->child, 0, sizeof(k->child));
	k->has_recovered = !k->is_stopping; /* a stop is no time to say that we are ready */
}

void
keeper_mend(struct keeper *k)
{
	if (k->mender.kind != CHILD_NONE) {
		look(k);
		return;
	}
	if (k->is_stopping || k->is_over || keeper_is_file(k) || !k->has_recovered || k->child.kind == CHILD_RECOVERY)
		return;
	if (k->mend_at == 0 && is_needed(k))
		keeper_mend_later(k);
	if (k->mend_at == 0 || k->reading.boottime < k->mend_at)
		return;
	if (keeper_fork(k, &k->mender, CHILD_MENDER) == -1)
		keeper_mend_later(k);
}

int
keeper_mend_stop(struct keeper *k, int options)
{
	if (k->mender.kind == CHILD_NONE)
		return 1;
	/* It can be killed at any instruction; the next start goes on. */
	if (!k->mender.is_killed)
		(void)kill(k->mender.pid, SIGKILL); /* it is ours, and not waited for yet: it is there */
	k->mender.is_killed = 1;
	if (waitpid(k->mender.pid, NULL, options) == 0)
		return 0;
	channel_free(k->mender.ch);
	k->mender.ch = NULL;
	k->mender.kind = CHILD_NONE;
	return 1;
}
