#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "buf.h"
#include "fsio.h"
#include "json.h"

#include "lastrun.h"

#define FORMAT "casetap-run/1"
#define NAME_ROOM 32
#define MAX_BYTES ((size_t)4096)
#define DEPTH 2
#define MODE_FILE 0640
#define UNENDED_MAX UINT16_MAX /* more is not told apart */

static const char *
file_name(char name[NAME_ROOM], const char *program)
{
	(void)snprintf(name, NAME_ROOM, "%s.run", program); /* a program of ours has a short name */
	return name;
}

const char *
lastrun_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {{EX_OK, "all was done"}, {EX_USAGE, "its command line is wrong"},
	    {EX_DATAERR, "something on the disk is not as it should be"},
	    {EX_NOINPUT, "something it needs is missing"}, {EX_UNAVAILABLE, "a server can not be reached"},
	    {EX_SOFTWARE, "a fault in the program"}, {EX_OSERR, "the system refused something"},
	    {EX_CANTCREAT, "something can not be created"}, {EX_IOERR, "the disk failed or is full"},
	    {EX_PROTOCOL, "a server refuses or is not to be trusted"},
	    {EX_NOPERM, "it may not read or write something"},
	    {EX_CONFIG, "configuration, keys, an order or the records do not let it go on"}};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].status == status)
			return texts[i].text;
	}
	return "it did not say why";
}

static int
save(int dirfd, const char *program, const struct lastrun *r)
{
	struct json *j = json_object();
	struct buf text = BUF_INIT;
	char name[NAME_ROOM];
	int rc = json_put_string(j, "format", FORMAT) | json_put_stamp(j, "began", r->began) |
		 json_put_stamp(j, "ended", r->ended) | json_put_integer(j, "status", r->status) |
		 json_put_string(j, "what", lastrun_text(r->status)) | json_put_stamp(j, "since", r->since) |
		 json_put_integer(j, "unended", r->unended) | json_put_stamp(j, "unended_since", r->unended_since);

	if (rc == 0)
		rc = json_write(j, &text) | buf_putc(&text, '\n');
	if (rc == 0)
		rc = fsio_replace(dirfd, file_name(name, program), text.data, text.len, MODE_FILE);
	else
		errno = ENOMEM;
	json_free(j);
	buf_free(&text);
	return rc == 0 ? 0 : -1;
}

/* A file of before they were counted has none. */
static void
load_unended(const struct json *j, struct lastrun *r)
{
	uint64_t n;

	r->unended = 0;
	r->unended_since = STAMP_NONE;
	if (json_get_u64(j, "unended", &n) == 0 && n > 0 && n <= UNENDED_MAX &&
	    json_get_stamp(j, "unended_since", &r->unended_since) == 0 && r->unended_since != STAMP_NONE)
		r->unended = (unsigned)n;
}

int
lastrun_load(int dirfd, const char *program, struct lastrun *r)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	const char *format;
	char name[NAME_ROOM];
	int64_t status;
	int rc = 0;

	if (fsio_load(dirfd, file_name(name, program), MAX_BYTES, &text) == 0) {
		j = json_parse(text.data == NULL ? "" : text.data, text.len, DEPTH);
		rc = j == NULL && errno == ENOMEM ? -1 : 0;
	} else if (errno != ENOENT) {
		rc = -1;
	}
	format = json_get_string(j, "format");
	if (format != NULL && strcmp(format, FORMAT) == 0 && json_get_stamp(j, "began", &r->began) == 0 &&
	    json_get_stamp(j, "ended", &r->ended) == 0 && json_get_integer(j, "status", &status) == 0 &&
	    status >= 0 && status <= 255 && json_get_stamp(j, "since", &r->since) == 0) {
		r->status = (int)status;
		load_unended(j, r);
		rc = 1;
	}
	json_free(j);
	buf_free(&text);
	return rc;
}

int
lastrun_begin(int dirfd, const char *program, stamp_t now)
{
	struct lastrun r;

	if (lastrun_load(dirfd, program, &r) != 1)
		r = (struct lastrun){.ended = now, .status = EX_OK, .since = now, .unended_since = STAMP_NONE};
	/* It was killed, or crashed, and could not say so itself. */
	if (r.ended == STAMP_NONE) {
		if (r.unended == 0)
			r.unended_since = r.began;
		r.unended += r.unended < UNENDED_MAX;
	}
	r.began = now;
	r.ended = STAMP_NONE;
	return save(dirfd, program, &r);
}

int
lastrun_end(int dirfd, const char *program, stamp_t now, int status)
{
	struct lastrun r;

	if (lastrun_load(dirfd, program, &r) != 1)
		r = (struct lastrun){.began = now, .status = status == EX_TEMPFAIL ? EX_OK : status, .since = now};
	if (status != EX_TEMPFAIL && r.status != status) {
		r.since = now;
		r.status = status;
	}
	r.unended = 0;
	r.unended_since = STAMP_NONE;
	r.ended = now;
	return save(dirfd, program, &r);
}
