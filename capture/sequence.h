#ifndef SEQUENCE_H
#define SEQUENCE_H

#include <stdint.h>

#include "stamp.h"

/*
 * The sequence numbers of the streams that come through tunnels: which are missing.  Reordering within a window and
 * duplicates cost nothing; a sender that starts anew is believed when two numbers follow each other.  Bounded: a few
 * hundred streams, the one that was silent longest making room.
 */
struct sequences;

/* Hashed and compared as bytes: to be zeroed first. */
struct sequence_key {
	uint8_t addresses[32]; /* source, destination */
	uint32_t tunnel;       /* whose losses these are */
	uint32_t kinds, stream;
	uint8_t version, zero[3];
};

/* Where losses are added up. */
struct sequence_losses {
	uint64_t *sums; /* by tunnel */
	uint64_t fresh; /* of all tunnels, since somebody set it to 0 */
	stamp_t since;  /* none of the fresh ones was lost before; INT64_MAX while there are none */
};

struct sequences *sequences_new(void);
void sequences_free(struct sequences *);

/**
 * sequences_count(s, key, number, time, losses):
 * The stream's next number has come, in a frame of that time stamp: add what is now known to be missing.
 */
void sequences_count(struct sequences *, const struct sequence_key *, uint32_t, stamp_t, struct sequence_losses *);

/* Nothing more will come: what is missing now is lost. */
void sequences_settle(struct sequences *, struct sequence_losses *);

#endif
