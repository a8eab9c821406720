#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "digest.h"
#include "fsio.h"

#include "custody_internal.h"

#define FORMAT "casetap-custody-head/1"
#define MAX_BYTES ((size_t)1024 * 1024)
#define DEPTH 3
#define MODE_FILE 0640
#define BLOCK_BYTES ((size_t)256 * 1024)

struct remembered {
	uint64_t bytes, lines;
	char head[DIGEST_HEX];
	char sha256[DIGEST_HEX];    /* of the log's first bytes */
	const struct json *sources; /* name: last number */
};

static int
parse(const struct json *j, struct remembered *r)
{
	const char *format = json_get_string(j, "format");

	if (format == NULL || strcmp(format, FORMAT) != 0 || json_get_u64(j, "bytes", &r->bytes) == -1 ||
	    json_get_u64(j, "lines", &r->lines) == -1 || json_get_hash(j, "head", r->head) == -1 ||
	    json_get_hash(j, "sha256", r->sha256) == -1)
		return -1;
	r->sources = json_get_object(j, "sources");
	return r->sources == NULL || r->head[0] == '\0' || r->bytes == 0 || r->bytes > INT64_MAX ? -1 : 0;
}

static uint64_t
count_lines(const char *p, size_t n)
{
	const char *const end = p + n;
	uint64_t lines = 0;

	for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		lines++;
	return lines;
}

/*
 * The hash of the log's first ${bytes} bytes, and how many lines end in them.  Behind them is read on.
 * Return 0, 1 if it has not so many, or -1 with errno set.
 */
static int
hash_log(int fd, uint64_t bytes, char hex[DIGEST_HEX], uint64_t *lines)
{
	struct digest *digest = digest_new();
	char *block = malloc(BLOCK_BYTES);
	ssize_t n = 1;
	int rc = -1;

	*lines = 0;
	if (digest == NULL || block == NULL || lseek(fd, 0, SEEK_SET) == -1)
		goto out;
	while (bytes > 0 && n > 0) {
		n = fsio_read(fd, block, bytes < BLOCK_BYTES ? (size_t)bytes : BLOCK_BYTES);
		if (n == -1)
			goto out;
		digest_add(digest, block, (size_t)n);
		*lines += count_lines(block, (size_t)n);
		bytes -= (uint64_t)n;
	}
	digest_take_hex(digest, hex);
	rc = bytes == 0 ? 0 : 1;
out:
	free(block);
	digest_free(digest);
	return rc;
}

/* Are the remembered bytes there, each as it was, and how many lines?  1, 0, or -1 with errno set. */
static int
is_as_it_was(int fd, const struct remembered *r, uint64_t *lines)
{
	char hex[DIGEST_HEX];
	int rc = hash_log(fd, r->bytes, hex, lines);

	return rc == 0 ? strcmp(hex, r->sha256) == 0 : rc == 1 ? 0 : -1;
}

/*
 * Of a log that was begun anew: is it what was remembered of the one that is lost?  It stays until the first line is
 * synced, and does not go for more than that one had.
 */
static int
is_of_lost(const struct remembered *r, const struct custody_begun *begun)
{
	return r->lines < begun->lines || (r->lines == begun->lines && strcmp(r->head, begun->head) == 0);
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
	uint64_t lines;
	int rc = 0, fits;

	if (fsio_load(dirfd, CUSTODY_HEAD_FILE, MAX_BYTES, &text) == -1) {
		rc = custody_is_none(errno) ? 0 : -1;
		goto out;
	}
	j = json_parse(text.data == NULL ? "" : text.data, text.len, DEPTH);
	if (j == NULL || parse(j, &r) == -1)
		goto out;
	fits = is_as_it_was(c->fd, &r, &lines);
	if (fits == 1)
		fits = take_sources(c, r.sources) == 0;
	if (fits == 1 && custody_begun_read(c->fd, &c->begun) == -1)
		fits = -1;
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

/* What is remembered of the log as it is: append its text. */
static int
write_head(const struct custody *c, struct buf *text)
{
	struct json *j = json_object(), *sources = json_object();
	char sha256[DIGEST_HEX] = "";
	uint64_t lines;
	int rc = hash_log(c->fd, (uint64_t)c->end, sha256, &lines);
	size_t i;

	for (i = 0; i < c->source_count; i++)
		rc |= json_put_integer(sources, c->sources[i].name, (int64_t)c->sources[i].last);
	rc |= json_put_string(j, "format", FORMAT) | json_put_integer(j, "bytes", (int64_t)c->end) |
	      json_put_integer(j, "lines", (int64_t)c->lines) | json_put_string(j, "head", c->head) |
	      json_put_string(j, "sha256", sha256);
	rc |= json_put(j, "sources", sources);
	if (rc == 0)
		rc = json_write(j, text) | buf_putc(text, '\n');
	json_free(j);
	return rc == 0 ? 0 : -1;
}

int
custody_remember(const struct custody *c)
{
	struct buf text = BUF_INIT;
	int rc = write_head(c, &text);

	if (rc == 0)
		rc = fsio_replace(c->dirfd, CUSTODY_HEAD_FILE, text.data, text.len, MODE_FILE);
	buf_free(&text);
	return rc;
}

/* What is remembered of the log in the folder: 1, 0 if there is nothing, or -1 with errno set. */
static int
load(int dirfd, struct remembered *r)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	int rc = 0;

	if (fsio_load(dirfd, CUSTODY_HEAD_FILE, MAX_BYTES, &text) == 0) {
		j = json_parse(text.data == NULL ? "" : text.data, text.len, DEPTH);
		rc = j == NULL ? errno == ENOMEM ? -1 : 0 : parse(j, r) == 0;
	} else if (!custody_is_none(errno)) {
		rc = -1;
	}
	r->sources = NULL;
	json_free(j);
	buf_free(&text);
	return rc;
}

