#ifndef TABLE_LOOK_H
#define TABLE_LOOK_H

#include "layers.h"

#include "table_internal.h"

/* A frame by which addresses may be given or taken. */
struct look {
	struct layers layers;
	const struct layer *layer; /* the innermost outside of tunnels */
	enum follow_message_kind kind;
	struct follow_frame frame;
	struct follow_hash hash;
	const uint8_t *payload; /* of UDP, or behind the type of PPPoE, as far as it was captured */
	uint32_t payload_length;
	uint16_t session; /* within which it stands */
	int is_discovery, is_ndp;
	int is_cut; /* there is more of the message than the payload */
};

/* Find the message that the frame holds: into ${k}, zero but for frame.time and hash.  Return 1, or 0 if it holds none. */
int table_look(const struct table *, struct look *, const uint8_t *, uint32_t, uint32_t);

#endif
