#ifndef BOUND_H
#define BOUND_H

#include "site.h"

/**
 * bound_remove(site, case_id):
 * Remove from requests/ the bindings of a case whose order is over (casetap-binding(5)), as far as the case's records have
 * them to the byte, with their signatures.  What may still be followed, or is nowhere else, stays.
 * Return EX_OK, also where there is none, or an exit code after one diag line.
 */
int bound_remove(struct site *, const char *);

#endif
