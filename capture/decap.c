#include <string.h>

#include "decap_internal.h"

/*
 * Tunnels over UDP, and IP in IP.
 */
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

static enum decap_result
vxlan(struct decap *d, struct decap_cursor *c)
{
	enum decap_result got;
	const uint8_t *h;

	if ((got = decap_take(c, VXLAN_HEADER, &h)) != DECAP_OK)
		return got;
	return (h[0] & VXLAN_HAS_VNI) != 0 ? decap_carry(d, c, DECAP_ETHERNET) : DECAP_UNKNOWN;
}

static enum decap_result
geneve(struct decap *d, struct decap_cursor *c)
{
	enum decap_result got;
	const uint8_t *h, *options;

	if ((got = decap_take(c, GENEVE_HEADER, &h)) != DECAP_OK)
		return got;
	if (h[0] >> 6 != 0)
		return DECAP_UNKNOWN;
	if ((h[1] & GENEVE_CONTROL) != 0)
		return DECAP_CONTROL;
	if ((got = decap_take(c, (h[0] & 0x3fU) * 4, &options)) != DECAP_OK)
		return got;
	return decap_carry_type(d, c, wire_be16(h + 2));
}

static enum decap_result
l2tp(struct decap *d, struct decap_cursor *c)
{
	enum decap_result got;
	const uint8_t *h;
	uint16_t flags;

	if ((got = decap_take(c, 2, &h)) != DECAP_OK)
		return got;
	flags = wire_be16(h);
	if ((flags & L2TP_VERSION) != 2)
		return DECAP_UNKNOWN;
	if ((flags & L2TP_CONTROL) != 0)
		return DECAP_CONTROL;
	if ((flags & L2TP_LENGTH) != 0) {
		if ((got = decap_take(c, 2, &h)) != DECAP_OK)
			return got;
		/* It counts from the flags on. */
		decap_shorten(c, wire_be16(h), 4);
	}
	/* Tunnel and session; Ns and Nr. */
	if ((got = decap_take(c, 4, &h)) != DECAP_OK)
		return got;
	if ((flags & L2TP_SEQUENCE) != 0 && (got = decap_take(c, 4, &h)) != DECAP_OK)
		return got;
	if ((flags & L2TP_OFFSET) != 0) {
		if ((got = decap_take(c, 2, &h)) != DECAP_OK)
			return got;
		if ((got = decap_take(c, wire_be16(h), &h)) != DECAP_OK)
			return got;
	}
	return decap_carry_ppp(d, c);
}

/* Tags of type, length and value; two have neither length nor value. */
static enum decap_result
tzsp(struct decap *d, struct decap_cursor *c)
{
	enum decap_result got;
	const uint8_t *h, *tag;
	int i;

	if ((got = decap_take(c, TZSP_HEADER, &h)) != DECAP_OK)
		return got;
	if (h[0] != 1)
		return DECAP_UNKNOWN;
	/* Frames received and frames to send; the rest is configuration and keepalives. */
	if (h[1] > 1)
		return DECAP_CONTROL;
	if (wire_be16(h + 2) != TZSP_ETHERNET)
		return DECAP_UNKNOWN;
	for (i = 0; i < TZSP_TAGS_MAX; i++) {
		if ((got = decap_take(c, 1, &tag)) != DECAP_OK)
			return got;
		if (tag[0] == TZSP_END)
			return decap_carry(d, c, DECAP_ETHERNET);
		if (tag[0] == TZSP_PADDING)
			continue;
		if ((got = decap_take(c, 1, &tag)) != DECAP_OK || (got = decap_take(c, tag[0], &tag)) != DECAP_OK)
			return got;
	}
	return DECAP_UNKNOWN;
}

static enum decap_result
ccc(struct decap *d, struct decap_cursor *c)
{
	enum decap_result got;
	const uint8_t *h;

	if ((got = decap_take(c, CCC_HEADER, &h)) != DECAP_OK)
		return got;
	return decap_carry(d, c, DECAP_IP);
}

enum decap_result
decap_udp(struct decap *d, enum conf_tunnel_kind kind, const struct packet *p, const uint8_t *data, uint32_t caplen)
{
	struct decap_cursor c = {data, p->network_end, p->end, caplen};
	enum decap_result got;
	const uint8_t *h;

	memset(d, 0, sizeof(*d));
	if ((got = decap_take(&c, UDP_HEADER, &h)) != DECAP_OK)
		return got;
	/* More than there is: a first fragment.  Less than its own header: a GSO frame's 0, or nonsense. */
	decap_shorten(&c, wire_be16(h + 4), UDP_HEADER);
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
	const struct decap_cursor c = {NULL, p->network_end, p->end, caplen};

	memset(d, 0, sizeof(*d));
	return decap_carry(d, &c, DECAP_IP);
}
