#ifndef RETENTION_INTERNAL_H
#define RETENTION_INTERNAL_H

#include "manifest.h"

#include "retention.h"

/* What lib/retention.c (is the day closed, and long enough ago?) and lib/retention_arrival.c (has it arrived?) share. */
#define RETENTION_SUMS "SHA256SUMS"
#define RETENTION_SUMS_SIG "SHA256SUMS.minisig"

struct retention {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	const struct keyring *keyring;
	const struct retention_terms *terms;
	int streamfd, receiptsfd; /* receiptsfd -1: there are none */
};

/* One day while it is judged. */
struct retention_judging {
	struct retention *r;
	stamp_t day;
	int dirfd;
	struct manifest *sums;
	char sums_sha256[DIGEST_HEX], sig_sha256[DIGEST_HEX];
	struct purgecert *cert;
	struct retention_verdict *verdict;
};

/* Settle the verdict, about a file unless that is "": no later look is needed.  Return 1. */
int retention_decide(struct retention_judging *, enum retention_state, const char *, const char *);

/**
 * retention_check_arrivals(j):
 * Has the day, whose list is loaded, arrived at every destination of the order: all that the list names, the list and its
 * signature, or the day as one file with its sum and signature?  The receipts that say so go into the certificate.
 * Return 0, 1 if the verdict is settled because it has not, or -1 with errno set.
 */
int retention_check_arrivals(struct retention_judging *);

#endif
