#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digest.h"

/*
 * hash_bench MEGABYTES: what does SHA-256 cost, as the writer does it: block by block of 64 KiB, none of them in the cache?
 * Prints ns a byte, which is how the hash is counted apart from the rest of a thread's time.
 */
#define BLOCK ((size_t)64 * 1024)

static double
cpu(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == -1)
		err(1, "clock");
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int
main(int argc, char **argv)
{
	size_t bytes = (argc > 1 ? strtoul(argv[1], NULL, 10) : 256) << 20, i;
	struct digest *d = digest_new();
	uint8_t *data = malloc(bytes);
	uint8_t out[DIGEST_BYTES];
	double begin;

	if (d == NULL || data == NULL || bytes == 0)
		errx(1, "out of memory");
	memset(data, 7, bytes);
	begin = cpu();
	for (i = 0; i < bytes; i += BLOCK)
		digest_add(d, data + i, BLOCK);
	digest_take(d, out);
	printf("%.4f\n", (cpu() - begin) / (double)bytes);
	digest_free(d);
	free(data);
	return 0;
}
