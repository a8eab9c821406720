#ifndef DECAP_H
#define DECAP_H

#include <stdint.h>

#include "conf.h"

#include "packet.h"

/*
 * What a tunnel's packet carries: the headers of each kind of tunnel, read without asking whose tunnel it is.
 */
enum decap_payload {
	DECAP_ETHERNET,
	DECAP_IP,   /* of the version that its first byte tells */
	DECAP_TYPE, /* what decap.type, an Ethernet type, says */
	DECAP_PPP
};

/* Is the VLAN number that a tunnel's own header gives a tag of the frame, outside of those in it? */
enum decap_tag {
	DECAP_TAG_NONE,     /* no: there is no number, or it is that of a tag in the frame */
	DECAP_TAG_OUTER,    /* yes */
	DECAP_TAG_REPEATED, /* yes, unless the frame begins with a tag of that number: then perhaps it is that one */
	DECAP_TAG_PERHAPS
};

enum decap_result {
	DECAP_OK,
	DECAP_CUT,     /* a header ends behind caplen */
	DECAP_CONTROL, /* sound, but nobody's traffic: control messages, keepalives */
	DECAP_UNKNOWN  /* not of this kind, impossible, or nothing that can be followed */
};

/* at and end are valid after DECAP_OK, with at <= end and at <= caplen. */
struct decap {
	uint32_t at;  /* of the payload's first byte */
	uint32_t end; /* behind the payload on the wire */
	unsigned
	    kinds; /* GRE: a bit for each kind that this may be one of, 0 if it was cut before that could be told */
	enum decap_payload payload;
	uint16_t type;
	uint16_t vlan;      /* ERSPAN: the VLAN that the header gives */
	enum decap_tag tag; /* and what it is */
	int has_sequence;
	uint32_t sequence;
	uint32_t stream; /* whose sequence: the GRE key, the ERSPAN session */
};

/* Is there a kind of tunnel over UDP among these bits? */
#define DECAP_UDP_KINDS                                                                                         \
	(1U << CONF_TUNNEL_VXLAN | 1U << CONF_TUNNEL_GENEVE | 1U << CONF_TUNNEL_L2TP | 1U << CONF_TUNNEL_TZSP | \
	    1U << CONF_TUNNEL_CCC)
#define DECAP_GRE_KINDS \
	(1U << CONF_TUNNEL_GRE | 1U << CONF_TUNNEL_NVGRE | 1U << CONF_TUNNEL_EOIP | 1U << CONF_TUNNEL_ERSPAN)

/**
 * decap_gre(d, packet, data, caplen):
 * Read a packet of protocol 47 that is no later fragment: GRE, NVGRE, EoIP, PPTP, ERSPAN I to III.
 */
enum decap_result decap_gre(struct decap *, const struct packet *, const uint8_t *, uint32_t);

/**
 * decap_udp(d, kind, packet, data, caplen):
 * Read a UDP packet, no later fragment, whose header was captured, as one of the given kind.
 */
enum decap_result decap_udp(struct decap *, enum conf_tunnel_kind, const struct packet *, const uint8_t *, uint32_t);

/* A packet of protocol 4 or 41, no later fragment. */
enum decap_result decap_ipip(struct decap *, const struct packet *, uint32_t);

#endif
