#include <assert.h>
#include <string.h>

#include "ethertype.h"

#include "probe.h"

#define ANY_VLAN 100
#define OUTER_VLAN 4000
#define ANY_LABEL 1000
#define ANY_SESSION 77
#define PORT_DISCARD 9
#define PROTO_UDP 17

/* Which headers a carrier has. */
struct carrier {
	int vlan, outer, label, session;
};

static const struct carrier carriers[PROBE_CARRIERS] = {
    [PROBE_VLAN] = {.vlan = 1},
    [PROBE_QINQ] = {.vlan = 1, .outer = 1},
    [PROBE_MPLS] = {.label = 1},
    [PROBE_PPPOE] = {.session = 1},
    [PROBE_VLAN_PPPOE] = {.vlan = 1, .session = 1},
    [PROBE_QINQ_PPPOE] = {.vlan = 1, .outer = 1, .session = 1},
};

/* An identifier in the form in which it is put into frames. */
struct identity {
	enum probe_identifier identifier;
	struct conf_address address;
	uint8_t mac[6];
	uint16_t outer, vlan, session; /* outer: that this VLAN is beneath, and no other; 0: it may be beneath any */
};

struct run {
	const struct probe_config *config;
	const struct order *order;
	probe_fn *fn;
	void *cookie;
	uint32_t number;
	unsigned seen; /* bits of the identifiers that were tried at every end point */
};

static const struct conf_address nobody4 = {4, {192, 0, 2, 201}};
static const struct conf_address nobody6 = {6, {0x20, 0x01, 0x0d, 0xb8, [14] = 0x02, [15] = 0x01}};

static int
give(struct run *r, const struct probe *p, const struct craft *c)
{
	return r->fn(r->cookie, p, r->number++, craft_data(c), craft_length(c));
}

/* What is within all link headers: the subject's packet, or for a MAC somebody's. */
static void
put_packet(struct craft *c, const struct identity *id, int is_source)
{
	const struct conf_address *nobody = id->address.family == 6 ? &nobody6 : &nobody4;

	if (id->identifier == PROBE_ARP) {
		craft_arp(
		    c, is_source ? id->address.addr : nobody4.addr, is_source ? nobody4.addr : id->address.addr);
		return;
	}
	craft_udp(c, PORT_DISCARD, PORT_DISCARD);
	if (is_source)
		craft_ip(c, &id->address, nobody, PROTO_UDP);
	else
		craft_ip(c, nobody, &id->address, PROTO_UDP);
}

static void
put_ethernet(struct craft *c, const struct identity *id, int is_source)
{
	int is_mac = id->identifier == PROBE_MAC;

	craft_ethernet(
	    c, is_mac && !is_source ? id->mac : craft_mac_to, is_mac && is_source ? id->mac : craft_mac_from);
}

static void
put_tags(struct craft *c, const struct identity *id, const struct carrier *carrier)
{
	if (carrier->session)
		craft_pppoe(c, id->session);
	if (carrier->vlan)
		craft_vlan(c, id->vlan, ETHERTYPE_VLAN);
	if (carrier->outer)
		craft_vlan(c, id->outer == 0 ? OUTER_VLAN : id->outer, ETHERTYPE_QINQ);
}

static int
try_carrier(struct run *r, const struct identity *id, enum probe_carrier which, int is_source)
{
	const struct probe p = {r->order, id->identifier, which, (enum conf_tunnel_kind)0, is_source};
	const struct carrier *carrier = &carriers[which];
	struct craft c;

	craft_begin(&c, r->config->nonce, sizeof(r->config->nonce), r->number);
	put_packet(&c, id, is_source);
	put_tags(&c, id, carrier);
	/* A label's own frame is between the operator's routers; the subject's is beneath it. */
	if (carrier->label && id->identifier == PROBE_MAC)
		put_ethernet(&c, id, is_source);
	if (carrier->label) {
		craft_label(&c, ANY_LABEL);
		craft_ethernet(&c, craft_mac_to, craft_mac_from);
	} else
		put_ethernet(&c, id, is_source);
	return give(r, &p, &c);
}

static int
has_vlans(const struct order *o)
{
	return o->vlan_count > 0 || o->stack_count > 0;
}

