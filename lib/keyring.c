#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "roots.h"
#include "trusted.h"

#include "keyring.h"

#include "keyring_internal.h"

#define SIDE_FILE_MAX ((size_t)4096) /* a signature, a public key */

void
keyring_free(struct keyring *k)
{
	int saved = errno;

	if (k == NULL)
		return;
	free(k->entries);
	free(k->history);
	buf_free(&k->minisig);
	roots_free(k->roots);
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
	struct roots *tied;
	struct sign_pub pub;
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
	roots_free(f->tied);
	free(f->sig_path);
	free(f->before_path);
	free(f->roots_path);
}

/* Is the keyring's text signed by the root key, or one that roots.txt ties to it?  Its versions go to first and last. */
static int
is_signed(const struct files *f, const struct buf *minisig, uint64_t *first, uint64_t *last)
{
	struct sign_sig sig;

	return minisig->len > 0 && sign_parse(minisig->data, minisig->len, &sig) == 0 &&
	       roots_signer(f->tied, &f->pub, &sig, f->text.data, f->text.len, first, last) == 0;
}

/* By which signature is the text the root's?  The one of before takes the other's place in ${f}. */
static int
check_root(struct files *f, const char *path, const char *root_path, uint64_t *first, uint64_t *last)
{
	struct sign_sig sig;
	int rc = -1;

	if (f->roots.len > 0) {
		f->tied = roots_parse(f->roots.data, f->roots.len, f->roots_path);
		if (f->tied == NULL)
			return -1;
	}
	if (sign_pub_parse_file(f->root.data, f->root.len, &f->pub) == -1) {
		diag_errx("%s: not a minisign public key", root_path);
	} else if (is_signed(f, &f->minisig, first, last)) {
		rc = 0;
	} else if (is_signed(f, &f->before, first, last)) {
		buf_free(&f->minisig);
		f->minisig = f->before;
		f->before = (struct buf)BUF_INIT;
		rc = 0;
	} else if (sign_parse(f->minisig.data, f->minisig.len, &sig) == -1) {
		diag_errx("%s: not a minisign signature (prehashed, one, and nothing else)", f->sig_path);
	} else {
		diag_errx("%s: is not signed by the root key %s", path, root_path);
	}
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
		sign_pub_format(&f.pub, k->root);
		k->roots = f.tied;
		f.tied = NULL;
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

const char *
keyring_root(const struct keyring *k)
{
	return k->root;
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
