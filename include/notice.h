#ifndef NOTICE_H
#define NOTICE_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "names.h"
#include "sign.h"
#include "slice.h"
#include "stamp.h"

/*
 * casetap-notice/1 (casetap-notice(5)): the station's word that something is missing, or that the order has changed, before
 * the day's ledger says so.  CASE_IAP_DAY.notice-N.txt: nine lines, an empty one, a line an event, then their minisign
 * signature by a `station:` key of the keyring.
 */
#define NOTICE_EVENTS_MAX (SLICE_GAPS_MAX + 4)
#define NOTICE_MAX_BYTES ((size_t)16384)
#define NOTICE_A_DAY 100 /* that are written at most */

/* Of an order, and the reason of an access event: an address that the order names was given to another client. */
#define NOTICE_OF_ANOTHER "address-of-another"
#define NOTICE_OF_RETURN \
	"address-returned" /* after that: to the client that had it before, or that the order names */

enum notice_kind {
	NOTICE_GAP,  /* what: why; an open end: it lasts */
	NOTICE_LOSS, /* what: how many frames of the case's own, "possible" or "suspect" */
	NOTICE_ORDER /* what: "revision-N", "revoked" or one of the words above */
};

struct notice_event {
	enum notice_kind kind;
	uint64_t seq;     /* the number that carries it, 0 for none */
	stamp_t from, to; /* to: STAMP_NONE where there is no end */
	char what[SLICE_REASON_ROOM];
};

struct notice {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	stamp_t day;     /* in whose folder it lies */
	unsigned number; /* from 1, a day */
	stamp_t written;
	uint64_t last_seq;             /* of the last package that was sealed before */
	char last_seal[DIGEST_HEX];    /* and its seal id; "" with number 0: none yet */
	char order_sha256[DIGEST_HEX]; /* of the revision that its record names; "" likewise */
	struct notice_event events[NOTICE_EVENTS_MAX];
	size_t count; /* at least one */
};

/* Add an event (copied).  Return 0, or -1 with errno ENOBUFS. */
int notice_add(struct notice *, const struct notice_event *);

/* Do both tell the same of the same stream, whatever their numbers and when they were written? */
int notice_is_same(const struct notice *, const struct notice *);

/**
 * notice_write(n, out) / notice_parse(text, length, n):
 * Append the text without its signature / read it back.  There is one spelling: what notice_write would not have written is
 * refused.  Return 0, or -1 with errno EINVAL or ENOMEM.
 */
int notice_write(const struct notice *, struct buf *);
int notice_parse(const char *, size_t, struct notice *);

/**
 * notice_open(data, n, notice, sig, length):
 * Take a whole file apart: the text, whose length goes to ${length}, and the signature over it, which is not checked.
 * Return 0, or -1 with errno EINVAL or ENOMEM.
 */
int notice_open(const char *, size_t, struct notice *, struct sign_sig *, size_t *);

/* "gap", "loss" or "order". */
const char *notice_kind_text(enum notice_kind);

#endif
