#ifndef FOLLOW_INTERNAL_H
#define FOLLOW_INTERNAL_H

#include "follow.h"

#define FOLLOW_PENDING_MAX 16
#define FOLLOW_SESSIONS_MAX 16
#define FOLLOW_TEXT_BYTES 253 /* of a RADIUS attribute, at most */
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

struct follow_text {
	uint8_t n; /* 0: there is none */
	uint8_t bytes[FOLLOW_TEXT_BYTES];
};

/* Which RADIUS client: by what it says of itself where that is said, else by where it sends from. */
struct follow_nas {
	struct conf_address client;
	struct follow_text address, name;
};

/* Where a customer's line comes to a RADIUS client. */
struct follow_port {
	int has_number;
	uint32_t number;
	struct follow_text name; /* empty: it is not said */
};

/* Between whom, and under which number, RADIUS asks and answers: without padding of chance. */
struct follow_ends {
	struct conf_address client, server; /* whoever asks is the client */
	uint16_t client_port, server_port, identifier;
};

/* A RADIUS request about the subject, for its answer. */
struct follow_exchange {
	stamp_t time; /* 0: free */
	uint64_t who;
	struct follow_ends ends;
	uint8_t code;
	uint8_t authenticator[RADIUS_AUTHENTICATOR], answer[RADIUS_AUTHENTICATOR];
	int is_answered; /* by that answer: another one is to another's question, which was not seen */
	struct follow_nas nas;
	struct follow_port port;
	struct follow_text session, calling;
	struct radius_address addresses[RADIUS_ADDRESSES_MAX];
	size_t address_count;
	uint32_t timeout;
	int is_whole;
	int is_anothers; /* names somebody else, but a session or an address that is taken for the subject's */
};

/*
 * A session of the subject's.  One that is over stays a while: what comes late of it must not begin it anew.
 */
struct follow_session {
	stamp_t until; /* 0: free */
	stamp_t limit; /* its time-out; INT64_MAX: none */
	uint64_t who;
	int is_over, is_lapsed; /* not by anyone's word: it may go on */
	int is_doubted;         /* over by a word that may have been of another */
	int is_told;            /* that it has begun */
	int is_awaited;         /* which address it has was not seen yet */
	int is_missed;          /* it has more than is followed */
	struct follow_nas nas;
	struct follow_port port;
	struct follow_text calling;
	struct follow_text id; /* empty: accepted, and no accounting seen yet */
};

struct follow_sessions {
	struct follow_exchange exchanges[FOLLOW_PENDING_MAX];
	struct follow_session at[FOLLOW_SESSIONS_MAX];
	stamp_t settled; /* by then each session of before was heard of, or is over; INT64_MAX: it is past */
	struct kept_over over[KEPT_OVER_MAX]; /* of before the new start */
	uint32_t over_count;
};

/* A name that the order has asks to be let into a session / a session that has just ended, and may say so once more. */
struct follow_login {
	stamp_t time; /* 0: free */
	uint64_t who;
	struct follow_line line;
	uint16_t proto;
	uint8_t asked[32];       /* under which identifiers: a bit each */
	int by_client, by_other; /* one that is over: which ends have said so */
	char sha256[DIGEST_HEX]; /* of an answer: its frame's */
};

struct follow_lines {
	struct follow_login logins[FOLLOW_PENDING_MAX], over[FOLLOW_PENDING_MAX];
	struct follow_login answers[FOLLOW_PENDING_MAX]; /* that were taken last, one a line */
};

/* A client's DHCPv6 message, for the answer. */
struct follow_question {
	stamp_t time; /* 0: free */
	uint64_t who;
	uint32_t xid;
	uint32_t types; /* of messages under that number, a bit each */
	uint8_t duid_length;
	uint8_t duid[DHCP6_DUID_MAX];
	int has_link; /* it was seen on the client's link, from that MAC */
	uint8_t mac[6];
	int is_disputed; /* and from another */
};

struct follow_clients {
	struct follow_question questions[FOLLOW_PENDING_MAX];
	stamp_t missed;  /* until then they have something that is not followed; 0: no */
	stamp_t settled; /* as follow's, if all leases last equally long */
	int is_endless;  /* a lease without an end was seen: it is never settled */
};

