#ifndef VERIFY_AHEAD_H
#define VERIFY_AHEAD_H

#include <stdint.h>

#include "verify_package.h"

/*
 * Packages checked ahead of the one that judges them: as many at a time as there are cores, taken in the order in which
 * they were named, so that what is said does not depend on which was done first.  Memory is bounded: no more than two
 * a thread are done and not yet taken.  Without threads each is checked when it is taken.
 */
struct verify_ahead;

/* How many threads are of use for so many packages on this machine. */
unsigned verify_ahead_threads(uint64_t);

/* With at most that many threads; ${progress} is counted up and shown.  NULL with errno ENOMEM. */
struct verify_ahead *verify_ahead_new(unsigned, struct verify_progress *);
void verify_ahead_free(struct verify_ahead *);

/**
 * verify_ahead_begin(a, dir, keys) / verify_ahead_name(a, name) / verify_ahead_take(a) / verify_ahead_end(a):
 * Begin with a day's files; name a package in it, whose name must outlive that (0, or -1 with errno ENOMEM); take the
 * next one that was named, valid until the next is taken; be done with the day, whatever was not taken.
 */
void verify_ahead_begin(struct verify_ahead *, const struct verify_dir *, const struct verify_keys *);
int verify_ahead_name(struct verify_ahead *, const char *);
const struct verify_checked *verify_ahead_take(struct verify_ahead *);
void verify_ahead_end(struct verify_ahead *);

#endif
