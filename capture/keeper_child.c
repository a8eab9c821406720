#include <sys/wait.h>

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"

#include "reader.h"

#include "keeper_internal.h"

/* A live reader speaks once a second; that of a file may write a month of idle slices between two frames. */
#define SILENCE (30 * STAMP_SECOND)
#define STOP_PATIENCE (60 * STAMP_SECOND) /* a disk may be slow to take what is left */
#define SUMS (3600 * STAMP_SECOND)
#define LASTED (10 * STAMP_SECOND)
#define BACKOFF_MAX (30 * STAMP_SECOND)
#define FAILURES_NAMED 3 /* readers that died soon, one behind the other, are said once in the journal */
#define HEARD_MAX 4096   /* messages at one turn: who never stops speaking must not keep us from the orders */

/* What the child must not have: descriptors of the keeper's alone, and its way of hearing signals. */
static void
become_child(struct keeper *k, const struct reader_config *c, enum child_kind kind, int fd)
{
	int status;

	(void)signal(SIGTERM, SIG_IGN); /* valid signals; the keeper tells when to stop */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	links_close(&k->links);
	watch_free(k->watch);
	channel_free(k->child.ch); /* its own other end among them */
	channel_free(k->mender.ch);
	/* Copies; the keeper has the originals.  Who takes over a reader must not reach the journal of all cases. */
	journal_close(k->journal);
	(void)close(k->journalfd);
	if (k->keptfd != -1)
		(void)close(k->keptfd);
	age_identities_free(k->orders_key); /* wipes */
	status = kind == CHILD_READER ? reader_main(c, fd) : recovery_main(c, fd);
	_exit(status); /* child_exit: what the keeper has open is not the child's to put in order */
}

static void
fill_config(struct keeper *k, struct child *child, struct reader_config *c)
{
	size_t i;

	memset(c, 0, sizeof(*c));
	c->statefd = k->statefd;
	c->spool = k->spool;
	c->iap = k->iap;
	c->filefd = k->filefd;
	c->file_label = k->options->file;
	c->file_name = k->file_name;
	c->config_sha256 = k->conf->sha256;
	c->tunnels = k->conf->tunnels;
	c->tunnel_count = k->conf->tunnel_count;
	c->clock = k->clock_state;
	c->clock_folder = k->clock_folder;
	c->links_down = !keeper_is_file(k) && links_is_down(&k->links);
	for (i = 0; i < k->links.count; i++) {
		child->links[i] = k->links.at[i].index;
		if (k->links.at[i].index != 0)
			c->interfaces[c->interface_count++] = k->links.at[i].name;
	}
}

int
keeper_fork(struct keeper *k, struct child *child, enum child_kind kind)
{
	struct reader_config config;
	int ends[2];
	pid_t pid;

	assert(child->kind == CHILD_NONE);
	memset(child, 0, sizeof(*child));
	fill_config(k, child, &config);
	config.is_again = kind == CHILD_MENDER;
	if (channel_pair(ends) == -1) {
		diag_err("reader");
		return -1;
	}
	child->ch = channel_new(ends[0]);
	pid = child->ch == NULL ? -1 : fork();
	if (pid == 0)
		become_child(k, &config, kind, ends[1]);
	(void)close(ends[1]); /* the child's end */
	if (pid == -1) {
		diag_err("reader");
		if (child->ch == NULL)
			(void)close(ends[0]);
		channel_free(child->ch);
		child->ch = NULL;
		return -1;
	}
	child->kind = kind;
	child->pid = pid;
	child->heard = k->reading.boottime;
	return 0;
}

int
keeper_start_child(struct keeper *k, enum child_kind kind)
{
	if (keeper_fork(k, &k->child, kind) == -1)
		return -1;
	k->reader_started = k->reading.boottime;
	if (kind == CHILD_READER) {
		memset(&k->counts, 0, sizeof(k->counts));
		k->reader_since = 0;
		keeper_kept_judge(k);
		keeper_send_table(k);
	}
	return 0;
}

void
keeper_kill_child(struct keeper *k, struct child *child, const char *why)
{
	child->is_stopping = 1;
	child->stopped = k->reading.boottime;
	if (child->is_killed)
		return;
	child->is_killed = 1;
	diag_errx("the reader (process %ld) %s: killing it", (long)child->pid, why);
	(void)kill(child->pid, SIGKILL); /* it is ours, and not waited for yet: it is there */
}

/* Return 0, or -1 for what no reader of ours says. */
static int
take_message(struct keeper *k, enum channel_type type, const void *data, size_t n)
{
	struct message_event e;

	if (type < CHANNEL_EVENT || !message_fits(type, n))
		return -1;
	if (type == CHANNEL_KEPT)
		return keeper_kept_take(k, data, n);
	if (type == CHANNEL_COUNTS) {
		memcpy(&k->counts, data, sizeof(k->counts));
		k->counts.filter[sizeof(k->counts.filter) - 1] = '\0';
		keeper_kept_mark(k, 0);
		return 0;
	}
	memcpy(&e, data, sizeof(e));
	if (!message_event_is_good(&e))
		return -1;
	keeper_take_event(k, &e);
	return 0;
}

