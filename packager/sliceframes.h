#ifndef SLICEFRAMES_H
#define SLICEFRAMES_H

#include <stdint.h>

#include "stamp.h"

/*
 * The frames of a slice, one after the other: headers are what is wanted, so of each at most the first SLICEFRAMES_HEAD
 * bytes are handed out.  Memory does not depend on the slice.
 */
#define SLICEFRAMES_HEAD 2048

struct sliceframes_frame {
	stamp_t time;
	const uint8_t *data;
	uint32_t caplen, len; /* caplen: of what is handed out */
	uint32_t linktype;
};

/**
 * sliceframes_each(fd, each, cookie, unread):
 * Call each(cookie, frame) for the frames of the savefile up to its end, or to the first record that is none; ${unread}
 * gets how many bytes lie behind that.  Stops at the first return that is not 0.
 * Return 0, what each() returned, or -1 with errno set.
 */
int sliceframes_each(int, int (*)(void *, const struct sliceframes_frame *), void *, uint64_t *);

#endif
