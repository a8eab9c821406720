#ifndef HEADS_SOUGHT_H
#define HEADS_SOUGHT_H

#include <stdint.h>

#include "digest.h"

#include "packager.h"

/*
 * journal/packager/CASE_custody-MONTH.head.sought: of a signature whose head is missing, how much of the custody log it was
 * held against in vain.  It can be removed at any time: what it spares is done again.
 */
struct heads_sought {
	uint64_t lines; /* 0: nothing yet */
	char head[DIGEST_HEX];
};

/**
 * heads_sought_load(p, case_id, name, minisig, s) / heads_sought_save(p, case_id, name, minisig, s):
 * Load or remember how far this signature, ${minisig}, of the head ${name} was sought.
 * Return 1, 0 if nothing is remembered of it (no lines), or -1 with errno set / 0, or -1 with errno set.
 */
int heads_sought_load(const struct packager *, const char *, const char *, const struct buf *, struct heads_sought *);
int heads_sought_save(
    const struct packager *, const char *, const char *, const struct buf *, const struct heads_sought *);

#endif
