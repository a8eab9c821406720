#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "fsio.h"

#include "keeper_internal.h"

/*
 * When, and by which settings, what is kept of where subjects are was the whole of it.
 */
#define SAVE (5 * STAMP_SECOND)
#define NAME_ROOM (NAMES_IAP_ROOM + 8)

static const char *
mark_name(const struct keeper *k, char out[NAME_ROOM])
{
	(void)snprintf(out, NAME_ROOM, "%s.mark", k->iap->name); /* an IAP has at most 15 characters */
	return out;
}

int
keeper_beliefs(const struct conf_iap *iap, char sha256[DIGEST_HEX])
{
	struct buf b = BUF_INIT;
	int rc = -1;

	(void)buf_put(&b, iap->dhcp_servers, sizeof(iap->dhcp_servers)); /* a failure shows below */
	(void)buf_put(&b, &iap->dhcp_server_count, sizeof(iap->dhcp_server_count));
	/* Where none is named it is the hash of before there were any: what is kept fits on. */
	if (iap->dhcp_server_mac_count > 0) {
		(void)buf_put(&b, iap->dhcp_server_macs, sizeof(iap->dhcp_server_macs));
		(void)buf_put(&b, &iap->dhcp_server_mac_count, sizeof(iap->dhcp_server_mac_count));
	}
	(void)buf_put(&b, iap->dhcp_pools, sizeof(iap->dhcp_pools));
	(void)buf_put(&b, &iap->dhcp_pool_count, sizeof(iap->dhcp_pool_count));
	(void)buf_put(&b, &iap->radius, sizeof(iap->radius));
	(void)buf_put(&b, &iap->pppoe, sizeof(iap->pppoe));
	(void)buf_put(&b, &iap->ipv6, sizeof(iap->ipv6));
	if (!buf_failed(&b))
		rc = digest_hex_of(b.data, b.len, sha256);
	buf_free(&b);
	return rc;
}

/* Other settings, or other interfaces, make other bindings. */
static void
hash_settings(struct keeper *k)
{
	char beliefs[DIGEST_HEX] = "";
	struct buf b = BUF_INIT;
	int rc = keeper_beliefs(k->iap, beliefs);
	size_t i;

	for (i = 0; i < k->interface_count; i++)
		(void)buf_put(&b, k->interfaces[i], strlen(k->interfaces[i]) + 1); /* a failure shows below */
	(void)buf_put(&b, beliefs, sizeof(beliefs));
	if (rc == -1 || buf_failed(&b) || digest_hex_of(b.data, b.len, k->settings) == -1)
		memset(k->settings, 0, sizeof(k->settings));
	buf_free(&b);
}

void
keeper_mark_load(struct keeper *k)
{
	struct buf text = BUF_INIT;
	char name[NAME_ROOM];

	k->has_mark = 1;
	if (fsio_load(k->keptfd, mark_name(k, name), KEPT_FILE_BYTES, &text) == -1) {
		k->has_mark = errno != ENOENT;
		if (errno != ENOENT)
			diag_err("journal/capture/" KEEPER_KEPT "/%s", name);
	} else if (kept_mark_parse(text.data, text.len, &k->mark) == -1) {
		diag_errx("journal/capture/" KEEPER_KEPT "/%s: damaged: nothing of before is believed", name);
		memset(&k->mark, 0, sizeof(k->mark));
	}
	buf_free(&text);
}

void
keeper_mark_remove(struct keeper *k)
{
	char name[NAME_ROOM];

	if (k->keptfd == -1 || !k->has_mark)
		return;
	if (fsio_remove(k->keptfd, mark_name(k, name)) == 0)
		k->has_mark = 0;
	else
		keeper_kept_note(k, name, errno);
}

static const char *
too_long(const struct keeper *k)
{
	return kept_too_long(
	    &k->mark, k->reading.realtime, k->reading.boottime, (stamp_t)k->iap->resume_within * STAMP_SECOND);
}

/* NULL, or why what is kept of a case does not count for a reader that begins now. */
static const char *
objection(const struct keeper *k, const struct docket_case *c, const char *boot_id)
{
	if (c->duty != DUTY_IN_FORCE || c->order == NULL || strcmp(c->order->sha256, c->kept->order) != 0)
		return "order";
	if (k->mark.realtime == 0)
		return "unmarked";
	if (strcmp(k->mark.boot_id, boot_id) != 0 || strcmp(boot_id, "-") == 0)
		return "boot";
	if (k->settings[0] == '\0' || strcmp(k->mark.settings, k->settings) != 0)
		return "settings";
	return too_long(k);
}

void
keeper_kept_judge(struct keeper *k)
{
	struct docket_case *c;
	const char *why;
	size_t i;

	hash_settings(k);
	for (i = 0; i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		c->is_kept_told = 0;
		if (c->kept == NULL || c->kept->count == 0)
			continue;
		why = objection(k, c, k->reading.boot_id);
		if (why != NULL)
			keeper_kept_forget(k, c, why);
	}
}

static void
save(struct keeper *k)
{
	struct buf text = BUF_INIT;
	char name[NAME_ROOM];
	int error = 0;

	(void)mark_name(k, name);
	if (kept_mark_write(&k->mark, &text) == -1 || fsio_replace(k->keptfd, name, text.data, text.len, 0600) == -1)
		error = errno;
	k->has_mark |= error == 0;
	keeper_kept_note(k, name, error);
	buf_free(&text);
}

/*
 * Has the present reader told of every case of which something is kept?  What it has not told of is of before; one of which
 * it says nothing for so long that it would not count does not hold up all others any more.
 */
static int
is_all_told(struct keeper *k, size_t *kept)
{
	struct docket_case *c;
	const char *why;
	size_t i;

	*kept = 0;
	for (i = 0; i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		if (c->kept == NULL || c->kept->count == 0)
			continue;
		if (!c->is_kept_told) {
			why = too_long(k);
			if (why == NULL)
				return 0;
			keeper_kept_forget(k, c, why);
		} else
			++*kept;
	}
	return 1;
}

void
keeper_kept_mark(struct keeper *k, int is_last)
{
	size_t kept = 0;
	int is_whole = k->counts.followed_boot != 0 && k->settings[0] != '\0';

	if (k->keptfd == -1)
		return;
	is_whole = is_whole && is_all_told(k, &kept);
	if (is_whole) {
		k->mark.realtime = k->counts.followed;
		k->mark.boottime = k->counts.followed_boot;
		memcpy(k->mark.boot_id, k->reading.boot_id, sizeof(k->mark.boot_id));
		memcpy(k->mark.settings, k->settings, sizeof(k->mark.settings));
	}
	if ((!is_last && k->reading.boottime - k->kept_written < SAVE) || keeper_kept_write(k) == -1)
		return;
	if (is_whole && (kept > 0 || k->mark.stale_count > 0))
		save(k);
	else
		keeper_kept_note(k, "", 0);
}
