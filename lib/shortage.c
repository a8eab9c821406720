#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "shortage.h"

static atomic_int is_seen;
static _Thread_local unsigned long here;

void
shortage_note(void)
{
	is_seen = 1;
	here++;
	errno = ENOMEM;
}

void *
shortage_malloc(size_t n)
{
	void *p = malloc(n);

	if (p == NULL && n > 0)
		shortage_note();
	return p;
}

unsigned long
shortage_here(void)
{
	return here;
}

int
shortage_seen(void)
{
	return is_seen;
}
