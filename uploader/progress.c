#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "stamp.h"

#include "progress.h"

#define EVERY (STAMP_SECOND / 5)

struct progress {
	int is_terminal;
	int is_shown;
	stamp_t drawn; /* boot time */
	uint64_t files, bytes;
};

struct progress *
progress_new(void)
{
	struct progress *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->is_terminal = isatty(STDERR_FILENO);
	p->drawn = stamp_boottime();
	return p;
}

void
progress_free(struct progress *p)
{
	if (p == NULL)
		return;
	progress_clear(p);
	free(p);
}

void
progress_begin(struct progress *p, const char *destination, const char *file, uint64_t bytes)
{
	stamp_t now = stamp_boottime();

	if (!p->is_terminal || now - p->drawn < EVERY)
		return;
	p->drawn = now;
	p->is_shown = 1;
	(void)fprintf(stderr, "\r\033[K%s: %llu files, %.1f MiB; now %s, %.1f MiB", destination,
	    (unsigned long long)p->files, (double)p->bytes / 1048576, file, (double)bytes / 1048576);
}

void
progress_done(struct progress *p, uint64_t bytes)
{
	p->files++;
	p->bytes += bytes;
}

void
progress_clear(struct progress *p)
{
	if (!p->is_shown)
		return;
	p->is_shown = 0;
	(void)fprintf(stderr, "\r\033[K");
}
