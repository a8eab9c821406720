#include "matcher_internal.h"
#include "quick.h"
#include "scope.h"

#define LINK_ETHERNET 1
#define TAG 4
#define SESSION 8
#define GRE 24   /* the IPv4 header and a GRE header without options */
#define VXLAN 36 /* the IPv4, UDP and VXLAN headers */
#define IP_MIN 28
#define TUNNEL_MIN (GRE + IP_MIN)

/*
 * Nearly every frame is of the usual kind and nobody's, or that of one order which asks for nothing but an address.  Both
 * are settled here, with one look-up an address; the rest takes the long way.  Each kind of frame has a function of its
 * own, in which the offset of the IP header is a constant, and which ends in a call with the arguments that it was given:
 * so the commonest have few registers to save.  That they say what the long way says is tested and fuzzed.
 */
#define ARGUMENTS \
	struct matcher *m, const uint8_t *data, uint32_t caplen, uint32_t len, stamp_t time, struct match *out
#define ALWAYS static inline __attribute__((always_inline)) size_t
#define APART static __attribute__((noinline)) size_t

static __attribute__((noinline)) size_t
cut(const struct matcher *m, const uint8_t *data, uint32_t at, struct match *out)
{
	out->caplen = scope_cut_at(m->orders[out->index]->scope, data, at, out->caplen, out->len);
	return 1;
}

/* All of the frame for ${who}, or by the scope of an order that asks for nothing else. */
ALWAYS
give(ARGUMENTS, uint32_t who, uint32_t at)
{
	uint8_t plain;

	if (who == SUBJECTS_SEVERAL)
		return matcher_judge(m, data, caplen, len, time, out);
	plain = m->plain[who];
	if (plain == 0)
		return matcher_judge(m, data, caplen, len, time, out);
	out->index = who;
	out->start = 0;
	out->caplen = caplen;
	out->len = len;
	return plain == MATCHER_PLAIN_WHOLE ? 1 : cut(m, data, at, out);
}

static inline uint32_t
whose_v4(const struct matcher *m, const uint8_t *two)
{
	return m->v4 != NULL ? subjects_pair_v4(m->v4, two) : subjects_only_v4(m->tables[SUBJECTS_V4], two);
}

static inline uint32_t
whose_v6(const struct matcher *m, const uint8_t *two)
{
	return m->v6 != NULL ? subjects_pair_v6(m->v6, two) : subjects_only_v6(m->tables[SUBJECTS_V6], two);
}

/* A frame of any link headers, or with subjects of several prefix lengths. */
APART
frame_links(ARGUMENTS)
{
	uint32_t at = quick_ip(&m->quick, data, caplen, len), who;

	if (at == 0)
		return matcher_judge(m, data, caplen, len, time, out);
	who = data[at] >> 4 == 4 ? whose_v4(m, data + at + 12) : whose_v6(m, data + at + 8);
	return who == SUBJECTS_NOBODY ? 0 : give(m, data, caplen, len, time, out, who, at);
}

/* The rest of the way of an IPv4 packet that is known to be plain, its header at ${at}. */
ALWAYS
settle_v4(ARGUMENTS, uint32_t at)
{
	const struct subjects_table *t = m->v4;
	const uint8_t *one = data + at + 12;
	uint32_t who;

	if (!quick_may_have_v4(&m->quick, one)) {
		one += 4;
		if (!quick_may_have_v4(&m->quick, one))
			return 0;
	} else if (quick_may_have_v4(&m->quick, one + 4))
		return frame_links(m, data, caplen, len, time, out);
	if (t == NULL)
		return frame_links(m, data, caplen, len, time, out);
	who = subjects_probe_short(t, wire_key32(one) & t->mask_low);
	return who == SUBJECTS_NOBODY ? 0 : give(m, data, caplen, len, time, out, who, at);
}

/* The same of an IPv6 packet. */
ALWAYS
settle_v6(ARGUMENTS, uint32_t at)
{
	const struct subjects_table *t = m->v6;
	const uint8_t *one = data + at + 8;
	uint32_t who;

	if (!quick_may_have_v6(&m->quick, one)) {
		one += 16;
		if (!quick_may_have_v6(&m->quick, one))
			return 0;
	} else if (quick_may_have_v6(&m->quick, one + 16))
		return frame_links(m, data, caplen, len, time, out);
	if (t == NULL)
		return frame_links(m, data, caplen, len, time, out);
	who = subjects_probe_long(t, wire_key64(one) & t->mask_low, wire_key64(one + 8) & t->mask_high);
	return who == SUBJECTS_NOBODY ? 0 : give(m, data, caplen, len, time, out, who, at);
}

