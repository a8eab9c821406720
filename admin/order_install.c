#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "stamp.h"

#include "keys.h"
#include "order_verbs.h"

#define SIGNATURE_MAX 8192

int
order_verb_load(const char *path, struct buf *text, struct order **order)
{
	if (fsio_load_path(path, ORDER_MAX_BYTES, text) == -1) {
		diag_err("%s", path);
		return errno == EFBIG || errno == EBADMSG ? EX_CONFIG : errno == EACCES ? EX_NOPERM : EX_NOINPUT;
	}
	*order = order_parse(text->data, text->len, path);
	return *order == NULL ? EX_CONFIG : EX_OK;
}

int
order_verb_open_case(const struct site *site, const char *case_id, int create)
{
	int fd = create ? fsio_mkdirs(site->ordersfd, case_id, 0750) : fsio_opendirat(site->ordersfd, case_id);

	if (fd == -1)
		diag_err("%s/%s", site->conf->orders_dir, case_id);
	return fd;
}

/* Folder and file name of a path that a person typed. */
static int
open_parent(const char *path, const char **name)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	int fd;

	*name = slash == NULL ? path : slash + 1;
	(void)snprintf(dir, sizeof dir, "%.*s",
	    slash == NULL   ? 1
	    : slash == path ? 1
			    : (int)(slash - path),
	    slash == NULL ? "." : path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		diag_err("%s", dir);
	return fd;
}

int
order_verb_sign(const struct site *site, const struct buf *text, const char *path, const char *key_path)
{
	struct buf sig = BUF_INIT;
	struct sign_key *key = NULL;
	const struct keyring_entry *e;
	const char *name;
	char file[512], comment[256], now[STAMP_TEXT];
	int dirfd = -1, status = EX_OK;

	key = keys_load_secret(key_path, &status);
	if (key == NULL)
		goto out;
	status = EX_NOPERM;
	e = keyring_find(site->keyring, KEYRING_APPROVER, sign_key_pub(key)->id);
	if (e == NULL || !sign_pub_equal(&e->pub, sign_key_pub(key))) {
		diag_errx("%s: this key is no approver's in the keyring", key_path);
		goto out;
	}
	(void)snprintf(
	    comment, sizeof comment, "casetap approval by %s at %s", e->name, stamp_format_seconds(now, stamp_now()));
	status = EX_CANTCREAT;
	if (sign_make(key, text->data, text->len, comment, &sig) == -1) {
		diag_err("%s: cannot sign", path);
		goto out;
	}
	dirfd = open_parent(path, &name);
	if (dirfd == -1)
		goto out;
	if (snprintf(file, sizeof file, "%s.%s.minisig", name, e->name) >= (int)sizeof file) {
		diag_errx("%s: name too long", path);
		goto out;
	}
	if (fsio_put(dirfd, file, sig.data, sig.len, 0644) == -1) {
		diag_err("%s", file);
		goto out;
	}
	status = EX_OK;
out:
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	sign_key_free(key);
	buf_free(&sig);
	return status;
}

int
order_verb_approve(struct site *site, const struct args *args)
{
	struct buf text = BUF_INIT;
	struct order *order = NULL;
	const char *path = args_word(args, 0), *key = args_get(args, "key");
	int status;

	if (args_words(args) != 1 || key == NULL) {
		diag_errx("usage: casetap order approve FILE --key KEY");
		return EX_USAGE;
	}
	status = order_verb_load(path, &text, &order);
	if (status == EX_OK)
		status = order_verb_sign(site, &text, path, key);
	if (status == EX_OK)
		status = site_journal(
		    site, order->case_id, "operator", order->sha256, json_string("approved an order revision"));
	order_free(order);
	buf_free(&text);
	return status;
}

/* What stands in the way of a parsed order, in words; NULL if nothing. */
static const char *
objection(const struct site *site, const struct order *o, char *why, size_t room)
{
	const struct orderbook_case *c = orderbook_find(site->book, o->case_id);
	const struct order *previous = NULL;

	for (size_t i = 0; i < o->destination_count; i++)
		if (conf_find_destination(site->conf, o->destinations[i]) == NULL) {
			(void)snprintf(why, room, "casetap.conf has no [destination %s]", o->destinations[i]);
			return why;
		}
	if (c != NULL && c->state == ORDERBOOK_REVOKED)
		return "the case was revoked: nothing revives it";
	if (c != NULL && c->order != NULL && strcmp(c->order->sha256, o->sha256) == 0)
		return NULL;
	if (c != NULL && c->order != NULL && c->order->revision < o->revision)
		previous = c->order;
	if (o->revision > 1 && previous == NULL)
		return "the revision before it is not in force";
	return order_judge(o, previous, site->conf->max_order_days, why, room) == -1 ? why : NULL;
}

