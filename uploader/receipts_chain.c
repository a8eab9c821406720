#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "text.h"

#include "receipts.h"

/* One receipt as far as the chain is concerned. */
struct link {
	uint64_t number;
	char prev[DIGEST_HEX], sha256[DIGEST_HEX];
};

struct chain {
	int dirfd;
	const char *suffix;
	struct link *links;
	size_t count, room;
	char wrong[RECEIPT_NAME_ROOM]; /* one that is damaged, or another's; "" if none */
};

static struct link *
add(struct chain *c)
{
	struct link *more;

	if (c->count == c->room) {
		c->room = c->room == 0 ? 64 : c->room * 2;
		more = realloc(c->links, c->room * sizeof *more);
		if (more == NULL)
			return NULL;
		c->links = more;
	}
	return &c->links[c->count++];
}

static int
is_wrong(struct chain *c, const char *name)
{
	(void)snprintf(c->wrong, sizeof c->wrong, "%s", name);
	return 0;
}

static int
take(struct chain *c, const char *name, const struct buf *text)
{
	char own[RECEIPT_NAME_ROOM];
	struct receipt r;
	struct link *l;

	int is_one = receipt_parse(text->data, text->len, &r) == 0;

	if (!is_one && errno != EINVAL)
		return -1;
	if (!is_one || strcmp(receipt_name_of(own, &r), name) != 0)
		return is_wrong(c, name);
	l = add(c);
	if (l == NULL)
		return -1;
	l->number = r.number;
	memcpy(l->prev, r.prev, sizeof l->prev);
	return digest_hex_of(text->data, text->len, l->sha256);
}

static int
on_name(void *cookie, const char *name)
{
	struct chain *c = cookie;
	struct buf text = BUF_INIT;
	int rc;

	if (name[0] == '.' || strlen(name) >= RECEIPT_NAME_ROOM || !text_ends_with(name, c->suffix))
		return 0;
	if (fsio_load(c->dirfd, name, RECEIPT_MAX_BYTES, &text) == 0)
		rc = take(c, name, &text);
	else
		rc =
		    errno == EBADMSG || errno == ELOOP || errno == EFBIG ? is_wrong(c, name) : -1; /* no plain file */
	buf_free(&text);
	return rc;
}

static int
by_number(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* The number at which the chain breaks, 0 if it does not. */
static uint64_t
break_of(const struct chain *c)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->links[i].number != i + 1 ||
		    strcmp(c->links[i].prev, i == 0 ? "" : c->links[i - 1].sha256) != 0)
			return i + 1;
	}
	return 0;
}

int
receipts_check(int dirfd, const char *destination, const char *shown)
{
	char suffix[NAMES_DEST_ROOM + sizeof "..receipt"];
	struct chain c = {.dirfd = dirfd, .suffix = suffix};
	uint64_t at;
	int rc = -1;

	(void)snprintf(suffix, sizeof suffix, ".%s.receipt", destination); /* has room */
	if (fsio_list(dirfd, on_name, &c) != 0) {
		diag_err("%s", shown);
		goto out;
	}
	if (c.count > 1)
		qsort(c.links, c.count, sizeof *c.links, by_number);
	at = break_of(&c);
	rc = c.wrong[0] == '\0' && at == 0;
	if (c.wrong[0] != '\0')
		diag_errx("%s/%s: is damaged, or the receipt of something else", shown, c.wrong);
	else if (at != 0)
		diag_errx("%s: the chain of receipts of %s is broken at number %llu", shown, destination,
		    (unsigned long long)at);
out:
	free(c.links);
	return rc;
}