/*
 * The IP header inside the tunnel's packet at ${ip}, of which ${avail} bytes, at least TUNNEL_MIN, were captured:
 * IPv4 without options around GRE without any, or VXLAN.  Set its offset and return its type, or 0.
 */
static inline uint16_t
inside(const struct matcher *m, const uint8_t *ip, uint32_t avail, uint32_t *at)
{
	uint32_t gre = wire_be32(ip + 20);

	if (ip[9] == 47 && (gre == ETHERTYPE_IPV4 || gre == ETHERTYPE_IPV6)) {
		*at = GRE;
		return tunnels_carry_v4(m->tunnels, ip + 12, NULL) ? (uint16_t)gre : 0;
	}
	if (ip[9] != 17 || avail < VXLAN + ETHERTYPE_HEADER + IP_MIN || (ip[28] & 8) == 0 ||
	    wire_be16(ip + 24) != wire_be16(ip + 2) - 20 || quick_may_have_mac(&m->quick, ip + VXLAN) ||
	    !tunnels_carry_v4(m->tunnels, ip + 12, ip + 20))
		return 0;
	*at = VXLAN + ETHERTYPE_HEADER;
	return wire_be16(ip + VXLAN + ETHERTYPE_AT);
}

/* An IPv4 packet, its header at ${at}, that is not plain: perhaps it is that of a tunnel of ours which is. */
APART
frame_tunnel(ARGUMENTS)
{
	uint32_t at = wire_be16(data + ETHERTYPE_AT) == ETHERTYPE_IPV4 ? ETHERTYPE_HEADER : ETHERTYPE_HEADER + TAG;
	const uint8_t *ip = data + at;
	uint32_t inner, who, avail, wire;
	uint16_t type;

	if (m->tunnels == NULL || caplen - at < TUNNEL_MIN || ip[0] != 0x45)
		goto judge;
	wire = wire_be16(ip + 2);
	avail = caplen - at < wire ? caplen - at : wire;
	if (wire > len - at || avail < TUNNEL_MIN || (wire_be16(ip + 6) & 0x3fff) != 0 ||
	    quick_may_have_v4(&m->quick, ip + 12) || quick_may_have_v4(&m->quick, ip + 16))
		goto judge;
	type = inside(m, ip, avail, &inner);
	if (type == ETHERTYPE_IPV4 && quick_is_plain_v4(&m->quick, ip + inner, avail - inner, wire - inner))
		who = whose_v4(m, ip + inner + 12);
	else if (type == ETHERTYPE_IPV6 && quick_is_plain_v6(&m->quick, ip + inner, avail - inner, wire - inner))
		who = whose_v6(m, ip + inner + 8);
	else
		goto judge;
	if (who == SUBJECTS_NOBODY)
		return 0;
	if (who == SUBJECTS_SEVERAL || m->plain[who] != MATCHER_PLAIN_WHOLE)
		goto judge;
	return give(m, data, caplen, len, time, out, who, at + inner);
judge:
	return matcher_judge(m, data, caplen, len, time, out);
}

ALWAYS
at_v4(ARGUMENTS, uint32_t at)
{
	if (quick_is_plain_v4(&m->quick, data + at, caplen - at, len - at))
		return settle_v4(m, data, caplen, len, time, out, at);
	return at <= ETHERTYPE_HEADER + TAG ? frame_tunnel(m, data, caplen, len, time, out)
					    : matcher_judge(m, data, caplen, len, time, out);
}

ALWAYS
at_v6(ARGUMENTS, uint32_t at)
{
	if (quick_is_plain_v6(&m->quick, data + at, caplen - at, len - at))
		return settle_v6(m, data, caplen, len, time, out, at);
	return matcher_judge(m, data, caplen, len, time, out);
}

/* Is the number at this place of the frame ${value}? */
static inline int
is_at(const uint8_t *data, uint32_t at, uint16_t value)
{
	return wire_key16(data + at) == htobe16(value);
}

/* A PPPoE header at ${at}. */
ALWAYS
at_session(ARGUMENTS, uint32_t at)
{
	if (is_at(data, at, 0x1100) && is_at(data, at + 6, 0x0021))
		return at_v4(m, data, caplen, len, time, out, at + SESSION);
	if (is_at(data, at, 0x1100) && is_at(data, at + 6, 0x0057))
		return at_v6(m, data, caplen, len, time, out, at + SESSION);
	return matcher_judge(m, data, caplen, len, time, out);
}

APART
frame_session(ARGUMENTS)
{
	return at_session(m, data, caplen, len, time, out, ETHERTYPE_HEADER);
}

APART
frame_tagged_session(ARGUMENTS)
{
	return at_session(m, data, caplen, len, time, out, ETHERTYPE_HEADER + TAG);
}

APART
frame_tagged_v6(ARGUMENTS)
{
	return at_v6(m, data, caplen, len, time, out, ETHERTYPE_HEADER + TAG);
}

