#include <stdio.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "outbox.h"
#include "stop.h"

#include "stream_internal.h"
#include "turn.h"

#define WAIT_MILLISECONDS 1000

int
stream_is_notice(const char *name)
{
	struct names parsed;

	names_parse(name, &parsed);
	return parsed.kind == NAMES_NOTICE;
}

/* One lane at a time, or two would send the same. */
static void
begin(struct visit *v)
{
	while (v->standing->is_telling)
		turn_wait(v->session->turn, WAIT_MILLISECONDS);
	v->standing->is_telling = 1;
}

static void
end(struct visit *v)
{
	v->standing->is_telling = 0;
	turn_announce(v->session->turn);
}

static int
deliver_each(struct stream *s, struct day *d)
{
	int rc = 0, has;

	for (size_t i = 0; rc == 0 && i < day_count(d) && !stream_is_over(s) && !stop_requested(); i++) {
		if (!stream_is_notice(day_name(d, i)))
			continue;
		has = receipts_has(s->receipts, day_name(d, i), day_stamp(d));
		rc = has == 0 ? stream_deliver_file(s, d, day_name(d, i)) : has == -1 ? -1 : 0;
	}
	return rc;
}

int
stream_day_notices(struct stream *s, struct day *d)
{
	int rc;

	begin(s->v);
	rc = deliver_each(s, d);
	end(s->v);
	return rc;
}

/* A day's folder while it is listed. */
struct look {
	const struct stream *s;
	stamp_t day;
};

/* For fsio_list(): the cookie is a struct look. */
static int
is_new(void *cookie, const char *name)
{
	const struct look *l = cookie;
	int has;

	if (!stream_is_notice(name))
		return 0;
	has = receipts_has(l->s->receipts, name, l->day);
	return has == -1 ? -1 : !has;
}

static int
on_day(void *cookie, stamp_t stamp)
{
	struct stream *s = cookie;
	struct look look = {s, stamp};
	char text[STAMP_DAY_TEXT];
	struct day *d;
	int dirfd, rc;

	if (stream_is_over(s) || stop_requested())
		return 0;
	dirfd = fsio_opendirat(s->dirfd, stamp_day_format(text, stamp));
	if (dirfd == -1)
		return -1;
	rc = fsio_list(dirfd, is_new, &look);
	(void)close(dirfd); /* a folder */
	if (rc != 1)
		return rc;
	d = day_open(s->dirfd, s->case_id, s->iap, stamp, s->v->session->keyring);
	if (d == NULL)
		return -1;
	rc = day_judge(d);
	if (rc == 0 && day_state(d) != DAY_DAMAGED)
		rc = deliver_each(s, d);
	day_close(d);
	return rc;
}

int
stream_notices(struct visit *v, const char *case_id, const char *iap)
{
	struct stream_end over = {0};
	struct stream s = {
	    .v = v, .case_id = case_id, .iap = iap, .dirfd = -1, .keep_days = v->keep_days, .end = &over};
	char path[STREAM_SCOPE_ROOM];
	int rc = -1;

	if (blocked_find(v->blocked, case_id) != NULL)
		return 0; /* it is said when its days should go */
	begin(v);
	(void)snprintf(path, sizeof path, "outbox/%s/%s", case_id, iap);
	s.dirfd = fsio_opendirat(v->session->statefd, path);
	s.receipts = receipts_open(v->session->statefd, case_id, iap, v->conf->name);
	if (s.receipts != NULL)
		rc = s.dirfd == -1 ? -1 : outbox_each_day(s.dirfd, on_day, &s);
	if (rc == -1 && s.receipts != NULL)
		diag_err("%s", path);
	receipts_close(s.receipts);
	if (s.dirfd != -1)
		(void)close(s.dirfd); /* a folder */
	end(v);
	return rc;
}
