#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootid.h"
#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "stamp.h"
#include "text.h"

#include "journal.h"

#include "journal_internal.h"

#define SUFFIX ".jsonl"
#define LOCK_SECONDS 5
#define TAIL_BYTES ((size_t)64 * 1024)

struct journal {
	int fd;            /* holds the lock */
	off_t end;         /* of the last whole line */
	uint64_t next;     /* number of the next line */
	int torn;          /* what lies behind `end` is half a line, which a newline must close */
	int64_t login_uid; /* -1 where nobody logged in */
	char file[NAME_MAX + 1];
	char *program;
	char boot_id[BOOTID_ROOM];
};

/* Find the number of the last whole line in the n bytes before the last newline of tail; 0 if there is none.  Return 0, or
 * -1 with errno ENOMEM: a number that was overlooked would be given twice. */
static int
last_in(const char *tail, size_t n, uint64_t *last)
{
	const char *start;
	struct json *j;

	*last = 0;
	while (n > 0) {
		start = memrchr(tail, '\n', n - 1);
		start = start == NULL ? tail : start + 1;
		j = journal_parse_line(start, (size_t)(tail + n - 1 - start));
		if (j == NULL && errno == ENOMEM)
			return -1;
		if (j != NULL) {
			*last = journal_line_number(start, (size_t)(tail + n - 1 - start));
			json_free(j);
			return 0;
		}
		n = (size_t)(start - tail);
	}
	return 0;
}

/* Read the file's tail, further back each time until a line of ours is in it, and learn end, next and torn. */
static int
find_end(struct journal *j)
{
	size_t window, n, whole;
	char *tail = NULL, *newline;
	uint64_t last = 0;
	struct stat st;
	int rc = -1;

	if (fstat(j->fd, &st) == -1)
		return -1;
	j->end = st.st_size;
	for (window = TAIL_BYTES; last == 0; window *= 4) {
		n = (uintmax_t)st.st_size < window ? (size_t)st.st_size : window;
		free(tail);
		tail = malloc(n + 1);
		if (tail == NULL)
			goto out;
		if (lseek(j->fd, st.st_size - (off_t)n, SEEK_SET) == -1 || fsio_read(j->fd, tail, n) != (ssize_t)n)
			goto out;
		newline = n == 0 ? NULL : memrchr(tail, '\n', n);
		whole = newline == NULL ? 0 : (size_t)(newline - tail) + 1;
		j->torn = whole < n;
		if (last_in(tail, whole, &last) == -1)
			goto out;
		if (n == (uintmax_t)st.st_size)
			break;
		if (window >= JOURNAL_LINE_MAX && last == 0) {
			errno = EBADMSG;
			goto out;
		}
	}
	/* Half a line had taken the number after the last whole one. */
	j->next = last + 1 + (j->torn ? 1 : 0);
	rc = 0;
out:
	free(tail);
	return rc;
}

int
journal_last(int dirfd, const char *file, uint64_t *last)
{
	struct journal j = {.fd = openat(dirfd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
	int rc = j.fd == -1 ? -1 : find_end(&j);

	if (j.fd != -1)
		(void)close(j.fd); /* it was read */
	if (rc == 0)
		*last = j.next - 1 - (j.torn ? 1 : 0);
	return rc;
}

static void
read_small(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd != -1) {
		n = fsio_read(fd, out, room - 1);
		(void)close(fd); /* only read from */
	}
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

static void
read_identity(struct journal *j)
{
	char login[16];
	uint64_t uid;

	if (bootid_read(j->boot_id) == -1)
		j->boot_id[0] = '\0';
	read_small("/proc/self/loginuid", login, sizeof(login));
	j->login_uid = text_u64(login, 0, UINT32_MAX - 1, &uid) == 0 ? (int64_t)uid : -1;
}

struct journal *
journal_open(int dirfd, const char *name, const char *program)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL)
		goto fail;
	j->fd = -1;
	j->program = strdup(program);
	if (j->program == NULL)
		goto fail;
	if ((size_t)snprintf(j->file, sizeof(j->file), "%s" SUFFIX, name) >= sizeof(j->file)) {
		errno = ENAMETOOLONG;
		goto fail;
	}
	j->fd = fsio_lock(dirfd, j->file, LOCK_SECONDS);
	if (j->fd == -1 || find_end(j) == -1)
		goto fail;
	/* The name of a new file is as much part of the evidence as its lines. */
	if (j->end == 0 && fsync(dirfd) == -1)
		goto fail;
	read_identity(j);
	return j;
fail:
	diag_err("journal %s" SUFFIX, name);
	journal_close(j);
	return NULL;
}

