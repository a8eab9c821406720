#ifndef TUNNELS_H
#define TUNNELS_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "order.h"
#include "stamp.h"

#include "decap.h"
#include "packet.h"
#include "wire.h"

/*
 * The tunnels and router streams whose end points are configured as the operator's own, and what their sequence numbers
 * tell of frames that were lost on the way here.  They outlive the matchers that look through them: a change of orders
 * does not interrupt a sequence.
 */
struct tunnels;

/* A number may be this much late before it is lost. */
#define TUNNELS_WINDOW 64

/**
 * tunnels_new(list, count):
 * Copy what is needed of the configuration.  Return NULL with errno set.
 */
struct tunnels *tunnels_new(const struct conf_tunnel *, size_t);
void tunnels_free(struct tunnels *);

enum tunnels_result {
	TUNNELS_STRANGERS, /* not between configured end points, or not of a kind that is configured there */
	TUNNELS_INSIDE,    /* ours: what it carries is to be looked at */
	TUNNELS_CUT,
	TUNNELS_CONTROL,       /* ours, and nobody's traffic */
	TUNNELS_UNKNOWN,       /* ours, and not to be followed */
	TUNNELS_LATER_FRAGMENT /* perhaps ours: its headers were in the packet's first fragment */
};

/**
 * tunnels_enter(t, packet, data, caplen, inside, unwrap):
 * Look into a packet that may be a tunnel's, and count its sequence number.  Of several sections that fit the first in
 * the file decides.  ${inside} and ${unwrap} (is the frame inside to be stored?) are set with TUNNELS_INSIDE.
 */
enum tunnels_result tunnels_enter(
    struct tunnels *, const struct packet *, const uint8_t *, uint32_t, struct decap *, int *);

/**
 * tunnels_carry_v4(t, two, udp):
 * Would tunnels_enter() be inside of a packet between the two IPv4 addresses at ${two} that is GRE without any optional
 * field around an IP packet (${udp} NULL), or VXLAN, if the UDP header at ${udp} is of that; and not unwrap
 * it?  No is safe.
 */
int tunnels_carry_v4(const struct tunnels *, const uint8_t *, const uint8_t *);

/**
 * tunnels_lost(t, i) / tunnels_settle(t):
 * How many frames the sequence numbers of the i-th tunnel say were lost before they came here.  A number counts as lost
 * once TUNNELS_WINDOW later ones have come, or at tunnels_settle(), when there is nothing more to come.
 */
uint64_t tunnels_lost(const struct tunnels *, size_t);
void tunnels_settle(struct tunnels *);

/* How many of all tunnels were lost since the last call, and a time before which none of them was. */
uint64_t tunnels_take_lost(struct tunnels *, stamp_t *);

/**
 * tunnels_take_crowd(t, now, put_out, since):
 * Are there more streams than their numbers can be kept of, so that some may be missing and nobody knows?  ${put_out} is
 * how many were put out since the last call, and ${since} when the first of them had been seen last, INT64_MAX for none.
 */
int tunnels_take_crowd(struct tunnels *, stamp_t, uint64_t *, stamp_t *);

/* The frames that are looked into from now on have this time stamp. */
void tunnels_set_time(struct tunnels *, stamp_t);

size_t tunnels_count(const struct tunnels *);

/**
 * tunnels_ends(t):
 * The end points as the subjects of an order that nobody issued, for kfilter_new() besides the orders in force: who looks
 * for subjects in tunnels has to see the packets that bring them.  No matcher ever gets it.
 */
const struct order *tunnels_ends(const struct tunnels *);

/* Open, because every UDP packet on the wire pays for it: the ports that a configured kind may stand at, a bit each. */
struct tunnels_ports {
	int has_any;
	uint64_t bits[65536 / 64];
};
const struct tunnels_ports *tunnels_ports(const struct tunnels *);

/* May the UDP packet whose header starts at ${udp} be that of a configured tunnel? */
static inline int
tunnels_ports_have(const struct tunnels_ports *p, const uint8_t *udp)
{
	uint32_t a = wire_be16(udp), b = wire_be16(udp + 2);

	return ((p->bits[a / 64] >> a % 64) | (p->bits[b / 64] >> b % 64)) & 1;
}

#endif
