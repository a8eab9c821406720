#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Numbers as they stand on the wire, at any alignment.
 */
static inline uint16_t
wire_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
wire_be32(const uint8_t *p)
{
	return (uint32_t)wire_be16(p) << 16 | wire_be16(p + 2);
}

/* Bytes of a message itself; n is 0 where it has none. */
struct wire_bytes {
	const uint8_t *at;
	size_t n;
};

/* Note where a value stands that a message has once: 0, or -1 for none at all, or one more. */
static inline int
wire_take(struct wire_bytes *out, const uint8_t *at, size_t n)
{
	if (n == 0 || out->n != 0)
		return -1;
	out->at = at;
	out->n = n;
	return 0;
}

/* The same bytes as a number of whatever order this machine has: a key to compare, not a value. */
static inline uint16_t
wire_key16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
wire_key32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t
wire_key64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t
wire_key48(const uint8_t *p)
{
	return wire_key32(p) | (uint64_t)(p[4] | p[5] << 8) << 32;
}

#endif
