#include <sysexits.h>

#include "scratch.h"

#include "buf.h"
#include "keyring.h"
#include "sign.h"

#define KEYS 4
#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct sign_key *keys[KEYS];
static char key_text[KEYS][SIGN_KEY_TEXT];

static int
setup(void **state)
{
	size_t i;

	if (scratch_setup(state) == -1 || sign_init() == -1)
		return -1;
	for (i = 0; i < KEYS; i++) {
		keys[i] = sign_key_generate();
		if (keys[i] == NULL)
			return -1;
		sign_pub_format(sign_key_pub(keys[i]), key_text[i]);
	}
	return 0;
}

static int
teardown(void **state)
{
	size_t i;

	for (i = 0; i < KEYS; i++)
		sign_key_free(keys[i]);
	return scratch_teardown(state);
}

/* A keyring's text: the head of this version and lines in which @N stands for the N-th key. */
static char *
make(unsigned version, const char *lines)
{
	static char text[8192];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: %u\nissued: 2026-11-20T00:00:00Z\napprovals: 2\n", version);
	for (; *lines != '\0'; lines++) {
		if (*lines == '@')
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", key_text[*++lines - '0']);
		else
			text[n++] = *lines;
	}
	text[n] = '\0';
	return text;
}

static const char people[] = "approver: @0 name=legal-officer role=legal from=2026-11-20T00:00:00Z\n"
			     "approver: @1 name=engineer role=technical\n"
			     "station: @2 name=tower-7 from=2026-11-20T00:00:00Z to=2027-11-20T00:00:00Z\n"
			     "lea: @3 name=county-sheriff\n"
			     "lea: @0 name=legal-officer\n"
			     "revoked: @0 at=2026-12-01T00:00:00Z reason=lost\n";

static struct keyring *
parse(const char *text)
{
	struct keyring *k;

	scratch_listen();
	k = keyring_parse(text, strlen(text), "keyring.txt");
	scratch_heard();
	return k;
}

static struct keyring *
takes(const char *text)
{
	struct keyring *k = parse(text);

	if (k == NULL)
		fail_msg("refused: %s", scratch_said);
	assert_string_equal(scratch_said, "");
	return k;
}

static void
refuses(const char *text, const char *what)
{
	struct keyring *k = parse(text);

	if (k != NULL)
		fail_msg("was taken: %s", text);
	assert_int_equal(errno, EINVAL);
	scratch_expect(what);
}

static stamp_t
at(const char *text)
{
	stamp_t t;

	assert_int_equal(stamp_parse(text, &t), 0);
	return t;
}

static void
keyring_takes_every_line_of_the_manual(void **state)
{
	struct keyring *k = takes(make(3, people));
	const struct keyring_entry *e;

	(void)state;
	assert_true(keyring_version(k) == 3);
	assert_true(keyring_issued(k) == at("2026-11-20T00:00:00Z"));
	assert_int_equal(keyring_approvals(k), 2);
	assert_true(digest_is_hex(keyring_sha256(k)));
	assert_int_equal(keyring_count(k), 5);
	e = keyring_entry(k, 0);
	assert_int_equal(e->kind, KEYRING_APPROVER);
	assert_string_equal(e->name, "legal-officer");
	assert_string_equal(e->role, "legal");
	assert_true(e->to == STAMP_NONE);
	assert_true(e->revoked == at("2026-12-01T00:00:00Z"));
	assert_string_equal(e->reason, "lost");
	assert_int_equal(e->line, 5);
	assert_true(sign_pub_equal(&e->pub, sign_key_pub(keys[0])));
	assert_true(keyring_entry(k, 1)->from == STAMP_NONE);
	assert_true(keyring_entry(k, 4)->revoked == at("2026-12-01T00:00:00Z")); /* the key, in whatever kind */
	assert_ptr_equal(keyring_find(k, KEYRING_STATION, sign_key_pub(keys[2])->id), keyring_entry(k, 2));
	assert_null(keyring_find(k, KEYRING_APPROVER, sign_key_pub(keys[2])->id));
	keyring_free(k);
	keyring_free(NULL);
}

