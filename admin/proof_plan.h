#ifndef PROOF_PLAN_H
#define PROOF_PLAN_H

#include "buf.h"
#include "order.h"

/**
 * proof_plan_judge(order, address, text):
 * A plan is kept whole: may it be?  NULL, or why not, which names no address.  What could be the address or the MAC of
 * anyone else counts as one, however it is spelled, and so does a text in another encoding than UTF-8.  What is no text, as
 * a scanned page, is not read.
 */
const char *proof_plan_judge(const struct order *, const struct order_prefix *, const struct buf *);

#endif
