#ifndef VERIFY_ROWS_H
#define VERIFY_ROWS_H

#include "package.h"

#include "verify_list.h"

/*
 * The ledger of a day while it is verified, and its rows: what is said there of each package.
 */

/* Load the day's ledger and judge what it says of itself.  Return 0, whatever was found, or -1 with errno ENOMEM. */
int verify_rows_load(struct verify_folder *);

/* The row of that number, or NULL. */
const struct ledger_row *verify_rows_find(const struct verify_folder *, uint64_t);

/* A package that can not vouch for itself: what its row says still ties the chain together.  Return 0, or -1 (ENOMEM). */
int verify_rows_unproven(struct verify_folder *, uint64_t);

/* Hold an intact package, called ${name}, against its row. */
void verify_rows_judge(struct verify_folder *, const char *, const struct package_facts *);

/* Say which rows have no package.  Return 0, or -1 with errno ENOMEM. */
int verify_rows_check(struct verify_folder *);

#endif