static void
keyring_refuses_what_is_not_exactly_its_format(void **state)
{
	static const struct {
		const char *lines, *what;
	} table[] = {
	    {"approver: @0\n", ":5: has no name="},
	    {"approver: @0 name=\n", ":5: name:"},
	    {"approver: @0 name=a name=b\n", ":5: name: stands twice"},
	    {"approver: @0 name=a  role=b\n", ":5: not of the form"},
	    {"approver: @0 name=a \n", ":5: not of the form"},
	    {"approver:  @0 name=a\n", ":5: not a minisign public key"},
	    {"approver: RWQx name=a\n", ":5: not a minisign public key"},
	    {"approver: @0 name=a role=b role=c\n", ":5: role: stands twice"},
	    {"approver: @0 name=a/b\n", ":5: name:"},
	    {"approver: @0 name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", ":5: name:"},
	    {"approver: @0 name=a note=b\n", ":5: unknown field"},
	    {"approver: @0 name=a at=2026-12-01T00:00:00Z\n", ":5: unknown field"},
	    {"approver: @0 name=a from=2026-12-01\n", ":5: from:"},
	    {"approver: @0 name=a from=2026-12-01T00:00:00Z to=2026-12-01T00:00:00Z\n", ":5: to= is not after"},
	    {"station: @0 name=a role=b\n", ":5: unknown field"},
	    {"lea: @0 name=a role=b\n", ":5: unknown field"},
	    {"judge: @0 name=a\n", ":5: neither approver:"},
	    {"\n", ":5: neither approver:"},
	    {"# note\n", ":5: neither approver:"},
	    {"approver: @0 name=a\r\n", ":5: holds something else than printable"},
	    {"approver: @0 name=a\n\n", ":6: neither approver:"},
	    {"approver: @0 name=a", ":5: the last line has no end"},
	    {"approver: @0 name=caf\xc3\xa9\n", ":5: holds something else"},
	    {"approver: @0 name=a\nrevoked: @0 reason=lost\n", ":6: has no at="},
	    {"approver: @0 name=a\nrevoked: @1 at=2026-12-01T00:00:00Z\n", ":6: revokes a key that no line"},
	    {"revoked: @0 at=2026-12-01T00:00:00Z\napprover: @0 name=a\n", ":5: revokes a key that no line"},
	    {"approver: @0 name=a\nrevoked: @0 at=2026-12-01T00:00:00Z\nrevoked: @0 at=2026-12-02T00:00:00Z\n",
		":7: the key is revoked already"},
	    {"approver: @0 name=a\nrevoked: @0 at=2026-12-01T00:00:00Z\nlea: @0 name=a\n", ":7: the key is revoked"},
	    {"approver: @0 name=a\nrevoked: @0 at=2026-12-01T00:00:00Z name=a\n", ":6: unknown field"},
	    {"station: @0 name=a\nretired: @0\n", ":6: has no at="},
	    {"station: @0 name=a\nretired: @1 at=2026-12-01T00:00:00Z\n", ":6: retires a key that no line"},
	    {"station: @0 name=a\nretired: @0 at=2026-12-01T00:00:00Z reason=old\n", ":6: unknown field"},
	    {"station: @0 name=a from=2026-12-01T00:00:00Z\nretired: @0 at=2026-12-01T00:00:00Z\n",
		":6: at= is not after"},
	    {"previous: 1 issued=2026-11-01T00:00:00Z sha256=00 approvals=1\n", ":5: not of the form"},
	    {"previous: 1 sha256=" HASH " issued=2026-11-01T00:00:00Z approvals=1\n", ":5: not of the form"},
	    {"previous: 1 issued=2026-11-01T00:00:00Z sha256=" HASH " approvals=17\n", ":5: not of the form"},
	    {"previous: 9999 issued=2026-11-01T00:00:00Z sha256=" HASH " approvals=1\n",
		":5: previous versions rise"},
	};
	static const struct {
		const char *text, *what;
	} heads[] = {
	    {"", ":1: does not start with"},
	    {"casetap-keyring/2\n", ":1: does not start with"},
	    {"casetap-keyring/1\n", ":1: a line \"version: ...\""},
	    {"casetap-keyring/1\nissued: 2026-11-20T00:00:00Z\n", ":2: a line \"version: ...\""},
	    {"casetap-keyring/1\nversion: 0\n", ":2: version:"},
	    {"casetap-keyring/1\nversion: 01\n", ":2: version:"},
	    {"casetap-keyring/1\nversion: 1\nissued: today\n", ":3: issued:"},
	    {"casetap-keyring/1\nversion: 1\nissued: 2026-11-20T00:00:00Z\napprovals: 0\n", ":4: approvals:"},
	    {"casetap-keyring/1\nversion: 1\nissued: 2026-11-20T00:00:00Z\napprovals: 17\n", ":4: approvals:"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		refuses(make(1, table[i].lines), table[i].what);
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		refuses(heads[i].text, heads[i].what);
	keyring_free(takes(make(1, ""))); /* what casetap init starts from */
}

static void
fault_023_the_same_key_under_two_names_is_refused(void **state)
{
	struct sign_pub other_id = *sign_key_pub(keys[0]);
	char text[SIGN_KEY_TEXT], lines[512];

	(void)state;
	refuses(make(1, "approver: @0 name=a\napprover: @0 name=b\n"), ":6: the key, or its id, stands twice");
	other_id.id[0] ^= 1;
	sign_pub_format(&other_id, text);
	assert_true(snprintf(lines, sizeof(lines), "approver: @0 name=a\napprover: %s name=b\n", text) > 0);
	refuses(make(1, lines), ":6: the key, or its id, stands twice");
	keyring_free(takes(make(1, "approver: @0 name=a\nstation: @0 name=a\n")));
}

static enum keyring_verdict
judge(const struct keyring *k, enum keyring_kind kind, const struct sign_sig *sig, const char *time)
{
	const struct keyring_entry *e;
	enum keyring_verdict v = keyring_judge(k, kind, sig, "text", 4, at(time), &e);

	assert_int_equal(e == NULL, v == KEYRING_UNKNOWN);
	assert_non_null(keyring_verdict_text(v));
	return v;
}

static void
sign_with(const struct sign_key *key, const char *text, struct sign_sig *sig)
{
	struct buf b = BUF_INIT;

	assert_int_equal(sign_make(key, text, strlen(text), "test", &b), 0);
	assert_int_equal(sign_parse(b.data, b.len, sig), 0);
	buf_free(&b);
}

static void
fault_022_signatures_of_unknown_revoked_and_untimely_keys_are_told_apart(void **state)
{
	struct keyring *k = takes(make(3, people));
	struct sign_sig sig;

	(void)state;
	sign_with(keys[0], "text", &sig);
	assert_int_equal(judge(k, KEYRING_APPROVER, &sig, "2026-11-19T23:59:59Z"), KEYRING_NOT_YET);
	assert_int_equal(judge(k, KEYRING_APPROVER, &sig, "2026-11-20T00:00:00Z"), KEYRING_GOOD);
	assert_int_equal(judge(k, KEYRING_APPROVER, &sig, "2026-11-30T23:59:59Z"), KEYRING_GOOD);
	assert_int_equal(judge(k, KEYRING_APPROVER, &sig, "2026-12-01T00:00:00Z"), KEYRING_REVOKED);
	assert_int_equal(judge(k, KEYRING_STATION, &sig, "2026-11-21T00:00:00Z"), KEYRING_UNKNOWN);
	assert_int_equal(
	    keyring_judge(k, KEYRING_APPROVER, &sig, "text!", 5, at("2026-11-21T00:00:00Z"), NULL), KEYRING_FORGED);
	sig.sig[0] ^= 1;
	assert_int_equal(judge(k, KEYRING_APPROVER, &sig, "2026-11-21T00:00:00Z"), KEYRING_FORGED);
	sign_with(keys[2], "text", &sig);
	assert_int_equal(judge(k, KEYRING_STATION, &sig, "2027-11-19T23:59:59Z"), KEYRING_GOOD);
	assert_int_equal(judge(k, KEYRING_STATION, &sig, "2027-11-20T00:00:00Z"), KEYRING_EXPIRED);
	assert_int_equal(judge(k, KEYRING_APPROVER, &sig, "2027-11-19T23:59:59Z"), KEYRING_UNKNOWN);
	keyring_free(k);
}

/* Put root.pub, keyring.txt and its signature into the folder. */
static void
put_signed(const char *text, const struct sign_key *root)
{
	struct buf b = BUF_INIT;

	scratch_puts("keyring.txt", text);
	assert_int_equal(sign_make(root, text, strlen(text), "keyring", &b), 0);
	scratch_put("keyring.txt.minisig", b.data, b.len, 0644);
	buf_clear(&b);
	assert_int_equal(sign_pub_write(sign_key_pub(keys[3]), &b), 0);
	scratch_put("root.pub", b.data, b.len, 0644);
	buf_free(&b);
}

static struct keyring *
load(int *status)
{
	struct keyring *k;

	*status = -1;
	scratch_listen();
	k = keyring_load(scratch_path("keyring.txt"), scratch_path("root.pub"), status);
	scratch_heard();
	return k;
}

static void
refuses_load(int status, const char *what)
{
	int got;

	assert_null(load(&got));
	scratch_expect(what);
	assert_int_equal(got, status);
}

static void
keyring_load_takes_only_what_the_root_has_signed(void **state)
{
	struct keyring *k;
	int status;

	(void)state;
	put_signed(make(3, people), keys[3]);
	k = load(&status);
	assert_non_null(k);
	assert_true(keyring_version(k) == 3);
	keyring_free(k);
	put_signed(make(3, people), keys[2]);
	refuses_load(EX_CONFIG, "keyring.txt: is not signed by the root key");
	put_signed(make(3, people), keys[3]);
	scratch_puts("keyring.txt", make(4, people));
	refuses_load(EX_CONFIG, "keyring.txt: is not signed by the root key");
	put_signed("casetap-keyring/1\n", keys[3]);
	refuses_load(EX_CONFIG, "keyring.txt:1: a line");
	put_signed(make(3, people), keys[3]);
	scratch_puts("keyring.txt.minisig", "x\n");
	refuses_load(EX_CONFIG, "keyring.txt.minisig: not a minisign signature");
	scratch_puts("root.pub", "x\n");
	refuses_load(EX_CONFIG, "root.pub: not a minisign public key");
	scratch_remove("root.pub");
	refuses_load(EX_NOINPUT, "root.pub: No such file");
	put_signed(make(3, people), keys[3]);
	scratch_remove("keyring.txt.minisig");
	refuses_load(EX_NOINPUT, "keyring.txt.minisig: No such file");
	scratch_remove("keyring.txt");
	refuses_load(EX_NOINPUT, "keyring.txt: No such file");
	put_signed(make(3, people), keys[3]);
	assert_int_equal(chmod(scratch_path("keyring.txt"), 0666), 0);
	refuses_load(EX_NOPERM, "keyring.txt: writable by others");
}

static void
a_keyring_that_is_half_replaced_is_the_old_one(void **state)
{
	struct buf old = BUF_INIT;
	struct keyring *k;
	char text[4096];
	int status;

	(void)state;
	assert_true(snprintf(text, sizeof(text), "%s", make(3, people)) < (int)sizeof(text));
	assert_int_equal(sign_make(keys[3], text, strlen(text), "keyring", &old), 0);
	scratch_put("keyring.txt.minisig.before", old.data, old.len, 0644);
	put_signed(make(4, people), keys[3]);
	k = load(&status);
	assert_non_null(k);
	assert_true(keyring_version(k) == 4);
	assert_true(keyring_signature(k)->len > 0);
	keyring_free(k);
	scratch_puts("keyring.txt", text);
	k = load(&status);
	assert_non_null(k);
	assert_true(keyring_version(k) == 3);
	assert_int_equal(keyring_signature(k)->len, old.len);
	assert_memory_equal(keyring_signature(k)->data, old.data, old.len);
	keyring_free(k);
	scratch_puts("keyring.txt", make(5, people));
	refuses_load(EX_CONFIG, "keyring.txt: is not signed by the root key");
	scratch_remove("keyring.txt.minisig.before");
	scratch_puts("keyring.txt", text);
	refuses_load(EX_CONFIG, "keyring.txt: is not signed by the root key");
	scratch_remove("keyring.txt");
	scratch_remove("keyring.txt.minisig");
	scratch_remove("root.pub");
	buf_free(&old);
}

static int
remember(int dirfd, unsigned version, const char *lines)
{
	struct keyring *k = takes(make(version, lines));
	int rc;

	scratch_listen();
	rc = keyring_remember(dirfd, k);
	scratch_heard();
	keyring_free(k);
	return rc;
}

static void
fault_030_an_older_keyring_revives_nothing(void **state)
{
	struct keyring *k;
	int dirfd;

	(void)state;
	assert_int_equal(mkdir(scratch_path("journal"), 0755), 0);
	dirfd = open(scratch_path("journal"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(dirfd, -1);
	assert_int_equal(remember(dirfd, 3, people), 0);
	assert_int_equal(remember(dirfd, 3, people), 0);
	assert_int_equal(remember(dirfd, 2, people), -1);
	assert_int_equal(errno, ESTALE);
	scratch_expect("version 2: older than version 3");
	assert_int_equal(remember(dirfd, 3, "approver: @0 name=a\n"), -1);
	assert_int_equal(errno, ESTALE);
	scratch_expect("version 3: not the one");
	k = takes(make(4, people));
	assert_int_equal(keyring_may_follow(dirfd, k), 0);
	keyring_free(k);
	assert_int_equal(remember(dirfd, 3, people), 0);
	assert_int_equal(remember(dirfd, 4, people), 0);
	k = takes(make(3, people));
	scratch_listen();
	assert_int_equal(keyring_may_follow(dirfd, k), -1);
	scratch_heard();
	keyring_free(k);
	assert_int_equal(remember(dirfd, 3, people), -1);
	assert_int_equal(errno, ESTALE);
	scratch_puts("journal/keyring.seen", "{\"format\":\"casetap-keyring-seen/1\"}\n");
	assert_int_equal(remember(dirfd, 9, people), -1);
	assert_int_equal(errno, EBADMSG);
	scratch_expect("keyring.seen: damaged");
	assert_int_equal(close(dirfd), 0);
	scratch_remove("journal");
}

static void
keyring_survives_every_cut_and_every_changed_byte(void **state)
{
	static const char changes[] = {0, '\n', '=', ' ', ':', '\xff'};
	char good[4096], text[4096];
	size_t i, k, n;

	(void)state;
	assert_true(snprintf(good, sizeof(good), "%s", make(3, people)) < (int)sizeof(good));
	n = strlen(good);
	for (i = 0; i < n; i++) {
		scratch_listen();
		keyring_free(keyring_parse(good, i, "k"));
		for (k = 0; k < sizeof(changes); k++) {
			memcpy(text, good, n);
			text[i] = changes[k];
			keyring_free(keyring_parse(text, n, "k"));
		}
		scratch_heard();
	}
}

static void
a_retired_key_ends_and_earlier_versions_are_remembered(void **state)
{
	static const char text[] = "station: @2 name=tower-7 from=2026-11-20T00:00:00Z\n"
				   "station: @3 name=tower-7 from=2027-11-01T00:00:00Z to=2027-11-10T00:00:00Z\n"
				   "retired: @2 at=2027-11-20T00:00:00Z\n"
				   "previous: 1 issued=2026-11-01T00:00:00Z sha256=" HASH " approvals=1\n"
				   "retired: @3 at=2027-11-20T00:00:00Z\n"
				   "previous: 3 issued=2026-11-02T00:00:00Z sha256=" HASH " approvals=2\n";
	struct keyring *k = parse(make(7, text));
	stamp_t end, sooner;

	(void)state;
	assert_non_null(k);
	assert_int_equal(stamp_parse("2027-11-20T00:00:00Z", &end), 0);
	assert_int_equal(stamp_parse("2027-11-10T00:00:00Z", &sooner), 0);
	assert_true(keyring_entry(k, 0)->to == end);
	assert_true(keyring_entry(k, 1)->to == sooner);
	assert_true(keyring_entry(k, 0)->revoked == STAMP_NONE);
	assert_int_equal(keyring_history_count(k), 2);
	assert_int_equal(keyring_history(k, 1)->version, 3);
	assert_int_equal(keyring_history(k, 1)->approvals, 2);
	assert_string_equal(keyring_history(k, 0)->sha256, HASH);
	keyring_free(k);
	refuses(make(7, "previous: 2 issued=2026-11-01T00:00:00Z sha256=" HASH " approvals=1\n"
			"previous: 2 issued=2026-11-01T00:00:00Z sha256=" HASH " approvals=1\n"),
	    ":6: previous versions rise");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keyring_takes_every_line_of_the_manual),
	    cmocka_unit_test(keyring_refuses_what_is_not_exactly_its_format),
	    cmocka_unit_test(a_retired_key_ends_and_earlier_versions_are_remembered),
	    cmocka_unit_test(fault_022_signatures_of_unknown_revoked_and_untimely_keys_are_told_apart),
	    cmocka_unit_test(fault_023_the_same_key_under_two_names_is_refused),
	    cmocka_unit_test(keyring_load_takes_only_what_the_root_has_signed),
	    cmocka_unit_test(a_keyring_that_is_half_replaced_is_the_old_one),
	    cmocka_unit_test(fault_030_an_older_keyring_revives_nothing),
	    cmocka_unit_test(keyring_survives_every_cut_and_every_changed_byte),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
