#include <string.h>

#include "wire.h"

#include "follow_internal.h"

/*
 * DHCPv6.  A client's own word ends what it had; only a server's word begins anything.
 */
#define METHOD "dhcpv6"
#define BITS_MIN 48 /* of a prefix that is one subscriber's */

/* An answer of one of the servers, to the subject. */
struct answer {
	const struct dhcp6 *m;
	const struct follow_question *question; /* NULL: it was not seen */
	const struct follow_frame *frame;
	uint64_t who;
	int is_learned; /* that it was given something */
};

/* The order's own associations, if it has any, narrow. */
static int
is_wanted(const struct order *o, uint32_t iaid)
{
	int has_any = 0;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		if (o->identities[i].kind != ORDER_DHCP6_IAID)
			continue;
		if (wire_be32(o->identities[i].bytes) == iaid)
			return 1;
		has_any = 1;
	}
	return !has_any;
}

static int
is_refusal(uint16_t status)
{
	return status == DHCP6_NO_ADDRESSES || status == DHCP6_NO_BINDING || status == DHCP6_NOT_ON_LINK ||
	       status == DHCP6_NO_PREFIX;
}

/* Is it that client's?  Of an association NULL: any of them. */
static int
is_of(const struct follow_binding *b, const struct dhcp6 *m, const struct dhcp6_ia *ia)
{
	return b->source == FOLLOW_DHCP6 && b->lease.duid_length == m->client_id.n &&
	       memcmp(b->lease.duid, m->client_id.at, m->client_id.n) == 0 &&
	       (ia == NULL || (b->lease.kind == ia->kind && b->lease.iaid == ia->iaid));
}

static int
has_binding(const struct follow *f, const struct dhcp6 *m)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (is_of(&f->bindings[i], m, NULL))
			return 1;
	}
	return 0;
}

static void
end_all(struct follow *f, const struct dhcp6 *m, const struct dhcp6_ia *ia, const char *why,
    const struct follow_frame *frame)
{
	size_t i;

	for (i = f->count; i > 0; i--) {
		if (is_of(&f->bindings[i - 1], m, ia))
			follow_end(f, i - 1, why, frame);
	}
}

/* The client has that one no more. */
static void
end_one(struct follow *f, const struct dhcp6 *m, const struct order_prefix *p, const char *why,
    const struct follow_frame *frame)
{
	size_t i;

	for (i = f->count; i > 0; i--) {
		if (is_of(&f->bindings[i - 1], m, NULL) && follow_overlaps(&f->bindings[i - 1].address, p))
			follow_end(f, i - 1, why, frame);
	}
}

static void
give_up_ia(struct follow *f, const struct dhcp6 *m, const struct dhcp6_ia *ia, const char *why,
    const struct follow_frame *frame)
{
	struct wire_bytes leases = ia->leases;
	struct dhcp6_lease lease;

	while (dhcp6_next_lease(&leases, ia->kind, &lease))
		end_one(f, m, &lease.address, why, frame);
}

/* The client gives up what it names. */
static void
give_up(struct follow *f, const struct dhcp6 *m, const char *why, const struct follow_frame *frame)
{
	struct wire_bytes rest = m->options;
	struct dhcp6_ia ia;

	while (dhcp6_next_ia(&rest, &ia))
		give_up_ia(f, m, &ia, why, frame);
}

/* The client asks for an address anew: once, however often it says so. */
static void
note_attempt(struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	int is_again = m->type == DHCP6_SOLICIT ? follow_client_question(f, m, frame->time) != NULL
						: follow_client_has_asked(f, m, frame->time) || has_binding(f, m);

	if (!is_again)
		follow_note(f, ACCESS_ATTEMPT, METHOD, "", m->xid, frame);
}

static int
take_request(struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	uint64_t who = follow_client_named(f, m, frame);
	int is_again;

	if (who == 0)
		return 0;
	is_again = follow_client_question(f, m, frame->time) != NULL;
	if (m->type == DHCP6_SOLICIT || m->type == DHCP6_REQUEST)
		note_attempt(f, m, frame);
	if (m->type == DHCP6_RELEASE)
		give_up(f, m, "released", frame);
	if (m->type == DHCP6_DECLINE) {
		if (!is_again)
			follow_note(f, ACCESS_FAILED, METHOD, "declined", m->xid, frame);
		give_up(f, m, "declined", frame);
	}
	follow_client_remember(f, m, who, frame);
	return 1;
}

static stamp_t
end_of_lease(const struct dhcp6_lease *lease, stamp_t time)
{
	return lease->valid == DHCP6_FOREVER ? INT64_MAX : time + (stamp_t)lease->valid * STAMP_SECOND;
}

/* It has something: behind a line may be others, who are known only once any lease of before has run out. */
static void
learn(struct follow *f, struct answer *a)
{
	if (!a->is_learned)
		follow_learn(f, a->who & follow_who(f->order, FOLLOW_DHCP6_CLIENT));
	a->is_learned = 1;
}

