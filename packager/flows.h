#ifndef FLOWS_H
#define FLOWS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "stamp.h"

#include "flowkey.h"

/*
 * The flows of one slice, in the order in which their first frames came.
 *
 * 1. Every frame that was added is counted in exactly one flow, or among those beyond the bound.
 * 2. A frame is beyond the bound if its flow was not known and there was no room for another.
 */
#define FLOWS_MAX 32768

struct flows;

struct flow {
	struct flowkey key;
	uint64_t frames, bytes; /* bytes: on the wire */
	stamp_t first, last;
};

/* Room for so many.  NULL with errno ENOMEM. */
struct flows *flows_new(size_t);
void flows_free(struct flows *);

void flows_add(struct flows *, const struct flowkey *, stamp_t, uint32_t);

size_t flows_count(const struct flows *);
const struct flow *flows_at(const struct flows *, size_t);

/* The sum of what is beyond the bound; its key says nothing. */
const struct flow *flows_beyond(const struct flows *);

#endif
