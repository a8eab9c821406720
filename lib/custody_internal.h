#ifndef CUSTODY_INTERNAL_H
#define CUSTODY_INTERNAL_H

#include <sys/types.h>

#include "custody.h"

/*
 * What lib/custody.c (the log) shares with lib/custody_head.c (how far it was checked).
 */
#define CUSTODY_FILE "custody.jsonl"
#define CUSTODY_HEAD_FILE "custody.head"

struct custody_source {
	char *name;
	uint64_t last;
};

/*
 * Whenever no custody_*() function is running:
 * 1. The file's first `end` bytes are `lines` whole lines, each naming the hash of the one before; head is the last's.
 * 2. sources[] holds each source that occurs, with the highest journal number taken from it.
 */
struct custody {
	int fd;
	int dirfd; /* of a log that is written: where its head is remembered; -1 */
	off_t end;
	uint64_t lines;
	char head[DIGEST_HEX];
	struct custody_source *sources;
	size_t source_count;
};

/* Raise the highest number taken from a source.  Return 0, or -1 with errno ENOMEM. */
int custody_note_source(struct custody *, const char *, uint64_t);

/**
 * custody_read_to(c, bytes):
 * Take up the lines of the log in c->fd, of which nothing was taken up yet, that end within its first ${bytes} bytes.
 * Return 0, or -1 with errno set.
 */
int custody_read_to(struct custody *, off_t);

/**
 * custody_recall(c, dirfd) / custody_remember(c):
 * Take up what is remembered of the log, if its first bytes are still the same / replace it.  What does not fit the log is
 * forgotten: it is then read from its start.
 * Return 0, or -1 with errno set.
 */
int custody_recall(struct custody *, int);
int custody_remember(const struct custody *);

#endif
