#ifndef LAYERS_H
#define LAYERS_H

#include <stdint.h>

#include "matcher.h"
#include "packet.h"
#include "tunnels.h"

/*
 * The headers of a frame, outermost first, as far as they are the operator's own way of carrying the subject: stacked
 * VLAN tags, MPLS labels with the IP or Ethernet beneath, PPPoE sessions, and what tunnels between end points that are
 * configured as the operator's own carry.  A tunnel's tags and sessions are not those of what it carries.
 */
enum layer_type {
	LAYER_ETHERNET, /* destination and source MAC at `at`; from a cooked header the source alone */
	LAYER_ARP,
	LAYER_IP
};

struct layer {
	uint32_t at; /* of the header's first byte; Ethernet: of the addresses */
	uint8_t type;
	uint8_t address_count; /* Ethernet: 2, or 1 from a cooked header */
	uint8_t vlan_first,
	    vlan_count;      /* of layers.vlans, those above this layer or, for Ethernet, belonging to it */
	uint8_t stack_first; /* from there on they are those of one Ethernet header: its own, or the next above */
	uint8_t tag;         /* enum decap_tag: what the first of these is, if a tunnel's header gave it; else NONE */
	int32_t session;     /* of the PPPoE header above (for Ethernet: right beneath), or -1 */
	uint32_t start, end; /* of the frame to be stored if the subject is found here: [0, len), or one inside */
	struct packet packet; /* IP */
};

/* Tunnels' packets that were fragmented on their way: what the later fragments carry is known from the first alone. */
enum layers_fragment {
	LAYERS_WHOLE,
	LAYERS_FIRST,       /* what was found beneath at[tunnel] ends early */
	LAYERS_LATER,       /* at[tunnel], the last layer, carries more of it */
	LAYERS_NOT_FOLLOWED /* the first fragment, at[tunnel], of a packet that no tunnel was found in */
};

/* A cooked header is a layer before the first step. */
#define LAYERS_MAX (MATCHER_DEPTH_MAX + 1)

#define LAYERS_UNREAD_TAG UINT16_MAX /* among the VLAN IDs: cut, or of a type that is not followed */

/*
 * When layers_walk has returned:
 * 1. at[i].at rises, every offset lies in the frame, and the addresses of every layer lie before caplen.
 * 2. link_end <= caplen, and no byte before it belongs to a network layer but those of followed tunnels.
 * 3. kind is MATCHER_KINDS if and only if there is nothing to count.
 */
struct layers {
	const uint8_t *data;
	uint32_t caplen, len;
	uint32_t link_end; /* behind the last link header that was understood, those of followed tunnels among them */
	enum matcher_kind kind;
	uint8_t count, vlan_count;
	uint8_t fragment, tunnel; /* enum layers_fragment, of the outermost tunnel that is one; its layer */
	int32_t session;
	uint16_t vlans[MATCHER_DEPTH_MAX];
	struct layer at[LAYERS_MAX];
};

/* Can layers_walk read frames of this link type? */
int layers_supports(uint32_t);

/**
 * layers_walk(l, linktype, data, caplen, len) / layers_follow(l, tunnels, linktype, data, caplen, len):
 * Find all layers of one frame; no tunnel is followed / those in ${tunnels} are (NULL: none), and their sequence numbers
 * counted.
 */
void layers_walk(struct layers *, uint32_t, const uint8_t *, uint32_t, uint32_t);
void layers_follow(struct layers *, struct tunnels *, uint32_t, const uint8_t *, uint32_t, uint32_t);

/* The IP layer that ${layer} is, or the next one beneath it; NULL if there is none. */
const struct layer *layers_ip(const struct layers *, const struct layer *);

#endif
