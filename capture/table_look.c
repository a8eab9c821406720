#include <string.h>

#include "dhcp4.h"
#include "dhcp6.h"
#include "ethertype.h"
#include "layers.h"
#include "ndp.h"
#include "pppoe.h"
#include "wire.h"

#include "table_look.h"

/*
 * The traffic by which addresses are given and taken, found among all other.
 */
#define LINK_ETHERNET 1
#define PROTO_UDP 17
#define TAG 4
#define TAGS_MAX 3
#define UDP_HEADER 8
#define V6_HEADER 40
#define V6_HOPS_AT 7
#define PPPOE_HEADER 6
#define PPP_IPV6 0x57

/* Is IPv6 addresses' control traffic read at all? */
static int
has_ipv6(const struct table *t)
{
	return t->iap != NULL && (t->iap->ipv6.server_count > 0 || t->iap->ipv6.slaac_pool_count > 0);
}

static int
is_dhcp6(uint16_t from, uint16_t to)
{
	return from == DHCP6_CLIENT_PORT || to == DHCP6_CLIENT_PORT || from == DHCP6_SERVER_PORT ||
	       to == DHCP6_SERVER_PORT;
}

/* By one of its two ports. */
static enum follow_message_kind
kind_of(const struct table *t, const uint8_t *udp, unsigned version)
{
	uint16_t from = wire_be16(udp), to = wire_be16(udp + 2);
	const struct conf_radius *r = t->iap == NULL ? NULL : &t->iap->radius;
	uint32_t i;

	if (version == 4 && (from == DHCP4_SERVER_PORT || to == DHCP4_SERVER_PORT || from == DHCP4_CLIENT_PORT ||
				to == DHCP4_CLIENT_PORT))
		return FOLLOW_MESSAGE_DHCP4;
	if (version == 6 && has_ipv6(t) && is_dhcp6(from, to))
		return FOLLOW_MESSAGE_DHCP6;
	if (r == NULL || r->server_count == 0)
		return FOLLOW_MESSAGE_NONE;
	for (i = 0; i < r->port_count; i++) {
		if (r->ports[i] == from || r->ports[i] == to)
			return FOLLOW_MESSAGE_RADIUS;
	}
	for (i = 0; i < r->coa_port_count; i++) {
		if (r->coa_ports[i] == from || r->coa_ports[i] == to)
			return FOLLOW_MESSAGE_RADIUS;
	}
	return FOLLOW_MESSAGE_NONE;
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

/* Where the IPv6 packet stands that a session carries; 0: it carries none. */
static uint32_t
v6_of_session(const uint8_t *data, uint32_t length)
{
	if (length > PPPOE_HEADER + 1 && data[PPPOE_HEADER] == 0 && data[PPPOE_HEADER + 1] == PPP_IPV6)
		return PPPOE_HEADER + 2;
	return length > PPPOE_HEADER && data[PPPOE_HEADER] == PPP_IPV6 ? PPPOE_HEADER + 1 : 0;
}

/* By which a subscriber gets addresses of IPv6 in a session: DHCPv6, or a Router Advertisement. */
static int
may_be_inside(const struct table *t, uint16_t type, const uint8_t *data, uint32_t length)
{
	const uint8_t *ip;
	uint32_t at;

	if (t->iap == NULL || t->iap->pppoe.concentrator_count == 0 || type != ETHERTYPE_SESSION)
		return 0;
	at = v6_of_session(data, length);
	if (at == 0 || length < at + V6_HEADER + 4)
		return 0;
	ip = data + at;
	if (ip[6] == NDP_PROTO)
		return ip[V6_HOPS_AT] == NDP_HOPS && ip[V6_HEADER] == NDP_ROUTER_ADVERTISEMENT;
	return ip[6] == PROTO_UDP && is_dhcp6(wire_be16(ip + V6_HEADER), wire_be16(ip + V6_HEADER + 2));
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
		       may_be_pppoe(t, type, data + at, caplen - at) ||
		       may_be_inside(t, type, data + at, caplen - at);
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
	       kind_of(t, data + at + header, type == ETHERTYPE_IPV4 ? 4 : 6) != FOLLOW_MESSAGE_NONE;
}

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
static int
put_ndp(struct look *k)
{
	const struct packet *p = &k->layer->packet;
	uint32_t limit = p->end < k->layers.caplen ? p->end : k->layers.caplen;

	if (p->version != 6 || p->fragment != PACKET_WHOLE || p->is_cut || limit <= p->network_end ||
	    k->layers.data[p->at + V6_HOPS_AT] != NDP_HOPS)
		return 0;
	put_addresses(k, p);
	k->payload = k->layers.data + p->network_end;
	k->payload_length = limit - p->network_end;
	k->is_cut = p->end > limit;
	return 1;
}

static void
find_ndp(const struct table *t, struct look *k)
{
	if (has_ipv6(t) && is_on_link(t, k) && put_ndp(k))
		k->kind = FOLLOW_MESSAGE_NDP;
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

/* Those of the Ethernet header, whose type ends before ${at}. */
static void
put_vlans(struct follow_frame *frame, const uint8_t *data, uint32_t at)
{
	uint32_t i;

	frame->vlan_count = (uint16_t)((at - ETHERTYPE_AT - 2) / TAG);
	for (i = 0; i < frame->vlan_count; i++)
		frame->vlans[i] = wire_be16(data + ETHERTYPE_AT + 2 + i * TAG) & 0xfff;
}

/* PPPoE right behind the tags of an Ethernet header, at the operator's own level. */
static int
find_pppoe(const struct table *t, struct look *k, const uint8_t *data, uint32_t caplen)
{
	uint32_t at;
	uint16_t type;

	if (t->linktype != LINK_ETHERNET)
		return 0;
	type = type_of(data, caplen, &at);
	if (type == 0 || !may_be_pppoe(t, type, data + at, caplen - at))
		return 0;
	k->kind = FOLLOW_MESSAGE_PPPOE;
	k->is_discovery = type == ETHERTYPE_DISCOVERY;
	k->payload = data + at;
	k->payload_length = caplen - at;
	put_vlans(&k->frame, data, at);
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
		k->kind = FOLLOW_MESSAGE_ARP;
	else if (k->layer->type == LAYER_IP && k->layer->packet.proto == NDP_PROTO)
		find_ndp(t, k);
	else if (k->layer->type == LAYER_IP)
		find_datagram(t, k);
	return 1;
}

/* The packet that a session carries is IPv6, and is no other session's or tunnel's. */
static int
find_inside(const struct table *t, struct look *k, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	uint32_t at;
	uint16_t type = type_of(data, caplen, &at);

	if (!may_be_inside(t, type, data + at, caplen - at))
		return 0;
	layers_walk(&k->layers, t->linktype, data, caplen, len);
	if (k->layers.count == 0)
		return 0;
	k->layer = &k->layers.at[k->layers.count - 1];
	if (k->layer->type != LAYER_IP || k->layer->packet.at != at + v6_of_session(data + at, caplen - at))
		return 0;
	k->session = wire_be16(data + at + 2);
	k->is_ndp = k->layer->packet.proto == NDP_PROTO;
	if (!k->is_ndp)
		find_datagram(t, k);
	if (k->is_ndp ? !put_ndp(k) : k->payload == NULL)
		return 0;
	k->kind = FOLLOW_MESSAGE_INSIDE;
	return 1;
}

/* Where the frame's own Ethernet header tells of its MACs; what comes by another's is not its. */
static void
put_link(const struct table *t, struct look *k, const uint8_t *data, uint32_t caplen)
{
	uint32_t at;

	if (t->linktype != LINK_ETHERNET || caplen < 12 || (k->kind == FOLLOW_MESSAGE_DHCP6 && !is_on_link(t, k)))
		return;
	k->frame.target_mac = data;
	k->frame.mac = data + 6;
	if (type_of(data, caplen, &at) != 0)
		put_vlans(&k->frame, data, at);
}

static int
find_message(const struct table *t, struct look *k, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	uint32_t at;

	if (find_pppoe(t, k, data, caplen))
		return 1;
	if (t->linktype == LINK_ETHERNET && type_of(data, caplen, &at) == ETHERTYPE_SESSION)
		return find_inside(t, k, data, caplen, len);
	return find_packet(t, k, data, caplen, len);
}

int
table_look(const struct table *t, struct look *k, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	if (!find_message(t, k, data, caplen, len))
		return 0;
	put_link(t, k, data, caplen);
	return 1;
}
