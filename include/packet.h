#ifndef PACKET_H
#define PACKET_H

#include <stddef.h>
#include <stdint.h>

/*
 * One IP packet inside a frame (packet = layer 3).  All offsets count from the frame's first byte and may lie behind its
 * caplen, never behind its length on the wire: who cuts takes the smaller of the two.
 */
enum packet_fragment {
	PACKET_WHOLE, /* no fragment, or one that is the only one (RFC 6946) */
	PACKET_FIRST,
	PACKET_LATER
};

struct packet {
	uint32_t at;  /* the IP header's first byte */
	uint32_t end; /* behind the packet: its total length; the frame's where that is 0 (GSO) or says more */
	uint32_t network_end; /* behind the network header: IPv4 options, IPv6 extension headers; <= end */
	uint32_t id;          /* of a fragment */
	uint32_t body;        /* of a fragment: behind the header that says so, where its part of the packet starts */
	uint8_t version;      /* 4 or 6 */
	uint8_t proto;        /* of what follows the network header; 59 (none) where the chain could not be walked */
	uint8_t fragment;     /* enum packet_fragment */
	uint8_t is_cut;       /* the network header ends behind caplen */
};

enum packet_result {
	PACKET_OK,
	PACKET_CUT, /* the fixed header ends behind caplen */
	PACKET_BAD  /* version, header length or total length is impossible */
};

/**
 * packet_parse(p, data, at, caplen, len):
 * Read the IP header at ${at} <= ${caplen} <= ${len}.  An IPv6 chain is walked up to a bound; a header in it that claims
 * to end behind the packet ends the walk before it.
 */
enum packet_result packet_parse(struct packet *, const uint8_t *, uint32_t, uint32_t, uint32_t);

/* Which bytes of a packet, counted behind the headers that all fragments have, a fragment carries. */
struct packet_extent {
	uint32_t from, to;
	int is_last; /* the packet ends here */
};

/**
 * packet_extent(p, data, extent):
 * Read the place of ${p}, a fragment, in its packet.
 */
void packet_extent(const struct packet *, const uint8_t *, struct packet_extent *);

/* The source address, with the destination right behind it: 4 bytes each, or 16. */
const uint8_t *packet_addresses(const struct packet *, const uint8_t *);

/**
 * packet_transport_end(p, data, caplen):
 * The offset behind the transport header: TCP by its data offset, UDP 8, ICMP 8 (nothing of a quoted packet), SCTP 12;
 * network_end for all others and for later fragments.  A data offset that is impossible, or was not captured, counts as
 * none: the fixed part ends the header.  At most ${p}->end.
 */
uint32_t packet_transport_end(const struct packet *, const uint8_t *, uint32_t);

/* Is this a tunnel by its protocol number or UDP port?  For counting what is not followed. */
int packet_is_tunnel(const struct packet *, const uint8_t *, uint32_t);

/* Is one of the two ports at the start of a UDP header that of a tunnel? */
int packet_ports_are_tunnel(const uint8_t *);

/* The ports by which that is told, one a place; 0: there is none in that place. */
#define PACKET_TUNNEL_PLACES 64
uint16_t packet_tunnel_port(size_t);

#endif
