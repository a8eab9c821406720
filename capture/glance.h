#ifndef GLANCE_H
#define GLANCE_H

#include <stdint.h>

#include "conf.h"

#include "ethertype.h"
#include "wire.h"

/*
 * The first look for the traffic by which addresses are given and taken: nearly every frame is put aside by it.  In a
 * header because every frame pays for it where any subject is followed.
 */
struct glance {
	uint64_t ports[65536 / 64]; /* a bit a port of UDP at which there may be such traffic */
	int is_ethernet;            /* else nothing is put aside */
};

/**
 * glance_init(g, linktype, iap):
 * Put aside what can be none of it at ${iap}; NULL: none is configured, and there is DHCP alone.  The ports are those that
 * ${iap} has now: where that changes, a glance has to be made anew.
 */
void glance_init(struct glance *, uint32_t, const struct conf_iap *);

#define GLANCE_TAGS_MAX 3
#define GLANCE_TCP 6
#define GLANCE_UDP 17

static inline int
glance_has_port(const struct glance *g, const uint8_t *at)
{
	const uint16_t port = wire_be16(at);

	return (g->ports[port / 64] >> port % 64 & 1) != 0;
}

static inline int
glance_is_other_udp(const struct glance *g, const uint8_t *ports)
{
	return !glance_has_port(g, ports) && !glance_has_port(g, ports + 2);
}

/* A packet, of which ${n} bytes were captured; one with options is left to a closer look. */
static inline int
glance_is_other_v4(const struct glance *g, const uint8_t *ip, uint32_t n)
{
	if (n < 24 || ip[0] != 0x45)
		return 0;
	return ip[9] == GLANCE_UDP ? glance_is_other_udp(g, ip + 20) : 1;
}

/* ICMPv6 and extension headers are left to it, too. */
static inline int
glance_is_other_v6(const struct glance *g, const uint8_t *ip, uint32_t n)
{
	if (n < 44)
		return 0;
	return ip[6] == GLANCE_UDP ? glance_is_other_udp(g, ip + 40) : ip[6] == GLANCE_TCP;
}

/* A session, from the PPPoE header on: IPv4 in it is never looked into. */
static inline int
glance_is_other_session(const struct glance *g, const uint8_t *pppoe, uint32_t n)
{
	if (n < 8 || pppoe[6] != 0)
		return 0;
	return pppoe[7] == 0x21 || (pppoe[7] == 0x57 && glance_is_other_v6(g, pppoe + 8, n - 8));
}

/**
 * glance_is_other(g, data, caplen):
 * Is the frame surely none by which addresses are given or taken?  A promise: where it is, table_control_may_be() says no.
 */
static inline int
glance_is_other(const struct glance *g, const uint8_t *data, uint32_t caplen)
{
	uint32_t at = ETHERTYPE_HEADER;
	uint16_t type;
	int i;

	if (!g->is_ethernet || caplen < ETHERTYPE_HEADER + 4 * GLANCE_TAGS_MAX)
		return 0;
	type = wire_be16(data + ETHERTYPE_AT);
	for (i = 0; i < GLANCE_TAGS_MAX && ethertype_is_tag(type); i++, at += 4)
		type = wire_be16(data + at + 2);
	if (type == ETHERTYPE_IPV4)
		return glance_is_other_v4(g, data + at, caplen - at);
	if (type == ETHERTYPE_IPV6)
		return glance_is_other_v6(g, data + at, caplen - at);
	return type == ETHERTYPE_SESSION && glance_is_other_session(g, data + at, caplen - at);
}

#endif
