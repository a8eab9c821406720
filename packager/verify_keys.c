#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "fsio.h"
#include "roots.h"

#include "verify_growth.h"

#include "verify_keys.h"

#define KEYRING_MAX ((size_t)1024 * 1024)
#define SIGNATURE_MAX ((size_t)4096)
#define KEPT_MAX 1024                       /* casetap-verify(1): one a week for nearly 20 years */
#define TEXT_MAX ((size_t)64 * 1024 * 1024) /* of all of them */

/* A keyring that nobody made: it knows no key. */
static const char nobody[] = "casetap-keyring/1\nversion: 1\nissued: 1970-01-01T00:00:00Z\napprovals: 1\n";

struct kept {
	struct buf text;
	struct keyring *keyring;
	char *where;
};

/* What came along and is still to be judged: by which root depends on all of it. */
struct found {
	struct buf text, minisig;
	char *where;
};

/*
 * Whenever no verify_keys_*() function is running:
 * 1. found[] holds no two with the same bytes; it is empty after verify_keys_settle().
 * 2. kept[] holds only keyrings that the root, or one tied to it, signed, no two with the same bytes.
 * 3. After verify_keys_settle(), best is one of them or `empty`.
 */
struct verify_keys {
	struct sign_pub root;
	struct found found[KEPT_MAX];
	size_t found_count;
	struct kept kept[KEPT_MAX];
	size_t count;
	struct buf roots_text; /* the longest roots.txt that holds; empty: none */
	struct roots *roots;
	int has_bad; /* something lay there that does not count */
	struct keyring *empty;
	const struct keyring *best;
	size_t text_bytes; /* of all that came along */
	struct verify_versions versions;
	const struct age_identities *identities;
};

struct verify_keys *
verify_keys_new(const struct sign_pub *root)
{
	struct verify_keys *k = calloc(1, sizeof(*k));

	if (k != NULL)
		k->root = *root;
	return k;
}

static void
free_found(struct found *f)
{
	buf_free(&f->text);
	buf_free(&f->minisig);
	free(f->where);
}

void
verify_keys_free(struct verify_keys *k)
{
	size_t i;

	if (k == NULL)
		return;
	for (i = 0; i < k->found_count; i++)
		free_found(&k->found[i]);
	buf_free(&k->roots_text);
	roots_free(k->roots);
	for (i = 0; i < k->count; i++) {
		buf_free(&k->kept[i].text);
		keyring_free(k->kept[i].keyring);
		free(k->kept[i].where);
	}
	keyring_free(k->empty);
	verify_versions_free(&k->versions);
	free(k);
}

void
verify_keys_set_identities(struct verify_keys *k, const struct age_identities *identities)
{
	k->identities = identities;
}

const struct age_identities *
verify_keys_identities(const struct verify_keys *k)
{
	return k->identities;
}

/* Say what is wrong with a file of the keyring; return -1. */
static int
blame(struct verify_result *result, enum verify_code code, const char *where, const char *what)
{
	verify_say(result, code, where, "%s", what);
	return -1;
}

static int
blame_file(struct verify_result *result, const char *where, int error)
{
	return blame(result, verify_file_is_hostile(error) ? VERIFY_MALFORMED : VERIFY_UNREADABLE, where,
	    verify_file_why(error));
}

static int
is_same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* Judge a keyring; what counts is kept.  Return 0, or -1 after a finding. */
static int
judge(struct verify_keys *k, struct found *f, struct verify_result *result)
{
	struct kept *new = &k->kept[k->count];
	struct sign_sig sig;
	uint64_t first, last;
	size_t i;

	if (f->minisig.len == 0 || sign_parse(f->minisig.data, f->minisig.len, &sig) == -1)
		return blame(result, VERIFY_TAMPERED, f->where, "its .minisig is not a minisign signature");
	if (f->text.len == 0 ||
	    roots_signer(k->roots, &k->root, &sig, f->text.data, f->text.len, &first, &last) == -1)
		return blame(result, VERIFY_TAMPERED, f->where, "is not signed by the given root key");
	for (i = 0; i < k->count; i++) {
		if (is_same(&k->kept[i].text, &f->text))
			return 0;
	}
	new->keyring = keyring_parse(f->text.data, f->text.len, f->where);
	if (new->keyring == NULL && errno == ENOMEM) {
		result->failed = 1;
		return blame(result, VERIFY_UNREADABLE, f->where, "out of memory");
	}
	if (new->keyring == NULL)
		return blame(result, VERIFY_MALFORMED, f->where, "is signed by the root, but is no keyring");
	if (keyring_version(new->keyring) < first || keyring_version(new->keyring) > last) {
		keyring_free(new->keyring);
		return blame(result, VERIFY_TAMPERED, f->where,
		    "is signed by a root that was not the root when this version was issued");
	}
	new->text = f->text;
	new->where = f->where;
	memset(&f->text, 0, sizeof(f->text));
	f->where = NULL;
	k->count++;
	return 0;
}

