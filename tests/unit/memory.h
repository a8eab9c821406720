#ifndef MEMORY_H
#define MEMORY_H

#include <string.h>

/*
 * Bytes in memory, for what reads by a function.
 */
struct memory {
	const char *data;
	size_t left;
};

static inline long
memory_read(void *cookie, void *data, size_t room)
{
	struct memory *m = cookie;
	size_t n = m->left < room ? m->left : room;

	memcpy(data, m->data, n);
	m->data += n;
	m->left -= n;
	return (long)n;
}

#endif
