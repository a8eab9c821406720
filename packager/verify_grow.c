#include <stdlib.h>

#include "verify_grow.h"

void *
verify_grow(void *items, size_t count, size_t size)
{
	/* It is full whenever the count is a power of two. */
	if (count != 0 && (count & (count - 1)) != 0)
		return items;
	return reallocarray(items, count == 0 ? 1 : 2 * count, size);
}
