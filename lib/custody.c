#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"

#include "custody_internal.h"

#define LINE_DEPTH 20
#define LINE_MAX_BYTES ((size_t)1024 * 1024)

static struct custody_source *
find_source(const struct custody *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->source_count; i++) {
		if (strcmp(c->sources[i].name, name) == 0)
			return &c->sources[i];
	}
	return NULL;
}

int
custody_note_source(struct custody *c, const char *name, uint64_t n)
{
	struct custody_source *s = find_source(c, name), *grown;

	if (s == NULL) {
		grown = reallocarray(c->sources, c->source_count + 1, sizeof(*grown));
		if (grown == NULL)
			return -1;
		c->sources = grown;
		s = &grown[c->source_count];
		s->last = 0;
		s->name = strdup(name);
		if (s->name == NULL)
			return -1;
		c->source_count++;
	}
	if (n > s->last)
		s->last = n;
	return 0;
}

/* Read on to the end of a line that is longer than any.  Return 1, 0 if it has none, or -1 with errno set. */
static int
pass_line(int fd, char *block, size_t room)
{
	ssize_t n;

	while ((n = fsio_read(fd, block, room)) > 0) {
		const char *end = memchr(block, '\n', (size_t)n);

		if (end != NULL)
			return lseek(fd, end + 1 - (block + n), SEEK_CUR) == -1 ? -1 : 1;
	}
	return (int)n;
}

/*
 * Call each(cookie, line, length) for every whole line from ${start} on; what follows the last newline is left out.  Of a
 * line that is longer than any, its length is all that counts.  Return 0, what each() returned, or -1 with errno set.
 */
static int
each_line(int fd, off_t start, int (*each)(void *, const char *, size_t), void *cookie)
{
	const size_t room = LINE_MAX_BYTES + 1; /* a line that fills it is longer than any */
	char *block = malloc(room), *line, *end;
	size_t held = 0;
	ssize_t n = -1;
	int rc = 0, saved;

	if (block == NULL || lseek(fd, start, SEEK_SET) == -1)
		rc = -1;
	while (rc == 0 && (n = fsio_read(fd, block + held, room - held)) > 0) {
		held += (size_t)n;
		line = block;
		while (rc == 0 && (end = memchr(line, '\n', held - (size_t)(line - block))) != NULL) {
			rc = each(cookie, line, (size_t)(end - line));
			line = end + 1;
		}
		held -= (size_t)(line - block);
		memmove(block, line, held);
		if (rc == 0 && held == room) {
			n = pass_line(fd, block, room);
			if (n <= 0)
				break;
			rc = each(cookie, block, room); /* which says what that is */
			held = 0;
		}
	}
	saved = errno;
	free(block);
	errno = saved;
	return rc == 0 && n == -1 ? -1 : rc;
}

/* Check one line against the chain so far and take it up.  Return 0, or -1 with errno set (EBADMSG: not the next one). */
static int
take_line(void *cookie, const char *line, size_t n)
{
	struct custody *c = cookie;
	struct json *j = n > LINE_MAX_BYTES ? NULL : json_parse(line, n, LINE_DEPTH);
	const struct json *entry = json_get_object(j, "entry");
	const char *prev = json_get_string(j, "prev"), *source = json_get_string(j, "source");
	uint64_t number, from;
	int rc = -1;

	if (j == NULL && n <= LINE_MAX_BYTES && errno == ENOMEM)
		return -1;
	if (c->end == 0 && custody_begun_parse(j, &c->begun)) {
		c->lines = c->begun.lines;
		memcpy(c->head, c->begun.head, sizeof(c->head));
	}
	if (j == NULL || entry == NULL || prev == NULL || source == NULL || json_get_u64(j, "n", &number) == -1 ||
	    json_get_u64(entry, "n", &from) == -1 || number != c->lines + 1 || strcmp(prev, c->head) != 0) {
		errno = EBADMSG;
		goto out;
	}
	if (custody_note_source(c, source, from) == -1 || digest_hex_of(line, n, c->head) == -1)
		goto out;
	c->lines++;
	c->end += (off_t)n + 1;
	rc = 0;
out:
	json_free(j);
	return rc;
}

struct up_to {
	struct custody *c;
	off_t bytes;
};

static int
take_line_up_to(void *cookie, const char *line, size_t n)
{
	struct up_to *u = cookie;

	return u->c->end + (off_t)n + 1 > u->bytes ? 1 : take_line(u->c, line, n);
}

int
custody_read_to(struct custody *c, off_t bytes)
{
	struct up_to u = {c, bytes};

	return each_line(c->fd, 0, take_line_up_to, &u) == -1 ? -1 : 0;
}

static int
cut_torn_line(struct custody *c)
{
	off_t size = lseek(c->fd, 0, SEEK_END);

	if (size == -1)
		return -1;
	if (size > c->end && (ftruncate(c->fd, c->end) == -1 || fsync(c->fd) == -1))
		return -1;
	return 0;
}

