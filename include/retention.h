#ifndef RETENTION_H
#define RETENTION_H

#include <stddef.h>
#include <stdint.h>

#include "keyring.h"
#include "order.h"
#include "purgecert.h"
#include "stamp.h"

/*
 * May the payload of a day be deleted?  What the packager asks before it does so, and `casetap purge --dry-run` and
 * `casetap status` tell: one code, so that they can not differ.  Holds are apart: requests.h.
 */

/* What the order says: its highest accepted revision, as the records keep it. */
struct retention_terms {
	char order_sha256[DIGEST_HEX];
	uint32_t revision, payload_days, records_days;
	char destinations[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM];
	size_t destination_count;
};

/**
 * retention_terms_load(statefd, key, case_id, terms):
 * Read records/CASE/orders; ${key}, or NULL, opens what is encrypted there.
 * Return 1, 0 if no accepted order is there, or -1 after one diag line.
 */
int retention_terms_load(int, const struct age_identities *, const char *, struct retention_terms *);

enum retention_state {
	RETENTION_DUE,         /* may go */
	RETENTION_OPEN,        /* the day is not closed */
	RETENTION_UNDELIVERED, /* a destination has no receipt for a file */
	RETENTION_KEPT,        /* payload_days are not over: `until` */
	RETENTION_DAMAGED      /* it is closed, but what says so does not hold */
};

struct retention_verdict {
	enum retention_state state;
	stamp_t until; /* STAMP_NONE unless all has arrived: from then on it may go */
	uint64_t packages;
	char why[256];
};

struct retention;

/**
 * retention_open(statefd, case_id, iap, keyring, terms):
 * Open outbox/CASE/IAP and the stream's receipts; ${keyring} and ${terms} must outlive it.
 * Return it, or NULL with errno set (ENOENT: nothing of the stream lies in the outbox).
 */
struct retention *retention_open(
    int, const char *, const char *, const struct keyring *, const struct retention_terms *);
void retention_close(struct retention *);

int retention_streamfd(const struct retention *); /* borrowed: outbox/CASE/IAP */

/**
 * retention_judge(r, day, now, cert, verdict):
 * Judge one day as of ${now}.  What is listed and what proves its arrival goes into ${cert}, which the caller clears; its
 * fields about the order, the day and the lists are set, the others are left.
 * Return 0 whatever the verdict, or -1 with errno set.
 */
int retention_judge(struct retention *, stamp_t, stamp_t, struct purgecert *, struct retention_verdict *);

#endif
