#ifndef SAMPLES_H
#define SAMPLES_H

#include "frames.h"

/*
 * A frame of every way in which a subject's packet can be carried, or hidden.
 */
struct sample {
	const char *name;
	uint32_t linktype;
	void (*build)(struct frame *);
	int kind;       /* enum matcher_kind, or MATCHER_KINDS */
	int version;    /* of the subject's IP header, 0 where none is reached */
	uint32_t at;    /* of that header */
	unsigned vlans; /* above it */
	int session;    /* above it, or -1 */
};

static inline void
sample_plain4(struct frame *f)
{
	frame_link(f, 0x0800);
	frame_subject4(f);
}

static inline void
sample_plain6(struct frame *f)
{
	frame_link(f, 0x86dd);
	frame_subject6(f);
}

static inline void
sample_padded(struct frame *f)
{
	frame_link(f, 0x0800);
	frame_v4(f, FRAME_SUBJECT4, FRAME_OTHER4, 6, 20);
	frame_tcp(f, 1, 2, 0);
	frame_canary(f);
}

static inline void
sample_vlan(struct frame *f)
{
	frame_link(f, 0x8100);
	frame_vlan(f, 100, 0x0800);
	frame_subject4(f);
}

static inline void
sample_qinq(struct frame *f)
{
	frame_link(f, 0x88a8);
	frame_vlan(f, 200, 0x8100);
	frame_vlan(f, 100, 0x86dd);
	frame_subject6(f);
}

static inline void
sample_three_tags(struct frame *f)
{
	frame_link(f, 0x9100);
	frame_vlan(f, 300, 0x9100);
	frame_vlan(f, 200, 0x8100);
	frame_vlan(f, 100, 0x0800);
	frame_subject4(f);
}

static inline void
sample_five_tags(struct frame *f)
{
	int i;

	frame_link(f, 0x8100);
	for (i = 0; i < 4; i++)
		frame_vlan(f, 100, 0x8100);
	frame_vlan(f, 100, 0x0800);
	frame_subject4(f);
}

static inline void
sample_too_deep(struct frame *f)
{
	int i;

	frame_link(f, 0x8100);
	for (i = 0; i < 20; i++)
		frame_vlan(f, 100, 0x8100);
	frame_vlan(f, 100, 0x0800);
	frame_subject4(f);
}

static inline void
sample_pppoe4(struct frame *f)
{
	frame_link(f, 0x8864);
	frame_pppoe(f, 0x77, 0x0021, FRAME_SUBJECT4_LENGTH);
	frame_subject4(f);
}

static inline void
sample_pppoe6(struct frame *f)
{
	frame_link(f, 0x8100);
	frame_vlan(f, 100, 0x8864);
	frame_pppoe(f, 0x77, 0x0057, FRAME_SUBJECT6_LENGTH);
	frame_subject6(f);
}

static inline void
sample_pppoe_short_proto(struct frame *f)
{
	frame_link(f, 0x8864);
	frame_be32(f, 0x11000077);
	frame_be16(f, FRAME_SUBJECT4_LENGTH + 1);
	frame_byte(f, 0x21);
	frame_subject4(f);
}

static inline void
sample_pppoe_lcp(struct frame *f)
{
	frame_link(f, 0x8864);
	frame_pppoe(f, 0x77, 0xc021, 4);
	frame_be32(f, 0x09010004);
}

static inline void
sample_pppoe_mppe(struct frame *f)
{
	frame_link(f, 0x8864);
	frame_pppoe(f, 0x77, 0x00fd, FRAME_CANARY_LENGTH);
	frame_canary(f);
}

static inline void
sample_pppoe_multilink(struct frame *f)
{
	frame_link(f, 0x8864);
	frame_pppoe(f, 0x77, 0x003d, 4 + FRAME_SUBJECT4_LENGTH);
	frame_be32(f, 0xc0000001);
	frame_subject4(f);
}

static inline void
sample_pppoe_bridged(struct frame *f)
{
	frame_link(f, 0x8864);
	frame_pppoe(f, 0x77, 0x0031, 16 + FRAME_SUBJECT4_LENGTH);
	frame_be16(f, 0x0001);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x0800);
	frame_subject4(f);
}