/* Does the order's subject go this way at all? */
static int
is_possible(const struct order *o, const struct identity *id, enum probe_carrier which)
{
	const struct carrier *carrier = &carriers[which];

	if (o != NULL && ((has_vlans(o) && !carrier->vlan) || (o->session_count > 0 && !carrier->session)))
		return 0;
	if (id->outer != 0 && !carrier->outer)
		return 0;
	/* There is no ARP within a session, nor beneath a label. */
	return id->identifier != PROBE_ARP || !(carrier->session || carrier->label);
}

static int
try_carriers(struct run *r, const struct identity *id)
{
	int which, rc = 0;

	for (which = PROBE_PLAIN; rc == 0 && which < PROBE_TUNNEL; which++) {
		if (!is_possible(r->order, id, (enum probe_carrier)which))
			continue;
		rc = try_carrier(r, id, (enum probe_carrier)which, 1);
		if (rc == 0)
			rc = try_carrier(r, id, (enum probe_carrier)which, 0);
	}
	return rc;
}

struct ends {
	const struct conf_tunnel *tunnel;
	enum conf_tunnel_kind kind;
	const struct conf_address *from, *to;
};

static int
try_tunnel(struct run *r, const struct identity *id, const struct ends *e, int is_source)
{
	const struct probe p = {r->order, id->identifier, PROBE_TUNNEL, e->kind, is_source};
	const struct carrier inner = {
	    .vlan = has_vlans(r->order), .outer = id->outer != 0, .session = r->order->session_count > 0};
	int has_frame = id->identifier == PROBE_MAC || id->identifier == PROBE_ARP || inner.vlan || inner.session ||
			!craft_carries_ip(e->kind);
	struct craft c;

	if (has_frame && !craft_carries_ethernet(e->kind))
		return 0;
	craft_begin(&c, r->config->nonce, sizeof(r->config->nonce), r->number);
	put_packet(&c, id, is_source);
	put_tags(&c, id, &inner);
	if (has_frame)
		put_ethernet(&c, id, is_source);
	craft_tunnel(&c, e->kind, e->from, e->to, e->tunnel->ports[e->kind]);
	craft_ethernet(&c, craft_mac_to, craft_mac_from);
	return give(r, &p, &c);
}

static int
try_ends(struct run *r, const struct identity *id, struct ends *e)
{
	unsigned kind;
	int rc = 0;

	for (kind = 0; rc == 0 && kind < CONF_TUNNEL_KINDS; kind++) {
		if ((e->tunnel->kinds & 1U << kind) == 0)
			continue;
		e->kind = (enum conf_tunnel_kind)kind;
		rc = try_tunnel(r, id, e, 1);
		if (rc == 0)
			rc = try_tunnel(r, id, e, 0);
	}
	return rc;
}

static const struct conf_address *
of_family(const struct conf_address *list, size_t n, uint8_t family)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i].family == family)
			return &list[i];
	}
	return NULL;
}

/* Each end point with the first of its family on the other side; or, once that was done, the first pair alone. */
static int
try_tunnels(struct run *r, const struct identity *id)
{
	int is_first = (r->seen & 1U << id->identifier) == 0, rc = 0;
	const struct conf_tunnel *t;
	struct ends e;
	size_t i, k;

	r->seen |= 1U << id->identifier;
	for (i = 0; rc == 0 && i < r->config->tunnel_count; i++) {
		t = e.tunnel = &r->config->tunnels[i];
		for (k = 0; rc == 0 && k < t->from_count; k++) {
			e.from = &t->from[k];
			e.to = of_family(t->to, t->to_count, e.from->family);
			if (e.to != NULL)
				rc = try_ends(r, id, &e);
			if (e.to != NULL && !is_first)
				break;
		}
		for (k = 0; is_first && rc == 0 && k < t->to_count; k++) {
			e.to = &t->to[k];
			e.from = of_family(t->from, t->from_count, e.to->family);
			if (e.from != NULL && e.to != of_family(t->to, t->to_count, e.to->family))
				rc = try_ends(r, id, &e);
		}
	}
	return rc;
}

/* One of the order's VLANs and stacks. */
static void
take_vlan(struct identity *id, const struct order *o, size_t i)
{
	const struct order_stack *stack;

	id->outer = 0;
	id->vlan = ANY_VLAN;
	if (!has_vlans(o))
		return;
	i %= o->vlan_count + o->stack_count;
	if (i < o->vlan_count) {
		id->vlan = o->vlans[i];
		return;
	}
	stack = &o->stacks[i - o->vlan_count];
	id->outer = stack->outer;
	id->vlan = stack->inner;
}

