#ifndef NDP_H
#define NDP_H

#include <stddef.h>
#include <stdint.h>

#include "order.h"
#include "wire.h"

/*
 * One message of Neighbor Discovery (RFC 4861), from the ICMPv6 header on, as far as it says who uses which address, or for
 * how long the addresses of a prefix last.
 */
#define NDP_PROTO 58
#define NDP_HOPS 255 /* anything less came through a router, and is none */
#define NDP_FOREVER UINT32_MAX
#define NDP_PREFIXES_MAX 16

enum ndp_type {
	NDP_ROUTER_SOLICITATION = 133,
	NDP_ROUTER_ADVERTISEMENT,
	NDP_SOLICITATION,
	NDP_ADVERTISEMENT
};

struct ndp_prefix {
	struct order_prefix prefix; /* host bits are zero */
	uint32_t valid;             /* seconds */
};

struct ndp {
	uint8_t type;
	int is_whole;          /* all options are there */
	uint8_t target[16];    /* of a Neighbor Solicitation or Advertisement */
	struct wire_bytes mac; /* the sender's; of an advertisement, the target's; n is 0 without */
	/* those of which hosts make addresses, of a Router Advertisement: the first ones */
	struct ndp_prefix prefixes[NDP_PREFIXES_MAX];
	size_t prefix_count;
};

/* Is this byte, the type of an ICMPv6 message, one of those? */
int ndp_is_type(uint8_t);

/**
 * ndp_parse(m, data, n):
 * Read a message that came with NDP_HOPS left.  Options are read up to the first that is cut, or has a length that it can
 * not have; then it is not whole.
 * Return 0, or -1 if it is of another type or its fixed part is not whole and sound; ${m} then holds nothing.  What it
 * points to is ${data}'s.
 */
int ndp_parse(struct ndp *, const uint8_t *, size_t);

#endif
