#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "digest.h"
#include "fsio.h"
#include "order.h"
#include "orderbook.h"
#include "orderfile.h"
#include "orderterms.h"
#include "package.h"
#include "purgecert.h"
#include "sign.h"

#include "bindings.h"

#include "orders.h"

#define SUFFIX ".minisig"

struct copying {
	struct packager *p;
	const char *case_id;
	int fromfd, tofd; /* the case's order folder, records/CASE/orders; tofd -1 until there is something to copy */
	char prefix[32];  /* of the approvals that are looked for: "1.order." */
};

struct finding {
	const struct sealed *sealed;
	struct sealed_order *list;
	size_t count;
	int dirfd;
	const struct age_identities *key;
};

/* Can the name stand in a manifest and in our own state? */
static int
is_fit_name(const char *name)
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++) {
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '\\')
			return 0;
	}
	return i > 0 && i < SEALED_ORDER_NAME && name[0] != '.';
}

/* A package sealed now would be without its order, and the last of a stream for ever: the case waits for the next run. */
static int
problem(const struct copying *c, const char *name)
{
	if (errno == ENOKEY || errno == EKEYREJECTED)
		diag_errx("order file %s/%s: %s", c->case_id, name, orderfile_why(errno));
	else
		diag_err("order file %s/%s", c->case_id, name);
	packager_fail(c->p, packager_status(errno));
	packager_hold_back(c->p, c->case_id);
	return -1;
}

/* Is what could not be loaded no file of an order, whenever it is tried?  What capture accepted is not waited for then. */
static int
is_none(void)
{
	return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EBADMSG || errno == EFBIG;
}

