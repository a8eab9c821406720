#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "keyfile.h"
#include "stamp.h"

#include "keys.h"
#include "order_verbs.h"

#define SIGNATURE_MAX 8192

int
order_verb_open_case(const struct site *site, const char *case_id, int create)
{
	struct stat st;
	mode_t mode = 0750;
	int fd;

	/* The set-group-id bit hands the orders over to the group that capture and packager read them by. */
	if (fstat(site->ordersfd, &st) == 0)
		mode |= st.st_mode & S_ISGID;
	fd = create ? fsio_mkdirs(site->ordersfd, case_id, mode) : fsio_opendirat(site->ordersfd, case_id);
	if (fd == -1)
		diag_err("%s/%s", site->conf->orders_dir, case_id);
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

	key = keyfile_load(key_path, &status);
	if (key == NULL)
		goto out;
	status = keys_find_approver(site->keyring, key, key_path, &e);
	if (status != EX_OK)
		goto out;
	(void)snprintf(
	    comment, sizeof comment, "casetap approval by %s at %s", e->name, stamp_format_seconds(now, stamp_now()));
	status = EX_CANTCREAT;
	if (sign_make(key, text->data, text->len, comment, &sig) == -1) {
		diag_err("%s: cannot sign", path);
		goto out;
	}
	dirfd = order_verb_open_parent(path, &name);
	if (dirfd == -1)
		goto out;
	if (snprintf(file, sizeof file, "%s.%s.minisig", name, e->name) >= (int)sizeof file) {
		diag_errx("%s: name too long", path);
		goto out;
	}
	if (fsio_put(dirfd, file, sig.data, sig.len, 0644) == -1) {
		diag_err("%s.%s.minisig", path, e->name);
		goto out;
	}
	printf("%s approved %s\n", e->name, path);
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

	if (path == NULL || key == NULL) {
		diag_errx("usage: casetap order approve FILE --key KEY");
		return EX_USAGE;
	}
	status = order_verb_load(path, &text, &order);
	if (status == EX_OK)
		status = order_verb_sign(site, &text, path, key);
	if (status == EX_OK && site_has_journal(site))
		status = site_journal(
		    site, order->case_id, "operator", order->sha256, json_string("approved an order revision"));
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
install_files(const struct site *site, const struct order_file *file)
{
	const struct order *order = file->order;
	struct copying c = {.from = -1, .to = -1, .revision = order->revision};
	char name[64];
	int status = EX_CANTCREAT;

	c.to = order_verb_open_case(site, order->case_id, 1);
	if (c.to == -1 || (c.from = order_verb_open_parent(file->path, &c.name)) == -1)
		goto out;
	/* approvals first: the order is never seen with fewer than it has */
	if (fsio_list(c.from, copy_signature, &c) != 0)
		goto out;
	(void)snprintf(name, sizeof name, "%u.order", order->revision);
	if (publish_once(c.to, name, &file->text) == -1)
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
	struct order_file file;
	const struct orderbook_case *c;
	const char *path = args_word(args, 0);
	int status;

	if (path == NULL) {
		diag_errx("usage: casetap order install FILE");
		return EX_USAGE;
	}
	status = order_file_judge(site, path, &file);
	if (status == EX_OK)
		status = install_files(site, &file);
	if (status == EX_OK)
		status = site_journal(site, file.order->case_id, "operator", file.order->sha256,
		    json_string("installed an order revision"));
	if (status != EX_OK)
		goto out;
	orderbook_free(site->book);
	site->book =
	    orderbook_load(site->ordersfd, site->keyring, site->memory, site->conf->max_order_days, stamp_now());
	c = site->book == NULL ? NULL : orderbook_find(site->book, file.order->case_id);
	if (c == NULL)
		status = EX_IOERR;
	else if ((c->state != ORDERBOOK_ACCEPTED || c->pending != 0))
		printf("not in force yet: %s\n", c->why);
out:
	order_file_clear(&file);
	return status;
}
