#ifndef DHCP4_H
#define DHCP4_H

#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/*
 * One DHCPv4 message (RFC 2131, options of RFC 2132 and 3046) as far as it says who has which address for how long.
 */
#define DHCP4_SERVER_PORT 67
#define DHCP4_CLIENT_PORT 68
#define DHCP4_JOINED_MAX 1024
#define DHCP4_FOREVER UINT32_MAX /* a lease without an end */

enum dhcp4_type {
	DHCP4_DISCOVER = 1,
	DHCP4_OFFER,
	DHCP4_REQUEST,
	DHCP4_DECLINE,
	DHCP4_ACK,
	DHCP4_NAK,
	DHCP4_RELEASE,
	DHCP4_INFORM
};

struct dhcp4 {
	int is_reply;
	uint8_t type; /* option 53, of enum dhcp4_type or one that is unknown here; 0: BOOTP */
	uint32_t xid;
	uint8_t hardware[16]; /* chaddr, zero behind its length */
	uint8_t hardware_length;
	int is_ethernet;                         /* the hardware address is a MAC */
	uint8_t client[4], yours[4], relay[4];   /* ciaddr, yiaddr, giaddr */
	uint8_t requested[4];                    /* option 50; zero without it */
	uint8_t server[4];                       /* option 54; zero without it */
	uint32_t lease, renewal, rebinding;      /* options 51, 58 and 59 in seconds; 0 without */
	struct wire_bytes client_id;             /* option 61 */
	struct wire_bytes circuit_id, remote_id; /* of option 82 */
	uint8_t joined[DHCP4_JOINED_MAX];        /* options that came in parts */
};

/**
 * dhcp4_parse(m, data, n):
 * Read the payload of a UDP datagram.  An option in parts is joined (RFC 3396).  Options are read strictly: where
 * they are cut, or one of those above has a length that it can not have, there are none, and the type is 0 as in BOOTP (but
 * whom the header gives an address to is to be known all the same).
 * Return 0, or -1 if there is no whole header; ${m} then holds nothing.  What it points to is ${data}'s, or its own: it is
 * not to be copied.
 */
int dhcp4_parse(struct dhcp4 *, const uint8_t *, size_t);

#endif
