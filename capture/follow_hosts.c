#include <stdlib.h>
#include <string.h>

#include "follow_hosts.h"
#include "follow_internal.h"

/*
 * The addresses that a subject makes itself, by Neighbor Discovery.  Its own word begins one; anyone else's ends it.
 */
#define METHOD "slaac"

static const uint8_t unspecified[16];

int
follow_hosts_begin(struct follow *f)
{
	if (f->iap == NULL || f->iap->ipv6.slaac_pool_count == 0 || follow_who(f->order, FOLLOW_SLAAC_HOST) == 0)
		return 0;
	f->hosts = calloc(1, sizeof(*f->hosts));
	if (f->hosts == NULL)
		return -1;
	f->hosts->settled = f->since + (stamp_t)f->iap->ipv6.silence * STAMP_SECOND;
	return 0;
}

/* What others have claimed, and how long prefixes last, only bounds what is believed: it stays. */
void
follow_hosts_forget(struct follow *f)
{
	if (f->hosts != NULL)
		f->hosts->settled = f->since + (stamp_t)f->iap->ipv6.silence * STAMP_SECOND;
}

int
follow_hosts_await(const struct follow *f)
{
	size_t i;

	for (i = 0; f->hosts != NULL && f->iap->ipv6.router_count > 0 && i < f->count; i++) {
		if (f->bindings[i].source == FOLLOW_SLAAC && f->bindings[i].routed == INT64_MAX)
			return 1;
	}
	for (i = 0; f->hosts != NULL && i < FOLLOW_PENDING_MAX; i++) {
		if (f->hosts->claims[i].is_spoken_of)
			return 1;
	}
	return 0;
}

/* It was seen what it has: what others of its addresses are missed for stays. */
static void
learn(struct follow *f)
{
	if (f->blind == NULL || strcmp(f->blind, FOLLOW_UNKNOWN) == 0 || follow_hosts_is_reason(f->blind))
		follow_learn(f, 0);
}

size_t
follow_hosts_count(const struct follow *f)
{
	size_t i, n = 0;

	for (i = 0; i < f->count; i++)
		n += f->bindings[i].source == FOLLOW_SLAAC;
	return n;
}

int
follow_host_is_subject(const struct order *o, const uint8_t *mac)
{
	size_t i;

	for (i = 0; mac != NULL && i < o->identity_count; i++) {
		if (o->identities[i].kind == ORDER_SLAAC_MAC && memcmp(o->identities[i].bytes, mac, 6) == 0)
			return 1;
	}
	return 0;
}

static int
is_router(const struct conf_ipv6 *conf, const uint8_t *mac)
{
	uint32_t i;

	for (i = 0; i < conf->router_count; i++) {
		if (memcmp(conf->routers[i], mac, 6) == 0)
			return 1;
	}
	return 0;
}

int
follow_is_routed(
    const struct conf_iap *iap, const struct follow_binding *b, stamp_t time, const uint8_t *data, uint32_t caplen)
{
	if ((b->source != FOLLOW_DHCP6 && b->source != FOLLOW_SLAAC) || time < b->from || time < b->routed ||
	    time >= b->until)
		return 0;
	return caplen >= 12 && is_router(&iap->ipv6, data) && is_router(&iap->ipv6, data + 6);
}

struct order_prefix
follow_host_of(const uint8_t address[16])
{
	struct order_prefix p = {.family = 6, .bits = 128};

	memcpy(p.addr, address, 16);
	return p;
}

/* Is the address one that this MAC makes of a prefix, and no other (RFC 4291, appendix A)? */
static int
is_made_of(const uint8_t address[16], const uint8_t mac[6])
{
	const uint8_t id[8] = {(uint8_t)(mac[0] ^ 2), mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]};

	return memcmp(address + 8, id, sizeof(id)) == 0;
}

/* From when on are frames between routers its by an address that it speaks of now, which it had not before? */
static stamp_t
first_routed(struct follow *f, const uint8_t address[16], int is_question, const struct follow_frame *frame)
{
	const struct follow_claim *c = follow_claim_find(f->hosts, address);

	if (is_question)
		return frame->time + FOLLOW_DEFENCE_NS;
	if (is_made_of(address, frame->mac))
		return frame->time;
	/* It says so to one who asked. */
	if (c != NULL && c->was_routed && frame->time - c->time < FOLLOW_DEFENCE_NS)
		return c->time + FOLLOW_DEFENCE_NS;
	return INT64_MAX;
}

/* Of as many as there may be, the one that was not heard of for longest goes. */
static int
make_room(struct follow *f, const struct follow_frame *frame)
{
	size_t i, oldest = f->count;

	if (follow_hosts_count(f) < FOLLOW_HOSTS_MAX && f->count < FOLLOW_BINDINGS_MAX)
		return 1;
	for (i = 0; i < f->count; i++) {
		if (f->bindings[i].source == FOLLOW_SLAAC &&
		    (oldest == f->count || f->bindings[i].heard < f->bindings[oldest].heard))
			oldest = i;
	}
	f->blind = FOLLOW_UNKNOWN;
	if (oldest == f->count)
		return 0;
	follow_end(f, oldest, "replaced", frame);
	return 1;
}

