#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "keyfile.h"
#include "keyring.h"
#include "sign.h"
#include "trusted.h"

#include "keyring_verbs.h"
#include "keys.h"

/* Does ${text} hold the line ${line} of ${n} bytes? */
static int
has_line(const struct buf *text, const char *line, size_t n)
{
	const char *p = text->data, *end = text->data + text->len;

	while ((p = memmem(p, (size_t)(end - p), line, n)) != NULL) {
		if ((p == text->data || p[-1] == '\n') && p + n < end && p[n] == '\n')
			return 1;
		p++;
	}
	return 0;
}

/* Is every key and revocation of the old keyring in the new one?  Lines are never removed: old evidence needs them. */
static int
keeps_lines(const struct buf *old, const struct buf *new)
{
	static const char *const headers[] = {"casetap-keyring/", "version: ", "issued: ", "approvals: "};
	const char *p = old->data, *end = old->data + old->len;
	unsigned number = 0;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = nl == NULL ? (size_t)(end - p) : (size_t)(nl - p), i;

		number++;
		for (i = 0; i < sizeof headers / sizeof headers[0]; i++)
			if (strncmp(p, headers[i], strlen(headers[i])) == 0)
				break;
		if (i == sizeof headers / sizeof headers[0] && !has_line(new, p, n)) {
			diag_errx(
			    "the new keyring lacks line %u of the one in force: lines are only ever added", number);
			return 0;
		}
		p += n + 1;
	}
	return 1;
}

/* May ${k} follow what is in force? */
static int
judge(const struct site *site, const struct roots *roots, const struct keyring *k, const struct buf *text,
    const struct buf *sig)
{
	struct buf old = BUF_INIT;
	struct sign_sig s;
	uint64_t first, last;
	int status = EX_CONFIG;

	if (sign_parse(sig->data, sig->len, &s) == -1) {
		diag_errx("the new keyring's signature is not minisign's (prehashed, one, and nothing else)");
		goto out;
	}
	if (roots_signer(roots, &site->root, &s, text->data, text->len, &first, &last) == -1) {
		diag_errx("the new keyring is not signed by the root");
		goto out;
	}
	if (keyring_version(k) < first || keyring_version(k) > last) {
		diag_errx(
		    "the new keyring is signed by a root that may not sign version %llu: another one is the root",
		    (unsigned long long)keyring_version(k));
		goto out;
	}
	if (keyring_version(k) < keyring_version(site->keyring) ||
	    (keyring_version(k) == keyring_version(site->keyring) &&
		strcmp(keyring_sha256(k), keyring_sha256(site->keyring)) != 0)) {
		diag_errx("the new keyring is version %llu, in force is %llu", (unsigned long long)keyring_version(k),
		    (unsigned long long)keyring_version(site->keyring));
		goto out;
	}
	if (fsio_load_path(site->conf->keyring, KEYRING_MAX_BYTES, &old) == -1) {
		diag_err("%s", site->conf->keyring);
		status = trusted_status(errno);
		goto out;
	}
	if (keeps_lines(&old, text))
		status = EX_OK;
out:
	buf_free(&old);
	return status;
}

static int
replace(const struct site *site, const char *suffix, const struct buf *text)
{
	char name[300];

	(void)snprintf(name, sizeof name, "%s%s", site->keyring_name, suffix);
	if (fsio_replace(site->keyring_dirfd, name, text->data, text->len, 0644) == 0)
		return 0;
	diag_err("%s%s", site->conf->keyring, suffix);
	return -1;
}

static void
remove_left_overs(const struct site *site)
{
	static const char *const suffixes[] = {
	    KEYRING_SIGNATURE_BEFORE, KEYRING_DRAFT, KEYRING_DRAFT KEYRING_SIGNATURE};
	char name[300];

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		(void)snprintf(name, sizeof name, "%s%s", site->keyring_name, suffixes[i]);
		(void)fsio_remove(site->keyring_dirfd, name); /* what is left over is only in the way */
	}
}

/* Is the file PATH SUFFIX a signature of ${text} by the root?  Then its bytes go to ${sig}. */
static int
is_signature(
    const struct site *site, const struct roots *roots, const char *suffix, const struct buf *text, struct buf *sig)
{
	struct buf path = BUF_INIT;
	struct sign_sig s;
	uint64_t first, last;
	int yes;

	buf_clear(sig);
	yes = buf_printf(&path, "%s%s", site->conf->keyring, suffix) == 0 &&
	      fsio_load_path(path.data, KEYRING_MAX_BYTES, sig) == 0 && sign_parse(sig->data, sig->len, &s) == 0 &&
	      roots_signer(roots, &site->root, &s, text->data, text->len, &first, &last) == 0;
	buf_free(&path);
	return yes;
}

