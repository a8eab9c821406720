#ifndef HOLDERS_H
#define HOLDERS_H

#include "follow.h"

/*
 * An order that names an address outright is carried out for that address, whoever has it: the court has named it.  But
 * where the network's own servers give the address to a client other than before, or other than the MAC that the order
 * names, a stranger may be intercepted, and that is to be told.  Of each client there is a hash, in memory alone, as is the
 * key that it is made with, which is drawn anew each time.
 */
struct holders;

/**
 * holders_new(order, iap):
 * Know nobody yet who has one of the addresses or prefixes of ${order} by the word of the DHCP and DHCPv6 servers
 * of ${iap} (both borrowed).  Return it, or NULL with errno set.
 */
struct holders *holders_new(const struct order *, const struct conf_iap *);
void holders_free(struct holders *);

/* Take a new revision of the order (borrowed): its subject is the same. */
void holders_change(struct holders *, const struct order *);

/**
 * holders_show(h, message, frame, address):
 * Take one message that is no forgery.  Return NULL, or by which method an address or prefix of the order's, which goes to
 * ${address}, was given to anyone else than before: at most once a day.
 */
const char *holders_show(
    struct holders *, const struct follow_message *, const struct follow_frame *, struct order_prefix *);

#endif
