#ifndef DECAP_INTERNAL_H
#define DECAP_INTERNAL_H

#include "ethertype.h"
#include "wire.h"

#include "decap.h"

/*
 * What the kinds of tunnels share: decap_gre.c reads those of protocol 47, decap.c those over UDP.
 */
#define DECAP_PROTO_ETHERNET 0x6558

/* What is read, and how far: ${end} on the wire, ${caplen} in memory. */
struct decap_cursor {
	const uint8_t *data;
	uint32_t at, end, caplen;
};

/* Are the next ${n} bytes there?  A header that does not fit its packet is none. */
static inline enum decap_result
decap_need(const struct decap_cursor *c, uint32_t n)
{
	if (c->end - c->at < n)
		return DECAP_UNKNOWN;
	return c->caplen < c->at || c->caplen - c->at < n ? DECAP_CUT : DECAP_OK;
}

/* The same, and step over them.  ${h} is set to where they start. */
static inline enum decap_result
decap_take(struct decap_cursor *c, uint32_t n, const uint8_t **h)
{
	enum decap_result got = decap_need(c, n);

	*h = NULL;
	if (got == DECAP_OK) {
		*h = c->data + c->at;
		c->at += n;
	}
	return got;
}

/* A length that counts from ${before} bytes back.  One that can not be is no length. */
static inline void
decap_shorten(struct decap_cursor *c, uint32_t length, uint32_t before)
{
	if (length >= before && length - before < c->end - c->at)
		c->end = c->at + length - before;
}

static inline enum decap_result
decap_carry(struct decap *d, const struct decap_cursor *c, enum decap_payload payload)
{
	d->at = c->at;
	d->end = c->end;
	d->payload = payload;
	return c->at <= c->caplen ? DECAP_OK : DECAP_CUT;
}

/* PPP, perhaps with the address and control bytes of HDLC in front. */
static inline enum decap_result
decap_carry_ppp(struct decap *d, struct decap_cursor *c)
{
	if (decap_need(c, 2) == DECAP_OK && c->data[c->at] == 0xff && c->data[c->at + 1] == 0x03)
		c->at += 2;
	return decap_carry(d, c, DECAP_PPP);
}

static inline enum decap_result
decap_carry_type(struct decap *d, const struct decap_cursor *c, uint16_t type)
{
	switch (type) {
	case DECAP_PROTO_ETHERNET:
		return decap_carry(d, c, DECAP_ETHERNET);
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UP:
		d->type = type;
		return decap_carry(d, c, DECAP_TYPE);
	default:
		return DECAP_UNKNOWN;
	}
}

#endif
