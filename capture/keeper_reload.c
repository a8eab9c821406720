#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"
#include "trusted.h"

#include "clock_request.h"

#include "keeper_internal.h"

/*
 * Files that people have changed: configuration, keyring, orders, requests.
 */
#define LOAD_AGAIN (10 * STAMP_SECOND)
#define LOADS_MAX 3 /* so many looks at unreadable orders, a quarter of a second apart, before nothing is in force */

/* Does the reader have to be made anew for what the new configuration says? */
static int
is_other_capture(const struct conf_iap *a, const struct conf_iap *b)
{
	char before[DIGEST_HEX], after[DIGEST_HEX];
	size_t i;

	if (a->ring_bytes != b->ring_bytes || a->pool_bytes != b->pool_bytes ||
	    a->slice_seconds != b->slice_seconds || a->slice_bytes != b->slice_bytes || a->snaplen != b->snaplen ||
	    a->timestamps != b->timestamps || a->interface_count != b->interface_count)
		return 1;
	for (i = 0; i < a->interface_count; i++) {
		if (strcmp(a->interfaces[i], b->interfaces[i]) != 0)
			return 1;
	}
	if (keeper_beliefs(a, before) == -1 || keeper_beliefs(b, after) == -1)
		return 1;
	return strcmp(before, after) != 0;
}

static int
has_other_tunnels(const struct conf *a, const struct conf *b)
{
	return a->tunnel_count != b->tunnel_count ||
	       memcmp(a->tunnels, b->tunnels, a->tunnel_count * sizeof(*a->tunnels)) != 0;
}

static void
use_interfaces(struct keeper *k)
{
	size_t i;

	if (keeper_is_file(k) || k->options->interface_count > 0)
		return;
	k->interface_count = k->iap->interface_count;
	for (i = 0; i < k->interface_count; i++)
		k->interfaces[i] = k->iap->interfaces[i];
	for (i = 0; i < CONF_INTERFACES_MAX; i++)
		k->links.at[i].name = i < k->interface_count ? k->interfaces[i] : NULL;
	k->links.count = k->interface_count;
	(void)links_look(&k->links);
}

/* A configuration that is bad, or that only a new start can follow, changes nothing. */
static void
reload_conf(struct keeper *k)
{
	const struct conf_iap *iap;
	struct conf *conf, *old = k->conf;
	int status, is_other, is_new;

	conf = keeper_load_conf(k->options, &iap, &status);
	if (conf == NULL) {
		diag_warnx("the configuration in force stays the old one");
		return;
	}
	if (strcmp(conf->state_dir, old->state_dir) != 0 || strcmp(conf->orders_dir, old->orders_dir) != 0 ||
	    strcmp(conf->keyring, old->keyring) != 0 || strcmp(conf->root, old->root) != 0 ||
	    strcmp(iap->name, k->iap->name) != 0) {
		diag_warnx("%s: folders, keyring, root or access point changed: that takes effect at the next start",
		    conf->path);
		conf_free(conf);
		return;
	}
	is_other = is_other_capture(k->iap, iap) || has_other_tunnels(conf, old);
	is_new = strcmp(conf->sha256, old->sha256) != 0;
	k->conf = conf;
	k->iap = iap;
	use_interfaces(k);
	conf_free(old);
	if (is_new)
		diag_notice("%s: loaded", k->conf->path);
	k->changed |= WATCH_ORDERS; /* max_order_days is judged with the orders */
	if (is_other)
		keeper_stop_reader(k, SLICE_CONFIG_CHANGE, "config-change");
}

/* Load the keyring, which must not be older than one of before.  Return it, or NULL with an exit code after diag lines. */
static struct keyring *
load_keyring(const struct keeper *k, int *status)
{
	struct keyring *keyring = keyring_load(k->conf->keyring, k->conf->root, status);

	if (keyring == NULL)
		return NULL;
	if (keyring_remember(k->journalfd, keyring) == 0 && docket_take_keyring(k->docket, keyring) == 0)
		return keyring;
	*status = errno == ESTALE ? EX_CONFIG : trusted_status(errno);
	keyring_free(keyring);
	return NULL;
}

