#include <string.h>

#include "follow_internal.h"
#include "follow_sessions.h"

/*
 * Which of the subject's sessions is meant by what does not name one by its ID?  Where another may have been meant the one
 * is over all the same, and in doubt: it goes on once it is heard of a while later.
 */

static int
is_on(const struct follow_session *s)
{
	return s->until != 0 && !s->is_over;
}

/* 1: the same; -1: another; 0: one of the two does not say. */
static int
compare_texts(const struct follow_text *a, const struct follow_text *b)
{
	if (a->n == 0 || b->n == 0)
		return 0;
	return follow_text_is_same(a, b) ? 1 : -1;
}

static int
compare_ports(const struct follow_port *a, const struct follow_port *b)
{
	if (a->has_number && b->has_number && a->number != b->number)
		return -1;
	if (compare_texts(&a->name, &b->name) != 0)
		return compare_texts(&a->name, &b->name);
	return a->has_number && b->has_number;
}

/* The same customer at the same port, 1; surely not, -1; or is it not known, 0? */
static int
compare(const struct follow_session *s, const struct follow_exchange *x)
{
	int caller = compare_texts(&s->calling, &x->calling), port = compare_ports(&s->port, &x->port);

	if (caller != 0)
		return caller;
	return follow_nas_is_same(&s->nas, &x->nas) ? port : 0;
}

/* Does it not have what a message gives, but something else of that family? */
static int
contradicts(const struct follow *f, const struct follow_session *s, const struct radius *m)
{
	const struct follow_binding *b;
	size_t i, k;

	if (follow_session_has(f, s, m->addresses, m->address_count))
		return 0;
	for (i = 0; i < f->count; i++) {
		b = &f->bindings[i];
		for (k = 0; k < m->address_count; k++) {
			if (b->source == FOLLOW_RADIUS && b->session == follow_session_place(f, s) &&
			    b->address.family == m->addresses[k].prefix.family)
				return 1;
		}
	}
	return 0;
}

struct follow_session *
follow_session_again(struct follow *f, const struct follow_exchange *x, const struct radius *m)
{
	struct follow_session *s;
	size_t i;

	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (is_on(s) && (s->who & x->who) != 0 && follow_nas_is_same(&s->nas, &x->nas) &&
		    compare(s, x) != -1 && follow_session_has(f, s, m->addresses, m->address_count))
			return s;
	}
	return NULL;
}

/* As the client said when it asked, but for its ID, by which accounting names it. */
struct follow_session *
follow_session_accepted_as(struct follow *f, const struct follow_exchange *x, const struct radius *m)
{
	struct follow_session *s = follow_session_accepted(f, &x->nas, x->who);

	if (s == NULL)
		s = follow_session_again(f, x, m);
	return s != NULL && (s->id.n == 0 || !s->is_told) ? s : NULL;
}

void
follow_session_is_at(struct follow_session *s, const struct follow_exchange *x)
{
	if (x->port.has_number || x->port.name.n > 0)
		s->port = x->port;
	if (x->calling.n > 0)
		s->calling = x->calling;
}

static void
end_in_doubt(struct follow *f, struct follow_session *s, const char *why, const struct radius *m,
    const struct follow_frame *frame)
{
	follow_session_end(f, s, why, m, frame);
	s->is_doubted = 1;
	s->is_told = 0;
	if (f->blind == NULL)
		f->blind = FOLLOW_UNKNOWN;
}

void
follow_session_end_older(struct follow *f, const struct follow_session *than, const struct follow_exchange *x,
    const struct radius *m, const struct follow_frame *frame)
{
	struct follow_session *s;
	size_t i;
	int same;

	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s == than || !is_on(s) || (s->who & x->who) == 0)
			continue;
		same = compare(s, x);
		/* An acceptance may be of the session that is on: its customer has said once more who it is. */
		if (same == 1 && m->code == RADIUS_ACCOUNTING_REQUEST && follow_nas_is_same(&s->nas, &x->nas))
			follow_session_end(f, s, "replaced", m, frame);
		else if (same != -1)
			end_in_doubt(f, s, "replaced", m, frame);
	}
}

/* It is named by an address, or by who and where. */
static int
may_stop(
    const struct follow *f, const struct follow_session *s, const struct follow_exchange *x, const struct radius *m)
{
	if (!is_on(s) || (s->who & x->who) == 0)
		return 0;
	if (m->address_count > 0)
		return follow_session_has(f, s, m->addresses, m->address_count);
	return follow_nas_is_same(&s->nas, &x->nas) && compare(s, x) != -1;
}

void
follow_session_stop_other(
    struct follow *f, const struct follow_exchange *x, const struct radius *m, const struct follow_frame *frame)
{
	struct follow_session *s = follow_session_accepted(f, &x->nas, x->who);
	size_t i, ended = 0;

	if (s != NULL && !contradicts(f, s, m)) {
		s->id = x->session; /* what comes late of it is known by that */
		follow_session_is_on(f, &x->nas, &x->session);
		follow_session_end(f, s, "stopped", m, frame);
		ended++;
	}
	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (!may_stop(f, s, x, m))
			continue;
		end_in_doubt(f, s, "stopped", m, frame);
		ended++;
	}
	if (ended > 0)
		return;
	/* One that was not known: whether the subject has others is not, either. */
	follow_session_note(f, ACCESS_SESSION_END, "stopped", m, frame);
	follow_miss(f, FOLLOW_RADIUS, NULL, frame->time + (stamp_t)f->iap->radius.silence * STAMP_SECOND);
}
