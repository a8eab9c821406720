#ifndef VERIFY_ORDERS_H
#define VERIFY_ORDERS_H

#include "keyring.h"
#include "package.h"

#include "verify_result.h"
#include "verify_spans.h"
#include "verify_versions.h"

/*
 * The orders of one case as they came inside its packages, and the revisions under which its records were made.
 */
struct verify_orders;

struct verify_orders *verify_orders_new(const char *); /* of this case; NULL with errno ENOMEM */
void verify_orders_free(struct verify_orders *);

/**
 * verify_orders_package(o, facts, where, result):
 * Keep the order files of a proven package, and note the revision that its record names.
 * Return 0, or -1 with errno ENOMEM.
 */
int verify_orders_package(struct verify_orders *, const struct package_facts *, const char *, struct verify_result *);

/* The versions of the keyring, borrowed / as they were given. */
void verify_orders_know(struct verify_orders *, const struct verify_versions *);
const struct verify_versions *verify_orders_known(const struct verify_orders *);

/**
 * verify_orders_keyring(o, version, at):
 * A signed ledger of the case names that version of the keyring, and was there at ${at}: what is said to be accepted long
 * after it under an earlier version is doubted.  Return 0, or -1 with errno ENOMEM.
 */
int verify_orders_keyring(struct verify_orders *, uint64_t, stamp_t);

/* What records say of when a revision was accepted; keyring_sha256 "" where they say nothing. */
struct verify_acceptance {
	uint32_t revision;
	char sha256[DIGEST_HEX], iap[NAMES_IAP_ROOM];
	struct order_acceptance accepted;
	stamp_t last; /* when the last slice under it was begun; STAMP_NONE: there is none */
	const char *where;
};

/* The i-th of these.  1, or 0 behind the last. */
int verify_orders_acceptance(const struct verify_orders *, size_t, struct verify_acceptance *);

/* Had the order file of that name the approvals that it needed, at that time? */
int verify_orders_was_approved(const struct verify_orders *, const struct keyring *, const char *, stamp_t);

/* The text of the order file of that name, as packages hold it; NULL if none does. */
const struct buf *verify_orders_text(const struct verify_orders *, const char *);

/* The name of the i-th order file that packages hold, and its text; NULL behind the last. */
const char *verify_orders_file(const struct verify_orders *, size_t, const struct buf **);

/**
 * verify_orders_judge(o, keyring, whole, window, sums, result):
 * Judge every revision that a record names: delivered, to the byte, approved when it was accepted, following the one
 * before; no frame outside its window.  ${window} gets the time that must be accounted for, sorted: each revision rules
 * from its not_before on, and a signed revocation ends it.  Unless ${whole}, a revision that did not come along is only
 * noted.
 * Return 1 if ${window} can be held against what was captured, 0 if a revision is missing, or -1 with errno ENOMEM.
 */
int verify_orders_judge(struct verify_orders *, const struct keyring *, int, struct spans *,
    struct verify_case_sums *, struct verify_result *);

#endif