int
order_verb_check(struct site *site, const struct args *args)
{
	struct buf text = BUF_INIT;
	struct order *order = NULL;
	char why[256], from[STAMP_TEXT], to[STAMP_TEXT];
	const char *what;
	int status;

	if (args_words(args) != 1) {
		diag_errx("usage: casetap order check FILE");
		return EX_USAGE;
	}
	status = order_verb_load(args_word(args, 0), &text, &order);
	if (status != EX_OK)
		goto out;
	what = objection(site, order, why, sizeof why);
	if (what != NULL) {
		diag_errx("%s: case %s: %s", args_word(args, 0), order->case_id, what);
		status = EX_CONFIG;
		goto out;
	}
	printf("case %s revision %u: well-formed; from %s to %s, scope %s; needs %u approval%s\n", order->case_id,
	    order->revision, stamp_format_seconds(from, order->not_before),
	    stamp_format_seconds(to, order->not_after), order_scope_text(order->scope),
	    keyring_approvals(site->keyring), keyring_approvals(site->keyring) == 1 ? "" : "s");
out:
	order_free(order);
	buf_free(&text);
	return status;
}

/* What install copies, and where to. */
struct copying {
	int from, to;
	const char *name; /* of the order file: its signatures are NAME.*.minisig */
	uint32_t revision;
	unsigned copied;
};

/* Publish ${text}; the same bytes under that name are fine. */
static int
publish_once(int dirfd, const char *name, const struct buf *text)
{
	struct buf there = BUF_INIT;
	int rc = 0;

	if (fsio_put(dirfd, name, text->data, text->len, 0640) == 0)
		return 0;
	if (errno != EEXIST || fsio_load(dirfd, name, ORDER_MAX_BYTES, &there) == -1) {
		diag_err("%s", name);
		rc = -1;
	} else if (there.len != text->len || memcmp(there.data, text->data, text->len) != 0) {
		diag_errx("%s is there already with other contents: orders are never overwritten", name);
		rc = -1;
	}
	buf_free(&there);
	return rc;
}

static int
copy_signature(void *cookie, const char *name)
{
	struct copying *c = cookie;
	struct buf sig = BUF_INIT;
	char to[512];
	size_t stem = strlen(c->name), n = strlen(name);
	int rc = -1;

	if (n <= stem + 9 || memcmp(name, c->name, stem) != 0 || name[stem] != '.' ||
	    strcmp(name + n - 8, ".minisig") != 0)
		return 0;
	if (fsio_load(c->from, name, SIGNATURE_MAX, &sig) == -1) {
		diag_err("%s", name);
		goto out;
	}
	if (snprintf(to, sizeof to, "%u.order%s", c->revision, name + stem) >= (int)sizeof to)
		goto out;
	rc = publish_once(c->to, to, &sig);
	c->copied += rc == 0;
out:
	buf_free(&sig);
	return rc;
}

static int
install_files(const struct site *site, const char *path, const struct buf *text, const struct order *order)
{
	struct copying c = {.from = -1, .to = -1, .revision = order->revision};
	char name[64];
	int status = EX_CANTCREAT;

	c.to = order_verb_open_case(site, order->case_id, 1);
	if (c.to == -1 || (c.from = open_parent(path, &c.name)) == -1)
		goto out;
	/* approvals first: the order is never seen with fewer than it has */
	if (fsio_list(c.from, copy_signature, &c) != 0)
		goto out;
	(void)snprintf(name, sizeof name, "%u.order", order->revision);
	if (publish_once(c.to, name, text) == -1)
		goto out;
	printf("installed case %s revision %u with %u approval file%s\n", order->case_id, order->revision, c.copied,
	    c.copied == 1 ? "" : "s");
	status = EX_OK;
out:
	if (c.from != -1)
		(void)close(c.from); /* folders */
	if (c.to != -1)
		(void)close(c.to);
	return status;
}

int
order_verb_install(struct site *site, const struct args *args)
{
	struct buf text = BUF_INIT;
	struct order *order = NULL;
	const struct orderbook_case *c;
	const char *path = args_word(args, 0), *what;
	char why[256];
	int status;

	if (args_words(args) != 1) {
		diag_errx("usage: casetap order install FILE");
		return EX_USAGE;
	}
	status = order_verb_load(path, &text, &order);
	if (status != EX_OK)
		goto out;
	what = objection(site, order, why, sizeof why);
	if (what != NULL) {
		diag_errx("%s: case %s: %s", path, order->case_id, what);
		status = EX_CONFIG;
		goto out;
	}
	status = install_files(site, path, &text, order);
	if (status == EX_OK)
		status = site_journal(
		    site, order->case_id, "operator", order->sha256, json_string("installed an order revision"));
	if (status != EX_OK)
		goto out;
	orderbook_free(site->book);
	site->book =
	    orderbook_load(site->ordersfd, site->keyring, site->memory, site->conf->max_order_days, stamp_now());
	c = site->book == NULL ? NULL : orderbook_find(site->book, order->case_id);
	if (c != NULL && (c->state != ORDERBOOK_ACCEPTED || c->pending != 0))
		printf("not in force yet: %s\n", c->why);
out:
	order_free(order);
	buf_free(&text);
	return status;
}
