#ifndef FOLLOW_H
#define FOLLOW_H

#include <stddef.h>
#include <stdint.h>

#include "access.h"
#include "conf.h"
#include "order.h"
#include "stamp.h"

#include "dhcp4.h"
#include "dhcp6.h"
#include "given.h"
#include "kept.h"
#include "ndp.h"
#include "pppoe.h"
#include "radius.h"

/*
 * Which addresses does the subject of one order have now?  Learned from control traffic alone, and forgotten in doubt: an
 * address that is held too long records a stranger.
 *
 * An address becomes the subject's with the acknowledgement of one of the access point's dhcp_servers, sent to a client
 * that the order names, for an address of dhcp_pool.  It stays the subject's until the lease runs out, and no longer than
 * until one of these is seen: the client's release or decline, a refusal to it, an acknowledgement of another address for
 * it in the same place, any for it at another line, one of this address for anyone else, or ARP that gives the address
 * another MAC.  A word that proves nothing ends it too, but then, until the lease would have run out or the next
 * acknowledgement, it is not known what the subject has.
 *
 * By DHCPv6 it is the same with addresses and prefixes of dhcp6_pool, dhcp6_servers and Neighbor Discovery, but that what a
 * reply does not name stays as it is.
 *
 * By Neighbor Discovery addresses of slaac_pool become the subject's as its MAC asks whether anyone has them, or speaks of
 * them as its own.  They stay its until nothing was heard of them for slaac_silence, or the lifetime of their prefix is
 * over, and no longer than until another MAC asks or speaks so.  On its own link only frames from or to its MAC are its;
 * a frame between two of ipv6_routers is by its address alone, if it asked for that and had it for a second undisputed, or
 * if the address is made from its MAC: of any other address its word alone does not say that no one else has it.
 *
 * By RADIUS addresses and networks of radius_pool become the subject's with an acceptance of its request, or with an
 * accounting request that starts or goes on with a session of it, between the access point's clients and servers.  They
 * stay its until the session's time-out, or until nothing was heard of the session for radius_silence, and no longer than
 * until one of these is seen: the session's stop, its client's start anew, another address for it in the same family, or
 * the address in another's acceptance or session; a session that was disputed is not believed any more.
 *
 * By PPPoE it is not an address that becomes the subject's but a session: from the word of one of the access point's
 * pppoe_concentrators that the name is let in, until the session ends, another is let in by it, or nothing of PPP's control
 * was seen of it for pppoe_silence.  Its frames are those of that number between those two MACs under the same VLAN tags.
 *
 * What an approver has given with a proof is the subject's for the time that it names, and no longer than until an
 * acknowledgement, an acceptance or a session says that it is anyone else's.
 *
 * Of others' messages nothing is kept, but under which number a MAC that has a binding has asked as another's client.
 *
 * Whenever no follow_*() function is running:
 * 1. No two bindings of one source overlap, and each lies in the access point's pool.
 * 2. Each binding was begun, and is bounded, by a message of which the event's hash was told; one of a host's own addresses
 *    by one that came at most half a silence after it, too.
 */
#define FOLLOW_BINDINGS_MAX 32

struct follow;

enum follow_source {
	FOLLOW_DHCP4,
	FOLLOW_RADIUS,
	FOLLOW_PPPOE,
	FOLLOW_GIVEN, /* by an approver, with a proof */
	FOLLOW_DHCP6,
	FOLLOW_SLAAC,
	FOLLOW_SOURCES
};

#define FOLLOW_VLANS_MAX 3

/* One PPPoE session: no two frames of different ones have all of it in common. */
struct follow_line {
	uint8_t client[6], concentrator[6];
	uint16_t session, vlan_count, vlans[FOLLOW_VLANS_MAX];
};

/* What a DHCPv6 client has as one of its own: its DUID, and the kind and number of the association. */
struct follow_lease {
	uint8_t kind, duid_length;
	uint8_t duid[DHCP6_DUID_MAX];
	uint32_t iaid;
};

#define FOLLOW_CLIENT_ID_MAX 255

