#ifndef BINDINGS_H
#define BINDINGS_H

#include "ordermemory.h"

#include "packager.h"

/*
 * The addresses that an approver gave by hand (casetap-binding(5)) on their way into the evidence: what lies in requests/
 * as CASE.HASH.binding is copied to records/CASE/orders/HASH.binding, with the approver's signature, and from there goes
 * into the next package of each stream as an order does.
 */

/*
 * Copy what is new for every case that capture accepted.  What no approver has signed is capture's to refuse, and is not
 * copied; what goes wrong is reported and remembered, and the case is held back in this run.
 */
void bindings_collect(struct packager *, const struct ordermemory *);

/**
 * bindings_collect_stream(p, case_id, iap):
 * The same once more of what capture followed for one case at one access point: to be called when it is settled which
 * slices are to be sealed, for capture keeps each word before it follows it.  Return 0, or -1 if the case has to wait.
 */
int bindings_collect_stream(struct packager *, const char *, const char *);

#endif
