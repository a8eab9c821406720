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

#include "addressees.h"

struct addressees {
	int ordersfd;
	int statefd; /* borrowed */
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
addressees_load(const struct conf *conf, const struct keyring *keyring, int statefd, stamp_t now, int *status)
{
	struct addressees *a = calloc(1, sizeof *a);

	*status = EX_OSERR;
	if (a == NULL) {
		diag_err("orders");
		return NULL;
	}
	a->statefd = statefd;
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

/* Where the order book has none to show (missing, changed, a revocation that stands alone): what was accepted. */
static struct order *
read_accepted(const struct addressees *a, const char *case_id)
{
	char sha256[DIGEST_HEX], file[32], folder[sizeof "records//orders" + NAMES_CASE_ROOM];
	uint32_t revision = ordermemory_revision(a->memory, case_id, sha256);
	struct order *order;

	if (revision == 0)
		return NULL;
	(void)snprintf(file, sizeof file, "%u.order", (unsigned)revision);
	order = read_order(a->ordersfd, case_id, file, sha256);
	if (order != NULL)
		return order;
	(void)snprintf(folder, sizeof folder, "records/%s/orders", case_id);
	return read_order(a->statefd, folder, file, sha256);
}

int
addressees_of(
    struct addressees *a, const char *case_id, char names[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM], size_t *count)
{
	const struct orderbook_case *c = orderbook_find(a->book, case_id);
	const struct order *order = c == NULL ? NULL : c->order;
	struct order *accepted = NULL;

	*count = 0;
	if (order == NULL)
		order = accepted = read_accepted(a, case_id);
	if (order == NULL) {
		diag_errx("case %s: no accepted order can be read: its packages are delivered to nobody", case_id);
		return -1;
	}
	*count = order->destination_count;
	memcpy(names, order->destinations, sizeof order->destinations);
	order_free(accepted);
	return 0;
}
