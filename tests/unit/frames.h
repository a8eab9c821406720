#ifndef FRAMES_H
#define FRAMES_H

#include <arpa/inet.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Frames built by hand, header after header, for the tests of the matcher and its fuzz harness.
 */
#define FRAME_ROOM 70000

struct frame {
	uint8_t data[FRAME_ROOM];
	uint32_t n;
};

static const uint8_t frame_mac_a[6] = {0x02, 0x00, 0x5e, 0x00, 0x53, 0x07};
static const uint8_t frame_mac_b[6] = {0x02, 0x00, 0x5e, 0x00, 0x53, 0x99};

#define FRAME_SUBJECT4 "198.51.100.7"
#define FRAME_OTHER4 "203.0.113.9"
#define FRAME_SUBJECT6 "2001:db8:77::7"
#define FRAME_OTHER6 "2001:db8:99::9"
#define FRAME_CANARY "CANARYcanaryCANARYcanaryCANARYcanary"

static inline void
frame_put(struct frame *f, const void *p, size_t n)
{
	if (n > FRAME_ROOM - f->n)
		abort();
	memcpy(f->data + f->n, p, n);
	f->n += (uint32_t)n;
}

static inline void
frame_byte(struct frame *f, unsigned v)
{
	uint8_t b = (uint8_t)v;

	frame_put(f, &b, 1);
}

static inline void
frame_be16(struct frame *f, unsigned v)
{
	frame_byte(f, v >> 8);
	frame_byte(f, v & 0xff);
}

static inline void
frame_be32(struct frame *f, uint32_t v)
{
	frame_be16(f, v >> 16);
	frame_be16(f, v & 0xffff);
}

static inline void
frame_zeros(struct frame *f, size_t n)
{
	while (n-- > 0)
		frame_byte(f, 0);
}

static inline void
frame_ethernet(struct frame *f, const uint8_t *dst, const uint8_t *src, unsigned type)
{
	frame_put(f, dst, 6);
	frame_put(f, src, 6);
	frame_be16(f, type);
}

/* From another router to another router: no subject's MAC. */
static inline void
frame_link(struct frame *f, unsigned type)
{
	static const uint8_t dst[6] = {2, 0, 0, 0, 0, 1}, src[6] = {2, 0, 0, 0, 0, 2};

	frame_ethernet(f, dst, src, type);
}

static inline void
frame_vlan(struct frame *f, unsigned id, unsigned type)
{
	frame_be16(f, 0xe000 | id);
	frame_be16(f, type);
}

static inline void
frame_pppoe(struct frame *f, unsigned session, unsigned proto, unsigned payload)
{
	frame_be16(f, 0x1100);
	frame_be16(f, session);
	frame_be16(f, payload + 2);
	frame_be16(f, proto);
}

static inline void
frame_label(struct frame *f, uint32_t label, int is_last)
{
	frame_be32(f, label << 12 | (is_last ? 0x100U : 0) | 64);
}

