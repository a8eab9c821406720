#ifndef VERIFY_JSON_H
#define VERIFY_JSON_H

#include "buf.h"

#include "verify_result.h"

/* Append the report for programs, casetap-report/1 as casetap-verify(1) has it.  Return 0, or -1 with errno ENOMEM. */
int verify_json(const struct verify_result *, struct buf *);

#endif
