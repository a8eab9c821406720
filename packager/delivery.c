#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "order.h"
#include "orderfile.h"
#include "ordermemory.h"
#include "orders.h"
#include "recipients.h"

#include "delivery.h"

/* The highest revision that capture accepted, or NULL. */
static struct order *
accepted_order(const struct stream *s)
{
	int capturefd = fsio_opendirat(s->p->statefd, "journal/capture"), ordersfd = orders_open(s->casefd);
	struct ordermemory *memory = capturefd == -1 ? NULL : ordermemory_load_all(capturefd);
	char sha256[DIGEST_HEX], hex[DIGEST_HEX], name[32];
	struct buf text = BUF_INIT;
	struct order *order = NULL;
	uint32_t revision = memory == NULL ? 0 : ordermemory_revision(memory, s->case_id, sha256);

	(void)snprintf(name, sizeof(name), "%u.order", (unsigned)revision); /* has room */
	if (revision > 0 && ordersfd != -1 && orderfile_load(ordersfd, name, s->p->orders_key, &text) == 0 &&
	    digest_hex_of(text.data, text.len, hex) == 0 && strcmp(hex, sha256) == 0)
		order = order_parse(text.data, text.len, name);
	buf_free(&text);
	ordermemory_free(memory);
	if (capturefd != -1)
		(void)close(capturefd); /* folders */
	if (ordersfd != -1)
		(void)close(ordersfd);
	return order;
}

static int
refuse(struct stream *s, const char *why)
{
	struct packager *p = s->p;

	packager_fail(p, EX_CONFIG);
	if (strcmp(p->refused, s->case_id) != 0)
		diag_errx("case %s: nothing is sealed: %s", s->case_id, why);
	memcpy(p->refused, s->case_id, sizeof(p->refused));
	return -1;
}

static int
anybody_encrypts(const struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf->destination_count; i++) {
		if (conf->destinations[i].encrypt_to_count > 0)
			return 1;
	}
	return 0;
}

static int
wants_day(const struct conf *conf, const struct order *order)
{
	const struct conf_destination *d;
	size_t i;

	for (i = 0; i < order->destination_count; i++) {
		d = conf_find_destination(conf, order->destinations[i]);
		if (d != NULL && d->deliver != CONF_PACKAGES)
			return 1;
	}
	return 0;
}

int
delivery_find(struct stream *s)
{
	struct order *order = accepted_order(s);
	char why[256];
	int count = 0;

	s->recipient_count = 0;
	s->wants_day = order != NULL && wants_day(s->p->conf, order);
	if (order != NULL)
		count = recipients_of(s->p->conf, order, s->recipients, why, sizeof(why));
	else if (anybody_encrypts(s->p->conf) || s->sealed.is_encrypted)
		return refuse(s, "no accepted order of it can be read, which would tell whether it is encrypted");
	order_free(order);
	if (count == -1)
		return refuse(s, why);
	if (count == 0 && s->sealed.is_encrypted)
		return refuse(s, "it was encrypted so far, and its destinations have no encrypt_to any more");
	s->recipient_count = (size_t)count;
	return 0;
}
