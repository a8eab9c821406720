#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sequence.h"

#include "tunnels.h"

#define PROTO_IPV4_IN 4
#define PROTO_IPV6_IN 41
#define PROTO_UDP 17
#define PROTO_GRE 47

#define STREAM_KINDS (1U << CONF_TUNNEL_ERSPAN | 1U << CONF_TUNNEL_TZSP | 1U << CONF_TUNNEL_CCC)

struct tunnels {
	struct conf_tunnel *list;
	struct sequence_losses losses;
	stamp_t time;
	size_t count;
	unsigned kinds; /* of all together */
	struct tunnels_ports ports;
	struct sequences *sequences;
	struct order ends;
};

static void
watch_ports(struct tunnels *t, const struct conf_tunnel *c)
{
	unsigned i;

	for (i = 0; i < CONF_TUNNEL_KINDS; i++) {
		uint16_t port = c->ports[i];

		if ((c->kinds & DECAP_UDP_KINDS & 1U << i) == 0)
			continue;
		t->ports.has_any = 1;
		t->ports.bits[port / 64] |= (uint64_t)1 << port % 64;
	}
}

static void
add_ends(struct order *o, const struct conf_address *ends, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct order_prefix *p = &o->prefixes[o->prefix_count++];

		p->family = ends[i].family;
		p->bits = ends[i].family == 4 ? 32 : 128;
		memcpy(p->addr, ends[i].addr, sizeof(p->addr));
	}
}

struct tunnels *
tunnels_new(const struct conf_tunnel *list, size_t count)
{
	struct tunnels *t = calloc(1, sizeof(*t));
	size_t i;

	if (t == NULL)
		return NULL;
	t->list = calloc(count + 1, sizeof(*t->list));
	t->losses.sums = calloc(count + 1, sizeof(*t->losses.sums));
	t->losses.since = t->losses.unknown = INT64_MAX;
	t->losses.latest = STAMP_NONE;
	t->sequences = sequences_new();
	t->ends.prefixes = calloc(count * 2 * CONF_TUNNEL_ENDS_MAX + 1, sizeof(*t->ends.prefixes));
	if (t->list == NULL || t->losses.sums == NULL || t->sequences == NULL || t->ends.prefixes == NULL) {
		tunnels_free(t);
		return NULL;
	}
	t->count = count;
	for (i = 0; i < count; i++) {
		t->list[i] = list[i];
		t->kinds |= list[i].kinds;
		watch_ports(t, &list[i]);
		add_ends(&t->ends, list[i].from, list[i].from_count);
		add_ends(&t->ends, list[i].to, list[i].to_count);
	}
	return t;
}

void
tunnels_free(struct tunnels *t)
{
	int saved = errno;

	if (t == NULL)
		return;
	sequences_free(t->sequences);
	free(t->ends.prefixes);
	free(t->losses.sums);
	free(t->list);
	free(t);
	errno = saved;
}

static int
is_end(const struct conf_address *ends, size_t n, uint8_t version, const uint8_t *address)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (ends[i].family != version)
			continue;
		if (version == 4 ? wire_key32(ends[i].addr) == wire_key32(address)
				 : memcmp(ends[i].addr, address, 16) == 0)
			return 1;
	}
	return 0;
}

/* Which of the tunnel's kinds may run in the packet's direction? */
static unsigned
kinds_between(const struct conf_tunnel *c, uint8_t version, const uint8_t *src, const uint8_t *dst)
{
	if (is_end(c->from, c->from_count, version, src) && is_end(c->to, c->to_count, version, dst))
		return c->kinds;
	if (is_end(c->from, c->from_count, version, dst) && is_end(c->to, c->to_count, version, src))
		return c->kinds & ~STREAM_KINDS;
	return 0;
}

/* The first tunnel from ${i} on of one of the kinds, between the packet's addresses; t->count if there is none. */
static size_t
find(const struct tunnels *t, size_t i, const struct packet *p, const uint8_t *data, unsigned kinds)
{
	const uint8_t *src = packet_addresses(p, data), *dst = src + (p->version == 4 ? 4 : 16);

	for (; i < t->count; i++) {
		if ((t->list[i].kinds & kinds) != 0 &&
		    (kinds_between(&t->list[i], p->version, src, dst) & kinds) != 0)
			return i;
	}
	return t->count;
}

