#ifndef KEYRING_H
#define KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "sign.h"
#include "stamp.h"

/*
 * casetap-keyring/1 (casetap-keyring(5)): who may sign what, signed by the offline root.
 */
enum keyring_kind {
	KEYRING_APPROVER,
	KEYRING_STATION,
	KEYRING_LEA
};

struct keyring_entry {
	enum keyring_kind kind;
	struct sign_pub pub;
	char name[65];
	char role[33];   /* approvers; "" if none is given */
	stamp_t from;    /* STAMP_NONE if not given: always */
	stamp_t to;      /* first instant at which it is no longer valid, to= or a retired line; STAMP_NONE: never */
	stamp_t revoked; /* STAMP_NONE unless a revoked line names the key */
	char reason[65];
	unsigned line;
};

/* An earlier version, as a later one remembers it. */
struct keyring_version {
	uint64_t version;
	stamp_t issued;
	char sha256[DIGEST_HEX];
	unsigned approvals;
};

enum keyring_verdict {
	KEYRING_GOOD,
	KEYRING_UNKNOWN, /* no such key of this kind */
	KEYRING_NOT_YET,
	KEYRING_EXPIRED,
	KEYRING_REVOKED,
	KEYRING_FORGED /* a known key's id, but the signature is not its own */
};

struct keyring;

/**
 * keyring_parse(data, n, label):
 * Parse the text strictly (unknown fields, duplicates, a key twice in one kind: refused with a diag line LABEL:LINE).
 * Nothing is verified.  Return it, or NULL with errno EINVAL or ENOMEM.
 */
struct keyring *keyring_parse(const char *, size_t, const char *);
void keyring_free(struct keyring *);

/*
 * Beside the keyring while it is replaced: the signature of the text that is in force until the new text is.  Killed
 * between the two, every program goes on with the old one.
 */
#define KEYRING_SIGNATURE_BEFORE ".minisig.before"

/* Beside the keyring, where the root was ever renewed. */
#define KEYRING_ROOTS "roots.txt"

/**
 * keyring_roots_path(path):
 * Where the roots.txt of the keyring at ${path} lies, as a new string; NULL with errno ENOMEM.
 */
char *keyring_roots_path(const char *);

/**
 * keyring_load(path, root_path, status):
 * Load the keyring at ${path} with its .minisig, and roots.txt where there is one, and check it against the root key at
 * ${root_path}; the files must be trusted (fsio_check_trusted).  While it is being replaced, .minisig.before counts too.
 * Return it; or NULL after one diag line with the exit code in ${status} (66, 74, 77, 78).
 */
struct keyring *keyring_load(const char *, const char *, int *);

uint64_t keyring_version(const struct keyring *);
stamp_t keyring_issued(const struct keyring *);
unsigned keyring_approvals(const struct keyring *);
const char *keyring_sha256(const struct keyring *);          /* of the text */
const struct buf *keyring_signature(const struct keyring *); /* the bytes by which keyring_load judged it */
const char *keyring_root(const struct keyring *); /* the key by which it did, minisign's text; "" if it did not */
size_t keyring_count(const struct keyring *);
const struct keyring_entry *keyring_entry(const struct keyring *, size_t);

/* The earlier versions that it names, rising. */
size_t keyring_history_count(const struct keyring *);
const struct keyring_version *keyring_history(const struct keyring *, size_t);

/* The entry of that kind with this public key id, or NULL. */
const struct keyring_entry *keyring_find(const struct keyring *, enum keyring_kind, const uint8_t[8]);

/**
 * keyring_judge(k, kind, sig, data, n, at, entry):
 * Who made ${sig} over the ${n} bytes, and might they, at time ${at}?  ${entry}, unless NULL, gets the key's entry or
 * NULL.  A revoked key is KEYRING_REVOKED from the time of its revocation on.
 */
enum keyring_verdict keyring_judge(const struct keyring *, enum keyring_kind, const struct sign_sig *, const void *,
    size_t, stamp_t, const struct keyring_entry **);

/* Might the key of ${e} sign at time ${at}?  KEYRING_GOOD, _NOT_YET, _EXPIRED or _REVOKED. */
enum keyring_verdict keyring_validity(const struct keyring_entry *, stamp_t);
const char *keyring_verdict_text(enum keyring_verdict);

/**
 * keyring_remember(dirfd, k):
 * Compare with the highest version that this program has seen, and the root key, kept in the file `keyring.seen` of its
 * journal folder ${dirfd}, and durably raise it, one process at a time by `keyring.lock`.  Return 0, or -1 after one diag
 * line: a lower version, the same with other bytes, another root that roots.txt does not tie to the one of before (errno
 * ESTALE), a damaged memory (EBADMSG), or an I/O error.
 */
#define KEYRING_SEEN "keyring.seen"
int keyring_remember(int, const struct keyring *);

/* As keyring_remember, but nothing is raised: may this keyring follow what was seen? */
int keyring_may_follow(int, const struct keyring *);

/* Is the memory whole, or not there?  0, or -1 after one diag line, errno EBADMSG for a damaged one. */
int keyring_seen(int);

/* May the keyring follow one of that version under that root ("": not known)?  0, or -1 with ESTALE after a diag line. */
int keyring_follows(const struct keyring *, uint64_t, const char *);

#endif
