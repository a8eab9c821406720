#ifndef ANEW_H
#define ANEW_H

#include "packager.h"
#include "requests.h"

/**
 * anew_begin(p, case_id, e):
 * Begin the custody log of a case anew that was lost for good, as the request ${e} asks: what is left of it is set
 * aside, and the new one's first line says what is lost, why, and on whose word; it then takes from the journals all that
 * they still hold, from their beginnings on.  A request about another loss than the one that is there, or about none, is
 * refused, and spent.  A run that was killed anywhere is finished by the next one; until custody.head tells of the new log
 * it counts as cut.
 * Return 1 once the request is done with, 2 if it was refused: its approvals are not to be kept; 0 if it must wait; or -1
 * after one diag line, remembered.
 */
int anew_begin(struct packager *, const char *, const struct requests_entry *);

#endif
