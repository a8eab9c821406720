#ifndef QUICK_H
#define QUICK_H

#include <endian.h>
#include <stdint.h>

#include "order.h"

#include "ethertype.h"
#include "packet.h"
#include "pseudowire.h"
#include "tunnels.h"
#include "wire.h"

/*
 * The shortest way to the IP header of nearly every frame; in a header because every frame on the wire pays for it.
 */
#define QUICK_TAGS_MAX 3
#define QUICK_LABELS_MAX 3

/* What the quick way has to stay away from, besides strangers' tunnels at their well-known ports. */
struct quick {
	uint8_t ports[65536]; /* not 0: a tunnel may stand at this port, by its bytes as they lie in memory */
	uint8_t macs[65536];  /* not 0: a MAC address of a subject ends in these bytes: its mark, or QUICK_ANY */
	uint8_t v4[65536];    /* not 0: an IPv4 address of a subject ends in these */
	uint8_t v6[65536]; /* of IPv6 addresses: bytes 6 and 7, and as far as v6_host says, mixed with the last two */
	uint16_t v6_host;  /* all ones if every subject is a host, else 0 */
	int has_tunnels;   /* over UDP, at whatever port: their later fragments have none to show */
};

static inline int
quick_has_port(const struct quick *q, const uint8_t *at)
{
	return q->ports[wire_key16(at)] != 0;
}

/* Subjects' MAC addresses of different marks end in these bytes. */
#define QUICK_ANY 255

/* A mark of the bytes before the last two, from 1 to 128: a router that ends like a subject would be in every frame. */
static inline uint8_t
quick_mac_mark(const uint8_t *mac)
{
	return (uint8_t)(1 + (wire_key32(mac) * 0x9e3779b1U >> 25));
}

static inline int
quick_may_be_mac(const struct quick *q, const uint8_t *mac)
{
	const uint8_t mark = q->macs[wire_key16(mac + 4)];

	return mark != 0 && (mark == QUICK_ANY || mark == quick_mac_mark(mac));
}

/* Can one of the two addresses at the start of a frame be a subject's?  No is sure. */
static inline int
quick_may_have_mac(const struct quick *q, const uint8_t *data)
{
	return quick_may_be_mac(q, data) || quick_may_be_mac(q, data + 6);
}

/* Can an IPv4 address be a subject's?  No is sure. */
static inline int
quick_may_have_v4(const struct quick *q, const uint8_t *address)
{
	return q->v4[wire_key16(address + 2)] != 0;
}

/* Bytes 6 and 7 are the last of the usual prefix. */
static inline uint16_t
quick_key_v6(const struct quick *q, const uint8_t *address)
{
	return (uint16_t)(wire_key16(address + 6) ^ (wire_key16(address + 14) & q->v6_host));
}

/* The same of an IPv6 address. */
static inline int
quick_may_have_v6(const struct quick *q, const uint8_t *address)
{
	return q->v6[quick_key_v6(q, address)] != 0;
}

static inline int
quick_is_plain_v4(const struct quick *q, const uint8_t *ip, uint32_t avail, uint32_t wire)
{
	uint32_t total;

	if (avail < 28 || ip[0] != 0x45)
		return 0;
	total = wire_be16(ip + 2);
	if (total - 28 > wire - 28) /* less than 28 wraps */
		return 0;
	if (ip[9] == 6)
		return 1;
	if (ip[9] != 17)
		return ip[9] == 1;
	/* A later fragment has no ports, and whose it is a first one may have a say in. */
	if ((wire_key16(ip + 6) & htobe16(0x3fff)) != 0 && q->has_tunnels)
		return 0;
	if ((wire_key16(ip + 6) & htobe16(0x1fff)) != 0)
		return 1;
	return !quick_has_port(q, ip + 20) && !quick_has_port(q, ip + 22);
}

static inline int
quick_is_plain_v6(const struct quick *q, const uint8_t *ip, uint32_t avail, uint32_t wire)
{
	uint32_t payload;

	if (avail < 48 || (ip[0] & 0xf0) != 0x60)
		return 0;
	payload = wire_be16(ip + 4);
	if (payload - 8 > wire - 48) /* less than 8 wraps */
		return 0;
	if (ip[6] == 6)
		return 1;
	if (ip[6] != 17)
		return ip[6] == 58;
	return !quick_has_port(q, ip + 40) && !quick_has_port(q, ip + 42);
}

/* Beneath labels nothing but the header itself says that it is one. */
static inline int
quick_sum_is_right(const uint8_t *ip)
{
	uint64_t sum = (uint64_t)wire_key32(ip) + wire_key32(ip + 4) + wire_key32(ip + 8) + wire_key32(ip + 12) +
		       wire_key32(ip + 16);

	return sum % 0xffff == 0;
}

