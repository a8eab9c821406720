#include <string.h>

#include "follow_internal.h"
#include "follow_sessions.h"

/*
 * RADIUS.  What a message says counts only between the clients and servers that the operator named; an answer is known by
 * the question alone: by its ends and its identifier.
 */
#define METHOD "radius"

static stamp_t
silence(const struct follow *f)
{
	return (stamp_t)f->iap->radius.silence * STAMP_SECOND;
}

/* A server lets the subject in. */
static void
accept(struct follow *f, const struct radius *m, struct follow_exchange *x, const struct follow_frame *frame)
{
	struct follow_session *s = x->session.n > 0 ? follow_session_find(f, &x->nas, &x->session) : NULL;
	stamp_t limit = m->timeout == 0 ? INT64_MAX : frame->time + (stamp_t)m->timeout * STAMP_SECOND;
	int is_new;

	if (s == NULL)
		s = follow_session_accepted(f, &x->nas, x->who);
	if (s == NULL)
		s = follow_session_again(f, x, m);
	is_new = s == NULL;
	if (is_new)
		s = follow_session_new(f, &x->nas, frame->time);
	if (s == NULL) {
		f->blind = FOLLOW_UNKNOWN;
		return;
	}
	/* A client gives an ID once: what is said of it later would be said of the wrong session. */
	follow_session_is_on(f, &x->nas, &x->session);
	s->is_told &= !s->is_over;
	s->is_over = s->is_lapsed = s->is_doubted = 0;
	s->who = x->who;
	if (x->session.n > 0)
		s->id = x->session;
	follow_session_is_at(s, x);
	if (is_new)
		follow_session_end_older(f, s, x, m, frame);
	s->limit = limit;
	s->until = limit < frame->time + silence(f) ? limit : frame->time + silence(f);
	follow_session_give(f, s, m, "assigned", frame);
	follow_learn_more(f);
}

/* It is the subject's, and can not be read: what it gives is not known. */
static void
lose(struct follow *f)
{
	if (f->blind == NULL)
		f->blind = FOLLOW_UNKNOWN;
}

/*
 * The question has another name, and was not kept: inside of EAP the subject has said who it is, which the server says to
 * its client with the acceptance.
 */
static struct follow_exchange *
named_by_answer(struct follow *f, const struct radius *m, const struct follow_frame *frame)
{
	const uint64_t who = follow_radius_named(f->order, m, 0);
	struct follow_exchange made, *x;

	if (who == 0)
		return NULL;
	made = follow_exchange_of(m, who, frame);
	made.ends = follow_ends_of(m, frame, 1);
	made.nas.client = made.ends.client;
	made.code = RADIUS_ACCESS_REQUEST;
	made.is_answered = 1;
	memcpy(made.answer, m->authenticator, sizeof(made.answer));
	/* Of one that was answered before under that number no more comes. */
	x = follow_exchange_find(f, m, frame, 1);
	if (x == NULL)
		return follow_exchange_put(f, &made);
	*x = made;
	return x;
}

/* A server lets someone in. */
static int
take_acceptance(struct follow *f, const struct radius *m, struct follow_exchange *x, int is_again,
    const struct follow_frame *frame)
{
	int is_asked = x != NULL;

	if (x == NULL || follow_radius_named(f->order, m, x->who) == 0)
		x = named_by_answer(f, m, frame);
	if (x == NULL) {
		follow_session_dispute(f, m, frame);
		/* The subject was let in, by a name that the order does not have: what it has is not followed. */
		if (is_asked)
			follow_miss(f, FOLLOW_RADIUS, NULL, frame->time + silence(f));
		return 0;
	}
	if (is_again)
		return 1;
	if (!m->is_whole) {
		lose(f);
		return 1;
	}
	follow_session_note(f, ACCESS_ACCEPTED, "", m, frame);
	accept(f, m, x, frame);
	return 1;
}

static int
take_answer(struct follow *f, const struct radius *m, const struct follow_frame *frame)
{
	struct follow_exchange *x = follow_exchange_find(f, m, frame, 1);
	int is_again = x != NULL && x->is_answered, is_access;

	/* The number was used again, and that was not seen: this answer is new. */
	if (is_again && memcmp(x->answer, m->authenticator, sizeof(x->answer)) != 0) {
		x = NULL;
		is_again = 0;
	}
	is_access = x != NULL && x->code == RADIUS_ACCESS_REQUEST;
	if (x != NULL) {
		x->is_answered = 1;
		memcpy(x->answer, m->authenticator, sizeof(x->answer));
	}
	if (is_access)
		follow_tries_over(f, METHOD);
	switch ((enum radius_code)m->code) {
	case RADIUS_ACCESS_ACCEPT:
		return take_acceptance(f, m, is_access ? x : NULL, is_again, frame);
	case RADIUS_ACCESS_REJECT:
		if (is_access && !is_again)
			follow_session_note(f, ACCESS_REJECTED, "refused", m, frame);
		return is_access;
	case RADIUS_ACCESS_CHALLENGE:
		if (is_access)
			follow_try(f, METHOD, m->identifier, frame);
		return is_access;
	case RADIUS_ACCOUNTING_RESPONSE:
		return x != NULL && x->code == RADIUS_ACCOUNTING_REQUEST;
	default:
		return 0;
	}
}

