#include <string.h>

#include "diag.h"

#include "dhcp4.h"
#include "dhcp6.h"
#include "ethertype.h"
#include "layers.h"
#include "ndp.h"
#include "pppoe.h"
#include "radius.h"
#include "wire.h"

#include "table_internal.h"

/*
 * The traffic by which addresses are given and taken: found among all other, read, and shown to each case whose subject
 * moves.
 */
#define LINK_ETHERNET 1
#define PROTO_UDP 17
#define TAG 4
#define TAGS_MAX 3
#define UDP_HEADER 8
#define ARP_SENDER_MAC 8
#define ARP_SENDER 14
#define V6_HEADER 40
#define V6_HOPS_AT 7
#define PPPOE_HEADER 6

enum control {
	CONTROL_NONE,
	CONTROL_ARP,
	CONTROL_DHCP4,
	CONTROL_DHCP6,
	CONTROL_NDP,
	CONTROL_RADIUS,
	CONTROL_PPPOE
};

/* Is IPv6 addresses' control traffic read at all? */
static int
has_ipv6(const struct table *t)
{
	return t->iap != NULL && (t->iap->ipv6.server_count > 0 || t->iap->ipv6.slaac_pool_count > 0);
}

/* By one of its two ports. */
static enum control
kind_of(const struct table *t, const uint8_t *udp, unsigned version)
{
	uint16_t from = wire_be16(udp), to = wire_be16(udp + 2);
	const struct conf_radius *r = t->iap == NULL ? NULL : &t->iap->radius;
	uint32_t i;

	if (version == 4 && (from == DHCP4_SERVER_PORT || to == DHCP4_SERVER_PORT || from == DHCP4_CLIENT_PORT ||
				to == DHCP4_CLIENT_PORT))
		return CONTROL_DHCP4;
	if (version == 6 && has_ipv6(t) &&
	    (from == DHCP6_CLIENT_PORT || to == DHCP6_CLIENT_PORT || from == DHCP6_SERVER_PORT ||
		to == DHCP6_SERVER_PORT))
		return CONTROL_DHCP6;
	if (r == NULL || r->server_count == 0)
		return CONTROL_NONE;
	for (i = 0; i < r->port_count; i++) {
		if (r->ports[i] == from || r->ports[i] == to)
			return CONTROL_RADIUS;
	}
	for (i = 0; i < r->coa_port_count; i++) {
		if (r->coa_ports[i] == from || r->coa_ports[i] == to)
			return CONTROL_RADIUS;
	}
	return CONTROL_NONE;
}

/* The Ethernet type behind up to three tags, and where the next byte stands; 0: there is none. */
static uint16_t
type_of(const uint8_t *data, uint32_t caplen, uint32_t *at)
{
	uint16_t type;
	uint32_t i;

	*at = ETHERTYPE_AT;
	for (i = 0; i <= TAGS_MAX; i++, *at += TAG) {
		if (caplen < *at + 2)
			return 0;
		type = wire_be16(data + *at);
		if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ && type != ETHERTYPE_QINQ_OLD) {
			*at += 2;
			return type;
		}
	}
	return 0;
}

/* Of sessions only PPP's own packets are. */
static int
may_be_pppoe(const struct table *t, uint16_t type, const uint8_t *data, uint32_t length)
{
	if (t->iap == NULL || t->iap->pppoe.concentrator_count == 0)
		return 0;
	if (type == ETHERTYPE_DISCOVERY)
		return 1;
	return type == ETHERTYPE_SESSION && length > PPPOE_HEADER && (data[PPPOE_HEADER] & 0x80) != 0;
}

/* Behind it may be UDP: hop-by-hop, routing, fragment, destination options. */
static int
is_extension(uint8_t next)
{
	return next == 0 || next == 43 || next == 44 || next == 60;
}

