#include "packet.h"

#define V4_HEADER 20
#define V6_HEADER 40
#define FRAGMENT_HEADER 8

/* Longer chains do not occur; 100 must not break (FAULTS 40). */
#define CHAIN_MAX 128

#define PROTO_HOPOPTS 0
#define PROTO_ICMP 1
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_ROUTING 43
#define PROTO_FRAGMENT 44
#define PROTO_AH 51
#define PROTO_ICMPV6 58
#define PROTO_NONE 59
#define PROTO_DSTOPTS 60
#define PROTO_SCTP 132
#define PROTO_MOBILITY 135
#define PROTO_HIP 139
#define PROTO_SHIM6 140

static uint16_t
be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static enum packet_result
parse_v4(struct packet *p, const uint8_t *ip, uint32_t avail, uint32_t wire)
{
	uint32_t header, total, offset;

	if (wire < V4_HEADER)
		return PACKET_BAD;
	if (avail < V4_HEADER)
		return PACKET_CUT;
	header = (ip[0] & 15U) * 4;
	if (header < V4_HEADER || header > wire)
		return PACKET_BAD;
	total = be16(ip + 2);
	if (total == 0 || total > wire)
		total = wire;
	if (total < header)
		return PACKET_BAD;
	offset = be16(ip + 6);
	p->end = p->at + total;
	p->network_end = p->body = p->at + header;
	p->id = be16(ip + 4);
	p->proto = ip[9];
	if (offset & 0x1fff)
		p->fragment = PACKET_LATER;
	else
		p->fragment = offset & 0x2000 ? PACKET_FIRST : PACKET_WHOLE;
	p->is_cut = header > avail;
	return PACKET_OK;
}

/* The length of the extension header of type ${proto} at ${h}, or 0 if it is none that can be stepped over. */
static uint32_t
extension_length(uint8_t proto, const uint8_t *h)
{
	switch (proto) {
	case PROTO_HOPOPTS:
	case PROTO_ROUTING:
	case PROTO_DSTOPTS:
	case PROTO_MOBILITY:
	case PROTO_HIP:
	case PROTO_SHIM6:
		return (h[1] + 1U) * 8;
	case PROTO_AH:
		return (h[1] + 2U) * 4;
	case PROTO_FRAGMENT:
		return FRAGMENT_HEADER;
	default:
		return 0;
	}
}

static void
read_fragment(struct packet *p, const uint8_t *h)
{
	uint32_t offset = be16(h + 2);

	p->id = be32(h + 4);
	p->body = p->network_end;
	if (offset & 0xfff8)
		p->fragment = PACKET_LATER;
	else if (offset & 1)
		p->fragment = PACKET_FIRST;
}

/*
 * Whatever stops the walk early (a chain without end, cut off, or lying about its lengths) leaves proto at "none", so
 * that nobody takes what follows for a transport header.
 */
static void
walk_chain(struct packet *p, const uint8_t *data, uint32_t caplen)
{
	static const uint8_t none[2];
	uint8_t proto = p->proto;
	uint32_t length, i;

	p->proto = PROTO_NONE;
	for (i = 0; i < CHAIN_MAX; i++) {
		const uint8_t *h = data + p->network_end;

		if (extension_length(proto, none) == 0) {
			p->proto = proto;
			return;
		}
		if (p->end - p->network_end < 8)
			return;
		if (caplen < p->network_end || caplen - p->network_end < 8) {
			p->is_cut = 1;
			return;
		}
		length = extension_length(proto, h);
		if (length > p->end - p->network_end)
			return;
		p->network_end += length;
		if (proto == PROTO_FRAGMENT)
			read_fragment(p, h);
		proto = h[0];
		if (p->fragment == PACKET_LATER) {
			p->proto = proto;
			return;
		}
	}
}

static enum packet_result
parse_v6(struct packet *p, const uint8_t *data, uint32_t caplen, uint32_t avail, uint32_t wire)
{
	const uint8_t *ip = data + p->at;
	uint32_t total;

	if (wire < V6_HEADER)
		return PACKET_BAD;
	if (avail < V6_HEADER)
		return PACKET_CUT;
	total = V6_HEADER + be16(ip + 4);
	/* No length: a jumbogram (its option says more) or a GSO frame; else there really is no payload. */
	if (total == V6_HEADER && (ip[6] == PROTO_HOPOPTS || wire - V6_HEADER > UINT16_MAX))
		total = wire;
	if (total > wire)
		total = wire;
	p->end = p->at + total;
	p->network_end = p->at + V6_HEADER;
	p->proto = ip[6];
	p->id = 0;
	p->body = p->network_end;
	p->fragment = PACKET_WHOLE;
	p->is_cut = 0;
	walk_chain(p, data, caplen);
	if (p->network_end > caplen)
		p->is_cut = 1;
	return PACKET_OK;
}

