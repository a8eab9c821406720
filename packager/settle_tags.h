#ifndef SETTLE_TAGS_H
#define SETTLE_TAGS_H

#include "intent.h"
#include "stream.h"

/**
 * settle_tags(s, in, fd, name):
 * Settle the number of an intent whose package is encrypted and published as ${name}, in ${fd}: it cannot be opened, but
 * its hash is the one that the intent names, and its tag files were put into records/ before it was published.
 * Return 1, or -1 after one diag line.
 */
int settle_tags(struct stream *, const struct intent *, int, const char *);

#endif
