#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "custody.h"
#include "cutlog.h"
#include "diag.h"
#include "fsio.h"
#include "text.h"

#include "collect.h"

#define STATE_NAME "collected.json"
#define STATE_MAX_BYTES ((size_t)1024 * 1024)
#define STATE_DEPTH 4
#define LINE_DEPTH 18
#define LOGS_MAX 64 /* open at once */
#define SOURCE_ROOM (NAMES_FILE_ROOM + 32)

static const char *const programs[] = {"capture", "operator", "packager", "uploader"};

struct log {
	char case_id[NAMES_CASE_ROOM];
	struct custody *custody;
};

struct collect {
	struct packager *p;
	struct json *seen; /* collected.json as it was */
	struct json *now;  /* as it will be */
	struct log logs[LOGS_MAX];
	size_t log_count;
	char (*passed_over)[NAMES_CASE_ROOM]; /* cases of which a line of the journal at hand was not taken */
	size_t passed_count;
	int failed;  /* some line was not taken: the journal at hand must be read again */
	int is_over; /* and no more of it is to be taken now */
	int changed;
	/* of the journal at hand */
	int dirfd;
	const char *program;
	char source[SOURCE_ROOM]; /* "capture/tower-7" */
	uint64_t last;            /* its highest number */
};

static void
trouble(struct collect *c, const char *what)
{
	diag_err("%s", what);
	packager_fail(c->p, packager_status(errno));
	c->failed = 1;
}

/*
 * Of a case of which a line was not taken, no later line of that journal is: the log knows the last number that it has, and
 * would take the first one for taken.  Return 0, or -1 without memory.
 */
static int
pass_over(struct collect *c, const char *case_id)
{
	char(*grown)[NAMES_CASE_ROOM] = reallocarray(c->passed_over, c->passed_count + 1, sizeof(*grown));

	if (grown == NULL)
		return -1;
	c->passed_over = grown;
	(void)snprintf(grown[c->passed_count++], sizeof(*grown), "%s", case_id); /* it was judged */
	return 0;
}

/* Make what was appended durable and close all logs.  A sync that fails takes back what was appended to that one. */
static void
close_logs(struct collect *c)
{
	char path[NAMES_CASE_ROOM + 32];

	while (c->log_count > 0) {
		struct log *l = &c->logs[--c->log_count];

		if (custody_sync(l->custody) == -1) {
			(void)snprintf(path, sizeof(path), "records/%s/custody.jsonl", l->case_id); /* has room */
			trouble(c, path);
			c->is_over |= pass_over(c, l->case_id) == -1;
		}
		custody_close(l->custody);
	}
}

static struct custody *
find_log(struct collect *c, const char *case_id)
{
	char path[sizeof("records/") + NAMES_CASE_ROOM];
	struct log *l;
	size_t i;
	int fd;

	for (i = 0; i < c->log_count; i++) {
		if (strcmp(c->logs[i].case_id, case_id) == 0)
			return c->logs[i].custody;
	}
	if (cutlog_of(c->p, case_id) != NULL) { /* which was reported */
		c->failed = 1;
		return NULL;
	}
	if (c->log_count == LOGS_MAX)
		close_logs(c);
	(void)snprintf(path, sizeof(path), "records/%s", case_id); /* has room */
	fd = fsio_mkdirs(c->p->statefd, path, PACKAGER_MODE_DIR);
	if (fd == -1) {
		trouble(c, path);
		return NULL;
	}
	l = &c->logs[c->log_count];
	l->custody = custody_resume(fd, 1);
	(void)close(fd); /* a folder */
	if (l->custody == NULL) {
		packager_fail(c->p, packager_status(errno));
		c->failed = 1;
		return NULL;
	}
	(void)snprintf(l->case_id, sizeof(l->case_id), "%s", case_id); /* it was judged */
	c->log_count++;
	return l->custody;
}

static int
is_passed_over(const struct collect *c, const char *case_id)
{
	size_t i;

	for (i = 0; i < c->passed_count; i++) {
		if (strcmp(c->passed_over[i], case_id) == 0)
			return 1;
	}
	return 0;
}

