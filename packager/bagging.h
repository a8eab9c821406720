#ifndef BAGGING_H
#define BAGGING_H

#include <stddef.h>
#include <stdint.h>

#include "age.h"
#include "bag.h"
#include "buf.h"
#include "digest.h"
#include "intent.h"
#include "order.h"
#include "sign.h"
#include "slice.h"

/*
 * The bytes of one package, in one pass: each payload byte is read once, hashed for the manifest, and goes into the tar.
 * The hash of the tar itself is made by who reads it back; or here, where nobody will.  Memory does not depend on the
 * slice.
 */
struct bagging_source {
	const struct intent *intent;
	const struct sign_key *key;
	const char *case_id, *iap;
	int is_gap;
	const struct buf *record;         /* without newline */
	const struct slice_record *slice; /* the same, read; NULL for a gap */
	const struct order *order;        /* the slice's; NULL: no summary of it is asked for */
	stamp_t closed;                   /* the members' time */
	int fd;                           /* the slice; -1 for a gap */
	uint64_t bytes;                   /* its length and hash, as the record has them */
	const char *sha256;
	struct age_writer *age;                  /* NULL, or what the tar goes through on its way to the disk */
	int rawfd;                               /* or -1 */
	int ordersfd;                            /* records/CASE/orders; -1 if the intent names no orders */
	const struct age_identities *orders_key; /* opens those that are encrypted; or NULL */
};

/* The tag files, in the order in which they stand in the package. */
enum bagging_tag {
	BAGGING_BAGIT,
	BAGGING_INFO,
	BAGGING_CUSTODY,
	BAGGING_MANIFEST,
	BAGGING_TAGMANIFEST,
	BAGGING_SIGNATURE,
	BAGGING_TAGS
};

struct bagging {
	struct buf tags[BAGGING_TAGS];
	char seal_id[DIGEST_HEX];
	char sha256[DIGEST_HEX]; /* of the tar, once it was read back: "" until then */
	uint64_t bytes;
	int mismatch; /* the slice is not what its record says */
};

/**
 * bagging_write(source, fd, b):
 * Write the package to ${fd}, not yet synced.  Return 0, or -1 with errno set; with b->mismatch set the slice changed
 * (FAULTS 57), and what was written is of no use.  Release with bagging_clear in both cases.
 */
int bagging_write(const struct bagging_source *, int, struct bagging *);
void bagging_clear(struct bagging *);

/*
 * Append what stays when the payload is purged, as a small tar of the same kind: the package without the members that hold
 * what was captured.  Return 0, or -1 with errno set.
 */
int bagging_write_tags(const struct bagging_source *, const struct bagging *, struct buf *);

#endif
