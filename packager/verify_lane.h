#ifndef VERIFY_LANE_H
#define VERIFY_LANE_H

#include <stddef.h>
#include <stdint.h>

#include "package.h"
#include "stamp.h"

/*
 * What one stream's packages say of each piece of time, for a picture of it: captured or not, and what is to be known of
 * the capture.  Pieces of one kind that touch are one piece.
 */
enum verify_piece_kind {
	PIECE_CAPTURED,
	PIECE_GAP,
	PIECE_LOSS, /* declared: `count` frames of the case's own, or loss on the shared path that is possible (0) */
	PIECE_RECOVERED, /* a slice that was recovered, or is suspect */
	PIECE_LATE       /* `count` frames that came after their slice was closed */
};

struct verify_piece {
	enum verify_piece_kind kind;
	stamp_t from, to;
	uint64_t count;
	char reason[SLICE_REASON_ROOM];
};

struct verify_lane {
	struct verify_piece *pieces; /* after verify_lane_settle: by kind, then by time */
	size_t count, room;
};

/* Add what a proven package says.  Return 0, or -1 with errno ENOMEM. */
int verify_lane_package(struct verify_lane *, const struct package_facts *);

/* Sort, and join what touches. */
void verify_lane_settle(struct verify_lane *);
void verify_lane_free(struct verify_lane *);

#endif