/* Nearly no frame is: of those that are not, nothing more is looked at. */
int
table_control_may_be(const struct table *t, const uint8_t *data, uint32_t caplen)
{
	uint32_t at, header;
	uint16_t type;

	if (t->linktype != LINK_ETHERNET)
		return 1;
	type = type_of(data, caplen, &at);
	if (type == 0)
		return 0;
	if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)
		return type == ETHERTYPE_ARP || type == ETHERTYPE_MPLS || type == ETHERTYPE_MPLS_UP ||
		       may_be_pppoe(t, type, data + at, caplen - at);
	if (caplen < at + V6_HEADER)
		return 0;
	if (type == ETHERTYPE_IPV6 && is_extension(data[at + 6]))
		return 1;
	if (type == ETHERTYPE_IPV6 && data[at + 6] == NDP_PROTO)
		return has_ipv6(t) && data[at + V6_HOPS_AT] == NDP_HOPS && caplen > at + V6_HEADER &&
		       ndp_is_type(data[at + V6_HEADER]);
	if (data[at + (type == ETHERTYPE_IPV4 ? 9 : 6)] != PROTO_UDP)
		return 0;
	header = type == ETHERTYPE_IPV4 ? (data[at] & 15U) * 4 : V6_HEADER;
	return caplen >= at + header + 4 &&
	       kind_of(t, data + at + header, type == ETHERTYPE_IPV4 ? 4 : 6) != CONTROL_NONE;
}

/* What is being looked at. */
struct look {
	struct layers layers;
	const struct layer *layer; /* the innermost outside of tunnels */
	enum control kind;
	struct follow_frame frame;
	struct follow_hash hash;
	const uint8_t *payload; /* of UDP, or behind the type of PPPoE, as far as it was captured */
	uint32_t payload_length;
	int is_discovery;
	int is_cut; /* there is more of the message than the payload */
};

static void
put_addresses(struct look *k, const struct packet *p)
{
	const uint8_t *addresses = packet_addresses(p, k->layers.data);
	size_t width = p->version == 4 ? 4 : 16;

	k->frame.family = p->version;
	memcpy(k->frame.source, addresses, width);
	memcpy(k->frame.target, addresses + width, width);
}

/* Does the packet stand right behind the frame's own Ethernet header, so that its MACs are those of the link? */
static int
is_on_link(const struct table *t, const struct look *k)
{
	uint32_t at;

	return t->linktype == LINK_ETHERNET && type_of(k->layers.data, k->layers.caplen, &at) == ETHERTYPE_IPV6 &&
	       at == k->layer->packet.at;
}

/* None of Neighbor Discovery is in fragments (RFC 6980), nor has come through a router. */
static void
find_ndp(const struct table *t, struct look *k)
{
	const struct packet *p = &k->layer->packet;
	uint32_t limit = p->end < k->layers.caplen ? p->end : k->layers.caplen;

	if (!has_ipv6(t) || p->version != 6 || p->fragment != PACKET_WHOLE || p->is_cut || limit <= p->network_end ||
	    k->layers.data[p->at + V6_HOPS_AT] != NDP_HOPS || !is_on_link(t, k))
		return;
	k->kind = CONTROL_NDP;
	put_addresses(k, p);
	k->payload = k->layers.data + p->network_end;
	k->payload_length = limit - p->network_end;
	k->is_cut = p->end > limit;
}

/* Is there a whole UDP header?  A first fragment has the message's header at least. */
static void
find_datagram(const struct table *t, struct look *k)
{
	const struct packet *p = &k->layer->packet;
	uint32_t limit = p->end < k->layers.caplen ? p->end : k->layers.caplen, n;
	const uint8_t *udp = k->layers.data + p->network_end;

	if (p->proto != PROTO_UDP || p->fragment == PACKET_LATER || p->is_cut || limit < p->network_end + UDP_HEADER)
		return;
	k->kind = kind_of(t, udp, p->version);
	put_addresses(k, p);
	k->frame.source_port = wire_be16(udp);
	k->frame.target_port = wire_be16(udp + 2);
	n = wire_be16(udp + 4);
	n = n < UDP_HEADER ? 0 : n - UDP_HEADER;
	k->payload = udp + UDP_HEADER;
	k->payload_length = limit - p->network_end - UDP_HEADER;
	k->is_cut = n > k->payload_length;
	if (n < k->payload_length)
		k->payload_length = n;
}

/* PPPoE right behind the tags of an Ethernet header, at the operator's own level. */
static int
find_pppoe(const struct table *t, struct look *k, const uint8_t *data, uint32_t caplen)
{
	uint32_t at, i;
	uint16_t type;

	if (t->linktype != LINK_ETHERNET)
		return 0;
	type = type_of(data, caplen, &at);
	if (type == 0 || !may_be_pppoe(t, type, data + at, caplen - at))
		return 0;
	k->kind = CONTROL_PPPOE;
	k->is_discovery = type == ETHERTYPE_DISCOVERY;
	k->payload = data + at;
	k->payload_length = caplen - at;
	k->frame.vlan_count = (uint16_t)((at - ETHERTYPE_AT - 2) / TAG);
	for (i = 0; i < k->frame.vlan_count; i++)
		k->frame.vlans[i] = wire_be16(data + ETHERTYPE_AT + 2 + i * TAG) & 0xfff;
	return 1;
}

