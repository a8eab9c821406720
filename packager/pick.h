#ifndef PICK_H
#define PICK_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "slice.h"
#include "spool.h"

/*
 * What the spool holds for the number that is to be sealed next.
 */
enum pick_kind {
	PICK_NONE,   /* nothing yet: not taken, or still being written */
	PICK_SLICE,  /* a closed slice that is what its record says as far as can be seen before it is hashed */
	PICK_GAP,    /* a gap record */
	PICK_SPOILT, /* what there is does not fit together: `why`; the record is parsed if `has_record` */
	PICK_FAILED  /* could not be read now; reported, errno set */
};

/* Reason and detail of the gap package of a spoilt number. */
#define PICK_QUARANTINED "quarantined"
#define PICK_LOST "lost-number"

struct pick {
	enum pick_kind kind;
	uint64_t seq;
	struct buf record; /* its bytes, without newline */
	struct slice_record slice;
	struct gap_record gap;
	int has_record; /* slice or gap was parsed and is this number's: head */
	const struct slice_head *head;
	int fd;      /* of the slice, else -1 */
	int rawfd;   /* of the .raw file, else -1 */
	int is_lost; /* spoilt because there is nothing at all */
	char why[60];
};

struct picker;

/**
 * picker_new(spool, lockdirfd, case_id, iap):
 * List the stream's folder.  ${lockdirfd} is journal/capture, or -1.  Return the picker, or NULL after one diag line.
 */
struct picker *picker_new(struct spool *, int, const char *, const char *);
void picker_free(struct picker *);

/**
 * picker_look(k, seq, pick):
 * Find out what there is for a number.  A part whose record is published, and which matches it, is finished by its
 * rename, unless capture may be about to do that itself.  Release with pick_clear.
 */
void picker_look(struct picker *, uint64_t, struct pick *);
void pick_clear(struct pick *);

/* The first window at or behind ${seq} that a record tells of; STAMP_NONE if there is none. */
stamp_t picker_next_from(struct picker *, uint64_t);

#endif
