#ifndef VERIFY_CERTIFICATE_H
#define VERIFY_CERTIFICATE_H

#include "keyring.h"
#include "order.h"

#include "verify_result.h"

/**
 * verify_certificate_put(sums, order, signers, count):
 * Add what 47 CFR 1.20004 wants certified to the case's sums, from one revision of its order and from those who approved
 * it.  Return 0, or -1 with errno ENOMEM.
 */
int verify_certificate_put(
    struct verify_case_sums *, const struct order *, const struct keyring_entry *const *, unsigned);

#endif
