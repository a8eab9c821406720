#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"

#include "docket.h"

struct docket {
	struct journal *journal; /* borrowed; NULL: only look */
	int dirfd;
	const char *iap;
	int from_file;
	struct ordermemory *memory;
	struct docket_case **cases;
	size_t count, room;
	stamp_t now;
	int is_first; /* nothing was loaded before */
	int is_changed; /* since the reader was told */
};

static const char *const duty_texts[] = {
    "waiting", "not-yet", "in-force", "clock", "expired", "revoked", "missing", "changed", "refused"};

const char *
duty_text(enum duty duty)
{
	return duty_texts[duty];
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
	d->iap = iap;
	d->from_file = from_file;
	d->is_first = 1;
	d->memory = dirfd == -1 ? ordermemory_new() : ordermemory_load(dirfd, iap);
	if (d->memory == NULL) {
		docket_free(d);
		return NULL;
	}
	return d;
}

static void
case_free(struct docket_case *c)
{
	order_free(c->order);
	buf_free(&c->text);
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

struct docket_case *
docket_find(struct docket *d, const char *case_id)
{
	size_t i;

	for (i = 0; i < d->count; i++) {
		if (strcmp(d->cases[i]->case_id, case_id) == 0)
			return d->cases[i];
	}
	return NULL;
}

static struct docket_case *
find_or_add(struct docket *d, const char *case_id)
{
	struct docket_case *c = docket_find(d, case_id), **grown;
	size_t room = d->room == 0 ? 16 : d->room * 2;

	if (c != NULL)
		return c;
	if (d->count == d->room) {
		grown = reallocarray(d->cases, room, sizeof(struct docket_case *));
		if (grown == NULL)
			return NULL;
		d->cases = grown;
		d->room = room;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	(void)snprintf(c->case_id, sizeof(c->case_id), "%s", case_id);
	c->from = c->ended = c->last_to = STAMP_NONE;
	c->state = ORDERBOOK_WAITING;
	d->cases[d->count++] = c;
	return c;
}

/* Write what became of a case.  A journal that can not be written is reported there, and stops no capture. */
static void
say(struct docket *d, const struct docket_case *c, const char *event, const char *why)
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
	if (why != NULL)
		(void)json_put_string(detail, "why", why);
	(void)journal_write(d->journal, c->case_id, event, c->order == NULL ? NULL : c->order->sha256, detail);
}

/* Load the bytes of the order that the book has accepted, and parse them for ourselves.  -1: try again later. */
static int
take_order(struct docket *d, struct docket_case *c, int ordersfd, const struct order *accepted)
{
	struct buf text = BUF_INIT;
	struct order *order = NULL;
	char name[32];
	int fd, rc = -1;

	if (c->order != NULL && strcmp(c->order->sha256, accepted->sha256) == 0)
		return 0;
	(void)snprintf(name, sizeof(name), "%" PRIu32 ".order", accepted->revision);
	fd = fsio_opendirat(ordersfd, c->case_id);
	if (fd == -1 || fsio_load(fd, name, ORDER_MAX_BYTES, &text) == -1)
		goto out;
	order = order_parse(text.data, text.len, name);
	/* It changed under us: the next look will find it. */
	if (order == NULL || strcmp(order->sha256, accepted->sha256) != 0)
		goto out;
	order_free(c->order);
	buf_free(&c->text);
	c->order = order;
	c->text = text;
	order = NULL;
	text = (struct buf)BUF_INIT;
	d->is_changed = 1;
	rc = 0;
out:
	if (fd != -1)
		(void)close(fd); /* only read from */
	order_free(order);
	buf_free(&text);
	return rc;
}

/* What the new book says of one case.  ${is_new} as it was before the memory was raised. */
static int
take_case(struct docket *d, const struct orderbook_case *b, int ordersfd, int is_new)
{
	struct docket_case *c = find_or_add(d, b->case_id);
	enum orderbook_state before;

	if (c == NULL)
		return -1;
	before = c->state;
	c->state = b->state;
	c->pending = b->pending;
	(void)snprintf(c->why, sizeof(c->why), "%s", b->why);
	/* What could not be remembered is not acted on; what was in force before may go on. */
	if (b->state == ORDERBOOK_ACCEPTED && b->is_new && d->journal != NULL) {
		if (c->order == NULL)
			c->state = ORDERBOOK_WAITING;
		return 0;
	}
	if (b->state == ORDERBOOK_ACCEPTED && take_order(d, c, ordersfd, b->order) == -1) {
		c->state = ORDERBOOK_MISSING;
		return 0;
	}
	if (b->state == ORDERBOOK_REVOKED && b->order != NULL && c->order == NULL)
		(void)take_order(
		    d, c, ordersfd, b->order); /* a stream can be ended without its order, less precisely */
	c->is_fresh |= is_new;
	if (is_new && b->state == ORDERBOOK_ACCEPTED)
		say(d, c, b->order->revision == 1 ? "order-accepted" : "order-extended", NULL);
	else if (is_new && b->state == ORDERBOOK_REVOKED)
		say(d, c, "order-revoked", NULL);
	else if (b->state == ORDERBOOK_REFUSED && strcmp(c->said, b->why) != 0) {
		say(d, c, "order-refused", b->why);
		(void)snprintf(c->said, sizeof(c->said), "%s", b->why);
	} else if (b->state != before && b->state == ORDERBOOK_MISSING)
		say(d, c, "order-missing", b->why);
	else if (b->state != before && b->state == ORDERBOOK_CHANGED) {
		diag_errx("%s: the order's file was changed: capture of it stops", c->case_id);
		say(d, c, "order-changed", b->why);
	}
	return 0;
}

static int
take_book(struct docket *d, struct orderbook *book, int ordersfd)
{
	const struct orderbook_case *b;
	char *is_new = calloc(orderbook_count(book) + 1, 1);
	size_t i;
	int rc = -1;

	if (is_new == NULL)
		return -1;
	for (i = 0; i < orderbook_count(book); i++)
		is_new[i] = (char)orderbook_case(book, i)->is_new;
	/* A failure is reported there; then is_new stays set, and take_case() holds back. */
	if (d->journal != NULL && orderbook_remember(book, d->dirfd, d->iap) == -1)
		memset(is_new, 0, orderbook_count(book));
	for (i = 0; i < d->count; i++) {
		if (orderbook_find(book, d->cases[i]->case_id) == NULL)
			d->cases[i]->state = ORDERBOOK_MISSING;
	}
	for (i = 0; i < orderbook_count(book); i++) {
		b = orderbook_case(book, i);
		if (take_case(d, b, ordersfd, is_new[i]) == -1)
			goto out;
	}
	rc = 0;
out:
	free(is_new);
	return rc;
}

int
docket_load(struct docket *d, const struct conf *conf, const struct keyring *keyring, stamp_t now)
{
	struct orderbook *book = NULL;
	int fd, rc = -1;

	d->now = now;
	fd = fsio_opendir(conf->orders_dir);
	if (fd == -1) {
		diag_err("%s", conf->orders_dir);
		return -1;
	}
	book = orderbook_load(fd, keyring, d->memory, conf->max_order_days, now);
	if (book != NULL)
		rc = take_book(d, book, fd);
	orderbook_free(book);
	(void)close(fd); /* only read from */
	return rc;
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
}

static void
expire(struct docket *d, struct docket_case *c)
{
	if (c->is_fresh && c->duty == DUTY_NONE) {
		diag_errx("%s: revision %" PRIu32 " is refused: its window is over", c->case_id, c->order->revision);
		say(d, c, "order-refused", "its window is over");
	} else if (!d->is_first)
		say(d, c, "order-expired", NULL);
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
		if (c->sent && c->duty == DUTY_IN_FORCE)
			(void)snprintf(c->reason, sizeof(c->reason), "%s", reason);
		c->sent = 0;
	}
}
