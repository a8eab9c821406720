#include <string.h>

#include "follow_internal.h"
#include "follow_sessions.h"

/*
 * The addresses that each session has, which it loses with its end.
 */
#define BITS6_MIN 48 /* of a network that is one subscriber's */

/* A stop may say why, in the words of RFC 2866. */
static const char *
cause_of(const struct radius *m, const char *why)
{
	static const char *const causes[] = {NULL, "user-request", "lost-carrier", "lost-service", "idle-timeout",
	    "session-timeout", "admin-reset", "admin-reboot", "port-error", "nas-error", "nas-request", "nas-reboot",
	    "port-unneeded", "port-preempted", "port-suspended", "service-unavailable", "callback", "user-error",
	    "host-request"};

	return m != NULL && m->status == RADIUS_STOP && m->cause > 0 && m->cause < sizeof(causes) / sizeof(causes[0])
		   ? causes[m->cause]
		   : why;
}

int
follow_session_may_have(const struct conf_radius *conf, const struct order_prefix *p)
{
	return (p->family == 4 || p->bits >= BITS6_MIN) && follow_is_in(conf->pools, conf->pool_count, p);
}

uint32_t
follow_session_place(const struct follow *f, const struct follow_session *s)
{
	return (uint32_t)(s - f->sessions->at);
}

static void
renew(struct follow_binding *b, struct follow *f, const struct radius *m, const struct follow_frame *frame)
{
	int is_again = frame->time - b->told < FOLLOW_SAME_NS && b->xid == m->identifier;

	if (is_again)
		return;
	follow_word(b, m->identifier, frame);
	follow_tell(f, FOLLOW_RENEWED, "renewed", b, frame);
}

/* The session has that one.  What it was of any other is over; a part of what it has needs no binding of its own. */
static void
give_one(struct follow *f, struct follow_session *s, const struct radius_address *a, const struct radius *m,
    const char *how, const struct follow_frame *frame)
{
	struct follow_binding *b;
	size_t i;

	while ((i = follow_find(f, FOLLOW_RADIUS, &a->prefix)) < f->count) {
		b = &f->bindings[i];
		if (b->session == follow_session_place(f, s) && b->address.bits <= a->prefix.bits) {
			if (b->address.bits == a->prefix.bits)
				renew(b, f, m, frame);
			return;
		}
		follow_end(f, i, "replaced", frame);
	}
	if (f->count == FOLLOW_BINDINGS_MAX) {
		f->blind = FOLLOW_UNKNOWN;
		return;
	}
	b = &f->bindings[f->count++];
	memset(b, 0, sizeof(*b));
	b->address = a->prefix;
	b->source = FOLLOW_RADIUS;
	b->method = FOLLOW_SESSIONS_METHOD;
	b->session = follow_session_place(f, s);
	b->from = frame->time;
	b->until = s->until;
	follow_word(b, m->identifier, frame);
	follow_tell(f, FOLLOW_BEGUN, a->is_delegated && strcmp(how, "assigned") == 0 ? "delegated" : how, b, frame);
}

/* Is it, or a part of it, in the list, or does that say nothing of its family? */
static int
is_named(const struct radius_address *list, size_t count, const struct order_prefix *p)
{
	int has_family = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		has_family |= list[i].prefix.family == p->family;
		if (p->bits <= list[i].prefix.bits && follow_overlaps(p, &list[i].prefix))
			return 1;
	}
	return !has_family;
}

/* Is the binding one of that session's? */
static int
is_of(const struct follow *f, const struct follow_binding *b, const struct follow_session *s)
{
	return b->source == FOLLOW_RADIUS && b->session == follow_session_place(f, s);
}

int
follow_session_has(
    const struct follow *f, const struct follow_session *s, const struct radius_address *list, size_t count)
{
	size_t i, k;

	for (i = 0; i < f->count; i++) {
		for (k = 0; k < count && is_of(f, &f->bindings[i], s); k++) {
			if (follow_overlaps(&f->bindings[i].address, &list[k].prefix))
				return 1;
		}
	}
	return 0;
}

void
follow_session_limit(struct follow *f, struct follow_session *s, stamp_t limit)
{
	size_t i;

	if (limit >= s->limit)
		return;
	f->is_stale = 1;
	s->limit = limit;
	f->has_narrowed = 1;
	if (s->until > limit)
		s->until = limit;
	for (i = 0; i < f->count; i++) {
		if (is_of(f, &f->bindings[i], s))
			f->bindings[i].until = s->until;
	}
}

void
follow_session_narrow(struct follow *f, struct follow_session *s, const struct radius_address *list, size_t count,
    const struct follow_frame *frame)
{
	size_t i;

	for (i = f->count; i > 0; i--) {
		if (is_of(f, &f->bindings[i - 1], s) && !is_named(list, count, &f->bindings[i - 1].address))
			follow_end(f, i - 1, "replaced", frame);
	}
}

void
follow_session_give(struct follow *f, struct follow_session *s, const struct radius *m, const char *how,
    const struct follow_frame *frame)
{
	const struct radius_address *a;
	struct follow_binding *b;
	int has_any = 0;
	size_t i;

	for (i = 0; i < f->count; i++) {
		b = &f->bindings[i];
		if (is_of(f, b, s))
			b->until = s->until;
	}
	follow_session_narrow(f, s, m->addresses, m->address_count, frame);
	s->is_missed |= m->has_more;
	for (i = 0; i < m->address_count; i++) {
		a = &m->addresses[i];
		if (follow_session_may_have(&f->iap->radius, &a->prefix))
			give_one(f, s, a, m, how, frame);
		else
			s->is_missed = 1;
	}
	for (i = 0; i < f->count; i++)
		has_any |= is_of(f, &f->bindings[i], s);
	s->is_awaited = !has_any;
}

void
follow_session_end(struct follow *f, struct follow_session *s, const char *why, const struct radius *m,
    const struct follow_frame *frame)
{
	size_t i;

	f->is_stale = 1;
	for (i = f->count; i > 0; i--) {
		if (is_of(f, &f->bindings[i - 1], s))
			follow_end(f, i - 1, why, frame);
	}
	s->is_lapsed = s->is_doubted = 0;
	if (s->is_over)
		return;
	s->is_over = 1;
	s->until = frame->time + (stamp_t)f->iap->radius.silence * STAMP_SECOND;
	if (s->is_told)
		follow_session_tell(f, s, ACCESS_SESSION_END, cause_of(m, why), frame); /* may be another's message */
}

void
follow_session_dispute(struct follow *f, const struct radius *m, const struct follow_frame *frame)
{
	/* Only accounting says, maybe, which machine it is of. */
	int is_accounting = m->code == RADIUS_ACCOUNTING_REQUEST;
	uint8_t room[6];
	const uint8_t *mac = follow_mac_in(m->calling.at, m->calling.n, room);
	size_t i, k;

	if (mac == NULL)
		mac = follow_mac_in(m->user.at, m->user.n, room);
	for (i = 0; i < m->address_count; i++) {
		if (is_accounting)
			follow_dispute(f, FOLLOW_RADIUS, &m->addresses[i].prefix, mac, frame);
		else
			follow_given_dispute(f, &m->addresses[i].prefix, frame);
		while ((k = follow_find(f, FOLLOW_RADIUS, &m->addresses[i].prefix)) < f->count) {
			f->blind = FOLLOW_CONFLICT;
			follow_session_end(f, &f->sessions->at[f->bindings[k].session], "conflict", m, frame);
		}
	}
}
