#ifndef CUSTODY_INTERNAL_H
#define CUSTODY_INTERNAL_H

#include <sys/types.h>

#include "custody.h"

/*
 * What lib/custody.c (the log) shares with lib/custody_head.c (how far it was checked), lib/custody_begun.c (a log that has
 * not its line 1), lib/custody_left.c (what is left of one) and lib/custody_told.c (what is told of it elsewhere).
 */
#define CUSTODY_FILE "custody.jsonl"
#define CUSTODY_HEAD_FILE "custody.head"

struct custody_source {
	char *name;
	uint64_t last;
};

/*
 * Whenever no custody_*() function is running:
 * 1. The file's first `end` bytes are whole lines, up to number `lines`, each naming the hash of the one before; head is
 *    the last's.  The first is number begun.lines + 1.
 * 2. sources[] holds each source that occurs, with the highest journal number taken from it.
 */
struct custody {
	int fd;
	int dirfd; /* of a log that is written: where its head is remembered; -1 */
	off_t end;
	off_t
	    opened; /* `end` as it was found: what is behind it was appended since, and is synced only with the rest */
	uint64_t lines;
	char head[DIGEST_HEX];
	struct custody_begun begun;
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

/* Is it by what it is that a file of ours tells nothing (an errno)?  Else it may tell another time. */
int custody_is_none(int);

/**
 * custody_told(c, known):
 * Raise ${known} to what the state of each stream and the heads that were signed tell of the log of the case.
 * Return 0, or -1 with errno set.
 */
int custody_told(const struct custody_case *, struct custody_known *);

/**
 * custody_rest(dirfd, known):
 * The last line up to which the chain of the log in the folder holds, no lines if not even its first one is.  Return 0, or
 * -1 with errno set.
 */
int custody_rest(int, struct custody_known *);

/* Does this line say that the log begins with it, and behind which?  1, with what it says, or 0. */
int custody_begun_parse(const struct json *, struct custody_begun *);

/* What the first line of a log says.  Return 1, 0 if it is line 1 or none, or -1 with errno set. */
int custody_begun_read(int, struct custody_begun *);

/* Is the request beside the log on which it was begun?  1, 0, or -1 with errno set. */
int custody_begun_was_asked(int, const struct custody_begun *);

/**
 * custody_recall(c, dirfd) / custody_remember(c):
 * Take up what is remembered of the log, if its first bytes are still the same / replace it.  What does not fit the log is
 * forgotten: it is then read from its start.
 * Return 0, or -1 with errno set.
 */
int custody_recall(struct custody *, int);
int custody_remember(const struct custody *);

#endif
