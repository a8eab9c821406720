#ifndef BAG_H
#define BAG_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "names.h"
#include "sign.h"
#include "stamp.h"

/*
 * The texts of a package that are casetap's own, each with one spelling (casetap-package(5)): the packager writes them,
 * the reader builds them again from what it read and compares the bytes.
 */
#define BAG_ORGANIZATION_ROOM 257
#define BAG_COMMENT_ROOM 256

/* What varies between two sealings of the same number. */
struct bag_seal {
	stamp_t time;               /* claimed */
	stamp_t day;                /* the day that the package is filed under */
	char prev_seal[DIGEST_HEX]; /* "" for the stream's first, written as 64 zeros */
	char packager[65], build[65];
	char station[65]; /* the key's name in the keyring */
	char key_id[SIGN_ID_TEXT];
	char organization[BAG_ORGANIZATION_ROOM]; /* [station] name */
	char custody_head[DIGEST_HEX];
	uint64_t custody_lines;
};

/* Which package it is, and what its payload comes to. */
struct bag_payload {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	uint64_t seq;
	uint64_t bytes, files; /* of data/ */
};

/* The text of bagit.txt: 54 bytes, the two lines of RFC 8493 section 2.1.1. */
const char *bag_declaration(void);

/* Append bag-info.txt.  Return 0, or -1 with errno ENOMEM. */
int bag_info_write(const struct bag_seal *, const struct bag_payload *, struct buf *);

/* Append custody.json around the ${n} bytes of a record, whose bytes are kept.  Return 0, or -1 with errno set. */
int bag_custody_write(const struct bag_seal *, int is_gap, const char *, size_t, struct buf *);

/**
 * bag_custody_parse(text, n, is_gap, record, seal):
 * Take a custody.json apart: the record's bytes are appended to ${record}, ${seal} gets all but the organization.
 * Whether these were the only bytes that say so is for the caller to find out, by writing them again.
 * Return 0, or -1 with errno EINVAL or ENOMEM.
 */
int bag_custody_parse(const char *, size_t, int *, struct buf *, struct bag_seal *);

/* The trusted comment of the signature: `casetap case=.. iap=.. seq=.. sealed=TIME`.  Return ${out}. */
char *bag_comment(char[BAG_COMMENT_ROOM], const struct bag_payload *, stamp_t);

#endif
