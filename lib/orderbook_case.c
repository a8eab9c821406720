#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "digest.h"
#include "fsio.h"
#include "orderfile.h"
#include "text.h"
#include "trusted.h"

#include "orderbook.h"

#include "orderbook_internal.h"

#define ORDER_SUFFIX ".order"
#define NAME_ROOM 32
#define LABEL_ROOM (NAMES_CASE_ROOM + NAME_ROOM)

void
orderbook_say(struct orderbook_case *c, enum orderbook_state state, const char *format, ...)
{
	va_list ap;

	c->state = state;
	va_start(ap, format);
	(void)vsnprintf(c->why, sizeof(c->why), format, ap); /* cut where it does not fit */
	va_end(ap);
}

struct search {
	uint32_t after;
	uint32_t found;
};

/* Is ${name} an order's, and the lowest above the one before? */
static int
compare_revision(void *cookie, const char *name)
{
	struct search *s = cookie;
	size_t n = strcspn(name, ".");
	char digits[NAME_ROOM];
	uint64_t revision;

	if (n >= sizeof(digits) || strcmp(name + n, ORDER_SUFFIX) != 0)
		return 0;
	memcpy(digits, name, n);
	digits[n] = '\0';
	if (text_u64(digits, 1, UINT32_MAX, &revision) == 0 && revision > s->after &&
	    (s->found == 0 || revision < s->found))
		s->found = (uint32_t)revision;
	return 0;
}

/* Load the text of a revision.  Return 1; 0 with state and why set; -1 where the fault is the machine's. */
static int
load_text(const struct orderbook_view *view, struct orderbook_case *c, int fd, uint32_t revision, struct buf *text)
{
	char name[NAME_ROOM], label[LABEL_ROOM];
	struct buf file = BUF_INIT;
	int rc = -1;

	(void)snprintf(name, sizeof(name), "%" PRIu32 ORDER_SUFFIX, revision);
	(void)snprintf(label, sizeof(label), "%s/%s", c->case_id, name);
	if (trusted_load(fd, name, label, ORDERFILE_MAX_BYTES, &file) == 0 &&
	    orderfile_open(view->rules->key, &file, text) == 0) {
		rc = 1;
	} else if (errno == ENOENT) {
		orderbook_say(c, ORDERBOOK_MISSING, "%s: is gone", name);
		rc = 0;
	} else if (!orderbook_is_machine(errno)) {
		orderbook_say(
		    c, errno == ENOKEY ? ORDERBOOK_LOCKED : ORDERBOOK_REFUSED, "%s: %s", name, orderfile_why(errno));
		rc = 0;
	}
	buf_free(&file);
	return rc;
}

/* Parse the bytes and hold them against the names of file and folder.  Return as load_text. */
static int
parse(struct orderbook_case *c, uint32_t revision, const struct buf *text, struct order **out)
{
	char label[LABEL_ROOM];

	(void)snprintf(label, sizeof(label), "%s/%" PRIu32 ORDER_SUFFIX, c->case_id, revision);
	*out = order_parse(text->data, text->len, label);
	if (*out == NULL) {
		if (orderbook_is_machine(errno))
			return -1;
		orderbook_say(c, ORDERBOOK_REFUSED, "%" PRIu32 ORDER_SUFFIX " is not a valid order", revision);
		return 0;
	}
	if (strcmp((*out)->case_id, c->case_id) == 0 && (*out)->revision == revision)
		return 1;
	orderbook_say(c, ORDERBOOK_REFUSED,
	    "%" PRIu32 ORDER_SUFFIX " is of another case, or another revision, than its name says", revision);
	order_free(*out);
	*out = NULL;
	return 0;
}

/* Can who loads the book follow the order?  If not, it is freed and refused. */
static int
is_followed(const struct orderbook_view *view, struct orderbook_case *c, struct order **o)
{
	char why[sizeof(c->why)];

	if (view->rules->check == NULL || view->rules->check(*o, why, sizeof(why)) == 0)
		return 1;
	orderbook_say(c, ORDERBOOK_REFUSED, "%s", why);
	order_free(*o);
	*o = NULL;
	return 0;
}

/* The revision that was accepted before: its very bytes need no approval again.  Return as load_text. */
static int
load_remembered(const struct orderbook_view *view, struct orderbook_case *c, int fd, struct order **out)
{
	char sha256[DIGEST_HEX], found[DIGEST_HEX];
	uint32_t revision = ordermemory_revision(view->memory, c->case_id, sha256);
	struct buf text = BUF_INIT;
	int rc = load_text(view, c, fd, revision, &text);

	if (rc != 1)
		goto out;
	rc = -1;
	if (digest_hex_of(text.data, text.len, found) == -1)
		goto out;
	if (strcmp(found, sha256) == 0) {
		rc = parse(c, revision, &text, out);
	} else {
		orderbook_say(
		    c, ORDERBOOK_CHANGED, "%" PRIu32 ORDER_SUFFIX " is not the file that was accepted", revision);
		rc = 0;
	}
out:
	buf_free(&text);
	return rc;
}

/* The revision after ${previous} (NULL: the first): valid, in its place and approved?  Return as load_text. */
static int
load_next(const struct orderbook_view *view, struct orderbook_case *c, int fd, const struct order *previous,
    struct order **out)
{
	uint32_t revision = previous == NULL ? 1 : previous->revision + 1;
	struct buf text = BUF_INIT;
	struct order *o = NULL;
	char name[NAME_ROOM], why[sizeof(c->why)];
	int rc = load_text(view, c, fd, revision, &text);

