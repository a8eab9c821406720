#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

/*
 * One line on a terminal that says how far a long delivery is; nothing where standard error is no terminal.
 */
struct progress;

struct progress *progress_new(void); /* NULL with errno ENOMEM */
void progress_free(struct progress *);

/* Is there a terminal that it is shown on? */
int progress_is_shown(const struct progress *);

/* So many files and bytes wait, beside those that were counted before. */
void progress_expect(struct progress *, uint64_t, uint64_t);

/* A file is about to go to a destination / has arrived. */
void progress_begin(struct progress *, const char *, const char *);
void progress_done(struct progress *);

/* Draw the line; ${sent} bytes have left in all. */
void progress_draw(struct progress *, uint64_t);

/* Take the line away, before anything else is printed. */
void progress_clear(struct progress *);

#endif
