#ifndef VERIFY_REPORT_H
#define VERIFY_REPORT_H

#include "buf.h"

#include "verify_result.h"

/* Append the report for people: the verdict, a table, what was found, the verdict.  Return 0, or -1 with errno ENOMEM. */
int verify_report(const struct verify_result *, struct buf *);

#endif
