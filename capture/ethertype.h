#ifndef ETHERTYPE_H
#define ETHERTYPE_H

#include <stdint.h>

/*
 * The Ethernet types that are followed or looked into.
 */
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_MPLS 0x8847
#define ETHERTYPE_MPLS_UP 0x8848
#define ETHERTYPE_DISCOVERY 0x8863
#define ETHERTYPE_SESSION 0x8864
#define ETHERTYPE_QINQ 0x88a8
#define ETHERTYPE_QINQ_OLD 0x9100

/* Those that hide it: known by name, and not followed. */
#define ETHERTYPE_LENGTH_MAX 1500 /* up to here it is a length, and LLC follows */
#define ETHERTYPE_MACSEC 0x88e5
#define ETHERTYPE_PBB 0x88e7
#define ETHERTYPE_TAG_9200 0x9200
#define ETHERTYPE_TAG_9300 0x9300

#define ETHERTYPE_AT 12     /* in an Ethernet header */
#define ETHERTYPE_HEADER 14 /* that header's length */

static inline int
ethertype_is_tag(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_OLD;
}

/* One of those that a way to the subject can lead through? */
static inline int
ethertype_is_followed(uint16_t type)
{
	switch (type) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_ARP:
	case ETHERTYPE_VLAN:
	case ETHERTYPE_IPV6:
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UP:
	case ETHERTYPE_DISCOVERY:
	case ETHERTYPE_SESSION:
	case ETHERTYPE_QINQ:
	case ETHERTYPE_QINQ_OLD:
		return 1;
	default:
		return 0;
	}
}

#endif
