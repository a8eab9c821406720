#ifndef FOLLOWED_H
#define FOLLOWED_H

#include "require.h"

#include "follow_internal.h"

/*
 * The input of a harness that follows a subject: messages, each behind two bytes of length and one of which the upper five
 * bits are the seconds that pass before it; the others are the harness's own.
 */
#define FOLLOWED_HEADER 3

/* Show it the messages one by one, check it after each, and free it. */
static inline int
followed_read(struct follow *f, const uint8_t *data, size_t n, stamp_t time,
    void (*show)(struct follow *, const uint8_t *, size_t, unsigned, stamp_t), void (*check)(struct follow *))
{
	size_t length;

	require(f != NULL);
	while (n >= FOLLOWED_HEADER) {
		length = (size_t)data[0] << 8 | data[1];
		length = length < n - FOLLOWED_HEADER ? length : n - FOLLOWED_HEADER;
		time += (stamp_t)(data[2] >> 3) * STAMP_SECOND;
		follow_expire(f, time);
		show(f, data + FOLLOWED_HEADER, length, data[2], time);
		check(f);
		data += FOLLOWED_HEADER + length;
		n -= FOLLOWED_HEADER + length;
	}
	follow_free(f);
	return 0;
}

#endif
