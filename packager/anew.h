#ifndef ANEW_H
#define ANEW_H

#include "packager.h"
#include "requests.h"

/**
 * anew_begin(p, case_id, e):
 * Begin the custody log of a case anew that was lost for good, as the request ${e} asks: what is left of it is set
 * aside, and the new one's first line says what is lost, why, and on whose word; it then takes from the journals all that
 * they still hold, from their beginnings on.  A request about another loss than the one that is there, or about none, is
 * refused, and spent.
 * Each step leaves what is true to whoever copies the case: approvals and request are kept, what is left is set aside, the
 * new log is put there, custody.head is made of it, the journal says so, and SHA256.request.done is put beside the request.
 * Until the new log is put there it counts as cut, and a run that was killed is finished by the next one.
 * Return 1 once the request is done with, 2 if it was refused: its approvals are not to be kept; 0 if it must wait; or -1
 * after one diag line, remembered.
 */
int anew_begin(struct packager *, const char *, const struct requests_entry *);

/**
 * anew_is_left(p, case_id, e):
 * Is the log lost of which ${e}, which is kept, says so, and was none begun on it yet?  Then the run that kept it was
 * killed.  Where one was begun, or that loss is not the one that is there, ${e} is marked as done with: it begins none
 * later.
 * Return 1, or 0, also after one diag line, remembered.
 */
int anew_is_left(struct packager *, const char *, const struct requests_entry *);

#endif
