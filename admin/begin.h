#ifndef BEGIN_H
#define BEGIN_H

#include "site.h"

/**
 * begin_ask(site, case_id, reason, key):
 * Ask that the custody log of the case, which was lost for good, be begun anew (casetap-request(5)): for the lines that are
 * known to be lost, and no others.  With ${key} one approver signs at once.
 * Return EX_OK, or an exit code after one diag line: EX_NOINPUT where nothing is lost, EX_CONFIG where nothing tells how
 * much is.
 */
int begin_ask(const struct site *, const char *, const char *, const char *);

#endif