static inline void
frame_sum4(uint8_t *ip)
{
	uint32_t sum = 0, header = (ip[0] & 15U) * 4, i;

	ip[10] = ip[11] = 0;
	for (i = 0; i < header; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip[10] = (uint8_t)(~sum >> 8);
	ip[11] = (uint8_t)~sum;
}

/* ${options} bytes of IPv4 options, a multiple of four; ${fragment}: flags and offset as they stand in the header. */
static inline void
frame_v4_full(struct frame *f, const char *src, const char *dst, unsigned proto, unsigned payload, unsigned options,
    unsigned fragment)
{
	uint8_t *ip = f->data + f->n;
	struct in_addr a;

	frame_byte(f, 0x45 + options / 4);
	frame_byte(f, 0);
	frame_be16(f, 20 + options + payload);
	frame_be16(f, 0x1234);
	frame_be16(f, fragment);
	frame_byte(f, 64);
	frame_byte(f, proto);
	frame_be16(f, 0);
	(void)inet_pton(AF_INET, src, &a);
	frame_put(f, &a, 4);
	(void)inet_pton(AF_INET, dst, &a);
	frame_put(f, &a, 4);
	while (options-- > 0)
		frame_byte(f, 1);
	frame_sum4(ip);
}

static inline void
frame_v4(struct frame *f, const char *src, const char *dst, unsigned proto, unsigned payload)
{
	frame_v4_full(f, src, dst, proto, payload, 0, 0);
}

static inline void
frame_v6(struct frame *f, const char *src, const char *dst, unsigned next, unsigned payload)
{
	struct in6_addr a;

	frame_be32(f, 0x60000000);
	frame_be16(f, payload);
	frame_byte(f, next);
	frame_byte(f, 64);
	(void)inet_pton(AF_INET6, src, &a);
	frame_put(f, &a, 16);
	(void)inet_pton(AF_INET6, dst, &a);
	frame_put(f, &a, 16);
}

/* An IPv6 extension header of 8 bytes that is nothing but padding. */
static inline void
frame_extension(struct frame *f, unsigned next)
{
	frame_byte(f, next);
	frame_byte(f, 0);
	frame_byte(f, 1);
	frame_byte(f, 4);
	frame_be32(f, 0);
}

static inline void
frame_fragment6(struct frame *f, unsigned next, unsigned offset_and_more)
{
	frame_byte(f, next);
	frame_byte(f, 0);
	frame_be16(f, offset_and_more);
	frame_be32(f, 0xabcd);
}

static inline void
frame_tcp(struct frame *f, unsigned sport, unsigned dport, unsigned options)
{
	frame_be16(f, sport);
	frame_be16(f, dport);
	frame_be32(f, 1);
	frame_be32(f, 2);
	frame_be16(f, (5 + options / 4) << 12 | 0x18);
	frame_be16(f, 1000);
	frame_be32(f, 0);
	while (options-- > 0)
		frame_byte(f, 1);
}

static inline void
frame_udp(struct frame *f, unsigned sport, unsigned dport, unsigned payload)
{
	frame_be16(f, sport);
	frame_be16(f, dport);
	frame_be16(f, 8 + payload);
	frame_be16(f, 0);
}

static inline void
frame_canary(struct frame *f)
{
	frame_put(f, FRAME_CANARY, sizeof(FRAME_CANARY) - 1);
}

#define FRAME_CANARY_LENGTH ((unsigned)sizeof(FRAME_CANARY) - 1)

/* The subject's TCP segment with a canary in it: over IPv4 (76 bytes of IP packet) or IPv6 (96). */
static inline void
frame_subject4(struct frame *f)
{
	frame_v4(f, FRAME_SUBJECT4, FRAME_OTHER4, 6, 20 + FRAME_CANARY_LENGTH);
	frame_tcp(f, 40000, 443, 0);
	frame_canary(f);
}

static inline void
frame_subject6(struct frame *f)
{
	frame_v6(f, FRAME_OTHER6, FRAME_SUBJECT6, 6, 20 + FRAME_CANARY_LENGTH);
	frame_tcp(f, 443, 40000, 0);
	frame_canary(f);
}

#define FRAME_SUBJECT4_LENGTH (40 + FRAME_CANARY_LENGTH)
#define FRAME_SUBJECT6_LENGTH (60 + FRAME_CANARY_LENGTH)

static inline void
frame_arp(struct frame *f, const char *sender, const char *target)
{
	struct in_addr a;

	frame_be16(f, 1);
	frame_be16(f, 0x0800);
	frame_be16(f, 0x0604);
	frame_be16(f, 1);
	frame_put(f, frame_mac_b, 6);
	(void)inet_pton(AF_INET, sender, &a);
	frame_put(f, &a, 4);
	frame_zeros(f, 6);
	(void)inet_pton(AF_INET, target, &a);
	frame_put(f, &a, 4);
}

/* A heap block of exactly ${n} bytes, so that a reader that goes too far is seen. */
static inline uint8_t *
frame_exact(const struct frame *f, uint32_t n)
{
	uint8_t *p = malloc(n == 0 ? 1 : n);

	if (p == NULL)
		abort();
	memcpy(p, f->data, n);
	return p;
}

#endif
