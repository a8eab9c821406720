#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "digest.h"
#include "fsio.h"
#include "orderfile.h"
#include "recipients.h"
#include "stamp.h"
#include "trusted.h"

#include "order_verbs.h"

int
order_verb_load(const char *path, struct buf *text, struct order **order)
{
	if (fsio_load_path(path, ORDER_MAX_BYTES, text) == -1) {
		diag_errx("%s: %s", path, trusted_why(errno));
		return trusted_status(errno);
	}
	if (orderfile_is_encrypted(text)) {
		diag_errx("%s: encrypted: what is approved and installed is the text (age -d opens it)", path);
		return EX_DATAERR;
	}
	*order = order_parse(text->data, text->len, path);
	return *order != NULL ? EX_OK : errno == ENOMEM ? EX_OSERR : EX_CONFIG;
}

int
order_verb_open_parent(const char *path, const char **name)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
	int fd;

	*name = slash == NULL ? path : slash + 1;
	if (n >= sizeof dir) {
		errno = ENAMETOOLONG;
		diag_err("%s", path);
		return -1;
	}
	memcpy(dir, slash == NULL ? "." : path, n);
	dir[n] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		diag_err("%s", dir);
	return fd;
}

/* Are there other bytes under this revision's name, or were other bytes accepted as it?  -1: a key would tell. */
static int
is_taken(const struct site *site, const struct order *o)
{
	struct buf there = BUF_INIT;
	char name[NAMES_CASE_ROOM + 32], sha256[DIGEST_HEX] = "";
	int dirfd, taken = 0;

	if (ordermemory_revision(site->memory, o->case_id, sha256) == o->revision && strcmp(sha256, o->sha256) != 0)
		return 1;
	dirfd = fsio_opendirat(site->ordersfd, o->case_id);
	if (dirfd == -1)
		return 0;
	(void)snprintf(name, sizeof name, "%u.order", o->revision);
	if (orderfile_load(dirfd, name, site->orders_key, &there) == 0)
		taken = digest_hex_of(there.data, there.len, sha256) == -1 || strcmp(sha256, o->sha256) != 0;
	else if (errno == ENOKEY)
		taken = -1;
	else
		taken = errno != ENOENT; /* something is there that is no order */
	buf_free(&there);
	(void)close(dirfd); /* a folder */
	return taken;
}

/* Another case whose ID differs in upper and lower case only would be refused, and would take this one with it. */
static const struct orderbook_case *
find_twin(const struct orderbook *book, const char *case_id)
{
	for (size_t i = 0; i < orderbook_count(book); i++) {
		const struct orderbook_case *c = orderbook_case(book, i);

		if (strcasecmp(c->case_id, case_id) == 0 && strcmp(c->case_id, case_id) != 0)
			return c;
	}
	return NULL;
}

const char *
order_verb_missing_destination(const struct site *site, const struct order *o, char *why, size_t room)
{
	struct age_recipient recipients[AGE_RECIPIENTS_MAX];

	for (size_t i = 0; i < o->destination_count; i++)
		if (conf_find_destination(site->conf, o->destinations[i]) == NULL) {
			(void)snprintf(why, room, "casetap.conf has no [destination %s]", o->destinations[i]);
			return why;
		}
	return recipients_of(site->conf, o, recipients, why, room) == -1 ? why : NULL;
}

