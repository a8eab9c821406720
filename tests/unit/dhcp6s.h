#ifndef DHCP6S_H
#define DHCP6S_H

#include "frames.h"

#include "dhcp6.h"

/*
 * DHCPv6 messages built by hand from RFC 8415, 4649 and 6939.  What is opened with dhcp6_open() is closed with
 * dhcp6_close(), which writes its length.
 */
static inline void
dhcp6_address(uint8_t at[16], const char *text)
{
	if (inet_pton(AF_INET6, text, at) != 1)
		abort();
}

static inline uint32_t
dhcp6_open(struct frame *f, unsigned code)
{
	frame_be16(f, code);
	frame_be16(f, 0);
	return f->n;
}

static inline void
dhcp6_close(struct frame *f, uint32_t at)
{
	f->data[at - 2] = (uint8_t)((f->n - at) >> 8);
	f->data[at - 1] = (uint8_t)(f->n - at);
}

static inline void
dhcp6_option(struct frame *f, unsigned code, const void *data, size_t n)
{
	uint32_t at = dhcp6_open(f, code);

	frame_put(f, data, n);
	dhcp6_close(f, at);
}

static inline void
dhcp6_status(struct frame *f, unsigned status)
{
	uint32_t at = dhcp6_open(f, 13);

	frame_be16(f, status);
	frame_put(f, "so", 2);
	dhcp6_close(f, at);
}

/* The header of a client's or server's message, and the client's DUID. */
static inline void
dhcp6_header(struct frame *f, unsigned type, uint32_t xid, const char *duid)
{
	frame_be32(f, type << 24 | xid);
	if (duid != NULL)
		dhcp6_option(f, 1, duid, strlen(duid));
}

static inline uint32_t
dhcp6_open_ia(struct frame *f, unsigned kind, uint32_t iaid)
{
	uint32_t at = dhcp6_open(f, kind);

	frame_be32(f, iaid);
	if (kind != DHCP6_TA)
		frame_zeros(f, 8);
	return at;
}

/* An address, or with ${bits} a prefix. */
static inline void
dhcp6_lease(struct frame *f, const char *address, unsigned bits, uint32_t valid)
{
	uint32_t at = dhcp6_open(f, bits == 0 ? 5 : 26);
	uint8_t a[16];

	dhcp6_address(a, address);
	if (bits == 0) {
		frame_put(f, a, 16);
		frame_be32(f, valid);
		frame_be32(f, valid);
	} else {
		frame_be32(f, valid);
		frame_be32(f, valid);
		frame_byte(f, bits);
		frame_put(f, a, 16);
	}
	dhcp6_close(f, at);
}

/* A relay's header up to where its options begin. */
static inline void
dhcp6_relay(struct frame *f, unsigned type, unsigned hops, const char *link, const char *peer)
{
	uint8_t a[16];

	frame_byte(f, type);
	frame_byte(f, hops);
	dhcp6_address(a, link);
	frame_put(f, a, 16);
	dhcp6_address(a, peer);
	frame_put(f, a, 16);
}

#endif
