#ifndef PPPOES_H
#define PPPOES_H

#include "frames.h"

#include "pppoe.h"

/*
 * PPPoE built by hand from RFC 2516, 1334, 1994 and 1332: what stands behind the Ethernet type.
 */
static inline void
pppoe_discovery(struct frame *f, unsigned code, unsigned session)
{
	f->n = 0;
	frame_byte(f, 0x11);
	frame_byte(f, code);
	frame_be16(f, session);
	frame_be16(f, 0);
}

/* A packet of PPP control around ${n} bytes. */
static inline void
pppoe_control(struct frame *f, unsigned session, unsigned proto, unsigned code, const void *data, size_t n)
{
	f->n = 0;
	frame_pppoe(f, session, proto, 4 + (unsigned)n);
	frame_byte(f, code);
	frame_byte(f, 7);
	frame_be16(f, 4 + (unsigned)n);
	frame_put(f, data, n);
}

static inline void
pppoe_pap(struct frame *f, unsigned session, const char *name)
{
	static struct frame body;

	body.n = 0;
	frame_byte(&body, (unsigned)strlen(name));
	frame_put(&body, name, strlen(name));
	frame_byte(&body, 6);
	frame_put(&body, "secret", 6);
	pppoe_control(f, session, PPPOE_PAP, PPPOE_PAP_REQUEST, body.data, body.n);
}

static inline void
pppoe_chap(struct frame *f, unsigned session, const char *name)
{
	static struct frame body;

	body.n = 0;
	frame_byte(&body, 16);
	frame_zeros(&body, 16);
	frame_put(&body, name, strlen(name));
	pppoe_control(f, session, PPPOE_CHAP, PPPOE_CHAP_RESPONSE, body.data, body.n);
}

#endif