/* Start or Interim: the session is on. */
static void
go_on(struct follow *f, struct follow_session *s, const struct radius *m, const struct follow_frame *frame)
{
	const char *how = m->status == RADIUS_START ? "assigned" : "established";

	/* One that was there before is told of with each address that it has. */
	if (!s->is_told && m->status == RADIUS_START)
		follow_session_note(f, ACCESS_SESSION_START, "", m, frame);
	else if (!s->is_told && m->address_count == 0)
		follow_session_note(f, ACCESS_ESTABLISHED, "", m, frame);
	/* What is first heard of in the middle of a session was there before. */
	if (m->status == RADIUS_INTERIM && s->is_told)
		how = "assigned";
	s->is_told = 1;
	follow_session_give(f, s, m, how, frame);
	follow_learn_more(f);
}

static void
stop(struct follow *f, struct follow_session *s, const struct follow_exchange *x, const struct radius *m,
    const struct follow_frame *frame)
{
	const stamp_t at = frame->time - (stamp_t)m->delay * STAMP_SECOND;

	if (s != NULL)
		follow_session_end(f, s, "stopped", m, frame);
	else if (follow_session_was_over(f, &x->nas, &x->session, at))
		follow_session_note(f, ACCESS_SESSION_END, "stopped", m, frame);
	else
		follow_session_stop_other(f, x, m, frame);
	/* Another session that was disputed is no better known by that. */
	if (s != NULL || f->blind == NULL || strcmp(f->blind, FOLLOW_CONFLICT) != 0)
		follow_learn(f, 0);
}

struct span {
	stamp_t until, limit;
};

/* How long a session lasts of which something is said that was true a while ago. */
static struct span
span_of(const struct follow *f, const struct follow_session *s, const struct radius *m, stamp_t now)
{
	stamp_t at = now - (stamp_t)m->delay * STAMP_SECOND;
	struct span span = {at + silence(f), s == NULL || s->is_over ? INT64_MAX : s->limit};

	if (s != NULL && !s->is_over && s->until > span.until)
		span.until = s->until;
	if (m->timeout != 0)
		span.limit = at - (stamp_t)m->age * STAMP_SECOND + (stamp_t)m->timeout * STAMP_SECOND;
	if (span.until > span.limit)
		span.until = span.limit;
	return span;
}

/*
 * Is what was said of the session at ${at} too late to begin it anew?  Of one in doubt, what was said a while after the
 * word that ended it shows that another was meant.
 */
static int
is_late(const struct follow *f, const struct follow_session *s, stamp_t at)
{
	if (s == NULL || !s->is_over || s->is_lapsed)
		return 0;
	return !s->is_doubted || at < s->until - silence(f) + FOLLOW_PENDING_NS;
}

static void
take_session(
    struct follow *f, const struct follow_exchange *x, const struct radius *m, const struct follow_frame *frame)
{
	const stamp_t at = frame->time - (stamp_t)m->delay * STAMP_SECOND;
	struct follow_session *s = follow_session_find(f, &x->nas, &x->session);
	struct span span;

	if (m->status == RADIUS_STOP) {
		stop(f, s, x, m, frame);
		return;
	}
	if (s == NULL && follow_session_was_over(f, &x->nas, &x->session, at))
		return;
	if (s == NULL)
		s = m->status == RADIUS_START ? follow_session_accepted_as(f, x, m)
					      : follow_session_accepted(f, &x->nas, x->who);
	span = span_of(f, s, m, frame->time);
	/* Late, or so long on its way that it may be over by now. */
	if (is_late(f, s, at) || span.until <= frame->time)
		return;
	if (!m->is_whole) {
		if (s == NULL || s->is_lapsed || s->is_awaited)
			lose(f);
		return;
	}
	if (s == NULL)
		s = follow_session_new(f, &x->nas, frame->time);
	if (s == NULL) {
		f->blind = FOLLOW_UNKNOWN;
		return;
	}
	s->who = x->who;
	s->id = x->session;
	s->is_over = s->is_lapsed = s->is_doubted = 0;
	s->limit = span.limit;
	s->until = span.until;
	follow_session_is_at(s, x);
	if (m->status == RADIUS_START && !s->is_told)
		follow_session_end_older(f, s, x, m, frame);
	go_on(f, s, m, frame);
}

/* A client, or its accounting, begins anew or ends: it has no sessions now. */
static void
end_all(struct follow *f, const struct follow_nas *nas, const struct radius *m, const struct follow_frame *frame)
{
	struct follow_session *s;
	size_t i;

	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until == 0 || !follow_nas_is_same(&s->nas, nas))
			continue;
		follow_session_end(f, s, "client-restarted", m, frame);
		f->is_stale = 1;
		memset(s, 0, sizeof(*s));
	}
	if (f->blind != NULL && strcmp(f->blind, FOLLOW_UNKNOWN) == 0)
		follow_learn(f, 0);
}

