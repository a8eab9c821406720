#ifndef OUTBOX_H
#define OUTBOX_H

#include "conf.h"
#include "stamp.h"

/*
 * outbox/CASE/IAP/DAY/: what the packager publishes and the uploader and casetap-verify read.  A day whose folder holds
 * SHA256SUMS.minisig is closed; its ledger was published before that.  Files whose name starts with "." are not yet
 * published and nobody else's business.
 */

/* Call each(cookie, day) for every day folder of a stream folder ${dirfd}, rising. */
int outbox_each_day(int, int (*)(void *, stamp_t), void *);

/* Call each(cookie, name) for every published file of a day folder, in byte order but SHA256SUMS, then
 * SHA256SUMS.minisig, last: the order of delivery. */
int outbox_each_file(int, int (*)(void *, const char *), void *);

/*
 * Is the file one that a destination gets which asks for packages, for each day as one file, or for both?  The one file
 * itself lies nowhere, and is due where its sum and signature are.
 */
int outbox_is_for(enum conf_deliver, const char *);

#endif
