#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

/*
 * One line on a terminal that says how far a long delivery is; nothing where standard error is no terminal.
 */
struct progress;

struct progress *progress_new(void); /* NULL with errno ENOMEM */
void progress_free(struct progress *);

/* A file is about to go out / has arrived.  The line is drawn at most five times a second. */
void progress_begin(struct progress *, const char *, const char *, uint64_t);
void progress_done(struct progress *, uint64_t);

/* Take the line away, before anything else is printed. */
void progress_clear(struct progress *);

#endif
