#ifndef OWED_H
#define OWED_H

#include "plan.h"

/**
 * owed_by_now(streamfd, r, day, keyring):
 * Must the stream's ${day} be closed by now?  Every day is due from the first package on up to a final ledger, whether its
 * folder is there or not, at 03:00 UTC of the day after.
 * Return 1, 0, or -1 with errno set.
 */
int owed_by_now(int, const struct route *, stamp_t, const struct keyring *);

#endif
