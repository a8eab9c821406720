#ifndef HOLDERS_H
#define HOLDERS_H

#include "follow.h"

/*
 * An order that names an address outright is carried out for that address, whoever has it: the court has named it.  But
 * where the network's own servers give the address to a client other than before, or other than whom the order
 * names, a stranger may be intercepted, and that is to be told.  Of each client there is a hash, in memory alone, as is the
 * key that it is made with, which is drawn anew each time.
 */
struct holders;

/**
 * holders_are_told_of(order, iap):
 * Does ${order} name an address or prefix that one of the dhcp_servers or dhcp6_servers of ${iap} may give to anyone?
 * One that a VLAN or session narrows does not: elsewhere the same address may be another customer's, and a server's word
 * need not say where.
 */
int holders_are_told_of(const struct order *, const struct conf_iap *);

/* Is the message an acknowledgement, by one of those servers, that may give anything? */
int holders_is_word(const struct conf_iap *, const struct follow_message *, const struct follow_frame *);

/**
 * holders_new(order):
 * Know nobody yet who has one of the addresses or prefixes of ${order} (borrowed) by the word of the servers.
 * Return it, or NULL with errno set.
 */
struct holders *holders_new(const struct order *);
void holders_free(struct holders *);

/* Take a new revision of the order (borrowed): its subject is the same. */
void holders_change(struct holders *, const struct order *);

enum holders_turn {
	HOLDERS_NONE, /* nothing is to be told */
	HOLDERS_AWAY, /* it was given to anyone else than before: at most once a day, and once more where that was over */
	HOLDERS_BACK /* after that, and at most once a day: to whom it was before, or whom the order names */
};

/**
 * holders_show(h, message, frame, address):
 * Take one message that is such a word and no forgery.  Return what it says of an address or prefix of the order's, which
 * then goes to ${address}.  The end of what was told is told at once, and so is that it was no end; what comes after those
 * is told, if it lasts, when the day is over.
 */
enum holders_turn holders_show(
    struct holders *, const struct follow_message *, const struct follow_frame *, struct order_prefix *);

/* Is any address or prefix away still, of those of which that was told? */
int holders_are_away(const struct holders *);

/* By which method such a message gives. */
const char *holders_method(const struct follow_message *);

#endif
