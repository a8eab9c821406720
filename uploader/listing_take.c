#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#include "listing.h"

#define TEXT_ROOM 1025

/* A tag, and the text behind it up to the next one. */
struct tag {
	char name[64]; /* without prefix; "" for one that is too long to be one that we know */
	int is_end;
	const char *text;
	size_t n;
};

/* The next tag at or behind ${at}.  Return where to go on, or NULL at the end.  What is no XML has tags all the same. */
static const char *
next_tag(const char *at, const char *end, struct tag *t)
{
	const char *open = memchr(at, '<', (size_t)(end - at)), *shut, *name, *next;
	size_t n;

	shut = open == NULL ? NULL : memchr(open, '>', (size_t)(end - open));
	if (shut == NULL)
		return NULL;
	name = open + 1;
	t->is_end = name < shut && *name == '/';
	name += t->is_end;
	for (n = 0; name + n < shut && memchr(" \t\r\n/", name[n], 5) == NULL; n++) {
		if (name[n] == ':') {
			name += n + 1;
			n = (size_t)-1;
		}
	}
	(void)snprintf(t->name, sizeof t->name, "%.*s", n < sizeof t->name ? (int)n : 0, name);
	t->text = shut + 1;
	next = memchr(t->text, '<', (size_t)(end - t->text));
	t->n = (size_t)((next == NULL ? end : next) - t->text);
	return t->text + t->n;
}

static int
hex_of(int c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* "%41" as "A"; what is no such code stays.  In place; return the new length. */
static size_t
unquote(char *s, size_t n)
{
	size_t from, to = 0;

	for (from = 0; from < n; from++, to++) {
		if (s[from] == '%' && from + 2 < n && hex_of(s[from + 1]) >= 0 && hex_of(s[from + 2]) >= 0) {
			s[to] = (char)(hex_of(s[from + 1]) * 16 + hex_of(s[from + 2]));
			from += 2;
		} else {
			s[to] = s[from];
		}
	}
	s[to] = '\0';
	return to;
}

/* The five names that XML knows by itself.  In place. */
static size_t
unescape(char *s, size_t n)
{
	static const struct {
		const char *name;
		char c;
	} known[] = {
	    {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&#39;", '\''}};
	size_t from = 0, to = 0, i, len;

	while (from < n) {
		for (i = 0; i < sizeof known / sizeof known[0]; i++) {
			len = strlen(known[i].name);
			if (len <= n - from && memcmp(s + from, known[i].name, len) == 0)
				break;
		}
		if (i < sizeof known / sizeof known[0]) {
			s[to++] = known[i].c;
			from += strlen(known[i].name);
		} else {
			s[to++] = s[from++];
		}
	}
	s[to] = '\0';
	return to;
}

/* A text of the far end's, cut where it is too long for an honest one. */
static size_t
copy_text(char out[TEXT_ROOM], const char *s, size_t n)
{
	while (n > 0 && strchr(" \t\r\n", *s) != NULL && *s != '\0') {
		s++;
		n--;
	}
	while (n > 0 && memchr(" \t\r\n", s[n - 1], 4) != NULL)
		n--;
	n = n < TEXT_ROOM - 1 ? n : TEXT_ROOM - 1;
	memcpy(out, s, n);
	out[n] = '\0';
	return unescape(out, n);
}

static uint64_t
number_of(const struct tag *t)
{
	char text[TEXT_ROOM];
	uint64_t value;

	(void)copy_text(text, t->text, t->n);
	return text_u64(text, 0, UINT64_MAX - 1, &value) == 0 ? value : LISTING_UNKNOWN;
}

int
listing_take_lines(struct listing *l, const char *text, size_t n)
{
	const char *end = text + n, *newline;

	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL)
			newline = end;
		n = (size_t)(newline - text);
		if ((n == 1 && text[0] == '.') || (n == 2 && memcmp(text, "..", 2) == 0))
			continue;
		if (listing_add(l, text, n, LISTING_UNKNOWN, NULL) == -1)
			return -1;
	}
	return 0;
}

/* The last component of a path, as a name. */
static char *
name_of(char *path, size_t *n)
{
	char *slash;

	while (*n > 0 && path[*n - 1] == '/')
		path[--*n] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL) {
		*n -= (size_t)(slash + 1 - path);
		path = slash + 1;
	}
	*n = unquote(path, *n);
	return path;
}

