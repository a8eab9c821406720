#ifndef WAYS_H
#define WAYS_H

#include <stddef.h>

/*
 * A memory that is bounded in size and in work: values by key, in sets of a few ways; when a set is full, what was not
 * asked for longest makes room.  Who floods it makes it forget.
 */
struct ways;

/**
 * ways_new(sets, key, value):
 * Room for ${sets} times four values of ${value} bytes by keys of ${key} bytes, a multiple of 8 that is compared whole: no
 * padding.  Return NULL with errno set.
 */
struct ways *ways_new(size_t, size_t, size_t);
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
