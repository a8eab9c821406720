#ifndef KEPT_INTERNAL_H
#define KEPT_INTERNAL_H

#include "json.h"

#include "kept.h"

/*
 * kept_file.c: what both files of journal/capture/bindings have in common: an object that ends with the hash of its text so
 * far, written now or by the version before.
 */
#define KEPT_DEPTH 4

/* Close the object with that hash.  Return 0, or -1 with errno ENOMEM. */
int kept_seal(struct json *, struct buf *);

/* Is it just what we would write?  What is not is not what we have written. */
int kept_is_same(const struct buf *, const char *, size_t);

/* Is it of that format? */
int kept_is_of(const struct json *, const char *);

/* Free what a text was parsed with, and return the third: -1, with errno EINVAL, for a text that is none of ours. */
int kept_finish(struct json *, struct buf *, int);

#endif
