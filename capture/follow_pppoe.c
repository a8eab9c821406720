#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "follow_internal.h"
#include "follow_line.h"

/*
 * PPPoE.  A concentrator's word lets a name into a session; either end's word ends it.
 */
#define METHOD "pppoe"
#define MIRRORED_NS \
	(STAMP_SECOND / 10) /* a mirror of both directions shows one frame twice, one right behind the other */

int
follow_lines_begin(struct follow *f)
{
	if (f->iap == NULL || f->iap->pppoe.concentrator_count == 0 || follow_who(f->order, FOLLOW_PPPOE_NAME) == 0)
		return 0;
	f->lines = calloc(1, sizeof(*f->lines));
	return f->lines == NULL ? -1 : 0;
}

void
follow_lines_shift(struct follow *f, stamp_t step)
{
	size_t i;

	for (i = 0; f->lines != NULL && i < FOLLOW_PENDING_MAX; i++) {
		f->lines->logins[i].time += f->lines->logins[i].time == 0 ? 0 : step;
		f->lines->over[i].time += f->lines->over[i].time == 0 ? 0 : step;
		f->lines->answers[i].time += f->lines->answers[i].time == 0 ? 0 : step;
	}
	follow_inside_shift(f, step);
}

void
follow_lines_forget(struct follow *f)
{
	if (f->lines != NULL)
		memset(f->lines, 0, sizeof(*f->lines));
}

static uint64_t
named(const struct order *o, const struct pppoe *m)
{
	uint64_t found = 0;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		if (o->identities[i].kind == ORDER_PPPOE_USER && m->name.n == o->identities[i].length &&
		    memcmp(o->identities[i].bytes, m->name.at, m->name.n) == 0)
			found |= UINT64_C(1) << i;
	}
	return found;
}

static struct follow_login *
find_login(struct follow_login *list, const struct follow_line *line, stamp_t now)
{
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		if (list[i].time != 0 && now - list[i].time < FOLLOW_PENDING_NS &&
		    memcmp(&list[i].line, line, sizeof(*line)) == 0)
			return &list[i];
	}
	return NULL;
}

/* Where it stood, or the oldest. */
static struct follow_login *
put_login(struct follow_login *list, const struct follow_line *line, stamp_t now)
{
	struct follow_login *p = find_login(list, line, now);
	size_t i;

	if (p == NULL) {
		p = &list[0];
		for (i = 1; i < FOLLOW_PENDING_MAX; i++) {
			if (list[i].time < p->time)
				p = &list[i];
		}
	}
	memset(p, 0, sizeof(*p));
	p->time = now;
	p->line = *line;
	return p;
}

static stamp_t
end_of_silence(const struct follow *f, stamp_t now)
{
	return now + (stamp_t)f->iap->pppoe.silence * STAMP_SECOND;
}

/* The client of that line may have what is not followed. */
static void
miss(struct follow *f, const struct follow_line *line, stamp_t until)
{
	uint8_t hardware[16] = {0};

	memcpy(hardware, line->client, sizeof(line->client));
	follow_miss(f, FOLLOW_PPPOE, hardware, until);
}

static void
find_again(struct follow *f, const struct follow_line *line)
{
	uint8_t hardware[16] = {0};

	memcpy(hardware, line->client, sizeof(line->client));
	follow_found(f, FOLLOW_PPPOE, hardware);
}

static void
end(struct follow *f, const struct follow_line *line, const char *why, const struct follow_frame *frame)
{
	size_t i = follow_line_find(f, line);

	if (i < f->count)
		follow_end(f, i, why, frame);
}

/* It is not the name's any more, and what the name has now was not seen. */
static void
dispute(struct follow *f, const struct follow_line *line, const struct follow_frame *frame)
{
	if (follow_line_find(f, line) == f->count)
		return;
	f->blind = FOLLOW_CONFLICT;
	end(f, line, "conflict", frame);
}

/* The subject is let in. */
static void
begin(struct follow *f, const struct follow_line *line, uint64_t who, const struct follow_frame *frame)
{
	struct follow_login *over = find_login(f->lines->over, line, frame->time);
	struct follow_binding *b;

	follow_note(f, ACCESS_ACCEPTED, METHOD, "", line->session, frame);
	if (f->count == FOLLOW_BINDINGS_MAX) {
		f->blind = FOLLOW_UNKNOWN;
		return;
	}
	b = &f->bindings[f->count++];
	memset(b, 0, sizeof(*b));
	b->source = FOLLOW_PPPOE;
	b->method = METHOD;
	b->line = *line;
	memcpy(b->hardware, line->client, 6);
	b->hardware_length = 6;
	b->from = frame->time;
	b->until = end_of_silence(f, frame->time);
	follow_word(b, line->session, frame);
	if (over != NULL)
		memset(over, 0, sizeof(*over));
	find_again(f, line);
	follow_learn(f, who);
	follow_tell(f, FOLLOW_BEGUN, "assigned", b, frame);
}

