#ifndef FOLLOW_INTERNAL_H
#define FOLLOW_INTERNAL_H

#include "follow.h"

#define FOLLOW_PENDING_MAX 16
#define FOLLOW_UNKNOWN "binding-unknown"
#define FOLLOW_CONFLICT "binding-conflict"
#define FOLLOW_SAME_NS STAMP_SECOND /* the same word once more: before and behind a relay, or repeated */
#define FOLLOW_PENDING_NS (60 * STAMP_SECOND)

/* What a client that the order names, or that has one of the bindings, has asked for, until the answer comes. */
struct follow_pending {
	uint32_t xid;
	stamp_t time;            /* 0: free */
	uint64_t who;            /* which of the order's identities it is, a bit each */
	unsigned others;         /* if none: what it says that is another's, FOLLOW_OTHER_* */
	uint8_t hardware[16];    /* the client's */
	int is_local;            /* it spoke on its own link */
	struct follow_spot spot; /* where that was */
};

#define FOLLOW_OTHER_LINE 1U
#define FOLLOW_OTHER_CLIENT 2U

/* Up to a time a client has, or may have, what is not followed. */
struct follow_miss {
	stamp_t until;        /* 0: free; INT64_MAX: until it is heard of again */
	uint8_t source;       /* enum follow_source */
	uint8_t hardware[16]; /* the client's; zero: no word of anyone's ends it before */
};

/* It asks to be let in, or for an address, and there is no outcome yet. */
struct follow_try {
	const char *method; /* NULL: free */
	uint32_t xid;
	stamp_t time; /* 0: free */
};

struct follow {
	const struct order *order;  /* borrowed */
	const struct conf_iap *iap; /* borrowed; NULL: nothing is learned */
	stamp_t since;
	follow_event_fn *event;
	void *cookie;
	struct follow_binding bindings[FOLLOW_BINDINGS_MAX];
	size_t count;
	struct follow_pending pending[FOLLOW_PENDING_MAX];
	struct follow_miss missed[FOLLOW_PENDING_MAX];
	struct follow_try tries[FOLLOW_PENDING_MAX];
	uint64_t unknown;  /* of which identities it was not seen yet what they have */
	const char *blind; /* NULL once that is none */
	stamp_t settled;   /* by then every lease of before was renewed or has run out; INT64_MAX: not known */
	stamp_t next;      /* as follow_next() found it last */
	int is_stale;      /* it may be another by now */
	int *moved;        /* as follow_watch() has it, or NULL */
	int is_moved;
	int has_narrowed;           /* what is known is bounded more tightly, since it was asked */
	int has_changed, has_begun; /* a binding did, since it was asked / by the message at hand */
	struct given_list given;
	unsigned given_done; /* which of them have begun, a bit each */
	int given_seen;      /* was looked at, last at given_now */
	stamp_t given_now;
	char disputed[GIVEN_MAX][DIGEST_HEX]; /* words on it that the network spoke against, the latest last */
	size_t disputed_count;
	struct follow_sessions *sessions; /* NULL: the order names nobody by RADIUS, or there is none here */
	struct follow_lines *lines;       /* the same of PPPoE */
	struct follow_clients *clients;   /* the same of DHCPv6 */
	struct follow_hosts *hosts;       /* the same of Neighbor Discovery */
};

/* A bit for each of the order's identities whose kind is one of ${kinds}, a bit each too. */
#define FOLLOW_KIND(kind) (1U << (kind))
#define FOLLOW_DHCP4_CLIENT (FOLLOW_KIND(ORDER_DHCP_MAC) | FOLLOW_KIND(ORDER_DHCP_CLIENT_ID))
#define FOLLOW_DHCP4_LINE \
	(FOLLOW_KIND(ORDER_DHCP_CIRCUIT_ID) | FOLLOW_KIND(ORDER_DHCP_REMOTE_ID) | FOLLOW_KIND(ORDER_DHCP_RELAY))
#define FOLLOW_RADIUS_NAME (FOLLOW_KIND(ORDER_RADIUS_USER) | FOLLOW_KIND(ORDER_RADIUS_CALLING))
#define FOLLOW_PPPOE_NAME FOLLOW_KIND(ORDER_PPPOE_USER)
#define FOLLOW_DHCP6_CLIENT (FOLLOW_KIND(ORDER_DHCP6_DUID) | FOLLOW_KIND(ORDER_DHCP6_MAC))
#define FOLLOW_DHCP6_LINE \
	(FOLLOW_KIND(ORDER_DHCP6_INTERFACE_ID) | FOLLOW_KIND(ORDER_DHCP6_REMOTE_ID) | FOLLOW_KIND(ORDER_DHCP6_RELAY))
#define FOLLOW_SLAAC_HOST FOLLOW_KIND(ORDER_SLAAC_MAC)
uint64_t follow_who(const struct order *, unsigned);

/*
 * More messages than before may concern the subject: follow_show() and follow_tell() say so, and whoever else makes more
 * known, or more asked.  That there are fewer need not be said.
 */
void follow_touch(struct follow *);

/* Take one message of that kind.  Return as follow_show(). */
int follow_dhcp4(struct follow *, const struct dhcp4 *, const struct follow_frame *);
int follow_dhcp6(struct follow *, const struct dhcp6 *, const struct follow_frame *);
int follow_ndp(struct follow *, const struct ndp *, const struct follow_frame *);
int follow_radius(struct follow *, const struct radius *, const struct follow_frame *);
int follow_pppoe(struct follow *, const struct pppoe *, const struct follow_frame *);
int follow_inside(struct follow *, const struct follow_inside *, const struct follow_frame *);
void follow_arp(struct follow *, const uint8_t[4], const uint8_t[6], const struct follow_frame *);

