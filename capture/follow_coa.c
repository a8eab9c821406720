#include <string.h>

#include "follow_internal.h"
#include "follow_sessions.h"

/*
 * RADIUS the other way round (RFC 5176): a server asks a client to end a session, or to change it.  What counts is that the
 * client has said yes; in doubt that ends what is known, and it never begins anything.
 */

/* The session that the question names by its ID. */
static int
is_by_id(const struct follow_session *s, const struct follow_exchange *x)
{
	return x->session.n > 0 && follow_text_is_same(&s->id, &x->session) && follow_nas_is_same(&s->nas, &x->nas);
}

/* It may name a session by less than its ID: then it is about each that it may mean. */
static int
is_about(const struct follow *f, const struct follow_session *s, const struct follow_exchange *x)
{
	if (s->until == 0 || (s->is_over && !s->is_lapsed))
		return 0;
	return is_by_id(s, x) || follow_session_has(f, s, x->addresses, x->address_count) ||
	       (x->session.n == 0 && x->address_count == 0 && (s->who & x->who) != 0 &&
		   follow_nas_is_same(&s->nas, &x->nas));
}

static int
is_about_any(const struct follow *f, const struct follow_exchange *x)
{
	size_t i;

	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		if (is_about(f, &f->sessions->at[i], x))
			return 1;
	}
	return 0;
}

/* Does it name somebody, and nobody that the order has? */
static int
is_anothers(const struct radius *m, uint64_t who)
{
	return who == 0 && (m->user.n > 0 || m->calling.n > 0);
}

static int
take_question(struct follow *f, const struct radius *m, const struct follow_frame *frame)
{
	struct follow_exchange *x = follow_exchange_find(f, m, frame, 0), made;
	uint64_t who = follow_radius_named(f->order, m, 0);

	if (x != NULL) {
		/* As of any question: the same once more, or the number is another's now. */
		if (x->code == m->code && memcmp(x->authenticator, m->authenticator, sizeof(x->authenticator)) == 0) {
			x->time = frame->time;
			return !x->is_anothers;
		}
		memset(x, 0, sizeof(*x));
	}
	made = follow_exchange_of(m, who, frame);
	made.nas.client = made.ends.server;
	made.is_anothers = is_anothers(m, who);
	/* Of others nothing is kept: none of the subject's questions makes room for theirs. */
	if (who == 0 && !is_about_any(f, &made))
		return 0;
	(void)follow_exchange_put(f, &made);
	return !made.is_anothers;
}

/* The session is over, whoever the server thought that it was of. */
static void
end_session(struct follow *f, struct follow_session *s, const struct follow_exchange *x, const struct radius *m,
    const struct follow_frame *frame)
{
	int is_certain;

	if (x->is_anothers && !is_by_id(s, x)) {
		/* Another has an address of its. */
		f->blind = FOLLOW_CONFLICT;
		follow_session_end(f, s, "conflict", m, frame);
		return;
	}
	is_certain = is_by_id(s, x) || follow_session_has(f, s, x->addresses, x->address_count);
	follow_session_end(f, s, "disconnected", m, frame);
	/* It said less, or what is not read here: another of the name's may have been meant, and this one go on. */
	s->is_doubted = !is_certain;
	s->is_told &= is_certain;
	if (f->blind == NULL || strcmp(f->blind, FOLLOW_CONFLICT) != 0)
		follow_learn(f, 0);
}

/* An address that it gives is not begun with: what the client makes of it is said by accounting. */
static void
change_session(struct follow *f, struct follow_session *s, const struct follow_exchange *x, const struct radius *m,
    const struct follow_frame *frame)
{
	size_t before = f->count;

	if (x->is_anothers) {
		f->blind = FOLLOW_CONFLICT;
		follow_session_end(f, s, "conflict", m, frame);
		return;
	}
	follow_session_tell(f, s, ACCESS_SERVICE_CHANGED, "", frame);
	if (x->timeout != 0)
		follow_session_limit(f, s, frame->time + (stamp_t)x->timeout * STAMP_SECOND);
	follow_session_narrow(f, s, x->addresses, x->address_count, frame);
	s->is_awaited |= f->count < before;
	/* What could not be read of it may have changed anything. */
	if ((f->count < before || !x->is_whole) && f->blind == NULL)
		f->blind = FOLLOW_UNKNOWN;
}

static int
take_answer(struct follow *f, const struct radius *m, const struct follow_frame *frame)
{
	struct follow_exchange *x = follow_exchange_find(f, m, frame, 1);
	const uint8_t question = m->code <= RADIUS_DISCONNECT_NAK ? RADIUS_DISCONNECT_REQUEST : RADIUS_COA_REQUEST;
	struct follow_session *s;
	size_t i;

	if (x == NULL || x->code != question)
		return 0;
	/* Another answer under an answered number is to another's question, which was not seen. */
	if (x->is_answered)
		return memcmp(x->answer, m->authenticator, sizeof(x->answer)) == 0 && !x->is_anothers;
	x->is_answered = 1;
	memcpy(x->answer, m->authenticator, sizeof(x->answer));
	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (!is_about(f, s, x))
			continue;
		f->is_stale = 1;
		if (m->code == RADIUS_DISCONNECT_ACK)
			end_session(f, s, x, m, frame);
		else if (m->code == RADIUS_COA_ACK)
			change_session(f, s, x, m, frame);
	}
	return !x->is_anothers;
}

int
follow_coa(struct follow *f, const struct radius *m, const struct follow_frame *frame)
{
	const struct conf_radius *conf = &f->iap->radius;
	int is_question = m->code == RADIUS_DISCONNECT_REQUEST || m->code == RADIUS_COA_REQUEST;
	const struct conf_address server = follow_end_of(frame, !is_question),
				  client = follow_end_of(frame, is_question);

	if (!follow_is_port(
		conf->coa_ports, conf->coa_port_count, is_question ? frame->target_port : frame->source_port) ||
	    !follow_is_one_of(conf->servers, conf->server_count, &server) ||
	    !follow_is_one_of(conf->clients, conf->client_count, &client))
		return 0;
	return follow_heard(f, is_question ? take_question(f, m, frame) : take_answer(f, m, frame));
}