APART
frame_tagged_twice(ARGUMENTS)
{
	if (is_at(data, ETHERTYPE_AT + 2 * TAG, ETHERTYPE_IPV4))
		return at_v4(m, data, caplen, len, time, out, ETHERTYPE_HEADER + 2 * TAG);
	if (is_at(data, ETHERTYPE_AT + 2 * TAG, ETHERTYPE_IPV6))
		return at_v6(m, data, caplen, len, time, out, ETHERTYPE_HEADER + 2 * TAG);
	return frame_links(m, data, caplen, len, time, out);
}

APART
frame_tagged(ARGUMENTS)
{
	if (is_at(data, ETHERTYPE_AT + TAG, ETHERTYPE_IPV4))
		return at_v4(m, data, caplen, len, time, out, ETHERTYPE_HEADER + TAG);
	if (is_at(data, ETHERTYPE_AT + TAG, ETHERTYPE_VLAN))
		return frame_tagged_twice(m, data, caplen, len, time, out);
	if (is_at(data, ETHERTYPE_AT + TAG, ETHERTYPE_SESSION))
		return frame_tagged_session(m, data, caplen, len, time, out);
	if (is_at(data, ETHERTYPE_AT + TAG, ETHERTYPE_IPV6))
		return frame_tagged_v6(m, data, caplen, len, time, out);
	return frame_links(m, data, caplen, len, time, out);
}

/* IPv4 with a sound header beneath labels, at ${at}: what else they carry is looked at one by one. */
ALWAYS
beneath_labels(ARGUMENTS, uint32_t at)
{
	if (quick_is_surely_v4(data + at) && quick_is_plain_v4(&m->quick, data + at, caplen - at, len - at))
		return settle_v4(m, data, caplen, len, time, out, at);
	return frame_links(m, data, caplen, len, time, out);
}

APART
frame_label(ARGUMENTS)
{
	return beneath_labels(m, data, caplen, len, time, out, ETHERTYPE_HEADER + TAG);
}

/* One label or two. */
APART
frame_labels(ARGUMENTS)
{
	if (caplen < ETHERTYPE_HEADER + 2 * TAG + IP_MIN)
		return frame_links(m, data, caplen, len, time, out);
	if ((data[ETHERTYPE_HEADER + 2] & 1) != 0)
		return frame_label(m, data, caplen, len, time, out);
	if ((data[ETHERTYPE_HEADER + TAG + 2] & 1) == 0)
		return frame_links(m, data, caplen, len, time, out);
	return beneath_labels(m, data, caplen, len, time, out, ETHERTYPE_HEADER + 2 * TAG);
}

APART
frame_v6(ARGUMENTS)
{
	return at_v6(m, data, caplen, len, time, out, ETHERTYPE_HEADER);
}

/* The less usual kinds. */
APART
frame_other(ARGUMENTS)
{
	if (is_at(data, ETHERTYPE_AT, ETHERTYPE_MPLS))
		return frame_labels(m, data, caplen, len, time, out);
	if (is_at(data, ETHERTYPE_AT, ETHERTYPE_QINQ))
		return frame_tagged(m, data, caplen, len, time, out);
	return frame_links(m, data, caplen, len, time, out);
}

/* No MAC address of the frame is a subject's. */
ALWAYS
by_type(ARGUMENTS)
{
	uint16_t type = wire_key16(data + ETHERTYPE_AT);

	if (type == htobe16(ETHERTYPE_IPV4))
		return at_v4(m, data, caplen, len, time, out, ETHERTYPE_HEADER);
	if (type == htobe16(ETHERTYPE_VLAN))
		return frame_tagged(m, data, caplen, len, time, out);
	if (type == htobe16(ETHERTYPE_IPV6))
		return frame_v6(m, data, caplen, len, time, out);
	if (type == htobe16(ETHERTYPE_SESSION))
		return frame_session(m, data, caplen, len, time, out);
	return frame_other(m, data, caplen, len, time, out);
}

/* The quick look could not rule out that one of the two MAC addresses is a subject's. */
APART
frame_mac(ARGUMENTS)
{
	if (subjects_only_mac(m->tables[SUBJECTS_MAC], data) != SUBJECTS_NOBODY)
		return matcher_judge(m, data, caplen, len, time, out);
	return by_type(m, data, caplen, len, time, out);
}

size_t
matcher_frame(ARGUMENTS)
{
	if (m->linktype != LINK_ETHERNET || caplen < QUICK_CAPLEN_MIN || len < caplen)
		return matcher_judge(m, data, caplen, len, time, out);
	if (quick_may_have_mac(&m->quick, data))
		return frame_mac(m, data, caplen, len, time, out);
	return by_type(m, data, caplen, len, time, out);
}
