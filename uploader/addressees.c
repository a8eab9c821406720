#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "orderbook.h"

#include "addressees.h"

#define FORMAT "casetap-addressees/1"
#define REMEMBERED_MAX 8192

struct addressees {
	int ordersfd;
	int statefd;   /* borrowed */
	int journalfd; /* journal/uploader, borrowed; -1: nothing is written */
	struct ordermemory *memory;
	struct orderbook *book;
};

static struct ordermemory *
load_memory(int statefd)
{
	struct ordermemory *m = NULL;
	int fd = fsio_opendirat(statefd, "journal/capture");

	if (fd == -1) {
		if (errno == ENOENT)
			return ordermemory_new(); /* nothing was ever captured here: packages came from elsewhere */
		diag_err("journal/capture");
		return NULL;
	}
	m = ordermemory_load_all(fd);
	(void)close(fd); /* a folder */
	return m;
}

struct addressees *
addressees_load(
    const struct conf *conf, const struct keyring *keyring, int statefd, int journalfd, stamp_t now, int *status)
{
	struct addressees *a = calloc(1, sizeof *a);

	*status = EX_OSERR;
	if (a == NULL) {
		diag_err("orders");
		return NULL;
	}
	a->statefd = statefd;
	a->journalfd = journalfd;
	a->ordersfd = fsio_opendir(conf->orders_dir);
	if (a->ordersfd == -1) {
		diag_err("%s", conf->orders_dir);
		*status = errno == ENOENT ? EX_NOINPUT : errno == EACCES ? EX_NOPERM : EX_CONFIG;
		goto fail;
	}
	a->memory = load_memory(statefd);
	if (a->memory == NULL) {
		*status = errno == EBADMSG ? EX_DATAERR : EX_IOERR;
		goto fail;
	}
	a->book = orderbook_load(a->ordersfd, keyring, a->memory, conf->max_order_days, now);
	if (a->book == NULL) {
		*status = EX_IOERR;
		goto fail;
	}
	return a;
fail:
	addressees_free(a);
	return NULL;
}

void
addressees_free(struct addressees *a)
{
	if (a == NULL)
		return;
	orderbook_free(a->book);
	ordermemory_free(a->memory);
	if (a->ordersfd != -1)
		(void)close(a->ordersfd); /* a folder */
	free(a);
}

/*
 * What was last known of a case, journal/uploader/CASE.addressees: one line, and no subject in it.  It tells when
 * the order's file is gone.
 */
static void
remembered_name(char *out, size_t room, const char *case_id)
{
	(void)snprintf(out, room, "%s.addressees", case_id);
}

static int
write_remembered(struct buf *out, const struct order *order)
{
	struct json *j = json_object(), *to = json_array();
	int rc = -1;

	for (size_t i = 0; i < order->destination_count; i++) {
		if (json_append(to, json_string(order->destinations[i])) == -1) {
			json_free(to);
			goto out;
		}
	}
	if (json_put_string(j, "format", FORMAT) == -1 || json_put_string(j, "case", order->case_id) == -1 ||
	    json_put_integer(j, "revision", order->revision) == -1 ||
	    json_put_string(j, "order_sha256", order->sha256) == -1) {
		json_free(to);
		goto out;
	}
	if (json_put(j, "to", to) == 0 && json_write(j, out) == 0 && buf_putc(out, '\n') == 0)
		rc = 0;
out:
	json_free(j);
	return rc;
}

/* A memory that can not be written is said, and stops nothing: it is for the day when the order is gone. */
static void
remember(const struct addressees *a, const struct order *order)
{
	struct buf old = BUF_INIT, now = BUF_INIT;
	char name[NAMES_CASE_ROOM + 16];

	remembered_name(name, sizeof name, order->case_id);
	if (write_remembered(&now, order) == -1 ||
	    (fsio_load(a->journalfd, name, REMEMBERED_MAX, &old) == 0 && old.len == now.len &&
		memcmp(old.data, now.data, now.len) == 0))
		goto out;
	if (fsio_replace(a->journalfd, name, now.data, now.len, 0640) == -1)
		diag_warn("journal/uploader/%s", name);
out:
	buf_free(&old);
	buf_free(&now);
}