/* It asks from a MAC, on its own link, and so only frames of that are its. */
static void
take_link(struct follow_binding *b, const struct follow_question *q)
{
	if (q == NULL || !q->has_link)
		return;
	b->has_link = 1;
	b->hardware_length = sizeof(q->mac);
	memcpy(b->hardware, q->mac, sizeof(q->mac));
}

/* It had what it has from another MAC. */
static int
has_moved(const struct follow_binding *b, const struct follow_question *q)
{
	return b->has_link && q != NULL && q->has_link && memcmp(b->hardware, q->mac, sizeof(q->mac)) != 0;
}

static void
renew(struct follow *f, struct follow_binding *b, const struct answer *a, const struct dhcp6_lease *lease)
{
	const struct follow_question *q = a->question;
	stamp_t now = a->frame->time;

	take_link(b, q);
	if (b->xid == a->m->xid && now - b->told < FOLLOW_SAME_NS && (q == NULL || q->time <= b->told))
		return;
	b->until = end_of_lease(lease, now);
	follow_word(b, a->m->xid, a->frame);
	follow_tell(f, FOLLOW_RENEWED, "renewed", b, a->frame);
}

/* What was asked for is new to it? */
static int
is_new(const struct answer *a)
{
	return a->question != NULL && (a->question->type == DHCP6_SOLICIT || a->question->type == DHCP6_REQUEST);
}

static void
begin(struct follow *f, const struct answer *a, const struct dhcp6_ia *ia, const struct dhcp6_lease *lease)
{
	const char *how = lease->address.bits == 128 ? "assigned" : "delegated";
	struct follow_binding *b;

	if (f->count == FOLLOW_BINDINGS_MAX) {
		f->blind = FOLLOW_UNKNOWN;
		return;
	}
	b = &f->bindings[f->count++];
	memset(b, 0, sizeof(*b));
	b->address = lease->address;
	b->source = FOLLOW_DHCP6;
	b->method = METHOD;
	b->lease.kind = ia->kind;
	b->lease.iaid = ia->iaid;
	b->lease.duid_length = (uint8_t)a->m->client_id.n;
	memcpy(b->lease.duid, a->m->client_id.at, a->m->client_id.n);
	take_link(b, a->question);
	b->from = b->routed = a->frame->time;
	b->until = end_of_lease(lease, b->from);
	follow_word(b, a->m->xid, a->frame);
	follow_tell(f, FOLLOW_BEGUN, is_new(a) ? how : "established", b, a->frame);
}

/* The client has that one.  What it or another client of the subject's had of it is over; a part of it needs no other. */
static void
give(struct follow *f, const struct answer *a, const struct dhcp6_ia *ia, const struct dhcp6_lease *lease)
{
	struct follow_binding *b;
	size_t i;

	while ((i = follow_find(f, FOLLOW_DHCP6, &lease->address)) < f->count) {
		b = &f->bindings[i];
		if (is_of(b, a->m, NULL) && b->address.bits < lease->address.bits)
			return;
		if (is_of(b, a->m, ia) && b->address.bits == lease->address.bits && !has_moved(b, a->question)) {
			renew(f, b, a, lease);
			return;
		}
		follow_end(f, i, "replaced", a->frame);
	}
	begin(f, a, ia, lease);
}

/* By when whatever was given before capture began is renewed or over. */
static void
settle_by(struct follow *f, const struct dhcp6_lease *lease)
{
	stamp_t end = end_of_lease(lease, f->since);

	if (f->unknown != 0 && end != INT64_MAX && (f->clients->settled == INT64_MAX || f->clients->settled < end))
		f->clients->settled = end;
}

/* A client that asks anew has what it is given then, and nothing else in that association. */
static void
end_others(struct follow *f, const struct answer *a, const struct dhcp6_ia *ia)
{
	size_t i;

	for (i = f->count; is_new(a) && i > 0; i--) {
		if (is_of(&f->bindings[i - 1], a->m, ia) && f->bindings[i - 1].xid != a->m->xid)
			follow_end(f, i - 1, "replaced", a->frame);
	}
}

/* One association of the answer. */
static void
take_ia(struct follow *f, struct answer *a, const struct dhcp6_ia *ia)
{
	struct wire_bytes rest = ia->leases;
	struct dhcp6_lease lease;
	int has_any = 0;

	if (is_refusal(ia->status)) {
		follow_note(f, ACCESS_REJECTED, METHOD, "refused", a->m->xid, a->frame);
		end_all(f, a->m, ia, "refused", a->frame);
		return;
	}
	while (dhcp6_next_lease(&rest, ia->kind, &lease)) {
		if (lease.valid == 0 || is_refusal(lease.status)) {
			end_one(f, a->m, &lease.address, "withdrawn", a->frame);
			continue;
		}
		if ((ia->kind == DHCP6_PD && lease.address.bits < BITS_MIN) ||
		    !follow_is_in(f->iap->ipv6.pools, f->iap->ipv6.pool_count, &lease.address))
			continue;
		has_any = 1;
		learn(f, a);
		settle_by(f, &lease);
		give(f, a, ia, &lease);
	}
	if (has_any)
		end_others(f, a, ia);
}

