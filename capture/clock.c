#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "slice.h"

#include "clock.h"

#define FORMAT "casetap-clock/1"
#define FILE_BYTES 4096
#define NAME_ROOM 32
#define READ_APART (CLOCK_STEP / 50)
#define READ_TRIES 20

static stamp_t
least(stamp_t a, stamp_t b)
{
	return a < b ? a : b;
}

static stamp_t
greatest(stamp_t a, stamp_t b)
{
	return a > b ? a : b;
}

void
clock_read(struct clockstate_source *source, struct clock_reading *now)
{
	struct clockstate state;
	struct slice_clock sc;
	stamp_t before;
	int tries = 0;

	now->unknown = slice_clock_read(source, &sc);
	/* Two clocks are read one after the other: being put aside in between would look like a step. */
	do {
		before = stamp_boottime();
		now->realtime = stamp_now();
		now->boottime = stamp_boottime();
	} while (now->boottime - before > READ_APART && ++tries < READ_TRIES);
	state = (struct clockstate){sc.adj_state, sc.adj_status, 0, 0};
	now->synchronised = clockstate_is_synchronised(&state);
	memcpy(now->boot_id, sc.boot_id, sizeof(now->boot_id));
}

void
clock_start(struct clock *c, const struct clock_reading *now)
{
	c->mark = now->realtime;
	c->realtime = now->realtime;
	c->boottime = now->boottime;
	c->steady_since = now->boottime;
	c->cleared = STAMP_NONE;
	memcpy(c->boot_id, now->boot_id, sizeof(c->boot_id));
}

void
clock_advance(struct clock *c, const struct clock_reading *now, stamp_t *step)
{
	stamp_t elapsed = now->boottime - c->boottime, moved = now->realtime - c->realtime;

	*step = 0;
	if (elapsed < 0)
		elapsed = 0;
	if (moved - elapsed > CLOCK_STEP || elapsed - moved > CLOCK_STEP) {
		*step = moved - elapsed;
		c->steady_since = now->boottime;
	}
	c->mark += elapsed;
	c->realtime = now->realtime;
	c->boottime = now->boottime;
	if (c->realtime > c->mark && (now->synchronised || now->boottime - c->steady_since >= CLOCK_STEADY))
		c->mark = c->realtime;
}

void
clock_clear(struct clock *c, stamp_t issued)
{
	c->mark = c->realtime;
	c->cleared = issued;
}

enum clock_verdict
clock_judge(const struct clock *c, stamp_t not_before, stamp_t not_after)
{
	stamp_t low = least(c->mark, c->realtime), high = greatest(c->mark, c->realtime);

	/* A small step back, by NTP or by hand, stops nothing that has begun; it never makes anything end later. */
	if (c->mark > c->realtime && c->mark - c->realtime <= CLOCK_TOLERANCE)
		low = c->mark;
	if (high >= not_after)
		return c->mark >= not_after || high - low <= CLOCK_TOLERANCE ? CLOCK_EXPIRED : CLOCK_DOUBTFUL;
	if (low >= not_before)
		return CLOCK_IN_FORCE;
	return high >= not_before ? CLOCK_DOUBTFUL : CLOCK_NOT_YET;
}

stamp_t
clock_latest(const struct clock *c)
{
	return greatest(c->mark, c->realtime);
}

int64_t
clock_until(const struct clock *c, stamp_t instant)
{
	int64_t until = INT64_MAX;

	if (instant > c->mark)
		until = instant - c->mark;
	if (instant > c->realtime)
		until = least(until, instant - c->realtime);
	return until;
}

static char *
file_name(char out[NAME_ROOM], const char *iap)
{
	(void)snprintf(out, NAME_ROOM, "%s.clock", iap); /* an IAP has at most 15 characters */
	return out;
}

/* What the file says: mark, and when and in which boot it was right. */
static int
parse(const struct buf *b, struct clock *c)
{
	struct json *j = json_parse(b->data, b->len, 2);
	const char *format = json_get_string(j, "format"), *boot = json_get_string(j, "boot_id");
	int rc = -1;

	if (format == NULL || strcmp(format, FORMAT) != 0 || boot == NULL || strlen(boot) >= sizeof(c->boot_id))
		goto out;
	if (json_get_stamp(j, "mark", &c->mark) == -1 || json_get_stamp(j, "realtime", &c->realtime) == -1 ||
	    json_get_stamp(j, "cleared", &c->cleared) == -1 || json_get_integer(j, "boottime", &c->boottime) == -1 ||
	    c->mark == STAMP_NONE || c->realtime == STAMP_NONE || c->boottime < 0)
		goto out;
	(void)snprintf(c->boot_id, sizeof(c->boot_id), "%s", boot); /* its length was looked at above */
	rc = 0;
out:
	json_free(j);
	if (rc == -1)
		errno = EBADMSG;
	return rc;
}

int
clock_load(struct clock *c, int dirfd, const char *iap, const struct clock_reading *now)
{
	char name[NAME_ROOM];
	struct buf b = BUF_INIT;
	struct clock saved;
	int rc = -1;

	clock_start(c, now);
	if (fsio_load(dirfd, file_name(name, iap), FILE_BYTES, &b) == -1) {
		rc = errno == ENOENT ? 0 : -1;
		goto out;
	}
	if (parse(&b, &saved) == -1)
		goto out;
	/* The ten minutes begin anew with each start: a step while we were away would not have been seen. */
	c->mark = saved.mark;
	c->cleared = saved.cleared;
	if (strcmp(saved.boot_id, now->boot_id) == 0 && now->boottime > saved.boottime)
		c->mark += now->boottime - saved.boottime;
	rc = 0;
out:
	if (rc == -1)
		diag_err("%s", name);
	buf_free(&b);
	return rc;
}

int
clock_save(const struct clock *c, int dirfd, const char *iap)
{
	char name[NAME_ROOM];
	struct json *j = json_object();
	struct buf b = BUF_INIT;
	int rc = -1;

	if (j == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (json_put_string(j, "format", FORMAT) == -1 || json_put_stamp(j, "mark", c->mark) == -1 ||
	    json_put_stamp(j, "realtime", c->realtime) == -1 || json_put_integer(j, "boottime", c->boottime) == -1 ||
	    json_put_string(j, "boot_id", c->boot_id) == -1 || json_put_stamp(j, "cleared", c->cleared) == -1 ||
	    json_write(j, &b) == -1 || buf_putc(&b, '\n') == -1)
		goto out;
	rc = fsio_replace(dirfd, file_name(name, iap), b.data, b.len, 0640);
out:
	buf_free(&b);
	json_free(j);
	return rc;
}
