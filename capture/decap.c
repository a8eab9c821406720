#include <string.h>

#include "ethertype.h"
#include "wire.h"

#include "decap.h"

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING 0x4000
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ACK 0x0080 /* version 1 */
#define GRE_VERSION 0x0007

#define PROTO_KEEPALIVE 0x0000
#define PROTO_ETHERNET 0x6558
#define PROTO_EOIP 0x6400
#define PROTO_PPP 0x880b
#define PROTO_ERSPAN 0x88be
#define PROTO_ERSPAN_III 0x22eb

#define UDP_HEADER 8

#define L2TP_CONTROL 0x8000
#define L2TP_LENGTH 0x4000
#define L2TP_SEQUENCE 0x0800
#define L2TP_OFFSET 0x0200
#define L2TP_VERSION 0x000f

#define VXLAN_HEADER 8
#define VXLAN_HAS_VNI 0x08

#define GENEVE_HEADER 8
#define GENEVE_CONTROL 0x80

#define TZSP_HEADER 4
#define TZSP_PADDING 0
#define TZSP_END 1
#define TZSP_TAGS_MAX 64
#define TZSP_ETHERNET 1

#define CCC_HEADER 20 /* content id, NTP time, case id */

/* The frame's VLAN tag was left in it: ERSPAN II's encapsulation field. */
#define ERSPAN_TAG_IN_FRAME 3

/* What is read, and how far: ${end} on the wire, ${caplen} in memory. */
struct cursor {
	const uint8_t *data;
	uint32_t at, end, caplen;
};

/* Are the next ${n} bytes there?  A header that does not fit its packet is none. */
static enum decap_result
need(const struct cursor *c, uint32_t n)
{
	if (c->end - c->at < n)
		return DECAP_UNKNOWN;
	return c->caplen < c->at || c->caplen - c->at < n ? DECAP_CUT : DECAP_OK;
}

/* The same, and step over them.  ${h} is set to where they start. */
static enum decap_result
take(struct cursor *c, uint32_t n, const uint8_t **h)
{
	enum decap_result got = need(c, n);

	*h = NULL;
	if (got == DECAP_OK) {
		*h = c->data + c->at;
		c->at += n;
	}
	return got;
}

/* A length that counts from ${before} bytes back.  One that can not be is no length. */
static void
shorten(struct cursor *c, uint32_t length, uint32_t before)
{
	if (length >= before && length - before < c->end - c->at)
		c->end = c->at + length - before;
}

static enum decap_result
carry(struct decap *d, const struct cursor *c, enum decap_payload payload)
{
	d->at = c->at;
	d->end = c->end;
	d->payload = payload;
	return c->at <= c->caplen ? DECAP_OK : DECAP_CUT;
}

/* PPP, perhaps with the address and control bytes of HDLC in front. */
static enum decap_result
carry_ppp(struct decap *d, struct cursor *c)
{
	if (need(c, 2) == DECAP_OK && c->data[c->at] == 0xff && c->data[c->at + 1] == 0x03)
		c->at += 2;
	return carry(d, c, DECAP_PPP);
}

static enum decap_result
carry_type(struct decap *d, const struct cursor *c, uint16_t type)
{
	switch (type) {
	case PROTO_ETHERNET:
		return carry(d, c, DECAP_ETHERNET);
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UP:
		d->type = type;
		return carry(d, c, DECAP_TYPE);
	default:
		return DECAP_UNKNOWN;
	}
}

/* Type I has nothing but the frame, and no sequence number; type II a header of its own. */
static enum decap_result
erspan(struct decap *d, struct cursor *c)
{
	enum decap_result got;
	const uint8_t *h;

	if (!d->has_sequence)
		return carry(d, c, DECAP_ETHERNET);
	if ((got = take(c, 8, &h)) != DECAP_OK)
		return got;
	if (h[0] >> 4 != 1)
		return DECAP_UNKNOWN;
	d->stream = wire_be16(h + 2) & 0x3ff;
	if ((h[2] >> 3 & 3) != ERSPAN_TAG_IN_FRAME)
		d->vlan = wire_be16(h) & 0xfff;
	return carry(d, c, DECAP_ETHERNET);
}

static enum decap_result
erspan_iii(struct decap *d, struct cursor *c)
{
	enum decap_result got;
	const uint8_t *h, *more;

	if ((got = take(c, 12, &h)) != DECAP_OK)
		return got;
	if (h[0] >> 4 != 2)
		return DECAP_UNKNOWN;
	if ((h[11] & 1) != 0 && (got = take(c, 8, &more)) != DECAP_OK)
		return got;
	d->stream = wire_be16(h + 2) & 0x3ff;
	d->vlan = wire_be16(h) & 0xfff;
	switch (h[10] >> 2 & 0x1f) {
	case 0:
		return carry(d, c, DECAP_ETHERNET);
	case 2:
		return carry(d, c, DECAP_IP);
	default:
		return DECAP_UNKNOWN;
	}
}

