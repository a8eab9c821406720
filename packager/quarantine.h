#ifndef QUARANTINE_H
#define QUARANTINE_H

#include "pick.h"
#include "slice.h"
#include "stream.h"

/**
 * quarantine_gap(s, pick, gap):
 * Make the gap record that takes the place of a spoilt number.  The window is that of its record where it can be read,
 * else what lies between its neighbours; the detail names the hash of the record that was there, if any.
 * Return 0, or -1 with errno set.
 */
int quarantine_gap(struct stream *, const struct pick *, struct gap_record *);

/**
 * quarantine_files(s, seq, why):
 * Move every file of the number to quarantine/CASE/IAP/ and journal it.  What an earlier, killed run has moved stays
 * moved.  Return 0, or -1 after one diag line.
 */
int quarantine_files(struct stream *, uint64_t, const char *);

#endif
