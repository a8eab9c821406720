#include <sys/stat.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "custody.h"

#include "verify_custody.h"

#include "require.h"

/*
 * Input: a byte, then lines.  Odd: they are a log as it stands; even: each is an entry, which is chained to those before as
 * the packager would, so that what a line holds is reached.  What is taken is told whole, and in order.
 */
static int folder = -1;

struct tale {
	struct verify_result *result;
	uint64_t lines;
};

static void
put(const void *data, size_t n)
{
	int fd = openat(folder, "custody.jsonl", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd != -1 && write(fd, data, n) == (ssize_t)n && close(fd) == 0);
}

/* Each line of ${text} in the next line of a log. */
static void
chain(const char *text, size_t n, struct buf *log)
{
	char prev[DIGEST_HEX] = CUSTODY_NONE;
	uint64_t number = 0;
	const char *end;
	size_t start, length;

	for (; n > 0 && number < 16; n -= length, text += length) {
		end = memchr(text, '\n', n);
		length = end == NULL ? n : (size_t)(end - text) + 1;
		start = log->len;
		require(buf_printf(log, "{\"n\":%" PRIu64 ",\"prev\":\"%s\",\"source\":\"packager\",\"entry\":",
			    ++number, prev) == 0 &&
			buf_put(log, text, end == NULL ? n : length - 1) == 0 && buf_puts(log, "}") == 0);
		require(digest_hex_of(log->data + start, log->len - start, prev) == 0);
		require(buf_putc(log, '\n') == 0);
	}
}

static int
on_line(void *cookie, uint64_t n, const struct json *line)
{
	struct tale *t = cookie;

	require(n == ++t->lines && json_get_object(line, "entry") != NULL);
	require(verify_custody_event(json_get_object(line, "entry"), t->result) == 0);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	char name[] = "/tmp/casetap-custody-fuzz-XXXXXX";
	struct tale tale = {.lines = 0};
	struct buf log = BUF_INIT;
	struct custody *c;

	be_silent();
	if (folder == -1) {
		require(mkdtemp(name) != NULL);
		folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		require(folder != -1);
	}
	if (n == 0)
		return 0;
	if (input[0] % 2 == 1)
		require(buf_put(&log, input + 1, n - 1) == 0);
	else
		chain((const char *)input + 1, n - 1, &log);
	put(log.data, log.len);
	buf_free(&log);
	c = custody_open(folder, 0);
	if (c == NULL)
		return 0;
	tale.result = verify_result_new(0);
	require(tale.result != NULL && custody_each(c, on_line, &tale) == 0);
	require(tale.lines == custody_lines(c));
	require(digest_is_hex(custody_head(c)) && (tale.lines > 0) == (strcmp(custody_head(c), CUSTODY_NONE) != 0));
	verify_result_free(tale.result);
	custody_close(c);
	return 0;
}
