#ifndef RADIUSS_H
#define RADIUSS_H

#include "frames.h"

#include "radius.h"

/*
 * RADIUS messages built by hand from RFC 2865 and 2866; radius_end() writes the length.
 */
static inline void
radius_header(struct frame *f, unsigned code, unsigned identifier, unsigned authenticator)
{
	uint32_t i;

	f->n = 0;
	frame_byte(f, code);
	frame_byte(f, identifier);
	frame_be16(f, 0);
	for (i = 0; i < 16; i++)
		frame_byte(f, authenticator);
}

static inline void
radius_attribute(struct frame *f, unsigned type, const void *data, size_t n)
{
	frame_byte(f, type);
	frame_byte(f, (unsigned)n + 2);
	frame_put(f, data, n);
}

static inline void
radius_text(struct frame *f, unsigned type, const char *text)
{
	radius_attribute(f, type, text, strlen(text));
}

static inline void
radius_number(struct frame *f, unsigned type, uint32_t value)
{
	frame_byte(f, type);
	frame_byte(f, 6);
	frame_be32(f, value);
}

static inline void
radius_v4(struct frame *f, unsigned type, const char *address)
{
	uint8_t bytes[4];

	if (inet_pton(AF_INET, address, bytes) != 1)
		abort();
	radius_attribute(f, type, bytes, 4);
}

/* A network, of whose address that many bytes are written. */
static inline void
radius_v6(struct frame *f, unsigned type, const char *address, unsigned bits, size_t n)
{
	uint8_t bytes[18] = {0, (uint8_t)bits};

	if (inet_pton(AF_INET6, address, bytes + 2) != 1)
		abort();
	radius_attribute(f, type, bytes, 2 + n);
}

/* An accounting request of a session, to which more may be added; ${user} NULL: it does not say whose. */
static inline void
radius_account(struct frame *f, unsigned status, unsigned identifier, const char *user, const char *session)
{
	radius_header(f, RADIUS_ACCOUNTING_REQUEST, identifier, identifier);
	radius_number(f, 40, status);
	if (user != NULL)
		radius_text(f, 1, user);
	radius_text(f, 44, session);
}

static inline void
radius_end(struct frame *f)
{
	f->data[2] = (uint8_t)(f->n >> 8);
	f->data[3] = (uint8_t)f->n;
}

#endif
