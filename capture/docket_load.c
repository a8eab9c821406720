#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "orderfile.h"

#include "matcher.h"

#include "docket_internal.h"

static struct docket_case *
find_or_add(struct docket *d, const char *case_id)
{
	struct docket_case *c = docket_find(d, case_id), **grown;
	size_t room = d->room == 0 ? 16 : d->room * 2, at = d->count;

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
	/* A book comes in the same order: nearly always this is the end. */
	for (; at > 0 && strcmp(d->cases[at - 1]->case_id, case_id) > 0; at--)
		d->cases[at] = d->cases[at - 1];
	d->cases[at] = c;
	d->count++;
	return c;
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
	if (fd == -1 || orderfile_load(fd, name, d->key, &text) == -1)
		goto out;
	order = order_parse(text.data, text.len, name);
	/* It changed under us: the next look will find it. */
	if (order == NULL || strcmp(order->sha256, accepted->sha256) != 0)
		goto out;
	order_free(c->order);
	buf_free(&c->text);
	ordermemory_acceptance(d->memory, c->case_id, &order->acceptance);
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
		docket_say(d, c, b->order->revision == 1 ? "order-accepted" : "order-extended", NULL);
	else if (is_new && b->state == ORDERBOOK_REVOKED)
		docket_say(d, c, "order-revoked", NULL);
	else if ((b->state == ORDERBOOK_REFUSED || b->state == ORDERBOOK_LOCKED) && strcmp(c->said, b->why) != 0) {
		docket_say(d, c, "order-refused", b->why);
		(void)snprintf(c->said, sizeof(c->said), "%s", b->why);
	} else if (b->state != before && b->state == ORDERBOOK_MISSING)
		docket_say(d, c, "order-missing", b->why);
	else if (b->state != before && b->state == ORDERBOOK_CHANGED) {
		diag_errx("%s: the order's file was changed: capture of it stops", c->case_id);
		docket_say(d, c, "order-changed", b->why);
	}
	return 0;
}

static int
take_book(struct docket *d, struct orderbook *book, int ordersfd)
{
	const struct orderbook_case *b;
	char *is_new = calloc(orderbook_count(book) + 1, 1);
	size_t i;
	int any = 0, rc = -1;

	if (is_new == NULL)
		return -1;
	for (i = 0; i < orderbook_count(book); i++) {
		is_new[i] = (char)orderbook_case(book, i)->is_new;
		any |= is_new[i];
	}
	if (any)
		docket_note_journal(d);
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

/* The reader serves all cases at once: a filter that it could not compile would end the capture of every one. */
static int
is_followed(const struct order *o, char *why, size_t room)
{
	return o->filter == NULL ? 0 : matcher_check_filter(o->filter, why, room);
}

int
docket_load(struct docket *d, const struct conf *conf, const struct keyring *keyring, stamp_t now)
{
	const struct orderbook_rules rules = {conf->max_order_days, now, is_followed, d->key};
	struct orderbook *book = NULL;
	int fd, rc = -1;

	d->now = now;
	fd = fsio_opendir(conf->orders_dir);
	if (fd == -1 || fsio_check_trusted(fd, conf->orders_dir, 0) == -1) {
		if (fd == -1 || errno != EPERM)
			diag_err("%s", conf->orders_dir);
		if (fd != -1)
			(void)close(fd); /* only looked at */
		return -1;
	}
	book = orderbook_load_by(fd, keyring, d->memory, &rules);
	if (book != NULL) {
		rc = take_book(d, book, fd);
		if (rc == -1)
			diag_err("%s", conf->orders_dir);
	}
	orderbook_free(book);
	(void)close(fd); /* only read from */
	return rc;
}
