#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#include "docket_internal.h"

static const char *const duty_texts[] = {
    "waiting", "not-yet", "in-force", "clock", "expired", "revoked", "missing", "changed", "refused"};

const char *
duty_text(enum duty duty)
{
	return duty_texts[duty];
}

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

static enum duty
judge_window(const struct docket *d, const struct docket_case *c, const struct clock *clock)
{
	if (d->from_file)
		return DUTY_IN_FORCE;
	switch (clock_judge(clock, c->order->not_before, c->order->not_after)) {
	case CLOCK_NOT_YET:
		return DUTY_NOT_YET;
	case CLOCK_IN_FORCE:
		return DUTY_IN_FORCE;
	case CLOCK_EXPIRED:
		return DUTY_EXPIRED;
	case CLOCK_DOUBTFUL:
		break;
	}
	return DUTY_DOUBTFUL;
}

static enum duty
judge_case(const struct docket *d, const struct docket_case *c, const struct clock *clock)
{
	switch (c->state) {
	case ORDERBOOK_ACCEPTED:
		return c->order == NULL ? DUTY_NONE : judge_window(d, c, clock);
	case ORDERBOOK_WAITING:
		return DUTY_NONE;
	case ORDERBOOK_REFUSED:
	case ORDERBOOK_LOCKED:
		return DUTY_REFUSED;
	case ORDERBOOK_MISSING:
		return DUTY_MISSING;
	case ORDERBOOK_CHANGED:
		return DUTY_CHANGED;
	case ORDERBOOK_REVOKED:
		break;
	}
	return DUTY_REVOKED;
}

/* Why was there no capture until now of a case that comes in force? */
static const char *
reason_before(const struct docket *d, const struct docket_case *c)
{
	switch (c->duty) {
	case DUTY_NOT_YET:
		return "start-up";
	case DUTY_DOUBTFUL:
		return "clock";
	case DUTY_MISSING:
		return "order-missing";
	case DUTY_CHANGED:
		return "order-changed";
	default:
		if (d->is_first && d->after_reset)
			return "reset";
		/* Found at our start: then it was in force while we were not there; else it came late. */
		return d->is_first && !c->is_fresh ? "down-time" : "late-start";
	}
}

static void
come_in_force(const struct docket *d, struct docket_case *c)
{
	const char *reason = reason_before(d, c);

	/* Who was waited for is captured from its first instant on; who comes back, from now on. */
	c->from = d->from_file || c->duty == DUTY_NOT_YET ? c->order->not_before : d->now;
	(void)snprintf(c->reason, sizeof(c->reason), "%s", reason);
	c->finished = 0;
	c->finish_error = 0;
	c->finish_at = 0;
}

static void
expire(struct docket *d, struct docket_case *c)
{
	if (c->is_fresh && c->duty == DUTY_NONE) {
		diag_errx("%s: revision %" PRIu32 " is refused: its window is over", c->case_id, c->order->revision);
		docket_say(d, c, "order-refused", "its window is over");
	} else if (!d->is_first)
		docket_say(d, c, "order-expired", NULL);
}

static void
change_duty(struct docket *d, struct docket_case *c, enum duty duty)
{
	if (duty == DUTY_IN_FORCE)
		come_in_force(d, c);
	if (c->duty == DUTY_IN_FORCE) {
		c->ended = duty == DUTY_EXPIRED && c->order->not_after < d->now ? c->order->not_after : d->now;
		diag_notice("%s: %s", c->case_id, duty_text(duty));
	}
	if (duty == DUTY_EXPIRED)
		expire(d, c);
	if ((duty == DUTY_EXPIRED || duty == DUTY_REVOKED) && c->duty != DUTY_IN_FORCE)
		(void)snprintf(c->reason, sizeof(c->reason), "%s", reason_before(d, c));
	if (c->duty != DUTY_IN_FORCE)
		c->ended = duty == DUTY_EXPIRED ? c->order->not_after : d->now;
	if (duty == DUTY_DOUBTFUL)
		diag_warnx("%s: not in force until the clock can be trusted on it", c->case_id);
	c->duty = duty;
	d->is_changed = 1;
}

int
docket_judge(struct docket *d, const struct clock *clock)
{
	struct docket_case *c;
	enum duty duty;
	size_t i;
	int changed;

	d->now = clock->realtime;
	for (i = 0; i < d->count; i++) {
		c = d->cases[i];
		duty = judge_case(d, c, clock);
		/* Set back since, the clock has still to come to where the case began: who begins it anew does so now. */
		if (duty == DUTY_IN_FORCE && c->duty == DUTY_IN_FORCE && c->from > d->now)
			c->from = d->now > c->order->not_before ? d->now : c->order->not_before;
		if (duty != c->duty)
			change_duty(d, c, duty);
	}
	d->is_first = 0;
	changed = d->is_changed;
	d->is_changed = 0;
	return changed;
}

int64_t
docket_until(const struct docket *d, const struct clock *clock)
{
	int64_t until = INT64_MAX, t;
	size_t i;

	for (i = 0; i < d->count; i++) {
		if (d->cases[i]->order == NULL || d->cases[i]->state != ORDERBOOK_ACCEPTED)
			continue;
		t = clock_until(clock, d->cases[i]->order->not_before);
		if (t < until)
			until = t;
		t = clock_until(clock, d->cases[i]->order->not_after);
		if (t < until)
			until = t;
	}
	return until;
}

stamp_t
docket_begins(const struct docket *d)
{
	stamp_t begins = INT64_MAX;
	size_t i;

	for (i = 0; i < d->count; i++) {
		if (d->cases[i]->duty == DUTY_NOT_YET && d->cases[i]->order->not_before < begins)
			begins = d->cases[i]->order->not_before;
	}
	return begins;
}

size_t
docket_in_force(const struct docket *d)
{
	size_t i, n = 0;

	for (i = 0; i < d->count; i++)
		n += d->cases[i]->duty == DUTY_IN_FORCE;
	return n;
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