/* Where a DHCPv4 client is, as far as it was seen: two leases of one MAC in different places are both its. */
struct follow_spot {
	int is_known;
	uint8_t relay[4]; /* giaddr; where that is zero, the tags tell */
	uint16_t vlan_count, vlans[FOLLOW_VLANS_MAX];
	uint8_t client_id_length; /* 0: it was not said */
	uint8_t client_id[FOLLOW_CLIENT_ID_MAX];
};

struct follow_binding {
	/* What each frame found by it is held against stands together. */
	stamp_t from, until; /* a frame stamped outside is not the subject's by this address; INT64_MAX: no end */
	/* by DHCPv6 and Neighbor Discovery, with has_link: from then on frames between routers are its; INT64_MAX: none */
	stamp_t routed;
	int has_link;         /* it was seen on its own link: only frames from or to its MAC are its */
	uint8_t source;       /* enum follow_source */
	uint8_t hardware[16]; /* the client's, by DHCP */
	uint8_t hardware_length;
	struct order_prefix address; /* by PPPoE: what IPCP has agreed on, for events alone; family 0: nothing yet */
	const char *method;          /* by which it was given: dhcpv4 ... */
	uint32_t session;            /* by RADIUS: its place among the sessions */
	struct follow_line line;     /* by PPPoE */
	struct follow_lease lease;   /* by DHCPv6 */
	struct follow_spot spot;     /* by DHCPv4 */
	stamp_t heard;               /* by Neighbor Discovery: the latest word of it */
	uint32_t xid;                /* of the latest message that bounds it */
	stamp_t told;                /* when that was seen */
	char sha256[DIGEST_HEX];     /* of its frame */
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
	/* begun: assigned | delegated | established | resumed; renewed; ended, noted: why, "" if there is no more to say */
	const char *how;
	const char *method;
	const struct follow_binding *binding; /* noted: of which it is, or NULL */
	stamp_t time;
	const char *sha256; /* of the frame; "" where a lease or session ran out */
	uint32_t xid;
	struct wire_bytes session; /* by which the network tells of it; n is 0 where that is the transaction */
};

typedef void follow_event_fn(void *, const struct follow_event *);

/* The hash of a frame, whose bytes (borrowed) are hashed when it is first asked for. */
struct follow_hash {
	const uint8_t *data;
	uint32_t n;
	int is_made, has_failed;
	char sha256[DIGEST_HEX];
};

/* The frame that a message came in. */
struct follow_frame {
	stamp_t time;
	const char *sha256; /* NULL: that of ${hash} */
	struct follow_hash *hash;
	const uint8_t *mac; /* its source; NULL where it has none */
	const uint8_t *target_mac;
	uint16_t vlan_count, vlans[FOLLOW_VLANS_MAX]; /* the tags of its Ethernet header */
	uint8_t family; /* of the IP packet, 4 or 6, with its addresses and the ports in it */
	uint8_t source[16], target[16];
	uint16_t source_port, target_port;
};

/**
 * follow_proof(frame):
 * The hash of ${frame}, made at most once.  If it can not be made that is noted there, and it is "".
 */
const char *follow_proof(const struct follow_frame *);

/**
 * follow_new(order, iap, since, event, cookie):
 * Know nothing yet of the subject of ${order} at ${iap} (borrowed), and learn from ${since} on, from which on every frame
 * is seen.  With ${iap} NULL nothing is ever learned.  Return it, or NULL with errno ENOMEM.
 */
struct follow *follow_new(const struct order *, const struct conf_iap *, stamp_t, follow_event_fn *, void *);
void follow_free(struct follow *);

/* Take a new revision of the order (borrowed): its subject is the same. */
void follow_change(struct follow *, const struct order *);

/* Is there anything at ${iap} to learn from, and one interface only? */
int follow_is_possible(const struct conf_iap *, size_t);

