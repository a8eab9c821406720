#ifndef DHCP6_H
#define DHCP6_H

#include <stddef.h>
#include <stdint.h>

#include "order.h"
#include "wire.h"

/*
 * One DHCPv6 message (RFC 8415, with options of RFC 4649 and 6939) as far as it says who has which addresses and prefixes
 * for how long, and what the relays that it came through say of it.
 */
#define DHCP6_CLIENT_PORT 546
#define DHCP6_SERVER_PORT 547
#define DHCP6_FOREVER UINT32_MAX /* a lifetime without an end */
#define DHCP6_RELAYS_MAX 9       /* a hop count of 0 to HOP_COUNT_LIMIT */
#define DHCP6_DUID_MAX 130

enum dhcp6_type {
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE,
	DHCP6_REQUEST,
	DHCP6_CONFIRM,
	DHCP6_RENEW,
	DHCP6_REBIND,
	DHCP6_REPLY,
	DHCP6_RELEASE,
	DHCP6_DECLINE,
	DHCP6_RECONFIGURE,
	DHCP6_INFORMATION,
	DHCP6_RELAY_FORWARD,
	DHCP6_RELAY_REPLY
};

enum dhcp6_status {
	DHCP6_SUCCESS,
	DHCP6_FAILED,
	DHCP6_NO_ADDRESSES,
	DHCP6_NO_BINDING,
	DHCP6_NOT_ON_LINK,
	DHCP6_USE_MULTICAST,
	DHCP6_NO_PREFIX
};

/* What one relay wrote around the message. */
struct dhcp6_relay {
	uint8_t link[16], peer[16];                /* link-address, peer-address */
	struct wire_bytes interface_id, remote_id; /* options 18 and 37; the latter with its enterprise number */
	struct wire_bytes mac;                     /* the client's by option 79, where that is of Ethernet */
};

struct dhcp6 {
	uint8_t type;                                /* of what the client or the server itself says */
	int is_reply;                                /* on its way to the client */
	int is_whole;                                /* all options are there, and sound */
	uint32_t xid;                                /* 24 bits */
	uint16_t status;                             /* of the message as a whole; DHCP6_SUCCESS without */
	struct wire_bytes client_id, server_id;      /* their DUIDs */
	struct dhcp6_relay relays[DHCP6_RELAYS_MAX]; /* the one next to the client last */
	size_t relay_count;
	struct wire_bytes options; /* of the message itself, up to the first that is not sound */
};

enum dhcp6_ia_kind {
	DHCP6_NA = 3,
	DHCP6_TA = 4,
	DHCP6_PD = 25
};

/* An identity association. */
struct dhcp6_ia {
	uint8_t kind; /* enum dhcp6_ia_kind */
	uint16_t status;
	uint32_t iaid;
	struct wire_bytes leases; /* for dhcp6_next_lease() */
};

struct dhcp6_lease {
	struct order_prefix address; /* host bits are zero */
	uint32_t valid;              /* seconds; 0: no more */
	uint16_t status;
};

/**
 * dhcp6_parse(m, data, n):
 * Read the payload of a UDP datagram.  Options are read up to the first that is cut, comes twice where it may not, or has a
 * length that it can not have; then the message is not whole.  Of a relay whose options are not sound nothing is taken but
 * its addresses and the message in it, and then it is not whole either.
 * Return 0, or -1 if there is no whole header, the relays are too many or theirs does not hold a message of its direction;
 * ${m} then holds nothing.  What it points to is ${data}'s.
 */
int dhcp6_parse(struct dhcp6 *, const uint8_t *, size_t);

/**
 * dhcp6_next_ia(rest, ia) / dhcp6_next_lease(rest, kind, lease):
 * The next identity association of ${rest}, at first a copy of a message's options / the next address or prefix of
 * ${rest}, at first a copy of the leases of an association of that kind.  Return 1 with ${rest} behind it, or 0.
 */
int dhcp6_next_ia(struct wire_bytes *, struct dhcp6_ia *);
int dhcp6_next_lease(struct wire_bytes *, unsigned, struct dhcp6_lease *);

/**
 * dhcp6_next_given(at, lease):
 * The next address or prefix of all associations that is given for any time; in ${at}, all zero but a copy of a message's
 * options as ${rest}, is how far that is.  Return as above.
 */
struct dhcp6_given {
	struct wire_bytes rest, leases;
	unsigned kind; /* of the association that ${leases} are of */
};
int dhcp6_next_given(struct dhcp6_given *, struct dhcp6_lease *);

#endif
