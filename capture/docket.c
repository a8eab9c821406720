#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#include "docket_internal.h"

void
docket_note_journal(struct docket *d)
{
	struct journal_mark mark;

	/* Where it can not be had, the one of before does: then more lines are looked at again at the next start. */
	if (d->journal != NULL && journal_mark(d->journal, &mark) == 0)
		ordermemory_set_mark(d->memory, &mark);
}

/* Bring to the disk what is in mind.  What a file says must have all its lines before it in the journal. */
static int
save(struct docket *d)
{
	if (d->journal == NULL)
		return 0;
	docket_note_journal(d);
	return ordermemory_save(d->memory, d->dirfd, d->iap);
}

/*
 * What was accepted and revoked before, here or at another access point; from here on it is on the disk.  The files may be
 * older than the journals: what was brought back out of a backup revives nothing.
 */
static int
remember(struct docket *d)
{
	d->memory = d->dirfd == -1 ? ordermemory_new() : ordermemory_load(d->dirfd, d->iap);
	if (d->memory == NULL)
		return -1;
	if (d->dirfd != -1 &&
	    (ordermemory_learn(d->memory, d->dirfd) == -1 || ordermemory_recall(d->memory, d->dirfd) == -1))
		return -1;
	return save(d);
}

/* Have ${m}, which is taken over, in mind: only what is on the disk, so that what failed is new again the next time. */
static int
replace(struct docket *d, struct ordermemory *m)
{
	int rc;

	ordermemory_swap(d->memory, m);
	rc = save(d);
	if (rc == -1)
		ordermemory_swap(d->memory, m);
	ordermemory_free(m);
	return rc;
}

int
docket_take_keyring(struct docket *d, const struct keyring *keyring)
{
	uint64_t version;
	const char *root = ordermemory_keyring(d->memory, &version);
	struct ordermemory *raised;
	struct json *detail;

	if (keyring_follows(keyring, version, root) == -1)
		return -1;
	if (keyring_version(keyring) == version && strcmp(keyring_root(keyring), root) == 0)
		return 0;
	raised = ordermemory_copy(d->memory);
	if (raised == NULL) {
		diag_err("orders");
		return -1;
	}
	ordermemory_raise_keyring(raised, keyring_version(keyring), keyring_root(keyring));
	if (replace(d, raised) == -1)
		return -1;
	if (d->journal != NULL) {
		detail = json_object();
		/* The line counts without its members, too. */
		(void)json_put_integer(detail, "version", (int64_t)keyring_version(keyring));
		(void)json_put_string(detail, "root", keyring_root(keyring));
		(void)journal_write(d->journal, NULL, "keyring", keyring_sha256(keyring), detail);
	}
	return 0;
}

int
docket_block(struct docket *d, const char *case_id)
{
	struct json *detail;

	if (ordermemory_is_revoked(d->memory, case_id))
		return 0;
	diag_warnx("%s: its stream ended as revoked, which was not in mind any more", case_id);
	if (ordermemory_raise(d->memory, case_id, 0, "", 1) == -1) {
		diag_err("orders");
		return -1;
	}
	if (save(d) == -1)
		return -1;
	if (d->journal != NULL) {
		detail = json_object();
		(void)json_put_string(
		    detail, "why", "its stream ended as revoked"); /* the line counts without it, too */
		(void)journal_write(d->journal, case_id, "order-revoked", NULL, detail); /* reported there */
	}
	return 0;
}

struct docket *
docket_new(struct journal *journal, int dirfd, const char *iap, int from_file)
{
	struct docket *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		diag_err("orders");
		return NULL;
	}
	d->journal = journal;
	d->dirfd = dirfd;
	(void)snprintf(d->iap, sizeof(d->iap), "%s", iap); /* a name of the configuration fits */
	d->from_file = from_file;
	d->is_first = 1;
	if (remember(d) == -1) {
		docket_free(d);
		return NULL;
	}
	return d;
}

void
docket_use_key(struct docket *d, const struct age_identities *key)
{
	d->key = key;
}

void
docket_after_reset(struct docket *d, int after_reset)
{
	d->after_reset = after_reset;
}

static void
case_free(struct docket_case *c)
{
	order_free(c->order);
	buf_free(&c->text);
	free(c->kept);
	free(c);
}

void
docket_free(struct docket *d)
{
	int saved = errno;

	if (d == NULL)
		return;
	while (d->count > 0)
		case_free(d->cases[--d->count]);
	free(d->cases);
	ordermemory_free(d->memory);
	free(d);
	errno = saved;
}

size_t
docket_count(const struct docket *d)
{
	return d->count;
}

struct docket_case *
docket_case(struct docket *d, size_t i)
{
	return d->cases[i];
}

static int
compare_id(const void *case_id, const void *c)
{
	return strcmp(case_id, (*(struct docket_case *const *)c)->case_id);
}

struct docket_case *
docket_find(struct docket *d, const char *case_id)
{
	struct docket_case **found = NULL;

	if (d->count > 0)
		found = bsearch(case_id, d->cases, d->count, sizeof(struct docket_case *), compare_id);
	return found == NULL ? NULL : *found;
}

static int
is_acceptance(const char *event)
{
	return strcmp(event, "order-accepted") == 0 || strcmp(event, "order-extended") == 0;
}

/* Write what became of a case.  A journal that can not be written is reported there, and stops no capture. */
void
docket_say(struct docket *d, const struct docket_case *c, const char *event, const char *why)
{
	struct json *detail;

	if (d->journal == NULL)
		return;
	detail = json_object();
	if (c->order != NULL) {
		/* A put that fails shows as a journal line that fails. */
		(void)json_put_integer(detail, "revision", c->order->revision);
		(void)json_put_stamp(detail, "not_before", c->order->not_before);
		(void)json_put_stamp(detail, "not_after", c->order->not_after);
	}
	if (c->order != NULL && is_acceptance(event) && c->order->acceptance.keyring_sha256[0] != '\0') {
		(void)json_put_stamp(detail, "accepted", c->order->acceptance.at);
		(void)json_put_string(detail, "keyring_sha256", c->order->acceptance.keyring_sha256);
	}
	if (why != NULL)
		(void)json_put_string(detail, "why", why);
	(void)journal_write(d->journal, c->case_id, event, c->order == NULL ? NULL : c->order->sha256, detail);
}

void
docket_lose_all(struct docket *d)
{
	size_t i;

	for (i = 0; i < d->count; i++) {
		if (d->cases[i]->state == ORDERBOOK_ACCEPTED)
			d->cases[i]->state = ORDERBOOK_MISSING;
	}
}

void
docket_reader_gone(struct docket *d, const char *reason)
{
	struct docket_case *c;
	size_t i;

	for (i = 0; i < d->count; i++) {
		c = d->cases[i];
		/* An order that ended meanwhile had it until then: from there to the end nothing was captured. */
		if (c->sent)
			(void)snprintf(c->reason, sizeof(c->reason), "%s", reason);
		c->sent = 0;
	}
}

void
docket_give(struct docket *d, struct docket_case *c, const struct given_list *list)
{
	if (memcmp(&c->given, list, sizeof(*list)) == 0)
		return;
	c->given = *list;
	d->is_changed = 1;
}
