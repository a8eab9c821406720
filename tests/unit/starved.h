#ifndef STARVED_H
#define STARVED_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * Memory that runs out once, at each allocation of an act in turn: those of our own code, which the linker gives to these
 * (see CMakeLists.txt), and those of JSON values.  Whatever comes after it has memory again, so that an act which overlooks
 * the one failure ends well, and is found out.
 */
static long starved_left = -1; /* allocations until the one that fails; -1: none does */
static int starved_struck;

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void *__real_reallocarray(void *, size_t, size_t);
void *__wrap_reallocarray(void *, size_t, size_t);

static int
starved_strikes(void)
{
	if (starved_left == -1 || starved_left-- > 0)
		return 0;
	starved_struck = 1;
	errno = ENOMEM;
	return 1;
}

void *
__wrap_malloc(size_t n)
{
	return starved_strikes() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t each)
{
	return starved_strikes() ? NULL : __real_calloc(n, each);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return starved_strikes() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t each)
{
	return starved_strikes() ? NULL : __real_reallocarray(p, n, each);
}

/*
 * Do it with each of its allocations failing, until it needs no more: it has to fail each time (-1), and to succeed (0) in
 * the end.  Return how many there are.
 */
static inline long
starved_each(int (*act)(void *), void *cookie)
{
	long at;
	int rc;

	for (at = 0;; at++) {
		starved_left = at;
		starved_struck = 0;
		rc = act(cookie);
		starved_left = -1;
		if (!starved_struck) {
			assert_int_equal(rc, 0);
			return at;
		}
		if (rc != -1)
			fail_msg("allocation %ld failed and nobody noticed", at);
	}
}

#endif
