#include <stdlib.h>
#include <string.h>

#include <dlfcn.h>

/*
 * Only in a build for coverage: a child that leaves by _exit() writes down what it reached, as exit() does.  A fault that was
 * preloaded (tests/faults) must be over by then: without memory libgcov ends by a signal, and nothing is written.
 */
void __gcov_dump(void);
void __real__exit(int) __attribute__((noreturn));
void __wrap__exit(int) __attribute__((noreturn));

static void
end_faults(void)
{
	void *found = dlsym(RTLD_DEFAULT, "faults_rest");
	void (*rest)(void) = 0;

	memcpy(&rest, &found, sizeof(rest));
	if (rest != 0)
		rest();
}

/* What is registered by the program itself is called before libgcov writes; what a preloaded library does, after it. */
__attribute__((constructor)) static void
begin(void)
{
	if (atexit(end_faults) != 0)
		abort();
}

void
__wrap__exit(int status)
{
	end_faults();
	__gcov_dump();
	__real__exit(status);
}
