#ifndef VERIFY_CASE_H
#define VERIFY_CASE_H

#include "tsp.h"

#include "verify_keys.h"
#include "verify_progress.h"
#include "verify_result.h"
#include "verify_walk.h"

/**
 * verify_cases(walk, keys, tsa_ca, progress, result):
 * Verify all that the walk found, a case after the other, each stream of it in the order of its days.
 * Return 0, whatever was found, or -1 with errno ENOMEM.
 */
int verify_cases(const struct verify_walk *, const struct verify_keys *, const struct tsp_ca *,
    struct verify_progress *, struct verify_result *);

#endif
