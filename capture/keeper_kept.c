#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootid.h"
#include "diag.h"
#include "fsio.h"

#include "keeper_internal.h"

#define FOLDER "bindings"
#define SAVE_MARK (5 * STAMP_SECOND)
#define NAME_ROOM (NAMES_CASE_ROOM + NAMES_IAP_ROOM + 8)

static const char *
file_name(const struct keeper *k, const char *case_id, char out[NAME_ROOM])
{
	(void)snprintf(out, NAME_ROOM, "%s.%s.json", case_id, k->iap->name); /* has room for both */
	return out;
}

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

/* A failure is said once, until it is another or all is well again. */
static void
note_error(struct keeper *k, const char *name, int error)
{
	if (error != 0 && error != k->kept_error) {
		errno = error;
		diag_err("journal/capture/" FOLDER "/%s", name);
	}
	k->kept_error = error;
}

/* What can not be written must not stay as it was: the mark would make it look as if it were of now. */
static void
withdraw(struct keeper *k, const char *name)
{
	char mark[NAME_ROOM];

	if (fsio_remove(k->keptfd, name) == 0 || fsio_remove(k->keptfd, mark_name(k, mark)) == 0)
		return;
	(void)close(k->keptfd); /* a folder; that the mark stands still makes all of it too old */
	k->keptfd = -1;
}

static void
save(struct keeper *k, const struct docket_case *c)
{
	struct buf text = BUF_INIT;
	char name[NAME_ROOM];
	int error = 0;

	if (k->keptfd == -1)
		return;
	(void)file_name(k, c->case_id, name);
	if (c->kept == NULL) {
		if (fsio_remove(k->keptfd, name) == -1)
			error = errno;
	} else if (kept_write(c->kept, k->iap->name, &text) == -1 ||
		   fsio_replace(k->keptfd, name, text.data, text.len, 0600) == -1)
		error = errno;
	buf_free(&text);
	note_error(k, name, error);
	if (error != 0)
		withdraw(k, name);
}

/* Keep a copy; what has nothing in it is not kept. */
static void
put(struct docket_case *c, const struct kept *from)
{
	struct kept *copy = NULL;

	if (from->count > 0 || from->disputed_count > 0) {
		copy = malloc(kept_size(from));
		if (copy == NULL)
			diag_err("%s: where its subject is", c->case_id);
		else
			memcpy(copy, from, kept_size(from));
	}
	free(c->kept);
	c->kept = copy;
}

void
keeper_kept_forget(struct keeper *k, struct docket_case *c, const char *why)
{
	if (c->kept == NULL || c->kept->count == 0)
		return;
	c->kept->count = 0; /* what was disputed stays so */
	if (c->kept->disputed_count == 0) {
		free(c->kept);
		c->kept = NULL;
	}
	save(k, c);
	keeper_journal_forgotten(k, c->case_id, why);
}

void
keeper_kept_forget_all(struct keeper *k, const char *why)
{
	size_t i;

	for (i = 0; i < docket_count(k->docket); i++)
		keeper_kept_forget(k, docket_case(k->docket, i), why);
}

/* It can not be known which words were disputed: none that stands now is believed. */
static void
take_damaged(struct keeper *k, struct docket_case *c, const char *name)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	size_t i;

	diag_errx("journal/capture/" FOLDER "/%s: damaged: nothing of it is believed", name);
	keeper_journal_forgotten(k, c->case_id, "damaged");
	if (kept == NULL) {
		diag_err("%s: where its subject is", c->case_id);
		return;
	}
	memcpy(kept->case_id, c->case_id, sizeof(kept->case_id));
	memcpy(kept->order, c->order->sha256, sizeof(kept->order));
	for (i = 0; i < c->given.count; i++)
		memcpy(kept->disputed[kept->disputed_count++], c->given.at[i].sha256, DIGEST_HEX);
	put(c, kept);
	free(kept);
	save(k, c);
}

static void
load_case(struct keeper *k, struct docket_case *c, const char *name)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	struct buf text = BUF_INIT;

	if (kept == NULL || fsio_load(k->keptfd, name, KEPT_FILE_BYTES, &text) == -1) {
		diag_err("journal/capture/" FOLDER "/%s", name);
		take_damaged(k, c, name);
	} else if (kept_parse(text.data, text.len, k->iap->name, kept) == -1 ||
		   strcmp(kept->case_id, c->case_id) != 0)
		take_damaged(k, c, name);
	else
		put(c, kept);
	buf_free(&text);
	free(kept);
}

