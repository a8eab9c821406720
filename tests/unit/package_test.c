#include "packages.h"

static void
a_package_is_intact_under_its_own_name_only(void **state)
{
	char why[256];

	assert_int_equal(packages_check(package.data, package.len, NULL, why), PACKAGE_INTACT);
	assert_int_equal(packages_check(package.data, package.len, PACKAGES_STEM ".tar", why), PACKAGE_INTACT);
	assert_int_equal(
	    packages_check(package.data, package.len, "LI-2026-0042_tower-7_0000000002.tar", why), PACKAGE_TAMPERED);
}

/* Find a member of the package: the offset of its header. */
static size_t
find_member(const char *name)
{
	char path[128];
	size_t at;

	(void)snprintf(path, sizeof(path), PACKAGES_STEM "/%s", name);
	for (at = 0; at < package.len; at += TARFILE_BLOCK) {
		if (strcmp(package.data + at, path) == 0)
			return at;
	}
	fail_msg("no member %s", name);
	return 0;
}

static void
a_changed_file_is_named(void **state)
{
	static const char *const names[] = {"bag-info.txt", "custody.json", "data/" PACKAGES_STEM ".pcap",
	    "manifest-sha256.txt", "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.minisig"};
	size_t i, at;
	char why[256];

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		at = find_member(names[i]) + TARFILE_BLOCK + 20;
		package.data[at] ^= 1;
		assert_int_equal(packages_check(package.data, package.len, NULL, why), PACKAGE_TAMPERED);
		if (strncmp(why, names[i], strlen(names[i])) != 0)
			fail_msg("%s was changed, blamed was: %s", names[i], why);
		package.data[at] ^= 1;
	}
}

static void
fault_059_what_is_no_archive_is_malformed(void **state)
{
	char why[256];

	assert_int_equal(packages_check("hello", 5, NULL, why), PACKAGE_MALFORMED);
	assert_int_equal(packages_check("", 0, NULL, why), PACKAGE_MALFORMED);
}

static void
fault_080_a_second_archive_behind_the_end_is_malformed(void **state)
{
	struct buf twice = BUF_INIT;
	char why[256];

	assert_int_equal(buf_put(&twice, package.data, package.len), 0);
	assert_int_equal(buf_put(&twice, package.data, package.len), 0);
	assert_int_equal(packages_check(twice.data, twice.len, NULL, why), PACKAGE_MALFORMED);
	buf_free(&twice);
}

/* The package without the member at ${at}, and with what else is given at its place. */
static void
replaced(struct buf *out, size_t at, size_t end, const char *data, size_t n)
{
	assert_int_equal(buf_put(out, package.data, at), 0);
	assert_int_equal(buf_put(out, data, n), 0);
	assert_int_equal(buf_put(out, package.data + end, package.len - end), 0);
}

static void
fault_066_a_member_that_comes_twice_is_malformed(void **state)
{
	size_t at = find_member("custody.json"), end = find_member("manifest-sha256.txt");
	struct buf changed = BUF_INIT;
	char why[256];

	replaced(&changed, end, end, package.data + at, end - at);
	assert_int_equal(packages_check(changed.data, changed.len, NULL, why), PACKAGE_MALFORMED);
	assert_non_null(strstr(why, "custody.json: out of order, or twice"));
	buf_free(&changed);
}

static void
fault_074_a_member_that_is_missing_is_malformed(void **state)
{
	static const char *const names[] = {"bagit.txt", "bag-info.txt", "data/" PACKAGES_STEM ".pcap",
	    "custody.json", "manifest-sha256.txt", "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.minisig"};
	size_t i, at, end;
	struct buf changed = BUF_INIT;
	char why[256];

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		at = find_member(names[i]);
		end = i + 1 < sizeof(names) / sizeof(names[0]) ? find_member(names[i + 1]) : package.len - 1024;
		buf_clear(&changed);
		replaced(&changed, at, end, "", 0);
		assert_int_equal(packages_check(changed.data, changed.len, NULL, why), PACKAGE_MALFORMED);
		assert_non_null(strstr(why, "missing"));
	}
	buf_free(&changed);
}

