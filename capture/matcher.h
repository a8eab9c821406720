#ifndef MATCHER_H
#define MATCHER_H

#include <stddef.h>
#include <stdint.h>

#include "order.h"
#include "stamp.h"

/*
 * Which cases is this frame the subject of, and how much of it may be kept?  A pure function of the frame, the table of
 * active orders and, for later fragments under a filter, a bounded memory of first fragments.  The cost does not depend
 * on the number of cases.
 *
 * A frame is a subject's if, at any layer that is followed, an address of an IP header is an IPv4 or IPv6 address or
 * prefix of the subject, or a MAC address of an Ethernet header at the operator's own level is a MAC of the subject, and
 * every qualifier (VLAN, PPPoE session) that the order has is met by the headers above that layer: a VLAN id by any tag, a
 * stack by the tags of the nearest Ethernet header if they are just its two; where ERSPAN leaves open whether they are, the
 * frame is not a subject's, and counted.  Followed always:
 * stacked VLAN tags (802.1Q, 802.1ad, 0x9100), MPLS label stacks (IP, or Ethernet with or without control word beneath),
 * PPPoE sessions.  A tag or session right behind an Ethernet header counts for the MACs of that header too.  A
 * tag that can not be read is one, of no id.
 *
 * Followed where both end points are configured as the operator's own: the tunnels and router streams of tunnels.h.  What
 * they carry has the tags and sessions that are inside, not those that bring the tunnel.  If a tunnel's packet was itself
 * fragmented, its later fragments are for whom its first was, for 1 s and until they are all there.  Other tunnels are not
 * followed: what they carry is the traffic of their end points.
 *
 * An order with broadcast also gets ARP whose sender or target protocol address is an IPv4 address of its subject.
 *
 * A filter only narrows, and it is about IP packets: of what matched it lets through the packets that pass (for a MAC, the
 * packet beneath that Ethernet header), so frames without a sound IP header, ARP too, are not stored.  It sees the packet
 * without link header, padding and IPv6 extension headers.  A later fragment follows the verdict on its first, as long;
 * one that comes before its first, or long after it, is kept.
 *
 * A frame that an order is found in at several layers is cut to the least that any of them allows.  A packet whose total
 * length is 0 (GSO) or more than the frame's reaches to the frame's end: its addresses stand.
 */
#define MATCHER_DEPTH_MAX 16

/* Frames that could not be followed to an IP header, by kind: never silent. */
enum matcher_kind {
	MATCHER_RUNT,           /* too short for its link header */
	MATCHER_CUT,            /* a header ends behind caplen */
	MATCHER_BAD_IP,         /* version, or a header length that is too small or longer than the packet */
	MATCHER_TOO_DEEP,       /* more layers than MATCHER_DEPTH_MAX */
	MATCHER_NOT_IP,         /* ARP and others: followed as far as there is something to follow */
	MATCHER_PPP_COMPRESSED, /* CCP, VJ, MPPE, MPPC */
	MATCHER_PPP_DATA,       /* multilink, bridging and what else of PPP carries data */
	MATCHER_PPP_OTHER,      /* LCP, IPCP and other PPP control */
	MATCHER_MPLS_UNKNOWN, /* beneath the labels lies neither IP nor a plausible Ethernet frame, or perhaps either */
	MATCHER_TUNNEL,       /* GRE, IP-in-IP, ESP, VXLAN ... of strangers, or of no form that can be followed */
	MATCHER_TUNNEL_FRAGMENT,  /* later fragment between a tunnel's end points without its first: nobody's */
	MATCHER_FRAGMENT_UNKNOWN, /* later fragment without its first, kept under a filter */
	MATCHER_LLC,              /* IP in LLC, SNAP or not */
	MATCHER_TAG_UNKNOWN,      /* tags of type 0x9200 or 0x9300 */
	MATCHER_ERSPAN_TAG, /* left out for a stack alone: does the tag in ERSPAN's header repeat that in the frame? */
	MATCHER_PBB,        /* provider backbone bridging (802.1ah) */
	MATCHER_MACSEC,     /* encrypted or authenticated by 802.1AE */
	MATCHER_DHCP_FORGED, /* of a believed server's address, and not of its MAC: only the table's */
	MATCHER_KINDS
};

struct matcher;
struct tunnels;

/* Of the frame, or of the one inside a router stream that is to be unwrapped. */
struct match {
	uint32_t index;  /* of the order in the table */
	uint32_t start;  /* of what is kept: 0, or where the frame inside begins */
	uint32_t caplen; /* how much is kept from there on, after the order's scope: all of it was captured */
	uint32_t len;    /* on the wire, of the frame that is kept */
};

/**
 * matcher_supports(linktype):
 * Can frames of this link type be judged?  Ethernet, Linux cooked v1 and v2, raw IP, BSD loopback.
 */
int matcher_supports(uint32_t);

/**
 * matcher_check_filter(expression, why, room):
 * Does the narrowing filter compile (for raw IP, numeric only: a name is refused)?  0, or -1 with the reason.
 */
int matcher_check_filter(const char *, char *, size_t);

/**
 * matcher_new(orders, count, linktype) / matcher_new_tunnels(orders, count, linktype, tunnels):
 * Build the table for ${count} orders; no tunnel is followed / those of ${tunnels} are (NULL: none), and their sequence
 * numbers counted there.  Orders and tunnels are borrowed and must outlive the matcher.  Return it, or NULL after one
 * diag line with errno set.
 */
struct matcher *matcher_new(const struct order *const *, size_t, uint32_t);
struct matcher *matcher_new_tunnels(const struct order *const *, size_t, uint32_t, struct tunnels *);
void matcher_free(struct matcher *);

/**
 * matcher_remember(m, memory):
 * Know what the matchers before this one knew of fragments, and leave to those after it what it learns: of orders by
 * their file's hash.  ${memory} is borrowed and must outlive the matcher; one matcher at a time has it.
 */
struct matcher_memory;
void matcher_remember(struct matcher *, struct matcher_memory *);

/* A memory that knows nothing; NULL with errno ENOMEM. */
struct matcher_memory *matcher_memory_new(void);
void matcher_memory_free(struct matcher_memory *);

/**
 * matcher_frame(m, data, caplen, len, time, out):
 * Judge one frame.  ${out} has room for matcher_room() matches and gets each order at most once, in rising order of
 * index.  Return the number of matches.  Reads nothing outside ${data}[0..caplen).
 */
size_t matcher_frame(struct matcher *, const uint8_t *, uint32_t, uint32_t, stamp_t, struct match *);
size_t matcher_room(const struct matcher *);

/**
 * matcher_take_doubted(m, orders):
 * Whose the last frame perhaps was, and was not given to (MATCHER_ERSPAN_TAG): set ${orders} to their indices, in place
 * until the next frame, and return how many.  To be called behind each matcher_frame(); what is not taken may stand for an
 * earlier frame.
 */
size_t matcher_take_doubted(struct matcher *, const uint32_t **);

/**
 * matcher_own(m, index, data, caplen, len, time, out):
 * How much of a frame may order ${index} keep whose subject it is for another reason than an address: its innermost packet
 * outside of tunnels, or its PPPoE frame, is the subject's own control traffic?  Return 1 with ${out} set, or 0 where the
 * order's qualifiers or filter leave it out.
 */
int matcher_own(struct matcher *, uint32_t, const uint8_t *, uint32_t, uint32_t, stamp_t, struct match *);

/* How many frames of each kind were met so far, 64-bit. */
const uint64_t *matcher_kinds(const struct matcher *);
const char *matcher_kind_text(enum matcher_kind);

#endif