static enum tunnels_result
told(enum decap_result result)
{
	switch (result) {
	case DECAP_OK:
		return TUNNELS_INSIDE;
	case DECAP_CUT:
		return TUNNELS_CUT;
	case DECAP_CONTROL:
		return TUNNELS_CONTROL;
	case DECAP_UNKNOWN:
	default:
		return TUNNELS_UNKNOWN;
	}
}

static void
count_sequence(struct tunnels *t, size_t i, const struct packet *p, const uint8_t *data, const struct decap *d)
{
	struct sequence_key key;

	memset(&key, 0, sizeof(key));
	memcpy(key.addresses, packet_addresses(p, data), p->version == 4 ? 8 : 32);
	key.tunnel = (uint32_t)i;
	key.kinds = d->kinds;
	key.stream = d->stream;
	key.version = p->version;
	sequences_count(t->sequences, &key, d->sequence, t->time, &t->losses);
}

/* Who configured the stream knows what its headers leave open. */
static void
settle_tag(const struct conf_tunnel *c, struct decap *d)
{
	if (c->erspan_vlan == CONF_ERSPAN_FRAME)
		d->tag = DECAP_TAG_NONE;
	else if (c->erspan_vlan == CONF_ERSPAN_HEADER && d->tag != DECAP_TAG_NONE)
		d->tag = DECAP_TAG_OUTER;
}

static enum tunnels_result
enter_gre(struct tunnels *t, const struct packet *p, const uint8_t *data, uint32_t caplen, struct decap *d, size_t *i)
{
	enum decap_result got;

	if ((t->kinds & DECAP_GRE_KINDS) == 0)
		return TUNNELS_STRANGERS;
	got = decap_gre(d, p, data, caplen);
	/* What was cut before its kind could be told is one of ours if any kind is. */
	*i = find(t, 0, p, data, d->kinds == 0 && got == DECAP_CUT ? DECAP_GRE_KINDS : d->kinds);
	if (*i == t->count)
		return TUNNELS_STRANGERS;
	settle_tag(&t->list[*i], d);
	if (d->has_sequence && got != DECAP_CUT)
		count_sequence(t, *i, p, data, d);
	return told(got);
}

/* L2TP may answer from a port of its own; the others are known by where they go. */
static int
fits_port(const struct conf_tunnel *c, unsigned kind, const uint8_t *udp)
{
	return wire_be16(udp + 2) == c->ports[kind] || (kind == CONF_TUNNEL_L2TP && wire_be16(udp) == c->ports[kind]);
}

static enum tunnels_result
enter_udp(struct tunnels *t, const struct packet *p, const uint8_t *data, uint32_t caplen, struct decap *d, size_t *i)
{
	const uint8_t *src = packet_addresses(p, data), *dst = src + (p->version == 4 ? 4 : 16);
	const uint8_t *udp = data + p->network_end;
	unsigned kind, kinds;

	if (p->end - p->network_end < 8)
		return TUNNELS_STRANGERS;
	if (caplen < p->network_end || caplen - p->network_end < 4)
		return find(t, 0, p, data, DECAP_UDP_KINDS) == t->count ? TUNNELS_STRANGERS : TUNNELS_CUT;
	if (!tunnels_ports_have(&t->ports, udp))
		return TUNNELS_STRANGERS;
	for (*i = 0; *i < t->count; ++*i) {
		const struct conf_tunnel *c = &t->list[*i];

		kinds = kinds_between(c, p->version, src, dst) & DECAP_UDP_KINDS;
		for (kind = 0; kinds >> kind != 0; kind++) {
			if ((kinds >> kind & 1) != 0 && fits_port(c, kind, udp))
				return told(decap_udp(d, (enum conf_tunnel_kind)kind, p, data, caplen));
		}
	}
	return TUNNELS_STRANGERS;
}

