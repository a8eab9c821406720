#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "fsio.h"
#include "text.h"

#include "journal.h"

#include "journal_internal.h"

#define LINE_DEPTH 16
#define BLOCK_BYTES ((size_t)64 * 1024)
#define NUMBER_PREFIX "{\"n\":"
#define MARK_BYTES 1024

uint64_t
journal_line_number(const char *line, size_t n)
{
	const size_t prefix = sizeof(NUMBER_PREFIX) - 1;
	char digits[21];
	uint64_t number;
	size_t i;

	if (n <= prefix || memcmp(line, NUMBER_PREFIX, prefix) != 0)
		return 0;
	for (i = 0; i + 1 < sizeof(digits) && prefix + i < n; i++) {
		if (line[prefix + i] < '0' || line[prefix + i] > '9')
			break;
		digits[i] = line[prefix + i];
	}
	digits[i] = '\0';
	return text_u64(digits, 1, INT64_MAX, &number) == 0 ? number : 0;
}

struct json *
journal_parse_line(const char *line, size_t n)
{
	struct json *j;
	uint64_t number;

	if (journal_line_number(line, n) == 0) {
		errno = EINVAL;
		return NULL;
	}
	j = json_parse(line, n, LINE_DEPTH);
	if (j != NULL && (json_get_u64(j, "n", &number) == -1 || json_get_string(j, "event") == NULL)) {
		json_free(j);
		j = NULL;
		errno = EINVAL;
	}
	return j;
}

struct walk {
	uint64_t after;          /* the last number that was given */
	const char *const *with; /* or NULL: only lines that hold one of them */
	int (*each)(void *, uint64_t, const char *, size_t, const struct json *);
	void *cookie;
};

static int
holds_one(const char *line, size_t n, const char *const *with)
{
	for (; *with != NULL; with++) {
		if (memmem(line, n, *with, strlen(*with)) != NULL)
			return 1;
	}
	return 0;
}

static int
give_line(struct walk *w, const char *line, size_t n)
{
	uint64_t number = journal_line_number(line, n);
	struct json *parsed;
	int rc;

	if (number <= w->after)
		return 0;
	/* Cheaper than parsing all of years of lines. */
	if (w->with != NULL && !holds_one(line, n, w->with))
		return 0;
	parsed = journal_parse_line(line, n);
	/* A line of ours that is passed over would be missing for good in what is made of it. */
	if (parsed == NULL)
		return errno == ENOMEM ? -1 : 0;
	w->after = number;
	rc = w->each(w->cookie, number, line, n, parsed);
	json_free(parsed);
	return rc;
}

/* Give every whole line in b and keep what is behind the last newline. */
static int
give_lines(struct walk *w, struct buf *b)
{
	size_t start = 0, n;
	char *newline;
	int rc = 0;

	while (rc == 0 && start < b->len && (newline = memchr(b->data + start, '\n', b->len - start)) != NULL) {
		n = (size_t)(newline - b->data) - start;
		rc = give_line(w, b->data + start, n);
		start += n + 1;
	}
	if (start > 0) {
		memmove(b->data, b->data + start, b->len - start);
		b->len -= start;
	}
	return rc;
}

/* Give what follows the first ${from} bytes of the file. */
static int
walk_file(struct walk *w, int dirfd, const char *file, uint64_t from)
{
	struct buf b = BUF_INIT;
	char *block = NULL;
	ssize_t n;
	int fd, rc = -1, saved;

	fd = fsio_open_regular(dirfd, file, O_RDONLY);
	if (fd == -1)
		return -1;
	block = malloc(BLOCK_BYTES);
	if (block == NULL || lseek(fd, (off_t)from, SEEK_SET) == -1)
		goto out;
	do {
		n = fsio_read(fd, block, BLOCK_BYTES);
		if (n == -1 || buf_put(&b, block, (size_t)n) == -1)
			goto out;
		rc = give_lines(w, &b);
		if (rc != 0)
			goto out;
		if (b.len > JOURNAL_LINE_MAX) {
			errno = EBADMSG;
			rc = -1;
			goto out;
		}
	} while ((size_t)n == BLOCK_BYTES);
out:
	saved = errno;
	free(block);
	buf_free(&b);
	(void)close(fd); /* only read from */
	errno = saved;
	return rc;
}

int
journal_each(int dirfd, const char *file, uint64_t after,
    int (*each)(void *, uint64_t, const char *, size_t, const struct json *), void *cookie)
{
	struct walk w = {after, NULL, each, cookie};

	return walk_file(&w, dirfd, file, 0);
}

int
journal_since(int dirfd, const char *file, const struct journal_mark *mark, const char *const *with,
    int (*each)(void *, uint64_t, const char *, size_t, const struct json *), void *cookie)
{
	struct walk w = {0, with, each, cookie};

	return walk_file(&w, dirfd, file, mark == NULL ? 0 : mark->bytes);
}

int
journal_mark_at(int fd, uint64_t bytes, struct journal_mark *m)
{
	char tail[MARK_BYTES];
	const size_t n = bytes < sizeof(tail) ? (size_t)bytes : sizeof(tail);

	memset(m, 0, sizeof(*m));
	if (n == 0)
		return 0;
	if (pread(fd, tail, n, (off_t)(bytes - n)) != (ssize_t)n) {
		errno = EBADMSG;
		return -1;
	}
	m->bytes = bytes;
	return digest_hex_of(tail, n, m->sha256);
}

int
journal_has(int dirfd, const char *file, const struct journal_mark *mark)
{
	struct journal_mark found;
	struct stat st;
	int fd, rc = -1;

	if (mark->bytes == 0)
		return 1;
	fd = fsio_open_regular(dirfd, file, O_RDONLY);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size < mark->bytes)
		rc = 0;
	else if (journal_mark_at(fd, mark->bytes, &found) == 0)
		rc = strcmp(found.sha256, mark->sha256) == 0;
	(void)close(fd); /* only read from */
	return rc;
}
