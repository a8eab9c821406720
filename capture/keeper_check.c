#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "diag.h"
#include "fsio.h"
#include "moving.h"
#include "trusted.h"

#include "follow.h"
#include "keeper.h"
#include "keeper_internal.h"

static void
print_case(const struct keeper *k, const struct docket_case *c)
{
	const char *obstacle = c->order == NULL ? NULL : moving_obstacle(c->order, k->iap, k->interface_count);
	char from[STAMP_TEXT], to[STAMP_TEXT];

	(void)printf("%-24s %-9s", c->case_id, duty_text(c->duty)); /* main() looks at stdout's end */
	if (c->order != NULL)
		(void)printf(" revision %" PRIu32 "  %s to %s  %s", c->order->revision,
		    stamp_format_seconds(from, c->order->not_before), stamp_format_seconds(to, c->order->not_after),
		    order_scope_text(c->order->scope));
	if (c->order != NULL && moving_unread(c->order, k->conf->tunnel_count) != NULL)
		(void)printf("  %s", moving_unread(c->order, k->conf->tunnel_count));
	if (c->pending != 0)
		(void)printf("  revision %" PRIu32 " is pending", c->pending);
	if (c->order != NULL && c->order->identity_count > 0 && obstacle != NULL)
		(void)printf("  no address of its subject is learned here: %s", obstacle);
	(void)printf("%s%s\n", c->why[0] == '\0' ? "" : "  ", c->why);
}

/* Is every order either good or none of our doing? */
static int
is_good(const struct docket_case *c)
{
	return c->duty != DUTY_REFUSED && c->duty != DUTY_CHANGED;
}

int
keeper_look(struct keeper *k)
{
	struct clock_reading now;
	unsigned lost = 0;
	int status;

	k->keyring = keyring_load(k->conf->keyring, k->conf->root, &status);
	if (k->keyring == NULL)
		return status;
	k->journalfd = fsio_opendirat(k->statefd, "journal/capture");
	if (k->journalfd == -1 && errno != ENOENT) {
		diag_err("%s/journal/capture", k->conf->state_dir);
		return EX_NOPERM;
	}
	if (k->journalfd != -1 && fsio_check_trusted(k->journalfd, "journal/capture", 0) == -1)
		return trusted_status(errno);
	if (k->journalfd != -1 && keeper_find_lost(k, &lost) == -1)
		return trusted_status(errno);
	if (lost != 0)
		return EX_CONFIG;
	clock_read(k->clock_state, &now);
	clock_start(&k->clock, &now);
	if (k->journalfd != -1 && clock_load(&k->clock, k->journalfd, k->iap->name, &now) == -1)
		return EX_CONFIG;
	k->docket = docket_new(NULL, k->journalfd, k->iap->name, keeper_is_file(k));
	if (k->docket == NULL)
		return EX_CONFIG;
	if (docket_take_keyring(k->docket, k->keyring) == -1 ||
	    (k->journalfd != -1 && keyring_may_follow(k->journalfd, k->keyring) == -1))
		return errno == ESTALE ? EX_CONFIG : trusted_status(errno);
	if (keeper_block_revoked(k) == -1)
		return trusted_status(errno);
	docket_use_key(k->docket, k->orders_key);
	if (docket_load(k->docket, k->conf, k->keyring, clock_latest(&k->clock)) == -1)
		return trusted_status(errno);
	(void)docket_judge(k->docket, &k->clock); /* whoever asks looks at all */
	return EX_OK;
}

int
keeper_check(struct keeper *k)
{
	size_t i, good = 0;
	int status = keeper_look(k);

	if (status != EX_OK)
		return status;
	for (i = 0; i < docket_count(k->docket); i++) {
		print_case(k, docket_case(k->docket, i));
		good += (size_t)is_good(docket_case(k->docket, i));
	}
	(void)printf("%s: access point %s, keyring version %" PRIu64 ", %zu of %zu orders in force\n", k->conf->path,
	    k->iap->name, keyring_version(k->keyring), docket_in_force(k->docket), docket_count(k->docket));
	return fflush(stdout) == EOF ? EX_IOERR : (good == docket_count(k->docket) ? EX_OK : EX_CONFIG);
}
