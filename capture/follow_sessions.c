#include <stdlib.h>
#include <string.h>

#include "follow_internal.h"
#include "follow_sessions.h"

/*
 * The sessions of a subject that RADIUS tells of, and the addresses that each has.
 */
#define METHOD "radius"
#define BITS6_MIN 48 /* of a network that is one subscriber's */

int
follow_sessions_begin(struct follow *f)
{
	if (f->iap == NULL || f->iap->radius.server_count == 0 || follow_who(f->order, FOLLOW_RADIUS_NAME) == 0)
		return 0;
	f->sessions = calloc(1, sizeof(*f->sessions));
	if (f->sessions == NULL)
		return -1;
	f->sessions->settled = f->since + (stamp_t)f->iap->radius.silence * STAMP_SECOND;
	return 0;
}

static stamp_t
silence(const struct follow *f)
{
	return (stamp_t)f->iap->radius.silence * STAMP_SECOND;
}

int
follow_sessions_await(const struct follow *f)
{
	const struct follow_session *s;
	size_t i;

	for (i = 0; f->sessions != NULL && i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until != 0 && (s->is_doubted || (!s->is_over && (s->is_awaited || s->is_missed))))
			return 1;
	}
	return 0;
}

const char *
follow_sessions_reason(const struct follow *f, uint32_t place)
{
	const struct follow_session *s = &f->sessions->at[place];

	return s->until == s->limit ? "session-timeout" : "session-silent";
}

void
follow_session_tell(struct follow *f, const struct follow_session *s, enum access_kind access, const char *how,
    const struct follow_frame *frame)
{
	const struct follow_event e = {
	    FOLLOW_NOTED, access, how, METHOD, NULL, frame->time, follow_proof(frame), 0, {s->id.bytes, s->id.n}};

	f->event(f->cookie, &e);
}

/* Its time is over.  It may be off, or its word was not seen: if it is heard of again, it goes on. */
static void
lapse(struct follow *f, struct follow_session *s, const char *why, const struct follow_frame *none)
{
	f->blind = why;
	if (s->is_told)
		follow_session_tell(f, s, ACCESS_SESSION_END, why, none);
	s->is_over = s->is_lapsed = 1;
	s->is_told = 0;
	s->until += silence(f);
}

void
follow_sessions_expire(struct follow *f, stamp_t now)
{
	struct follow_frame none = {.sha256 = ""};
	struct follow_session *s;
	size_t i;

	follow_sessions_pass(f, now);
	for (i = 0; f->sessions != NULL && i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until == 0 || s->until > now)
			continue;
		none.time = s->until;
		if (s->is_over)
			memset(s, 0, sizeof(*s));
		else
			lapse(f, s, follow_sessions_reason(f, (uint32_t)i), &none);
	}
}

stamp_t
follow_sessions_next(const struct follow *f)
{
	stamp_t next = f->sessions == NULL ? INT64_MAX : f->sessions->settled;
	size_t i;

	for (i = 0; f->sessions != NULL && i < FOLLOW_SESSIONS_MAX; i++) {
		if (f->sessions->at[i].until != 0 && f->sessions->at[i].until < next)
			next = f->sessions->at[i].until;
	}
	return next;
}

void
follow_sessions_shift(struct follow *f, stamp_t step)
{
	struct follow_session *s;
	size_t i;

	if (f->sessions == NULL)
		return;
	if (f->sessions->settled != INT64_MAX)
		f->sessions->settled += step;
	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		s->until += s->until == 0 ? 0 : step;
		s->limit += s->until == 0 || s->limit == INT64_MAX ? 0 : step;
	}
	for (i = 0; i < f->sessions->over_count; i++) {
		f->sessions->over[i].before += step;
		f->sessions->over[i].until += step;
	}
	for (i = 0; i < FOLLOW_PENDING_MAX; i++)
		f->sessions->exchanges[i].time += f->sessions->exchanges[i].time == 0 ? 0 : step;
}

int
follow_text_is_same(const struct follow_text *a, const struct follow_text *b)
{
	return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

int
follow_nas_is_same(const struct follow_nas *a, const struct follow_nas *b)
{
	int has_address = a->address.n > 0 && b->address.n > 0, has_name = a->name.n > 0 && b->name.n > 0;

	if (has_address && !follow_text_is_same(&a->address, &b->address))
		return 0;
	if (has_name && !follow_text_is_same(&a->name, &b->name))
		return 0;
	return has_address || has_name || memcmp(&a->client, &b->client, sizeof(a->client)) == 0;
}

struct follow_session *
follow_session_find(struct follow *f, const struct follow_nas *nas, const struct follow_text *id)
{
	struct follow_session *s;
	size_t i;

	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until != 0 && follow_text_is_same(&s->id, id) && follow_nas_is_same(&s->nas, nas))
			return s;
	}
	return NULL;
}

struct follow_session *
follow_session_accepted(struct follow *f, const struct follow_nas *nas, uint64_t who)
{
	struct follow_session *s;
	size_t i;

	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until != 0 && !s->is_over && s->id.n == 0 && (s->who & who) != 0 &&
		    follow_nas_is_same(&s->nas, nas))
			return s;
	}
	return NULL;
}

struct follow_session *
follow_session_new(struct follow *f, const struct follow_nas *nas, stamp_t until)
{
	struct follow_session *s, *place = NULL;
	size_t i;

	for (i = 0; i < FOLLOW_SESSIONS_MAX; i++) {
		s = &f->sessions->at[i];
		if (s->until != 0 && (!s->is_over || s->is_doubted))
			continue;
		if (place == NULL || s->until < place->until)
			place = s;
	}
	if (place == NULL)
		return NULL;
	memset(place, 0, sizeof(*place));
	place->nas = *nas;
	place->until = until;
	place->limit = INT64_MAX;
	return place;
}

void
follow_session_note(struct follow *f, enum access_kind access, const char *how, const struct radius *m,
    const struct follow_frame *frame)
{
	const struct follow_event e = {FOLLOW_NOTED, access, how, METHOD, NULL, frame->time, follow_proof(frame),
	    m == NULL ? 0 : m->identifier, m == NULL ? (struct wire_bytes){NULL, 0} : m->session};

	f->event(f->cookie, &e);
}

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
	b->method = METHOD;
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
	s->until = frame->time + silence(f);
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
