#ifndef WRAPPED_H
#define WRAPPED_H

#include "conf.h"

#include "frames.h"

/*
 * The subject's packet in every kind of tunnel and router stream.
 */
#define WRAPPED_FROM "192.0.2.1"
#define WRAPPED_TO "192.0.2.2"
#define WRAPPED_FROM6 "2001:db8:1::1"
#define WRAPPED_TO6 "2001:db8:1::2"

#define WRAPPED_OUTER 34 /* Ethernet and IPv4 */
#define WRAPPED_UDP 42
#define WRAPPED_CCC_PORT 5000

struct wrapped {
	const char *name;
	enum conf_tunnel_kind kind;
	unsigned proto;                /* 17: at the kind's port */
	void (*build)(struct frame *); /* what stands behind the outer IP header, or the outer UDP header */
	int version;                   /* of the subject's IP header */
	uint32_t at;                   /* of that header, behind the outer IP header or UDP header */
	uint32_t frame_at;             /* the same for the frame inside a router stream, 0 for none */
	unsigned vlan;                 /* that the subject's packet is in, 0 for none */
};

static inline void
wrapped_gre4(struct frame *f)
{
	frame_be32(f, 0x00000800);
	frame_subject4(f);
}

static inline void
wrapped_gre6_all_fields(struct frame *f)
{
	frame_be32(f, 0xb00086dd);
	frame_be32(f, 0x12340000);
	frame_be32(f, 77);
	frame_be32(f, 1);
	frame_subject6(f);
}

static inline void
wrapped_gretap(struct frame *f)
{
	frame_be32(f, 0x00006558);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x8100);
	frame_vlan(f, 100, 0x0800);
	frame_subject4(f);
}

static inline void
wrapped_gre_mpls(struct frame *f)
{
	frame_be32(f, 0x00008847);
	frame_label(f, 16, 1);
	frame_subject4(f);
}

static inline void
wrapped_pptp(struct frame *f)
{
	frame_be32(f, 0x3081880b);
	frame_be16(f, FRAME_SUBJECT4_LENGTH + 4);
	frame_be16(f, 9);
	frame_be32(f, 1);
	frame_be32(f, 2);
	frame_be32(f, 0xff030021);
	frame_subject4(f);
}

static inline void
wrapped_nvgre(struct frame *f)
{
	frame_be32(f, 0x20006558);
	frame_be32(f, 0x00123401);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x86dd);
	frame_subject6(f);
}

static inline void
wrapped_eoip(struct frame *f)
{
	frame_be32(f, 0x20016400);
	frame_be16(f, 14 + FRAME_SUBJECT4_LENGTH);
	frame_be16(f, 0x0700);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x0800);
	frame_subject4(f);
}

static inline void
wrapped_erspan_i(struct frame *f)
{
	frame_be32(f, 0x000088be);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x0800);
	frame_subject4(f);
}

static inline void
wrapped_erspan_ii(struct frame *f)
{
	frame_be32(f, 0x100088be);
	frame_be32(f, 1);
	frame_be32(f, 0x10640000 | 2 << 11 | 5);
	frame_be32(f, 3);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x0800);
	frame_subject4(f);
}

static inline void
wrapped_erspan_ii_tag(struct frame *f)
{
	frame_be32(f, 0x100088be);
	frame_be32(f, 1);
	frame_be32(f, 0x10630000 | 3 << 11 | 5);
	frame_be32(f, 3);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x8100);
	frame_vlan(f, 100, 0x0800);
	frame_subject4(f);
}

static inline void
wrapped_erspan_iii(struct frame *f)
{
	frame_be32(f, 0x100022eb);
	frame_be32(f, 1);
	frame_be32(f, 0x20640005);
	frame_be32(f, 12345678);
	frame_be32(f, 0x00008000);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x86dd);
	frame_subject6(f);
}

static inline void
wrapped_erspan_iii_platform(struct frame *f)
{
	frame_be32(f, 0x100022eb);
	frame_be32(f, 1);
	frame_be32(f, 0x20000005);
	frame_be32(f, 12345678);
	frame_be32(f, 0x00008001);
	frame_be32(f, 0x0c000000);
	frame_be32(f, 0);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x0800);
	frame_subject4(f);
}