static inline void
sample_pppoe_vj(struct frame *f)
{
	frame_link(f, 0x8864);
	frame_pppoe(f, 0x77, 0x002d, FRAME_CANARY_LENGTH);
	frame_canary(f);
}

static inline void
sample_discovery(struct frame *f)
{
	frame_link(f, 0x8863);
	frame_be32(f, 0x11a70077);
	frame_be16(f, FRAME_CANARY_LENGTH);
	frame_canary(f);
}

static inline void
sample_pppoe_mpls(struct frame *f)
{
	frame_link(f, 0x8864);
	frame_pppoe(f, 0x77, 0x0281, FRAME_SUBJECT4_LENGTH + 4);
	frame_label(f, 16, 1);
	frame_subject4(f);
}

static inline void
sample_mpls4(struct frame *f)
{
	frame_link(f, 0x8847);
	frame_label(f, 1000, 0);
	frame_label(f, 2000, 0);
	frame_label(f, 3000, 1);
	frame_subject4(f);
}

static inline void
sample_mpls6(struct frame *f)
{
	frame_link(f, 0x8848);
	frame_label(f, 2, 1);
	frame_subject6(f);
}

static inline void
sample_pseudowire(struct frame *f)
{
	frame_link(f, 0x8847);
	frame_label(f, 1000, 1);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x8100);
	frame_vlan(f, 100, 0x0800);
	frame_subject4(f);
}

static inline void
sample_pseudowire_word(struct frame *f)
{
	frame_link(f, 0x8847);
	frame_label(f, 1000, 1);
	frame_be32(f, 7);
	frame_ethernet(f, frame_mac_b, frame_mac_a, 0x0800);
	frame_subject4(f);
}

/* The inner destination starts with two zero bytes, as a control word does. */
static inline void
sample_pseudowire_zero_mac(struct frame *f)
{
	static const uint8_t dst[6] = {0, 0, 0x5e, 1, 2, 3};

	frame_link(f, 0x8847);
	frame_label(f, 1000, 1);
	frame_ethernet(f, dst, frame_mac_a, 0x0800);
	frame_subject4(f);
}

/* ... and as IPv4 and IPv6 do. */
static inline void
sample_pseudowire_mac_45(struct frame *f)
{
	static const uint8_t dst[6] = {0x46, 0, 0, 40, 2, 3};

	frame_link(f, 0x8847);
	frame_label(f, 1000, 1);
	frame_ethernet(f, dst, frame_mac_a, 0x0800);
	frame_subject4(f);
}

static inline void
sample_pseudowire_mac_60(struct frame *f)
{
	static const uint8_t dst[6] = {0x60, 0, 0, 40, 0xff, 0xff};

	frame_link(f, 0x8847);
	frame_label(f, 1000, 1);
	frame_ethernet(f, dst, frame_mac_a, 0x86dd);
	frame_subject6(f);
}

/* The start of IPv6 whose length fits well enough: the router's MAC of a make that is met often. */
static inline void
sample_pseudowire_mac_64(struct frame *f)
{
	static const uint8_t dst[6] = {0x64, 0xd1, 0x54, 0, 0, 0x01};

	frame_link(f, 0x8847);
	frame_label(f, 1000, 1);
	frame_ethernet(f, dst, frame_mac_a, 0x0800);
	frame_subject4(f);
}

static inline void
sample_pseudowire_mac_6c(struct frame *f)
{
	static const uint8_t dst[6] = {0x6c, 0x3b, 0x6b, 0, 0, 0x08};

	frame_link(f, 0x8847);
	frame_label(f, 1000, 1);
	frame_ethernet(f, dst, frame_mac_a, 0x8100);
	frame_vlan(f, 100, 0x8864);
	frame_pppoe(f, 0x77, 0x0057, FRAME_SUBJECT6_LENGTH);
	frame_subject6(f);
}

