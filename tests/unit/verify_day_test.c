#include "verifying.h"

static void
an_empty_day_is_intact_but_no_case(void **state)
{
	(void)state;
	judge(FOLDER, 0);
	judge(CASE "/tower-7", VERIFY_INCOMPLETE);
	judge(CASE, VERIFY_INCOMPLETE);
	judge("", VERIFY_INCOMPLETE);
	assert_int_equal(result->count, 2);
	assert_true(said(CASE, "no intact package names an order"));
	assert_true(said("SHA256SUMS", "whose validity ended"));
	assert_int_equal(result->stream_count, 1);
	assert_true(result->streams[0].whole && result->streams[0].final);
}

static void
fault_089_a_key_that_expired_since_is_good(void **state)
{
	(void)state;
	put_sums(station, ledger_text(T0, keyring_text(1, "")), keyring_text(1, ""), "sealed=2026-11-21T23:59:59Z");
	judge(FOLDER, 0);
	assert_true(said("SHA256SUMS", "whose validity ended"));
	put_sums(station, ledger_text(T0, keyring_text(1, "")), keyring_text(1, ""), "sealed=2026-11-22T00:00:00Z");
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said("SHA256SUMS", "no longer valid"));
}

static void
fault_078_a_list_signed_by_a_stranger_is_tampering(void **state)
{
	(void)state;
	put_day(stranger);
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said("SHA256SUMS", "not in the keyring"));
}

static void
a_list_that_was_edited_is_tampering(void **state)
{
	(void)state;
	put("SHA256SUMS", ZEROS "  keyring.txt\n");
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said("SHA256SUMS", "not a signature of this text"));
}

static void
a_ledger_that_was_edited_is_tampering_and_nothing_more_is_read_from_it(void **state)
{
	(void)state;
	put(LEDGER, "anything");
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said(LEDGER, "is not the file that SHA256SUMS lists"));
	assert_true(said("SHA256SUMS", "whose validity ended"));
	assert_int_equal(result->count, 2);
}

static void
a_listed_file_that_is_gone_is_incomplete(void **state)
{
	(void)state;
	assert_int_equal(unlink(scratch_path(FOLDER "/" LEDGER)), 0);
	judge(FOLDER, VERIFY_INCOMPLETE);
	assert_true(said(LEDGER, "is missing"));
}

static void
a_list_without_its_signature_is_incomplete(void **state)
{
	(void)state;
	assert_int_equal(unlink(scratch_path(FOLDER "/SHA256SUMS.minisig")), 0);
	judge(FOLDER, VERIFY_INCOMPLETE);
}

static void
a_signature_whose_unsigned_line_was_edited_is_tampering(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	assert_int_equal(fsio_load_path(scratch_path(FOLDER "/SHA256SUMS.minisig"), 4096, &text), 0);
	text.data[strlen("untrusted comment: s")] ^= 1;
	put("SHA256SUMS.minisig", text.data);
	buf_free(&text);
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said("SHA256SUMS.minisig", "not spelled"));
}

static void
a_ledger_without_the_list_is_not_believed(void **state)
{
	(void)state;
	assert_int_equal(unlink(scratch_path(FOLDER "/SHA256SUMS")), 0);
	assert_int_equal(unlink(scratch_path(FOLDER "/SHA256SUMS.minisig")), 0);
	judge(CASE "/tower-7", VERIFY_INCOMPLETE);
	assert_true(said(LEDGER, "nobody answers for it"));
	assert_false(result->streams[0].final);
}

static void
a_day_long_over_is_not_open(void **state)
{
	(void)state;
	assert_int_equal(unlink(scratch_path(FOLDER "/SHA256SUMS")), 0);
	assert_int_equal(unlink(scratch_path(FOLDER "/SHA256SUMS.minisig")), 0);
	assert_int_equal(unlink(scratch_path(FOLDER "/" LEDGER)), 0);
	judge(FOLDER, VERIFY_INCOMPLETE);
	assert_true(said(FOLDER, "SHA256SUMS is missing, although the day is long over"));
}

static void
a_foreign_keyring_is_tampering(void **state)
{
	(void)state;
	put_signature("keyring.txt.minisig", stranger, keyring_text(1, ""), "root");
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said("keyring.txt", "not signed by the given root key"));
}

static void
a_keyring_other_than_the_ledger_names_is_tampering(void **state)
{
	const char *keyring = keyring_text(2, "");

	(void)state;
	put("keyring.txt", keyring);
	put_signature("keyring.txt.minisig", root, keyring, "root");
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said("keyring.txt", "is not the keyring that the ledger names"));
}