/* The fields that the flags announce, behind the first four bytes. */
static enum decap_result
gre_fields(struct decap *d, struct cursor *c, uint16_t flags)
{
	enum decap_result got;
	const uint8_t *h;

	if ((flags & GRE_CHECKSUM) != 0 && (got = take(c, 4, &h)) != DECAP_OK)
		return got;
	if ((flags & GRE_KEY) != 0) {
		if ((got = take(c, 4, &h)) != DECAP_OK)
			return got;
		d->stream = wire_be32(h);
	}
	if ((flags & GRE_SEQUENCE) != 0) {
		if ((got = take(c, 4, &h)) != DECAP_OK)
			return got;
		d->has_sequence = 1;
		d->sequence = wire_be32(h);
	}
	return DECAP_OK;
}

/* The high half of the key is the payload's length; nothing else tells where the frame ends if the packet was padded. */
static enum decap_result
eoip(struct decap *d, struct cursor *c)
{
	if (d->stream >> 16 == 0)
		return DECAP_CONTROL;
	shorten(c, d->stream >> 16, 0);
	return carry(d, c, DECAP_ETHERNET);
}

/* Version 1: EoIP, and PPTP, whose key is length and call, with an acknowledgement beside the sequence. */
static enum decap_result
gre_1(struct decap *d, struct cursor *c, uint16_t flags, uint16_t proto)
{
	enum decap_result got;
	const uint8_t *h;

	if ((flags & GRE_KEY) == 0 || (flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0)
		return DECAP_UNKNOWN;
	d->kinds = proto == PROTO_EOIP ? 1U << CONF_TUNNEL_EOIP : proto == PROTO_PPP ? 1U << CONF_TUNNEL_GRE : 0;
	if (d->kinds == 0)
		return DECAP_UNKNOWN;
	if ((got = gre_fields(d, c, flags)) != DECAP_OK)
		return got;
	if (proto == PROTO_EOIP)
		return eoip(d, c);
	if ((flags & GRE_ACK) != 0 && (got = take(c, 4, &h)) != DECAP_OK)
		return got;
	/* Without a sequence number it is an acknowledgement alone.  The sequence is the call's: the key's low half. */
	if (!d->has_sequence)
		return DECAP_CONTROL;
	shorten(c, d->stream >> 16, 0);
	d->stream &= 0xffff;
	return carry_ppp(d, c);
}

static unsigned
gre_kinds(uint16_t proto, int has_key)
{
	switch (proto) {
	case PROTO_ERSPAN:
	case PROTO_ERSPAN_III:
		return 1U << CONF_TUNNEL_ERSPAN;
	case PROTO_ETHERNET:
		return 1U << CONF_TUNNEL_GRE | (has_key ? 1U << CONF_TUNNEL_NVGRE : 0);
	default:
		return 1U << CONF_TUNNEL_GRE;
	}
}

enum decap_result
decap_gre(struct decap *d, const struct packet *p, const uint8_t *data, uint32_t caplen)
{
	struct cursor c = {data, p->network_end, p->end, caplen};
	enum decap_result got;
	uint16_t flags, proto;
	const uint8_t *h;

	memset(d, 0, sizeof(*d));
	if ((got = take(&c, 4, &h)) != DECAP_OK)
		return got;
	flags = wire_be16(h);
	proto = wire_be16(h + 2);
	if ((flags & GRE_VERSION) == 1)
		return gre_1(d, &c, flags, proto);
	if ((flags & (GRE_VERSION | GRE_ROUTING)) != 0)
		return DECAP_UNKNOWN;
	d->kinds = gre_kinds(proto, (flags & GRE_KEY) != 0);
	if ((got = gre_fields(d, &c, flags)) != DECAP_OK)
		return got;
	switch (proto) {
	case PROTO_ERSPAN:
		return erspan(d, &c);
	case PROTO_ERSPAN_III:
		return erspan_iii(d, &c);
	case PROTO_KEEPALIVE:
		return DECAP_CONTROL;
	default:
		return carry_type(d, &c, proto);
	}
}

static enum decap_result
vxlan(struct decap *d, struct cursor *c)
{
	enum decap_result got;
	const uint8_t *h;

	if ((got = take(c, VXLAN_HEADER, &h)) != DECAP_OK)
		return got;
	return (h[0] & VXLAN_HAS_VNI) != 0 ? carry(d, c, DECAP_ETHERNET) : DECAP_UNKNOWN;
}

static enum decap_result
geneve(struct decap *d, struct cursor *c)
{
	enum decap_result got;
	const uint8_t *h, *options;

	if ((got = take(c, GENEVE_HEADER, &h)) != DECAP_OK)
		return got;
	if (h[0] >> 6 != 0)
		return DECAP_UNKNOWN;
	if ((h[1] & GENEVE_CONTROL) != 0)
		return DECAP_CONTROL;
	if ((got = take(c, (h[0] & 0x3fU) * 4, &options)) != DECAP_OK)
		return got;
	return carry_type(d, c, wire_be16(h + 2));
}

static enum decap_result
l2tp(struct decap *d, struct cursor *c)
{
	enum decap_result got;
	const uint8_t *h;
	uint16_t flags;

	if ((got = take(c, 2, &h)) != DECAP_OK)
		return got;
	flags = wire_be16(h);
	if ((flags & L2TP_VERSION) != 2)
		return DECAP_UNKNOWN;
	if ((flags & L2TP_CONTROL) != 0)
		return DECAP_CONTROL;
	if ((flags & L2TP_LENGTH) != 0) {
		if ((got = take(c, 2, &h)) != DECAP_OK)
			return got;
		/* It counts from the flags on. */
		shorten(c, wire_be16(h), 4);
	}
	/* Tunnel and session; Ns and Nr. */
	if ((got = take(c, 4, &h)) != DECAP_OK)
		return got;
	if ((flags & L2TP_SEQUENCE) != 0 && (got = take(c, 4, &h)) != DECAP_OK)
		return got;
	if ((flags & L2TP_OFFSET) != 0) {
		if ((got = take(c, 2, &h)) != DECAP_OK)
			return got;
		if ((got = take(c, wire_be16(h), &h)) != DECAP_OK)
			return got;
	}
	return carry_ppp(d, c);
}

/* Tags of type, length and value; two have neither length nor value. */
static enum decap_result
tzsp(struct decap *d, struct cursor *c)
{
	enum decap_result got;
	const uint8_t *h, *tag;
	int i;

	if ((got = take(c, TZSP_HEADER, &h)) != DECAP_OK)
		return got;
	if (h[0] != 1)
		return DECAP_UNKNOWN;
	/* Frames received and frames to send; the rest is configuration and keepalives. */
	if (h[1] > 1)
		return DECAP_CONTROL;
	if (wire_be16(h + 2) != TZSP_ETHERNET)
		return DECAP_UNKNOWN;
	for (i = 0; i < TZSP_TAGS_MAX; i++) {
		if ((got = take(c, 1, &tag)) != DECAP_OK)
			return got;
		if (tag[0] == TZSP_END)
			return carry(d, c, DECAP_ETHERNET);
		if (tag[0] == TZSP_PADDING)
			continue;
		if ((got = take(c, 1, &tag)) != DECAP_OK || (got = take(c, tag[0], &tag)) != DECAP_OK)
			return got;
	}
	return DECAP_UNKNOWN;
}

static enum decap_result
ccc(struct decap *d, struct cursor *c)
{
	enum decap_result got;
	const uint8_t *h;

	if ((got = take(c, CCC_HEADER, &h)) != DECAP_OK)
		return got;
	return carry(d, c, DECAP_IP);
}

enum decap_result
decap_udp(struct decap *d, enum conf_tunnel_kind kind, const struct packet *p, const uint8_t *data, uint32_t caplen)
{
	struct cursor c = {data, p->network_end, p->end, caplen};
	enum decap_result got;
	const uint8_t *h;

	memset(d, 0, sizeof(*d));
	if ((got = take(&c, UDP_HEADER, &h)) != DECAP_OK)
		return got;
	/* More than there is: a first fragment.  Less than its own header: a GSO frame's 0, or nonsense. */
	shorten(&c, wire_be16(h + 4), UDP_HEADER);
	switch (kind) {
	case CONF_TUNNEL_VXLAN:
		return vxlan(d, &c);
	case CONF_TUNNEL_GENEVE:
		return geneve(d, &c);
	case CONF_TUNNEL_L2TP:
		return l2tp(d, &c);
	case CONF_TUNNEL_TZSP:
		return tzsp(d, &c);
	case CONF_TUNNEL_CCC:
		return ccc(d, &c);
	default:
		return DECAP_UNKNOWN;
	}
}

enum decap_result
decap_ipip(struct decap *d, const struct packet *p, uint32_t caplen)
{
	const struct cursor c = {NULL, p->network_end, p->end, caplen};

	memset(d, 0, sizeof(*d));
	return carry(d, &c, DECAP_IP);
}
