#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "completeness.h"

#define HASH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* A day with the numbers first to last, all of them listed, with a ledger and a keyring. */
struct fixture {
	struct ledger ledger;
	struct manifest *sums;
	const char *undelivered; /* names, each between blanks */
	int fails;
};

static void
list(struct fixture *f, const char *name)
{
	assert_int_equal(manifest_add(f->sums, HASH, name), 0);
}

static void
make(struct fixture *f, uint64_t first, uint64_t last, const char *undelivered)
{
	struct ledger_row row = {.seq = first};
	char name[NAMES_FILE_ROOM];

	memset(f, 0, sizeof *f);
	f->undelivered = undelivered;
	f->sums = manifest_new();
	assert_non_null(f->sums);
	(void)snprintf(f->ledger.case_id, sizeof f->ledger.case_id, "LI-1");
	(void)snprintf(f->ledger.iap, sizeof f->ledger.iap, "t");
	for (; row.seq <= last; row.seq++) {
		assert_int_equal(ledger_add(&f->ledger, &row), 0);
		list(f, names_package(name, "LI-1", "t", row.seq, ".tar"));
	}
	list(f, "LI-1_t_2026-11-20.ledger.txt");
	list(f, "keyring.txt");
	assert_int_equal(manifest_sort(f->sums), 0);
}

static int
delivered(void *cookie, const char *file, const char *sha256)
{
	const struct fixture *f = cookie;
	char word[NAMES_FILE_ROOM + 2];

	assert_string_equal(sha256, HASH);
	if (f->fails)
		return -1;
	(void)snprintf(word, sizeof word, " %s ", file);
	return strstr(f->undelivered, word) == NULL;
}

static void
expect(struct fixture *f, uint64_t after, const char *want, uint64_t want_holes)
{
	struct buf text = BUF_INIT;
	uint64_t holes = 99;

	assert_int_equal(completeness_check(&f->ledger, f->sums, after, delivered, f, &text, &holes), 0);
	assert_string_equal(text.len > 0 ? text.data : "", want);
	assert_true(holes == want_holes);
	buf_free(&text);
	ledger_clear(&f->ledger);
	manifest_free(f->sums);
}

static void
a_day_whose_files_all_have_receipts_is_complete(void **state)
{
	struct fixture f;

	make(&f, 1, 9, "");
	expect(&f, 0, "", 0);
	make(&f, 10, 12, "");
	expect(&f, 9, "", 0);
}

static void
an_empty_day_is_complete_with_its_ledger(void **state)
{
	struct fixture f;

	make(&f, 5, 4, "");
	expect(&f, 4, "", 0);
	make(&f, 5, 4, " LI-1_t_2026-11-20.ledger.txt ");
	expect(&f, 4, "LI-1_t_2026-11-20.ledger.txt", 1);
}

static void
what_has_no_receipt_is_named_in_runs(void **state)
{
	struct fixture f;

	make(&f, 1, 9, " LI-1_t_0000000005.tar ");
	expect(&f, 0, "5", 1);
	make(&f, 1, 9,
	    " LI-1_t_0000000001.tar LI-1_t_0000000004.tar  LI-1_t_0000000005.tar  LI-1_t_0000000006.tar "
	    " LI-1_t_0000000009.tar  keyring.txt ");
	expect(&f, 0, "1, 4-6, 9, keyring.txt", 6);
}

static void
numbers_missing_between_two_days_are_named_without_counting_them_one_by_one(void **state)
{
	struct fixture f;

	make(&f, 9000000000, 9000000001, " LI-1_t_9000000000.tar ");
	expect(&f, 6, "7-9000000000", 8999999994);
	make(&f, 7, 8, "");
	expect(&f, UINT64_MAX, "", 0);
}

static void
a_package_that_sha256sums_does_not_list_is_missing(void **state)
{
	struct fixture f;
	struct ledger_row row = {.seq = 4};

	make(&f, 1, 3, "");
	assert_int_equal(ledger_add(&f.ledger, &row), 0);
	expect(&f, 0, "4", 1);
}

static void
a_package_that_the_ledger_does_not_know_is_named(void **state)
{
	struct fixture f;

	make(&f, 1, 3, "");
	list(&f, "LI-1_t_0000000044.tar");
	expect(&f, 0, "LI-1_t_0000000044.tar (not in the ledger)", 1);
}

static void
an_encrypted_package_counts_as_its_number(void **state)
{
	struct fixture f;
	struct ledger_row row = {.seq = 4};

	make(&f, 1, 3, "");
	assert_int_equal(ledger_add(&f.ledger, &row), 0);
	list(&f, "LI-1_t_0000000004.tar.age");
	expect(&f, 0, "", 0);
}

static void
receipts_that_can_not_be_read_are_no_verdict(void **state)
{
	struct buf text = BUF_INIT;
	struct fixture f;
	uint64_t holes;

	make(&f, 1, 3, "");
	f.fails = 1;
	assert_int_equal(completeness_check(&f.ledger, f.sums, 0, delivered, &f, &text, &holes), -1);
	buf_free(&text);
	ledger_clear(&f.ledger);
	manifest_free(f.sums);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_day_whose_files_all_have_receipts_is_complete),
	    cmocka_unit_test(an_empty_day_is_complete_with_its_ledger),
	    cmocka_unit_test(what_has_no_receipt_is_named_in_runs),
	    cmocka_unit_test(numbers_missing_between_two_days_are_named_without_counting_them_one_by_one),
	    cmocka_unit_test(a_package_that_sha256sums_does_not_list_is_missing),
	    cmocka_unit_test(a_package_that_the_ledger_does_not_know_is_named),
	    cmocka_unit_test(an_encrypted_package_counts_as_its_number),
	    cmocka_unit_test(receipts_that_can_not_be_read_are_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