/* With each VLAN, stack and session that the order has, each at least once. */
static int
try_identity(struct run *r, struct identity *id)
{
	const struct order *o = r->order;
	size_t vlans = o->vlan_count + o->stack_count, i, n = vlans > o->session_count ? vlans : o->session_count;
	int rc = 0;

	for (i = 0; rc == 0 && i < (n == 0 ? 1 : n); i++) {
		take_vlan(id, o, i);
		id->session = o->session_count == 0 ? ANY_SESSION : o->sessions[i % o->session_count];
		rc = try_carriers(r, id);
		if (rc == 0)
			rc = try_tunnels(r, id);
	}
	return rc;
}

/* Make the last address of a prefix from its first. */
static void
to_last(struct conf_address *a, unsigned bits)
{
	unsigned i, width = a->family == 4 ? 32 : 128;

	for (i = bits; i < width; i++)
		a->addr[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

static int
try_address(struct run *r, struct identity *id)
{
	int rc;

	id->identifier = id->address.family == 4 ? PROBE_IPV4 : PROBE_IPV6;
	rc = try_identity(r, id);
	if (rc != 0 || id->identifier != PROBE_IPV4 || !r->order->broadcast)
		return rc;
	id->identifier = PROBE_ARP;
	return try_identity(r, id);
}

static int
try_prefix(struct run *r, const struct order_prefix *prefix)
{
	struct identity id;
	int rc;

	memset(&id, 0, sizeof(id));
	id.address.family = prefix->family;
	memcpy(id.address.addr, prefix->addr, sizeof(id.address.addr));
	rc = try_address(r, &id);
	if (rc != 0 || prefix->bits == (prefix->family == 4 ? 32 : 128))
		return rc;
	to_last(&id.address, prefix->bits);
	return try_address(r, &id);
}

static int
try_order(struct run *r)
{
	struct identity id;
	size_t i;
	int rc = 0;

	r->seen = 0;
	for (i = 0; rc == 0 && i < r->order->prefix_count; i++)
		rc = try_prefix(r, &r->order->prefixes[i]);
	for (i = 0; rc == 0 && i < r->order->mac_count; i++) {
		memset(&id, 0, sizeof(id));
		id.identifier = PROBE_MAC;
		id.address = nobody4;
		memcpy(id.mac, r->order->macs[i], sizeof(id.mac));
		rc = try_identity(r, &id);
	}
	return rc;
}

/* Is the address of nobody, or a MAC of the self-test's own, some order's subject? */
static int
is_somebody(const struct order *o)
{
	struct conf_address last;
	size_t i;

	for (i = 0; i < o->prefix_count; i++) {
		last = (struct conf_address){o->prefixes[i].family, {0}};
		memcpy(last.addr, o->prefixes[i].addr, sizeof(last.addr));
		to_last(&last, o->prefixes[i].bits);
		if (o->prefixes[i].family == 4 && memcmp(o->prefixes[i].addr, nobody4.addr, 4) <= 0 &&
		    memcmp(last.addr, nobody4.addr, 4) >= 0)
			return 1;
	}
	for (i = 0; i < o->mac_count; i++) {
		if (memcmp(o->macs[i], craft_mac_from, 4) == 0)
			return 1;
	}
	return 0;
}

static int
try_nobody(struct run *r, const struct order *const *orders, size_t count)
{
	struct identity id = {PROBE_IPV4, nobody4, {0}, 0, ANY_VLAN, ANY_SESSION};
	size_t i;

	for (i = 0; i < count; i++) {
		if (is_somebody(orders[i]))
			return 0;
	}
	r->order = NULL;
	return try_carriers(r, &id);
}

int
probe_each(
    const struct probe_config *config, const struct order *const *orders, size_t count, probe_fn *fn, void *cookie)
{
	struct run r = {.config = config, .fn = fn, .cookie = cookie};
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < count; i++) {
		r.order = orders[i];
		rc = try_order(&r);
	}
	return rc != 0 || count == 0 ? rc : try_nobody(&r, orders, count);
}