/* A client says who it is. */
static int
take_login(struct follow *f, const struct follow_line *line, const struct pppoe *m, const struct follow_frame *frame)
{
	struct follow_login *p = find_login(f->lines->logins, line, frame->time);
	uint64_t who = named(f->order, m);
	int is_again = p != NULL && p->proto == m->proto && p->who == who;
	uint8_t asked[sizeof(p->asked)] = {0};

	if (who == 0) {
		/* What is answered is the latest question; another line may have the same number. */
		if (p != NULL) {
			(void)follow_try_over(f, METHOD, line->session);
			memset(p, 0, sizeof(*p));
		}
		dispute(f, line, frame);
		return 0;
	}
	/* Asked again, before its answer came: either may be answered. */
	if (is_again)
		memcpy(asked, p->asked, sizeof(asked));
	asked[m->ppp_id / 8] |= (uint8_t)(1U << m->ppp_id % 8);
	p = put_login(f->lines->logins, line, frame->time);
	p->who = who;
	p->proto = m->proto;
	memcpy(p->asked, asked, sizeof(asked));
	if (follow_line_find(f, line) < f->count)
		return 1;
	if (!is_again)
		follow_note(f, ACCESS_ATTEMPT, METHOD, "", line->session, frame);
	follow_try(f, METHOD, line->session, frame);
	return 1;
}

/* Is it, byte for byte, the answer that the line was given just before? */
static int
is_answer_again(struct follow_lines *lines, const struct follow_line *line, const struct follow_frame *frame)
{
	const struct follow_login *a = find_login(lines->answers, line, frame->time);

	return a != NULL && follow_proof(frame)[0] != '\0' && strcmp(a->sha256, follow_proof(frame)) == 0 &&
	       frame->time - a->time < MIRRORED_NS;
}

static void
note_answer(struct follow_lines *lines, const struct follow_line *line, const struct follow_frame *frame)
{
	struct follow_login *a = put_login(lines->answers, line, frame->time);

	(void)snprintf(a->sha256, sizeof(a->sha256), "%s", follow_proof(frame)); /* a hash */
}

/* A concentrator says yes or no. */
static int
take_verdict(
    struct follow *f, const struct follow_line *line, const struct pppoe *m, const struct follow_frame *frame)
{
	struct follow_login *p = find_login(f->lines->logins, line, frame->time);
	int is_yes = m->ppp_code == (m->proto == PPPOE_PAP ? PPPOE_PAP_ACK : PPPOE_CHAP_SUCCESS);
	uint64_t who;

	if (p == NULL && is_answer_again(f->lines, line, frame))
		return 1;
	if (p == NULL || p->proto != m->proto || (p->asked[m->ppp_id / 8] >> m->ppp_id % 8 & 1) == 0) {
		/* Someone is let in whose name is another, or was not seen. */
		if (is_yes && p == NULL)
			dispute(f, line, frame);
		else if (is_yes)
			miss(f, line, INT64_MAX);
		return 0;
	}
	who = p->who;
	memset(p, 0, sizeof(*p));
	(void)follow_try_over(f, METHOD, line->session);
	note_answer(f->lines, line, frame);
	if (!is_yes) {
		follow_note(f, ACCESS_REJECTED, METHOD, "refused", line->session, frame);
		return 1;
	}
	if (follow_line_find(f, line) == f->count && follow_line_is_allowed(f->order, line->session))
		begin(f, line, who, frame);
	return 1;
}

static int
is_verdict(const struct pppoe *m)
{
	return (m->proto == PPPOE_PAP && (m->ppp_code == PPPOE_PAP_ACK || m->ppp_code == PPPOE_PAP_NAK)) ||
	       (m->proto == PPPOE_CHAP && (m->ppp_code == PPPOE_CHAP_SUCCESS || m->ppp_code == PPPOE_CHAP_FAILURE));
}

static int
is_login(const struct pppoe *m)
{
	return (m->proto == PPPOE_PAP && m->ppp_code == PPPOE_PAP_REQUEST) ||
	       (m->proto == PPPOE_CHAP && m->ppp_code == PPPOE_CHAP_RESPONSE);
}

static int
is_last_word(const struct pppoe *m)
{
	return m->code == PPPOE_PADT || (m->proto == PPPOE_LCP && (m->ppp_code == PPPOE_TERMINATE_REQUEST ||
								      m->ppp_code == PPPOE_TERMINATE_ACK));
}

