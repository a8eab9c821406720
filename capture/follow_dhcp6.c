#include <string.h>

#include "wire.h"

#include "follow_clients.h"
#include "follow_hosts.h"
#include "follow_internal.h"

/*
 * DHCPv6.  A client's own word ends what it had; only a server's word begins anything.
 */
#define METHOD "dhcpv6"

static int
has_binding(const struct follow *f, const struct dhcp6 *m)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (follow_lease_is_of(&f->bindings[i], m, NULL))
			return 1;
	}
	return 0;
}

/* The client gives up what it names. */
static void
give_up(struct follow *f, const struct dhcp6 *m, const char *why, const struct follow_frame *frame)
{
	struct wire_bytes rest = m->options;
	struct dhcp6_ia ia;

	while (dhcp6_next_ia(&rest, &ia))
		follow_lease_give_up(f, m, &ia, why, frame);
}

/* The client asks for an address anew: once, however often it says so. */
static void
note_attempt(struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	int is_again = m->type == DHCP6_SOLICIT ? follow_client_question(f, m, frame->time) != NULL
						: follow_client_has_asked(f, m, frame->time) || has_binding(f, m);

	if (is_again)
		return;
	follow_note(f, ACCESS_ATTEMPT, METHOD, "", m->xid, frame);
	/* An address is asked for under another number than servers are. */
	follow_tries_over(f, METHOD);
	follow_try(f, METHOD, m->xid, frame);
}

/* The client asks from another line: what it had is not the subject's any more, or soon. */
static void
leave(struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	size_t i;

	for (i = f->count; i > 0; i--) {
		if (!follow_lease_is_of(&f->bindings[i - 1], m, NULL))
			continue;
		f->blind = FOLLOW_CONFLICT;
		follow_end(f, i - 1, "conflict", frame);
	}
}

static int
take_request(struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	uint64_t who = follow_client_named(f, m, frame);
	size_t before = f->count;
	int is_again;

	if (who == 0) {
		if (m->type != DHCP6_INFORMATION && follow_client_is_answered_by(&f->iap->ipv6, frame) &&
		    follow_client_is_elsewhere(f, m))
			leave(f, m, frame);
		return 0;
	}
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
	if (f->count < before)
		follow_lease_unconfirmed(f);
	follow_client_remember(f, m, who, frame);
	return 1;
}

/* The same client on its line: its question was not seen, and the lease is not extended. */
static int
may_be_own(const struct follow *f, const struct dhcp6 *m, const struct follow_binding *b)
{
	return follow_lease_is_of(b, m, NULL) && !follow_client_is_elsewhere(f, m);
}

static int
has_own(const struct follow *f, const struct dhcp6 *m, const struct order_prefix *p)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (may_be_own(f, m, &f->bindings[i]) && follow_overlaps(&f->bindings[i].address, p))
			return 1;
	}
	return 0;
}

/* One of the servers has given it to someone who is not known to be the subject. */
static void
dispute_one(struct follow *f, const struct dhcp6 *m, const struct order_prefix *p, const struct follow_frame *frame)
{
	size_t i;

	if (!has_own(f, m, p)) {
		follow_dispute(f, FOLLOW_DHCP6, p, follow_mac_of_duid(m->client_id.at, m->client_id.n), frame);
		if (m->relay_count == 0)
			follow_hosts_dispute(f, p, frame);
	}
	for (i = f->count; i > 0; i--) {
		if (f->bindings[i - 1].source != FOLLOW_DHCP6 || !follow_overlaps(&f->bindings[i - 1].address, p))
			continue;
		if (may_be_own(f, m, &f->bindings[i - 1]))
			continue;
		f->blind = FOLLOW_CONFLICT;
		follow_end(f, i - 1, "conflict", frame);
	}
}

static void
dispute(struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	struct dhcp6_given at = {.rest = m->options};
	struct dhcp6_lease lease;

	while (dhcp6_next_given(&at, &lease))
		dispute_one(f, m, &lease.address, frame);
}

/* Whose question is answered?  Not of a line, where the answer goes to a relay that anyone may be. */
static uint64_t
asked_by(const struct follow *f, const struct follow_answer *a)
{
	if (a->question == NULL)
		return 0;
	if (a->m->relay_count == 0 || follow_client_is_said_to(&f->iap->ipv6, a->frame))
		return a->question->who;
	return a->question->who & ~follow_who(f->order, FOLLOW_DHCP6_LINE);
}

static int
take_reply(struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	struct follow_answer a = {m, NULL, frame, 0, 0, 0, 0};

	if (f->clients != NULL && m->client_id.n > 0) {
		a.question = follow_client_question(f, m, frame->time);
		/* Under the same number someone may have asked from another line. */
		if (m->is_whole && follow_client_is_elsewhere(f, m))
			a.question = NULL;
		a.who = follow_client_named(f, m, frame) | asked_by(f, &a);
	}
	if (m->type != DHCP6_REPLY)
		return a.who != 0;
	if (a.who != 0)
		follow_tries_over(f, METHOD);
	if (a.who == 0)
		dispute(f, m, frame);
	else
		follow_lease_answer(f, &a);
	return a.who != 0;
}

int
follow_dhcp6(struct follow *f, const struct dhcp6 *m, const struct follow_frame *frame)
{
	if (f->iap == NULL || f->iap->ipv6.server_count == 0)
		return 0;
	if (m->is_reply)
		return follow_client_is_answered_by(&f->iap->ipv6, frame) ? follow_heard(f, take_reply(f, m, frame))
									  : 0;
	return f->clients != NULL && m->client_id.n > 0 ? follow_heard(f, take_request(f, m, frame)) : 0;
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
	if ((l->kind != DHCP6_NA && l->kind != DHCP6_TA && l->kind != DHCP6_PD) ||
	    (b->has_link && b->hardware_length != 6))
		return -1;
	if (b->address.family != 6 || b->address.bits < FOLLOW_LEASE_BITS_MIN ||
	    (l->kind != DHCP6_PD && b->address.bits != 128) || !follow_lease_is_wanted(f->order, l->iaid) ||
	    !follow_is_in(f->iap->ipv6.pools, f->iap->ipv6.pool_count, &b->address) ||
	    follow_find(f, FOLLOW_DHCP6, &b->address) < f->count)
		return -1;
	b->routed = b->from;
	b->method = METHOD;
	return 0;
}
