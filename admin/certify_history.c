#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "custody.h"
#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "orderbook.h"
#include "orderfile.h"
#include "text.h"

#include "certify.h"
#include "site.h"

#define ORDER_SUFFIX ".order"

/* The folder of the orders while it is listed. */
struct listing {
	struct certify_history *h;
	const struct site *site;
	int dirfd;
};

static int
compare_revisions(const void *a, const void *b)
{
	const struct certify_revision *x = a, *y = b;

	return (x->order->revision > y->order->revision) - (x->order->revision < y->order->revision);
}

/* One file of records/CASE/orders: N.order is a revision. */
static int
take_revision(void *cookie, const char *name)
{
	struct listing *l = cookie;
	struct buf text = BUF_INIT;
	struct order *o = NULL;

	if (!text_ends_with(name, ORDER_SUFFIX))
		return 0;
	if (l->h->revision_count == CERTIFY_REVISIONS_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (orderfile_load(l->dirfd, name, l->site->orders_key, &text) == 0)
		o = order_parse(text.data, text.len, name);
	buf_free(&text);
	if (o == NULL)
		return -1;
	l->h->revisions[l->h->revision_count++] = (struct certify_revision){.order = o, .accepted = STAMP_NONE};
	return 0;
}

static int
load_approvers(const struct listing *l)
{
	struct buf text = BUF_INIT;
	char name[32];
	size_t i;
	int n = 0;

	for (i = 0; i < l->h->revision_count && n != -1; i++) {
		struct certify_revision *r = &l->h->revisions[i];

		(void)snprintf(name, sizeof name, "%" PRIu32 ORDER_SUFFIX, r->order->revision); /* fits */
		buf_clear(&text);
		n = orderfile_load(l->dirfd, name, l->site->orders_key, &text);
		if (n == 0)
			n = orderbook_approvers(l->site->keyring, l->dirfd, name, &text,
			    r->accepted == STAMP_NONE ? stamp_now() : r->accepted, r->approvers,
			    CERTIFY_APPROVERS_MAX);
		r->approver_count = n < 0 ? 0 : (size_t)n;
	}
	buf_free(&text);
	return n == -1 ? -1 : 0;
}

/* The access point of a journal, made if it was not met before.  NULL: of no capture, or there are too many. */
static struct certify_point *
find_point(struct certify_history *h, const char *source)
{
	struct certify_point *p;
	size_t i;

	if (source == NULL || strncmp(source, "capture/", 8) != 0 || strlen(source) >= sizeof p->source)
		return NULL;
	for (i = 0; i < h->point_count; i++)
		if (strcmp(h->points[i].source, source) == 0)
			return &h->points[i];
	if (h->point_count == CONF_IAPS_MAX)
		return NULL;
	p = &h->points[h->point_count++];
	p->enabled = p->ended = STAMP_NONE;
	(void)memcpy(p->source, source, strlen(source) + 1);
	return p;
}

static void
take_start(struct certify_history *h, const struct json *line, const struct json *detail)
{
	struct certify_point *p = find_point(h, json_get_string(line, "source"));
	stamp_t from;

	if (p == NULL || json_get_stamp(detail, "from", &from) == -1)
		return;
	if (p->enabled == STAMP_NONE)
		p->enabled = from;
	p->ended = STAMP_NONE;
}

static void
take_stop(struct certify_history *h, const struct json *line, const struct json *detail)
{
	struct certify_point *p = find_point(h, json_get_string(line, "source"));
	const char *reason = json_get_string(detail, "reason");
	stamp_t at;

	if (p == NULL || json_get_stamp(detail, "at", &at) == -1)
		return;
	p->ended = at;
	(void)text_escape(
	    p->reason, sizeof p->reason, reason == NULL ? "" : reason, reason == NULL ? 0 : strlen(reason));
}

/* One line of the custody log. */
static int
take_line(void *cookie, uint64_t n, const struct json *line)
{
	struct certify_history *h = cookie;
	const struct json *entry = json_get_object(line, "entry"), *detail = json_get_object(entry, "detail");
	const char *event = json_get_string(entry, "event"), *object = json_get_string(entry, "object");
	size_t i;

	(void)n;
	if (event == NULL)
		return 0;
	if (strcmp(event, "capture-start") == 0)
		take_start(h, line, detail);
	else if (strcmp(event, "capture-stop") == 0)
		take_stop(h, line, detail);
	else if (strcmp(event, "order-revoked") == 0 && h->revoked == STAMP_NONE)
		(void)json_get_stamp(entry, "time", &h->revoked); /* stays unknown if it has none */
	else if ((strcmp(event, "order-accepted") == 0 || strcmp(event, "order-extended") == 0) && object != NULL)
		for (i = 0; i < h->revision_count; i++)
			if (h->revisions[i].accepted == STAMP_NONE &&
			    strcmp(h->revisions[i].order->sha256, object) == 0)
				(void)json_get_stamp(entry, "time", &h->revisions[i].accepted); /* as above */
	return 0;
}

static int
load_custody(int recordsfd, struct certify_history *h)
{
	struct custody *custody = custody_open(recordsfd, 0);
	int status = EX_DATAERR;

	if (custody == NULL)
		return EX_DATAERR;
	if (custody_each(custody, take_line, h) == 0) {
		h->lines = custody_lines(custody);
		if (custody_begun(custody) != NULL)
			h->begun = *custody_begun(custody);
		(void)memcpy(h->head, custody_head(custody), sizeof h->head);
		status = EX_OK;
	} else {
		diag_err("custody.jsonl");
	}
	custody_close(custody);
	return status;
}

int
certify_history_load(int recordsfd, const struct site *site, struct certify_history *h)
{
	struct listing l = {.h = h, .site = site};
	int status = EX_IOERR;

	memset(h, 0, sizeof *h);
	h->revoked = STAMP_NONE;
	l.dirfd = fsio_opendirat(recordsfd, "orders");
	if (l.dirfd == -1 || fsio_list(l.dirfd, take_revision, &l) != 0) {
		diag_errx("orders among the records: %s", orderfile_why(errno));
		goto out;
	}
	qsort(h->revisions, h->revision_count, sizeof h->revisions[0], compare_revisions);
	status = load_custody(recordsfd, h);
	if (status == EX_OK && load_approvers(&l) != 0) {
		diag_errx("orders among the records: %s", orderfile_why(errno));
		status = EX_IOERR;
	}
out:
	if (l.dirfd != -1)
		(void)close(l.dirfd); /* a folder */
	return status;
}

void
certify_history_clear(struct certify_history *h)
{
	size_t i;

	for (i = 0; i < h->revision_count; i++)
		order_free(h->revisions[i].order);
	h->revision_count = 0;
}
