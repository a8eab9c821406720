#ifndef FOLLOW_H
#define FOLLOW_H

#include <stddef.h>
#include <stdint.h>

#include "access.h"
#include "conf.h"
#include "order.h"
#include "stamp.h"

#include "dhcp4.h"

/*
 * Which addresses does the subject of one order have now?  Learned from control traffic alone, and forgotten in doubt: an
 * address that is held too long records a stranger.
 *
 * An address becomes the subject's with the acknowledgement of one of the access point's dhcp_servers, sent to a client
 * that the order names, for an address of dhcp_pool.  It stays the subject's until the lease runs out, and no longer than
 * until one of these is seen: the client's release or decline, a refusal to it, an acknowledgement of another address for
 * it, one of this address for anyone else, or ARP that gives the address another MAC.
 *
 * Of others' messages nothing is kept.
 *
 * Whenever no follow_*() function is running:
 * 1. No two bindings have the same address, and each lies in the access point's pool.
 * 2. Each binding was begun, and is bounded, by a message of which the event's hash was told.
 */
#define FOLLOW_BINDINGS_MAX 32

struct follow;

struct follow_binding {
	uint8_t address[4];
	stamp_t from, until;  /* a frame stamped outside is not the subject's by this address; INT64_MAX: no end */
	uint8_t hardware[16]; /* the client's */
	uint8_t hardware_length;
	const char *method; /* by which it was given: dhcpv4 ... */
	int has_link;       /* it was seen on its own link: only frames from or to its MAC are its */
	uint32_t xid;       /* of the latest message that bounds it */
	stamp_t told;       /* when that was seen */
};

enum follow_kind {
	FOLLOW_BEGUN,
	FOLLOW_RENEWED,
	FOLLOW_ENDED,
	FOLLOW_NOTED /* only an event: no address is begun or ended by it */
};

struct follow_event {
	enum follow_kind kind;
	enum access_kind access; /* what it is among the access events */
	const char
	    *how; /* begun: assigned | established; renewed; ended, noted: why, "" if there is no more to say */
	const char *method;
	const struct follow_binding *binding; /* NULL: noted */
	stamp_t time;
	const char *sha256; /* of the frame; "" where a lease ran out */
	uint32_t xid;
};

typedef void follow_event_fn(void *, const struct follow_event *);

/* The frame that a message came in. */
struct follow_frame {
	stamp_t time;
	const char *sha256;
	const uint8_t *mac; /* its source; NULL where it has none */
	uint8_t source[4];  /* of the IP packet */
};

/**
 * follow_new(order, iap, since, event, cookie):
 * Know nothing yet of the subject of ${order} at ${iap} (borrowed), and learn from ${since} on.  With ${iap} NULL nothing
 * is ever learned.  Return it, or NULL with errno ENOMEM.
 */
struct follow *follow_new(const struct order *, const struct conf_iap *, stamp_t, follow_event_fn *, void *);
void follow_free(struct follow *);

/* Take a new revision of the order (borrowed): its subject is the same. */
void follow_change(struct follow *, const struct order *);

/* Can addresses be learned at ${iap}, of which ${interfaces} are read?  NULL, or why not. */
const char *follow_obstacle(const struct conf_iap *, size_t);

/**
 * follow_dhcp4(f, message, frame):
 * Take one message of DHCPv4.  Return 1 if it is to or from the subject, 0 if it is anyone else's.
 */
int follow_dhcp4(struct follow *, const struct dhcp4 *, const struct follow_frame *);

/* ARP in ${frame} says that the IPv4 address has the MAC. */
void follow_arp(struct follow *, const uint8_t[4], const uint8_t[6], const struct follow_frame *);

/* It is ${now}: end what has run out. */
void follow_expire(struct follow *, stamp_t);

/* The clock was stepped by so much: leases last as long as before. */
void follow_shift(struct follow *, stamp_t);

/* Have addresses come or gone since the last call? */
int follow_has_changed(struct follow *);

/* The next time at which a lease runs out, INT64_MAX without one. */
stamp_t follow_next(const struct follow *);

/* Why frames of the subject may be missed now, as the reason of a gap; NULL if it is known which addresses it has. */
const char *follow_blind(const struct follow *);

size_t follow_count(const struct follow *);
const struct follow_binding *follow_binding(const struct follow *, size_t);

/* Is an Ethernet frame of this age, found by the binding's address, the subject's? */
int follow_allows(const struct follow_binding *, stamp_t, const uint8_t *, uint32_t);

#endif