/*
 * The signature in force is kept beside until the new text is there: killed at any point, every program goes on with the
 * old keyring or with the new one.  Where a killed run has left a new signature beside the old text, the one that it kept
 * is still the text's.  Return 0, also where nothing is in force, or -1 after one diag line.
 */
static int
keep_signature(const struct site *site, const struct roots *roots)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	int rc = 0;

	if (fsio_load_path(site->conf->keyring, KEYRING_MAX_BYTES, &text) == 0 &&
	    is_signature(site, roots, KEYRING_SIGNATURE, &text, &sig))
		rc = replace(site, KEYRING_SIGNATURE_BEFORE, &sig);
	buf_free(&text);
	buf_free(&sig);
	return rc;
}

/*
 * Judge a new keyring and its signature, then put both in force.
 */
int
keyring_put_in_force(
    const struct site *site, const struct roots *roots, const struct buf *text, const struct buf *sig)
{
	struct keyring *k = keyring_parse(text->data, text->len, "new keyring");
	int status = EX_DATAERR;

	if (k == NULL)
		goto out;
	status = judge(site, roots, k, text, sig);
	if (status == EX_OK)
		status = site_may_follow(site, k);
	if (status != EX_OK)
		goto out;
	status = EX_CANTCREAT;
	if (keep_signature(site, roots) == -1 || replace(site, KEYRING_SIGNATURE, sig) == -1 ||
	    replace(site, "", text) == -1)
		goto out;
	remove_left_overs(site);
	status = site_remember_keyring(site, k);
	if (status != EX_OK)
		goto out;
	printf("keyring version %llu is in force\n", (unsigned long long)keyring_version(k));
	status = site_journal(site, NULL, "keyring", keyring_sha256(k), NULL);
out:
	keyring_free(k);
	return status;
}

/* As keyring_put_in_force, with the roots that lie beside the keyring. */
static int
put_known(const struct site *site, const struct buf *text, const struct buf *sig)
{
	struct roots *roots = NULL;
	int status = site_load_roots(site, NULL, &roots);

	if (status == EX_OK)
		status = keyring_put_in_force(site, roots, text, sig);
	roots_free(roots);
	return status;
}

int
keyring_verb_sign(struct site *site, const struct args *args)
{
	const char *path = args_need(args, "root");
	struct buf text = BUF_INIT, sig = BUF_INIT;
	struct sign_key *root = NULL;
	int status;

	if (path == NULL)
		return EX_USAGE;
	status = keyring_load_base(site, &text);
	if (status != EX_OK)
		goto out;
	root = keyfile_load(path, &status);
	if (root == NULL)
		goto out;
	status = EX_OSERR;
	if (sign_make(root, text.data, text.len, "casetap keyring", &sig) == -1)
		diag_err("%s: cannot sign", path);
	else
		status = put_known(site, &text, &sig);
out:
	sign_key_free(root);
	buf_free(&text);
	buf_free(&sig);
	return status;
}

int
keyring_verb_import(struct site *site, const struct args *args)
{
	const char *file = args_word(args, 0);
	struct buf text = BUF_INIT, sig = BUF_INIT, path = BUF_INIT;
	int status = EX_OSERR;

	if (file == NULL) {
		diag_errx("usage: casetap keyring import FILE (its signature is FILE" KEYRING_SIGNATURE ")");
		return EX_USAGE;
	}
	if (buf_printf(&path, "%s" KEYRING_SIGNATURE, file) == -1) {
		diag_err("%s", file);
		goto out;
	}
	if (fsio_load_path(file, KEYRING_MAX_BYTES, &text) == -1) {
		diag_err("%s", file);
		status = trusted_status(errno);
		goto out;
	}
	if (fsio_load_path(path.data, KEYRING_MAX_BYTES, &sig) == -1) {
		diag_err("%s", path.data);
		status = trusted_status(errno);
		goto out;
	}
	status = put_known(site, &text, &sig);
out:
	buf_free(&text);
	buf_free(&sig);
	buf_free(&path);
	return status;
}