/* CASE.IAP.json of this access point, and what a write that was killed has left; others' files are theirs. */
static int
look(void *cookie, const char *name)
{
	struct keeper *k = cookie;
	struct docket_case *c;
	char case_id[NAMES_CASE_ROOM], suffix[NAMES_IAP_ROOM + 8];
	size_t n = strlen(name), s;

	s = (size_t)snprintf(suffix, sizeof(suffix), ".%s.json", k->iap->name); /* has room */
	if (n <= s || strcmp(name + n - s, suffix) != 0 || n - s >= sizeof(case_id))
		return 0;
	memcpy(case_id, name, n - s);
	case_id[n - s] = '\0';
	c = docket_find(k->docket, case_id);
	if (c == NULL || c->order == NULL)
		withdraw(k, name);
	else
		load_case(k, c, name);
	return k->keptfd == -1;
}

static void
load_mark(struct keeper *k)
{
	struct buf text = BUF_INIT;
	char name[NAME_ROOM];

	if (fsio_load(k->keptfd, mark_name(k, name), KEPT_FILE_BYTES, &text) == -1) {
		if (errno != ENOENT)
			diag_err("journal/capture/" FOLDER "/%s", name);
	} else if (kept_mark_parse(text.data, text.len, &k->mark) == -1) {
		diag_errx("journal/capture/" FOLDER "/%s: damaged: nothing of before is believed", name);
		memset(&k->mark, 0, sizeof(k->mark));
	}
	buf_free(&text);
}

void
keeper_kept_load(struct keeper *k)
{
	if (keeper_is_file(k))
		return;
	k->keptfd = fsio_mkdirs(k->journalfd, FOLDER, 0700);
	if (k->keptfd == -1) {
		diag_err("journal/capture/" FOLDER ": where subjects are is not kept over a restart");
		return;
	}
	load_mark(k);
	if (fsio_list(k->keptfd, look, k) == -1)
		diag_err("journal/capture/" FOLDER);
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
	return kept_too_long(
	    &k->mark, k->reading.realtime, k->reading.boottime, (stamp_t)k->iap->resume_within * STAMP_SECOND);
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

int
keeper_kept_send(struct keeper *k, struct docket_case *c)
{
	struct message_keep *m;
	int rc;

	if (c->kept == NULL)
		return 0;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return -1;
	m->mark = k->mark;
	m->within = (stamp_t)k->iap->resume_within * STAMP_SECOND;
	memcpy(&m->kept, c->kept, kept_size(c->kept));
	rc = channel_send(k->child.ch, CHANNEL_KEEP, m, offsetof(struct message_keep, kept) + kept_size(c->kept));
	free(m);
	return rc;
}

int
keeper_kept_take(struct keeper *k, const void *data, size_t n)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	struct docket_case *c;
	int rc = -1;

	if (kept == NULL) {
		/* As what can not be written. */
		diag_err("where subjects are");
		keeper_kept_forget_all(k, "unwritten");
		return 0;
	}
	memcpy(kept, data, n);
	if (!kept_is_good(kept, n))
		goto out;
	rc = 0;
	c = docket_find(k->docket, kept->case_id);
	/* The reader may not have heard yet that the order has ended, or is another. */
	if (c == NULL || c->duty != DUTY_IN_FORCE || !c->sent || strcmp(c->order->sha256, kept->order) != 0)
		goto out;
	if (k->iap->resume_within == 0)
		kept->count = 0;
	c->is_kept_told = 1;
	if (c->kept == NULL && kept->count == 0 && kept->disputed_count == 0)
		goto out;
	put(c, kept);
	save(k, c);
out:
	free(kept);
	return rc;
}

static void
save_mark(struct keeper *k)
{
	struct buf text = BUF_INIT;
	char name[NAME_ROOM];

	(void)mark_name(k, name);
	k->mark_saved = k->reading.boottime;
	if (kept_mark_write(&k->mark, &text) == -1 || fsio_replace(k->keptfd, name, text.data, text.len, 0600) == -1)
		note_error(k, name, errno);
	else
		note_error(k, name, 0);
	buf_free(&text);
}

void
keeper_kept_mark(struct keeper *k, int is_last)
{
	const struct docket_case *c;
	size_t i, kept = 0;

	if (k->keptfd == -1 || k->counts.followed_boot == 0 || k->settings[0] == '\0')
		return;
	for (i = 0; i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		if (c->kept == NULL || c->kept->count == 0)
			continue;
		kept++;
		/* What this reader has not told of is of before. */
		if (!c->is_kept_told)
			return;
	}
	k->mark.realtime = k->counts.followed;
	k->mark.boottime = k->counts.followed_boot;
	memcpy(k->mark.boot_id, k->reading.boot_id, sizeof(k->mark.boot_id));
	memcpy(k->mark.settings, k->settings, sizeof(k->mark.settings));
	if (kept > 0 && (is_last || k->reading.boottime - k->mark_saved >= SAVE_MARK))
		save_mark(k);
}
