#ifndef NDPS_H
#define NDPS_H

#include "frames.h"

#include "ndp.h"

/*
 * Messages of Neighbor Discovery built by hand from RFC 4861, from the ICMPv6 header on.
 */
static inline void
ndp_address(uint8_t at[16], const char *text)
{
	if (inet_pton(AF_INET6, text, at) != 1)
		abort();
}

/* A Neighbor Solicitation or Advertisement of an address; ${mac} NULL: without that option. */
static inline void
ndp_neighbor(struct frame *f, unsigned type, const char *target, const uint8_t *mac)
{
	uint8_t a[16];

	f->n = 0;
	frame_byte(f, type);
	frame_byte(f, 0);
	frame_be16(f, 0);
	frame_be32(f, 0);
	ndp_address(a, target);
	frame_put(f, a, 16);
	if (mac == NULL)
		return;
	frame_byte(f, type == NDP_ADVERTISEMENT ? 2 : 1);
	frame_byte(f, 1);
	frame_put(f, mac, 6);
}

static inline void
ndp_router(struct frame *f)
{
	f->n = 0;
	frame_byte(f, NDP_ROUTER_ADVERTISEMENT);
	frame_byte(f, 0);
	frame_zeros(f, 14);
}

/* One more prefix of a Router Advertisement. */
static inline void
ndp_prefix(struct frame *f, const char *prefix, unsigned bits, unsigned flags, uint32_t valid)
{
	uint8_t a[16];

	frame_byte(f, 3);
	frame_byte(f, 4);
	frame_byte(f, bits);
	frame_byte(f, flags);
	frame_be32(f, valid);
	frame_be32(f, valid);
	frame_be32(f, 0);
	ndp_address(a, prefix);
	frame_put(f, a, 16);
}

#endif