/* What fails for a reason that may pass is tried again: who is revoked in the new keyring must not approve for long. */
static void
reload_keyring(struct keeper *k)
{
	struct keyring *keyring;
	int status;

	keyring = load_keyring(k, &status);
	k->keyring_at = 0;
	if (keyring == NULL) {
		if (status == EX_OSERR || status == EX_IOERR)
			k->keyring_at = k->reading.boottime + LOAD_AGAIN;
		diag_warnx(
		    "the keyring in force stays version %llu", (unsigned long long)keyring_version(k->keyring));
		return;
	}
	if (strcmp(keyring_sha256(keyring), keyring_sha256(k->keyring)) != 0)
		diag_notice("keyring version %llu loaded", (unsigned long long)keyring_version(keyring));
	keyring_free(k->keyring);
	k->keyring = keyring;
	k->changed |= WATCH_ORDERS;
}

/* Has an approver said that the mark is wrong? */
static void
look_for_request(struct keeper *k)
{
	struct clock_request r;
	struct json *detail;

	if (clock_request_load(k->statefd, k->iap->name, k->keyring, k->reading.realtime, &r) != 1 ||
	    r.issued <= k->clock.cleared || r.mark > k->clock.mark)
		return;
	detail = json_object();
	(void)json_put_stamp(detail, "cleared", k->clock.mark); /* the line counts without it, too */
	clock_clear(&k->clock, r.issued);
	(void)json_put_stamp(detail, "mark", k->clock.mark);
	(void)journal_write(k->journal, NULL, "clock", r.sha256, detail); /* reported there */
	diag_notice("the clock's mark was cleared by an approver's request");
	k->saved = 0; /* durable at once */
}

/*
 * Orders that can not be read are looked at again at the next turns; but what can not be read can not be in force for long,
 * and then there is no hurry: each look is a line.  From a file there is nothing else to do.  Return 0, or -1.
 */
static int
load_orders(struct keeper *k)
{
	/* What else has changed was looked after. */
	k->changed = WATCH_ORDERS;
	if (k->reading.boottime < k->load_at)
		return -1;
	if (docket_load(k->docket, k->conf, k->keyring, clock_latest(&k->clock)) == 0) {
		k->load_at = 0;
		return 0;
	}
	if (++k->failed_loads >= LOADS_MAX)
		k->load_at = k->reading.boottime + LOAD_AGAIN;
	if (k->failed_loads == LOADS_MAX) {
		k->status = keeper_is_file(k) ? trusted_status(errno) : k->status;
		k->is_over = keeper_is_file(k);
		docket_lose_all(k->docket);
	}
	return -1;
}

void
keeper_look_at_files(struct keeper *k, int reload)
{
	k->changed |= watch_look(k->watch, k->reading.boottime);
	if (keeper_given_is_due(k))
		k->changed |= WATCH_REQUESTS;
	if (k->keyring_at != 0 && k->reading.boottime >= k->keyring_at)
		k->changed |= WATCH_KEYRING;
	if (reload) {
		k->changed |= WATCH_CONF | WATCH_KEYRING | WATCH_ORDERS | WATCH_REQUESTS;
		k->load_at = 0;
	}
	if ((k->changed & WATCH_CONF) != 0)
		reload_conf(k);
	if ((k->changed & WATCH_KEYRING) != 0)
		reload_keyring(k);
	if ((k->changed & WATCH_REQUESTS) != 0)
		look_for_request(k);
	if ((k->changed & WATCH_ORDERS) != 0 && load_orders(k) == -1)
		return;
	if ((k->changed & (WATCH_ORDERS | WATCH_REQUESTS | WATCH_KEYRING)) != 0)
		keeper_load_given(k);
	keeper_kept_find(k);
	k->failed_loads = 0;
	k->changed = 0;
}
