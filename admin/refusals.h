#ifndef REFUSALS_H
#define REFUSALS_H

#include "site.h"

/**
 * refusals_each(site, each, cookie):
 * Call each(cookie, destination, scope, why) for all that the uploader holds back because it was refused or can not go as
 * it is: its own words in journal/uploader/DESTINATION.blocked, which may hold what a server answered and are not fit for a
 * terminal.  ${scope} is CASE, CASE/IAP/DAY/FILE, or "" for the whole destination.  What this user may not read is passed
 * over.
 * Return 0, or -1 after one diag line.
 */
int refusals_each(const struct site *, void (*)(void *, const char *, const char *, const char *), void *);

#endif
