#ifndef PROOF_MAC_H
#define PROOF_MAC_H

#include <stddef.h>

#include "order.h"

/**
 * proof_judge_mac(order, s, n) / proof_is_own_mac(order, s, n):
 * Is the text of ${n} bytes a MAC, in any of its usual spellings?  Return 1 for one that the order names as the subject's,
 * -1 for another, 0 for a text that is none / is it the first?
 */
int proof_judge_mac(const struct order *, const char *, size_t);
int proof_is_own_mac(const struct order *, const char *, size_t);

#endif
