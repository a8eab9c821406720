#ifndef VERIFY_LINES_H
#define VERIFY_LINES_H

#include "keyring.h"

#include "verify_orders.h"

/**
 * verify_lines_settle(sums, orders, keyring, whole, result):
 * Write the three lines of each binding of the case (casetap-verify(1)), and judge those that were given by hand: the file
 * that their evidence names must be in the packages, an approver's, of that address and of no other time.
 * Return 0, or -1 with errno ENOMEM.
 */
int verify_lines_settle(
    struct verify_case_sums *, const struct verify_orders *, const struct keyring *, int, struct verify_result *);

#endif