/* Step over tags and a session, or over labels: the offset of what follows, and its type, or 0. */
static inline uint32_t
quick_links(const uint8_t *data, uint16_t *type)
{
	uint32_t at = ETHERTYPE_HEADER;
	uint16_t proto;
	int i;

	for (i = 0; i < QUICK_TAGS_MAX && ethertype_is_tag(*type); i++) {
		*type = wire_be16(data + at + 2);
		at += 4;
	}
	if (*type == ETHERTYPE_SESSION) {
		proto = wire_be16(data + at + 6);
		*type = wire_be16(data + at) != 0x1100 ? 0
			: proto == 0x0021              ? ETHERTYPE_IPV4
			: proto == 0x0057              ? ETHERTYPE_IPV6
						       : 0;
		at += 8;
	}
	return at;
}

/* Beneath labels, is this an IPv4 header and nothing else? */
static inline int
quick_is_surely_v4(const uint8_t *ip)
{
	return ip[0] == 0x45 && quick_sum_is_right(ip) && !ethertype_is_followed(wire_be16(ip + ETHERTYPE_AT));
}

/* The same of an IPv6 header, in ${wire} bytes; one that ends behind them is no plain one. */
static inline int
quick_is_surely_v6(const uint8_t *ip, uint32_t wire)
{
	return ip[0] >> 4 == 6 && 40U + wire_be16(ip + 4) + PSEUDOWIRE_PADDING_MAX >= wire &&
	       !ethertype_is_followed(wire_be16(ip + ETHERTYPE_AT));
}

/*
 * Behind the last label, with room for an IP header: the type of what is there if that is IP, or Ethernet behind a control
 * word with IP right in it; else 0.
 */
static inline uint16_t
quick_beneath_labels(const uint8_t *data, uint32_t caplen, uint32_t len, uint32_t *at, uint32_t *inner)
{
	const uint8_t *h = data + *at;
	uint16_t type;

	if (quick_is_surely_v4(h))
		return ETHERTYPE_IPV4;
	if (quick_is_surely_v6(h, len - *at))
		return ETHERTYPE_IPV6;
	if (h[0] != 0 || h[1] != 0 || caplen - *at < 4 + ETHERTYPE_HEADER + 28)
		return 0;
	type = wire_be16(h + 4 + ETHERTYPE_AT);
	*inner = *at + 4;
	*at = *inner + ETHERTYPE_HEADER;
	if (type == ETHERTYPE_IPV4)
		return h[4 + ETHERTYPE_HEADER] == 0x45 && quick_sum_is_right(data + *at) ? type : 0;
	return type == ETHERTYPE_IPV6 ? type : 0;
}

/* Step over labels, from the first on: the type of what follows.  ${inner} is set if another Ethernet header is. */
static inline uint16_t
quick_labels(const uint8_t *data, uint32_t caplen, uint32_t len, uint32_t *at, uint32_t *inner)
{
	int i;

	for (i = 0; i < QUICK_LABELS_MAX; i++) {
		if (caplen - *at < 4 + 28)
			return 0;
		*at += 4;
		if ((data[*at - 2] & 1) != 0)
			return quick_beneath_labels(data, caplen, len, at, inner);
	}
	return 0;
}

/* Room for an IP header, and for all the link headers of quick_links and the first bytes behind them. */
#define QUICK_CAPLEN_MIN (ETHERTYPE_HEADER + 28)
_Static_assert(QUICK_CAPLEN_MIN >= ETHERTYPE_HEADER + 4 * QUICK_TAGS_MAX + 8, "quick_links reads that far");

/**
 * quick_ip(q, data, caplen, len):
 * For an Ethernet frame of the usual kind (at most three VLAN tags, perhaps PPPoE or at most three MPLS labels, beneath
 * those perhaps a control word and Ethernet; then a sound IPv4 header without options or a sound IPv6 header, right before
 * TCP, ICMP or a UDP that is no tunnel): the offset of that IP header.  Otherwise 0.  A promise: where it is not 0,
 * layers_walk finds one Ethernet layer, or two of which the second has no MAC address of a subject, then that IP layer, the
 * last, and nothing to count; and layers_follow no tunnel of those that ${q} has the ports of.
 */
static inline uint32_t
quick_ip(const struct quick *q, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	uint32_t at, inner = 0;
	uint16_t type;

	if (caplen < QUICK_CAPLEN_MIN || len < caplen)
		return 0;
	type = wire_be16(data + ETHERTYPE_AT);
	at = quick_links(data, &type);
	if (type == ETHERTYPE_MPLS || type == ETHERTYPE_MPLS_UP)
		type = quick_labels(data, caplen, len, &at, &inner);
	if (inner != 0 && quick_may_have_mac(q, data + inner))
		return 0;
	if (type == ETHERTYPE_IPV4)
		return quick_is_plain_v4(q, data + at, caplen - at, len - at) ? at : 0;
	return type == ETHERTYPE_IPV6 && quick_is_plain_v6(q, data + at, caplen - at, len - at) ? at : 0;
}

/* Stay away from every port that is a tunnel's or stands in ${ports} (NULL: nothing); no MAC address is a subject's. */
void quick_init(struct quick *, const struct tunnels_ports *);

/* All that is in the orders is a subject's. */
void quick_add(struct quick *, const struct order *const *, size_t);

#endif