/* Its last two bytes are the length that IPv6 would have: followed, and counted as doubtful. */
static inline void
sample_pseudowire_mac_of_a_length(struct frame *f)
{
	uint8_t dst[6] = {0x6c, 0x3b, 0x6b, 0, 0, 14 + FRAME_SUBJECT4_LENGTH - 40};

	frame_link(f, 0x8847);
	frame_label(f, 1000, 1);
	frame_ethernet(f, dst, frame_mac_a, 0x0800);
	frame_subject4(f);
}

/* IPv6 of a network in which two bytes of the source could be an Ethernet type. */
static inline void
sample_mpls6_of_a_type(struct frame *f)
{
	frame_link(f, 0x8847);
	frame_label(f, 2, 1);
	frame_subject6(f);
	f->data[18 + 12] = 0x88;
	f->data[18 + 13] = 0x47;
}

/* Neither a length that fits nor a type that is followed, so none of the samples: the subject in it is not found. */
static inline void
sample_pseudowire_mac_6_unknown(struct frame *f)
{
	static const uint8_t dst[6] = {0x6c, 0x3b, 0x6b, 0xff, 0xff, 0xff};

	frame_link(f, 0x8847);
	frame_label(f, 1000, 1);
	frame_ethernet(f, dst, frame_mac_a, 0x88b5);
	frame_subject4(f);
}

static inline void
sample_mpls_unknown(struct frame *f)
{
	frame_link(f, 0x8847);
	frame_label(f, 13, 1);
	frame_be32(f, 0x10000021);
	frame_canary(f);
}

static inline void
sample_sll(struct frame *f)
{
	frame_be16(f, 0);
	frame_be16(f, 1);
	frame_be16(f, 6);
	frame_put(f, frame_mac_a, 6);
	frame_be16(f, 0);
	frame_be16(f, 0x0800);
	frame_subject4(f);
}

static inline void
sample_sll2(struct frame *f)
{
	frame_be16(f, 0x8100);
	frame_be16(f, 0);
	frame_be32(f, 3);
	frame_be16(f, 1);
	frame_be16(f, 0x0006);
	frame_put(f, frame_mac_a, 6);
	frame_be16(f, 0);
	frame_vlan(f, 100, 0x86dd);
	frame_subject6(f);
}

static inline void
sample_null_little(struct frame *f)
{
	frame_be32(f, 0x02000000);
	frame_subject4(f);
}

static inline void
sample_null_big(struct frame *f)
{
	frame_be32(f, 30);
	frame_subject6(f);
}

static inline void
sample_arp(struct frame *f)
{
	frame_link(f, 0x0806);
	frame_arp(f, FRAME_OTHER4, FRAME_SUBJECT4);
}

static inline void
sample_stp(struct frame *f)
{
	frame_link(f, 38);
	frame_zeros(f, 38);
}

static inline void
sample_options(struct frame *f)
{
	frame_link(f, 0x0800);
	frame_v4_full(f, FRAME_SUBJECT4, FRAME_OTHER4, 6, 32 + FRAME_CANARY_LENGTH, 40, 0x4000);
	frame_tcp(f, 40000, 443, 12);
	frame_canary(f);
}

static inline void
sample_chain(struct frame *f)
{
	int i;

	frame_link(f, 0x86dd);
	frame_v6(f, FRAME_SUBJECT6, FRAME_OTHER6, 0, 100 * 8 + 8 + FRAME_CANARY_LENGTH);
	for (i = 0; i < 99; i++)
		frame_extension(f, 60);
	frame_extension(f, 17);
	frame_udp(f, 40000, 443, FRAME_CANARY_LENGTH);
	frame_canary(f);
}

static inline void
sample_endless_chain(struct frame *f)
{
	int i;

	frame_link(f, 0x86dd);
	frame_v6(f, FRAME_SUBJECT6, FRAME_OTHER6, 0, 300 * 8);
	for (i = 0; i < 300; i++)
		frame_extension(f, 60);
}

static inline void
sample_first_fragment(struct frame *f)
{
	frame_link(f, 0x0800);
	frame_v4_full(f, FRAME_SUBJECT4, FRAME_OTHER4, 17, 8 + FRAME_CANARY_LENGTH, 0, 0x2000);
	frame_udp(f, 53, 40000, FRAME_CANARY_LENGTH);
	frame_canary(f);
}

