#include <inttypes.h>
#include <stdio.h>

#include "verify_progress.h"

#define EVERY (STAMP_SECOND / 5)
#define MEBI (UINT64_C(1) << 20)
#define RETURN "\r\033[K"

void
verify_progress_start(struct verify_progress *p, int is_terminal, uint64_t of)
{
	p->is_shown = 0;
	p->packages = p->bytes = 0;
	p->is_on = is_terminal;
	p->of = of;
	p->started = p->last = stamp_boottime();
}

void
verify_progress_show(struct verify_progress *p)
{
	stamp_t now;

	if (!p->is_on)
		return;
	now = stamp_boottime();
	if (now - p->started < STAMP_SECOND || now - p->last < EVERY)
		return;
	p->last = now;
	p->is_shown = 1;
	/* A line that can not be shown is no loss. */
	(void)fprintf(stderr, RETURN "%" PRIu64 " of %" PRIu64 " packages, %" PRIu64 " MiB", (uint64_t)p->packages,
	    p->of, (uint64_t)p->bytes / MEBI);
	(void)fflush(stderr);
}

void
verify_progress_bytes(struct verify_progress *p, uint64_t n)
{
	p->bytes += n;
}

void
verify_progress_package(struct verify_progress *p)
{
	p->packages++;
}

void
verify_progress_end(struct verify_progress *p)
{
	if (!p->is_shown)
		return;
	(void)fputs(RETURN, stderr); /* as above */
	(void)fflush(stderr);
	p->is_shown = 0;
}
