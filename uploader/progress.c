#include <sys/ioctl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stamp.h"

#include "progress.h"

#define MIB 1048576.0
#define RATE_SECONDS 5
#define LINE_ROOM 1024
#define COLUMNS_DEFAULT 80

struct progress {
	int is_terminal;
	int is_drawn;
	uint64_t files, wait_files, wait_bytes;
	char now[512]; /* the last file that was begun */
	/* The rate, over the last seconds. */
	stamp_t since; /* boot time */
	uint64_t since_sent;
	double rate;
};

struct progress *
progress_new(void)
{
	struct progress *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->is_terminal = isatty(STDERR_FILENO);
	p->since = stamp_boottime();
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

int
progress_is_shown(const struct progress *p)
{
	return p->is_terminal;
}

void
progress_expect(struct progress *p, uint64_t files, uint64_t bytes)
{
	p->wait_files += files;
	p->wait_bytes += bytes;
}

void
progress_begin(struct progress *p, const char *destination, const char *file)
{
	if (p->is_terminal)
		(void)snprintf(p->now, sizeof p->now, "%s %s", destination, file); /* cut: it is for people */
}

void
progress_done(struct progress *p)
{
	p->files++;
}

static void
update_rate(struct progress *p, uint64_t sent)
{
	stamp_t now = stamp_boottime(), passed = now - p->since;

	if (passed < STAMP_SECOND)
		return;
	p->rate = (double)(sent - p->since_sent) * (double)STAMP_SECOND / (double)passed;
	if (passed >= RATE_SECONDS * STAMP_SECOND) {
		p->since = now;
		p->since_sent = sent;
	}
}

void
progress_draw(struct progress *p, uint64_t sent)
{
	struct winsize size;
	char line[LINE_ROOM];
	size_t columns = COLUMNS_DEFAULT, n;
	uint64_t files = p->wait_files > p->files ? p->wait_files - p->files : 0;

	if (!p->is_terminal || p->now[0] == '\0')
		return;
	update_rate(p, sent);
	(void)snprintf(line, sizeof line, "%llu files, %.1f MiB, %.1f MiB/s; %llu wait, %.1f MiB; %s",
	    (unsigned long long)p->files, (double)sent / MIB, p->rate / MIB, (unsigned long long)files,
	    (double)(p->wait_bytes > sent ? p->wait_bytes - sent : 0) / MIB, p->now); /* cut: it is for people */
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
		columns = size.ws_col;
	n = strlen(line);
	/* A line that wraps can not be taken away again. */
	(void)fprintf(stderr, "\r\033[K%.*s", (int)(n < columns ? n : columns - 1), line);
	p->is_drawn = 1;
}

void
progress_clear(struct progress *p)
{
	if (!p->is_drawn)
		return;
	p->is_drawn = 0;
	(void)fprintf(stderr, "\r\033[K");
}
