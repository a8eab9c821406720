#include <string.h>

#include "wire.h"

#include "follow_internal.h"

/*
 * DHCPv4.  A client's own word ends what it had; only a server's word begins anything.
 */
#define METHOD "dhcpv4"

static const uint8_t no_address[4];

static int
is_ours(const struct conf_iap *iap, const uint8_t address[4])
{
	size_t i;

	for (i = 0; i < iap->dhcp_server_count; i++) {
		if (memcmp(iap->dhcp_servers[i], address, 4) == 0)
			return 1;
	}
	return 0;
}

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

static int
is_same(const struct order_identity *id, const uint8_t *at, size_t n)
{
	return id->length == n && memcmp(id->bytes, at, n) == 0;
}

/* What a message says for one kind of identity; n is 0 where it says nothing. */
static struct wire_bytes
said(const struct dhcp4 *m, unsigned kind)
{
	switch (kind) {
	case ORDER_DHCP_MAC:
		return (struct wire_bytes){m->hardware, m->is_ethernet ? 6 : 0};
	case ORDER_DHCP_CLIENT_ID:
		return m->client_id;
	case ORDER_DHCP_CIRCUIT_ID:
		return m->circuit_id;
	case ORDER_DHCP_REMOTE_ID:
		return m->remote_id;
	case ORDER_DHCP_RELAY:
		return (struct wire_bytes){m->relay, memcmp(m->relay, no_address, 4) == 0 ? 0 : 4};
	default:
		return (struct wire_bytes){NULL, 0};
	}
}

/*
 * Which of the order's identities does the message name, a bit each?  Those of option 82 tell a line only together: of each
 * kind that the order has one must be there.  Who may not be trusted with it (${line} 0) names none.
 */
static uint64_t
named(const struct order *o, const struct dhcp4 *m, int line)
{
	uint64_t found = 0, of_line = 0;
	unsigned listed = 0, met = 0;
	struct wire_bytes b;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		unsigned kind = o->identities[i].kind;
		int is_of_line = kind >= ORDER_DHCP_CIRCUIT_ID && kind <= ORDER_DHCP_RELAY;

		listed |= is_of_line ? 1U << kind : 0;
		b = said(m, kind);
		if (b.n == 0 || !is_same(&o->identities[i], b.at, b.n))
			continue;
		met |= is_of_line ? 1U << kind : 0;
		*(is_of_line ? &of_line : &found) |= UINT64_C(1) << i;
	}
	return line && listed != 0 && listed == met ? found | of_line : found;
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

static struct follow_pending *
find_pending(struct follow *f, const struct dhcp4 *m, stamp_t now)
{
	struct follow_pending *p;
	size_t i;

	for (i = 0; i < FOLLOW_PENDING_MAX; i++) {
		p = &f->pending[i];
		if (p->time != 0 && now - p->time < FOLLOW_PENDING_NS && p->xid == m->xid &&
		    memcmp(p->hardware, m->hardware, sizeof(p->hardware)) == 0)
			return p;
	}
	return NULL;
}

/* Where the oldest stood. */
static void
remember(struct follow *f, const struct dhcp4 *m, uint64_t who, const struct follow_frame *frame)
{
	struct follow_pending *p = find_pending(f, m, frame->time);
	size_t i;

	if (p == NULL) {
		p = &f->pending[0];
		for (i = 1; i < FOLLOW_PENDING_MAX; i++) {
			if (f->pending[i].time < p->time)
				p = &f->pending[i];
		}
		memset(p, 0, sizeof(*p));
	}
	p->xid = m->xid;
	p->time = frame->time;
	p->who = who;
	memcpy(p->hardware, m->hardware, sizeof(p->hardware));
	p->is_local |= frame->mac != NULL && m->is_ethernet && memcmp(m->relay, no_address, 4) == 0 &&
		       memcmp(frame->mac, m->hardware, 6) == 0;
}

/* End the bindings of one client, but for one address. */
static void
end_client(
    struct follow *f, const struct dhcp4 *m, const uint8_t *except, const char *why, const struct follow_frame *frame)
{
	const struct follow_binding *b;
	size_t i;

	for (i = f->count; i > 0; i--) {
		b = &f->bindings[i - 1];
		if (b->source == FOLLOW_DHCP4 && memcmp(b->hardware, m->hardware, sizeof(b->hardware)) == 0 &&
		    (except == NULL || memcmp(b->address.addr, except, 4) != 0))
			follow_end(f, i - 1, why, frame);
	}
}

/* The client gives up one address. */
static void
give_up(struct follow *f, const uint8_t address[4], const char *why, const struct follow_frame *frame)
{
	size_t i = find(f, address);

	if (i < f->count)
		follow_end(f, i, why, frame);
}

static int
has_binding(const struct follow *f, const struct dhcp4 *m)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (f->bindings[i].source == FOLLOW_DHCP4 &&
		    memcmp(f->bindings[i].hardware, m->hardware, sizeof(m->hardware)) == 0)
			return 1;
	}
	return 0;
}

