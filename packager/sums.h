#ifndef SUMS_H
#define SUMS_H

#include "stream.h"

/**
 * sums_publish(s, dayfd, day, ledger, sha256):
 * Write SHA256SUMS of a day whose ledger is published: ledger, keyring, guide, notices and packages as they lie in the
 * folder, the packages with the hashes that they had when they were sealed; then its signature, which makes the day
 * complete for delivery.  What an earlier run has published stands.  Return 0, or -1 after one diag line.
 */
int sums_publish(struct stream *, int, stamp_t, const char *, const char *);

#endif
