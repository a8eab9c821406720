#ifndef VERIFY_CUSTODY_H
#define VERIFY_CUSTODY_H

#include "json.h"

#include "verify_result.h"

#define VERIFY_CUSTODY_LOG "custody.jsonl"

/**
 * verify_custody_event(entry, result):
 * Learn from an entry of a custody log, which is that of a station's records, what was held, released, attached, reset,
 * begun anew or acknowledged.  Return 0, or -1 with errno ENOMEM.
 */
int verify_custody_event(const struct json *, struct verify_result *);

#endif