/* Put what was found aside, unless the very same is there; the texts become ours. */
static int
put_aside(
    struct verify_keys *k, struct buf *text, struct buf *minisig, const char *where, struct verify_result *result)
{
	struct found *f = &k->found[k->found_count];
	size_t i;

	for (i = 0; i < k->found_count; i++) {
		if (is_same(&k->found[i].text, text) && is_same(&k->found[i].minisig, minisig))
			return 0;
	}
	if (k->found_count == KEPT_MAX || text->len > TEXT_MAX - k->text_bytes)
		return blame(result, VERIFY_MALFORMED, where, "more different keyrings than a case can have");
	f->where = strdup(where);
	if (f->where == NULL) {
		result->failed = 1;
		return blame(result, VERIFY_UNREADABLE, where, "out of memory");
	}
	k->text_bytes += text->len;
	f->text = *text;
	f->minisig = *minisig;
	memset(text, 0, sizeof(*text));
	memset(minisig, 0, sizeof(*minisig));
	k->found_count++;
	return 0;
}

/* Of two histories of the root, one must begin with the other: the longer one counts. */
static int
take_roots(struct verify_keys *k, struct buf *text, const char *where, struct verify_result *result)
{
	const struct buf *have = &k->roots_text;
	size_t common = have->len < text->len ? have->len : text->len;
	struct roots *roots;

	if (have->len > 0 && memcmp(have->data, text->data, common) != 0)
		return blame(result, VERIFY_TAMPERED, where, "tells another history of the root than the rest");
	if (text->len <= have->len)
		return 0;
	roots = roots_parse(text->data, text->len, where);
	result->failed |= roots == NULL && errno == ENOMEM;
	if (roots == NULL)
		return blame(
		    result, VERIFY_TAMPERED, where, "is no chain of roots, each signed by the one before and after");
	roots_free(k->roots);
	buf_free(&k->roots_text);
	k->roots = roots;
	k->roots_text = *text;
	memset(text, 0, sizeof(*text));
	return 0;
}

static int
load_roots(struct verify_keys *k, const struct verify_dir *dir, const char *folder, struct verify_result *result)
{
	struct buf text = BUF_INIT;
	char *where = NULL;
	int rc = 0;

	if (asprintf(&where, "%s/" KEYRING_ROOTS, folder) == -1)
		return -1;
	if (verify_file_load(dir, KEYRING_ROOTS, ROOTS_MAX_BYTES, &text) == -1)
		rc = errno == ENOENT ? 0 : blame_file(result, where, errno);
	else
		rc = text.len == 0 ? blame(result, VERIFY_MALFORMED, where, "is empty")
				   : take_roots(k, &text, where, result);
	buf_free(&text);
	free(where);
	return rc;
}

int
verify_keys_load(struct verify_keys *k, const struct verify_dir *dir, const char *name, const char *folder,
    struct verify_result *result)
{
	struct buf text = BUF_INIT, minisig = BUF_INIT;
	char *where = NULL, sig_name[256];
	int rc = -1;