static void
of_several_keyrings_the_highest_counts_and_lines_are_only_added(void **state)
{
	struct verify_keys *keys = verify_keys_new(sign_key_pub(root));
	char pub[SIGN_KEY_TEXT], more[128];
	const struct verify_dir dir = {open(scratch_path(FOLDER), O_RDONLY | O_DIRECTORY | O_CLOEXEC), NULL};

	(void)state;
	sign_pub_format(sign_key_pub(stranger), pub);
	(void)snprintf(more, sizeof(more), "lea: %s name=sheriff\n", pub);
	result = verify_result_new(T0);
	assert_int_equal(verify_keys_load(keys, &dir, "keyring.txt", "one", result), 0);
	put("keyring.txt", keyring_text(3, more));
	put_signature("keyring.txt.minisig", root, keyring_text(3, more), "root");
	assert_int_equal(verify_keys_load(keys, &dir, "keyring.txt", "three", result), 0);
	assert_int_equal(verify_keys_settle(keys, result), 0);
	assert_int_equal(verify_result_status(result), 0);
	assert_int_equal(result->keyring_version, 3);
	put("keyring.txt", keyring_text(4, ""));
	put_signature("keyring.txt.minisig", root, keyring_text(4, ""), "root");
	assert_int_equal(verify_keys_load(keys, &dir, "keyring.txt", "four", result), 0);
	assert_int_equal(verify_keys_settle(keys, result), 0);
	assert_int_equal(verify_result_status(result), VERIFY_TAMPERED);
	assert_true(said("three", "lines are only added"));
	verify_keys_free(keys);
	assert_int_equal(close(dir.fd), 0);
}

static void
a_package_that_nobody_listed_is_named(void **state)
{
	(void)state;
	put(PACKAGE, "not even a tar");
	judge(FOLDER, VERIFY_MALFORMED);
	assert_true(said(PACKAGE, "is not listed in SHA256SUMS"));
	assert_true(said(PACKAGE, "has no row") == 0);
}

static void
fault_081_a_package_of_another_case_in_a_day_is_tampering(void **state)
{
	(void)state;
	put("LI-2026-0043_tower-7_0000000001.tar", "of another case");
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said("LI-2026-0043_tower-7_0000000001.tar", "belongs to another stream"));
}

static void
fault_073_a_file_that_the_list_does_not_name_was_added(void **state)
{
	static const char *const names[] = {"notes.doc", "SHA256SUMS.extra", "keyring.txt.old"};
	size_t i;

	(void)state;
	put("read me\033[2J.txt", "hello");
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said("read me\\x1b[2J.txt", "is not listed in SHA256SUMS: it was added"));
	assert_int_equal(unlink(scratch_path(FOLDER "/read me\033[2J.txt")), 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[128];

		put(names[i], "hello");
		judge(FOLDER, VERIFY_TAMPERED);
		assert_true(said(names[i], "it was added"));
		(void)snprintf(path, sizeof(path), FOLDER "/%s", names[i]);
		assert_int_equal(unlink(scratch_path(path)), 0);
	}
}

static void
a_day_in_the_folder_of_another_day_is_tampering(void **state)
{
	(void)state;
	assert_int_equal(rename(scratch_path(FOLDER), scratch_path(CASE "/tower-7/2026-11-21")), 0);
	judge(CASE, VERIFY_TAMPERED);
	assert_true(said(LEDGER, "folder of another day"));
}

static void
fault_063_symbolic_links_are_never_followed_beneath_the_path(void **state)
{
	(void)state;
	put("elsewhere", "x");
	assert_int_equal(unlink(scratch_path(FOLDER "/" LEDGER)), 0);
	assert_int_equal(symlink("elsewhere", scratch_path(FOLDER "/" LEDGER)), 0);
	judge(FOLDER, VERIFY_MALFORMED);
	assert_true(said(LEDGER, "symbolic link"));
	assert_int_equal(symlink(scratch_path(FOLDER), scratch_path(CASE "/tower-7/2026-11-21")), 0);
	judge(CASE, VERIFY_MALFORMED);
	assert_true(said(CASE, "2026-11-21 is a symbolic link"));
}

static void
a_fifo_in_the_place_of_a_file_does_not_hang(void **state)
{
	(void)state;
	assert_int_equal(unlink(scratch_path(FOLDER "/" LEDGER)), 0);
	assert_int_equal(mkfifo(scratch_path(FOLDER "/" LEDGER), 0644), 0);
	judge(FOLDER, VERIFY_MALFORMED);
}

