#ifndef VERIFY_NOTICE_H
#define VERIFY_NOTICE_H

#include "verify_list.h"

/**
 * verify_notices(d):
 * Judge the anomaly notices of the day: whose word they are, and whether what they name is what was delivered.  Each one
 * that holds is told of.  Return 0, whatever was found, or -1 with errno ENOMEM.
 */
int verify_notices(struct verify_folder *);

#endif