/* Return 0 if the memory is of the order with this hash. */
static int
recall(const struct addressees *a, const char *case_id, const char *sha256,
    char names[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM], size_t *count)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	const struct json *to;
	const char *hash, *s;
	char name[NAMES_CASE_ROOM + 16];
	int rc = -1;

	remembered_name(name, sizeof name, case_id);
	if (fsio_load(a->journalfd, name, REMEMBERED_MAX, &text) == -1 ||
	    (j = json_parse(text.data, text.len, 3)) == NULL)
		goto out;
	hash = json_get_string(j, "order_sha256");
	to = json_get_array(j, "to");
	if (hash == NULL || strcmp(hash, sha256) != 0 || to == NULL || json_length(to) > ORDER_DESTINATIONS_MAX)
		goto out;
	for (size_t i = 0; i < json_length(to); i++) {
		s = json_text(json_item(to, i));
		if (s == NULL || !names_is_destination(s))
			goto out;
		(void)snprintf(names[i], NAMES_DEST_ROOM, "%s", s);
	}
	*count = json_length(to);
	rc = 0;
out:
	json_free(j);
	buf_free(&text);
	return rc;
}

/* Parse the order in a folder below dirfd if its bytes are those that were accepted. */
static struct order *
read_order(int dirfd, const char *folder, const char *file, const char *sha256)
{
	struct buf text = BUF_INIT;
	struct order *order = NULL;
	char hex[DIGEST_HEX];
	int fd = fsio_opendirat(dirfd, folder);

	if (fd == -1)
		return NULL;
	if (fsio_load(fd, file, ORDER_MAX_BYTES, &text) == 0 && digest_hex_of(text.data, text.len, hex) == 0 &&
	    strcmp(hex, sha256) == 0)
		order = order_parse(text.data, text.len, file);
	(void)close(fd); /* a folder */
	buf_free(&text);
	return order;
}

/* The accepted revision as it lies among the orders, or in records/ where we may read that. */
static struct order *
read_accepted(const struct addressees *a, const char *case_id, uint32_t revision, const char *sha256)
{
	char file[32], folder[sizeof "records//orders" + NAMES_CASE_ROOM];
	struct order *order;

	(void)snprintf(file, sizeof file, "%u.order", (unsigned)revision);
	order = read_order(a->ordersfd, case_id, file, sha256);
	if (order != NULL)
		return order;
	(void)snprintf(folder, sizeof folder, "records/%s/orders", case_id);
	return read_order(a->statefd, folder, file, sha256);
}

static void
take(const struct order *order, char names[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM], size_t *count)
{
	*count = order->destination_count;
	memcpy(names, order->destinations, sizeof order->destinations);
}

int
addressees_of(
    struct addressees *a, const char *case_id, char names[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM], size_t *count)
{
	const struct orderbook_case *c = orderbook_find(a->book, case_id);
	char sha256[DIGEST_HEX];
	uint32_t revision;
	struct order *order;

	*count = 0;
	if (c != NULL && c->order != NULL) {
		take(c->order, names, count);
		if (a->journalfd != -1)
			remember(a, c->order);
		return 0;
	}
	/* The book has none to show (missing, changed, a revocation that stands alone): what capture acted on counts. */
	revision = ordermemory_revision(a->memory, case_id, sha256);
	if (revision != 0 && a->journalfd != -1 && recall(a, case_id, sha256, names, count) == 0)
		return 0;
	order = revision == 0 ? NULL : read_accepted(a, case_id, revision, sha256);
	if (order == NULL) {
		diag_errx("case %s: no accepted order can be read: its packages are delivered to nobody", case_id);
		return -1;
	}
	take(order, names, count);
	order_free(order);
	return 0;
}

uint32_t
addressees_payload_days(struct addressees *a, const char *case_id)
{
	const struct orderbook_case *c = orderbook_find(a->book, case_id);
	char sha256[DIGEST_HEX];
	struct order *order;
	uint32_t revision, days;

	if (c != NULL && c->order != NULL)
		return c->order->payload_days;
	revision = ordermemory_revision(a->memory, case_id, sha256);
	order = revision == 0 ? NULL : read_accepted(a, case_id, revision, sha256);
	days = order == NULL ? 0 : order->payload_days;
	order_free(order);
	return days;
}