/* Has the client asked for what the answer holds? */
static int
is_asked_for(const struct answer *a)
{
	return a->question == NULL || (a->question->type != DHCP6_RELEASE && a->question->type != DHCP6_DECLINE &&
					  a->question->type != DHCP6_INFORMATION);
}

/* One of the servers has answered the subject. */
static void
take_answer(struct follow *f, struct answer *a)
{
	struct wire_bytes rest = a->m->options;
	struct dhcp6_ia ia;

	if (!is_asked_for(a))
		return;
	if (is_refusal(a->m->status)) {
		follow_note(f, ACCESS_REJECTED, METHOD, "refused", a->m->xid, a->frame);
		end_all(f, a->m, NULL, "refused", a->frame);
		return;
	}
	/* What it gives is not known, or not all of it. */
	if (!a->m->is_whole) {
		f->blind = FOLLOW_UNKNOWN;
		return;
	}
	while (dhcp6_next_ia(&rest, &ia)) {
		if (is_wanted(f->order, ia.iaid))
			take_ia(f, a, &ia);
		else
			give_up_ia(f, a->m, &ia, "replaced", a->frame);
	}
}

/* One of the servers has given it to someone else. */
static void
dispute_one(struct follow *f, const struct dhcp6 *m, const struct order_prefix *p, const struct follow_frame *frame)
{
	size_t i;

	follow_given_dispute(f, p, frame);
	if (m->relay_count == 0)
		follow_hosts_dispute(f, p, frame);
	for (i = f->count; i > 0; i--) {
		/* The same client: its question was not seen, and the lease is not extended. */
		if (f->bindings[i - 1].source != FOLLOW_DHCP6 || is_of(&f->bindings[i - 1], m, NULL) ||
		    !follow_overlaps(&f->bindings[i - 1].address, p))
			continue;
		f->blind = FOLLOW_CONFLICT;
		follow_end(f, i - 1, "conflict", frame);
	}
}

static void
dispute(struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	struct wire_bytes rest = m->options, leases;
	struct dhcp6_lease lease;
	struct dhcp6_ia ia;

	while (dhcp6_next_ia(&rest, &ia)) {
		leases = ia.leases;
		while (dhcp6_next_lease(&leases, ia.kind, &lease)) {
			if (lease.valid != 0)
				dispute_one(f, m, &lease.address, frame);
		}
	}
}

static int
take_reply(struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	struct answer a = {m, NULL, frame, 0, 0};

	if (f->clients != NULL && m->client_id.n > 0) {
		a.question = follow_client_question(f, m, frame->time);
		a.who = follow_client_named(f, m, frame) | (a.question == NULL ? 0 : a.question->who);
	}
	if (m->type != DHCP6_REPLY)
		return a.who != 0;
	if (a.who == 0)
		dispute(f, m, frame);
	else
		take_answer(f, &a);
	return a.who != 0;
}

int
follow_dhcp6(struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	if (f->iap == NULL || f->iap->ipv6.server_count == 0)
		return 0;
	if (m->is_reply)
		return follow_client_is_answered_by(&f->iap->ipv6, frame) ? take_reply(f, m, frame) : 0;
	return f->clients != NULL && m->client_id.n > 0 ? take_request(f, m, frame) : 0;
}

void
follow_dhcp6_keep(const struct follow *f, const struct follow_binding *b, struct kept_binding *k)
{
	(void)f;
	follow_more_put_number(k, b->lease.iaid);
	follow_more_put(k, &b->lease.kind, 1);
	follow_more_put(k, b->lease.duid, b->lease.duid_length);
}

int
follow_dhcp6_take(struct follow *f, struct follow_binding *b, struct follow_more *more)
{
	struct follow_lease *l = &b->lease;
	uint64_t iaid;

	if (f->clients == NULL || follow_more_get_number(more, &iaid) == -1 || iaid > UINT32_MAX ||
	    follow_more_get(more, &l->kind, 1) == -1 || more->left == 0 || more->left > sizeof(l->duid))
		return -1;
	l->iaid = (uint32_t)iaid;
	l->duid_length = (uint8_t)more->left;
	(void)follow_more_get(more, l->duid, more->left); /* it is there */
	if (b->address.family != 6 || b->address.bits < BITS_MIN || (l->kind != DHCP6_PD && b->address.bits != 128) ||
	    !is_wanted(f->order, l->iaid) ||
	    !follow_is_in(f->iap->ipv6.pools, f->iap->ipv6.pool_count, &b->address) ||
	    follow_find(f, FOLLOW_DHCP6, &b->address) < f->count)
		return -1;
	b->routed = b->from;
	b->method = METHOD;
	return 0;
}
