#include <string.h>

#include "wire.h"

#include "follow_client4.h"
#include "follow_internal.h"

/*
 * DHCPv4.  A client's own word ends what it had, and proves nothing; only a server's word begins anything.
 */
#define METHOD "dhcpv4"

static const uint8_t no_address[4];

static int
is_in_pool(const struct conf_iap *iap, const uint8_t address[4])
{
	uint32_t value = wire_be32(address), mask;
	size_t i;

	for (i = 0; i < iap->dhcp_pool_count; i++) {
		mask = UINT32_MAX << (32 - iap->dhcp_pools[i].bits); /* never 0 bits */
		if (((value ^ wire_be32(iap->dhcp_pools[i].addr)) & mask) == 0)
			return 1;
	}
	return 0;
}

/* Behind a line may be others, who are known only once any lease of before has run out. */
static void
learn(struct follow *f, uint64_t who)
{
	follow_learn(f, who & ~follow_who(f->order, FOLLOW_DHCP4_LINE));
}

static struct order_prefix
host(const uint8_t address[4])
{
	struct order_prefix p = {.family = 4, .bits = 32};

	memcpy(p.addr, address, 4);
	return p;
}

/* The place of the binding with that address, or their number. */
static size_t
find(const struct follow *f, const uint8_t address[4])
{
	const struct order_prefix p = host(address);

	return follow_find(f, FOLLOW_DHCP4, &p);
}

static int
is_of(const struct follow_binding *b, const struct dhcp4 *m)
{
	return b->source == FOLLOW_DHCP4 && memcmp(b->hardware, m->hardware, sizeof(b->hardware)) == 0;
}

/* End what one client has there, but for one address.  Return when the latest of it would have ended; 0: it had nothing. */
static stamp_t
end_client(struct follow *f, const struct dhcp4 *m, const struct follow_spot *spot, const uint8_t *except,
    const char *why, const struct follow_frame *frame)
{
	enum follow_spots places;
	const struct follow_binding *b;
	stamp_t until = 0;
	size_t i;

	for (i = f->count; i > 0; i--) {
		b = &f->bindings[i - 1];
		if (!is_of(b, m) || (except != NULL && memcmp(b->address.addr, except, 4) == 0))
			continue;
		places = spot == NULL ? FOLLOW_SPOTS_SAME : follow_spot_compare(&b->spot, spot);
		if (places == FOLLOW_SPOTS_OTHER)
			continue;
		/* It may have both: which is not known until the lease of the first is over. */
		if (places == FOLLOW_SPOTS_UNSURE)
			follow_miss(f, FOLLOW_DHCP4, NULL, b->until);
		if (b->until > until)
			until = b->until;
		follow_end(f, i - 1, why, frame);
	}
	return until;
}

/* The client gives up one address.  Anyone can say so: until the lease would have ended it may go on. */
static void
give_up(struct follow *f, const uint8_t address[4], const char *why, const struct follow_frame *frame)
{
	size_t i = find(f, address);

	if (i == f->count)
		return;
	follow_miss(f, FOLLOW_DHCP4, f->bindings[i].hardware, f->bindings[i].until);
	follow_end(f, i, why, frame);
}

static int
has_binding(const struct follow *f, const struct dhcp4 *m)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (is_of(&f->bindings[i], m))
			return 1;
	}
	return 0;
}

/* The client asks for an address anew: once, however often it says so. */
static void
note_attempt(struct follow *f, const struct dhcp4 *m, const struct follow_frame *frame)
{
	if (follow_asked4(f, m, frame->time) != NULL || (m->type != DHCP4_DISCOVER && has_binding(f, m)))
		return;
	follow_note(f, ACCESS_ATTEMPT, METHOD, "", m->xid, frame);
	follow_try(f, METHOD, m->xid, frame);
}

/* A client that has a binding asks as another, or from another line. */
static void
take_anothers_request(struct follow *f, const struct dhcp4 *m, int is_trusted, const struct follow_frame *frame)
{
	unsigned others = follow_dhcp4_others(f->order, m, is_trusted);

	if ((m->type == DHCP4_DISCOVER || m->type == DHCP4_REQUEST) && others != 0 && has_binding(f, m))
		follow_ask4(f, m, 0, others, frame);
}