static int
find_packet(const struct table *t, struct look *k, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	layers_walk(&k->layers, t->linktype, data, caplen, len);
	if (k->layers.count == 0)
		return 0;
	k->layer = &k->layers.at[k->layers.count - 1];
	if (k->layer->type == LAYER_ARP)
		k->kind = CONTROL_ARP;
	else if (k->layer->type == LAYER_IP && k->layer->packet.proto == NDP_PROTO)
		find_ndp(t, k);
	else if (k->layer->type == LAYER_IP)
		find_datagram(t, k);
	return 1;
}

/* What is read of it, for all cases. */
union word {
	struct dhcp4 dhcp4;
	struct dhcp6 dhcp6;
	struct ndp ndp;
	struct radius radius;
	struct pppoe pppoe;
};

static int
read_ipv6(const struct look *k, union word *w)
{
	if (k->kind == CONTROL_DHCP6) {
		if (dhcp6_parse(&w->dhcp6, k->payload, k->payload_length) == -1)
			return -1;
		w->dhcp6.is_whole &= !k->is_cut;
		return 0;
	}
	if (ndp_parse(&w->ndp, k->payload, k->payload_length) == -1)
		return -1;
	w->ndp.is_whole &= !k->is_cut;
	return 0;
}

static int
read_word(const struct look *k, union word *w)
{
	switch (k->kind) {
	case CONTROL_DHCP4:
		return dhcp4_parse(&w->dhcp4, k->payload, k->payload_length);
	case CONTROL_DHCP6:
	case CONTROL_NDP:
		return read_ipv6(k, w);
	case CONTROL_RADIUS:
		return radius_parse(&w->radius, k->payload, k->payload_length);
	case CONTROL_PPPOE:
		return pppoe_parse(&w->pppoe, k->is_discovery, k->payload, k->payload_length);
	case CONTROL_NONE:
	case CONTROL_ARP:
	default:
		return 0;
	}
}

static void
show_one(struct entry *e, const struct look *k, const union word *w)
{
	const uint8_t *arp;

	switch (k->kind) {
	case CONTROL_DHCP4:
		e->is_own = follow_dhcp4(e->follow, &w->dhcp4, &k->frame);
		break;
	case CONTROL_DHCP6:
		e->is_own = follow_dhcp6(e->follow, &w->dhcp6, &k->frame);
		break;
	case CONTROL_NDP:
		e->is_own = follow_ndp(e->follow, &w->ndp, &k->frame);
		break;
	case CONTROL_RADIUS:
		e->is_own = follow_radius(e->follow, &w->radius, &k->frame);
		break;
	case CONTROL_PPPOE:
		e->is_own = follow_pppoe(e->follow, &w->pppoe, &k->frame);
		break;
	case CONTROL_ARP:
		arp = k->layers.data + k->layer->at;
		follow_arp(e->follow, arp + ARP_SENDER, arp + ARP_SENDER_MAC, &k->frame);
		break;
	case CONTROL_NONE:
	default:
		break;
	}
}

static void
show(struct table *t, const struct look *k, const union word *w)
{
	const char *before;
	struct entry *e;
	size_t i;

	for (i = 0; i < t->now.count; i++) {
		e = t->now.at[i];
		if (e->follow == NULL)
			continue;
		before = follow_blind(e->follow);
		show_one(e, k, w);
		table_follow_changed(t, e, before, k->frame.time);
	}
}

int
table_control_frame(struct table *t, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct look k = {.frame = {.time = time}, .hash = {.data = data, .n = caplen}};
	union word w;

	if (!find_pppoe(t, &k, data, caplen) && !find_packet(t, &k, data, caplen, len))
		return 0;
	if (k.kind == CONTROL_NONE || read_word(&k, &w) == -1)
		return 0;
	k.frame.hash = &k.hash;
	if (t->linktype == LINK_ETHERNET && caplen >= 12 && (k.kind != CONTROL_DHCP6 || is_on_link(t, &k))) {
		k.frame.target_mac = data;
		k.frame.mac = data + 6;
	}
	show(t, &k, &w);
	if (k.hash.has_failed) {
		diag_err("table of orders");
		return -1;
	}
	return 0;
}
