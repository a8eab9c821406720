#ifndef QUICK_H
#define QUICK_H

#include <stdint.h>

#include "ethertype.h"
#include "packet.h"
#include "wire.h"

/*
 * The shortest way to the IP header of nearly every frame; in a header because every frame on the wire pays for it.
 */
#define QUICK_TAGS_MAX 3

static inline int
quick_is_vlan(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_OLD;
}

static inline int
quick_is_plain_v4(const uint8_t *ip, uint32_t avail, uint32_t wire)
{
	uint32_t total;

	if (avail < 28 || ip[0] != 0x45)
		return 0;
	total = wire_be16(ip + 2);
	if (total < 28 || total > wire)
		return 0;
	if (ip[9] == 6 || ip[9] == 1)
		return 1;
	if (ip[9] != 17)
		return 0;
	/* A later fragment has no ports. */
	return (wire_be16(ip + 6) & 0x1fff) != 0 || !packet_ports_are_tunnel(ip + 20);
}

static inline int
quick_is_plain_v6(const uint8_t *ip, uint32_t avail, uint32_t wire)
{
	uint32_t payload;

	if (avail < 48 || ip[0] >> 4 != 6)
		return 0;
	payload = wire_be16(ip + 4);
	if (payload < 8 || payload > wire - 40)
		return 0;
	if (ip[6] == 6 || ip[6] == 58)
		return 1;
	return ip[6] == 17 && !packet_ports_are_tunnel(ip + 40);
}

/**
 * quick_ip(data, caplen, len):
 * For an Ethernet frame of the usual kind (at most three VLAN tags, perhaps PPPoE, then a sound IPv4 header without options
 * or a sound IPv6 header, right before TCP, ICMP or a UDP that is no tunnel): the offset of that IP header.  Otherwise 0.
 * A promise: where it is not 0, layers_walk finds one Ethernet layer, that IP layer, and nothing to count.
 */
static inline uint32_t
quick_ip(const uint8_t *data, uint32_t caplen, uint32_t len)
{
	uint32_t at = ETHERTYPE_HEADER;
	uint16_t type;
	int tags;

	/* Room for all the link headers below. */
	if (caplen < ETHERTYPE_HEADER + 4 * QUICK_TAGS_MAX + 8 || len < caplen)
		return 0;
	type = wire_be16(data + ETHERTYPE_AT);
	if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6) {
		for (tags = 0; tags < QUICK_TAGS_MAX && quick_is_vlan(type); tags++) {
			type = wire_be16(data + at + 2);
			at += 4;
		}
		if (type == ETHERTYPE_SESSION) {
			uint16_t proto = wire_be16(data + at + 6);

			if (wire_be16(data + at) != 0x1100)
				return 0;
			at += 8;
			type = proto == 0x0021 ? ETHERTYPE_IPV4 : proto == 0x0057 ? ETHERTYPE_IPV6 : 0;
		}
	}
	if (type == ETHERTYPE_IPV4)
		return quick_is_plain_v4(data + at, caplen - at, len - at) ? at : 0;
	if (type == ETHERTYPE_IPV6)
		return quick_is_plain_v6(data + at, caplen - at, len - at) ? at : 0;
	return 0;
}

#endif
