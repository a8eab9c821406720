#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "fsio.h"

#include "custody_internal.h"

#define FORMAT "casetap-custody-head/1"
#define MAX_BYTES ((size_t)1024 * 1024)
#define DEPTH 3
#define MODE_FILE 0640
#define LINE_MAX_BYTES ((size_t)1024 * 1024)

struct remembered {
	uint64_t bytes, lines;
	char head[DIGEST_HEX];
	const struct json *sources; /* name: last number */
};

static int
parse(const struct json *j, struct remembered *r)
{
	const char *format = json_get_string(j, "format");

	if (format == NULL || strcmp(format, FORMAT) != 0 || json_get_u64(j, "bytes", &r->bytes) == -1 ||
	    json_get_u64(j, "lines", &r->lines) == -1 || json_get_hash(j, "head", r->head) == -1)
		return -1;
	r->sources = json_get_object(j, "sources");
	return r->sources == NULL || r->head[0] == '\0' || r->bytes == 0 || r->bytes > INT64_MAX ? -1 : 0;
}

/* Is the line that ends at the remembered place the one whose hash is remembered?  1, 0, or -1 with errno set. */
static int
is_at_head(int fd, const struct remembered *r)
{
	size_t n = r->bytes < LINE_MAX_BYTES ? (size_t)r->bytes : LINE_MAX_BYTES;
	char *tail, *newline, hex[DIGEST_HEX];
	int rc = -1;

	tail = malloc(n);
	if (tail == NULL)
		return -1;
	if (lseek(fd, (off_t)(r->bytes - n), SEEK_SET) == -1)
		goto out;
	rc = 0;
	/* A shorter log has lost lines, or was put back: the whole of it will be read. */
	if (fsio_read(fd, tail, n) != (ssize_t)n || tail[n - 1] != '\n')
		goto out;
	newline = n == 1 ? NULL : memrchr(tail, '\n', n - 1);
	newline = newline == NULL ? tail : newline + 1;
	if (digest_hex_of(newline, (size_t)(tail + n - 1 - newline), hex) == -1)
		rc = -1;
	else
		rc = strcmp(hex, r->head) == 0;
out:
	free(tail);
	return rc;
}

static int
take_source(void *cookie, const char *name, const struct json *number)
{
	(void)number; /* read by name, where its range is looked at */
	return custody_note_source(cookie, name, 0);
}

/* The numbers of the sources: an object of integers. */
static int
take_sources(struct custody *c, const struct json *sources)
{
	uint64_t n;
	size_t i;

	if (json_each(sources, take_source, c) != 0)
		return -1;
	for (i = 0; i < c->source_count; i++) {
		if (json_get_u64(sources, c->sources[i].name, &n) == -1)
			return 1;
		c->sources[i].last = n;
	}
	return 0;
}

static void
forget_sources(struct custody *c)
{
	while (c->source_count > 0)
		free(c->sources[--c->source_count].name);
}

int
custody_recall(struct custody *c, int dirfd)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	struct remembered r;
	int rc = 0, fits;

	if (fsio_load(dirfd, CUSTODY_HEAD_FILE, MAX_BYTES, &text) == -1) {
		rc = errno == ENOENT || errno == EBADMSG || errno == ELOOP || errno == EFBIG ? 0 : -1;
		goto out;
	}
	j = json_parse(text.data == NULL ? "" : text.data, text.len, DEPTH);
	if (j == NULL || parse(j, &r) == -1)
		goto out;
	fits = is_at_head(c->fd, &r);
	if (fits == 1)
		fits = take_sources(c, r.sources) == 0;
	if (fits == 1) {
		c->end = (off_t)r.bytes;
		c->lines = r.lines;
		memcpy(c->head, r.head, sizeof(c->head));
	} else {
		forget_sources(c);
		rc = fits == -1 ? -1 : 0;
	}
out:
	json_free(j);
	buf_free(&text);
	return rc;
}

int
custody_remember(const struct custody *c)
{
	struct json *j = json_object(), *sources = json_object();
	struct buf text = BUF_INIT;
	int rc = 0;
	size_t i;

	for (i = 0; i < c->source_count; i++)
		rc |= json_put_integer(sources, c->sources[i].name, (int64_t)c->sources[i].last);
	rc |= json_put_string(j, "format", FORMAT) | json_put_integer(j, "bytes", (int64_t)c->end) |
	      json_put_integer(j, "lines", (int64_t)c->lines) | json_put_string(j, "head", c->head);
	rc |= json_put(j, "sources", sources);
	if (rc == 0)
		rc = json_write(j, &text) | buf_putc(&text, '\n');
	if (rc == 0)
		rc = fsio_replace(c->dirfd, CUSTODY_HEAD_FILE, text.data, text.len, MODE_FILE);
	json_free(j);
	buf_free(&text);
	return rc == 0 ? 0 : -1;
}