void
journal_close(struct journal *j)
{
	int saved = errno;

	if (j == NULL)
		return;
	if (j->fd != -1)
		(void)close(j->fd); /* every line that counts was synced */
	free(j->program);
	free(j);
	errno = saved;
}

/* Put a member that is left out where there is nothing to say. */
static int
put_optional(struct json *line, const char *name, const char *value)
{
	return value == NULL ? 0 : json_put_string(line, name, value);
}

static int
format_line(const struct journal *j, struct buf *out, const char *case_id, const char *event, const char *object,
    struct json *detail)
{
	struct json *line = json_object();
	struct json *login = j->login_uid == -1 ? json_null() : json_integer(j->login_uid);
	int rc = -1;

	if (json_put_integer(line, "n", (int64_t)j->next) == -1 || json_put_stamp(line, "time", stamp_now()) == -1 ||
	    json_put_integer(line, "boottime", stamp_boottime()) == -1 ||
	    json_put_string(line, "boot_id", j->boot_id) == -1 ||
	    json_put_string(line, "program", j->program) == -1 || json_put_integer(line, "uid", getuid()) == -1) {
		json_free(login);
		json_free(detail);
		goto out;
	}
	if (json_put(line, "login_uid", login) == -1 || put_optional(line, "case", case_id) == -1 ||
	    json_put_string(line, "event", event) == -1 || put_optional(line, "object", object) == -1) {
		json_free(detail);
		goto out;
	}
	if (detail != NULL && json_put(line, "detail", detail) == -1)
		goto out;
	rc = json_write(line, out);
out:
	json_free(line);
	return rc;
}

int
journal_add(struct journal *j, const char *case_id, const char *event, const char *object, struct json *detail)
{
	struct buf line = BUF_INIT;
	int rc = -1, saved;

	if (j->torn)
		(void)buf_putc(&line, '\n'); /* a failure shows in buf_failed */
	if (format_line(j, &line, case_id, event, object, detail) == -1 || buf_putc(&line, '\n') == -1 ||
	    buf_failed(&line))
		goto out;
	if (lseek(j->fd, j->end, SEEK_SET) == -1)
		goto out;
	if (fsio_write(j->fd, line.data, line.len) == -1) {
		/* Half a line must not stand before a whole one. */
		saved = errno;
		if (ftruncate(j->fd, j->end) == -1 && !j->torn) {
			j->torn = 1;
			j->end = lseek(j->fd, 0, SEEK_END);
			j->next++;
		}
		errno = saved;
		goto out;
	}
	j->end += (off_t)line.len;
	j->torn = 0;
	j->next++;
	rc = 0;
out:
	if (rc == -1)
		diag_err("journal %s: %s", j->file, event);
	buf_free(&line);
	return rc;
}

int
journal_sync(struct journal *j)
{
	if (fdatasync(j->fd) == 0)
		return 0;
	diag_err("journal %s", j->file);
	return -1;
}

int
journal_write(struct journal *j, const char *case_id, const char *event, const char *object, struct json *detail)
{
	if (journal_add(j, case_id, event, object, detail) == -1)
		return -1;
	return journal_sync(j);
}

int
journal_mark(struct journal *j, struct journal_mark *m)
{
	if (journal_sync(j) == -1)
		return -1;
	if (journal_mark_at(j->fd, (uint64_t)j->end, m) == 0)
		return 0;
	diag_err("journal %s", j->file);
	return -1;
}
