#ifndef RECIPIENTS_H
#define RECIPIENTS_H

#include <stddef.h>

#include "age.h"
#include "conf.h"
#include "order.h"

/*
 * Encryption is a matter of the case: if a destination of its order has `encrypt_to`, all must have, and the recipients of
 * all are in one age file, with the order's escrow recipient if it names one.
 */

/**
 * recipients_of(conf, order, list, why, room):
 * Put into ${list}, each once, everybody to whom the packages of the order's case are encrypted.
 * Return how many, 0 for a case that is not encrypted, or -1 with the reason, which is for an operator, in ${why}.
 */
int recipients_of(
    const struct conf *, const struct order *, struct age_recipient[AGE_RECIPIENTS_MAX], char *, size_t);

#endif
