#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "binding.h"
#include "diag.h"
#include "fsio.h"
#include "text.h"

#include "approval.h"

#include "given.h"

#define SUFFIX ".binding"
#define HASH_SHOWN 16
#define KEPT "given/"
#define MODE_DIR 0750
#define MODE_FILE 0640

struct loading {
	const struct given_place *place;
	const struct keyring *keyring;
	const struct order *order;
	const struct given_list *before;
	struct given_list *list;
	stamp_t now;
	int dirfd;
	int is_unsure; /* something could not be judged, or kept */
};

/* CASE.ANY.binding?  A case ID may have dots in it, so what is between has none. */
static int
is_of_case(const char *name, const char *case_id)
{
	size_t n = strlen(name), c = strlen(case_id), s = strlen(SUFFIX);

	return n > c + 1 + s && strncmp(name, case_id, c) == 0 && name[c] == '.' &&
	       strcmp(name + n - s, SUFFIX) == 0 && memchr(name + c + 1, '.', n - c - 1 - s) == NULL;
}

static void
add(struct loading *l, const struct given_address *g, const char *name)
{
	if (l->list->count < GIVEN_MAX)
		l->list->at[l->list->count++] = *g;
	else
		diag_warnx("requests/%s: %s has %d bindings already", name, l->order->case_id, GIVEN_MAX);
}

static void
add_binding(struct loading *l, const struct binding *b, const char *name)
{
	struct given_address g;

	memset(&g, 0, sizeof(g)); /* two of the same have the same bytes */
	g.address = b->address;
	g.from = b->from;
	g.until = b->until;
	memcpy(g.sha256, b->sha256, sizeof(g.sha256));
	add(l, &g, name);
}

/*
 * One that can not be judged or kept for now is not taken back, and no other is held up: what was known of it, by the first
 * ${n} digits of its hash, stays as it was.  What was not followed is not followed yet.
 */
static void
stay(struct loading *l, const char *hash, size_t n, const char *name)
{
	size_t i;

	l->is_unsure = 1;
	for (i = 0; i < l->before->count; i++) {
		if (strncmp(l->before->at[i].sha256, hash, n) == 0)
			add(l, &l->before->at[i], name);
	}
}

/* CASE.HASH.binding of which the text is not known. */
static void
stay_by_name(struct loading *l, const char *name)
{
	const char *hash = name + strlen(l->order->case_id) + 1;

	l->is_unsure = 1;
	if (strspn(hash, "0123456789abcdef") == HASH_SHOWN && strcmp(hash + HASH_SHOWN, SUFFIX) == 0)
		stay(l, hash, HASH_SHOWN, name);
}

static int
is_there(int fd, const char *name, const struct buf *bytes)
{
	struct buf there = BUF_INIT;
	int same = fsio_load(fd, name, BINDING_MAX_BYTES, &there) == 0 && there.len == bytes->len &&
		   memcmp(there.data, bytes->data, bytes->len) == 0;

	buf_free(&there);
	return same;
}

/*
 * A name has not all of a hash: what lies there already must be the same to the byte.  The signature first: whoever finds
 * the text finds it too; one without a text is what a kill has left.  Return 0, or -1 with errno set.
 */
