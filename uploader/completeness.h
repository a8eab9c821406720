#ifndef COMPLETENESS_H
#define COMPLETENESS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "ledger.h"
#include "manifest.h"

/*
 * Is a closed day delivered whole?  The ledger says which numbers there are, SHA256SUMS which bytes, the receipts what
 * has arrived.
 */

/* Is there a receipt for ${file} with this hash?  1, 0, or -1 (reported). */
typedef int completeness_delivered_fn(void *, const char *, const char *);

/**
 * completeness_check(ledger, sums, after, delivered, cookie, missing, holes):
 * Name in ${missing} everything of the day without a receipt: numbers as ranges ("5, 7-9"), other files by name; and
 * what does not fit together: numbers between ${after}, the last one of the days before (0 where the stream starts here,
 * UINT64_MAX where that is not known), and the first of this ledger; packages that the ledger does not know.
 * ${holes} gets how many things are wrong; no loop is as long as a number in a file says.
 * Return 0, or -1 when delivered() did, or with errno ENOMEM.
 */
int completeness_check(const struct ledger *, const struct manifest *, uint64_t, completeness_delivered_fn *, void *,
    struct buf *, uint64_t *);

#endif
