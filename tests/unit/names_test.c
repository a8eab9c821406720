#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "names.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DAY INT64_C(1795132800000000000) /* 2026-11-20 */

static void
fault_026_case_ids_that_are_no_plain_names_are_refused(void **state)
{
	static const char *const good[] = {"a", "0", "LI-2026-0042", "a.b_c-d", "a_tower-7", A64, "x."};
	static const char *const bad[] = {"", ".", "..", "../../etc", "a/b", "a..b", ".a", "-a", "_a", "a b", "a\nb",
	    "a\n", "LI-2026-0042 ", "L\xd0\x86-2026", "caf\xc3\xa9", "a\x7f", A64 "a", A64 A64 A64 A64 A64};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(names_is_case(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(names_is_case(bad[i]));
}

static void
names_of_iaps_and_destinations_have_no_underscore_and_an_end(void **state)
{
	(void)state;
	assert_true(names_is_iap("tower-7"));
	assert_true(names_is_iap("abcdefghijklmno"));
	assert_false(names_is_iap("abcdefghijklmnop"));
	assert_false(names_is_iap(""));
	assert_false(names_is_iap("-a"));
	assert_false(names_is_iap("a_b"));
	assert_false(names_is_iap("a.b"));
	assert_true(names_is_destination(A64));
	assert_false(names_is_destination(A64 "a"));
	assert_false(names_is_destination("county_sheriff"));
}

static void
names_parse_reads_every_kind_from_the_right(void **state)
{
	static const struct {
		const char *name;
		struct names is;
	} table[] = {
	    {"LI-1_tower-7_0000000007.tar", {NAMES_PACKAGE, "LI-1", "tower-7", 7, 0, 0, 0}},
	    {"LI-1_tower-7_9999999999.tar.age", {NAMES_PACKAGE, "LI-1", "tower-7", NAMES_SEQ_MAX, 0, 0, 1}},
	    {"a_b_c_0000000001.tar", {NAMES_PACKAGE, "a_b", "c", 1, 0, 0, 0}},
	    {"a_b_0000000002_c_0000000001.tar", {NAMES_PACKAGE, "a_b_0000000002", "c", 1, 0, 0, 0}},
	    {"a.tar_i_0000000001.tar", {NAMES_PACKAGE, "a.tar", "i", 1, 0, 0, 0}},
	    {A64 "_abcdefghijklmno_0000000001.tar", {NAMES_PACKAGE, A64, "abcdefghijklmno", 1, 0, 0, 0}},
	    {"a_i_2026-11-20.ledger.txt", {NAMES_LEDGER, "a", "i", 0, DAY, 0, 0}},
	    {"a_i_2026-11-20.notice-12.txt", {NAMES_NOTICE, "a", "i", 0, DAY, 12, 0}},
	    {"a_i_2026-11-20.day.tar", {NAMES_DAY_TAR, "a", "i", 0, DAY, 0, 0}},
	};
	struct names n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		names_parse(table[i].name, &n);
		assert_int_equal(n.kind, table[i].is.kind);
		assert_string_equal(n.case_id, table[i].is.case_id);
		assert_string_equal(n.iap, table[i].is.iap);
		assert_true(n.seq == table[i].is.seq);
		assert_true(n.day == table[i].is.day);
		assert_int_equal(n.notice, table[i].is.notice);
		assert_int_equal(n.encrypted, table[i].is.encrypted);
	}
}

static void
names_parse_calls_everything_else_other(void **state)
{
	static const char *const table[] = {"", "_", "__", "SHA256SUMS", "SHA256SUMS.minisig", "keyring.txt",
	    "a_i_0000000000.tar", "a_i_000000007.tar", "a_i_00000000007.tar", "a_i_0000000007.tar.gz",
	    "a_i_0000000007.tarx", "a_i_0000000007", "a_i_-000000007.tar", "a_i_0000000007.TAR", "_i_0000000007.tar",
	    "a__0000000007.tar", "i_0000000007.tar", "a_i_2026-11-31.ledger.txt", "a_i_2026-11-20.ledger.txt.minisig",
	    "a_i_2026-11-20.notice-.txt", "a_i_2026-11-20.notice-0.txt", "a_i_2026-11-20.notice-01.txt",
	    "a_i_2026-11-20.notice-1.txt.x", "a_i_2026-11-20.notice-99999999999999999999.txt", "a_i_2026-11-20.tar",
	    "a..b_i_0000000007.tar", "../a_i_0000000007.tar", "a_abcdefghijklmnop_0000000007.tar",
	    A64 "a_i_0000000007.tar"};
	struct names n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		names_parse(table[i], &n);
		if (n.kind != NAMES_OTHER)
			fail_msg("'%s' was taken", table[i]);
		assert_string_equal(n.case_id, "");
	}
}

