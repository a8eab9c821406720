#ifndef FOLLOW_CLIENTS_H
#define FOLLOW_CLIENTS_H

#include "follow_internal.h"

/* Clients of DHCPv6, their questions and leases. */

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

#endif
