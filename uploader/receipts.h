#ifndef RECEIPTS_H
#define RECEIPTS_H

#include <stddef.h>

#include "receipt.h"

/*
 * The receipts of one stream at one destination: receipts/CASE/IAP/FILE.DEST.receipt, a chain (casetap-receipt(5)).
 *
 * Whenever no receipts_*() function is running:
 * 1. A receipt that is there was published whole and is never written again.
 * 2. Numbers run from 1; each receipt names the hash of the one before.
 */
struct receipts;

/**
 * receipts_open(statefd, case_id, iap, destination):
 * Open the folder, making it if missing.  Return it, or NULL after one diag line.
 */
struct receipts *receipts_open(int, const char *, const char *, const char *);
void receipts_close(struct receipts *);

/* The folder, for what lies there beside the receipts; borrowed. */
int receipts_dirfd(const struct receipts *);

/* Is there a receipt for ${file} of ${day}?  1, 0, or -1 after one diag line. */
int receipts_has(struct receipts *, const char *, stamp_t);

/**
 * receipts_get(r, file, day, out):
 * Load that receipt and check that it is what its name says (FAULTS 109: one of another file under this name).
 * Return 1, 0 if there is none, or -1 after one diag line, with errno EBADMSG for one that is damaged or not its own.
 */
int receipts_get(struct receipts *, const char *, stamp_t, struct receipt *);

/**
 * receipts_get_last(r, file, day, out):
 * The same for the last receipt of a file: one that came to lie there as another version, or at another url, has several.
 */
int receipts_get_last(struct receipts *, const char *, stamp_t, struct receipt *);

/* As receipts_has, but one that is damaged or another file's counts for nothing; nothing is said of it. */
int receipts_has_own(struct receipts *, const char *, stamp_t);

/**
 * receipts_find(dirfd, want, out):
 * Load from a folder of receipts that of ${want}'s file and day at its destination, the first one or that of its `again`,
 * and see that it is of its case, access point, day, file and destination.  Nothing is said.
 * Return 1, 0 if there is none, or -1 with errno set, EBADMSG for one that is damaged, ESTALE for one of something else.
 */
int receipts_find(int, const struct receipt *, struct receipt *);

/**
 * receipts_check(dirfd, destination, shown):
 * Read every receipt for ${destination} in the folder that is ${shown}: is each what its name says, and do they make one
 * chain from number 1?  Return 1, 0 after a line that says what is wrong, or -1 after one diag line.
 */
int receipts_check(int, const char *, const char *);

/**
 * receipts_put(r, receipt):
 * Publish the next receipt of the chain, under the name that receipt_name_of() has: fills number and prev.
 * Return 0, or -1 after one diag line.
 */
int receipts_put(struct receipts *, struct receipt *);

#endif
