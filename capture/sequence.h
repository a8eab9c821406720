#ifndef SEQUENCE_H
#define SEQUENCE_H

#include <stdint.h>

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

struct sequences *sequences_new(void);
void sequences_free(struct sequences *);

/**
 * sequences_count(s, key, number, lost):
 * The stream's next number has come: add to ${lost}[${key}->tunnel] what is now known to be missing.
 */
void sequences_count(struct sequences *, const struct sequence_key *, uint32_t, uint64_t *);

/* Nothing more will come: what is missing now is lost. */
void sequences_settle(struct sequences *, uint64_t *);

#endif