#define FOLLOW_HOSTS_MAX 16            /* addresses that a subject makes itself */
#define FOLLOW_DEFENCE_NS STAMP_SECOND /* RETRANS_TIMER: who has an address says so by then */

/* An address that another MAC spoke of (then it is not believed up to a time), or asked for. */
struct follow_claim {
	stamp_t time; /* 0: free; when it was asked for */
	stamp_t until;
	uint8_t address[16];
	int was_routed;   /* as it was asked for */
	int is_spoken_of; /* by the subject since, and not believed */
};

/* What routers say of a prefix. */
struct follow_lifetime {
	struct order_prefix prefix; /* family 0: free */
	stamp_t until;
};

struct follow_hosts {
	struct follow_claim claims[FOLLOW_PENDING_MAX];
	struct follow_lifetime lifetimes[NDP_PREFIXES_MAX];
	stamp_t crowded; /* when one had to make room last; 0: never */
	stamp_t settled; /* by then each address of before was heard of, or is over; INT64_MAX: it is past */
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
void follow_arp(struct follow *, const uint8_t[4], const uint8_t[6], const struct follow_frame *);

/* Of which address does a message other than a router's advertisement say that it is used, or is asked for? */
const uint8_t *follow_ndp_address(const struct ndp *, const struct follow_frame *);

/* The line that a frame of PPPoE belongs to, if its source is the client, or the concentrator. */
struct follow_line follow_line_of(const struct pppoe *, const struct follow_frame *, int);

/*
 * All of it is looked at for follow_next().  Whoever changes what that looks at, other than by follow_tell(), follow_end()
 * or in a message that is the subject's, sets is_stale.
 */
stamp_t follow_find_next(const struct follow *);

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

/* follow_pppoe.c; none minds if ${f} has no lines: begin to, 0, or -1, ENOMEM / the clock was stepped / forget. */
int follow_lines_begin(struct follow *);
void follow_lines_shift(struct follow *, stamp_t);
void follow_lines_forget(struct follow *);

/*
 * follow_line.c: is that MAC one of the concentrators / may the order's subject have that session: its own, if it has any,
 * narrow / the place of the line's binding, or their number.
 */
int follow_line_is_ours(const struct conf_pppoe *, const uint8_t *);
int follow_line_is_allowed(const struct order *, uint16_t);
size_t follow_line_find(const struct follow *, const struct follow_line *);

/* Is an Ethernet frame of that line? */
int follow_line_has(const struct follow_line *, const uint8_t *, uint32_t);

/* Is the prefix, all of it, in one of ${n} networks? */
int follow_is_in(const struct conf_network *, uint32_t, const struct order_prefix *);

/* follow_clients.c; none minds if ${f} has no clients: begin to, 0, or -1, ENOMEM / the clock was stepped / forget. */
int follow_clients_begin(struct follow *);
void follow_clients_shift(struct follow *, stamp_t);
void follow_clients_forget(struct follow *);

/* Have they something that is not followed / is that over now? */
int follow_clients_await(const struct follow *);
int follow_clients_expire(struct follow *, stamp_t);

/* Is the frame from one of the servers, or relays, that are believed / to one of them? */
int follow_client_is_answered_by(const struct conf_ipv6 *, const struct follow_frame *);
int follow_client_is_said_to(const struct conf_ipv6 *, const struct follow_frame *);

/* Which of the order's identities does a message name, a bit each? */
uint64_t follow_client_named(const struct follow *, const struct dhcp6 *, const struct follow_frame *);

/* Does a message by a relay name a line, and not one of the order's?  Where that can not be told, it does. */
int follow_client_is_elsewhere(const struct follow *, const struct dhcp6 *);

/* Has its client asked anything lately? */
int follow_client_has_asked(const struct follow *, const struct dhcp6 *, stamp_t);

/* What its client has asked under the same number, or NULL / the message is such a question, of those identities. */
struct follow_question *follow_client_question(struct follow *, const struct dhcp6 *, stamp_t);
void follow_client_remember(struct follow *, const struct dhcp6 *, uint64_t, const struct follow_frame *);

/* An answer of one of the servers, to the subject. */
struct follow_answer {
	const struct dhcp6 *m;
	const struct follow_question *question; /* NULL: it was not seen */
	const struct follow_frame *frame;
	uint64_t who;
	int is_learned;           /* that it was given something */
	int is_missed, has_moved; /* it has something that is not followed / had something from another MAC */
};

#define FOLLOW_LEASE_BITS_MIN 48 /* of a prefix that is one subscriber's */

/*
 * follow_leases.c: does the order want that association, or have none of its own, which narrow / is the binding that
 * client's, in that association, or in any for NULL / the client gives up what it names in one, and why / it has said so,
 * and until a server says the same something may be missed / take an answer.
 */
int follow_lease_is_wanted(const struct order *, uint32_t);
int follow_lease_is_of(const struct follow_binding *, const struct dhcp6 *, const struct dhcp6_ia *);
void follow_lease_give_up(
    struct follow *, const struct dhcp6 *, const struct dhcp6_ia *, const char *, const struct follow_frame *);
void follow_lease_unconfirmed(struct follow *);
void follow_lease_answer(struct follow *, struct follow_answer *);

/*
 * follow_hosts.c, follow_lifetimes.c; none minds if ${f} has no hosts: begin to, 0, or -1 with errno ENOMEM / is there an
 * address of which frames between routers are not its yet, or that it speaks of and is not believed / how many there are /
 * why one ends at its `until` / those of before ${f->since} are to be heard of again / the clock was stepped / is a claim
 * over now / the next such time / is it a reason of theirs?
 */
int follow_hosts_begin(struct follow *);
int follow_hosts_await(const struct follow *);
size_t follow_hosts_count(const struct follow *);
const char *follow_hosts_reason(const struct follow *, const struct follow_binding *);
void follow_hosts_forget(struct follow *);
void follow_hosts_shift(struct follow *, stamp_t);
int follow_hosts_expire(struct follow *, stamp_t);
stamp_t follow_hosts_next(const struct follow *);
int follow_hosts_is_reason(const char *);

/* A prefix's end, as routers say; INT64_MAX: none / a binding's, if it is not heard of / they say it. */
stamp_t follow_lifetime_of(const struct follow_hosts *, const struct order_prefix *);
stamp_t follow_hosts_end(const struct follow *, const struct follow_binding *);
void follow_lifetimes_take(struct follow *, const struct ndp *, stamp_t);

/* DHCPv6 gave the address or prefix to someone else: a host on the same link that has the frame's other MAC. */
void follow_hosts_dispute(struct follow *, const struct order_prefix *, const struct follow_frame *);

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

/* follow_exchange.c: who sent the frame, or whom it goes to / is that one, or that port, in the list? */
struct conf_address follow_end_of(const struct follow_frame *, int);
int follow_is_one_of(const struct conf_address *, uint32_t, const struct conf_address *);
int follow_is_port(const uint16_t *, uint32_t, uint16_t);
struct follow_text follow_text_of(const struct wire_bytes *);

/* Which of the order's identities does the message name, or, of those of its question, does it not speak of? */
uint64_t follow_radius_named(const struct order *, const struct radius *, uint64_t);

/*
 * Between whom a message goes, a question or an answer / the question at hand, or the one that is answered / make one /
 * keep one, where the oldest stood.
 */
struct follow_ends follow_ends_of(const struct radius *, const struct follow_frame *, int);
struct follow_exchange *follow_exchange_find(
    struct follow *, const struct radius *, const struct follow_frame *, int);
struct follow_exchange follow_exchange_of(const struct radius *, uint64_t, const struct follow_frame *);
struct follow_exchange *follow_exchange_put(struct follow *, const struct follow_exchange *);

/* follow_coa.c: a server asks a client to end or to change a session, and is answered.  Return as follow_radius(). */
int follow_coa(struct follow *, const struct radius *, const struct follow_frame *);

/* follow_sessions.c; those up to follow_sessions_shift() do not mind if ${f} has no sessions. */

/* Begin to.  Return 0, or -1 with errno ENOMEM. */
int follow_sessions_begin(struct follow *);

/* follow_sessions_keep.c: those that are over, for the reader after this one / as the one before this one knew them. */
void follow_sessions_keep(const struct follow *, struct kept *);
void follow_sessions_recall(struct follow *, const struct kept *);

/* Was that client's of that ID over for the reader before, so that what was so then begins nothing?  /  It is on. */
int follow_session_was_over(const struct follow *, const struct follow_nas *, const struct follow_text *, stamp_t);
void follow_session_is_on(struct follow *, const struct follow_nas *, const struct follow_text *);

/* What of that is past at ${now}. */
void follow_sessions_pass(struct follow *, stamp_t);

/* Is a session on of which it is not known which addresses it has? */
int follow_sessions_await(const struct follow *);

/* Why a session's time is over at its `until`. */
const char *follow_sessions_reason(const struct follow *, uint32_t);

/*
 * What of sessions is over at ${now}, their bindings apart / all of them lapse, for ${why} / the next such time / the clock
 * was stepped.
 */
void follow_sessions_expire(struct follow *, stamp_t);
void follow_sessions_forget(struct follow *, const char *, const struct follow_frame *); /* follow_sessions_keep.c */
stamp_t follow_sessions_next(const struct follow *);
void follow_sessions_shift(struct follow *, stamp_t);

/*
 * The session of that client with that ID, over or not, or NULL / one of those identities that was accepted and has no ID
 * yet, or NULL / a new one with no ID, of which nothing is told yet; NULL if all places are taken by sessions that are on.
 */
struct follow_session *follow_session_find(struct follow *, const struct follow_nas *, const struct follow_text *);
struct follow_session *follow_session_accepted(struct follow *, const struct follow_nas *, uint64_t);
struct follow_session *follow_session_new(struct follow *, const struct follow_nas *, stamp_t);

/*
 * follow_meant.c: a session that is on and has an address that an acceptance gives / that was accepted, under whichever ID,
 * for one that begins / it is where that question was asked, as far as it says / it has begun: what else of those
 * identities was on at the same place, or may have been, is over / a stop that names none by its ID.
 */
struct follow_session *follow_session_again(struct follow *, const struct follow_exchange *, const struct radius *);
struct follow_session *follow_session_accepted_as(
    struct follow *, const struct follow_exchange *, const struct radius *);
void follow_session_is_at(struct follow_session *, const struct follow_exchange *);
void follow_session_end_older(struct follow *, const struct follow_session *, const struct follow_exchange *,
    const struct radius *, const struct follow_frame *);
void follow_session_stop_other(
    struct follow *, const struct follow_exchange *, const struct radius *, const struct follow_frame *);

/* Which place has it / may one be given that address? */
uint32_t follow_session_place(const struct follow *, const struct follow_session *);
int follow_session_may_have(const struct conf_radius *, const struct order_prefix *);

/* May both be the same client? */
int follow_nas_is_same(const struct follow_nas *, const struct follow_nas *);
int follow_text_is_same(const struct follow_text *, const struct follow_text *);

/* A session has the addresses that a message names, from now on or still; ${how} where it had not. */
void follow_session_give(
    struct follow *, struct follow_session *, const struct radius *, const char *, const struct follow_frame *);

/*
 * It is over, with the addresses it had: its bindings end for ${why}, and what comes late of it changes nothing until then.
 * The message that says so may be NULL.
 */
void follow_session_end(
    struct follow *, struct follow_session *, const char *, const struct radius *, const struct follow_frame *);

/* Does a session have, as a binding, any of those addresses, or a part of one? */
int follow_session_has(const struct follow *, const struct follow_session *, const struct radius_address *, size_t);

/* What it has of the family of one of those addresses, but not that address, is not its any more. */
void follow_session_narrow(
    struct follow *, struct follow_session *, const struct radius_address *, size_t, const struct follow_frame *);

/* It lasts until then at the longest. */
void follow_session_limit(struct follow *, struct follow_session *, stamp_t);

/* Tell of a session by its own ID, and why. */
void follow_session_tell(
    struct follow *, const struct follow_session *, enum access_kind, const char *, const struct follow_frame *);

/* Someone else has the addresses that a message names: whose they were by a session, it is disputed and over. */
void follow_session_dispute(struct follow *, const struct radius *, const struct follow_frame *);

/* Tell of what is no binding, and why, seen in a message; NULL: in none. */
void follow_session_note(
    struct follow *, enum access_kind, const char *, const struct radius *, const struct follow_frame *);

#endif
