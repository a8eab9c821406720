#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#include "nic.h"

/*
 * What came in, and what came and was not taken in: for want of room, as too long for the interface as it is set (a mirror
 * port's tags may make it so), or as damaged on the way to us.  Of overruns drivers count the one kind or the other, or the
 * same in both.  rx_dropped is not among them: on many drivers it is what the kernel had no use for after the packet
 * sockets had seen it.
 */
enum counter {
	RECEIVED,
	MISSED,
	LENGTH,
	CRC,
	ALIGNMENT,
	FIFO,
	OVER,
	COUNTERS
};

static const char *const names[] = {"rx_packets", "rx_missed_errors", "rx_length_errors", "rx_crc_errors",
    "rx_frame_errors", "rx_fifo_errors", "rx_over_errors"};

struct nic {
	stamp_t late;
	int fds[COUNTERS];
	uint64_t last[COUNTERS], sums[COUNTERS];
};

static int
read_counter(const struct nic *n, enum counter which, uint64_t *out)
{
	char text[32];
	ssize_t got = pread(n->fds[which], text, sizeof(text) - 1, 0);

	if (got <= 1)
		return -1;
	text[text[got - 1] == '\n' ? got - 1 : got] = '\0';
	return text_u64(text, 0, UINT64_MAX, out);
}

/* Is it a card, or made of others that may be (a bond)?  What can not be told is taken for one. */
static int
is_card(const char *interface)
{
	const struct dirent *entry;
	char path[64];
	int is_one = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s", interface); /* as below */
	dir = opendir(path);
	if (dir == NULL)
		return 1;
	while (!is_one && (entry = readdir(dir)) != NULL)
		is_one = strcmp(entry->d_name, "device") == 0 || strncmp(entry->d_name, "lower_", 6) == 0;
	(void)closedir(dir); /* only read from */
	return is_one;
}

struct nic *
nic_open(const char *interface)
{
	struct nic *n = calloc(1, sizeof(*n));
	char path[128];
	int i, bad = 0;

	if (n == NULL)
		return NULL;
	for (i = 0; i < COUNTERS; i++) {
		/* An interface's name has at most 15 characters and no slash. */
		(void)snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", interface, names[i]);
		n->fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		bad |= n->fds[i] == -1;
	}
	n->late = is_card(interface) ? NIC_LATE : 0;
	if (!bad)
		return n;
	nic_close(n);
	return NULL;
}

stamp_t
nic_late(const struct nic *n)
{
	return n == NULL ? 0 : n->late;
}

void
nic_close(struct nic *n)
{
	int i;

	if (n == NULL)
		return;
	for (i = 0; i < COUNTERS; i++) {
		if (n->fds[i] != -1)
			(void)close(n->fds[i]); /* only read from */
	}
	free(n);
}

/* Add to each sum what its counter has risen by.  A driver that was reset counts from zero again. */
static void
look(struct nic *n)
{
	uint64_t now;
	int i;

	for (i = 0; i < COUNTERS; i++) {
		if (read_counter(n, (enum counter)i, &now) == -1)
			continue; /* the interface is gone: so is its counter */
		n->sums[i] += now < n->last[i] ? now : now - n->last[i];
		n->last[i] = now;
	}
}

void
nic_begin(struct nic *n)
{
	if (n == NULL)
		return;
	look(n);
	memset(n->sums, 0, sizeof(n->sums));
}

void
nic_count(struct nic *n, uint64_t *received, uint64_t *missed)
{
	const uint64_t *s;

	if (n == NULL)
		return;
	look(n);
	s = n->sums;
	*received = s[RECEIVED];
	*missed = s[MISSED] + s[LENGTH] + s[CRC] + s[ALIGNMENT] + (s[FIFO] > s[OVER] ? s[FIFO] : s[OVER]);
}
