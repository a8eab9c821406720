#ifndef FOLLOW_CLIENT4_H
#define FOLLOW_CLIENT4_H

#include "follow_internal.h"

/* Clients of DHCPv4: which messages are the subject's, where a client is, and what it has asked. */

/*
 * follow_client4.c: is that one of the servers, or relays, that are believed / which of the order's identities does a
 * message name, a bit each / does it name another line, or another client, than any of the order's?  Those of option 82
 * tell a line only together: of each kind that the order has one must be there.  Who may not be trusted with it names none.
 */
int follow_dhcp4_is_ours(const struct conf_iap *, const uint8_t[4]);
uint64_t follow_dhcp4_named(const struct order *, const struct dhcp4 *, int);
unsigned follow_dhcp4_others(const struct order *, const struct dhcp4 *, int);

/* Where does a message put its client, with what it was asked by, or NULL / are the two one place, with one client? */
enum follow_spots {
	FOLLOW_SPOTS_SAME,
	FOLLOW_SPOTS_OTHER,
	FOLLOW_SPOTS_UNSURE
};
struct follow_spot follow_spot_of(const struct dhcp4 *, const struct follow_pending *, const struct follow_frame *);
enum follow_spots follow_spot_compare(const struct follow_spot *, const struct follow_spot *);

/*
 * The question under its number and hardware address, if it was asked lately, or NULL / note that it was asked, or asked
 * again: in whose name, as follow_dhcp4_named() and follow_dhcp4_others() have it; the oldest makes room / is it the
 * client's own MAC that sends the message, on this link?
 */
struct follow_pending *follow_asked4(struct follow *, const struct dhcp4 *, stamp_t);
void follow_ask4(struct follow *, const struct dhcp4 *, uint64_t, unsigned, const struct follow_frame *);
int follow_is_local4(const struct dhcp4 *, const struct follow_frame *);

#endif
