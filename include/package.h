#ifndef PACKAGE_H
#define PACKAGE_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "keyring.h"
#include "names.h"
#include "sign.h"
#include "slice.h"
#include "tarfile.h"

/*
 * A sealed package as its reader sees it (casetap-package(5)): used by the packager to read back what it wrote, by the
 * uploader before it sends, and by casetap-verify.  One pass, bounded memory, nothing extracted.
 *
 * Members, in this order and no other:
 *   STEM/bagit.txt
 *   STEM/bag-info.txt
 *   STEM/data/STEM.pcap or STEM/data/STEM.gap.json
 *   STEM/data/STEM.raw                 a recovered slice only
 *   STEM/data/STEM.events.xml          where there are access events
 *   STEM/data/STEM.events.profile      beside it, where its elements are not called as casetap calls them
 *   STEM/data/STEM.flows.csv           where the order asks for it
 *   STEM/data/STEM.packets.csv         likewise
 *   STEM/data/orders/NAME ...          byte order of names; revisions new since the last package, `revoked` too
 *   STEM/custody.json
 *   STEM/manifest-sha256.txt           every data/ member, sorted
 *   STEM/tagmanifest-sha256.txt        bag-info.txt, bagit.txt, custody.json, manifest-sha256.txt
 *   STEM/tagmanifest-sha256.txt.minisig
 *
 * custody.json: {"format":"casetap-custody/1","slice":{...}|"gap":{...},"seal":{"time","prev_seal" (64 zeros for the
 * first),"packager","build","station","key_id","day"},"custody_log":{"head","lines"}}, one line and a newline.
 * The seal id is the SHA-256 of tagmanifest-sha256.txt.
 */
#define PACKAGE_TAG_MAX_BYTES (4 * 1024 * 1024) /* of each tag file */
#define PACKAGE_ORDERS_MAX 256

enum package_verdict {
	PACKAGE_INTACT,
	PACKAGE_TAMPERED,  /* 12: a hash, signature, key or identity is wrong; `why` and `member` say which */
	PACKAGE_MALFORMED, /* 13: not a package as we write it */
	PACKAGE_UNREADABLE /* 74: errno */
};

struct package_order {
	char name[TARFILE_NAME_ROOM]; /* "1.order", "1.order.alice.minisig", "revoked" */
	struct buf text;
};

struct package_facts {
	char stem[NAMES_FILE_ROOM];
	struct names names;
	int is_gap;
	struct slice_record slice; /* where not is_gap */
	struct gap_record gap;
	char record_sha256[DIGEST_HEX];
	char seal_id[DIGEST_HEX], prev_seal[DIGEST_HEX];
	stamp_t sealed; /* the seal's claimed time */
	stamp_t day;    /* the day it was filed under */
	char packager[65], station[65];
	char custody_head[DIGEST_HEX];
	uint64_t custody_lines;
	struct sign_pub signer_id; /* only .id is meaningful unless `signer` is found in the keyring */
	enum keyring_verdict key;  /* at the seal's claimed time */
	char signer[65];           /* name in the keyring */
	char tar_sha256[DIGEST_HEX];
	uint64_t tar_bytes;
	struct package_order *orders;
	size_t order_count;
};

/**
 * package_check(read, cookie, name, keyring, facts, why, room):
 * Read one whole package from read(cookie, ...) and judge it: container, order of members, bag, hashes, record, seal,
 * signature by a station key of ${keyring}.  ${name}, unless NULL, is the file's name and must agree with the content.
 * ${facts} holds what could be read, also of a bad one; release with package_facts_clear.  ${why} gets one line naming
 * the member, escaped.  Return the verdict.
 */
enum package_verdict package_check(
    tarfile_read_fn *, void *, const char *, const struct keyring *, struct package_facts *, char *, size_t);

/* The same over a descriptor, from its present offset to its end. */
enum package_verdict package_check_fd(
    int, const char *, const struct keyring *, struct package_facts *, char *, size_t);

/**
 * package_check_tags(fd, name, keyring, facts, why, room):
 * The same for what stays of a package whose payload was purged (casetap-purge(5)): the members that hold what was captured
 * may be missing, and count as the signed manifest lists them.  ${name} is that of the package.  tar_sha256 and tar_bytes
 * are of what was read, not of the package.
 */
enum package_verdict package_check_tags(
    int, const char *, const struct keyring *, struct package_facts *, char *, size_t);
void package_facts_clear(struct package_facts *);

#endif