static int
put(int fd, const char *name, const char *signature, const struct approval *a)
{
	if (is_there(fd, name, a->text))
		return 0;
	if (faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	if (fsio_replace(fd, signature, a->signature.data, a->signature.len, MODE_FILE) == -1)
		return -1;
	return fsio_put(fd, name, a->text->data, a->text->len, MODE_FILE);
}

/* Return 0, or -1 after one diag line: it is not followed. */
static int
keep(const struct loading *l, const struct binding *b, const struct approval *a)
{
	char folder[sizeof(KEPT) + NAMES_IAP_ROOM], name[NAMES_CASE_ROOM + HASH_SHOWN + sizeof("." SUFFIX)];
	char signature[sizeof(name) + sizeof(a->signature_name)];
	int fd, rc = 0;

	(void)snprintf(folder, sizeof(folder), KEPT "%s", l->place->iap); /* has room; so everywhere here */
	(void)snprintf(name, sizeof(name), "%s.%.*s" SUFFIX, b->case_id, HASH_SHOWN, b->sha256);
	(void)snprintf(signature, sizeof(signature), "%s%s", name, a->signature_name + strlen(a->name));
	fd = fsio_mkdirs(l->place->journalfd, folder, MODE_DIR);
	if (fd == -1) {
		diag_err("journal/capture/%s", folder);
		return -1;
	}
	if (put(fd, name, signature, a) == -1) {
		diag_err("journal/capture/%s/%s", folder, name);
		rc = -1;
	}
	(void)close(fd); /* what was put there is synced */
	return rc;
}

static void
judge(struct loading *l, const struct binding *b, struct approval *a)
{
	const char *why = "not signed by an approver of the keyring in force";
	int rc = approval_find(a);

	if (rc == 1)
		why = binding_judge(b, l->order);
	else if (rc == -1)
		why = "its signature can not be read for now";
	if (why != NULL)
		diag_errx("requests/%s: %s", a->name, why);
	if (rc == -1 || (why == NULL && keep(l, b, a) == -1))
		stay(l, b->sha256, DIGEST_HEX, a->name);
	else if (why == NULL)
		add_binding(l, b, a->name);
}

static int
look(void *cookie, const char *name)
{
	struct loading *l = cookie;
	struct buf text = BUF_INIT;
	struct approval a = {.dirfd = l->dirfd, .name = name, .text = &text, .keyring = l->keyring, .now = l->now};
	struct binding b;

	if (!is_of_case(name, l->order->case_id))
		return 0;
	errno = 0;
	if (fsio_load(l->dirfd, name, BINDING_MAX_BYTES, &text) == -1) {
		diag_err("requests/%s", name);
		/* What is gone, or is no such file, is none; of anything else it is not known. */
		if (errno != ENOENT && errno != EBADMSG && errno != ELOOP && errno != EFBIG)
			stay_by_name(l, name);
	} else if (binding_parse(text.data, text.len, name, &b) == 0)
		judge(l, &b, &a);
	else if (errno == ENOMEM)
		stay_by_name(l, name);
	buf_free(&text);
	buf_free(&a.signature);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct given_address *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return strcmp(x->sha256, y->sha256);
}

int
given_load(const struct given_place *place, const struct given_judge *judge, const struct order *o,
    const struct given_list *before, struct given_list *list)
{
	struct loading l = {
	    .place = place, .keyring = judge->keyring, .order = o, .before = before, .list = list, .now = judge->now};
	int rc;

	memset(list, 0, sizeof(*list));
	l.dirfd = fsio_opendirat(place->statefd, "requests");
	if (l.dirfd == -1 && errno == ENOENT)
		return 0; /* nobody asks for anything */
	rc = l.dirfd == -1 ? -1 : fsio_list(l.dirfd, look, &l);
	if (rc == -1) {
		diag_err("requests");
		*list = *before; /* what is not there any more is not known */
	}
	if (l.dirfd != -1)
		(void)close(l.dirfd); /* only read from */
	qsort(list->at, list->count, sizeof(list->at[0]), compare);
	return rc == 0 && !l.is_unsure ? 0 : -1;
}

static int
remove_tmp(void *cookie, const char *name)
{
	const int *fd = cookie;

	if (fsio_is_temp(name) && fsio_remove(*fd, name) == -1)
		diag_err("journal/capture/" KEPT "%s", name);
	return 0;
}

void
given_clean(const struct given_place *place)
{
	char folder[sizeof(KEPT) + NAMES_IAP_ROOM];
	int fd;

	(void)snprintf(folder, sizeof(folder), KEPT "%s", place->iap); /* has room */
	fd = fsio_opendirat(place->journalfd, folder);
	if (fd == -1 && errno == ENOENT)
		return; /* nothing was ever kept */
	if (fd == -1 || fsio_list(fd, remove_tmp, &fd) == -1)
		diag_err("journal/capture/%s", folder);
	if (fd != -1)
		(void)close(fd); /* a folder */
}