static unsigned
kinds_of(uint8_t proto)
{
	switch (proto) {
	case PROTO_IPV4_IN:
	case PROTO_IPV6_IN:
		return 1U << CONF_TUNNEL_IPIP;
	case PROTO_GRE:
		return DECAP_GRE_KINDS;
	case PROTO_UDP:
		return DECAP_UDP_KINDS;
	default:
		return 0;
	}
}

enum tunnels_result
tunnels_enter(
    struct tunnels *t, const struct packet *p, const uint8_t *data, uint32_t caplen, struct decap *d, int *unwrap)
{
	unsigned kinds = kinds_of(p->proto);
	enum tunnels_result got;
	size_t i = 0;

	if ((t->kinds & kinds) == 0)
		return TUNNELS_STRANGERS;
	if (p->fragment == PACKET_LATER)
		return find(t, 0, p, data, kinds) == t->count ? TUNNELS_STRANGERS : TUNNELS_LATER_FRAGMENT;
	if (p->proto == PROTO_GRE) {
		got = enter_gre(t, p, data, caplen, d, &i);
	} else if (p->proto == PROTO_UDP) {
		got = enter_udp(t, p, data, caplen, d, &i);
	} else {
		i = find(t, 0, p, data, kinds);
		got = i == t->count ? TUNNELS_STRANGERS : told(decap_ipip(d, p, caplen));
	}
	if (got == TUNNELS_INSIDE)
		*unwrap = t->list[i].unwrap;
	return got;
}

/* As kinds_between, of IPv4. */
static unsigned
kinds_between_v4(const struct conf_tunnel *c, const uint8_t *src, const uint8_t *dst)
{
	const struct conf_address *from = c->from, *to = c->to;

	/* Nearly every tunnel has two ends, and brings streams from the one to the other. */
	if (c->from_count == 1 && c->to_count == 1 && from->family == 4 && to->family == 4 &&
	    wire_key32(from->addr) == wire_key32(src) && wire_key32(to->addr) == wire_key32(dst))
		return c->kinds;
	return kinds_between(c, 4, src, dst);
}

int
tunnels_carry_v4(const struct tunnels *t, const uint8_t *two, const uint8_t *udp)
{
	unsigned kind, kinds;
	size_t i;

	for (i = 0; i < t->count; i++) {
		const struct conf_tunnel *c = &t->list[i];

		kinds = kinds_between_v4(c, two, two + 4);
		if (udp == NULL && (kinds & 1U << CONF_TUNNEL_GRE) != 0)
			return 1;
		for (kinds &= udp == NULL ? 0 : DECAP_UDP_KINDS; kinds != 0; kinds &= kinds - 1) {
			kind = (unsigned)__builtin_ctz(kinds);
			if (fits_port(c, kind, udp))
				return kind == CONF_TUNNEL_VXLAN && !c->unwrap;
		}
	}
	return 0;
}

uint64_t
tunnels_lost(const struct tunnels *t, size_t i)
{
	assert(i < t->count);
	return t->losses.sums[i];
}

void
tunnels_settle(struct tunnels *t)
{
	sequences_settle(t->sequences, &t->losses);
}

uint64_t
tunnels_take_lost(struct tunnels *t, stamp_t *since)
{
	uint64_t fresh = t->losses.fresh;

	*since = t->losses.since;
	t->losses.fresh = 0;
	t->losses.since = INT64_MAX;
	return fresh;
}

int
tunnels_take_crowd(struct tunnels *t, stamp_t now, uint64_t *put_out, stamp_t *since)
{
	*put_out = t->losses.put_out;
	*since = t->losses.unknown;
	t->losses.put_out = 0;
	t->losses.unknown = INT64_MAX;
	return *put_out > 0 || (t->losses.latest != STAMP_NONE && now - t->losses.latest < SEQUENCES_SILENT);
}

void
tunnels_set_time(struct tunnels *t, stamp_t time)
{
	t->time = time;
}

size_t
tunnels_count(const struct tunnels *t)
{
	return t->count;
}

const struct order *
tunnels_ends(const struct tunnels *t)
{
	return &t->ends;
}

const struct tunnels_ports *
tunnels_ports(const struct tunnels *t)
{
	return &t->ports;
}