/* The concentrator has agreed on the client's address. */
static void
take_address(struct follow *f, struct follow_binding *b, const struct pppoe *m, const struct follow_frame *frame)
{
	struct follow_event e = {
	    FOLLOW_NOTED, ACCESS_ASSIGNED, "", METHOD, b, frame->time, follow_proof(frame), b->xid, {NULL, 0}};

	if (m->address.family == 0 || memcmp(&b->address, &m->address, sizeof(b->address)) == 0)
		return;
	b->address = m->address;
	f->event(f->cookie, &e);
}

struct follow_line
follow_line_of(const struct pppoe *m, const struct follow_frame *frame, int is_client)
{
	struct follow_line line;

	memset(&line, 0, sizeof(line));
	memcpy(line.client, is_client ? frame->mac : frame->target_mac, 6);
	memcpy(line.concentrator, is_client ? frame->target_mac : frame->mac, 6);
	line.session = m->session;
	line.vlan_count = frame->vlan_count;
	memcpy(line.vlans, frame->vlans, sizeof(line.vlans));
	return line;
}

/* In a session that is the subject's. */
static int
take_bound(struct follow *f, size_t i, const struct pppoe *m, int is_client, const struct follow_frame *frame)
{
	const struct follow_line line = f->bindings[i].line;
	struct follow_binding *b = &f->bindings[i];
	struct follow_login *over;

	if (is_last_word(m)) {
		follow_learn_more(f);
		over = put_login(f->lines->over, &line, frame->time);
		over->by_client = is_client;
		over->by_other = !is_client;
		/* Anyone can say so: until the other end does, the session may go on. */
		miss(f, &line, end_of_silence(f, frame->time));
		end(f, &line, "terminated", frame);
		return 1;
	}
	if (m->code == PPPOE_PADS) {
		/* It begins anew, whoever that is. */
		end(f, &line, "replaced", frame);
		return 0;
	}
	if (m->proto != 0)
		b->until = end_of_silence(f, frame->time);
	if (!is_client)
		take_address(f, b, m, frame);
	return 1;
}

/* The subject asks to be let in, and the session ends before the answer. */
static int
take_hanging_up(struct follow *f, const struct follow_line *line, const struct follow_frame *frame)
{
	if (find_login(f->lines->logins, line, frame->time) == NULL)
		return 0;
	/* Anyone can say so: the answer may come all the same. */
	if (follow_try_over(f, METHOD, line->session))
		follow_note(f, ACCESS_FAILED, METHOD, "terminated", line->session, frame);
	return 1;
}

/* In a session that is over, or is nobody's: a last word once more. */
static int
take_unbound(struct follow *f, const struct follow_line *line, const struct pppoe *m, int is_client,
    const struct follow_frame *frame)
{
	struct follow_login *over = find_login(f->lines->over, line, frame->time);

	if (!is_last_word(m))
		return 0;
	if (over == NULL)
		return take_hanging_up(f, line, frame);
	over->by_client |= is_client;
	over->by_other |= !is_client;
	if (over->by_client && over->by_other) {
		find_again(f, line);
		if (f->blind != NULL && strcmp(f->blind, FOLLOW_UNKNOWN) == 0)
			follow_learn(f, 0);
	}
	return 1;
}

int
follow_pppoe(struct follow *f, const struct pppoe *m, const struct follow_frame *frame)
{
	struct follow_line line;
	int is_client, is_own;
	size_t i;

	if (f->lines == NULL || m->session == 0 || frame->mac == NULL)
		return 0;
	f->has_begun = 0;
	is_client = follow_line_is_ours(&f->iap->pppoe, frame->target_mac);
	if (!is_client && !follow_line_is_ours(&f->iap->pppoe, frame->mac))
		return 0;
	line = follow_line_of(m, frame, is_client);
	if (is_login(m))
		return is_client ? follow_heard(f, take_login(f, &line, m, frame)) : 0;
	if (is_verdict(m) && !is_client) {
		is_own = take_verdict(f, &line, m, frame);
		i = follow_line_find(f, &line);
		if (i < f->count)
			f->bindings[i].until = end_of_silence(f, frame->time);
		f->is_stale |= i < f->count;
		return follow_heard(f, is_own);
	}
	i = follow_line_find(f, &line);
	f->is_stale |= i < f->count;
	if (i < f->count)
		return take_bound(f, i, m, is_client, frame);
	/* Whom EAP lets in is not read: under that name it may be the subject. */
	if (m->proto == PPPOE_EAP && is_client && named(f->order, m) != 0) {
		miss(f, &line, INT64_MAX);
		return 1;
	}
	return take_unbound(f, &line, m, is_client, frame);
}
