#ifndef VERIFY_REVOKED_H
#define VERIFY_REVOKED_H

#include "keyring.h"

#include "verify_result.h"

#define VERIFY_REVOKED "revoked"

/**
 * verify_revoked_at(case_id, text, minisig, keyring, result):
 * When did this revocation end the case, if an approver signed it?  ${minisig} may be NULL.
 * Return the time, or STAMP_NONE after saying what is wrong with it.
 */
stamp_t verify_revoked_at(
    const char *, const struct buf *, const struct buf *, const struct keyring *, struct verify_result *);

#endif
