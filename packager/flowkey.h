#ifndef FLOWKEY_H
#define FLOWKEY_H

#include <stdint.h>

#include "access.h"
#include "order.h"

#include "sliceframes.h"

/*
 * What a summary says of one frame: the addresses of its outermost IP header behind VLAN tags, MPLS labels and PPPoE.
 */
enum flowkey_direction {
	FLOWKEY_UNKNOWN,
	FLOWKEY_FROM, /* the subject */
	FLOWKEY_TO
};

/* Two of one flow have the same bytes. */
struct flowkey {
	uint8_t src[16], dst[16]; /* IPv4 in the first four */
	uint16_t sport, dport;
	uint8_t version; /* 4 or 6; 0: no IP */
	uint8_t proto;
	uint8_t has_ports; /* and the scope allows them */
	uint8_t direction;
};

/* Whom the order is about, and what of a frame may be told. */
struct flowkey_terms {
	const struct order *order;
	const struct access_list *access; /* the addresses that a subject that moves had */
};

void flowkey_read(const struct flowkey_terms *, const struct sliceframes_frame *, struct flowkey *);

/* "from-subject" ... */
const char *flowkey_direction_text(unsigned);

#endif
