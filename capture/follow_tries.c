#include <string.h>

#include "follow_internal.h"

/*
 * What the subject asks for and is neither given nor refused: after a while that has failed.
 */
static struct follow_try *
find(struct follow *f, const char *method, uint32_t xid)
{
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (f->tries[i].method != NULL && f->tries[i].xid == xid && strcmp(f->tries[i].method, method) == 0)
			return &f->tries[i];
	}
	return NULL;
}

void
follow_try(struct follow *f, const char *method, uint32_t xid, const struct follow_frame *frame)
{
	struct follow_try *t = find(f, method, xid);
	size_t i;

	/* A free one has no time: it is the oldest. */
	if (t == NULL) {
		t = &f->tries[0];
		for (i = 1; i < FOLLOW_PENDING_MAX; i++) {
			if (f->tries[i].time < t->time)
				t = &f->tries[i];
		}
	}
	t->method = method;
	t->xid = xid;
	t->time = frame->time;
	f->is_stale = 1;
}

int
follow_try_over(struct follow *f, const char *method, uint32_t xid)
{
	struct follow_try *t = find(f, method, xid);

	if (t == NULL)
		return 0;
	memset(t, 0, sizeof(*t));
	f->is_stale = 1;
	return 1;
}

void
follow_tries_over(struct follow *f, const char *method)
{
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (f->tries[i].method != NULL && (method == NULL || strcmp(f->tries[i].method, method) == 0))
			memset(&f->tries[i], 0, sizeof(f->tries[i]));
	}
	f->is_stale = 1;
}

void
follow_tries_expire(struct follow *f, stamp_t now)
{
	struct follow_frame none = {.sha256 = ""};
	struct follow_try t;
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		t = f->tries[i];
		if (t.method == NULL || now - t.time < FOLLOW_PENDING_NS)
			continue;
		memset(&f->tries[i], 0, sizeof(f->tries[i]));
		none.time = t.time + FOLLOW_PENDING_NS;
		follow_note(f, ACCESS_FAILED, t.method, "timeout", t.xid, &none);
	}
}

stamp_t
follow_tries_next(const struct follow *f)
{
	stamp_t next = INT64_MAX;
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (f->tries[i].method != NULL && f->tries[i].time + FOLLOW_PENDING_NS < next)
			next = f->tries[i].time + FOLLOW_PENDING_NS;
	}
	return next;
}

void
follow_tries_shift(struct follow *f, stamp_t step)
{
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++)
		f->tries[i].time += f->tries[i].method == NULL ? 0 : step;
}