enum packet_result
packet_parse(struct packet *p, const uint8_t *data, uint32_t at, uint32_t caplen, uint32_t len)
{
	uint32_t avail = caplen - at;

	p->at = at;
	if (avail == 0)
		return len == at ? PACKET_BAD : PACKET_CUT;
	p->version = data[at] >> 4;
	if (p->version == 4)
		return parse_v4(p, data + at, avail, len - at);
	if (p->version == 6)
		return parse_v6(p, data, caplen, avail, len - at);
	return PACKET_BAD;
}

void
packet_extent(const struct packet *p, const uint8_t *data, struct packet_extent *e)
{
	uint32_t v = p->version == 4 ? be16(data + p->at + 6) : be16(data + p->body - FRAGMENT_HEADER + 2);

	e->from = p->version == 4 ? (v & 0x1fff) * 8 : v & 0xfff8;
	e->to = e->from + (p->end - p->body);
	e->is_last = (v & (p->version == 4 ? 0x2000 : 1)) == 0;
}

const uint8_t *
packet_addresses(const struct packet *p, const uint8_t *data)
{
	return data + p->at + (p->version == 4 ? 12 : 8);
}

/* The part of the transport header that is always there. */
static uint32_t
fixed_part(const struct packet *p)
{
	switch (p->proto) {
	case PROTO_TCP:
		return 20;
	case PROTO_UDP:
		return 8;
	case PROTO_ICMP:
		return p->version == 4 ? 8 : 0;
	case PROTO_ICMPV6:
		return p->version == 6 ? 8 : 0;
	case PROTO_SCTP:
		return 12;
	default:
		return 0;
	}
}

uint32_t
packet_transport_end(const struct packet *p, const uint8_t *data, uint32_t caplen)
{
	uint32_t room = p->end - p->network_end, header;

	if (p->fragment == PACKET_LATER)
		return p->network_end;
	header = fixed_part(p);
	if (header > room)
		return p->end;
	if (p->proto == PROTO_TCP && caplen > p->network_end && caplen - p->network_end > 12) {
		uint32_t told = (data[p->network_end + 12] >> 4) * 4U;

		if (told > header && told <= room)
			header = told;
	}
	return p->network_end + header;
}

/* Each port has a place of its own (the compiler refuses two at one), so that one comparison tells. */
#define PLACE(port) ((port)*40503U >> 16 & (PACKET_TUNNEL_PLACES - 1))
#define PORT(port) [PLACE(port)] = (port)

static const uint16_t ports[PACKET_TUNNEL_PLACES] = {
    PORT(1194),  /* OpenVPN */
    PORT(1701),  /* L2TP */
    PORT(2152),  /* GTP-U */
    PORT(3544),  /* Teredo */
    PORT(4500),  /* ESP in UDP */
    PORT(4789),  /* VXLAN */
    PORT(4790),  /* VXLAN-GPE */
    PORT(6081),  /* GENEVE */
    PORT(6635),  /* MPLS in UDP */
    PORT(8472),  /* VXLAN before it had a number */
    PORT(37008), /* TZSP */
    PORT(51820), /* WireGuard */
};

static inline int
port_is_tunnel(uint16_t port)
{
	return port != 0 && ports[PLACE(port)] == port;
}

uint16_t
packet_tunnel_port(size_t place)
{
	return ports[place];
}

int
packet_ports_are_tunnel(const uint8_t *udp)
{
	return port_is_tunnel(be16(udp)) || port_is_tunnel(be16(udp + 2));
}

int
packet_is_tunnel(const struct packet *p, const uint8_t *data, uint32_t caplen)
{
	switch (p->proto) {
	case 4:   /* IPv4 in IP */
	case 41:  /* IPv6 in IP */
	case 47:  /* GRE */
	case 50:  /* ESP */
	case 55:  /* minimal encapsulation */
	case 94:  /* IP in IP, before it was 4 */
	case 97:  /* EtherIP */
	case 98:  /* RFC 1241 */
	case 115: /* L2TPv3 */
	case 137: /* MPLS in IP */
	case 143: /* Ethernet in IPv6 segment routing */
		return 1;
	case PROTO_UDP:
		if (p->fragment == PACKET_LATER || p->end - p->network_end < 8 || caplen < p->network_end ||
		    caplen - p->network_end < 4)
			return 0;
		return packet_ports_are_tunnel(data + p->network_end);
	default:
		return 0;
	}
}
