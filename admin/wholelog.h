#ifndef WHOLELOG_H
#define WHOLELOG_H

#include "custody.h"

/**
 * wholelog_check(c, path):
 * Has the custody log of the case all that it had once?  Its chain alone does not tell: what was cut off at its end, or all
 * of it, leaves none that is broken.  A signed head of it that does not count is said, and no more than that.
 * Return EX_OK, or an exit code after one diag line about ${path}.
 */
int wholelog_check(const struct custody_case *, const char *);

#endif