/* One message of the traffic by which addresses are given and taken. */
enum follow_message_kind {
	FOLLOW_MESSAGE_NONE,
	FOLLOW_MESSAGE_ARP,
	FOLLOW_MESSAGE_DHCP4,
	FOLLOW_MESSAGE_DHCP6,
	FOLLOW_MESSAGE_NDP,
	FOLLOW_MESSAGE_RADIUS,
	FOLLOW_MESSAGE_PPPOE,
	FOLLOW_MESSAGE_INSIDE
};

/* ARP says that the IPv4 address has the MAC. */
struct follow_arp {
	uint8_t address[4], mac[6];
};

/* DHCPv6, or a Router Advertisement, within a session of PPPoE. */
struct follow_inside {
	uint16_t session;
	int is_ndp;
	union {
		struct dhcp6 dhcp6;
		struct ndp ndp;
	};
};

struct follow_message {
	enum follow_message_kind kind;
	union {
		struct follow_arp arp;
		struct dhcp4 dhcp4;
		struct dhcp6 dhcp6;
		struct ndp ndp;
		struct radius radius;
		struct pppoe pppoe;
		struct follow_inside inside;
	};
};

/**
 * follow_show(f, message, frame):
 * Take one message.  Return 1 if it is the subject's: by DHCP, to or from it; by Neighbor Discovery, its MAC sends or gets
 * it; by RADIUS, it is about it.  Return 0 if it is anyone else's, and for ARP.
 */
int follow_show(struct follow *, const struct follow_message *, const struct follow_frame *);

/**
 * follow_watch(f, moved):
 * From now on *${moved} (borrowed, unless NULL) is set to 1 whenever more messages than before may concern the subject.
 */
void follow_watch(struct follow *, int *);

/* Has that been so since it was asked last, or since it is watched? */
int follow_has_moved(struct follow *);

/**
 * follow_give(f, list, now):
 * What an approver has given, each for its time, unless it is known already.  What was given before and is not in ${list}
 * any more ends ${now}, and begins no more.
 */
void follow_give(struct follow *, const struct given_list *, stamp_t);

/**
 * follow_keep(f, k):
 * Write into ${k} which bindings there are whose end is known and that a later reader could take up, and which words of
 * approvers were disputed.
 */
void follow_keep(const struct follow *, struct kept *);

/**
 * follow_resume(f, k, since):
 * Take up what an earlier reader knew, from ${since} on, as far as it has not run out by then and would be believed here;
 * to be called before anything else is told.  It goes on being unknown what else the subject has.  Return how many
 * bindings were not taken.
 */
size_t follow_resume(struct follow *, const struct kept *, stamp_t);

/**
 * follow_forget(f, now):
 * Nothing was seen up to ${now} for so long that what was learned before is worth nothing: end all of it, and know as
 * little as at first.  What an approver has given stays, and so does what the network has disputed.
 */
void follow_forget(struct follow *, stamp_t);

/* Believe no word of an approver's that was disputed before. */
void follow_recall(struct follow *, const struct kept *);

/* It is ${now}: end what has run out. */
void follow_expire(struct follow *, stamp_t);

/* The clock was stepped by so much: leases last as long as before. */
void follow_shift(struct follow *, stamp_t);

/* Have addresses come or gone since the last call? */
int follow_has_changed(struct follow *);

/* The same of bindings that end earlier by now, or have fewer frames: the next reader is to know. */
int follow_has_narrowed(struct follow *);

/* The next time at which a lease runs out, INT64_MAX without one: looked for only after what may have moved it. */
stamp_t follow_next(struct follow *);

/* Why frames of the subject may be missed now, as the reason of a gap; NULL if it is known which addresses it has. */
const char *follow_blind(const struct follow *);

size_t follow_count(const struct follow *);
const struct follow_binding *follow_binding(const struct follow *, size_t);

/* Is an Ethernet frame of this age, found by the binding's address, the subject's? */
int follow_allows(const struct follow_binding *, stamp_t, const uint8_t *, uint32_t);

/* The same, but for its MAC: is it a frame between two of the access point's ipv6_routers, and by that the subject's? */
int follow_is_routed(const struct conf_iap *, const struct follow_binding *, stamp_t, const uint8_t *, uint32_t);

#endif