static int
take_request(struct follow *f, const struct dhcp4 *m, const struct follow_frame *frame)
{
	int is_trusted = follow_dhcp4_is_ours(f->iap, frame->source);
	uint64_t who = follow_dhcp4_named(f->order, m, is_trusted);

	if (who == 0) {
		take_anothers_request(f, m, is_trusted, frame);
		return 0;
	}
	switch ((enum dhcp4_type)m->type) {
	case DHCP4_DISCOVER:
		/* It has nothing yet; whoever else sends that in its name has not said so. */
		if (is_trusted || follow_is_local4(m, frame))
			learn(f, who);
		note_attempt(f, m, frame);
		follow_ask4(f, m, who, 0, frame);
		break;
	case DHCP4_REQUEST:
		note_attempt(f, m, frame);
		follow_ask4(f, m, who, 0, frame);
		break;
	case DHCP4_RELEASE:
		give_up(f, m->client, "released", frame);
		break;
	case DHCP4_DECLINE:
		(void)follow_try_over(f, METHOD, m->xid);
		follow_note(f, ACCESS_FAILED, METHOD, "declined", m->xid, frame);
		give_up(f, m->requested, "declined", frame);
		break;
	default:
		break;
	}
	return 1;
}

/* When does what begins or goes on at ${time} end? */
static stamp_t
end_of_lease(const struct dhcp4 *m, stamp_t time)
{
	return m->lease == DHCP4_FOREVER ? INT64_MAX : time + (stamp_t)m->lease * STAMP_SECOND;
}

/* One that was kept over a new start is where it is seen first. */
static void
renew(struct follow *f, struct follow_binding *b, const struct dhcp4 *m, const struct follow_pending *p,
    const struct follow_frame *frame)
{
	if (!b->spot.is_known)
		b->spot = follow_spot_of(m, p, frame);
	/* A client may ask again under the same number; then its question lies between the two answers. */
	if (b->xid == m->xid && frame->time - b->told < FOLLOW_SAME_NS && (p == NULL || p->time <= b->told))
		return;
	b->until = end_of_lease(m, frame->time);
	follow_word(b, m->xid, frame);
	follow_tell(f, FOLLOW_RENEWED, "renewed", b, frame);
}

static void
begin(struct follow *f, const struct dhcp4 *m, int has_link, const struct follow_spot *spot,
    const struct follow_frame *frame)
{
	struct follow_binding *b;
	int is_renewal = memcmp(m->client, m->yours, 4) == 0;

	if (f->count == FOLLOW_BINDINGS_MAX) {
		f->blind = FOLLOW_UNKNOWN;
		return;
	}
	b = &f->bindings[f->count++];
	memset(b, 0, sizeof(*b));
	b->address = host(m->yours);
	b->source = FOLLOW_DHCP4;
	memcpy(b->hardware, m->hardware, sizeof(b->hardware));
	b->hardware_length = m->hardware_length;
	b->method = METHOD;
	b->has_link = has_link;
	b->spot = *spot;
	b->from = frame->time;
	b->until = end_of_lease(m, frame->time);
	follow_word(b, m->xid, frame);
	follow_tell(f, FOLLOW_BEGUN, is_renewal ? "established" : "assigned", b, frame);
}

/* Is it of a client that has just that address, and says nothing of another?  Then this may be the subject. */
static int
may_be_own(const struct follow *f, const struct dhcp4 *m, unsigned others)
{
	size_t i = find(f, m->yours);

	return others == 0 && i < f->count && is_of(&f->bindings[i], m);
}

/* One of the servers has given an address to someone who is not known to be the subject. */
static void
take_anothers_ack(
    struct follow *f, const struct dhcp4 *m, const struct follow_pending *p, const struct follow_frame *frame)
{
	unsigned others = follow_dhcp4_others(f->order, m, 1) | (p == NULL ? 0 : p->others);
	const struct order_prefix yours = host(m->yours);
	size_t before = f->count, i = find(f, m->yours);

	/* Its question was not seen: whether this is the subject is not known, and the lease is not extended. */
	if (may_be_own(f, m, others))
		return;
	if (i < f->count)
		follow_end(f, i, "conflict", frame);
	/* The machine is at another line now, and has left what it had at the subject's. */
	if ((others & FOLLOW_OTHER_LINE) != 0)
		(void)end_client(f, m, NULL, NULL, "conflict", frame);
	if (f->count < before)
		f->blind = FOLLOW_CONFLICT;
	if (m->type == DHCP4_ACK)
		follow_dispute(f, FOLLOW_DHCP4, &yours, m->is_ethernet ? m->hardware : NULL, frame);
}

/* The subject has something else now that can not be followed: outside the pool, or without the time of a lease. */
static void
take_unfollowed(
    struct follow *f, const struct dhcp4 *m, const struct follow_spot *spot, const struct follow_frame *frame)
{
	(void)end_client(f, m, spot, NULL, "replaced", frame);
	follow_miss(f, FOLLOW_DHCP4, m->hardware, m->lease == 0 ? INT64_MAX : end_of_lease(m, frame->time));
}

