#ifndef ORDERS_H
#define ORDERS_H

#include <stddef.h>

#include "age.h"

#include "packager.h"
#include "sealed.h"

/*
 * The order files of a case on their way into the record: what capture accepted is copied from the orders folder to
 * records/CASE/orders once, and its text never changed there; each stream's next package holds what its packages do not
 * hold yet.  A file that was encrypted after it was copied takes the place of the copy in the clear: it is the same order.
 */

/*
 * Copy what is new for every case that capture accepted.  What goes wrong is reported and remembered; a case whose orders
 * can not be read or kept for now is held back in this run (packager_hold_back): no package goes without its order.
 */
void orders_collect(struct packager *);

/* Open records/CASE/orders below records/CASE.  Return the descriptor, or -1 with errno set. */
int orders_open(int);

/**
 * orders_new(casefd, key, sealed, list, count):
 * The order files in records/CASE/orders that no package of the stream holds, in byte order of names, at most as many as
 * a package may have; ${key} opens those that are encrypted, whose hash is of their text.  The caller frees ${list}.
 * Return 0, or -1 with errno set.
 */
int orders_new(int, const struct age_identities *, const struct sealed *, struct sealed_order **, size_t *);

#endif
