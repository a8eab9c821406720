#ifndef ORDER_INTERNAL_H
#define ORDER_INTERNAL_H

#include <stddef.h>

#include "inifile.h"
#include "order.h"
#include "settings.h"

/*
 * order_parse.c reads an order's text, order_subject.c its [subject], order_address.c the addresses that stand there,
 * order_identity.c what of it follows a subject; order.c judges and names.
 */
extern const char *const order_authority_words[];
extern const char *const order_scope_words[];
extern const char *const order_summary_words[];

/**
 * order_subject_read(ini, section, order):
 * Read section number ${section} into the order: sorted, each identifier once.
 * Return 0, or -1 with errno set after one diag line that names no identifier.
 */
int order_subject_read(const struct inifile *, size_t, struct order *);

#define ORDER_IPV4_BITS 32
#define ORDER_IPV6_BITS 128

/* Parse ADDRESS or ADDRESS/BITS of that family; the text is cut at the slash.  Return NULL, or what is wrong. */
const char *order_prefix_parse(char *, uint8_t, struct order_prefix *);

/* Is a prefix, or a part of it, nobody's in particular (multicast, loopback ...)?  Return NULL, or what it is. */
const char *order_prefix_judge(const struct order_prefix *);

/* Is it too short to be one subject's?  Return NULL, or that. */
const char *order_prefix_judge_length(const struct order_prefix *);

/* Is it, or a part of it, of one link alone?  On the next the same address is another's. */
int order_prefix_is_link_local(const struct order_prefix *);

/* Parse xx:xx:xx:xx:xx:xx.  Return NULL, or what is wrong. */
const char *order_mac_parse(const char *, uint8_t[6]);

/* The setter of the keys that name an identity; key->min is its kind. */
settings_set_fn order_identity_set;

/* Sort the identities, each once.  Return NULL, or what is wrong with them as a whole. */
const char *order_identities_settle(struct order *);

/* The key of a kind / append an identity as it is written in an order, the key before it. */
const char *order_identity_word(unsigned);
void order_identity_text(const struct order_identity *, struct buf *);

#endif
