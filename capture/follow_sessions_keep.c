#include <string.h>

#include "follow_internal.h"

/*
 * A session that RADIUS tells of, for the reader after this one.
 */
#define METHOD "radius"

static void
put_text(struct kept_binding *k, const struct follow_text *t)
{
	follow_more_put(k, &t->n, 1);
	follow_more_put(k, t->bytes, t->n);
}

static int
get_text(struct follow_more *more, struct follow_text *t)
{
	return follow_more_get(more, &t->n, 1) == -1 || t->n > sizeof(t->bytes)
		   ? -1
		   : follow_more_get(more, t->bytes, t->n);
}

void
follow_session_keep(const struct follow *f, const struct follow_binding *b, struct kept_binding *k)
{
	const struct follow_session *s = &f->sessions->at[b->session];

	follow_more_put(k, &s->nas.client.family, 1);
	follow_more_put(k, s->nas.client.addr, sizeof(s->nas.client.addr));
	put_text(k, &s->nas.address);
	put_text(k, &s->nas.name);
	put_text(k, &s->id);
	follow_more_put_number(k, (uint64_t)s->limit);
	follow_more_put_number(k, s->who);
}

static int
get_session(struct follow_more *more, struct follow_session *s)
{
	uint64_t limit;

	memset(s, 0, sizeof(*s));
	if (follow_more_get(more, &s->nas.client.family, 1) == -1 ||
	    follow_more_get(more, s->nas.client.addr, sizeof(s->nas.client.addr)) == -1 ||
	    get_text(more, &s->nas.address) == -1 || get_text(more, &s->nas.name) == -1 ||
	    get_text(more, &s->id) == -1 || follow_more_get_number(more, &limit) == -1 || limit > INT64_MAX ||
	    follow_more_get_number(more, &s->who) == -1 || more->left != 0)
		return -1;
	s->limit = (stamp_t)limit;
	return 0;
}

/* One of which no accounting was seen has nothing by which its end would be told: it is not taken up. */
int
follow_session_take(struct follow *f, struct follow_binding *b, struct follow_more *more)
{
	const uint64_t who = follow_who(f->order, FOLLOW_RADIUS_NAME);
	struct follow_session was, *s;

	if (f->sessions == NULL || get_session(more, &was) == -1 || was.id.n == 0 || was.who == 0 ||
	    (was.who & ~who) != 0 || b->until > was.limit || !follow_session_may_have(&f->iap->radius, &b->address) ||
	    follow_find(f, FOLLOW_RADIUS, &b->address) < f->count)
		return -1;
	s = follow_session_find(f, &was.nas, &was.id);
	if (s == NULL)
		s = follow_session_new(f, &was.nas, b->until);
	if (s == NULL)
		return -1;
	*s = was;
	s->until = b->until;
	s->is_told = 1;
	b->session = follow_session_place(f, s);
	b->method = METHOD;
	return 0;
}

/* It is not over by anyone's word: if it is heard of again, it goes on. */
void
follow_sessions_forget(struct follow *f, const char *why, const struct follow_frame *none)
{
	struct follow_session *s;
	size_t i;

	if (f->sessions == NULL)
		return;
	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until == 0 || s->is_over)
			continue;
		follow_session_end(f, s, why, NULL, none);
		s->is_lapsed = 1;
		s->is_told = 0;
	}
	memset(f->sessions->exchanges, 0, sizeof(f->sessions->exchanges));
	f->sessions->settled = f->since + (stamp_t)f->iap->radius.silence * STAMP_SECOND;
}
