#include <fcntl.h>
#include <unistd.h>

#include "outbox.h"

#include "day.h"
#include "owed.h"

#define CLOSED_BY (STAMP_DAY + 3 * 3600 * STAMP_SECOND) /* the packager's two hours, and one to work in */

/* The folders on both sides of a day. */
struct sides {
	stamp_t day, before, after; /* STAMP_NONE: there is none */
};

static int
on_day(void *cookie, stamp_t day)
{
	struct sides *s = cookie;

	if (day < s->day)
		s->before = day;
	if (day > s->day && s->after == STAMP_NONE)
		s->after = day;
	return 0;
}

/* Does the stream begin with the day?  By the ledger, and until there is one by the numbers: they begin with 1. */
static int
begins(const struct day *d)
{
	return day_state(d) == DAY_CLOSED ? day_ledger(d)->prev[0] == '\0' : day_first_seq(d) <= 1;
}

/* Does the stream end with ${day} / begin with it?  1, 0, or -1 with errno set. */
static int
is_bound(int streamfd, const struct route *r, stamp_t day, const struct keyring *keyring, int is_end)
{
	struct day *d = day_open(streamfd, r->case_id, r->iap, day, keyring);
	int rc = d == NULL ? -1 : day_judge(d);

	if (rc == 0)
		rc = is_end ? day_state(d) == DAY_CLOSED && day_ledger(d)->final : begins(d);
	day_close(d);
	return rc;
}

int
owed_by_now(int streamfd, const struct route *r, stamp_t day, const struct keyring *keyring)
{
	struct sides s = {day, STAMP_NONE, STAMP_NONE};
	char text[STAMP_DAY_TEXT];
	int rc;

	if (stamp_now() < day + CLOSED_BY)
		return 0;
	if (faccessat(streamfd, stamp_day_format(text, day), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (outbox_each_day(streamfd, on_day, &s) != 0)
		return -1;
	if (s.before != STAMP_NONE)
		rc = is_bound(streamfd, r, s.before, keyring, 1);
	else if (s.after == day + STAMP_DAY) /* where the folders begin, and the stream does not */
		rc = is_bound(streamfd, r, s.after, keyring, 0);
	else
		rc = 1;
	return rc == -1 ? -1 : !rc;
}