static inline void
sample_later_fragment(struct frame *f)
{
	frame_link(f, 0x0800);
	frame_v4_full(f, FRAME_SUBJECT4, FRAME_OTHER4, 17, FRAME_CANARY_LENGTH, 0, 100);
	frame_canary(f);
}

static inline void
sample_first_fragment6(struct frame *f)
{
	frame_link(f, 0x86dd);
	frame_v6(f, FRAME_SUBJECT6, FRAME_OTHER6, 44, 16 + FRAME_CANARY_LENGTH);
	frame_fragment6(f, 17, 1);
	frame_udp(f, 53, 40000, FRAME_CANARY_LENGTH);
	frame_canary(f);
}

static inline void
sample_later_fragment6(struct frame *f)
{
	frame_link(f, 0x86dd);
	frame_v6(f, FRAME_SUBJECT6, FRAME_OTHER6, 44, 8 + FRAME_CANARY_LENGTH);
	frame_fragment6(f, 17, 0x100);
	frame_canary(f);
}

static inline void
sample_gso(struct frame *f)
{
	frame_link(f, 0x0800);
	frame_subject4(f);
	f->data[16] = f->data[17] = 0;
	frame_zeros(f, 69000);
}

static inline void
sample_jumbogram(struct frame *f)
{
	frame_link(f, 0x86dd);
	frame_v6(f, FRAME_SUBJECT6, FRAME_OTHER6, 0, 0);
	frame_byte(f, 6);
	frame_byte(f, 0);
	frame_be16(f, 0xc204);
	frame_be32(f, 69020);
	frame_tcp(f, 1, 2, 0);
	frame_zeros(f, 69000);
}

static inline void
sample_gre(struct frame *f)
{
	frame_link(f, 0x0800);
	frame_v4(f, FRAME_SUBJECT4, FRAME_OTHER4, 47, 4 + FRAME_SUBJECT4_LENGTH);
	frame_be32(f, 0x0800);
	frame_subject4(f);
}

static inline void
sample_vxlan(struct frame *f)
{
	frame_link(f, 0x0800);
	frame_v4(f, FRAME_SUBJECT4, FRAME_OTHER4, 17, 30 + FRAME_SUBJECT4_LENGTH);
	frame_udp(f, 40000, 4789, 22 + FRAME_SUBJECT4_LENGTH);
	frame_be32(f, 0x08000000);
	frame_be32(f, 0x100);
	frame_link(f, 0x0800);
	frame_subject4(f);
}

static inline void
sample_runt(struct frame *f)
{
	frame_zeros(f, 13);
}

static inline void
sample_short_ihl(struct frame *f)
{
	sample_plain4(f);
	f->data[14] = 0x44;
}

static inline void
sample_long_ihl(struct frame *f)
{
	frame_link(f, 0x0800);
	frame_v4(f, FRAME_SUBJECT4, FRAME_OTHER4, 6, 0);
	f->data[14] = 0x4f;
}

static inline void
sample_short_total(struct frame *f)
{
	sample_plain4(f);
	f->data[16] = 0;
	f->data[17] = 19;
}

static inline void
sample_wrong_version(struct frame *f)
{
	frame_link(f, 0x0800);
	frame_subject6(f);
}

static inline void
sample_snap(struct frame *f)
{
	frame_link(f, 8 + FRAME_SUBJECT4_LENGTH);
	frame_be32(f, 0xaaaa0300);
	frame_be32(f, 0x00000800);
	frame_subject4(f);
}

static inline void
sample_llc(struct frame *f)
{
	frame_link(f, 3 + FRAME_SUBJECT4_LENGTH);
	frame_put(f, "\6\6\3", 3);
	frame_subject4(f);
}

static inline void
sample_tag_9200(struct frame *f)
{
	frame_link(f, 0x9200);
	frame_vlan(f, 5, 0x0800);
	frame_subject4(f);
}

static inline void
sample_tag_9300(struct frame *f)
{
	frame_link(f, 0x8100);
	frame_vlan(f, 7, 0x9300);
	frame_vlan(f, 5, 0x0800);
	frame_subject4(f);
}