int
listing_take_dav(struct listing *l, const char *text, size_t n, const char *folder)
{
	const char *at = text, *end = text + n, *name;
	char href[TEXT_ROOM] = "";
	uint64_t bytes = LISTING_UNKNOWN;
	int is_folder = 0;
	struct tag t;

	while ((at = next_tag(at, end, &t)) != NULL) {
		if (!t.is_end && strcasecmp(t.name, "response") == 0) {
			href[0] = '\0';
			bytes = LISTING_UNKNOWN;
			is_folder = 0;
		} else if (!t.is_end && strcasecmp(t.name, "href") == 0 && href[0] == '\0') {
			(void)copy_text(href, t.text, t.n);
		} else if (!t.is_end && strcasecmp(t.name, "getcontentlength") == 0) {
			bytes = number_of(&t);
		} else if (!t.is_end && strcasecmp(t.name, "collection") == 0) {
			is_folder = 1;
		} else if (t.is_end && strcasecmp(t.name, "response") == 0) {
			n = strlen(href);
			name = name_of(href, &n);
			/* The folder itself is the first that is told of. */
			if ((!is_folder || strcmp(name, folder) != 0) && listing_add(l, name, n, bytes, NULL) == -1)
				return -1;
		}
	}
	return 0;
}

int
listing_take_index(struct listing *l, const char *text, size_t n)
{
	static const char mark[] = "href=\"";
	const char *at = text, *end = text + n, *quote;
	char href[TEXT_ROOM];
	size_t len;

	while ((at = memmem(at, (size_t)(end - at), mark, sizeof mark - 1)) != NULL) {
		at += sizeof mark - 1;
		quote = memchr(at, '"', (size_t)(end - at));
		if (quote == NULL)
			break;
		len = copy_text(href, at, (size_t)(quote - at));
		at = quote;
		/* Ways to sort it, to the folder above and to elsewhere are no files of it. */
		if (len == 0 || strchr("?#/.", href[0]) != NULL || strchr(href, ':') != NULL)
			continue;
		if (listing_add(l, href, unquote(href, strcspn(href, "/")), LISTING_UNKNOWN, NULL) == -1)
			return -1;
	}
	return 0;
}

/* Is the key one of the folder?  Then its name goes into the list. */
static int
add_key(struct listing *l, char *key, const char *prefix, uint64_t bytes, const char *version)
{
	size_t n = unquote(key, strlen(key)), skip = strlen(prefix);

	if (n <= skip || strncmp(key, prefix, skip) != 0)
		return 0;
	return listing_add(l, key + skip, n - skip, bytes, version);
}

/* ListObjectVersions tells of a Version, ListObjectsV2 of Contents. */
static int
is_object(const struct tag *t)
{
	return strcmp(t->name, "Version") == 0 || strcmp(t->name, "Contents") == 0;
}

static const char *
version_of(const struct tag *t, const char *told)
{
	if (strcmp(t->name, "Contents") == 0)
		return NULL;
	return strcmp(told, "null") == 0 ? "" : told;
}

int
listing_take_objects(struct listing *l, const char *text, size_t n, const char *prefix, struct listing_page *page)
{
	const char *at = text, *end = text + n;
	char key[TEXT_ROOM] = "", version[TEXT_ROOM] = "", word[TEXT_ROOM];
	uint64_t bytes = LISTING_UNKNOWN;
	int is_cut = 0;
	struct tag t;

	page->key[0] = page->version[0] = '\0';
	while ((at = next_tag(at, end, &t)) != NULL) {
		if (t.is_end && is_object(&t)) {
			if (add_key(l, key, prefix, bytes, version_of(&t, version)) == -1)
				return -1;
		} else if (t.is_end) {
			continue;
		} else if (is_object(&t)) {
			key[0] = version[0] = '\0';
			bytes = LISTING_UNKNOWN;
		} else if (strcmp(t.name, "Key") == 0) {
			(void)copy_text(key, t.text, t.n);
		} else if (strcmp(t.name, "VersionId") == 0) {
			(void)copy_text(version, t.text, t.n);
		} else if (strcmp(t.name, "Size") == 0) {
			bytes = number_of(&t);
		} else if (strcmp(t.name, "IsTruncated") == 0) {
			(void)copy_text(word, t.text, t.n);
			is_cut = strcmp(word, "true") == 0;
		} else if (strcmp(t.name, "NextKeyMarker") == 0) {
			(void)unquote(page->key, copy_text(page->key, t.text, t.n));
		} else if (strcmp(t.name, "NextContinuationToken") == 0) {
			(void)copy_text(page->key, t.text, t.n); /* it means nothing to us, and stays as it is */
		} else if (strcmp(t.name, "NextVersionIdMarker") == 0) {
			(void)copy_text(page->version, t.text, t.n);
		}
	}
	if (!is_cut)
		page->key[0] = page->version[0] = '\0';
	return 0;
}
