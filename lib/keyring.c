#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "roots.h"
#include "trusted.h"

#include "keyring.h"

#include "keyring_internal.h"

#define SIDE_FILE_MAX ((size_t)4096) /* a signature, a public key, the memory */
#define SEEN_FILE "keyring.seen"
#define SEEN_FORMAT "casetap-keyring-seen/1"
#define SEEN_LOCK "keyring.lock"
#define SEEN_LOCK_SECONDS 5

void
keyring_free(struct keyring *k)
{
	int saved = errno;

	if (k == NULL)
		return;
	free(k->entries);
	free(k->history);
	buf_free(&k->minisig);
	free(k);
	errno = saved;
}

char *
keyring_roots_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *out;

	if (asprintf(&out, "%.*s" KEYRING_ROOTS, slash == NULL ? 0 : (int)(slash + 1 - path), path) == -1)
		return NULL;
	return out;
}

/* What keyring_load gathers before it judges. */
struct files {
	struct buf text, minisig, before, root, roots;
	char *sig_path, *before_path, *roots_path;
};

static char *
joined(const char *path, const char *suffix)
{
	char *out;

	return asprintf(&out, "%s%s", path, suffix) == -1 ? NULL : out;
}

static int
load_if_there(const char *path, size_t max, struct buf *out, int *status)
{
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return 0;
	return trusted_load_path(path, max, out, status);
}

static int
load_files(struct files *f, const char *path, const char *root_path, int *status)
{
	*status = EX_OSERR;
	f->roots_path = keyring_roots_path(path);
	if (f->roots_path == NULL || (f->sig_path = joined(path, ".minisig")) == NULL ||
	    (f->before_path = joined(path, KEYRING_SIGNATURE_BEFORE)) == NULL) {
		diag_err("%s", path);
		return -1;
	}
	if (trusted_load_path(path, KEYRING_BYTES_MAX, &f->text, status) == -1 ||
	    trusted_load_path(root_path, SIDE_FILE_MAX, &f->root, status) == -1 ||
	    trusted_load_path(f->sig_path, SIDE_FILE_MAX, &f->minisig, status) == -1)
		return -1;
	if (load_if_there(f->before_path, SIDE_FILE_MAX, &f->before, status) == -1)
		return -1;
	/* Most installations never had another root. */
	return load_if_there(f->roots_path, ROOTS_MAX_BYTES, &f->roots, status);
}

static void
free_files(struct files *f)
{
	buf_free(&f->text);
	buf_free(&f->minisig);
	buf_free(&f->before);
	buf_free(&f->root);
	buf_free(&f->roots);
	free(f->sig_path);
	free(f->before_path);
	free(f->roots_path);
}

/* Is the keyring's text signed by the root key, or one that roots.txt ties to it?  Its versions go to first and last. */
static int
is_signed(const struct files *f, const struct roots *roots, const struct sign_pub *pub, const struct buf *minisig,
    uint64_t *first, uint64_t *last)
{
	struct sign_sig sig;

	return minisig->len > 0 && sign_parse(minisig->data, minisig->len, &sig) == 0 &&
	       roots_signer(roots, pub, &sig, f->text.data, f->text.len, first, last) == 0;
}

/* By which signature is the text the root's?  The one of before takes the other's place in ${f}. */
static int
check_root(struct files *f, const char *path, const char *root_path, uint64_t *first, uint64_t *last)
{
	struct roots *roots = NULL;
	struct sign_pub pub;
	struct sign_sig sig;
	int rc = -1;

	if (f->roots.len > 0) {
		roots = roots_parse(f->roots.data, f->roots.len, f->roots_path);
		if (roots == NULL)
			return -1;
	}
	if (sign_pub_parse_file(f->root.data, f->root.len, &pub) == -1) {
		diag_errx("%s: not a minisign public key", root_path);
	} else if (is_signed(f, roots, &pub, &f->minisig, first, last)) {
		rc = 0;
	} else if (is_signed(f, roots, &pub, &f->before, first, last)) {
		buf_free(&f->minisig);
		f->minisig = f->before;
		f->before = (struct buf)BUF_INIT;
		rc = 0;
	} else if (sign_parse(f->minisig.data, f->minisig.len, &sig) == -1) {
		diag_errx("%s: not a minisign signature (prehashed, one, and nothing else)", f->sig_path);
	} else {
		diag_errx("%s: is not signed by the root key %s", path, root_path);
	}
	roots_free(roots);
	return rc;
}

struct keyring *
keyring_load(const char *path, const char *root_path, int *status)
{
	struct files f = {.sig_path = NULL};
	struct keyring *k = NULL;
	uint64_t first, last;

	if (load_files(&f, path, root_path, status) == -1)
		goto out;
	*status = EX_CONFIG;
	if (check_root(&f, path, root_path, &first, &last) == -1)
		goto out;
	k = keyring_parse(f.text.data, f.text.len, path);
	if (k == NULL) {
		*status = errno == ENOMEM ? EX_OSERR : EX_CONFIG;
	} else if (k->version < first || k->version > last) {
		diag_errx("%s: version %" PRIu64 " is not one that its root might sign: another root was the root",
		    path, k->version);
		keyring_free(k);
		k = NULL;
	} else {
		k->minisig = f.minisig;
		f.minisig = (struct buf)BUF_INIT;
	}
out:
	free_files(&f);
	return k;
}

uint64_t
keyring_version(const struct keyring *k)
{
	return k->version;
}

stamp_t
keyring_issued(const struct keyring *k)
{
	return k->issued;
}

unsigned
keyring_approvals(const struct keyring *k)
{
	return k->approvals;
}

