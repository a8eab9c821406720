#ifndef PACKAGE_INTERNAL_H
#define PACKAGE_INTERNAL_H

#include "bag.h"
#include "buf.h"
#include "package.h"

/*
 * What lib/package.c (reads the members, once) hands to lib/package_judge.c (judges what was read).
 */
enum package_part {
	PART_BAGIT,
	PART_INFO,
	PART_PAYLOAD, /* the slice, or the gap record */
	PART_RAW,
	PART_EVENTS,
	PART_PROFILE,
	PART_FLOWS,
	PART_PACKETS,
	PART_ORDER,
	PART_CUSTODY,
	PART_MANIFEST,
	PART_TAGMANIFEST,
	PART_SIGNATURE,
	PARTS
};

struct package_payload {
	char name[TARFILE_NAME_ROOM]; /* below the bag: data/... */
	char sha256[DIGEST_HEX];
	uint64_t bytes;
};

struct package_check {
	const struct keyring *keyring;
	struct package_facts *facts;
	enum package_verdict verdict; /* of what was blamed first */
	char *why;
	size_t room;
	struct buf text[PARTS]; /* of the tag files, and of a gap record */
	struct package_payload *payload;
	size_t payload_count;
	int64_t mtime; /* of every member */
	int has_raw;
	int is_purged; /* what was captured may be missing */
};

/* Blame ${member} (below the bag, or NULL) unless something was blamed before; return -1. */
int package_blame(struct package_check *, enum package_verdict, const char *, const char *);

/* package_part.c: the part's name below the bag, NULL where it depends on the package's / must each package have it? */
const char *package_part_name(enum package_part);
int package_part_is_needed(enum package_part);

/* Which part has that name below the bag of ${facts}, which learn if it is a gap; PARTS: none. */
enum package_part package_part_of(struct package_facts *, const char *);

/* Where the text of the member is kept, and the most it may have; NULL for what is only hashed. */
struct buf *package_part_text(struct package_check *, enum package_part, size_t *);

/* Make room for one more payload file and, if it is one, one more order.  Return 0, or -1 after package_blame. */
int package_part_add(struct package_check *, enum package_part, const char *);

/*
 * Count the members that were purged as if they had been read, as far as the manifest names them.  Return 0, or -1 after
 * package_blame.
 */
int package_fill_purged(struct package_check *);

/* Judge a package of which every member was read. */
void package_judge(struct package_check *);

#endif
