#include <string.h>

#include "packet.h"

#include "flowkey.h"

#define LINK_ETHERNET 1
#define LINK_RAW 101
#define LINK_SLL 113
#define LINK_IPV4 228
#define LINK_IPV6 229
#define LINK_SLL2 276

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_MPLS 0x8847
#define TYPE_MPLS_UP 0x8848
#define TYPE_PPPOE 0x8864
#define PPP_IPV4 0x0021
#define PPP_IPV6 0x0057
#define STEPS_MAX 16

#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_DCCP 33
#define PROTO_SCTP 132
#define PROTO_UDPLITE 136

static uint16_t
be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Where does a type stand in this link's header, and where does that end?  0: not known. */
static uint32_t
link_type_at(uint32_t linktype, uint32_t *at)
{
	switch (linktype) {
	case LINK_ETHERNET:
		*at = 14;
		return 12;
	case LINK_SLL:
		*at = 16;
		return 14;
	case LINK_SLL2:
		*at = 20;
		return 0;
	default:
		*at = 0;
		return 0;
	}
}

static int
is_tag(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

/* Behind the labels: IP by its version.  A pseudowire is none. */
static uint16_t
pop_labels(const struct sliceframes_frame *f, uint32_t *at)
{
	uint32_t bottom = 0;

	while (!bottom && f->caplen >= *at + 5) {
		bottom = f->data[*at + 2] & 1U;
		*at += 4;
	}
	if (!bottom)
		return 0;
	return f->data[*at] >> 4 == 4 ? TYPE_IPV4 : f->data[*at] >> 4 == 6 ? TYPE_IPV6 : 0;
}

/* Behind the session's header, of which a protocol may be a byte. */
static uint16_t
pass_session(const struct sliceframes_frame *f, uint32_t *at)
{
	uint16_t proto;

	if (f->caplen < *at + 8)
		return 0;
	*at += 6;
	proto = f->data[*at] & 1 ? f->data[*at] : be16(f->data + *at);
	*at += f->data[*at] & 1 ? 1 : 2;
	return proto == PPP_IPV4 ? TYPE_IPV4 : proto == PPP_IPV6 ? TYPE_IPV6 : 0;
}

/* Where does the IP header begin?  0 where there is none: it has a link before it, or is the frame. */
static int
find_ip(const struct sliceframes_frame *f, uint32_t *at)
{
	uint32_t type_at = link_type_at(f->linktype, at);
	uint16_t type;
	int steps;

	if (f->linktype == LINK_RAW || f->linktype == LINK_IPV4 || f->linktype == LINK_IPV6)
		return 1;
	if (*at == 0 || f->caplen < *at)
		return 0;
	type = be16(f->data + type_at);
	for (steps = 0; steps < STEPS_MAX && is_tag(type) && f->caplen >= *at + 4; steps++) {
		type = be16(f->data + *at + 2);
		*at += 4;
	}
	if (type == TYPE_MPLS || type == TYPE_MPLS_UP)
		type = pop_labels(f, at);
	else if (type == TYPE_PPPOE)
		type = pass_session(f, at);
	return type == TYPE_IPV4 || type == TYPE_IPV6;
}

static int
has_ports(uint8_t proto)
{
	return proto == PROTO_TCP || proto == PROTO_UDP || proto == PROTO_SCTP || proto == PROTO_DCCP ||
	       proto == PROTO_UDPLITE;
}

static int
read_ip(const struct flowkey_terms *t, const struct sliceframes_frame *f, struct flowkey *k)
{
	struct packet p;
	const uint8_t *addresses;
	uint32_t at;
	size_t n;

	if (!find_ip(f, &at) || at >= f->caplen || packet_parse(&p, f->data, at, f->caplen, f->len) != PACKET_OK)
		return 0;
	addresses = packet_addresses(&p, f->data);
	n = p.version == 4 ? 4 : 16;
	k->version = p.version;
	k->proto = p.proto;
	memcpy(k->src, addresses, n);
	memcpy(k->dst, addresses + n, n);
	if (t->order->scope == ORDER_HEADERS_WITHOUT_PORTS || !has_ports(p.proto) || p.is_cut ||
	    p.fragment == PACKET_LATER || p.end < p.network_end + 4 || f->caplen < p.network_end + 4)
		return 1;
	k->has_ports = 1;
	k->sport = be16(f->data + p.network_end);
	k->dport = be16(f->data + p.network_end + 2);
	return 1;
}

static int
is_within(const uint8_t *addr, unsigned version, const uint8_t *prefix, unsigned family, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return version == family && memcmp(addr, prefix, whole) == 0 &&
	       (rest == 0 || ((addr[whole] ^ prefix[whole]) & (0xffU << (8 - rest) & 0xffU)) == 0);
}

static int
is_subjects(const struct flowkey_terms *t, const uint8_t *addr, unsigned version)
{
	const struct access_list *l = t->access;
	size_t i;

	for (i = 0; i < t->order->prefix_count; i++) {
		const struct order_prefix *p = &t->order->prefixes[i];

		if (is_within(addr, version, p->addr, p->family, p->bits))
			return 1;
	}
	for (i = 0; i < l->held_count; i++) {
		if (is_within(addr, version, l->held[i].addr, l->held[i].family, l->held[i].bits))
			return 1;
	}
	for (i = 0; i < l->count; i++) {
		if (is_within(addr, version, l->at[i].addr, l->at[i].family, l->at[i].bits))
			return 1;
	}
	return 0;
}

static int
is_subjects_mac(const struct order *o, const uint8_t *mac)
{
	size_t i;

	for (i = 0; i < o->mac_count; i++) {
		if (memcmp(o->macs[i], mac, 6) == 0)
			return 1;
	}
	for (i = 0; i < o->identity_count; i++) {
		if (o->identities[i].kind == ORDER_DHCP_MAC && memcmp(o->identities[i].bytes, mac, 6) == 0)
			return 1;
	}
	return 0;
}

/* By its addresses, else by its MAC; where both ends are its, nobody can say. */
static enum flowkey_direction
direction(const struct flowkey_terms *t, const struct sliceframes_frame *f, const struct flowkey *k)
{
	int from = k->version != 0 && is_subjects(t, k->src, k->version);
	int to = k->version != 0 && is_subjects(t, k->dst, k->version);

	if (from == to && f->linktype == LINK_ETHERNET && f->caplen >= 12) {
		from = is_subjects_mac(t->order, f->data + 6);
		to = is_subjects_mac(t->order, f->data);
	}
	if (from == to)
		return FLOWKEY_UNKNOWN;
	return from ? FLOWKEY_FROM : FLOWKEY_TO;
}

void
flowkey_read(const struct flowkey_terms *t, const struct sliceframes_frame *f, struct flowkey *k)
{
	memset(k, 0, sizeof(*k));
	(void)read_ip(t, f, k); /* no IP: that is what the key then says */
	k->direction = (uint8_t)direction(t, f, k);
}

const char *
flowkey_direction_text(unsigned direction)
{
	static const char *const texts[] = {"unknown", "from-subject", "to-subject"};

	return texts[direction];
}