static void
names_that_are_made_are_parsed_back(void **state)
{
	char out[NAMES_FILE_ROOM];
	struct names n;

	(void)state;
	assert_string_equal(names_stem(out, "LI_1", "tower-7", 7), "LI_1_tower-7_0000000007");
	assert_string_equal(names_day_file(out, "a", "i", DAY, ".ledger.txt"), "a_i_2026-11-20.ledger.txt");
	assert_string_equal(names_seq_file(out, 8, ".gap.json"), "0000000008.gap.json");
	assert_string_equal(names_package(out, A64, "abcdefghijklmno", NAMES_SEQ_MAX, ".tar.age"),
	    A64 "_abcdefghijklmno_9999999999.tar.age");
	names_parse(out, &n);
	assert_int_equal(n.kind, NAMES_PACKAGE);
	assert_true(n.seq == NAMES_SEQ_MAX);
}

static void
names_of_the_spool_are_ten_digits_and_the_suffix_exactly(void **state)
{
	uint64_t seq = 0;

	(void)state;
	assert_true(names_parse_seq_file("0000000007.pcap", ".pcap", &seq));
	assert_true(seq == 7);
	assert_true(names_parse_seq_file("9999999999", "", &seq));
	assert_true(seq == NAMES_SEQ_MAX);
	assert_false(names_parse_seq_file("0000000007.pcapx", ".pcap", &seq));
	assert_false(names_parse_seq_file("0000000007.gap.json", ".json", &seq));
	assert_false(names_parse_seq_file("0000000000.pcap", ".pcap", &seq));
	assert_false(names_parse_seq_file("000000007.pcap", ".pcap", &seq));
	assert_false(names_parse_seq_file("00000000a7.pcap", ".pcap", &seq));
	assert_false(names_parse_seq_file("7.pcap", ".pcap", &seq));
	assert_false(names_parse_seq_file("", ".pcap", &seq));
}

static void
names_of_approvals_have_something_between_the_file_and_the_suffix(void **state)
{
	(void)state;
	assert_true(names_is_approval("1.order.alice.minisig", "1.order"));
	assert_true(names_is_approval("1.order.a.b.minisig", "1.order"));
	assert_false(names_is_approval("1.order.minisig", "1.order"));
	assert_false(names_is_approval("1.order..minisig", "1.order"));
	assert_false(names_is_approval("1.order.alice.minisi", "1.order"));
	assert_false(names_is_approval("1.order.alice.minisig2", "1.order"));
	assert_false(names_is_approval("11.order.alice.minisig", "1.order"));
	assert_false(names_is_approval("1.orderly.alice.minisig", "1.order"));
	assert_false(names_is_approval("1.order", "1.order"));
	assert_false(names_is_approval("1", "1.order"));
	assert_false(names_is_approval("", "1.order"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fault_026_case_ids_that_are_no_plain_names_are_refused),
	    cmocka_unit_test(names_of_iaps_and_destinations_have_no_underscore_and_an_end),
	    cmocka_unit_test(names_parse_reads_every_kind_from_the_right),
	    cmocka_unit_test(names_parse_calls_everything_else_other),
	    cmocka_unit_test(names_that_are_made_are_parsed_back),
	    cmocka_unit_test(names_of_the_spool_are_ten_digits_and_the_suffix_exactly),
	    cmocka_unit_test(names_of_approvals_have_something_between_the_file_and_the_suffix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