/*
 * follow_arp.c: that MAC says it has the address: unless it is a router's, what RADIUS has given to another caller, or an
 * approver to a subject that is known by another MAC, is not the subject's any more.
 */
void follow_claim(struct follow *, const struct order_prefix *, const uint8_t[6], const struct follow_frame *);

/*
 * All of it is looked at for follow_next().  Whoever changes what that looks at, other than by follow_tell(), follow_end()
 * or in a message that is the subject's, sets is_stale.
 */
stamp_t follow_find_next(const struct follow *);

/* follow_time.c: may it have anything that is not known for another reason than that of its identities? */
int follow_is_awaited(const struct follow *);

/* A message is, or is not, the subject's: if it is it may have changed anything.  Return ${is_own}. */
int follow_heard(struct follow *, int);

/* It was seen what the identities ${who} have, all of it: of no others is more known than before. */
void follow_learn(struct follow *, uint64_t);

/* The same of nobody in particular: what is not known for another reason ends only where a binding has begun. */
void follow_learn_more(struct follow *);

/* The latest word on a binding: its transaction, and the frame that it is in. */
void follow_word(struct follow_binding *, uint32_t, const struct follow_frame *);

/* Tell of a binding: with the transaction that stands in it. */
void follow_tell(
    struct follow *, enum follow_kind, const char *, const struct follow_binding *, const struct follow_frame *);

/* An event that begins and ends nothing, seen in ${frame}: its method, why, and its transaction. */
void follow_note(
    struct follow *, enum access_kind, const char *, const char *, uint32_t, const struct follow_frame *);

/* The binding is no more: take it out, and say why. */
void follow_end(struct follow *, size_t, const char *, const struct follow_frame *);

/* The place of a binding from that source that has an address in common with the prefix, or their number. */
size_t follow_find(const struct follow *, enum follow_source, const struct order_prefix *);

/* Have the two an address in common?  They have if the wider holds the other. */
int follow_overlaps(const struct order_prefix *, const struct order_prefix *);

/*
 * follow_miss.c: until then that client, or for NULL nobody in particular, may have what is not followed / it was heard of
 * again / may any / is that over for one now / the next such time / the clock was stepped.
 */
void follow_miss(struct follow *, enum follow_source, const uint8_t *, stamp_t);
void follow_found(struct follow *, enum follow_source, const uint8_t[16]);
int follow_misses_await(const struct follow *);
int follow_misses_expire(struct follow *, stamp_t);
stamp_t follow_misses_next(const struct follow *);
void follow_misses_shift(struct follow *, stamp_t);

/*
 * follow_tries.c: the subject tries, or tries once more, by that method under that number / that has an outcome: return 1
 * if it was known / so have all by that method, NULL: by any / what had none has failed by now / the next such time / the
 * clock was stepped.
 */
void follow_try(struct follow *, const char *, uint32_t, const struct follow_frame *);
int follow_try_over(struct follow *, const char *, uint32_t);
void follow_tries_over(struct follow *, const char *);
void follow_tries_expire(struct follow *, stamp_t);
stamp_t follow_tries_next(const struct follow *);
void follow_tries_shift(struct follow *, stamp_t);

/* Is the prefix, all of it, in one of ${n} networks? */
int follow_is_in(const struct conf_network *, uint32_t, const struct order_prefix *);

/*
 * follow_keep.c: what of a binding its source alone understands, bytes and numbers one behind the other / read again: 0, or
 * -1 where there is too little.
 */
struct follow_more {
	const uint8_t *at;
	size_t left;
};
void follow_more_put(struct kept_binding *, const void *, size_t);
void follow_more_put_number(struct kept_binding *, uint64_t);
int follow_more_get(struct follow_more *, void *, size_t);
int follow_more_get_number(struct follow_more *, uint64_t *);

/*
 * What each source adds to what is kept of a binding / makes of it again in a new one, or -1 where that would not be
 * believed here.
 */
int follow_dhcp4_take(struct follow *, struct follow_binding *, struct follow_more *);
void follow_dhcp6_keep(const struct follow *, const struct follow_binding *, struct kept_binding *);
int follow_dhcp6_take(struct follow *, struct follow_binding *, struct follow_more *);
void follow_host_keep(const struct follow *, const struct follow_binding *, struct kept_binding *);
int follow_host_take(struct follow *, struct follow_binding *, struct follow_more *);
void follow_session_keep(const struct follow *, const struct follow_binding *, struct kept_binding *);
int follow_session_take(struct follow *, struct follow_binding *, struct follow_more *);
void follow_line_keep(const struct follow *, const struct follow_binding *, struct kept_binding *);
int follow_line_take(struct follow *, struct follow_binding *, struct follow_more *);

/*
 * follow_dispute.c: the source has given that to someone else, whose MAC is that, or NULL if it is not known: what is the
 * subject's by any other source is not its any more / which MAC does a text name, or a DUID, or NULL / does the order name
 * the subject by MACs, and not by that one / is it one of the operator's routers?
 */
void follow_dispute(
    struct follow *, enum follow_source, const struct order_prefix *, const uint8_t *, const struct follow_frame *);
const uint8_t *follow_mac_in(const void *, size_t, uint8_t[6]);
const uint8_t *follow_mac_of_duid(const uint8_t *, size_t);
int follow_is_strangers(const struct order *, const uint8_t[6]);
int follow_is_routers(const struct conf_iap *, const uint8_t[6]);

/* follow_given.c: begin what has come at ${now} / the next such time / the address was given to someone else. */
void follow_given_begin(struct follow *, stamp_t);
stamp_t follow_given_next(const struct follow *);
void follow_given_dispute(struct follow *, const struct order_prefix *, const struct follow_frame *);

#endif
