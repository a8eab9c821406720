#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "sandbox.h"

#include "channel.h"
#include "intake.h"
#include "matcher.h"
#include "message.h"
#include "recover.h"
#include "source.h"

#include "reader.h"

#define FLUSH_PAUSE_US 10000

/* The keeper is told to stop, and tells us: a signal to the whole group must not tear a slice. */
static void
leave_signals_to_the_keeper(void)
{
	(void)signal(SIGTERM, SIG_IGN); /* all three are valid signals */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
}

static int
give_up_privileges(const struct reader_config *c)
{
	const char *const writable[] = {c->spool, NULL};
	const char *const readable[] = {c->clock_folder, NULL};
	const struct sandbox sb = {.profile = SANDBOX_READER,
	    .readable = readable,
	    .writable = writable,
	    .reads_clock = c->clock_folder == NULL};

	return sandbox_enter(&sb);
}

static int
open_rings(const struct reader_config *c, struct source **sources, char *interfaces, size_t room)
{
	struct source_ring ring = {NULL, c->iap->ring_bytes, c->iap->snaplen, c->iap->timestamps == CONF_NANO};
	size_t i, n;
	int status;

	for (i = 0; i < c->interface_count; i++) {
		ring.interface = c->interfaces[i];
		sources[i] = source_open_ring(&ring, &status);
		if (sources[i] == NULL)
			return status;
		if (source_linktype(sources[i]) != source_linktype(sources[0])) {
			diag_errx("%s and %s have different link types: one access point has one", c->interfaces[0],
			    c->interfaces[i]);
			return EX_CONFIG;
		}
		n = strlen(interfaces);
		(void)snprintf(interfaces + n, room - n, "%s%s", i == 0 ? "" : " ", c->interfaces[i]);
	}
	return EX_OK;
}

struct waiting {
	struct channel *ch;
	stamp_t told; /* boottime */
};

/* A pipe has not even given its header yet: show that we live, and look whether the keeper wants us to. */
static int
wait_for_header(void *cookie)
{
	struct waiting *w = cookie;
	struct pollfd fd = {channel_fd(w->ch), POLLRDHUP, 0};
	struct message_counts none;
	stamp_t now = stamp_boottime();

	if (now - w->told >= STAMP_SECOND) {
		memset(&none, 0, sizeof(none));
		(void)channel_send(w->ch, CHANNEL_COUNTS, &none, sizeof(none)); /* one that is gone shows below */
		w->told = now;
	}
	return poll(&fd, 1, 0) == 1;
}

/* Rings are opened with the privilege that is then given up; a file is looked into only after that. */
static int
open_sources(
    const struct reader_config *c, struct channel *ch, struct source **sources, char *interfaces, size_t room)
{
	struct waiting waiting = {ch, 0};
	int status = EX_OK;

	if (c->interface_count > 0)
		status = open_rings(c, sources, interfaces, room);
	if (status == EX_OK && give_up_privileges(c) == -1)
		status = EX_OSERR;
	if (status == EX_OK && c->interface_count == 0)
		sources[0] = source_open_file(c->filefd, c->file_label, wait_for_header, &waiting, &status);
	if (sources[0] == NULL)
		return status;
	if (status == EX_OK && !matcher_supports(source_linktype(sources[0]))) {
		diag_errx("%s: frames of link type %u can not be judged",
		    c->interface_count > 0 ? c->interfaces[0] : c->file_label, source_linktype(sources[0]));
		status = c->interface_count > 0 ? EX_CONFIG : EX_DATAERR;
	}
	return status;
}

int
reader_main(const struct reader_config *c, int fd)
{
	struct source *sources[CONF_INTERFACES_MAX] = {NULL};
	char interfaces[256] = "";
	struct intake_config ic = {c->statefd, c->iap, c->config_sha256, sources, c->interfaces, c->interface_count,
	    interfaces, NULL, c->links_down, c->tunnels, c->tunnel_count, c->clock};
	struct channel *ch = channel_new(fd);
	int status = EX_OSERR;
	size_t i;

	leave_signals_to_the_keeper();
	if (ch == NULL) {
		diag_err("reader");
		goto out;
	}
	status = open_sources(c, ch, sources, interfaces, sizeof(interfaces));
	if (status != EX_OK || sources[0] == NULL)
		goto out;
	if (c->interface_count == 0) {
		ic.source_count = 1;
		ic.file_name = c->file_name;
	}
	status = intake_run(&ic, ch);
out:
	for (i = 0; i < CONF_INTERFACES_MAX; i++)
		source_close(sources[i]);
	channel_free(ch);
	return status;
}

static void
tell_recovered(void *cookie, const char *case_id, uint64_t seq, const char *what)
{
	struct message_event m;

	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_RECOVERED;
	m.seq = seq;
	(void)snprintf(m.case_id, sizeof(m.case_id), "%s", case_id);
	(void)snprintf(m.text, sizeof(m.text), "%s", what);
	(void)channel_send(cookie, CHANNEL_EVENT, &m, sizeof(m)); /* the slice records say it as well */
}

int
recovery_main(const struct reader_config *c, int fd)
{
	const struct recover_config rc = {c->statefd, c->iap->name, stamp_now(), c->clock, c->is_again};
	struct channel *ch = channel_new(fd);
	int status = EX_OSERR;

	leave_signals_to_the_keeper();
	if (ch == NULL) {
		diag_err("recovery");
		goto out;
	}
	if (give_up_privileges(c) == -1)
		goto out;
	status = recover_iap(&rc, tell_recovered, ch) == -1 ? EX_IOERR : EX_OK;
	while (channel_wants_write(ch) && channel_flush(ch) == 0)
		(void)usleep(FLUSH_PAUSE_US); /* the keeper reads, or is gone, which ends the loop */
out:
	channel_free(ch);
	return status;
}
