#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "keyfile.h"
#include "names.h"
#include "orderfile.h"
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
	char why[256];
	int status;

	if (path == NULL || key == NULL) {
		diag_errx("usage: casetap order approve FILE --key KEY");
		return EX_USAGE;
	}
	status = order_verb_load(path, &text, &order);
	/* Who approves need not have the orders at hand: if a later revision ends the one before, install says. */
	if (status == EX_OK && order->revision == 1 && order_judge_new(order, NULL, why, sizeof why) == -1) {
		diag_errx("case %s: %s", order->case_id, why);
		status = EX_CONFIG;
	}
	if (status == EX_OK)
		status = order_verb_sign(site, &text, path, key);
	if (status == EX_CONFIG && order != NULL && site_has_journal(site)) /* the refusal counts, noted or not */
		(void)site_journal(site, order->case_id, "operator", order->sha256,
		    json_string("refused to approve an order revision"));
	if (status == EX_OK && site_has_journal(site))
		status = site_journal(
		    site, order->case_id, "operator", order->sha256, json_string("approved an order revision"));
	order_free(order);
	buf_free(&text);
	return status;
}

/* What install copies, and where to. */
struct copying {
	const struct site *site;
	int from, to;
	const char *name; /* of the order file: its signatures are NAME.*.minisig */
	uint32_t revision;
	unsigned copied;
};

/* Publish ${text} as ${file}; a file of that name with the same text is fine. */
static int
publish_once(const struct copying *c, const char *name, const struct buf *text, const struct buf *file)
{
	struct buf there = BUF_INIT;
	int rc = 0;

	if (fsio_put(c->to, name, file->data, file->len, 0640) == 0)
		return 0;
	if (errno != EEXIST) {
		diag_err("%s", name);
		return -1;
	}
	if (orderfile_load(c->to, name, c->site->orders_key, &there) == -1) {
		diag_errx("%s: %s", name, orderfile_why(errno));
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
	int rc = -1;

	if (!names_is_approval(name, c->name))
		return 0;
	if (fsio_load(c->from, name, SIGNATURE_MAX, &sig) == -1) {
		diag_err("%s", name);
		goto out;
	}
	if (snprintf(to, sizeof to, "%u.order%s", c->revision, name + strlen(c->name)) >= (int)sizeof to)
		goto out;
	rc = publish_once(c, to, &sig, &sig);
	c->copied += rc == 0;
out:
	buf_free(&sig);
	return rc;
}

/* Encrypted where the configuration says to whom: the text itself never lies in the folder then. */
static int
publish_order(const struct copying *c, const char *name, const struct buf *text)
{
	const struct conf *conf = c->site->conf;
	struct buf file = BUF_INIT;
	int rc = -1;

	if (conf->orders_encrypt_to_count == 0)
		return publish_once(c, name, text, text);
	if (orderfile_encrypt(conf->orders_encrypt_to, conf->orders_encrypt_to_count, text, &file) == -1)
		diag_err("%s: encryption", name);
	else
		rc = publish_once(c, name, text, &file);
	buf_free(&file);
	return rc;
}

/* How does it lie there?  It may have been there before, in the clear. */
static const char *
lies(const struct copying *c, const char *name)
{
	struct buf file = BUF_INIT;
	const char *how = "";

	if (c->site->conf->orders_encrypt_to_count > 0 && fsio_load(c->to, name, ORDERFILE_MAX_BYTES, &file) == 0)
		how =
		    orderfile_is_encrypted(&file) ? ", encrypted" : "; it lies there in the clear: casetap-orders(7)";
	buf_free(&file);
	return how;
}

static int
install_files(const struct site *site, const struct order_file *file)
{
	const struct order *order = file->order;
	struct copying c = {.site = site, .from = -1, .to = -1, .revision = order->revision};
	char name[64];
	int status = EX_CANTCREAT;

	c.to = order_verb_open_case(site, order->case_id, 1);
	if (c.to == -1 || (c.from = order_verb_open_parent(file->path, &c.name)) == -1)
		goto out;
	/* approvals first: the order is never seen with fewer than it has */
	if (fsio_list(c.from, copy_signature, &c) != 0)
		goto out;
	(void)snprintf(name, sizeof name, "%u.order", order->revision);
	if (publish_order(&c, name, &file->text) == -1)
		goto out;
	printf("installed case %s revision %u with %u approval file%s%s\n", order->case_id, order->revision, c.copied,
	    c.copied == 1 ? "" : "s", lies(&c, name));
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
	status = site_open_orders(site);
	c = status != EX_OK ? NULL : orderbook_find(site->book, file.order->case_id);
	if (c == NULL)
		status = status == EX_OK ? EX_IOERR : status;
	else if (c->state == ORDERBOOK_LOCKED)
		printf("not judged here: %s\n", c->why);
	else if ((c->state != ORDERBOOK_ACCEPTED || c->pending != 0))
		printf("not in force yet: %s\n", c->why);
out:
	order_file_clear(&file);
	return status;
}
