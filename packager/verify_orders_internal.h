#ifndef VERIFY_ORDERS_INTERNAL_H
#define VERIFY_ORDERS_INTERNAL_H

#include "order.h"

#include "verify_approved.h"
#include "verify_orders.h"
#include "verify_time.h"

/*
 * verify_orders.c keeps what packages hold and what their records name, verify_orders_judge.c judges it, and
 * verify_accepted.c whether a revision was approved when it was accepted.
 */
#define ORDERS_SUFFIX ".minisig"
#define ORDERS_LATE (3600 * STAMP_SECOND) /* so far may two clocks, or a word and its arrival, be apart */

struct orders_file {
	char name[TARFILE_NAME_ROOM];
	struct buf text;
	stamp_t sealed; /* when the package that held it first was, as it claims */
	const char *where;
};

/* A revision that records name, and what they say of their frames; or one that only came along. */
struct orders_use {
	uint32_t revision;
	char sha256[DIGEST_HEX];
	stamp_t at; /* when the first of them was begun */
	stamp_t first_frame, last_frame;
	const char *where;
	int is_named;
	struct order *order;
	struct verify_approved approved;
};

/* What records of one access point say of when a revision was accepted: nothing where keyring_sha256 is "". */
struct orders_claim {
	uint32_t revision;
	char sha256[DIGEST_HEX], iap[NAMES_IAP_ROOM];
	struct order_acceptance accepted;
	stamp_t first, last; /* when the first of them was begun, and the last that is a slice; STAMP_NONE: none is */
	const char *where;
};

/* A keyring that the ledger of a day names, and when that was first signed. */
struct orders_keyring {
	uint64_t version;
	stamp_t at;
};

struct verify_orders {
	char case_id[NAMES_CASE_ROOM];
	struct orders_file *files;
	size_t file_count;
	struct orders_use *uses;
	size_t use_count;
	struct orders_claim *claims;
	size_t claim_count;
	struct orders_keyring *keyrings;
	size_t keyring_count;
	struct verify_named named;              /* approvers of whose keys it was said that they ended */
	const struct verify_versions *versions; /* borrowed */
};

const struct orders_file *orders_file(const struct verify_orders *, const char *); /* NULL: none of that name */
struct orders_use *orders_new_use(struct verify_orders *, uint32_t, const char *, stamp_t, const char *);

/**
 * orders_accepted(o, u, name, label, keyring, result):
 * Was the revision in the file ${name} approved when it was accepted, as its records say where nothing contradicts them,
 * else when the first of them was begun?  ${u} gets who approved it.
 */
void orders_accepted(struct verify_orders *, struct orders_use *, const char *, const char *, const struct keyring *,
    struct verify_result *);

/* Was it approved at that time, with as many approvals as the keyring of that time asked for? */
int orders_approved_at(
    const struct verify_orders *, const char *, const struct keyring *, stamp_t, struct verify_approved *);

#endif
