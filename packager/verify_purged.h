#ifndef VERIFY_PURGED_H
#define VERIFY_PURGED_H

#include "names.h"

#include "verify_list.h"

/*
 * A day whose payload was purged (casetap-purge(5)): a signed certificate stands where the packages stood, and what stays
 * of each of them vouches for its number.
 */

/* Load the day's certificate, if there is one, and judge it.  Return 0, whatever was found, or -1 with errno ENOMEM. */
int verify_purged_load(struct verify_folder *);
void verify_purged_clear(struct verify_folder *);

/* Does a good certificate say that the package ${name}, which the list gives this hash, was purged? */
int verify_purged_has(const struct verify_folder *, const char *, const char *);

/**
 * verify_purged_package(d, name, facts):
 * Judge what stays of that package, and hand it to the run's stream, cover and orders as if it were the package.
 * Return 1 if it does, with ${facts}, which the caller clears in any case; 0 if something is wrong with it, which was said;
 * or -1 with errno ENOMEM.
 */
int verify_purged_package(struct verify_folder *, const char *, struct package_facts *);

/* Say what was purged, at the end.  Return 0, or -1 with errno ENOMEM. */
int verify_purged_tell(struct verify_folder *);

/* Is it a file that belongs to a purge, and so is looked at here? */
int verify_purged_is_file(const struct verify_folder *, const char *);

#endif
