#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "binding.h"
#include "diag.h"
#include "fsio.h"

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
	struct given_list *list;
	stamp_t now;
	int dirfd;
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
add(struct loading *l, const struct binding *b, const char *name)
{
	struct given_address *g;

	if (l->list->count == GIVEN_MAX) {
		diag_warnx("requests/%s: %s has %d bindings already", name, b->case_id, GIVEN_MAX);
		return;
	}
	g = &l->list->at[l->list->count++];
	g->address = b->address;
	g->from = b->from;
	g->until = b->until;
	memcpy(g->sha256, b->sha256, sizeof(g->sha256));
}

/* The signature first: whoever finds the text finds it too.  Return 0, or -1 after one diag line: it is not followed. */
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
	if (faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    ((fsio_put(fd, signature, a->signature.data, a->signature.len, MODE_FILE) == -1 && errno != EEXIST) ||
		fsio_put(fd, name, a->text->data, a->text->len, MODE_FILE) == -1)) {
		diag_err("journal/capture/%s/%s", folder, name);
		rc = -1;
	}
	(void)close(fd); /* what was put there is synced */
	return rc;
}

static int
look(void *cookie, const char *name)
{
	struct loading *l = cookie;
	struct buf text = BUF_INIT;
	struct approval a = {.dirfd = l->dirfd, .name = name, .text = &text, .keyring = l->keyring, .now = l->now};
	const char *why = "not signed by an approver of the keyring in force";
	struct binding b;
	int rc = 0;

	if (!is_of_case(name, l->order->case_id))
		return 0;
	if (fsio_load(l->dirfd, name, BINDING_MAX_BYTES, &text) == -1) {
		/* It is not taken back because it can not be read now. */
		rc = errno == ENOENT ? 0 : 1;
		diag_err("requests/%s", name);
	} else if (binding_parse(text.data, text.len, name, &b) == 0) {
		switch (approval_find(&a)) {
		case 1:
			why = binding_judge(&b, l->order);
			break;
		case -1:
			/* Nor is it taken back because its signature can not be. */
			rc = 1;
			why = "its signature can not be read for now";
			break;
		default:
			break;
		}
		if (why != NULL)
			diag_errx("requests/%s: %s", name, why);
		else if (keep(l, &b, &a) == 0)
			add(l, &b, name);
	}
	buf_free(&text);
	buf_free(&a.signature);
	return rc;
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
given_load(const struct given_place *place, const struct keyring *keyring, stamp_t now, const struct order *o,
    struct given_list *list)
{
	struct loading l = {.place = place, .keyring = keyring, .order = o, .list = list, .now = now};
	int rc;

	memset(list, 0, sizeof(*list));
	l.dirfd = fsio_opendirat(place->statefd, "requests");
	if (l.dirfd == -1 && errno == ENOENT)
		return 0; /* nobody asks for anything */
	if (l.dirfd == -1) {
		diag_err("requests");
		return -1;
	}
	rc = fsio_list(l.dirfd, look, &l);
	if (rc == -1)
		diag_err("requests");
	(void)close(l.dirfd); /* only read from */
	qsort(list->at, list->count, sizeof(list->at[0]), compare);
	return rc == 0 ? 0 : -1;
}
