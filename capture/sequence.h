#ifndef SEQUENCE_H
#define SEQUENCE_H

#include <stdint.h>

#include "stamp.h"

/*
 * The sequence numbers of the streams that come through tunnels: which are missing.  Reordering within a window and
 * duplicates cost nothing; a sender that starts anew is believed when two numbers follow each other.  Bounded: about
 * SEQUENCES_ROOM streams, one that was silent longest making room.  What of that one is missing until it comes again nobody
 * knows: it is told where it was silent for less than SEQUENCES_SILENT.
 */
#define SEQUENCES_ROOM 4096
#define SEQUENCES_SILENT (600 * STAMP_SECOND)

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
	uint64_t *sums;   /* by tunnel */
	uint64_t fresh;   /* of all tunnels, since somebody set it to 0 */
	stamp_t since;    /* none of the fresh ones was lost before; INT64_MAX while there are none */
	uint64_t put_out; /* streams that had to make room and were not silent, since somebody set it to 0 */
	stamp_t unknown,
	    latest; /* when the first of them was seen last, INT64_MAX for none; when the last made room */
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