/* An answer that the client's own MAC gets stands on its link. */
static int
is_on_link(const struct dhcp4 *m, const struct follow_pending *p, const struct follow_frame *frame)
{
	return (p != NULL && p->is_local) ||
	       (frame->target_mac != NULL && m->is_ethernet && memcmp(frame->target_mac, m->hardware, 6) == 0);
}

/* One of the servers has given an address to the subject. */
static void
take_ack(struct follow *f, const struct dhcp4 *m, uint64_t who, const struct follow_pending *p,
    const struct follow_frame *frame)
{
	const struct follow_spot spot = follow_spot_of(m, p, frame);
	int has_link = is_on_link(m, p, frame);
	size_t i = find(f, m->yours);

	if (m->lease == 0 || !is_in_pool(f->iap, m->yours)) {
		take_unfollowed(f, m, &spot, frame);
		return;
	}
	follow_found(f, FOLLOW_DHCP4, m->hardware);
	learn(f, who);
	if (f->blind != NULL && f->settled == INT64_MAX && m->lease != DHCP4_FOREVER)
		f->settled = end_of_lease(m, f->since);
	(void)end_client(f, m, &spot, m->yours, "replaced", frame);
	i = find(f, m->yours);
	if (i < f->count && is_of(&f->bindings[i], m)) {
		f->has_narrowed |= has_link && !f->bindings[i].has_link;
		f->bindings[i].has_link |= has_link;
		renew(f, &f->bindings[i], m, p, frame);
		return;
	}
	if (i < f->count)
		follow_end(f, i, "replaced", frame);
	begin(f, m, has_link, &spot, frame);
}

/* A server need not repeat what the client said of itself; where it says another, that counts. */
static uint64_t
asked_by(const struct follow *f, const struct dhcp4 *m, const struct follow_pending *p)
{
	unsigned others = follow_dhcp4_others(f->order, m, 1);
	uint64_t who = p == NULL ? 0 : p->who;

	if ((others & FOLLOW_OTHER_LINE) != 0)
		who &= ~follow_who(f->order, FOLLOW_DHCP4_LINE);
	if (m->client_id.n > 0)
		who &= ~follow_who(f->order, FOLLOW_KIND(ORDER_DHCP_CLIENT_ID));
	return who;
}

/* A server refuses: what the client had is over, unless it was another's word that it refuses. */
static void
take_nak(struct follow *f, const struct dhcp4 *m, const struct follow_pending *p, const struct follow_frame *frame)
{
	const struct follow_spot spot = follow_spot_of(m, p, frame);
	stamp_t until;

	follow_note(f, ACCESS_REJECTED, METHOD, "refused", m->xid, frame);
	until = end_client(f, m, &spot, NULL, "refused", frame);
	if (until != 0)
		follow_miss(f, FOLLOW_DHCP4, m->hardware, until);
}

static int
take_reply(struct follow *f, const struct dhcp4 *m, const struct follow_frame *frame)
{
	const struct follow_pending *p = follow_asked4(f, m, frame->time);
	uint64_t who = follow_dhcp4_named(f->order, m, 1) | asked_by(f, m, p);
	/* Where the type is not known, nothing begins: there is no lease.  But what is another's is known. */
	int is_given = (m->type == DHCP4_ACK || m->type == 0) && memcmp(m->yours, no_address, 4) != 0;

	if (who != 0 && (is_given || m->type == DHCP4_NAK))
		(void)follow_try_over(f, METHOD, m->xid);
	if (is_given && who != 0)
		take_ack(f, m, who, p, frame);
	else if (is_given)
		take_anothers_ack(f, m, p, frame);
	if (m->type == DHCP4_NAK && who != 0)
		take_nak(f, m, p, frame);
	return who != 0;
}

int
follow_dhcp4(struct follow *f, const struct dhcp4 *m, const struct follow_frame *frame)
{
	if (f->iap == NULL || f->iap->dhcp_server_count == 0)
		return 0;
	if (!m->is_reply)
		return follow_heard(f, take_request(f, m, frame));
	return follow_dhcp4_is_ours(f->iap, frame->source) ? follow_heard(f, take_reply(f, m, frame)) : 0;
}

int
follow_dhcp4_take(struct follow *f, struct follow_binding *b, struct follow_more *more)
{
	if (f->iap->dhcp_server_count == 0 || more->left != 0 || b->address.family != 4 || b->address.bits != 32 ||
	    !is_in_pool(f->iap, b->address.addr) || follow_find(f, FOLLOW_DHCP4, &b->address) < f->count ||
	    follow_who(f->order, FOLLOW_DHCP4_CLIENT | FOLLOW_DHCP4_LINE) == 0)
		return -1;
	b->method = METHOD;
	return 0;
}
