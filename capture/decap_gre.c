#include <string.h>

#include "decap_internal.h"

/*
 * GRE and what comes in it: NVGRE, EoIP, PPTP, ERSPAN I to III.
 */
#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING 0x4000
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ACK 0x0080 /* version 1 */
#define GRE_VERSION 0x0007

#define PROTO_KEEPALIVE 0x0000
#define PROTO_EOIP 0x6400
#define PROTO_PPP 0x880b
#define PROTO_ERSPAN 0x88be
#define PROTO_ERSPAN_III 0x22eb

/* ERSPAN II's encapsulation field: how the frame came to the port that is mirrored. */
#define ERSPAN_UNTAGGED 0     /* the number is the VLAN that the port put it into */
#define ERSPAN_TAG_IN_FRAME 3 /* the number has no meaning */

static enum decap_tag
erspan_ii_tag(unsigned encapsulation, uint16_t vlan)
{
	switch (encapsulation) {
	case ERSPAN_TAG_IN_FRAME:
		return DECAP_TAG_NONE;
	case ERSPAN_UNTAGGED:
		/* That a frame without a tag should begin with one can be QinQ's access port, or a header's mistake. */
		return vlan == 0 ? DECAP_TAG_NONE : DECAP_TAG_REPEATED;
	default: /* ISL or 802.1Q, taken off: number 0 was a priority tag, or nobody filled it in */
		return vlan == 0 ? DECAP_TAG_PERHAPS : DECAP_TAG_OUTER;
	}
}

/* Type I has nothing but the frame, and no sequence number; type II a header of its own. */
static enum decap_result
erspan(struct decap *d, struct decap_cursor *c)
{
	enum decap_result got;
	const uint8_t *h;

	if (!d->has_sequence)
		return decap_carry(d, c, DECAP_ETHERNET);
	if ((got = decap_take(c, 8, &h)) != DECAP_OK)
		return got;
	if (h[0] >> 4 != 1)
		return DECAP_UNKNOWN;
	d->stream = wire_be16(h + 2) & 0x3ff;
	d->vlan = wire_be16(h) & 0xfff;
	d->tag = erspan_ii_tag(h[2] >> 3 & 3, d->vlan);
	return decap_carry(d, c, DECAP_ETHERNET);
}

/* It does not say whether the tag was left in the frame, as Linux leaves it, or taken off. */
static enum decap_result
erspan_iii(struct decap *d, struct decap_cursor *c)
{
	enum decap_result got;
	const uint8_t *h, *more;

	if ((got = decap_take(c, 12, &h)) != DECAP_OK)
		return got;
	if (h[0] >> 4 != 2)
		return DECAP_UNKNOWN;
	if ((h[11] & 1) != 0 && (got = decap_take(c, 8, &more)) != DECAP_OK)
		return got;
	d->stream = wire_be16(h + 2) & 0x3ff;
	d->vlan = wire_be16(h) & 0xfff;
	d->tag = d->vlan == 0 ? DECAP_TAG_NONE : DECAP_TAG_REPEATED;
	switch (h[10] >> 2 & 0x1f) {
	case 0:
		return decap_carry(d, c, DECAP_ETHERNET);
	case 2:
		return decap_carry(d, c, DECAP_IP);
	default:
		return DECAP_UNKNOWN;
	}
}

/* The fields that the flags announce, behind the first four bytes. */
static enum decap_result
gre_fields(struct decap *d, struct decap_cursor *c, uint16_t flags)
{
	enum decap_result got;
	const uint8_t *h;

	if ((flags & GRE_CHECKSUM) != 0 && (got = decap_take(c, 4, &h)) != DECAP_OK)
		return got;
	if ((flags & GRE_KEY) != 0) {
		if ((got = decap_take(c, 4, &h)) != DECAP_OK)
			return got;
		d->stream = wire_be32(h);
	}
	if ((flags & GRE_SEQUENCE) != 0) {
		if ((got = decap_take(c, 4, &h)) != DECAP_OK)
			return got;
		d->has_sequence = 1;
		d->sequence = wire_be32(h);
	}
	return DECAP_OK;
}

/* The high half of the key is the payload's length; nothing else tells where the frame ends if the packet was padded. */
static enum decap_result
eoip(struct decap *d, struct decap_cursor *c)
{
	if (d->stream >> 16 == 0)
		return DECAP_CONTROL;
	decap_shorten(c, d->stream >> 16, 0);
	return decap_carry(d, c, DECAP_ETHERNET);
}

/* Version 1: EoIP, and PPTP, whose key is length and call, with an acknowledgement beside the sequence. */
static enum decap_result
gre_1(struct decap *d, struct decap_cursor *c, uint16_t flags, uint16_t proto)
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
	if ((flags & GRE_ACK) != 0 && (got = decap_take(c, 4, &h)) != DECAP_OK)
		return got;
	/* Without a sequence number it is an acknowledgement alone.  The sequence is the call's: the key's low half. */
	if (!d->has_sequence)
		return DECAP_CONTROL;
	decap_shorten(c, d->stream >> 16, 0);
	d->stream &= 0xffff;
	return decap_carry_ppp(d, c);
}

static unsigned
gre_kinds(uint16_t proto, int has_key)
{
	switch (proto) {
	case PROTO_ERSPAN:
	case PROTO_ERSPAN_III:
		return 1U << CONF_TUNNEL_ERSPAN;
	case DECAP_PROTO_ETHERNET:
		return 1U << CONF_TUNNEL_GRE | (has_key ? 1U << CONF_TUNNEL_NVGRE : 0);
	default:
		return 1U << CONF_TUNNEL_GRE;
	}
}

enum decap_result
decap_gre(struct decap *d, const struct packet *p, const uint8_t *data, uint32_t caplen)
{
	struct decap_cursor c = {data, p->network_end, p->end, caplen};
	enum decap_result got;
	uint16_t flags, proto;
	const uint8_t *h;

	memset(d, 0, sizeof(*d));
	if ((got = decap_take(&c, 4, &h)) != DECAP_OK)
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
		return decap_carry_type(d, &c, proto);
	}
}
