#ifndef FOLLOW_HOSTS_H
#define FOLLOW_HOSTS_H

#include "follow_internal.h"

/* Addresses that a subject makes itself (SLAAC), as Neighbor Discovery tells of them. */

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

/* Of which address does a message other than a router's advertisement say that it is used, or is asked for? */
const uint8_t *follow_ndp_address(const struct ndp *, const struct follow_frame *);

/* Is that MAC the subject's (NULL: it is not known, and is none) / the address as a prefix. */
int follow_host_is_subject(const struct order *, const uint8_t *);
struct order_prefix follow_host_of(const uint8_t[16]);

/*
 * follow_claims.c: what is noted of an address, or NULL / it is told by whom an address is used, or asked for: end what is
 * not the subject's any more.
 */
struct follow_claim *follow_claim_find(struct follow_hosts *, const uint8_t[16]);
void follow_claims_dispute(struct follow *, const struct ndp *, const uint8_t[16], int, const struct follow_frame *);

/*
 * follow_hosts.c, follow_lifetimes.c, follow_claims.c; none minds if ${f} has no hosts: begin to, 0, or -1 with errno
 * ENOMEM / is there an address of which frames between routers are not its yet, or that it speaks of and is not believed /
 * how many there are / why one ends at its `until` / those of before ${f->since} are to be heard of again / the clock was
 * stepped / is a claim over now / the next such time / is it a reason of theirs?
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

#endif