/* Has the log at least so many lines from where it is read on?  1, 0, or -1 with errno set. */
static int
has_lines(int fd, uint64_t lines)
{
	char *block = malloc(BLOCK_BYTES);
	ssize_t n = block == NULL ? -1 : 1;
	uint64_t found = 0;

	while (found < lines && n > 0) {
		n = fsio_read(fd, block, BLOCK_BYTES);
		found += n > 0 ? count_lines(block, (size_t)n) : 0;
	}
	free(block);
	return n == -1 ? -1 : found >= lines;
}

/*
 * Does the log begin as it may?  Where it was begun anew and nobody asked for that, the lines before are gone.  Return 1,
 * 0, or -1 with errno set.
 */
static int
was_begun(int dirfd, int fd, struct custody_known *known, struct custody_begun *begun)
{
	int rc = custody_begun_read(fd, begun);

	if (rc == 1)
		rc = custody_begun_was_asked(dirfd, begun);
	else if (rc == 0)
		rc = 1;
	if (rc == 0 && known->lines < begun->lines) {
		known->lines = begun->lines;
		memcpy(known->head, begun->head, sizeof(known->head));
	}
	return rc;
}

/* What lies beside the log tells of it: as load(), of custody.head. */
static int
find_known(const struct custody_case *of, struct remembered *r, struct custody_known *known)
{
	int found = load(of->dirfd, r);

	*known = (struct custody_known){.head = CUSTODY_NONE};
	if (found == 1) {
		known->lines = r->lines;
		memcpy(known->head, r->head, sizeof(known->head));
	}
	return found == -1 || custody_told(of, known) == -1 ? -1 : found;
}

int
custody_known(const struct custody_case *of, struct custody_known *known)
{
	struct remembered r;

	return find_known(of, &r, known) == -1 ? -1 : 0;
}

int
custody_is_cut(const struct custody_case *of, struct custody_known *known)
{
	struct custody_begun begun;
	struct remembered r = {.lines = 0};
	uint64_t lines, counted = 0;
	/* The log is opened last: what is told of it was written before. */
	int fd, found = find_known(of, &r, known), rc;

	if (found == -1)
		return -1;
	fd = fsio_open_regular(of->dirfd, CUSTODY_FILE, O_RDONLY);
	if (fd == -1)
		return errno == ENOENT ? known->lines > 0 : known->lines == 0 ? 0 : -1;
	rc = was_begun(of->dirfd, fd, known, &begun);
	if (rc == 1 && found == 1 && !is_of_lost(&r, &begun))
		rc = is_as_it_was(fd, &r, &counted);
	lines = begun.lines + counted;
	if (rc == 1 && lines < known->lines)
		rc = has_lines(fd, known->lines - lines);
	(void)close(fd); /* only read from */
	return rc == -1 ? -1 : !rc;
}

int
custody_is_lost(const struct custody_case *of, struct custody_known *known)
{
	int cut = custody_is_cut(of, known);
	struct custody *c;

	if (cut != 0)
		return cut;
	c = custody_open(of->dirfd, 0);
	if (c != NULL) {
		custody_close(c);
		return 0;
	}
	if (errno != EBADMSG) /* what could not be read is no loss */
		return -1;
	return known->lines == 0 && custody_rest(of->dirfd, known) == -1 ? -1 : 1;
}

int
custody_is_remembered(int dirfd)
{
	struct remembered r;

	return load(dirfd, &r);
}

/* Of how much of the log, and of which lines, does the text tell?  No bytes: it is no such text.  0, or -1 with ENOMEM. */
static int
remembered(const struct buf *text, struct remembered *r)
{
	struct json *j = json_parse(text->data == NULL ? "" : text->data, text->len, DEPTH);

	if (j == NULL && errno == ENOMEM)
		return -1;
	if (j == NULL || parse(j, r) == -1)
		r->bytes = 0;
	r->sources = NULL;
	json_free(j);
	return 0;
}

int
custody_fits_head(struct custody *c, int dirfd)
{
	struct custody before = {.fd = c->fd, .dirfd = -1, .head = CUSTODY_NONE};
	const struct custody *then = c;
	struct buf text = BUF_INIT, want = BUF_INIT;
	struct remembered r;
	uint64_t bytes;
	int rc = -1;

	if (fsio_load(dirfd, CUSTODY_HEAD_FILE, MAX_BYTES, &text) == -1) {
		rc = errno == ENOENT ? 1 : -1;
		goto out;
	}
	if (remembered(&text, &r) == -1)
		goto out;
	bytes = r.bytes;
	rc = bytes > 0 && is_of_lost(&r, &c->begun);
	if (rc == 1)
		goto out;
	if (bytes == 0 || c->fd == -1 || bytes > (uint64_t)c->end)
		goto out;
	/* Most often it tells of all of it; else its first lines are gone through once more. */
	if (bytes < (uint64_t)c->end) {
		rc = custody_read_to(&before, (off_t)bytes);
		then = &before;
	}
	if (rc == 0 && (off_t)bytes == then->end && write_head(then, &want) == -1)
		rc = -1;
	else if (rc == 0)
		rc = want.len == text.len && memcmp(want.data, text.data, text.len) == 0;
out:
	forget_sources(&before);
	free(before.sources);
	buf_free(&text);
	buf_free(&want);
	return rc;
}
