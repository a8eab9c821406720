#ifndef ORDER_INTERNAL_H
#define ORDER_INTERNAL_H

#include <stddef.h>

#include "inifile.h"
#include "order.h"

/*
 * order_parse.c reads an order's text, order_subject.c its [subject]; order.c judges and names.
 */
extern const char *const order_authority_words[];
extern const char *const order_scope_words[];

/**
 * order_subject_read(ini, section, order):
 * Read section number ${section} into the order: sorted, each identifier once.
 * Return 0, or -1 with errno set after one diag line that names no identifier.
 */
int order_subject_read(const struct inifile *, size_t, struct order *);

#endif
