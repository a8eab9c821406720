#ifndef VERIFY_CUSTODY_H
#define VERIFY_CUSTODY_H

#include "verify_result.h"

#define VERIFY_CUSTODY_LOG "custody.jsonl"

/**
 * verify_custody(dirfd, label, result):
 * Check the chain of the custody log in the folder, which is that of a station's records, and learn from it what was held,
 * released and attached.
 * Return 0, whatever was found, or -1 with errno ENOMEM.
 */
int verify_custody(int, const char *, struct verify_result *);

#endif
