#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "s3_internal.h"

#define PAGES_MAX (LISTING_MAX / 1000 + 1)
#define PAGE_BYTES ((size_t)4 * 1024 * 1024)

/* The query of one page, its arguments sorted. */
static int
write_query(struct buf *out, const char *prefix, const struct listing_page *page)
{
	buf_clear(out);
	(void)buf_puts(out, "?encoding-type=url"); /* the last put tells */
	if (page->key[0] != '\0') {
		(void)buf_puts(out, "&key-marker=");
		(void)s3_encode(out, page->key);
	}
	(void)buf_puts(out, "&max-keys=1000&prefix=");
	(void)s3_encode(out, prefix);
	if (page->version[0] != '\0') {
		(void)buf_puts(out, "&version-id-marker=");
		(void)s3_encode(out, page->version);
	}
	return buf_puts(out, "&versions=");
}

/* One page; ${page} moves on to the next. */
static enum answer
take_page(struct s3 *s, const char *prefix, struct listing *listing, struct listing_page *page)
{
	struct buf query = BUF_INIT, text = BUF_INIT;
	struct s3_request q = {
	    .method = "GET", .io = {.kind = CURLIO_RECEIVE, .base = s->bucket, .bytes = PAGE_BYTES, .sink = &text}};
	struct curlio_reply reply;
	enum answer a = ANSWER_OK;

	if (write_query(&query, prefix, page) == -1)
		a = transport_because(&s->t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	q.path = query.data;
	if (a == ANSWER_OK)
		a = s3_run(s, &q, &reply, "list versions");
	if (a == ANSWER_OK && reply.http_status != 200)
		a = transport_because(
		    &s->t, ANSWER_REFUSED, "list versions: the server answers %ld", reply.http_status);
	if (a == ANSWER_OK &&
	    listing_take_versions(listing, text.data == NULL ? "" : text.data, text.len, prefix, page) == -1)
		a = transport_list_failed(&s->t, prefix);
	buf_free(&query);
	buf_free(&text);
	return a;
}

enum answer
s3_list(struct transport *t, const char *path, struct listing *listing)
{
	struct s3 *s = (struct s3 *)t;
	struct listing_page page = {"", ""}, before;
	char prefix[768];
	enum answer a;

	if (snprintf(prefix, sizeof prefix, "%s%s", s->prefix, path) >= (int)sizeof prefix)
		return transport_because(t, ANSWER_LOCAL, "the name is too long");
	for (unsigned i = 0; i < PAGES_MAX; i++) {
		before = page;
		a = take_page(s, prefix, listing, &page);
		if (a != ANSWER_OK || page.key[0] == '\0')
			return a;
		if (strcmp(page.key, before.key) == 0 && strcmp(page.version, before.version) == 0)
			break; /* it would go on for ever */
	}
	errno = ENOBUFS;
	return transport_list_failed(t, path);
}
