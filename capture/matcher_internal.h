#ifndef MATCHER_INTERNAL_H
#define MATCHER_INTERNAL_H

#include "fragments.h"
#include "layers.h"
#include "narrow.h"
#include "quick.h"
#include "subjects.h"
#include "tunnels.h"

#include "matcher.h"

/* How far into a packet with extension headers a filter can look. */
#define MATCHER_SCRATCH_BYTES 4096

/* What an order asks for besides an address: nothing, and it gets the frame whole / cut by its scope; 0: more than that. */
#define MATCHER_PLAIN_WHOLE 1
#define MATCHER_PLAIN_CUT 2

/*
 * Whenever no matcher_*() function is running:
 * 1. place[] is all zero.
 * 2. plain[i] is 0 where order i has a filter or qualifier; else an address is all it takes: MATCHER_PLAIN_...
 * 3. fragments is NULL if no order has a filter.
 * 4. tunnels and carried are both NULL or both not.
 * 5. fragments and carried are the memory's if there is one.
 * 6. is_doubted[i] is 1 for the orders in doubted, else 0.
 */
struct matcher_memory {
	struct fragments *fragments, *carried; /* NULL as long as no matcher had one */
};

struct matcher {
	const struct order **orders;
	struct narrow **filters; /* NULL where an order has none */
	uint32_t *place;         /* of each order in the matches of this frame, counting from 1 */
	uint8_t *plain;
	uint8_t *is_doubted;
	uint32_t *doubted; /* of the last frame with such: orders whose it perhaps is, and who do not have it */
	size_t doubted_count;
	uint64_t *names; /* by which an order is known to a memory */
	size_t count;
	struct subjects *subjects;
	struct fragments *fragments;   /* verdicts of filters */
	struct matcher_memory *memory; /* borrowed; NULL: none that lasts */
	struct tunnels *tunnels;       /* borrowed */
	struct fragments *carried;     /* by tunnels' packets */
	struct subjects_tables tables[SUBJECTS_FAMILIES];
	const struct subjects_table *v4, *v6; /* NULL where there are several */
	struct quick quick;
	uint32_t linktype;
	uint64_t kinds[MATCHER_KINDS];
	uint8_t scratch[MATCHER_SCRATCH_BYTES];
};

/**
 * matcher_judge(m, data, caplen, len, time, out):
 * matcher_frame() for a frame of any kind: every layer is looked at, whatever the cost.
 */
size_t matcher_judge(struct matcher *, const uint8_t *, uint32_t, uint32_t, stamp_t, struct match *);

enum matcher_answer {
	MATCHER_NO,
	MATCHER_YES,
	MATCHER_DOUBTFUL
};

/* Do the headers above the layer meet every kind of qualifier that the order has? */
enum matcher_answer matcher_qualify(const struct order *, const struct layers *, const struct layer *);

#endif