	if (asprintf(&where, "%s/%s", folder, name) == -1) {
		where = NULL;
		goto out;
	}
	(void)snprintf(sig_name, sizeof(sig_name), "%s.minisig", name); /* a name too long is not there */
	if (load_roots(k, dir, folder, result) == -1)
		k->has_bad = 1;
	if (verify_file_load(dir, name, KEYRING_MAX, &text) == -1) {
		if (errno == ENOENT)
			rc = 1;
		else
			(void)blame_file(result, where, errno);
		goto out;
	}
	if (verify_file_load(dir, sig_name, SIGNATURE_MAX, &minisig) == -1) {
		if (errno == ENOENT)
			(void)blame(result, VERIFY_INCOMPLETE, where, "its .minisig is missing: it does not count");
		else
			(void)blame_file(result, where, errno);
		goto out;
	}
	rc = put_aside(k, &text, &minisig, where, result);
out:
	k->has_bad |= rc == -1;
	buf_free(&text);
	buf_free(&minisig);
	free(where);
	return rc;
}

/* Is it the version that the best one remembers under its number, if it does? */
static int
is_remembered(const struct keyring *best, const struct keyring *one)
{
	const struct keyring_version *v;
	size_t i;

	for (i = 0; i < keyring_history_count(best); i++) {
		v = keyring_history(best, i);
		if (v->version == keyring_version(one))
			return strcmp(v->sha256, keyring_sha256(one)) == 0;
	}
	return 1;
}

static void
compare_with_best(const struct verify_keys *k, const struct kept *best, struct verify_result *result)
{
	const struct kept *one;
	size_t i;

	for (i = 0; i < k->count; i++) {
		one = &k->kept[i];
		if (one == best)
			continue;
		if (keyring_version(one->keyring) == keyring_version(best->keyring))
			verify_say(result, VERIFY_TAMPERED, one->where,
			    "keyring version %" PRIu64 " is not the one in %s", keyring_version(one->keyring),
			    best->where);
		else if (!verify_growth_is_earlier(&one->text, &best->text))
			verify_say(result, VERIFY_TAMPERED, one->where,
			    "holds lines that the later version %" PRIu64 " in %s lacks: lines are only added",
			    keyring_version(best->keyring), best->where);
		else if (!is_remembered(best->keyring, one->keyring))
			verify_say(result, VERIFY_TAMPERED, one->where,
			    "is not the version %" PRIu64 " that %s remembers", keyring_version(one->keyring),
			    best->where);
	}
}

/* Where two differ under one number that was said, and the best one's word counts. */
static int
list_versions(struct verify_keys *k)
{
	size_t i;
	int rc = verify_versions_add(&k->versions, k->best);

	for (i = 0; rc == 0 && i < k->count; i++)
		rc = verify_versions_add(&k->versions, k->kept[i].keyring);
	return rc;
}

int
verify_keys_settle(struct verify_keys *k, struct verify_result *result)
{
	const struct kept *best = NULL;
	size_t i;

	for (i = 0; i < k->found_count; i++) {
		if (judge(k, &k->found[i], result) == -1)
			k->has_bad = 1;
		free_found(&k->found[i]);
	}
	k->found_count = 0;
	for (i = 0; i < k->count; i++) {
		if (best == NULL || keyring_version(k->kept[i].keyring) > keyring_version(best->keyring))
			best = &k->kept[i];
	}
	if (best != NULL) {
		compare_with_best(k, best, result);
		k->best = best->keyring;
		result->keyring_version = keyring_version(best->keyring);
		(void)snprintf(result->keyring_sha256, DIGEST_HEX, "%s", keyring_sha256(best->keyring));
		return list_versions(k);
	}
	k->empty = keyring_parse(nobody, sizeof(nobody) - 1, "no keyring");
	k->best = k->empty;
	return k->best == NULL ? -1 : 0;
}

void
verify_keys_miss(struct verify_keys *k)
{
	k->has_bad = 1;
}

int
verify_keys_is_empty(const struct verify_keys *k)
{
	return k->count == 0 && k->found_count == 0 && !k->has_bad;
}

const struct keyring *
verify_keys_best(const struct verify_keys *k)
{
	return k->best;
}

const struct verify_versions *
verify_keys_versions(const struct verify_keys *k)
{
	return &k->versions;
}

uint64_t
verify_keys_version(const struct verify_keys *k, const char *sha256)
{
	const struct keyring_version *v = verify_versions_find(&k->versions, sha256);

	return v == NULL ? 0 : v->version;
}
