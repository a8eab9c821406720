#ifndef PROOF_PLAN_H
#define PROOF_PLAN_H

#include <stddef.h>

#include "buf.h"
#include "order.h"

/* Is the text of ${n} bytes a MAC, in any of its usual spellings, that the order names as one of the subject's? */
int proof_is_own_mac(const struct order *, const char *, size_t);

/**
 * proof_plan_judge(order, address, text):
 * A plan is kept whole: may it be?  NULL, or why not, which names no address.  What could be the address or the MAC of
 * anyone else counts as one, however it is spelled, and so does a text in another encoding than UTF-8.  What is no text, as
 * a scanned page, is not read.
 */
const char *proof_plan_judge(const struct order *, const struct order_prefix *, const struct buf *);

#endif
