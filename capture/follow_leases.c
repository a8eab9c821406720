#include <string.h>

#include "wire.h"

#include "follow_clients.h"
#include "follow_hosts.h"
#include "follow_internal.h"

/*
 * What the subject has by DHCPv6, and how an answer of one of the servers to it changes that.
 */
#define METHOD "dhcpv6"
#define ASKED(type) (1U << (type))

/* The reason, to be told by where it stands from that of others. */
static const char unconfirmed[] = FOLLOW_UNKNOWN;

int
follow_lease_is_wanted(const struct order *o, uint32_t iaid)
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

/* Nothing of that is the client's, nor stays so. */
static int
is_refusal(uint16_t status)
{
	return status == DHCP6_NO_ADDRESSES || status == DHCP6_NO_BINDING || status == DHCP6_NOT_ON_LINK ||
	       status == DHCP6_NO_PREFIX;
}

int
follow_lease_is_of(const struct follow_binding *b, const struct dhcp6 *m, const struct dhcp6_ia *ia)
{
	return b->source == FOLLOW_DHCP6 && b->lease.duid_length == m->client_id.n &&
	       memcmp(b->lease.duid, m->client_id.at, m->client_id.n) == 0 &&
	       (ia == NULL || (b->lease.kind == ia->kind && b->lease.iaid == ia->iaid));
}

static void
end_all(struct follow *f, const struct dhcp6 *m, const struct dhcp6_ia *ia, const char *why,
    const struct follow_frame *frame)
{
	size_t i;

	for (i = f->count; i > 0; i--) {
		if (follow_lease_is_of(&f->bindings[i - 1], m, ia))
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
		if (follow_lease_is_of(&f->bindings[i - 1], m, NULL) &&
		    follow_overlaps(&f->bindings[i - 1].address, p))
			follow_end(f, i - 1, why, frame);
	}
}

void
follow_lease_give_up(struct follow *f, const struct dhcp6 *m, const struct dhcp6_ia *ia, const char *why,
    const struct follow_frame *frame)
{
	struct wire_bytes leases = ia->leases;
	struct dhcp6_lease lease;

	while (dhcp6_next_lease(&leases, ia->kind, &lease))
		end_one(f, m, &lease.address, why, frame);
}

static stamp_t
end_of_lease(const struct dhcp6_lease *lease, stamp_t time)
{
	return lease->valid == DHCP6_FOREVER ? INT64_MAX : time + (stamp_t)lease->valid * STAMP_SECOND;
}