static void
an_emptied_day_is_incomplete_and_an_emptied_case_is_not_there(void **state)
{
	static const char *const files[] = {
	    LEDGER, "SHA256SUMS", "SHA256SUMS.minisig", "keyring.txt", "keyring.txt.minisig"};
	char path[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), FOLDER "/%s", files[i]);
		assert_int_equal(unlink(scratch_path(path)), 0);
	}
	judge(CASE, VERIFY_INCOMPLETE);
	assert_int_equal(rmdir(scratch_path(FOLDER)), 0);
	judge(CASE, VERIFY_MISSING);
	assert_true(said(CASE "/tower-7", "is empty"));
	assert_int_equal(rmdir(scratch_path(CASE "/tower-7")), 0);
	judge(CASE, VERIFY_MISSING);
}

/* In a station's state folder: only where days or records may have been is it a loss. */
static void
an_empty_folder_beside_outbox_and_records_is_in_order(void **state)
{
	static const char *const empty[] = {"s", "s/outbox", "s/records", "s/quarantine", "s/spool", "s/spool/LI-1"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		assert_int_equal(mkdir(scratch_path(empty[i]), 0755), 0);
	judge("s", VERIFY_MISSING);
	assert_true(said("s/outbox", "is empty"));
	assert_true(said("s/records", "is empty"));
	assert_false(said("s/quarantine", "is empty"));
	assert_false(said("s/spool/LI-1", "is empty"));
	assert_int_equal(rmdir(scratch_path("s/records")), 0);
	judge("s", VERIFY_MISSING);
	assert_true(said("s/quarantine", "is empty"));
	scratch_remove("s");
}

static void
fault_087_a_file_that_grows_or_goes_while_it_is_read_is_not_believed(void **state)
{
	struct verify_file f;
	const struct verify_dir dir = {open(scratch_path(FOLDER), O_RDONLY | O_DIRECTORY | O_CLOEXEC), NULL};
	int other;

	(void)state;
	assert_int_equal(verify_file_open(&f, &dir, LEDGER), 0);
	assert_int_equal(verify_file_unchanged(&f), 0);
	other = open(scratch_path(FOLDER "/" LEDGER), O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(other, "x", 1), 1);
	assert_int_equal(close(other), 0);
	assert_int_equal(verify_file_unchanged(&f), -1);
	assert_int_equal(errno, ESTALE);
	verify_file_close(&f);
	assert_int_equal(verify_file_open(&f, &dir, LEDGER), 0);
	assert_int_equal(unlink(scratch_path(FOLDER "/" LEDGER)), 0);
	assert_int_equal(verify_file_unchanged(&f), -1);
	verify_file_close(&f);
	assert_int_equal(close(dir.fd), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_empty_day_is_intact_but_no_case),
	    TEST(fault_089_a_key_that_expired_since_is_good),
	    TEST(fault_078_a_list_signed_by_a_stranger_is_tampering),
	    TEST(a_list_that_was_edited_is_tampering),
	    TEST(a_ledger_that_was_edited_is_tampering_and_nothing_more_is_read_from_it),
	    TEST(a_listed_file_that_is_gone_is_incomplete),
	    TEST(a_list_without_its_signature_is_incomplete),
	    TEST(a_signature_whose_unsigned_line_was_edited_is_tampering),
	    TEST(a_ledger_without_the_list_is_not_believed),
	    TEST(a_day_long_over_is_not_open),
	    TEST(a_foreign_keyring_is_tampering),
	    TEST(a_keyring_other_than_the_ledger_names_is_tampering),
	    TEST(of_several_keyrings_the_highest_counts_and_lines_are_only_added),
	    TEST(a_package_that_nobody_listed_is_named),
	    TEST(fault_081_a_package_of_another_case_in_a_day_is_tampering),
	    TEST(fault_081_a_package_of_another_case_in_a_day_is_tampering),
	    TEST(fault_073_a_file_that_the_list_does_not_name_was_added),
	    TEST(a_day_in_the_folder_of_another_day_is_tampering),
	    TEST(fault_063_symbolic_links_are_never_followed_beneath_the_path),
	    TEST(a_fifo_in_the_place_of_a_file_does_not_hang),
	    TEST(an_emptied_day_is_incomplete_and_an_emptied_case_is_not_there),
	    TEST(an_empty_folder_beside_outbox_and_records_is_in_order),
	    TEST(fault_087_a_file_that_grows_or_goes_while_it_is_read_is_not_believed),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
