#ifndef PROOF_INTERNAL_H
#define PROOF_INTERNAL_H

#include "binding.h"
#include "buf.h"
#include "order.h"

#include "proof_mac.h"
#include "proof_plan.h"

#define SPANS_MAX 4096 /* so many leases or sessions of the one address are looked at */

/* Who had the address from when to when. */
struct span {
	int64_t from, to; /* seconds since 1970; to: INT64_MAX for no end */
	int is_subject;
	int is_start;     /* a session's first word */
	int is_open;      /* another's session, whose end was not read */
	char session[64]; /* its ID, as far as it fits; of a lease of IPv6, which addresses it is of */
};

struct reading {
	const struct order *order;
	const struct order_prefix *prefix; /* what is to be shown: a host, or all of a prefix of IPv6 */
	char address[64];                  /* as text */
	struct span spans[SPANS_MAX];
	size_t count;
	int is_full;
	int is_unread;                 /* something about the address could not be read */
	int is_late;                   /* it is of later than the time that is to be shown */
	const char *entry, *entry_end; /* what is being read */
	char lease[64];                /* which addresses it is of, where that need not be ${prefix} */
	int64_t want_from, want_to;    /* the time that is to be shown */
	struct buf *kept;              /* the subject's entries of that time */
};

/*
 * proof_span.c: an entry says that from then to then it was the subject's, or not / that it was so no longer than that: of
 * the same lease.
 */
void proof_add(struct reading *, int64_t, int64_t, int);
void proof_cut(struct reading *, int64_t, int64_t, int);

/* The value behind "KEY " on a line of its own in a block, up to a ';', or NULL / is that MAC one of the subject's? */
const char *proof_value(const char *, const char *, const char *, char[128]);
int proof_is_mac(const struct order *, const char *);

/* A date of ISC dhcpd's: seconds since 1970; INT64_MAX: never, or NULL; INT64_MIN: it can not be read. */
int64_t proof_isc_time(const char *);

/* proof_lease.c, proof_kea6.c, proof_isc6.c, proof_session.c, proof_export.c: read all of a proof. */
void proof_read_isc(struct reading *, const char *);
void proof_read_kea(struct reading *, const char *);
void proof_read_isc6(struct reading *, const char *);
void proof_read_kea6(struct reading *, const char *);
void proof_read_radius(struct reading *, const char *);
void proof_read_mikrotik(struct reading *, const char *);

#endif