int
keeper_hear(struct keeper *k, struct child *child, size_t max)
{
	enum channel_type type;
	const void *data;
	size_t n;
	int rc = 0;

	(void)channel_flush(child->ch); /* one that is gone shows below */
	while (max-- > 0 && (rc = channel_receive(child->ch, &type, &data, &n)) == 1) {
		child->heard = k->reading.boottime;
		if (take_message(k, type, data, n) == 0)
			continue;
		rc = -1;
		errno = EPROTO;
		break;
	}
	if (rc == -1 && errno == EPROTO)
		keeper_kill_child(k, child, "does not speak as it should");
	return rc;
}

/* How often one reader behind the other died soon, where the one at work has not lasted yet. */
unsigned
keeper_failures(const struct keeper *k)
{
	int has_lasted = k->child.kind == CHILD_READER && k->reading.boottime - k->reader_started > LASTED;

	return has_lasted ? 0 : k->failures;
}

/* When to try again after a reader that did not end by itself: at once, but not in a busy loop.  A loop it is still. */
static void
back_off(struct keeper *k)
{
	struct json *detail;
	stamp_t pause = STAMP_SECOND;
	unsigned i;

	k->has_recovered = 0;
	k->failures++;
	for (i = 2; i < k->failures && pause < BACKOFF_MAX; i++)
		pause *= 2;
	k->retry_at = k->reading.boottime + (k->failures < 2 ? 0 : pause);
	if (k->failures != FAILURES_NAMED)
		return;
	detail = json_object();
	(void)json_put_integer(detail, "times", k->failures); /* the line counts without it, too */
	(void)journal_write(
	    k->journal, NULL, "reader-loop", NULL, detail); /* it was reported; the reader matters more */
}

static void
reader_ended(struct keeper *k, int status)
{
	const char *reason = k->stop_reason != NULL ? k->stop_reason : "reader-lost";
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (k->reading.boottime - k->reader_started > LASTED) /* however it ended: it was no loop any more */
		k->failures = 0;
	if (WIFSIGNALED(status))
		diag_errx("the reader (process %ld) died of signal %d", (long)k->child.pid, WTERMSIG(status));
	if (keeper_is_file(k)) {
		k->is_over = 1;
		k->status = code == -1 ? EX_SOFTWARE : code;
	} else if (code == EX_NOPERM || code == EX_CONFIG) {
		k->is_over = 1;
		k->status = code;
	} else if (code == EX_UNAVAILABLE) {
		reason = "link-down";
		k->retry_at = k->reading.boottime + STAMP_SECOND;
	} else if (code != EX_OK)
		back_off(k);
	if (k->is_stopping && code != EX_OK && k->status == EX_OK)
		k->status = code == -1 ? EX_SOFTWARE : code;
	if (code == EX_OK || code == EX_UNAVAILABLE)
		keeper_kept_mark(k, 1);
	else
		keeper_kept_forget_all(k, "reader-lost");
	keeper_journal_sums(k, code == EX_OK || code == EX_UNAVAILABLE);
	keeper_journal_stops(k, k->is_stopping && code == EX_OK ? "stop" : reason);
	docket_reader_gone(k->docket, reason);
	k->stop_reason = NULL;
}

static void
child_ended(struct keeper *k, int status)
{
	enum child_kind kind = k->child.kind;
	size_t i;

	channel_free(k->child.ch);
	k->child.ch = NULL;
	k->child.kind = CHILD_NONE;
	if (kind == CHILD_READER) {
		reader_ended(k, status);
		return;
	}
	/* A stream that could not be put in order was reported; it holds up no other, and is tried again. */
	k->has_recovered = WIFEXITED(status);
	/* An end that the last reader was to write may not have come to the disk. */
	for (i = 0; i < docket_count(k->docket); i++)
		docket_case(k->docket, i)->finished = 0;
	if (!k->has_recovered) {
		diag_errx("recovery died of signal %d", WTERMSIG(status));
		back_off(k);
	} else if (WEXITSTATUS(status) != EX_OK)
		keeper_mend_later(k);
}

static void
look(struct keeper *k)
{
	stamp_t silent;
	int status = 0;

	if (keeper_hear(k, &k->child, HEARD_MAX) == -1 && !k->child.is_stopping) {
		k->child.is_stopping = 1;
		k->child.stopped = k->reading.boottime;
	}
	if (waitpid(k->child.pid, &status, WNOHANG) == k->child.pid) {
		k->child.is_killed = 1;
		(void)keeper_hear(
		    k, &k->child, SIZE_MAX); /* what it said last may have come in between; it says no more */
		child_ended(k, status);
		return;
	}
	silent = k->reading.boottime - k->child.heard;
	if (k->child.is_stopping && k->reading.boottime - k->child.stopped > STOP_PATIENCE)
		keeper_kill_child(k, &k->child, "does not end");
	else if (!k->child.is_stopping && k->child.kind == CHILD_READER && !keeper_is_file(k) && silent > SILENCE)
		keeper_kill_child(k, &k->child, "is silent");
}

void
keeper_look_at_child(struct keeper *k)
{
	if (k->child.kind == CHILD_NONE)
		return;
	look(k);
	if (k->child.kind == CHILD_READER && k->reading.boottime - k->summed >= SUMS)
		keeper_journal_sums(k, 0);
	/* One sync for all that was said; a failure is reported there. */
	if (k->has_unsynced && journal_sync(k->journal) == 0)
		k->has_unsynced = 0;
}