static inline void
wrapped_vxlan(struct frame *f)
{
	frame_be32(f, 0x08000000);
	frame_be32(f, 0x100);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x0800);
	frame_subject4(f);
}

static inline void
wrapped_geneve(struct frame *f)
{
	frame_be32(f, 0x02006558);
	frame_be32(f, 0x100);
	frame_be32(f, 0x01020301);
	frame_be32(f, 7);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x0800);
	frame_subject4(f);
}

static inline void
wrapped_geneve6(struct frame *f)
{
	frame_be32(f, 0x000086dd);
	frame_be32(f, 0x100);
	frame_subject6(f);
}

static inline void
wrapped_l2tp(struct frame *f)
{
	frame_be16(f, 0x0002);
	frame_be32(f, 0x00070008);
	frame_be32(f, 0xff030021);
	frame_subject4(f);
}

static inline void
wrapped_l2tp_all_fields(struct frame *f)
{
	frame_be16(f, 0x4a02);
	frame_be16(f, 18 + FRAME_SUBJECT6_LENGTH);
	frame_be32(f, 0x00070008);
	frame_be32(f, 0x00010002);
	frame_be16(f, 2);
	frame_zeros(f, 2);
	frame_be16(f, 0x0057);
	frame_subject6(f);
}

static inline void
wrapped_tzsp(struct frame *f)
{
	frame_be32(f, 0x01000001);
	frame_byte(f, 0);
	frame_be32(f, 0x290200ff);
	frame_be16(f, 0x0a01);
	frame_byte(f, 0xd0);
	frame_byte(f, 1);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x0800);
	frame_subject4(f);
}

static inline void
wrapped_ccc(struct frame *f)
{
	frame_be32(f, 42);
	frame_be32(f, 0xe0000000);
	frame_be32(f, 0);
	frame_be32(f, 0);
	frame_be32(f, 7);
	frame_subject4(f);
}

static const struct wrapped wrapped[] = {
    {"GRE", CONF_TUNNEL_GRE, 47, wrapped_gre4, 4, 4, 0, 0},
    {"GRE with checksum, key and sequence", CONF_TUNNEL_GRE, 47, wrapped_gre6_all_fields, 6, 16, 0, 0},
    {"GRE with Ethernet", CONF_TUNNEL_GRE, 47, wrapped_gretap, 4, 22, 0, 100},
    {"GRE with MPLS", CONF_TUNNEL_GRE, 47, wrapped_gre_mpls, 4, 8, 0, 0},
    {"PPTP", CONF_TUNNEL_GRE, 47, wrapped_pptp, 4, 20, 0, 0},
    {"NVGRE", CONF_TUNNEL_NVGRE, 47, wrapped_nvgre, 6, 22, 0, 0},
    {"IP-in-IP", CONF_TUNNEL_IPIP, 4, frame_subject4, 4, 0, 0, 0},
    {"6in4", CONF_TUNNEL_IPIP, 41, frame_subject6, 6, 0, 0, 0},
    {"EoIP", CONF_TUNNEL_EOIP, 47, wrapped_eoip, 4, 22, 0, 0},
    {"ERSPAN I", CONF_TUNNEL_ERSPAN, 47, wrapped_erspan_i, 4, 18, 4, 0},
    {"ERSPAN II", CONF_TUNNEL_ERSPAN, 47, wrapped_erspan_ii, 4, 30, 16, 100},
    {"ERSPAN II with its tag", CONF_TUNNEL_ERSPAN, 47, wrapped_erspan_ii_tag, 4, 34, 16, 100},
    {"ERSPAN III", CONF_TUNNEL_ERSPAN, 47, wrapped_erspan_iii, 6, 34, 20, 100},
    {"ERSPAN III with a subheader", CONF_TUNNEL_ERSPAN, 47, wrapped_erspan_iii_platform, 4, 42, 28, 0},
    {"VXLAN", CONF_TUNNEL_VXLAN, 17, wrapped_vxlan, 4, 22, 0, 0},
    {"GENEVE with an option", CONF_TUNNEL_GENEVE, 17, wrapped_geneve, 4, 30, 0, 0},
    {"GENEVE with IPv6", CONF_TUNNEL_GENEVE, 17, wrapped_geneve6, 6, 8, 0, 0},
    {"L2TP", CONF_TUNNEL_L2TP, 17, wrapped_l2tp, 4, 10, 0, 0},
    {"L2TP with all fields", CONF_TUNNEL_L2TP, 17, wrapped_l2tp_all_fields, 6, 18, 0, 0},
    {"TZSP", CONF_TUNNEL_TZSP, 17, wrapped_tzsp, 4, 27, 13, 0},
    {"PacketCable CCC", CONF_TUNNEL_CCC, 17, wrapped_ccc, 4, 20, 20, 0},
};

