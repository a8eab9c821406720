#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "digest.h"
#include "fsio.h"
#include "request.h"

#include "custody_internal.h"

#define EVENT "custody-begun-anew"
#define SOURCE "packager/anew" /* of no journal: what came from one is taken whatever its number */
#define LINE_DEPTH 20
#define LINE_MAX_BYTES ((size_t)16 * 1024)
#define REQUEST_MAX ((size_t)64 * 1024)
#define MODE_FILE 0640
#define LOST_ROOM sizeof("custody-18446744073709551615-99.lost")
#define ASIDE_MAX 99 /* of one line: more than anybody approves */

int
custody_begun_parse(const struct json *line, struct custody_begun *b)
{
	const struct json *entry = json_get_object(line, "entry"), *detail = json_get_object(entry, "detail");
	const char *event = json_get_string(entry, "event"), *source = json_get_string(line, "source"),
		   *object = json_get_string(entry, "object"), *prev = json_get_string(line, "prev");
	uint64_t number;

	memset(b, 0, sizeof(*b));
	if (event == NULL || source == NULL || prev == NULL || object == NULL || strcmp(event, EVENT) != 0 ||
	    strcmp(source, SOURCE) != 0 || !digest_is_hex(object) || json_get_u64(line, "n", &number) == -1 ||
	    json_get_u64(detail, "lines", &b->lines) == -1 || json_get_hash(detail, "head", b->head) == -1 ||
	    json_get_stamp(detail, "at", &b->at) == -1 || b->lines == 0 || number != b->lines + 1 ||
	    strcmp(b->head, prev) != 0) {
		memset(b, 0, sizeof(*b));
		return 0;
	}
	memcpy(b->request, object, sizeof(b->request));
	return 1;
}

int
custody_begun_read(int fd, struct custody_begun *b)
{
	char line[LINE_MAX_BYTES];
	const char *newline;
	struct json *j = NULL;
	ssize_t n = pread(fd, line, sizeof(line), 0);
	int rc;

	memset(b, 0, sizeof(*b));
	if (n == -1) {
		errno = errno == EBADMSG ? EIO : errno; /* of a disk, it is no word about what is there */
		return -1;
	}
	newline = n == 0 ? NULL : memchr(line, '\n', (size_t)n);
	if (newline != NULL && (j = json_parse(line, (size_t)(newline - line), LINE_DEPTH)) == NULL &&
	    errno == ENOMEM)
		return -1;
	rc = j != NULL && custody_begun_parse(j, b);
	json_free(j);
	return rc;
}

int
custody_begun_load(int dirfd, struct custody_begun *b)
{
	int fd = fsio_open_regular(dirfd, CUSTODY_FILE, O_RDONLY), rc;

	memset(b, 0, sizeof(*b));
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	rc = custody_begun_read(fd, b);
	(void)close(fd); /* only read from */
	return rc;
}

/* Whatever has that hash: is it a request for that beginning?  1, 0, or -1 with errno ENOMEM. */
static int
asks_for(const struct buf *text, const char *name, const struct custody_begun *b)
{
	struct request r;

	if (text->len == 0)
		return 0;
	if (request_parse(text->data, text->len, name, &r) == -1)
		return errno == ENOMEM ? -1 : 0;
	return r.act == REQUEST_BEGIN && r.lines == b->lines && strcmp(r.head, b->head) == 0;
}

int
custody_begun_was_asked(int dirfd, const struct custody_begun *b)
{
	char name[sizeof(".request") + DIGEST_HEX], hex[DIGEST_HEX];
	struct buf text = BUF_INIT;
	int fd = fsio_opendirat(dirfd, "requests"), rc = -1;

	if (fd == -1)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -1;
	(void)snprintf(name, sizeof(name), "%s.request", b->request); /* has room */
	if (fsio_load(fd, name, REQUEST_MAX, &text) == -1)
		rc = errno == ENOENT || errno == EBADMSG || errno == ELOOP || errno == EFBIG ? 0 : -1;
	else if (digest_hex_of(text.data == NULL ? "" : text.data, text.len, hex) == 0)
		rc = strcmp(hex, b->request) == 0 ? asks_for(&text, name, b) : 0;
	(void)close(fd); /* a folder */
	buf_free(&text);
	return rc;
}

int
custody_set_aside(int dirfd, uint64_t lines)
{
	char name[LOST_ROOM];
	unsigned i;

	(void)snprintf(name, sizeof(name), "custody-%010" PRIu64 ".lost", lines); /* has room */
	for (i = 2; fsio_publish(dirfd, CUSTODY_FILE, name) == -1; i++) {
		if (errno != EEXIST || i > ASIDE_MAX)
			return errno == ENOENT ? 0 : -1;
		/* Another was lost at that line before: what is left of that stays, too. */
		(void)snprintf(name, sizeof(name), "custody-%010" PRIu64 "-%u.lost", lines, i);
	}
	return 0;
}

/* The text of the only line. */
static int
write_line(
    const char *case_id, const struct custody_begun *b, const char *reason, const char *approvers, struct buf *out)
{
	struct json *line = json_object(), *entry = json_object(), *detail = json_object();
	int rc;

	rc = json_put_integer(detail, "lines", (int64_t)b->lines) | json_put_string(detail, "head", b->head) |
	     json_put_stamp(detail, "at", b->at) | json_put_string(detail, "reason", reason) |
	     json_put_string(detail, "approvers", approvers);
	/* It has no time as the others have: what they tell is older, and must not seem to come after it. */
	rc |= json_put_integer(entry, "n", 1) | json_put_string(entry, "case", case_id) |
	      json_put_string(entry, "event", EVENT) | json_put_string(entry, "object", b->request);
	rc |= json_put(entry, "detail", detail);
	rc |= json_put_integer(line, "n", (int64_t)b->lines + 1) | json_put_string(line, "prev", b->head) |
	      json_put_string(line, "source", SOURCE);
	rc |= json_put(line, "entry", entry);
	if (rc == 0)
		rc = json_write(line, out) | buf_putc(out, '\n');
	json_free(line);
	return rc == 0 ? 0 : -1;
}

int
custody_begin(
    int dirfd, const char *case_id, const struct custody_begun *b, const char *reason, const char *approvers)
{
	struct buf text = BUF_INIT;
	int rc = write_line(case_id, b, reason, approvers, &text);

	if (rc == 0)
		rc = fsio_put(dirfd, CUSTODY_FILE, text.data, text.len, MODE_FILE);
	buf_free(&text);
	return rc;
}