/* Of which of the order's identities is an accounting request? */
static uint64_t
whose(struct follow *f, const struct radius *m, const struct follow_nas *nas, const struct follow_frame *frame)
{
	const struct follow_text id = follow_text_of(&m->session);
	struct follow_session *s = id.n == 0 ? NULL : follow_session_find(f, nas, &id);
	uint64_t who = follow_radius_named(f->order, m, s == NULL ? 0 : s->who);

	if (who == 0 && s != NULL && !s->is_over) {
		f->blind = FOLLOW_CONFLICT;
		follow_session_end(f, s, "conflict", m, frame);
	}
	return who;
}

static int
take_accounting(struct follow *f, const struct radius *m, const struct follow_frame *frame)
{
	struct follow_nas nas = {
	    follow_end_of(frame, 0), follow_text_of(&m->nas_address), follow_text_of(&m->nas_name)};
	struct follow_exchange made;
	uint64_t who;

	if (m->status == RADIUS_ON || m->status == RADIUS_OFF) {
		end_all(f, &nas, m, frame);
		return 0;
	}
	who = whose(f, m, &nas, frame);
	if (who == 0) {
		if (m->status == RADIUS_START || m->status == RADIUS_INTERIM)
			follow_session_dispute(f, m, frame);
		return 0;
	}
	if (m->status == RADIUS_START || m->status == RADIUS_INTERIM || m->status == RADIUS_STOP) {
		follow_tries_over(f, METHOD); /* whose acceptance was not seen */
		made = follow_exchange_of(m, who, frame);
		take_session(f, follow_exchange_put(f, &made), m, frame);
	}
	return 1;
}

static int
take_question(struct follow *f, const struct radius *m, const struct follow_frame *frame)
{
	struct follow_exchange *x = follow_exchange_find(f, m, frame, 0), made;
	uint64_t who;

	if (x != NULL) {
		/* The same once more; or the number is another's now, and so will the answer be. */
		if (x->code == m->code && memcmp(x->authenticator, m->authenticator, sizeof(x->authenticator)) == 0) {
			x->time = frame->time;
			return 1;
		}
		memset(x, 0, sizeof(*x));
	}
	if (m->code == RADIUS_ACCOUNTING_REQUEST)
		return take_accounting(f, m, frame);
	who = follow_radius_named(f->order, m, 0);
	if (who == 0)
		return 0;
	made = follow_exchange_of(m, who, frame);
	(void)follow_exchange_put(f, &made);
	if (!m->is_continued)
		follow_session_note(f, ACCESS_ATTEMPT, "", m, frame);
	follow_tries_over(f, METHOD);
	follow_try(f, METHOD, m->identifier, frame);
	return 1;
}

/* Between a client and a server of the access point's, at a port where they ask, or answer? */
static int
is_between(const struct conf_radius *conf, const struct radius *m, const struct follow_frame *frame)
{
	int is_question = m->code == RADIUS_ACCESS_REQUEST || m->code == RADIUS_ACCOUNTING_REQUEST;
	const struct follow_ends ends = follow_ends_of(m, frame, !is_question);

	return follow_is_port(conf->ports, conf->port_count, ends.server_port) &&
	       follow_is_one_of(conf->clients, conf->client_count, &ends.client) &&
	       follow_is_one_of(conf->servers, conf->server_count, &ends.server);
}

/* The order names nobody by RADIUS: what it gives is someone's whom only his MAC could show to be the subject. */
static int
take_anyones(struct follow *f, const struct radius *m, const struct follow_frame *frame)
{
	int is_given =
	    m->code == RADIUS_ACCESS_ACCEPT ||
	    (m->code == RADIUS_ACCOUNTING_REQUEST && (m->status == RADIUS_START || m->status == RADIUS_INTERIM));

	if (is_given && is_between(&f->iap->radius, m, frame))
		follow_session_dispute(f, m, frame);
	return 0;
}

int
follow_radius(struct follow *f, const struct radius *m, const struct follow_frame *frame)
{
	int is_question = m->code == RADIUS_ACCESS_REQUEST || m->code == RADIUS_ACCOUNTING_REQUEST;

	if (f->iap == NULL || f->iap->radius.server_count == 0)
		return 0;
	if (f->sessions == NULL)
		return take_anyones(f, m, frame);
	f->has_begun = 0;
	if (m->code >= RADIUS_DISCONNECT_REQUEST && m->code <= RADIUS_COA_NAK)
		return follow_coa(f, m, frame);
	if (!is_between(&f->iap->radius, m, frame))
		return 0;
	return follow_heard(f, is_question ? take_question(f, m, frame) : take_answer(f, m, frame));
}