/* Open the log; what is remembered of it counts as checked if ${resume} says so. */
static struct custody *
open_log(int dirfd, int writable, int resume)
{
	struct custody *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		diag_err(CUSTODY_FILE);
		return NULL;
	}
	memcpy(c->head, CUSTODY_NONE, sizeof(c->head));
	c->dirfd = -1;
	c->fd = fsio_open_regular(dirfd, CUSTODY_FILE, writable ? O_RDWR | O_CREAT : O_RDONLY);
	if (c->fd == -1 && !writable && errno == ENOENT)
		return c; /* nothing was written yet: an empty log */
	if (c->fd == -1) {
		diag_err(CUSTODY_FILE);
		goto fail;
	}
	if (writable && (c->dirfd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0)) == -1) {
		diag_err(CUSTODY_FILE);
		goto fail;
	}
	if (resume && custody_recall(c, dirfd) == -1) {
		diag_err(CUSTODY_HEAD_FILE);
		goto fail;
	}
	if (each_line(c->fd, c->end, take_line, c) == -1) {
		if (errno == EBADMSG)
			diag_errx(
			    CUSTODY_FILE ":%" PRIu64 ": the chain of the custody log is broken here", c->lines + 1);
		else
			diag_err(CUSTODY_FILE);
		goto fail;
	}
	/* A new file has to stay, too. */
	if (writable && (cut_torn_line(c) == -1 || (c->end == 0 && fsync(dirfd) == -1))) {
		diag_err(CUSTODY_FILE);
		goto fail;
	}
	c->opened = c->end;
	return c;
fail:
	custody_close(c);
	return NULL;
}

struct custody *
custody_open(int dirfd, int writable)
{
	return open_log(dirfd, writable, 0);
}

struct custody *
custody_resume(int dirfd, int writable)
{
	return open_log(dirfd, writable, 1);
}

void
custody_close(struct custody *c)
{
	int saved = errno;
	size_t i;

	if (c == NULL)
		return;
	if (c->fd != -1)
		(void)close(c->fd); /* custody_sync has seen every write */
	if (c->dirfd != -1)
		(void)close(c->dirfd); /* a folder */
	for (i = 0; i < c->source_count; i++)
		free(c->sources[i].name);
	free(c->sources);
	free(c);
	errno = saved;
}

const char *
custody_head(const struct custody *c)
{
	return c->head;
}

uint64_t
custody_lines(const struct custody *c)
{
	return c->lines;
}

const struct custody_begun *
custody_begun(const struct custody *c)
{
	return c->begun.lines == 0 ? NULL : &c->begun;
}

uint64_t
custody_last(const struct custody *c, const char *source)
{
	const struct custody_source *s = find_source(c, source);

	return s == NULL ? 0 : s->last;
}

/* The text of the next line, its newline included. */
static int
write_line(const struct custody *c, const char *source, struct json *entry, struct buf *out)
{
	struct json *line = json_object();
	int rc;

	rc = json_put_integer(line, "n", (int64_t)c->lines + 1) || json_put_string(line, "prev", c->head) ||
	     json_put_string(line, "source", source);
	rc |= json_put(line, "entry", entry);
	if (rc == 0)
		rc = json_write(line, out) || buf_putc(out, '\n');
	json_free(line);
	return rc == 0 ? 0 : -1;
}

int
custody_append(struct custody *c, const char *source, struct json *entry)
{
	struct buf line = BUF_INIT;
	uint64_t number;
	int rc = -1;

	if (json_get_u64(entry, "n", &number) == -1) {
		json_free(entry);
		errno = EINVAL;
		return -1;
	}
	if (write_line(c, source, entry, &line) == -1)
		goto out;
	if (line.len > LINE_MAX_BYTES) {
		errno = EMSGSIZE;
		goto out;
	}
	if (lseek(c->fd, c->end, SEEK_SET) == -1)
		goto out;
	/* Half a line is overwritten by the next append, or cut by the next opening. */
	if (fsio_write(c->fd, line.data, line.len) == -1)
		goto out;
	rc = take_line(c, line.data, line.len - 1);
out:
	buf_free(&line);
	return rc;
}

int
custody_sync(struct custody *c)
{
	int saved;

	if (fsync(c->fd) == 0)
		return custody_remember(c);
	saved = errno;
	/* The next sync would call well what this one lost: what was appended has to be written again. */
	if (ftruncate(c->fd, c->opened) == 0)
		c->end = c->opened;
	errno = saved;
	return -1;
}

struct each {
	int (*each)(void *, uint64_t, const struct json *);
	void *cookie;
	uint64_t lines, last;
};

static int
show_line(void *cookie, const char *line, size_t n)
{
	struct each *e = cookie;
	struct json *j;
	int rc;

	/* What was appended since the log was opened has not been checked. */
	if (e->lines == e->last)
		return 0;
	j = json_parse(line, n, LINE_DEPTH);
	if (j == NULL)
		return -1;
	rc = e->each(e->cookie, ++e->lines, j);
	json_free(j);
	return rc;
}

int
custody_each(struct custody *c, int (*each)(void *, uint64_t, const struct json *), void *cookie)
{
	struct each e = {each, cookie, c->begun.lines, c->lines};

	return c->fd == -1 ? 0 : each_line(c->fd, 0, show_line, &e);
}
