#ifndef RECOVER_PART_H
#define RECOVER_PART_H

#include "savefile.h"
#include "slice.h"

/**
 * recover_mend(dirfd, part, draft, scan):
 * Bring the part of ${draft}, in the folder ${dirfd} and open as ${part}, to its longest valid prefix, and say in ${scan}
 * what it then holds: whole records, but for a last one that the disk may not have all of.  Where it is cut, what it was
 * is kept beside it first (.raw).  The part itself is not synced.
 * Return 0, or -1 with errno set.
 */
int recover_mend(int, int, const struct slice_record *, struct savefile_scan *);

#endif
