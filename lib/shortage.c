#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "diag.h"

#include "shortage.h"

static atomic_int is_seen, came_after_error;
static _Thread_local unsigned long here;

void
shortage_note(void)
{
	if (diag_has_error() && !is_seen)
		came_after_error = 1;
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

int
shortage_came_after_error(void)
{
	return came_after_error;
}