static void
begin(struct follow *f, const struct order_prefix *address, int is_question, const struct follow_frame *frame)
{
	int is_crowded = follow_hosts_count(f) >= FOLLOW_HOSTS_MAX;
	struct follow_binding *b;

	/* Whoever has its MAC may make up any number: each costs all cases. */
	if (is_crowded && f->hosts->crowded != 0 && frame->time - f->hosts->crowded < STAMP_SECOND) {
		f->blind = f->blind == NULL ? FOLLOW_UNKNOWN : f->blind;
		return;
	}
	if (!make_room(f, frame))
		return;
	if (is_crowded)
		f->hosts->crowded = frame->time;
	b = &f->bindings[f->count++];
	memset(b, 0, sizeof(*b));
	b->address = *address;
	b->source = FOLLOW_SLAAC;
	b->method = METHOD;
	b->has_link = 1;
	b->hardware_length = 6;
	memcpy(b->hardware, frame->mac, 6);
	b->from = b->heard = frame->time;
	follow_word(b, 0, frame);
	b->until = follow_hosts_end(f, b);
	b->routed = first_routed(f, address->addr, is_question, frame);
	if (!is_crowded)
		learn(f);
	follow_tell(f, FOLLOW_BEGUN, is_question ? "assigned" : "established", b, frame);
}

/* It still has it. */
static void
go_on(struct follow *f, struct follow_binding *b, int is_question, const struct follow_frame *frame)
{
	stamp_t silence = (stamp_t)f->iap->ipv6.silence * STAMP_SECOND;

	b->heard = frame->time;
	b->until = follow_hosts_end(f, b);
	if (is_question && b->routed > frame->time) {
		b->routed = frame->time + FOLLOW_DEFENCE_NS;
		follow_learn_more(f);
	}
	/* As often as a bound needs it that is told. */
	if (frame->time - b->told < silence / 2)
		return;
	follow_word(b, 0, frame);
	follow_tell(f, FOLLOW_RENEWED, "renewed", b, frame);
}

/* The subject's MAC speaks of an address as its own. */
static void
take_word(struct follow *f, const struct ndp *m, const uint8_t address[16], int is_question,
    const struct follow_frame *frame)
{
	const struct order_prefix p = follow_host_of(address);
	struct follow_claim *c = follow_claim_find(f->hosts, address);
	size_t i = follow_find(f, FOLLOW_SLAAC, &p);

	/* It speaks for another, of a link of its own. */
	if (m->mac.n > 0 && memcmp(m->mac.at, frame->mac, 6) != 0)
		return;
	if (!follow_is_in(f->iap->ipv6.slaac_pools, f->iap->ipv6.slaac_pool_count, &p))
		return;
	if (c != NULL && c->until > frame->time) {
		c->is_spoken_of = 1;
		f->blind = f->blind == NULL ? FOLLOW_UNKNOWN : f->blind;
		return;
	}
	if (follow_lifetime_of(f->hosts, &p) <= frame->time) {
		f->blind = f->blind == NULL ? FOLLOW_UNKNOWN : f->blind;
		return;
	}
	if (i < f->count)
		go_on(f, &f->bindings[i], is_question, frame);
	else
		begin(f, &p, is_question, frame);
}

static int
is_asking(const struct ndp *m, const struct follow_frame *frame)
{
	return m->type == NDP_SOLICITATION && memcmp(frame->source, unspecified, 16) == 0;
}

const uint8_t *
follow_ndp_address(const struct ndp *m, const struct follow_frame *frame)
{
	return is_asking(m, frame) || m->type == NDP_ADVERTISEMENT ? m->target : frame->source;
}

int
follow_ndp(struct follow *f, const struct ndp *m, const struct follow_frame *frame)
{
	struct order_prefix p;
	int is_question, is_own;
	const uint8_t *address;

	if (f->iap == NULL || frame->mac == NULL || frame->family != 6)
		return 0;
	f->has_begun = 0;
	is_own = f->hosts != NULL && (follow_host_is_subject(f->order, frame->mac) ||
					 follow_host_is_subject(f->order, frame->target_mac));
	(void)follow_heard(f, is_own); /* what is done is seen below */
	if (m->type == NDP_ROUTER_ADVERTISEMENT) {
		if (f->hosts != NULL && is_router(&f->iap->ipv6, frame->mac))
			follow_lifetimes_take(f, m, frame->time);
		return is_own;
	}
	is_question = is_asking(m, frame);
	address = follow_ndp_address(m, frame);
	follow_claims_dispute(f, m, address, is_question, frame);
	p = follow_host_of(address);
	if (!is_question && memcmp(address, unspecified, 16) != 0)
		follow_claim(f, &p, m->mac.n > 0 ? m->mac.at : frame->mac, frame);
	if (f->hosts != NULL && m->is_whole && follow_host_is_subject(f->order, frame->mac) &&
	    memcmp(address, unspecified, 16) != 0)
		take_word(f, m, address, is_question, frame);
	return is_own;
}

void
follow_host_keep(const struct follow *f, const struct follow_binding *b, struct kept_binding *k)
{
	(void)f;
	follow_more_put_number(k, (uint64_t)b->heard);
}

/* Whether anyone else has asked for it meanwhile was not seen: between routers only what its MAC makes is its. */
int
follow_host_take(struct follow *f, struct follow_binding *b, struct follow_more *more)
{
	uint64_t heard;

	if (f->hosts == NULL || follow_more_get_number(more, &heard) == -1 || more->left != 0 || heard > INT64_MAX)
		return -1;
	b->heard = (stamp_t)heard;
	if (b->heard < b->told || b->until <= b->heard || !b->has_link || b->hardware_length != 6 ||
	    !follow_host_is_subject(f->order, b->hardware) || b->address.family != 6 || b->address.bits != 128 ||
	    !follow_is_in(f->iap->ipv6.slaac_pools, f->iap->ipv6.slaac_pool_count, &b->address) ||
	    follow_find(f, FOLLOW_SLAAC, &b->address) < f->count)
		return -1;
	b->routed = is_made_of(b->address.addr, b->hardware) ? b->from : INT64_MAX;
	b->method = METHOD;
	return 0;
}
