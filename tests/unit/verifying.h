#ifndef VERIFYING_H
#define VERIFYING_H

#include "fsio.h"
#include "ledger.h"
#include "manifest.h"

#include "verify_case.h"
#include "verify_file.h"

#include "findings.h"
#include "scratch.h"

/*
 * What tests of the verifier need: keys, a folder of a day without packages that its station closed, and the verifier run
 * over it.
 */
#define CASE "LI-2026-0042"
#define DAY "2026-11-20"
#define FOLDER CASE "/tower-7/" DAY
#define LEDGER CASE "_tower-7_" DAY ".ledger.txt"
#define PACKAGE CASE "_tower-7_0000000001.tar"
#define T0 (STAMP_DAY * 20777)
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static struct sign_key *root, *station, *stranger;

static inline int
make_keys(void **state)
{
	if (sign_init() == -1)
		return -1;
	root = sign_key_generate();
	station = sign_key_generate();
	stranger = sign_key_generate();
	return scratch_setup(state);
}

static inline int
drop_keys(void **state)
{
	sign_key_free(root);
	sign_key_free(station);
	sign_key_free(stranger);
	return scratch_teardown(state);
}

static inline void
put(const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), FOLDER "/%s", name);
	scratch_puts(path, text);
}

static inline void
put_signature(const char *name, const struct sign_key *key, const char *text, const char *comment)
{
	struct buf sig = BUF_INIT;

	assert_int_equal(sign_make(key, text, strlen(text), comment, &sig), 0);
	put(name, sig.data);
	buf_free(&sig);
}

static inline const char *
keyring_text(unsigned version, const char *more)
{
	static char text[1024];
	char pub[SIGN_KEY_TEXT];

	sign_pub_format(sign_key_pub(station), pub);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: %u\nissued: 2026-01-01T00:00:00Z\napprovals: 1\nstation: %s name=tower-7 "
	    "from=2026-01-01T00:00:00Z to=2026-11-22T00:00:00Z\n%s",
	    version, pub, more);
	return text;
}

static inline void
list(struct manifest *m, const char *name, const char *text)
{
	char sha256[DIGEST_HEX];

	assert_int_equal(digest_hex_of(text, strlen(text), sha256), 0);
	assert_int_equal(manifest_add(m, sha256, name), 0);
}

static inline void
put_sums(const struct sign_key *key, const char *ledger, const char *keyring, const char *comment)
{
	struct manifest *m = manifest_new();
	struct buf text = BUF_INIT;

	list(m, LEDGER, ledger);
	list(m, "keyring.txt", keyring);
	assert_int_equal(manifest_write(m, &text), 0);
	put("SHA256SUMS", text.data);
	put_signature("SHA256SUMS.minisig", key, text.data, comment);
	buf_free(&text);
	manifest_free(m);
}

/* The text of the ledger of an empty, final day. */
static inline const char *
ledger_text(stamp_t day, const char *keyring)
{
	static char text[1024];
	struct ledger l;
	struct buf out = BUF_INIT;

	memset(&l, 0, sizeof(l));
	strcpy(l.case_id, CASE);
	strcpy(l.iap, "tower-7");
	l.day = day;
	assert_int_equal(digest_hex_of(keyring, strlen(keyring), l.keyring_sha256), 0);
	strcpy(l.custody_head, ZEROS);
	l.final = 1;
	strcpy(l.final_reason, "revoked");
	l.final_revision = 1;
	assert_int_equal(ledger_write(&l, &out), 0);
	assert_true(out.len < sizeof(text));
	memcpy(text, out.data, out.len + 1);
	buf_free(&out);
	return text;
}

/* A whole day without packages, signed by the station inside its key's validity. */
static inline void
put_day(const struct sign_key *key)
{
	const char *keyring = keyring_text(1, ""), *ledger = ledger_text(T0, keyring);

	put("keyring.txt", keyring);
	put_signature("keyring.txt.minisig", root, keyring, "root");
	put(LEDGER, ledger);
	put_sums(key, ledger, keyring, "casetap case=x sealed=2026-11-21T00:00:01Z");
}

static inline int
set_up(void **state)
{
	(void)state;
	scratch_remove(CASE);
	assert_int_equal(mkdir(scratch_path(CASE), 0755), 0);
	assert_int_equal(mkdir(scratch_path(CASE "/tower-7"), 0755), 0);
	assert_int_equal(mkdir(scratch_path(FOLDER), 0755), 0);
	put_day(station);
	return 0;
}

static inline int
tear_down(void **state)
{
	(void)state;
	verify_result_free(result);
	result = NULL;
	return 0;
}

static inline void
judge_any(const char *path)
{
	struct verify_walk walk = VERIFY_WALK_INIT;
	struct verify_keys *keys = verify_keys_new(sign_key_pub(root));
	struct verify_progress progress;
	const char *full = scratch_path(path);

	verify_result_free(result);
	result = verify_result_new(T0 + 10 * STAMP_DAY);
	scratch_listen();
	assert_int_equal(verify_walk_path(&walk, path, full, keys, result), 0);
	verify_walk_sort(&walk);
	assert_int_equal(verify_keys_settle(keys, result), 0);
	verify_progress_start(&progress, 0, walk.packages);
	assert_int_equal(verify_cases(&walk, keys, NULL, &progress, result), 0);
	scratch_heard();
	verify_walk_free(&walk);
	verify_keys_free(keys);
}

static inline void
judge(const char *path, int status)
{
	size_t i;

	judge_any(path);
	for (i = 0; verify_result_status(result) != status && i < result->count; i++)
		print_message("%s: %s\n", result->findings[i].where, result->findings[i].what);
	assert_int_equal(verify_result_status(result), status);
}

#endif