/* It has something: what else it, or others behind the line, had before is over only once such leases have run out. */
static void
learn(struct follow *f, struct follow_answer *a)
{
	if (!a->is_learned && !follow_hosts_is_reason(f->blind))
		follow_learn(f, 0);
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
renew(struct follow *f, struct follow_binding *b, const struct follow_answer *a, const struct dhcp6_lease *lease)
{
	const struct follow_question *q = a->question;
	stamp_t now = a->frame->time;

	f->has_narrowed |= !b->has_link && q != NULL && q->has_link;
	take_link(b, q);
	if (b->xid == a->m->xid && now - b->told < FOLLOW_SAME_NS && (q == NULL || q->time <= b->told))
		return;
	b->until = end_of_lease(lease, now);
	follow_word(b, a->m->xid, a->frame);
	follow_tell(f, FOLLOW_RENEWED, "renewed", b, a->frame);
}

/* It has that, and it is not followed. */
static void
miss(struct follow *f, struct follow_answer *a, const struct dhcp6_lease *lease)
{
	stamp_t end = end_of_lease(lease, a->frame->time);

	a->is_missed = 1;
	if (f->clients->missed < end)
		f->clients->missed = end;
}

/* What was asked for is new to it? */
static int
is_new(const struct follow_answer *a)
{
	return a->question != NULL && (a->question->types & (ASKED(DHCP6_SOLICIT) | ASKED(DHCP6_REQUEST))) != 0;
}

static void
begin(struct follow *f, struct follow_answer *a, const struct dhcp6_ia *ia, const struct dhcp6_lease *lease)
{
	const char *how = lease->address.bits == 128 ? "assigned" : "delegated";
	struct follow_binding *b;

	if (f->count == FOLLOW_BINDINGS_MAX) {
		miss(f, a, lease);
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
give(struct follow *f, struct follow_answer *a, const struct dhcp6_ia *ia, const struct dhcp6_lease *lease)
{
	struct follow_binding *b;
	size_t i;

	while ((i = follow_find(f, FOLLOW_DHCP6, &lease->address)) < f->count) {
		b = &f->bindings[i];
		if (follow_lease_is_of(b, a->m, NULL) && b->address.bits < lease->address.bits)
			return;
		if (follow_lease_is_of(b, a->m, ia) && b->address.bits == lease->address.bits &&
		    !has_moved(b, a->question)) {
			renew(f, b, a, lease);
			return;
		}
		a->has_moved |= has_moved(b, a->question);
		follow_end(f, i, "replaced", a->frame);
	}
	begin(f, a, ia, lease);
}

/* By when whatever was given before capture began is renewed or over. */
static void
settle_by(struct follow *f, const struct dhcp6_lease *lease)
{
	stamp_t end = end_of_lease(lease, f->since);

	if (end == INT64_MAX) {
		f->clients->is_endless = 1;
		f->clients->settled = INT64_MAX;
	}
	if (f->unknown != 0 && !f->clients->is_endless &&
	    (f->clients->settled == INT64_MAX || f->clients->settled < end))
		f->clients->settled = end;
}

/* A client that asks anew has what it is given then, and nothing else in that association. */
static void
end_others(struct follow *f, const struct follow_answer *a, const struct dhcp6_ia *ia)
{
	size_t i;

	for (i = f->count; is_new(a) && i > 0; i--) {
		if (follow_lease_is_of(&f->bindings[i - 1], a->m, ia) && f->bindings[i - 1].xid != a->m->xid)
			follow_end(f, i - 1, "replaced", a->frame);
	}
}

/* What is not of the pool, or more than one subscriber has, is not followed. */
static int
may_have(const struct follow *f, const struct dhcp6_ia *ia, const struct dhcp6_lease *lease)
{
	return (ia->kind != DHCP6_PD || lease->address.bits >= FOLLOW_LEASE_BITS_MIN) &&
	       follow_is_in(f->iap->ipv6.pools, f->iap->ipv6.pool_count, &lease->address);
}

/* One association of the answer. */
static void
take_ia(struct follow *f, struct follow_answer *a, const struct dhcp6_ia *ia)
{
	struct wire_bytes rest = ia->leases;
	struct dhcp6_lease lease;
	int has_any = 0;

	if (is_refusal(ia->status)) {
		follow_note(f, ACCESS_REJECTED, METHOD, "refused", a->m->xid, a->frame);
		end_all(f, a->m, ia, "refused", a->frame);
		return;
	}
	/* Of any other failure it is not known what it leaves. */
	if (ia->status != DHCP6_SUCCESS) {
		a->is_missed = 1;
		return;
	}
	while (dhcp6_next_lease(&rest, ia->kind, &lease)) {
		if (lease.valid == 0 || lease.status != DHCP6_SUCCESS) {
			end_one(f, a->m, &lease.address, "withdrawn", a->frame);
			continue;
		}
		has_any = 1;
		if (!may_have(f, ia, &lease)) {
			miss(f, a, &lease);
			continue;
		}
		learn(f, a);
		settle_by(f, &lease);
		give(f, a, ia, &lease);
	}
	if (has_any)
		end_others(f, a, ia);
}

/* Has the client asked for what the answer holds? */
static int
is_asked_for(const struct follow_answer *a)
{
	return a->question == NULL ||
	       (a->question->types & ~(ASKED(DHCP6_RELEASE) | ASKED(DHCP6_DECLINE) | ASKED(DHCP6_INFORMATION))) != 0;
}

/* Does it give anything, asked for or not? */
static int
has_leases(const struct dhcp6 *m)
{
	struct dhcp6_given at = {.rest = m->options};
	struct dhcp6_lease lease;

	return dhcp6_next_given(&at, &lease);
}

void
follow_lease_unconfirmed(struct follow *f)
{
	if (f->blind == NULL)
		f->blind = unconfirmed;
}

/* The answer to what asks for nothing. */
static void
take_no_answer(struct follow *f, const struct follow_answer *a)
{
	if (has_leases(a->m) || !a->m->is_whole)
		f->blind = FOLLOW_UNKNOWN;
	else if (a->m->status == DHCP6_SUCCESS && f->blind == unconfirmed)
		follow_learn(f, 0);
}

/* What may be missed by what was asked, or is given, in a way that is not followed. */
static void
doubt(struct follow *f, const struct follow_answer *a)
{
	if (a->has_moved || (a->question != NULL && a->question->is_disputed))
		f->blind = FOLLOW_CONFLICT;
	else if (a->is_missed && f->blind == NULL)
		f->blind = FOLLOW_UNKNOWN;
}

/* One of the servers has answered the subject. */
void
follow_lease_answer(struct follow *f, struct follow_answer *a)
{
	struct wire_bytes rest = a->m->options;
	struct dhcp6_ia ia;

	if (!is_asked_for(a)) {
		take_no_answer(f, a);
		return;
	}
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
		if (follow_lease_is_wanted(f->order, ia.iaid))
			take_ia(f, a, &ia);
		else
			follow_lease_give_up(f, a->m, &ia, "replaced", a->frame);
	}
	doubt(f, a);
}