	if (rc == 1)
		rc = parse(c, revision, &text, &o);
	if (rc == 1 && (order_judge(o, previous, view->rules->max_days, why, sizeof(why)) == -1 ||
			   order_judge_new(o, previous, why, sizeof(why)) == -1)) {
		orderbook_say(c, ORDERBOOK_REFUSED, "%s", why);
		rc = 0;
	}
	if (rc == 1)
		rc = is_followed(view, c, &o);
	if (rc == 1) {
		(void)snprintf(name, sizeof(name), "%" PRIu32 ORDER_SUFFIX, revision);
		rc = orderbook_is_approved(view, fd, name, &text, c);
	}
	if (rc == 1) {
		*out = o;
		o = NULL;
	}
	order_free(o);
	buf_free(&text);
	return rc;
}

/* The folder's names can not be read: then nothing in it is known to be the last word. */
static int
refuse_unreadable(struct orderbook_case *c)
{
	if (orderbook_is_machine(errno))
		return -1;
	orderbook_say(c, ORDERBOOK_REFUSED, "the folder can not be read: %s", strerror(errno));
	order_free(c->order);
	c->order = NULL;
	c->is_new = 0;
	c->pending = 0;
	return 0;
}

/* Follow the revisions from c->order (NULL: from the start) as far as they may be followed. */
static int
advance(const struct orderbook_view *view, struct orderbook_case *c, int fd)
{
	struct order *next;
	struct search s;
	int rc = 1;

	while (rc == 1) {
		s.after = c->order == NULL ? 0 : c->order->revision;
		s.found = 0;
		if (fsio_list(fd, compare_revision, &s) == -1)
			return refuse_unreadable(c);
		c->pending = s.found;
		if (s.found == 0)
			return 0;
		if (s.found != s.after + 1) {
			orderbook_say(c, ORDERBOOK_REFUSED,
			    "%" PRIu32 ORDER_SUFFIX " is there, but not %" PRIu32 ORDER_SUFFIX, s.found, s.after + 1);
			return 0;
		}
		rc = load_next(view, c, fd, c->order, &next);
		if (rc == 1) {
			order_free(c->order);
			c->order = next;
			c->is_new = 1;
		}
	}
	return rc;
}

/* The case's folder is open and nothing in it revokes the case.  Who may write there could bring an older order back. */
static int
judge_orders(const struct orderbook_view *view, struct orderbook_case *c, int fd)
{
	char sha256[DIGEST_HEX];
	int rc;

	if (fsio_check_trusted(fd, c->case_id, 0) == -1) {
		if (orderbook_is_machine(errno))
			return -1;
		orderbook_say(c, ORDERBOOK_REFUSED, "the folder: %s", trusted_why(errno));
		return 0;
	}
	if (ordermemory_revision(view->memory, c->case_id, sha256) != 0) {
		rc = load_remembered(view, c, fd, &c->order);
		if (rc == 1)
			rc = is_followed(view, c, &c->order);
		if (rc != 1)
			return rc;
	}
	orderbook_say(c, ORDERBOOK_WAITING, "no order is there yet");
	if (advance(view, c, fd) == -1)
		return -1;
	if (c->order != NULL) {
		c->state = ORDERBOOK_ACCEPTED;
		if (c->pending == 0)
			c->why[0] = '\0';
	}
	return 0;
}

/* Revoked is for ever; the order is shown where it can still be read. */
static int
judge_revoked(const struct orderbook_view *view, struct orderbook_case *c, int fd)
{
	char sha256[DIGEST_HEX];

	if (fd != -1 && ordermemory_revision(view->memory, c->case_id, sha256) != 0 &&
	    load_remembered(view, c, fd, &c->order) == -1)
		return -1;
	c->is_new = !ordermemory_is_revoked(view->memory, c->case_id);
	orderbook_say(c, ORDERBOOK_REVOKED, "revoked");
	return 0;
}

/* The case's folder can not be opened. */
static int
judge_closed(const struct orderbook_view *view, struct orderbook_case *c)
{
	if (orderbook_is_machine(errno))
		return -1;
	if (errno == ENOENT && ordermemory_has(view->memory, c->case_id))
		orderbook_say(c, ORDERBOOK_MISSING, "the folder of an accepted order is gone");
	else
		orderbook_say(c, ORDERBOOK_REFUSED, "%s", errno == ENOTDIR ? "not a folder" : trusted_why(errno));
	return 0;
}

int
orderbook_judge(const struct orderbook_view *view, struct orderbook_case *c)
{
	int fd = fsio_opendirat(view->dirfd, c->case_id);
	int rc, saved;

	if (ordermemory_is_revoked(view->memory, c->case_id)) {
		rc = judge_revoked(view, c, fd);
	} else if (fd == -1) {
		return judge_closed(view, c);
	} else {
		rc = orderbook_is_revoked(view, fd, c);
		if (rc == 1)
			rc = judge_revoked(view, c, fd);
		else if (rc == 0)
			rc = judge_orders(view, c, fd);
		else if (rc == 2)
			rc = 0;
	}
	saved = errno;
	if (fd != -1)
		(void)close(fd); /* read only: nothing to lose */
	errno = saved;
	return rc;
}
