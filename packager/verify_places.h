#ifndef VERIFY_PLACES_H
#define VERIFY_PLACES_H

#include "verify_walk.h"

/* The list of what the walk found; sorting and releasing it stand in verify_walk.h. */

/**
 * verify_places_add(w, place, folder, label, name):
 * Add a place, with copies of its ${folder}, ${label} and, unless NULL, ${name}; of ${place} the rest counts.
 * Return 0, or -1 with errno ENOMEM.
 */
int verify_places_add(struct verify_walk *, const struct verify_place *, const char *, const char *, const char *);

/* Add a folder of a station's records, once.  Return as above. */
int verify_places_add_records(struct verify_walk *, const char *, const char *, const char *);

/* Release what a place owns. */
void verify_places_clear(struct verify_place *);

#endif
