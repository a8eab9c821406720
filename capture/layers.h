#ifndef LAYERS_H
#define LAYERS_H

#include <stdint.h>

#include "matcher.h"
#include "packet.h"

/*
 * The headers of a frame, outermost first, as far as they are the operator's own way of carrying the subject: stacked
 * VLAN tags, MPLS labels with the IP or Ethernet beneath, PPPoE sessions.
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
	uint8_t vlan_count; /* of layers.vlans, those that stand above this layer or, for Ethernet, belong to it */
	int32_t session; /* of the PPPoE header above (for Ethernet: right beneath), or -1 */
	struct packet packet; /* IP */
};

/*
 * When layers_walk has returned:
 * 1. at[i].at rises, every offset lies in the frame, and the addresses of every layer lie before caplen.
 * 2. link_end <= caplen, and no byte before it belongs to a network layer.
 * 3. kind is MATCHER_KINDS if and only if there is nothing to count.
 */
struct layers {
	const uint8_t *data;
	uint32_t caplen, len;
	uint32_t link_end; /* behind the last link header that was understood */
	enum matcher_kind kind;
	uint8_t count, vlan_count;
	int32_t session;
	uint16_t vlans[MATCHER_DEPTH_MAX];
	struct layer at[MATCHER_DEPTH_MAX];
};

/* Can layers_walk read frames of this link type? */
int layers_supports(uint32_t);

/**
 * layers_walk(l, linktype, data, caplen, len):
 * Find all layers of one frame.
 */
void layers_walk(struct layers *, uint32_t, const uint8_t *, uint32_t, uint32_t);

/* The IP layer that ${layer} is, or the next one beneath it; NULL if there is none. */
const struct layer *layers_ip(const struct layers *, const struct layer *);

#endif
