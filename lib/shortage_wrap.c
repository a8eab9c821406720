#include <string.h>

#include "shortage.h"

/*
 * In the place of the C library's, by the linker's --wrap, for all that is linked to casetap_noted.  What other libraries
 * and the C library itself allocate does not come by here.
 */
void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__real_reallocarray(void *, size_t, size_t);
char *__real_strdup(const char *);
char *__real_strndup(const char *, size_t);

void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void *__wrap_reallocarray(void *, size_t, size_t);
char *__wrap_strdup(const char *);
char *__wrap_strndup(const char *, size_t);

static void *
noted(void *p, int is_due)
{
	if (p == NULL && is_due)
		shortage_note();
	return p;
}

void *
__wrap_malloc(size_t n)
{
	return noted(__real_malloc(n), n > 0);
}

void *
__wrap_calloc(size_t count, size_t n)
{
	return noted(__real_calloc(count, n), count > 0 && n > 0);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return noted(__real_realloc(p, n), n > 0);
}

void *
__wrap_reallocarray(void *p, size_t count, size_t n)
{
	return noted(__real_reallocarray(p, count, n), count > 0 && n > 0);
}

char *
__wrap_strdup(const char *s)
{
	return noted(__real_strdup(s), 1);
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return noted(__real_strndup(s, n), 1);
}
