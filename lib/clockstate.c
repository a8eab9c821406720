#include <sys/stat.h>
#include <sys/timex.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootid.h"
#include "fsio.h"
#include "json.h"

#include "clockstate.h"

#define FORMAT "casetap-clock-state/1"
#define FILE_BYTES 1024
#define LOOK STAMP_SECOND

_Static_assert(CLOCKSTATE_ERROR == TIME_ERROR, "the kernel's word for a clock that nothing keeps");

struct clockstate_source {
	char *path; /* NULL: the kernel */
	char boot_id[BOOTID_ROOM];
	stamp_t looked;    /* boottime; 0: never */
	const char *fault; /* what was wrong with the file then, or NULL */
	struct clockstate state;
	stamp_t read; /* boottime of the reading */
};

static const struct clockstate unknown = {.state = -1};

void
clockstate_read(struct clockstate *c)
{
	struct timex tx;

	memset(&tx, 0, sizeof(tx)); /* modes 0: nothing is set */
	*c = unknown;
	c->state = adjtimex(&tx);
	if (c->state == -1)
		return;
	c->status = tx.status;
	c->maxerror_us = tx.maxerror;
	c->esterror_us = tx.esterror;
}

int
clockstate_is_synchronised(const struct clockstate *c)
{
	return c->state != -1 && c->state != TIME_ERROR && (c->status & STA_UNSYNC) == 0;
}

int
clockstate_write(const struct clockstate *c, struct buf *out)
{
	struct json *j = json_object();
	char boot_id[BOOTID_ROOM];
	int rc;

	(void)bootid_read(boot_id); /* "-" where nothing says: nobody takes that for his boot */
	rc = json_put_string(j, "format", FORMAT) || json_put_stamp(j, "realtime", stamp_now()) ||
	     json_put_integer(j, "boottime_ns", stamp_boottime()) || json_put_string(j, "boot_id", boot_id) ||
	     json_put_integer(j, "adjtimex_state", c->state) || json_put_integer(j, "adjtimex_status", c->status) ||
	     json_put_integer(j, "maxerror_us", c->maxerror_us) || json_put_integer(j, "esterror_us", c->esterror_us);
	if (rc == 0)
		rc = json_write(j, out) == -1 || buf_putc(out, '\n') == -1;
	json_free(j);
	return rc ? -1 : 0;
}

struct clockstate_source *
clockstate_open(const char *path)
{
	struct clockstate_source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	(void)bootid_read(s->boot_id); /* "-" is no boot of anyone's */
	if (path == NULL || (s->path = strdup(path)) != NULL)
		return s;
	free(s);
	return NULL;
}

void
clockstate_close(struct clockstate_source *s)
{
	if (s == NULL)
		return;
	free(s->path);
	free(s);
}

static int
get_int(const struct json *j, const char *key, int64_t most, int64_t *out)
{
	return json_get_integer(j, key, out) == -1 || *out < 0 || *out > most ? -1 : 0;
}

/* Take the text of a file.  Return NULL, or what is wrong with it. */
static const char *
take(struct clockstate_source *s, const char *text, size_t n)
{
	struct json *j = json_parse(text, n, 2);
	const char *format = json_get_string(j, "format"), *boot = json_get_string(j, "boot_id"), *why = NULL;
	int64_t state, status;

	if (format == NULL || strcmp(format, FORMAT) != 0 || boot == NULL ||
	    get_int(j, "boottime_ns", INT64_MAX, &s->read) == -1 ||
	    json_get_integer(j, "adjtimex_state", &state) == -1 || state < -1 || state > TIME_ERROR ||
	    get_int(j, "adjtimex_status", INT32_MAX, &status) == -1 ||
	    get_int(j, "maxerror_us", INT64_MAX, &s->state.maxerror_us) == -1 ||
	    get_int(j, "esterror_us", INT64_MAX, &s->state.esterror_us) == -1) {
		why = "says nothing of a clock";
		goto out;
	}
	s->state.state = (int)state;
	s->state.status = (int)status;
	if (s->boot_id[0] == '-' || strcmp(boot, s->boot_id) != 0)
		why = "is of another boot";
	else if (state == -1)
		why = "says that the kernel does not tell";
out:
	json_free(j);
	return why;
}

/* Read the file anew.  Return NULL, or what is wrong with it. */
static const char *
look(struct clockstate_source *s)
{
	int fd = open(s->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *why = "can not be read";
	char text[FILE_BYTES];
	struct stat st;
	ssize_t n;

	if (fd == -1)
		return errno == ENOENT ? "is not there" : why;
	if (fstat(fd, &st) == -1)
		goto out;
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		why = "is no file that its owner alone writes";
		goto out;
	}
	n = fsio_read(fd, text, sizeof(text));
	if (n != -1)
		why = take(s, text, (size_t)n); /* what is cut is no JSON */
out:
	(void)close(fd); /* only read from */
	return why;
}

const char *
clockstate_get(struct clockstate_source *s, struct clockstate *out)
{
	const char *why;
	stamp_t now;

	if (s == NULL || s->path == NULL) {
		clockstate_read(out);
		return out->state == -1 ? "is not told by the kernel" : NULL;
	}
	now = stamp_boottime();
	if (s->looked == 0 || now - s->looked >= LOOK) {
		s->fault = look(s);
		s->looked = now;
		now = stamp_boottime(); /* the reading may be younger than the first look at the clock */
	}
	why = s->fault;
	if (why == NULL && (s->read > now || now - s->read > CLOCKSTATE_OLD))
		why = s->read > now ? "is of a time to come" : "is too old";
	*out = why == NULL ? s->state : unknown;
	return why;
}

const char *
clockstate_label(const struct clockstate_source *s)
{
	return s == NULL || s->path == NULL ? "the clock's state" : s->path;
}