/* Copy the text of one file, unless the record has one of that name: the first bytes stay. */
static int
put_copy(struct copying *c, const char *name, const struct buf *text)
{
	char path[sizeof("records//orders") + NAMES_CASE_ROOM];

	if (c->tofd == -1) {
		(void)snprintf(path, sizeof(path), "records/%s/orders", c->case_id); /* has room */
		c->tofd = fsio_mkdirs(c->p->statefd, path, PACKAGER_MODE_DIR);
		if (c->tofd == -1)
			return problem(c, name);
	}
	if (faccessat(c->tofd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (fsio_put(c->tofd, name, text->data, text->len, PACKAGER_MODE_FILE) == -1 && errno != EEXIST)
		return problem(c, name);
	return 0;
}

/* A copy from before the order was encrypted is its text: it becomes what lies among the orders now. */
static int
lock_copy(struct copying *c, const char *name, const struct buf *file, const struct buf *text)
{
	struct buf copy = BUF_INIT;
	int rc = fsio_load(c->tofd, name, ORDERFILE_MAX_BYTES, &copy);

	if (rc == 0 && copy.len == text->len && memcmp(copy.data, text->data, text->len) == 0)
		rc = fsio_replace(c->tofd, name, file->data, file->len, PACKAGER_MODE_FILE);
	buf_free(&copy);
	return rc == 0 ? 0 : problem(c, name);
}

/* An approval of the revision (or of the revocation) at hand. */
static int
copy_signature(void *cookie, const char *name)
{
	struct copying *c = cookie;
	const size_t n = strlen(name), prefix = strlen(c->prefix), suffix = sizeof(SUFFIX) - 1;
	struct buf text = BUF_INIT;
	struct sign_sig sig;
	int rc = 0;

	if (n < prefix + suffix || strncmp(name, c->prefix, prefix) != 0 || strcmp(name + n - suffix, SUFFIX) != 0 ||
	    !is_fit_name(name))
		return 0;
	if (fsio_load(c->fromfd, name, ORDER_MAX_BYTES, &text) == -1)
		rc = is_none() ? 0 : problem(c, name);
	else if (sign_parse(text.data, text.len, &sig) == 0)
		rc = put_copy(c, name, &text);
	buf_free(&text);
	return rc;
}

/* Copy the approvals of the revision at hand. */
static int
copy_signatures(struct copying *c)
{
	int rc = fsio_list(c->fromfd, copy_signature, c);

	if (rc == -1 && !packager_is_held_back(c->p, c->case_id))
		(void)problem(c, c->prefix);
	return rc;
}

/* Who delivers has no key to the order, and is told what it needs. */
static int
note_terms(struct copying *c, const struct order *order)
{
	if (orderterms_save(c->p->journalfd, order) == 0)
		return 0;
	diag_err("journal/packager/%s.addressees", c->case_id);
	packager_fail(c->p, packager_status(errno));
	packager_hold_back(c->p, c->case_id); /* the order itself waits behind it: as in problem() */
	return -1;
}

/*
 * Copy revision ${revision} if it has the hash ${sha256}, which then becomes that of the revision before.  Return 1, or
 * 0 if the file is not there or not the accepted one: capture reports that.
 */
static int
copy_revision(struct copying *c, uint32_t revision, int is_latest, char sha256[DIGEST_HEX])
{
	struct buf file = BUF_INIT, text = BUF_INIT;
	struct order *order = NULL;
	char name[32], hex[DIGEST_HEX];
	int rc = 0;

	(void)snprintf(name, sizeof(name), "%" PRIu32 ".order", revision); /* has room */
	(void)snprintf(c->prefix, sizeof(c->prefix), "%" PRIu32 ".order.", revision);
	if (fsio_load(c->fromfd, name, ORDERFILE_MAX_BYTES, &file) == -1 ||
	    orderfile_open(c->p->orders_key, &file, &text) == -1 || digest_hex_of(text.data, text.len, hex) == -1) {
		if (!is_none())
			(void)problem(c, name);
		goto out;
	}
	if (strcmp(hex, sha256) != 0)
		goto out;
	order = order_parse(text.data, text.len, name);
	if (order == NULL) {
		if (errno != EINVAL)
			(void)problem(c, name);
		goto out;
	}
	memcpy(sha256, order->previous, DIGEST_HEX);
	if (is_latest && orderfile_is_encrypted(&file) && note_terms(c, order) == -1)
		goto out;
	/* As it lies among the orders: what is encrypted there is nowhere else in the clear. */
	if (put_copy(c, name, &file) == 0 &&
	    (!orderfile_is_encrypted(&file) || lock_copy(c, name, &file, &text) == 0) && copy_signatures(c) == 0)
		rc = 1;
out:
	order_free(order);
	buf_free(&file);
	buf_free(&text);
	return rc;
}

static void
copy_revocation(struct copying *c)
{
	struct buf text = BUF_INIT;

	(void)snprintf(c->prefix, sizeof(c->prefix), "revoked.");
	if (fsio_load(c->fromfd, "revoked", ORDER_MAX_BYTES, &text) == -1) {
		if (!is_none())
			(void)problem(c, "revoked");
	} else if (put_copy(c, "revoked", &text) == 0) {
		(void)snprintf(c->prefix, sizeof(c->prefix), "revoked");
		(void)copy_signatures(c); /* each failure was reported */
	}
	buf_free(&text);
}

/* The highest revision that was deleted with the case's records, 0 if they are not purged. */
static uint32_t
purged_revision(const struct copying *c)
{
	char path[sizeof("records/") + NAMES_CASE_ROOM], name[NAMES_FILE_ROOM];
	struct purgecert cert = {.what = REQUEST_RECORDS};
	struct buf text = BUF_INIT;
	uint32_t revision = UINT32_MAX; /* where it can not be read, nothing is brought back that was deleted */
	int fd;

	(void)snprintf(path, sizeof(path), "records/%s", c->case_id); /* names that were judged */
	(void)snprintf(cert.case_id, sizeof(cert.case_id), "%s", c->case_id);
	(void)purgecert_name(name, &cert);
	fd = fsio_opendirat(c->p->statefd, path);
	if (fd == -1)
		return errno == ENOENT ? 0 : revision;
	if (fsio_load(fd, name, PURGECERT_MAX_BYTES, &text) == -1) {
		if (errno == ENOENT)
			revision = 0;
	} else if (text.len > 0 && purgecert_parse(text.data, text.len, &cert) == 0) {
		revision = cert.revision;
		purgecert_clear(&cert);
	}
	buf_free(&text);
	(void)close(fd); /* a folder */
	return revision;
}

static void
copy_case(struct packager *p, int ordersfd, const struct ordermemory *memory, const char *case_id)
{
	struct copying c = {.p = p, .case_id = case_id, .tofd = -1};
	char sha256[DIGEST_HEX];
	uint32_t revision = ordermemory_revision(memory, case_id, sha256), latest, purged;

	c.fromfd = fsio_opendirat(ordersfd, case_id);
	if (c.fromfd == -1) {
		/* Where there is none, capture says that the order is missing. */
		if (!is_none())
			(void)problem(&c, "");
		return;
	}
	purged = purged_revision(&c);
	for (latest = revision; revision > purged && copy_revision(&c, revision, revision == latest, sha256) == 1;)
		revision--;
	if (purged == 0 && ordermemory_is_revoked(memory, case_id))
		copy_revocation(&c);
	(void)close(c.fromfd); /* folders */
	if (c.tofd != -1)
		(void)close(c.tofd);
}

struct cases {
	struct packager *p;
	const struct ordermemory *memory;
	int ordersfd;
};

static int
each_case(void *cookie, const char *name)
{
	struct cases *c = cookie;

	if (names_is_case(name) && (c->p->only_case == NULL || strcmp(name, c->p->only_case) == 0) &&
	    ordermemory_revision(c->memory, name, NULL) > 0)
		copy_case(c->p, c->ordersfd, c->memory, name);
	return 0;
}

/* What was accepted is not known: as problem(), for all cases. */
static void
hold_all_back(struct packager *p, const char *what, int status)
{
	if (what != NULL)
		diag_err("%s", what);
	packager_fail(p, status);
	p->are_all_held = 1;
}

void
orders_collect(struct packager *p)
{
	int capturefd = fsio_opendirat(p->statefd, "journal/capture");
	struct ordermemory *memory = NULL;
	struct cases c = {.p = p, .ordersfd = -1};

	if (capturefd == -1) {
		/* Where there is none, capture has never run here. */
		if (errno != ENOENT)
			hold_all_back(p, "journal/capture", packager_status(errno));
		return;
	}
	memory = ordermemory_load_all(capturefd);
	if (memory == NULL) {
		hold_all_back(p, NULL, EX_CONFIG); /* it was said why */
		goto out;
	}
	c.memory = memory;
	c.ordersfd = fsio_opendir(p->conf->orders_dir);
	if (c.ordersfd == -1)
		hold_all_back(p, p->conf->orders_dir, EX_CONFIG);
	else if (fsio_list(c.ordersfd, each_case, &c) == -1)
		hold_all_back(p, p->conf->orders_dir, packager_status(errno));
	bindings_collect(p, memory);
out:
	ordermemory_free(memory);
	(void)close(capturefd); /* folders */
	if (c.ordersfd != -1)
		(void)close(c.ordersfd);
}

int
orders_open(int casefd)
{
	return fsio_opendirat(casefd, "orders");
}

static int
note_new(void *cookie, const char *name)
{
	struct finding *f = cookie;
	struct sealed_order *grown;
	struct buf text = BUF_INIT;
	int rc;

	if (!is_fit_name(name) || sealed_has_order(f->sealed, name))
		return 0;
	if (f->count == PACKAGE_ORDERS_MAX)
		return 1; /* the rest goes into the next package */
	grown = reallocarray(f->list, f->count + 1, sizeof(*grown));
	if (grown == NULL)
		return -1;
	f->list = grown;
	(void)snprintf(grown[f->count].name, SEALED_ORDER_NAME, "%s", name); /* fits, as seen */
	rc = orderfile_load(f->dirfd, name, f->key, &text);
	if (rc == 0)
		rc = digest_hex_of(text.data, text.len, grown[f->count].sha256);
	buf_free(&text);
	if (rc == 0)
		f->count++;
	return rc;
}

int
orders_new(int casefd, const struct age_identities *key, const struct sealed *sealed, struct sealed_order **list,
    size_t *count)
{
	struct finding f = {.sealed = sealed, .dirfd = orders_open(casefd), .key = key};
	int rc;

	*list = NULL;
	*count = 0;
	if (f.dirfd == -1)
		return errno == ENOENT ? 0 : -1;
	rc = fsio_list(f.dirfd, note_new, &f);
	(void)close(f.dirfd); /* a folder */
	if (rc == -1) {
		free(f.list);
		return -1;
	}
	*list = f.list;
	*count = f.count;
	return 0;
}
