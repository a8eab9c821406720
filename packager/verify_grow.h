#ifndef VERIFY_GROW_H
#define VERIFY_GROW_H

#include <stddef.h>

/**
 * verify_grow(items, count, size):
 * Make room for one more of ${size} bytes behind the ${count} items that this has made room for, one by one: the room
 * doubles.  ${items} is NULL while there are none.
 * Return the items, which may have moved, or NULL with errno ENOMEM: they then stay where they were.
 */
void *verify_grow(void *, size_t, size_t);

#endif
