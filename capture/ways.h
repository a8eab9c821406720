#ifndef WAYS_H
#define WAYS_H

#include <stddef.h>

/*
 * A memory that is bounded in size and in work: values by key, in sets of a few ways.  Each key has two sets, and a new one
 * goes where there is more room, so that a memory is nearly full before two that are full meet; then what was not asked for
 * longest in both makes room.  Who floods it makes it forget.
 */
struct ways;

/**
 * ways_new(sets, ways, key, value):
 * Room for ${sets} times ${ways} values of ${value} bytes by keys of ${key} bytes, a multiple of 8 that is compared whole:
 * no padding.  Return NULL with errno set.
 */
struct ways *ways_new(size_t, size_t, size_t, size_t);
void ways_free(struct ways *);

/**
 * ways_find(w, key) / ways_make(w, key):
 * The value of that key, in place until the next ways_make(); where there is none, NULL / one that is made now.  What is
 * made starts as the bytes of the value that had to make room for it, all zero where none had to.
 */
void *ways_find(struct ways *, const void *);
void *ways_make(struct ways *, const void *);

/* Values by place, for looking at all of them; NULL where a place is free. */
void *ways_at(struct ways *, size_t);
size_t ways_room(const struct ways *);

#endif
