#ifndef VERIFY_PACKAGE_H
#define VERIFY_PACKAGE_H

#include "package.h"

#include "verify_day.h"

/**
 * verify_package(run, dirfd, name, where, approvals, facts, sha256):
 * Check the package ${name} in the folder ${dirfd}, called ${where}, in itself, say what is wrong with it, and hand one
 * that is intact to the run's stream, cover and orders (${approvals} as verify_orders_package has it).  ${sha256},
 * unless NULL, gets the hash of the file, "" if it could not be read through.  Release ${facts} with package_facts_clear.
 * Return 1 if intact, 0 if not, or -1 with errno ENOMEM.
 */
int verify_package(
    struct verify_run *, int, const char *, const char *, unsigned, struct package_facts *, char[DIGEST_HEX]);

/**
 * verify_package_take(run, facts, label, where, approvals):
 * Hand an intact package, called ${label} in the folder ${where}, to the run's stream, cover and orders.
 * Return 1, or -1 with errno ENOMEM.
 */
int verify_package_take(struct verify_run *, const struct package_facts *, const char *, const char *, unsigned);

#endif
