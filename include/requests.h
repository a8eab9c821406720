#ifndef REQUESTS_H
#define REQUESTS_H

#include <stddef.h>
#include <stdint.h>

#include "keyring.h"
#include "request.h"

/*
 * The requests about one case: requests/cases/CASE/NUMBER.request, where the operator puts them, each with the signatures
 * NUMBER.request.NAME.minisig; and records/CASE/requests/SHA256.request, where the packager keeps those that it has
 * followed, with the signature that counted.
 *
 * Whenever no requests_*() function is running:
 * 1. A request is followed once: what lies in records/ is done with, whatever lies in requests/; but a custody log is begun
 *    anew on the word that lies there, which is kept first.
 * 2. A hold counts from the moment its file is there, and until a release that was followed names it.  Removing the file of
 *    one that was followed ends nothing.
 */
#define REQUESTS_TREE "requests/cases"
#define REQUESTS_SUFFIX ".request"

/* Who approved, and by which signature. */
struct requests_approval {
	const struct keyring_entry *signer;
	struct buf sig;
};
#define REQUESTS_APPROVALS_MAX 16 /* no keyring asks for more */

struct requests_entry {
	struct request request;
	char name[NAMES_FILE_ROOM]; /* of its file in requests/cases/CASE, or in records/CASE/requests */
	int is_followed;
	struct buf text;
	/* Those that count, no two by one key or name, or in one role: one, or as many as request_needs_all() needs. */
	struct requests_approval approvals[REQUESTS_APPROVALS_MAX];
	unsigned approval_count;
	const struct keyring_entry *signer; /* the first one's, where they are enough; else NULL */
	int has_bad_signature;              /* one lies there that does not count */
};

struct requests;

/**
 * requests_load(statefd, case_id, keyring, now):
 * Load all of them, those that were followed first, the others in the order of their names.  Signatures are judged, at
 * ${now}, of those that are not followed yet, and of those to begin a custody log anew; a key that was
 * ever revoked counts for nothing.  ${keyring} must outlive it.
 * Return them, or NULL after one diag line.  One that can not be read or parsed is one diag line and requests_damaged().
 */
struct requests *requests_load(int, const char *, const struct keyring *, stamp_t);
void requests_free(struct requests *);

size_t requests_count(const struct requests *);
const struct requests_entry *requests_entry(const struct requests *, size_t);

/* How many could not be read: what they ask is not known, so nothing is deleted. */
unsigned requests_damaged(const struct requests *);

/* The hold that is in force, or NULL: the i-th one. */
const struct request *requests_hold(const struct requests *, size_t);

#endif
