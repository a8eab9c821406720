#ifndef BODY_H
#define BODY_H

#include <stddef.h>

#include "digest.h"

/*
 * The bytes of one file while they are sent, from wherever they come: they can be read again as often as a connection asks
 * for it.
 */
struct body {
	/* Up to the end, as many as there is room for.  The number, or -1 with errno set (EBADMSG: not what was sealed). */
	long (*read)(void *, void *, size_t);
	/* Go on from there.  0, or -1 with errno set. */
	int (*seek)(void *, uint64_t);
	void *cookie;
	const int *fd; /* unless NULL, all of it is this open file, whose blocks may be shared */
};

/**
 * body_hash(b, offset, bytes, digest):
 * Add ${bytes} bytes from ${offset} on to ${digest}; what is read next follows them.
 * Return 0, or -1 with errno set: as read() has it, or ENODATA for a body that is shorter.
 */
int body_hash(const struct body *, uint64_t, uint64_t, struct digest *);

/* The whole of an open file, whose descriptor is borrowed by reference. */
void body_of_fd(struct body *, int *);

#endif