#define WRAPPED_COUNT (sizeof(wrapped) / sizeof(wrapped[0]))

static inline unsigned
wrapped_port(enum conf_tunnel_kind kind)
{
	switch (kind) {
	case CONF_TUNNEL_VXLAN:
		return 4789;
	case CONF_TUNNEL_GENEVE:
		return 6081;
	case CONF_TUNNEL_L2TP:
		return 1701;
	case CONF_TUNNEL_TZSP:
		return 37008;
	case CONF_TUNNEL_CCC:
		return WRAPPED_CCC_PORT;
	default:
		return 0;
	}
}

/* The IPv4 or IPv6 header at ${at}, to whose end the frame now goes, gets its length; so does UDP behind it. */
static inline void
wrapped_close(struct frame *f, uint32_t at)
{
	uint8_t *ip = f->data + at;
	uint32_t header = ip[0] >> 4 == 4 ? 20 : 40, length = f->n - at - header;

	if (header == 20) {
		ip[2] = (uint8_t)((length + 20) >> 8);
		ip[3] = (uint8_t)(length + 20);
		frame_sum4(ip);
	} else {
		ip[4] = (uint8_t)(length >> 8);
		ip[5] = (uint8_t)length;
	}
	if (ip[header == 20 ? 9 : 6] == 17) {
		ip[header + 4] = (uint8_t)(length >> 8);
		ip[header + 5] = (uint8_t)length;
	}
}

/* The whole frame, between addresses of either family. */
static inline void
wrapped_build(const struct wrapped *w, struct frame *f, const char *src, const char *dst)
{
	int is_v4 = strchr(src, ':') == NULL;

	f->n = 0;
	frame_link(f, is_v4 ? 0x0800 : 0x86dd);
	if (is_v4)
		frame_v4(f, src, dst, w->proto, 0);
	else
		frame_v6(f, src, dst, w->proto, 0);
	if (w->proto == 17)
		frame_udp(f, 40000, wrapped_port(w->kind), 0);
	w->build(f);
	wrapped_close(f, 14);
}

/* Where the subject's IP header stands in such a frame over IPv4. */
static inline uint32_t
wrapped_at(const struct wrapped *w)
{
	return (w->proto == 17 ? WRAPPED_UDP : WRAPPED_OUTER) + w->at;
}

/* One section of every kind, at the ports of above. */
static inline void
wrapped_configure(struct conf_tunnel *t, unsigned kinds)
{
	static const char *const ends[] = {WRAPPED_FROM, WRAPPED_TO, WRAPPED_FROM6, WRAPPED_TO6};
	unsigned i;

	memset(t, 0, sizeof(*t));
	t->kinds = kinds;
	t->from_count = t->to_count = 2;
	for (i = 0; i < 4; i++) {
		struct conf_address *a = i % 2 ? &t->to[i / 2] : &t->from[i / 2];

		a->family = i < 2 ? 4 : 6;
		if (inet_pton(i < 2 ? AF_INET : AF_INET6, ends[i], a->addr) != 1)
			abort();
	}
	for (i = 0; i < CONF_TUNNEL_KINDS; i++)
		t->ports[i] = (kinds & 1U << i) != 0 ? (uint16_t)wrapped_port((enum conf_tunnel_kind)i) : 0;
}

#define WRAPPED_ALL_KINDS ((1U << CONF_TUNNEL_KINDS) - 1)

#endif