const char *
keyring_sha256(const struct keyring *k)
{
	return k->sha256;
}

const struct buf *
keyring_signature(const struct keyring *k)
{
	return &k->minisig;
}

size_t
keyring_count(const struct keyring *k)
{
	return k->count;
}

const struct keyring_entry *
keyring_entry(const struct keyring *k, size_t i)
{
	return &k->entries[i];
}

size_t
keyring_history_count(const struct keyring *k)
{
	return k->history_count;
}

const struct keyring_version *
keyring_history(const struct keyring *k, size_t i)
{
	return &k->history[i];
}

const struct keyring_entry *
keyring_find(const struct keyring *k, enum keyring_kind kind, const uint8_t id[8])
{
	size_t i;

	for (i = 0; i < k->count; i++) {
		if (k->entries[i].kind == kind && memcmp(k->entries[i].pub.id, id, sizeof(k->entries[i].pub.id)) == 0)
			return &k->entries[i];
	}
	return NULL;
}

enum keyring_verdict
keyring_judge(const struct keyring *k, enum keyring_kind kind, const struct sign_sig *sig, const void *data, size_t n,
    stamp_t at, const struct keyring_entry **entry)
{
	const struct keyring_entry *e = keyring_find(k, kind, sig->id);

	if (entry != NULL)
		*entry = e;
	if (e == NULL)
		return KEYRING_UNKNOWN;
	return sign_verify(&e->pub, sig, data, n) != 0 ? KEYRING_FORGED : keyring_validity(e, at);
}

enum keyring_verdict
keyring_validity(const struct keyring_entry *e, stamp_t at)
{
	if (e->revoked != STAMP_NONE && at >= e->revoked)
		return KEYRING_REVOKED;
	if (e->from != STAMP_NONE && at < e->from)
		return KEYRING_NOT_YET;
	if (e->to != STAMP_NONE && at >= e->to)
		return KEYRING_EXPIRED;
	return KEYRING_GOOD;
}

const char *
keyring_verdict_text(enum keyring_verdict verdict)
{
	static const char *const texts[] = {[KEYRING_GOOD] = "good",
	    [KEYRING_UNKNOWN] = "by a key that is not in the keyring",
	    [KEYRING_NOT_YET] = "by a key that is not valid yet",
	    [KEYRING_EXPIRED] = "by a key that is no longer valid",
	    [KEYRING_REVOKED] = "by a revoked key",
	    [KEYRING_FORGED] = "not a signature of this text"};

	return texts[verdict];
}

/* What the memory file says: version 0 where there is none.  Return 0, or -1 after one diag line. */
static int
load_seen(int dirfd, uint64_t *version, char sha256[DIGEST_HEX])
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	const char *format, *hash;
	int rc = -1;

	*version = 0;
	if (fsio_load(dirfd, SEEN_FILE, SIDE_FILE_MAX, &text) == -1) {
		rc = errno == ENOENT ? 0 : -1;
		if (rc == -1)
			diag_err(SEEN_FILE);
		goto out;
	}
	j = json_parse(text.data, text.len, 2);
	format = json_get_string(j, "format");
	hash = json_get_string(j, "sha256");
	if (format == NULL || strcmp(format, SEEN_FORMAT) != 0 || hash == NULL || !digest_is_hex(hash) ||
	    json_get_u64(j, "version", version) == -1) {
		diag_errx(SEEN_FILE ": damaged; the keyring can not be compared with the highest one seen");
		errno = EBADMSG;
		goto out;
	}
	memcpy(sha256, hash, DIGEST_HEX);
	rc = 0;
out:
	json_free(j);
	buf_free(&text);
	return rc;
}

static int
save_seen(int dirfd, const struct keyring *k)
{
	char text[256];
	int n;

	n = snprintf(text, sizeof(text),
	    "{\"format\":\"" SEEN_FORMAT "\",\"version\":%" PRIu64 ",\"sha256\":\"%s\"}\n", k->version, k->sha256);
	if (fsio_replace(dirfd, SEEN_FILE, text, (size_t)n, 0640) == -1) {
		diag_err(SEEN_FILE);
		return -1;
	}
	return 0;
}

/* Return 1 where ${k} is newer than what was seen, 0 where it is the same, -1 after one diag line. */
static int
compare_seen(int dirfd, const struct keyring *k)
{
	char sha256[DIGEST_HEX];
	uint64_t version;

	if (load_seen(dirfd, &version, sha256) == -1)
		return -1;
	if (k->version > version)
		return 1;
	if (k->version == version && strcmp(k->sha256, sha256) == 0)
		return 0;
	if (k->version == version)
		diag_errx("keyring version %" PRIu64 ": not the one of this version that was seen before", version);
	else
		diag_errx("keyring version %" PRIu64 ": older than version %" PRIu64 ", which was seen before",
		    k->version, version);
	errno = ESTALE;
	return -1;
}

int
keyring_may_follow(int dirfd, const struct keyring *k)
{
	return compare_seen(dirfd, k) == -1 ? -1 : 0;
}

int
keyring_remember(int dirfd, const struct keyring *k)
{
	int lockfd, saved, rc = compare_seen(dirfd, k);

	if (rc != 1)
		return rc;
	/* Two commands, or two access points, start with a new keyring at once. */
	lockfd = fsio_lock(dirfd, SEEN_LOCK, SEEN_LOCK_SECONDS);
	if (lockfd == -1) {
		diag_err(SEEN_LOCK);
		return -1;
	}
	rc = compare_seen(dirfd, k);
	if (rc == 1)
		rc = save_seen(dirfd, k);
	saved = errno;
	(void)close(lockfd); /* only a lock */
	errno = saved;
	return rc;
}