/* The client asks for an address anew: once, however often it says so. */
static void
note_attempt(struct follow *f, const struct dhcp4 *m, const struct follow_frame *frame)
{
	if (find_pending(f, m, frame->time) == NULL && (m->type == DHCP4_DISCOVER || !has_binding(f, m)))
		follow_note(f, ACCESS_ATTEMPT, METHOD, "", m->xid, frame);
}

static int
take_request(struct follow *f, const struct dhcp4 *m, const struct follow_frame *frame)
{
	uint64_t who = named(f->order, m, is_ours(f->iap, frame->source));

	if (who == 0)
		return 0;
	switch ((enum dhcp4_type)m->type) {
	case DHCP4_DISCOVER:
		learn(f, who);
		note_attempt(f, m, frame);
		remember(f, m, who, frame);
		break;
	case DHCP4_REQUEST:
		note_attempt(f, m, frame);
		remember(f, m, who, frame);
		break;
	case DHCP4_RELEASE:
		learn(f, who);
		give_up(f, m->client, "released", frame);
		break;
	case DHCP4_DECLINE:
		learn(f, who);
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

static void
renew(struct follow *f, struct follow_binding *b, const struct dhcp4 *m, const struct follow_pending *p,
    const struct follow_frame *frame)
{
	/* A client may ask again under the same number; then its question lies between the two answers. */
	if (b->xid == m->xid && frame->time - b->told < FOLLOW_SAME_NS && (p == NULL || p->time <= b->told))
		return;
	b->until = end_of_lease(m, frame->time);
	follow_word(b, m->xid, frame);
	follow_tell(f, FOLLOW_RENEWED, "renewed", b, frame);
}

static void
begin(struct follow *f, const struct dhcp4 *m, int is_local, const struct follow_frame *frame)
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
	b->has_link = is_local;
	b->from = frame->time;
	b->until = end_of_lease(m, frame->time);
	follow_word(b, m->xid, frame);
	follow_tell(f, FOLLOW_BEGUN, is_renewal ? "established" : "assigned", b, frame);
}

/* One of the servers has given an address to someone: to the subject if ${who} says so. */
static void
take_ack(struct follow *f, const struct dhcp4 *m, uint64_t who, const struct follow_pending *p,
    const struct follow_frame *frame)
{
	int is_local = p != NULL && p->is_local;
	size_t i = find(f, m->yours);
	struct follow_binding *b = i < f->count ? &f->bindings[i] : NULL;
	int is_same_client = b != NULL && memcmp(b->hardware, m->hardware, sizeof(b->hardware)) == 0;

	if (who == 0) {
		/* The question was not seen: whether this is the subject is not known, and the lease is not extended. */
		if (b == NULL || (is_same_client && m->client_id.n == 0))
			return;
		f->blind = FOLLOW_CONFLICT;
		follow_end(f, i, "conflict", frame);
		return;
	}
	if (m->lease == 0 || !is_in_pool(f->iap, m->yours))
		return;
	learn(f, who);
	if (f->blind != NULL && f->settled == INT64_MAX && m->lease != DHCP4_FOREVER)
		f->settled = end_of_lease(m, f->since);
	end_client(f, m, m->yours, "replaced", frame);
	i = find(f, m->yours);
	if (i < f->count && is_same_client) {
		f->has_narrowed |= is_local && !f->bindings[i].has_link;
		f->bindings[i].has_link |= is_local;
		renew(f, &f->bindings[i], m, p, frame);
		return;
	}
	if (i < f->count)
		follow_end(f, i, "replaced", frame);
	begin(f, m, is_local, frame);
}

static int
take_reply(struct follow *f, const struct dhcp4 *m, const struct follow_frame *frame)
{
	const struct follow_pending *p = find_pending(f, m, frame->time);
	uint64_t who = named(f->order, m, 1);
	struct order_prefix yours = {.family = 4, .bits = 32};

	/* A server need not repeat the client's name; where it says another one, that counts. */
	if (who == 0 && p != NULL && m->client_id.n == 0)
		who = p->who;
	/* Where the type is not known, nothing begins: there is no lease.  But what is another's is known. */
	if ((m->type == DHCP4_ACK || m->type == 0) && memcmp(m->yours, no_address, 4) != 0)
		take_ack(f, m, who, p, frame);
	if (m->type == DHCP4_ACK && who == 0) {
		memcpy(yours.addr, m->yours, sizeof(m->yours));
		follow_given_dispute(f, &yours, frame);
	}
	if (m->type == DHCP4_NAK && who != 0) {
		learn(f, who);
		follow_note(f, ACCESS_REJECTED, METHOD, "refused", m->xid, frame);
		end_client(f, m, NULL, "refused", frame);
	}
	return who != 0;
}

int
follow_dhcp4(struct follow *f, const struct dhcp4 *m, const struct follow_frame *frame)
{
	if (f->iap == NULL || f->iap->dhcp_server_count == 0)
		return 0;
	if (!m->is_reply)
		return follow_heard(f, take_request(f, m, frame));
	return is_ours(f->iap, frame->source) ? follow_heard(f, take_reply(f, m, frame)) : 0;
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
