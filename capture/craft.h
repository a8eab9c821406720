#ifndef CRAFT_H
#define CRAFT_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

/*
 * Frames made by hand for the self-test, from the inside out: each call puts one more header before what is there.
 * Whatever is made here says of itself that it is no traffic of the subject: MAC addresses that are nobody's, a time to
 * live of 1, and CRAFT_TEXT in what is carried.
 */
#define CRAFT_ROOM 512
#define CRAFT_TEXT "casetap self-test, not the subject's traffic: "
#define CRAFT_ETHERNET 0x6558 /* craft.type where a frame starts, as GRE says it */

/* Locally administered, of no maker: the destination and the source of a frame that is no subject's by its MACs. */
#define CRAFT_MAC_PREFIX UINT32_C(0x02ca5e7a)
static const uint8_t craft_mac_to[6] = {0x02, 0xca, 0x5e, 0x7a, 0x90, 0x01};
static const uint8_t craft_mac_from[6] = {0x02, 0xca, 0x5e, 0x7a, 0x90, 0x02};

struct craft {
	uint8_t data[CRAFT_ROOM];
	uint32_t at;   /* what there is starts here and goes to the end */
	uint16_t type; /* the Ethernet type that leads to it */
};

/**
 * craft_begin(c, nonce, n, number):
 * Start anew with the text, ${n} bytes (at most 16) of ${nonce} and ${number} in network byte order: they are looked for
 * when the frame comes back.
 */
void craft_begin(struct craft *, const uint8_t *, size_t, uint32_t);
const uint8_t *craft_data(const struct craft *);
uint32_t craft_length(const struct craft *);

/* UDP between two ports, without a checksum / IPv4 or IPv6 of a protocol between two addresses of one family. */
void craft_udp(struct craft *, uint16_t, uint16_t);
void craft_ip(struct craft *, const struct conf_address *, const struct conf_address *, uint8_t);

/* A request for the IPv4 address ${to} by ${from}, before the text as what fills the frame up. */
void craft_arp(struct craft *, const uint8_t *, const uint8_t *);

/* A tag with an id, of the Ethernet type given / one MPLS label / a PPPoE session with IPv4 or IPv6. */
void craft_vlan(struct craft *, uint16_t, uint16_t);
void craft_label(struct craft *, uint32_t);
void craft_pppoe(struct craft *, uint16_t);

/* Destination and source. */
void craft_ethernet(struct craft *, const uint8_t *, const uint8_t *);

/* craft_tunnel.c */

/* Does a tunnel of this kind carry Ethernet frames / IP packets without a frame? */
int craft_carries_ethernet(enum conf_tunnel_kind);
int craft_carries_ip(enum conf_tunnel_kind);

/**
 * craft_tunnel(c, kind, from, to, port):
 * Put what is there, of a sort that the kind carries, into a tunnel between two addresses of one family.
 */
void craft_tunnel(
    struct craft *, enum conf_tunnel_kind, const struct conf_address *, const struct conf_address *, uint16_t);

#endif
