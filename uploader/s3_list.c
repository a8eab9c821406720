#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "s3_internal.h"

#define PAGES_MAX (LISTING_MAX / 1000 + 1)
#define PAGE_BYTES ((size_t)4 * 1024 * 1024)

/* One way to ask what lies in a folder. */
struct way {
	const char *what;
	int (*write_query)(struct buf *, const char *, const struct listing_page *);
};

/* The query of one page of a ListObjectVersions, its arguments sorted. */
static int
query_versions(struct buf *out, const char *prefix, const struct listing_page *page)
{
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

/* Of a ListObjectsV2. */
static int
query_objects(struct buf *out, const char *prefix, const struct listing_page *page)
{
	(void)buf_putc(out, '?'); /* the last put tells */
	if (page->key[0] != '\0') {
		(void)buf_puts(out, "continuation-token=");
		(void)s3_encode(out, page->key);
		(void)buf_putc(out, '&');
	}
	(void)buf_puts(out, "encoding-type=url&list-type=2&max-keys=1000&prefix=");
	return s3_encode(out, prefix);
}

static const struct way versions = {"list versions", query_versions}, objects = {"list objects", query_objects};

/* One page; ${page} moves on to the next. */
static enum answer
take_page(struct s3 *s, const char *prefix, struct listing *listing, struct listing_page *page)
{
	const struct way *way = s->lists_objects ? &objects : &versions;
	struct buf query = BUF_INIT, text = BUF_INIT;
	struct s3_request q = {
	    .method = "GET", .io = {.kind = CURLIO_RECEIVE, .base = s->bucket, .bytes = PAGE_BYTES, .sink = &text}};
	struct curlio_reply reply;
	enum answer a = ANSWER_OK;

	if (way->write_query(&query, prefix, page) == -1)
		a = transport_because(&s->t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	q.path = query.data;
	if (a == ANSWER_OK)
		a = s3_run(s, &q, &reply, way->what);
	if (a == ANSWER_OK && reply.http_status != 200)
		a = transport_because(
		    &s->t, ANSWER_REFUSED, "%s: the server answers %ld", way->what, reply.http_status);
	if (a == ANSWER_OK &&
	    listing_take_objects(listing, text.data == NULL ? "" : text.data, text.len, prefix, page) == -1)
		a = transport_list_failed(&s->t, prefix);
	buf_free(&query);
	buf_free(&text);
	return a;
}

static enum answer
take_pages(struct s3 *s, const char *prefix, struct listing *listing)
{
	struct listing_page page = {"", ""}, before;
	enum answer a;

	for (unsigned i = 0; i < PAGES_MAX; i++) {
		before = page;
		a = take_page(s, prefix, listing, &page);
		if (a != ANSWER_OK || page.key[0] == '\0')
			return a;
		if (strcmp(page.key, before.key) == 0 && strcmp(page.version, before.version) == 0)
			break; /* it would go on for ever */
	}
	errno = ENOBUFS;
	return transport_list_failed(&s->t, prefix);
}

/* Versions are a permission of their own, and not every engine knows them; what lies there now is shown to more people. */
enum answer
s3_list(struct transport *t, const char *path, struct listing *listing)
{
	struct s3 *s = (struct s3 *)t;
	char prefix[768];
	enum answer a;

	if (snprintf(prefix, sizeof prefix, "%s%s", s->prefix, path) >= (int)sizeof prefix)
		return transport_because(t, ANSWER_LOCAL, "the name is too long");
	a = take_pages(s, prefix, listing);
	if (s->lists_objects ||
	    (a != ANSWER_DENIED && a != ANSWER_FORBIDDEN && a != ANSWER_REFUSED && a != ANSWER_REJECTED))
		return a;
	s->lists_objects = 1;
	listing_clear(listing);
	return take_pages(s, prefix, listing);
}
