#include "craft_internal.h"
#include "ethertype.h"

#define PROTO_IPV4 4
#define PROTO_UDP 17
#define PROTO_IPV6 41
#define PROTO_GRE 47
#define GRE_ERSPAN UINT32_C(0x88be)
#define GRE_EOIP UINT32_C(0x6400)
#define ANY_PORT 49152
#define ANY_NUMBER 1 /* of a network, call or tunnel: who follows it does not look at it */

int
craft_carries_ethernet(enum conf_tunnel_kind kind)
{
	return kind != CONF_TUNNEL_IPIP && kind != CONF_TUNNEL_L2TP && kind != CONF_TUNNEL_CCC;
}

int
craft_carries_ip(enum conf_tunnel_kind kind)
{
	return kind == CONF_TUNNEL_GRE || kind == CONF_TUNNEL_GENEVE || !craft_carries_ethernet(kind);
}

/* The header of a kind that stands right on IP.  Return the protocol's number. */
static uint8_t
put_plain(struct craft *c, enum conf_tunnel_kind kind)
{
	uint32_t length = craft_length(c);

	switch (kind) {
	case CONF_TUNNEL_IPIP:
		return c->type == ETHERTYPE_IPV6 ? PROTO_IPV6 : PROTO_IPV4;
	case CONF_TUNNEL_NVGRE:
		craft_be32(c, ANY_NUMBER << 8);
		craft_be32(c, 0x20000000 | CRAFT_ETHERNET);
		break;
	case CONF_TUNNEL_EOIP:
		craft_be16(c, ANY_NUMBER);
		craft_be16(c, length);
		craft_be32(c, 0x20010000 | GRE_EOIP);
		break;
	case CONF_TUNNEL_ERSPAN:
		/* Type II: session and port, the tag (were there one) in the frame. */
		craft_be32(c, ANY_NUMBER);
		craft_be32(c, 0x10000000 | 3U << 11 | ANY_NUMBER);
		craft_be32(c, ANY_NUMBER);
		craft_be32(c, 0x10000000 | GRE_ERSPAN);
		break;
	default:
		craft_be32(c, c->type);
		break;
	}
	return PROTO_GRE;
}

/* The header of a kind that stands on UDP. */
static void
put_over_udp(struct craft *c, enum conf_tunnel_kind kind)
{
	switch (kind) {
	case CONF_TUNNEL_VXLAN:
		craft_be32(c, ANY_NUMBER << 8);
		craft_be32(c, 0x08000000);
		break;
	case CONF_TUNNEL_GENEVE:
		craft_be32(c, ANY_NUMBER << 8);
		craft_be32(c, c->type);
		break;
	case CONF_TUNNEL_L2TP:
		craft_be32(c, 0xff030000 | (c->type == ETHERTYPE_IPV6 ? 0x57U : 0x21U));
		craft_be32(c, ANY_NUMBER << 16 | ANY_NUMBER);
		craft_be16(c, 0x0002);
		break;
	case CONF_TUNNEL_TZSP:
		craft_put(c, "\1", 1); /* the end of its tags */
		craft_be32(c, 0x01000001);
		break;
	default: /* CCC: its id, a time, a case id */
		craft_be32(c, ANY_NUMBER);
		craft_be32(c, 0);
		craft_be32(c, 0);
		craft_be32(c, 0);
		craft_be32(c, ANY_NUMBER);
		break;
	}
}

void
craft_tunnel(struct craft *c, enum conf_tunnel_kind kind, const struct conf_address *from,
    const struct conf_address *to, uint16_t port)
{
	uint8_t proto = PROTO_UDP;

	if (port == 0)
		proto = put_plain(c, kind);
	else {
		put_over_udp(c, kind);
		craft_udp(c, ANY_PORT, port);
	}
	craft_ip(c, from, to, proto);
}
