#ifndef DHCP4S_H
#define DHCP4S_H

#include "frames.h"

/*
 * DHCPv4 messages built by hand from RFC 2131 and 2132.
 */
static const uint8_t dhcp4_subject[6] = {0x02, 0x00, 0x5e, 0x00, 0x53, 0x07};
static const uint8_t dhcp4_stranger[6] = {0x02, 0x00, 0x5e, 0x00, 0x53, 0x08};

static inline void
dhcp4_address(uint8_t *at, const char *text)
{
	if (inet_pton(AF_INET, text, at) != 1)
		abort();
}

/* A header up to the cookie; the addresses are ciaddr, yiaddr and giaddr, NULL for none. */
static inline void
dhcp4_header(struct frame *f, int is_reply, uint32_t xid, const uint8_t mac[6], const char *const addresses[3])
{
	uint8_t *at = f->data + f->n;

	frame_zeros(f, 236);
	at[0] = is_reply ? 2 : 1;
	at[1] = 1;
	at[2] = 6;
	at[4] = (uint8_t)(xid >> 24);
	at[5] = (uint8_t)(xid >> 16);
	at[6] = (uint8_t)(xid >> 8);
	at[7] = (uint8_t)xid;
	memcpy(at + 28, mac, 6);
	if (addresses[0] != NULL)
		dhcp4_address(at + 12, addresses[0]);
	if (addresses[1] != NULL)
		dhcp4_address(at + 16, addresses[1]);
	if (addresses[2] != NULL)
		dhcp4_address(at + 24, addresses[2]);
	frame_be32(f, 0x63825363);
}

static inline void
dhcp4_option(struct frame *f, unsigned code, const void *data, size_t n)
{
	frame_byte(f, code);
	frame_byte(f, (unsigned)n);
	frame_put(f, data, n);
}

static inline void
dhcp4_option_byte(struct frame *f, unsigned code, unsigned value)
{
	uint8_t byte = (uint8_t)value;

	dhcp4_option(f, code, &byte, 1);
}

static inline void
dhcp4_option_seconds(struct frame *f, unsigned code, uint32_t seconds)
{
	frame_byte(f, code);
	frame_byte(f, 4);
	frame_be32(f, seconds);
}

static inline void
dhcp4_option_address(struct frame *f, unsigned code, const char *address)
{
	uint8_t bytes[4];

	dhcp4_address(bytes, address);
	dhcp4_option(f, code, bytes, 4);
}

/* Ethernet, IPv4 and UDP around a message; from a port to the other of DHCP's. */
static inline void
dhcp4_wrap(struct frame *f, const uint8_t mac[6], const char *from, const char *to, const struct frame *message)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	int is_reply = message->data[0] == 2;

	f->n = 0;
	frame_ethernet(f, all, mac, 0x0800);
	frame_v4(f, from, to, 17, 8 + message->n);
	frame_udp(f, is_reply ? 67 : 68, is_reply ? 68 : 67, message->n);
	frame_put(f, message->data, message->n);
}

#endif
