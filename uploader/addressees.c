#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "orderbook.h"
#include "orderterms.h"

#include "addressees.h"

struct addressees {
	int ordersfd;
	int statefd;    /* borrowed */
	int journalfd;  /* journal/uploader, borrowed; -1: nothing is written */
	int packagerfd; /* journal/packager, which knows what encrypted orders say; -1: there is none */
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
	a->packagerfd = -1;
	a->ordersfd = fsio_opendir(conf->orders_dir);
	if (a->ordersfd == -1) {
		diag_err("%s", conf->orders_dir);
		*status = errno == ENOENT ? EX_NOINPUT : errno == EACCES ? EX_NOPERM : EX_CONFIG;
		goto fail;
	}
	a->packagerfd = fsio_opendirat(statefd, "journal/packager");
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
		(void)close(a->ordersfd); /* folders */
	if (a->packagerfd != -1)
		(void)close(a->packagerfd);
	free(a);
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

/* A memory that can not be written is said, and stops nothing: it is for the day when the order is gone. */
static void
remember(const struct addressees *a, const struct order *order)
{
	if (a->journalfd != -1 && orderterms_save(a->journalfd, order) == -1)
		diag_warn("journal/uploader/%s.addressees", order->case_id);
}

/*
 * The terms of the highest accepted revision.  Where the book has no order to show (missing, changed, encrypted, a
 * revocation that stands alone), what capture acted on counts.  Return 0, or -1 if nothing tells them.
 */
static int
find_terms(const struct addressees *a, const char *case_id, struct orderterms *t)
{
	const struct orderbook_case *c = orderbook_find(a->book, case_id);
	char sha256[DIGEST_HEX];
	uint32_t revision;
	struct order *order;

	if (c != NULL && c->order != NULL) {
		orderterms_of(c->order, t);
		remember(a, c->order);
		return 0;
	}
	revision = ordermemory_revision(a->memory, case_id, sha256);
	if (revision == 0)
		return -1;
	if (a->journalfd != -1 && orderterms_load(a->journalfd, case_id, sha256, t) == 0 && t->payload_days != 0)
		return 0;
	if (a->packagerfd != -1 && orderterms_load(a->packagerfd, case_id, sha256, t) == 0)
		return 0;
	order = read_accepted(a, case_id, revision, sha256);
	if (order != NULL) {
		orderterms_of(order, t);
		order_free(order);
		return 0;
	}
	return a->journalfd == -1 ? -1 : orderterms_load(a->journalfd, case_id, sha256, t);
}

int
addressees_look(
    struct addressees *a, const char *case_id, char names[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM], size_t *count)
{
	struct orderterms t;

	*count = 0;
	if (find_terms(a, case_id, &t) == -1)
		return -1;
	*count = t.destination_count;
	memcpy(names, t.destinations, sizeof t.destinations);
	return 0;
}

int
addressees_of(
    struct addressees *a, const char *case_id, char names[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM], size_t *count)
{
	const struct orderbook_case *c;
	int rc = addressees_look(a, case_id, names, count);

	c = rc == 0 ? NULL : orderbook_find(a->book, case_id);
	if (rc == -1)
		diag_errx("case %s: %s: its packages are delivered to nobody", case_id,
		    c != NULL && c->state == ORDERBOOK_LOCKED
			? "its order is encrypted, and the packager has not noted yet who it names"
			: "no accepted order can be read");
	return rc;
}

uint32_t
addressees_payload_days(struct addressees *a, const char *case_id)
{
	struct orderterms t;

	return find_terms(a, case_id, &t) == -1 ? 0 : t.payload_days;
}