static int
to_buf(void *cookie, const void *data, size_t n)
{
	return buf_put(cookie, data, n);
}

static void
fault_073_a_member_that_is_not_listed_is_found(void **state)
{
	size_t at = find_member("custody.json");
	struct buf member = BUF_INIT, changed = BUF_INIT;
	struct tarfile_writer *w = tarfile_writer_new(to_buf, &member);
	char why[256];

	assert_int_equal(tarfile_member(w, PACKAGES_STEM "/data/orders/9.order", 1,
			     (STREAMS_T0 + 300 * STAMP_SECOND) / STAMP_SECOND),
	    0);
	assert_int_equal(tarfile_data(w, "x", 1), 0);
	assert_int_equal(tarfile_finish(w), 0);
	tarfile_writer_free(w);
	replaced(&changed, at, at, member.data, member.len - 1024);
	assert_int_equal(packages_check(changed.data, changed.len, NULL, why), PACKAGE_TAMPERED);
	assert_string_equal(why, "data/orders/9.order: not in manifest-sha256.txt");
	buf_free(&member);
	buf_free(&changed);
}

static void
fault_078_a_signature_by_another_key_is_tampering(void **state)
{
	struct keyring *saved = ring;
	struct sign_key *other = sign_key_generate();
	char why[256];

	sealing_set_keyring(other, "tower-7");
	ring = keyring_parse(sealing_keyring, strlen(sealing_keyring), "keyring");
	assert_int_equal(packages_check(package.data, package.len, NULL, why), PACKAGE_TAMPERED);
	assert_non_null(strstr(why, "no station of the keyring"));
	keyring_free(ring);
	ring = saved;
	sign_key_free(other);
}

static void
fault_089_the_key_is_judged_at_the_time_of_the_seal(void **state)
{
	struct keyring *saved = ring;
	char text[512], key[SIGN_KEY_TEXT], why[256];
	static const struct {
		const char *rest;
		enum package_verdict verdict;
	} rings[] = {
	    {"from=2026-11-20T00:00:00Z to=2026-11-22T00:00:00Z", PACKAGE_INTACT}, /* expired since */
	    {"from=2026-11-22T00:00:00Z", PACKAGE_TAMPERED},
	    {"from=2026-11-20T00:00:00Z to=2026-11-21T00:00:00Z", PACKAGE_TAMPERED},
	};
	size_t i;

	sign_pub_format(sign_key_pub(sealing_key), key);
	for (i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\n"
		    "approver: %s name=officer from=2026-01-01T00:00:00Z\nstation: %s name=tower-7 %s\n",
		    key, key, rings[i].rest);
		ring = keyring_parse(text, strlen(text), "keyring");
		assert_non_null(ring);
		assert_int_equal(packages_check(package.data, package.len, NULL, why), rings[i].verdict);
		keyring_free(ring);
	}
	ring = saved;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_package_is_intact_under_its_own_name_only),
	    cmocka_unit_test(a_changed_file_is_named),
	    cmocka_unit_test(fault_059_what_is_no_archive_is_malformed),
	    cmocka_unit_test(fault_066_a_member_that_comes_twice_is_malformed),
	    cmocka_unit_test(fault_073_a_member_that_is_not_listed_is_found),
	    cmocka_unit_test(fault_074_a_member_that_is_missing_is_malformed),
	    cmocka_unit_test(fault_078_a_signature_by_another_key_is_tampering),
	    cmocka_unit_test(fault_080_a_second_archive_behind_the_end_is_malformed),
	    cmocka_unit_test(fault_089_the_key_is_judged_at_the_time_of_the_seal),
	};

	return cmocka_run_group_tests(tests, packages_set_up, packages_tear_down);
}