static inline void
sample_pbb(struct frame *f)
{
	frame_link(f, 0x88e7);
	frame_be32(f, 5);
	sample_plain4(f);
}

static inline void
sample_macsec(struct frame *f)
{
	frame_link(f, 0x88e5);
	frame_be32(f, 0x20000000);
	frame_be16(f, 1);
	frame_subject4(f);
}

static const struct sample samples[] = {
    {"plain IPv4", 1, sample_plain4, MATCHER_KINDS, 4, 14, 0, -1},
    {"plain IPv6", 1, sample_plain6, MATCHER_KINDS, 6, 14, 0, -1},
    {"padding behind the packet", 1, sample_padded, MATCHER_KINDS, 4, 14, 0, -1},
    {"one VLAN tag", 1, sample_vlan, MATCHER_KINDS, 4, 18, 1, -1},
    {"QinQ", 1, sample_qinq, MATCHER_KINDS, 6, 22, 2, -1},
    {"three tags", 1, sample_three_tags, MATCHER_KINDS, 4, 26, 3, -1},
    {"five tags", 1, sample_five_tags, MATCHER_KINDS, 4, 34, 5, -1},
    {"more tags than can be followed", 1, sample_too_deep, MATCHER_TOO_DEEP, 0, 0, 0, -1},
    {"PPPoE IPv4", 1, sample_pppoe4, MATCHER_KINDS, 4, 22, 0, 0x77},
    {"PPPoE IPv6 in a VLAN", 1, sample_pppoe6, MATCHER_KINDS, 6, 26, 1, 0x77},
    {"PPPoE with a one-byte protocol", 1, sample_pppoe_short_proto, MATCHER_KINDS, 4, 21, 0, 0x77},
    {"PPPoE LCP", 1, sample_pppoe_lcp, MATCHER_PPP_OTHER, 0, 0, 0, -1},
    {"PPPoE MPPE", 1, sample_pppoe_mppe, MATCHER_PPP_COMPRESSED, 0, 0, 0, -1},
    {"PPPoE Van Jacobson", 1, sample_pppoe_vj, MATCHER_PPP_COMPRESSED, 0, 0, 0, -1},
    {"PPPoE multilink", 1, sample_pppoe_multilink, MATCHER_PPP_DATA, 0, 0, 0, -1},
    {"PPPoE bridged Ethernet", 1, sample_pppoe_bridged, MATCHER_PPP_DATA, 0, 0, 0, -1},
    {"PPPoE discovery", 1, sample_discovery, MATCHER_NOT_IP, 0, 0, 0, -1},
    {"MPLS in PPPoE", 1, sample_pppoe_mpls, MATCHER_KINDS, 4, 26, 0, 0x77},
    {"MPLS IPv4", 1, sample_mpls4, MATCHER_KINDS, 4, 26, 0, -1},
    {"MPLS IPv6", 1, sample_mpls6, MATCHER_KINDS, 6, 18, 0, -1},
    {"pseudowire", 1, sample_pseudowire, MATCHER_KINDS, 4, 36, 1, -1},
    {"pseudowire with control word", 1, sample_pseudowire_word, MATCHER_KINDS, 4, 36, 0, -1},
    {"pseudowire to a MAC of 00:00", 1, sample_pseudowire_zero_mac, MATCHER_KINDS, 4, 32, 0, -1},
    {"pseudowire to a MAC of 46", 1, sample_pseudowire_mac_45, MATCHER_KINDS, 4, 32, 0, -1},
    {"pseudowire to a MAC of 60", 1, sample_pseudowire_mac_60, MATCHER_KINDS, 6, 32, 0, -1},
    {"pseudowire to a MAC of 64", 1, sample_pseudowire_mac_64, MATCHER_KINDS, 4, 32, 0, -1},
    {"pseudowire to a MAC of 6c", 1, sample_pseudowire_mac_6c, MATCHER_KINDS, 6, 44, 1, 0x77},
    {"pseudowire to a MAC of a length", 1, sample_pseudowire_mac_of_a_length, MATCHER_MPLS_UNKNOWN, 4, 32, 0, -1},
    {"MPLS IPv6 of a type", 1, sample_mpls6_of_a_type, MATCHER_MPLS_UNKNOWN, 6, 18, 0, -1},
    {"MPLS with an associated channel", 1, sample_mpls_unknown, MATCHER_MPLS_UNKNOWN, 0, 0, 0, -1},
    {"Linux cooked", 113, sample_sll, MATCHER_KINDS, 4, 16, 0, -1},
    {"Linux cooked v2 with a VLAN tag", 276, sample_sll2, MATCHER_KINDS, 6, 24, 1, -1},
    {"loopback, little-endian", 0, sample_null_little, MATCHER_KINDS, 4, 4, 0, -1},
    {"loopback, big-endian", 0, sample_null_big, MATCHER_KINDS, 6, 4, 0, -1},
    {"OpenBSD loopback", 108, sample_null_big, MATCHER_KINDS, 6, 4, 0, -1},
    {"raw IPv4", 101, frame_subject4, MATCHER_KINDS, 4, 0, 0, -1},
    {"raw IPv6", 12, frame_subject6, MATCHER_KINDS, 6, 0, 0, -1},
    {"ARP", 1, sample_arp, MATCHER_NOT_IP, 0, 0, 0, -1},
    {"IP in SNAP", 1, sample_snap, MATCHER_LLC, 0, 0, 0, -1},
    {"IP in LLC", 1, sample_llc, MATCHER_LLC, 0, 0, 0, -1},
    {"tag of type 9200", 1, sample_tag_9200, MATCHER_TAG_UNKNOWN, 0, 0, 0, -1},
    {"tag of type 9300", 1, sample_tag_9300, MATCHER_TAG_UNKNOWN, 0, 0, 0, -1},
    {"backbone bridging", 1, sample_pbb, MATCHER_PBB, 0, 0, 0, -1},
    {"MACsec", 1, sample_macsec, MATCHER_MACSEC, 0, 0, 0, -1},
    {"spanning tree", 1, sample_stp, MATCHER_NOT_IP, 0, 0, 0, -1},
    {"options", 1, sample_options, MATCHER_KINDS, 4, 14, 0, -1},
    {"100 extension headers", 1, sample_chain, MATCHER_KINDS, 6, 14, 0, -1},
    {"endless extension headers", 1, sample_endless_chain, MATCHER_KINDS, 6, 14, 0, -1},
    {"first fragment", 1, sample_first_fragment, MATCHER_KINDS, 4, 14, 0, -1},
    {"later fragment", 1, sample_later_fragment, MATCHER_KINDS, 4, 14, 0, -1},
    {"first IPv6 fragment", 1, sample_first_fragment6, MATCHER_KINDS, 6, 14, 0, -1},
    {"later IPv6 fragment", 1, sample_later_fragment6, MATCHER_KINDS, 6, 14, 0, -1},
    {"GSO frame without total length", 1, sample_gso, MATCHER_KINDS, 4, 14, 0, -1},
    {"jumbogram", 1, sample_jumbogram, MATCHER_KINDS, 6, 14, 0, -1},
    {"GRE", 1, sample_gre, MATCHER_TUNNEL, 4, 14, 0, -1},
    {"VXLAN", 1, sample_vxlan, MATCHER_TUNNEL, 4, 14, 0, -1},
    {"runt", 1, sample_runt, MATCHER_RUNT, 0, 0, 0, -1},
    {"header length under 5", 1, sample_short_ihl, MATCHER_BAD_IP, 0, 0, 0, -1},
    {"header longer than the frame", 1, sample_long_ihl, MATCHER_BAD_IP, 0, 0, 0, -1},
    {"total length under the header's", 1, sample_short_total, MATCHER_BAD_IP, 0, 0, 0, -1},
    {"IPv6 where IPv4 is announced", 1, sample_wrong_version, MATCHER_BAD_IP, 0, 0, 0, -1},
};

#define SAMPLES_COUNT (sizeof(samples) / sizeof(samples[0]))

static inline void
sample_build(const struct sample *s, struct frame *f)
{
	f->n = 0;
	s->build(f);
}

#endif
