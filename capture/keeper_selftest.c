#include <sys/random.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"

#include "injector.h"
#include "kfilter.h"
#include "selftest.h"

#include "keeper.h"
#include "keeper_internal.h"

/*
 * Frames of the self-test that a daemon took would be evidence of what the subject never did, and a mark that daemons
 * leave out would be one that a subject could put on his own frames.  So frames are sent only while no daemon of this
 * station can run: every access point's lock is held until the last frame was looked for.
 */
struct locks {
	int fds[CONF_IAPS_MAX];
	size_t count;
};

static void
release(struct locks *l)
{
	while (l->count > 0)
		(void)close(l->fds[--l->count]); /* a lock */
}

/* Return 0 or the exit code after one diag line. */
static int
hold_all(const struct keeper *k, struct locks *l)
{
	char name[NAMES_IAP_ROOM + 8];
	size_t i;

	if (k->journalfd == -1)
		return EX_OK; /* no daemon ever ran */
	for (i = 0; i < k->conf->iap_count; i++) {
		(void)snprintf(name, sizeof(name), "%s.lock", k->conf->iaps[i].name); /* at most 15 characters */
		l->fds[l->count] = fsio_lock(k->journalfd, name, 0);
		if (l->fds[l->count] != -1) {
			l->count++;
			continue;
		}
		if (errno != EWOULDBLOCK) {
			diag_err("journal/capture/%s", name);
			return EX_OSERR;
		}
		diag_errx("casetap-capture runs as access point %s: what it takes of an injected frame would be "
			  "evidence: stop it first",
		    k->conf->iaps[i].name);
		return EX_TEMPFAIL;
	}
	return EX_OK;
}

/* Nothing that a ring gives can go anywhere from here: no file can be opened to write, and no socket. */
static int
give_up_privileges(void)
{
	const struct sandbox sb = {.profile = SANDBOX_READER};

	return sandbox_enter(&sb);
}

static int
inject(struct keeper *k, struct selftest *s)
{
	const struct injector_config config = {
	    k->options->inject, k->interfaces, k->interface_count, k->iap, selftest_filter(s)};
	struct locks locks = {.count = 0};
	struct injector *injector = NULL;
	int status = hold_all(k, &locks);

	if (status != EX_OK)
		goto out;
	injector = injector_open(&config, &status);
	if (injector == NULL)
		goto out;
	status = EX_OSERR;
	if (give_up_privileges() == -1)
		goto out;
	status = selftest_inject(s, injector) == -1 ? EX_IOERR : EX_OK;
out:
	injector_close(injector);
	release(&locks);
	return status;
}

/* The orders in force, as the reader would be sent them.  NULL without memory. */
static const struct order **
orders_in_force(const struct keeper *k, size_t *count)
{
	const struct order **orders = calloc(docket_count(k->docket) + 1, sizeof(*orders));
	size_t i;

	*count = 0;
	for (i = 0; orders != NULL && i < docket_count(k->docket); i++) {
		if (docket_case(k->docket, i)->duty == DUTY_IN_FORCE)
			orders[(*count)++] = docket_case(k->docket, i)->order;
	}
	return orders;
}

static void
print_end(const struct keeper *k, const struct selftest *s, size_t cases)
{
	(void)printf("%s: access point %s, %zu frames for %zu cases, kernel filter: %s", k->conf->path, k->iap->name,
	    selftest_frames(s), cases, kfilter_text(selftest_filter(s))); /* main() looks at stdout's end */
	if (k->options->inject != NULL)
		(void)printf("; sent out of %s", k->options->inject);
	if (selftest_bad(s) == 0)
		(void)printf(": all as it should be\n");
	else
		(void)printf(": %zu not as they should be\n", selftest_bad(s));
}

int
keeper_self_test(struct keeper *k)
{
	struct probe_config probes = {k->conf->tunnels, k->conf->tunnel_count, {0}};
	const struct order **orders = NULL;
	struct selftest *s = NULL;
	size_t count;
	int status = keeper_look(k);

	if (status != EX_OK)
		return status;
	status = EX_OSERR;
	orders = orders_in_force(k, &count);
	if (orders == NULL || getrandom(probes.nonce, sizeof(probes.nonce), 0) != (ssize_t)sizeof(probes.nonce)) {
		diag_err("self-test");
		goto out;
	}
	s = selftest_new(orders, count, &probes);
	if (s == NULL || selftest_judge(s) == -1)
		goto out;
	status = k->options->inject == NULL ? EX_OK : inject(k, s);
	if (status != EX_OK)
		goto out;
	selftest_print(s);
	print_end(k, s, count);
	if (fflush(stdout) == EOF)
		status = EX_IOERR;
	else if (selftest_bad(s) > 0)
		status = 1;
out:
	selftest_free(s);
	free(orders);
	return status;
}