static int
each_line(void *cookie, uint64_t n, const char *line, size_t len, const struct json *parsed)
{
	struct collect *c = cookie;
	const char *case_id = json_get_string(parsed, "case");
	struct custody *log;
	struct json *entry;

	c->last = n;
	if (c->is_over)
		return -1;
	if (case_id == NULL || !names_is_case(case_id) || is_passed_over(c, case_id))
		return 0;
	log = find_log(c, case_id);
	if (log == NULL || c->is_over)
		return pass_over(c, case_id);
	if (n <= custody_last(log, c->source))
		return 0;
	entry = json_parse(line, len, LINE_DEPTH);
	if (entry != NULL && custody_append(log, c->source, entry) == 0)
		return 0;
	trouble(c, c->source);
	return pass_over(c, case_id);
}

static void
note_position(struct collect *c, uint64_t n, uint64_t bytes)
{
	struct json *position = json_object();
	int rc = json_put_integer(position, "n", (int64_t)n) | json_put_integer(position, "bytes", (int64_t)bytes);

	rc |= json_put(c->now, c->source, position);
	if (rc != 0) {
		errno = ENOMEM;
		trouble(c, STATE_NAME);
	}
}

/*
 * A program may add lines and sync them later.  What goes into a log for good must not be lost by a power cut where it
 * came from: the number would be given again, and the log would take the new line for one that it has.
 */
static void
sync_journal(struct collect *c, const char *name)
{
	int fd = fsio_open_regular(c->dirfd, name, O_RDONLY);

	if (fd == -1 || fdatasync(fd) == -1)
		trouble(c, c->source);
	if (fd != -1)
		(void)close(fd); /* only read from */
}

/* Read one journal on from where the last run stopped. */
static int
each_journal(void *cookie, const char *name)
{
	struct collect *c = cookie;
	const size_t n = strlen(name), suffix = sizeof(".jsonl") - 1;
	const struct json *position;
	uint64_t after = 0, bytes = 0;
	struct stat st;

	if (!text_ends_with(name, ".jsonl") || n >= NAMES_FILE_ROOM || name[0] == '.')
		return 0;
	(void)snprintf(c->source, sizeof(c->source), "%s/%.*s", c->program, (int)(n - suffix), name); /* has room */
	position = json_get_object(c->seen, c->source);
	if (position != NULL &&
	    (json_get_u64(position, "n", &after) == -1 || json_get_u64(position, "bytes", &bytes) == -1))
		after = bytes = 0;
	if (fstatat(c->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		trouble(c, c->source);
		return 0;
	}
	c->failed = c->is_over = 0;
	c->passed_count = 0;
	c->last = after;
	if ((uint64_t)st.st_size != bytes || position == NULL) {
		c->changed = 1;
		if (journal_each(c->dirfd, name, after, each_line, c) == -1)
			trouble(c, c->source);
		sync_journal(c, name);
		close_logs(c);
	}
	if (c->failed)
		note_position(c, after, 0);
	else
		note_position(c, c->last, (uint64_t)st.st_size);
	return 0;
}

static void
load_seen(struct collect *c)
{
	struct buf text = BUF_INIT;

	if (fsio_load(c->p->journalfd, STATE_NAME, STATE_MAX_BYTES, &text) == 0)
		c->seen = json_parse(text.data, text.len, STATE_DEPTH);
	else if (errno != ENOENT)
		trouble(c, STATE_NAME);
	/* Without it, or with a damaged one, every journal is read anew: slower, and nothing else. */
	buf_free(&text);
}

static void
save_seen(struct collect *c)
{
	struct buf text = BUF_INIT;

	if (json_write(c->now, &text) == -1 || buf_putc(&text, '\n') == -1 ||
	    fsio_replace(c->p->journalfd, STATE_NAME, text.data, text.len, PACKAGER_MODE_FILE) == -1)
		trouble(c, STATE_NAME);
	buf_free(&text);
}

int
collect_forget(struct packager *p)
{
	return fsio_remove(p->journalfd, STATE_NAME);
}

void
collect_run(struct packager *p)
{
	struct collect c = {.p = p, .dirfd = -1};
	char path[64];
	size_t i;

	c.now = json_object();
	load_seen(&c);
	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		c.program = programs[i];
		(void)snprintf(path, sizeof(path), "journal/%s", programs[i]); /* has room */
		c.dirfd = fsio_opendirat(p->statefd, path);
		if (c.dirfd == -1) {
			if (errno != ENOENT)
				trouble(&c, path);
			continue;
		}
		if (fsio_list(c.dirfd, each_journal, &c) == -1)
			trouble(&c, path);
		(void)close(c.dirfd); /* a folder */
	}
	if (c.changed)
		save_seen(&c);
	free(c.passed_over);
	json_free(c.seen);
	json_free(c.now);
}