/* What stands in the way of a parsed order, in words; NULL if nothing. */
static const char *
objection(const struct site *site, const struct order *o, char *why, size_t room)
{
	const struct orderbook_case *c = orderbook_find(site->book, o->case_id), *twin;
	const struct order *previous = NULL;
	char sha256[DIGEST_HEX] = "";
	int taken;

	if (order_verb_missing_destination(site, o, why, room) != NULL)
		return why;
	twin = find_twin(site->book, o->case_id);
	if (twin != NULL) {
		(void)snprintf(why, room, "differs from case %s in upper and lower case only", twin->case_id);
		return why;
	}
	if (c != NULL && c->state == ORDERBOOK_REVOKED)
		return "the case was revoked: nothing revives it";
	taken = is_taken(site, o);
	if (taken == -1)
		return "its revision that is there is encrypted: --orders-key tells whether it is this one";
	if (taken) {
		(void)snprintf(why, room,
		    "has a revision %u already, of other contents: orders are never overwritten, case IDs never used again",
		    o->revision);
		return why;
	}
	if (ordermemory_revision(site->memory, o->case_id, sha256) == o->revision)
		return NULL; /* the very bytes that were accepted before */
	if (c != NULL && c->order != NULL && o->revision <= c->order->revision)
		return NULL;
	if (c != NULL)
		previous = c->order;
	if (o->revision > 1 && c != NULL && c->state == ORDERBOOK_LOCKED)
		return "the revision before it is encrypted: --orders-key opens it";
	if (o->revision > 1 && previous == NULL)
		return "the revision before it is not in force";
	return order_judge(o, previous, site->conf->max_order_days, why, room) == -1 ||
		       order_judge_new(o, previous, why, room) == -1
		   ? why
		   : NULL;
}

/* Judge the approvals PATH.*.minisig.  Return as orderbook_count_approvals, -1 after one diag line. */
static int
count_approvals(const struct site *site, struct order_file *f)
{
	const char *name;
	int dirfd = order_verb_open_parent(f->path, &name);
	int rc;

	if (dirfd == -1)
		return -1;
	rc = orderbook_count_approvals(
	    site->keyring, dirfd, name, &f->text, stamp_now(), f->missing, sizeof f->missing);
	if (rc == -1)
		diag_err("%s: approvals", f->path);
	(void)close(dirfd); /* a folder */
	return rc;
}

int
order_file_judge(const struct site *site, const char *path, struct order_file *f)
{
	char why[256];
	const char *what;
	int rc;

	*f = (struct order_file){.path = path, .text = BUF_INIT};
	rc = order_verb_load(path, &f->text, &f->order);
	if (rc != EX_OK)
		return rc;
	what = objection(site, f->order, why, sizeof why);
	if (what != NULL) {
		diag_errx("%s: case %s: %s", path, f->order->case_id, what);
		return EX_CONFIG;
	}
	rc = count_approvals(site, f);
	if (rc == -1)
		return EX_IOERR;
	if (rc == 2) {
		diag_errx("case %s: %s", f->order->case_id, f->missing);
		return EX_CONFIG;
	}
	if (rc == 1)
		f->missing[0] = '\0';
	return EX_OK;
}

void
order_file_clear(struct order_file *f)
{
	order_free(f->order);
	buf_free(&f->text);
}

int
order_verb_check(struct site *site, const struct args *args)
{
	struct order_file file;
	const struct order *order;
	char from[STAMP_TEXT], to[STAMP_TEXT];
	const char *path = args_word(args, 0);
	int status;

	if (path == NULL) {
		diag_errx("usage: casetap order check FILE");
		return EX_USAGE;
	}
	status = order_file_judge(site, path, &file);
	if (status != EX_OK)
		goto out;
	order = file.order;
	printf("case %s revision %u: well-formed; from %s to %s, scope %s\n", order->case_id, order->revision,
	    stamp_format_seconds(from, order->not_before), stamp_format_seconds(to, order->not_after),
	    order_scope_text(order->scope));
	if (order_count_link_local(order) > 0)
		diag_warnx(
		    "case %s: it names a link-local address, which on the next link is another's", order->case_id);
	if (order_subject_doubt(order) != NULL)
		diag_warnx("%s: case %s: [subject]: %s", path, order->case_id, order_subject_doubt(order));
	if (file.missing[0] != '\0')
		printf("missing: %s\n", file.missing);
	else
		printf("approved: casetap order install puts it in force\n");
out:
	order_file_clear(&file);
	return status;
}
