#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "verify_cover.h"

#define S(n) ((stamp_t)(n)*STAMP_SECOND)

static struct verify_result *result;
static struct verify_cover *cover;
static struct verify_case_sums sums;
static struct spans due;
static stamp_t until;

static int
set_up(void **state)
{
	(void)state;
	memset(&sums, 0, sizeof(sums));
	memset(&due, 0, sizeof(due));
	until = INT64_MAX;
	result = verify_result_new(0);
	cover = verify_cover_new();
	return result == NULL || cover == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	verify_cover_free(cover);
	verify_result_free(result);
	spans_free(&due);
	verify_case_clear(&sums);
	return 0;
}

/* A slice of [from, to) with up to one gap, or a gap package. */
static void
put(uint64_t seq, stamp_t from, stamp_t to, const struct slice_gap *gap)
{
	struct package_facts f;

	memset(&f, 0, sizeof(f));
	f.slice.head.seq = seq;
	f.slice.head.from = from;
	f.slice.head.to = to;
	if (gap != NULL) {
		f.slice.gaps[0] = *gap;
		f.slice.gap_count = 1;
	}
	assert_int_equal(verify_cover_package(cover, &f), 0);
}

static void
put_gap_package(uint64_t seq, stamp_t from, stamp_t to, const char *reason)
{
	struct package_facts f;

	memset(&f, 0, sizeof(f));
	f.is_gap = 1;
	f.gap.head.seq = seq;
	f.gap.head.from = from;
	f.gap.head.to = to;
	(void)snprintf(f.gap.reason, sizeof(f.gap.reason), "%s", reason);
	assert_int_equal(verify_cover_package(cover, &f), 0);
}

static void
judge(int status)
{
	assert_int_equal(verify_cover_judge(cover, due.count > 0 ? &due : NULL, until, "CASE", &sums, result), 0);
	assert_int_equal(verify_result_status(result), status);
}

static void
slices_that_tile_the_window_cover_it(void **state)
{
	(void)state;
	assert_int_equal(spans_add(&due, S(0), S(900)), 0);
	put(2, S(300), S(600), NULL);
	put(3, S(600), S(900), NULL);
	put(1, S(0), S(300), NULL);
	judge(0);
	assert_true(sums.judged && sums.captured == S(900) && sums.missing == 0);
	assert_int_equal(result->count, 0);
}

static void
time_that_nothing_accounts_for_is_incomplete(void **state)
{
	(void)state;
	assert_int_equal(spans_add(&due, S(0), S(900)), 0);
	put(1, S(0), S(300), NULL);
	put(2, S(310), S(890), NULL);
	judge(VERIFY_INCOMPLETE);
	assert_int_equal(result->count, 2);
	assert_true(sums.missing == S(20));
	assert_non_null(strstr(result->findings[0].what, "neither captured nor declared"));
}

static void
a_declared_gap_is_10_whether_in_a_slice_or_a_package_of_its_own(void **state)
{
	const struct slice_gap gap = {S(100), S(130), "link-down"};

	(void)state;
	assert_int_equal(spans_add(&due, S(0), S(900)), 0);
	put(1, S(0), S(300), &gap);
	put_gap_package(2, S(300), S(400), "down-time");
	put(3, S(400), S(900), NULL);
	judge(VERIFY_GAPS);
	assert_int_equal(sums.gap_count, 2);
	assert_true(sums.declared == S(130) && sums.captured == S(770));
	assert_non_null(strstr(result->findings[0].what, "link-down"));
	assert_non_null(strstr(result->findings[1].what, "down-time"));
}

static void
captured_at_one_iap_beats_a_gap_declared_at_another(void **state)
{
	(void)state;
	assert_int_equal(spans_add(&due, S(0), S(600)), 0);
	put(1, S(0), S(600), NULL);
	put_gap_package(1, S(0), S(300), "late-start");
	judge(0);
	assert_true(sums.declared == 0);
}

static void
only_the_part_of_a_gap_that_nobody_captured_remains(void **state)
{
	(void)state;
	assert_int_equal(spans_add(&due, S(0), S(600)), 0);
	put(2, S(100), S(500), NULL);
	put_gap_package(1, S(0), S(600), "down-time");
	judge(VERIFY_GAPS);
	assert_int_equal(sums.gap_count, 2);
	assert_true(sums.gaps[0].to == S(100) && sums.gaps[1].from == S(500));
}

static void
what_two_iaps_lack_for_one_reason_is_one_gap_of_the_case(void **state)
{
	(void)state;
	assert_int_equal(spans_add(&due, S(0), S(900)), 0);
	put_gap_package(1, S(0), S(300), "down-time");
	put(2, S(300), S(900), NULL);
	put_gap_package(1, S(100), S(400), "down-time");
	put_gap_package(2, S(0), S(300), "late-start");
	judge(VERIFY_GAPS);
	assert_int_equal(sums.gap_count, 2);
	assert_true(sums.gaps[0].to == S(300) && sums.gaps[1].to == S(300)); /* the second IAP's rest was captured */
	assert_true(sums.declared == S(300) && sums.captured == S(600));
}

static void
an_opening_gap_under_a_second_is_shown_but_is_no_gap(void **state)
{
	const struct slice_gap gap = {S(0), S(1) - 1, "start-up"};

	(void)state;
	assert_int_equal(spans_add(&due, S(0), S(300)), 0);
	put(1, S(0), S(300), &gap);
	judge(0);
	assert_int_equal(result->count, 1);
}

static void
an_opening_gap_of_a_second_is_one(void **state)
{
	const struct slice_gap gap = {S(0), S(1), "start-up"};

	(void)state;
	assert_int_equal(spans_add(&due, S(0), S(300)), 0);
	put(1, S(0), S(300), &gap);
	judge(VERIFY_GAPS);
}

static void
a_short_gap_that_opens_nothing_is_one(void **state)
{
	const struct slice_gap gap = {S(5), S(5) + 1000, "link-down"};

	(void)state;
	assert_int_equal(spans_add(&due, S(0), S(300)), 0);
	put(1, S(0), S(300), &gap);
	judge(VERIFY_GAPS);
}

static void
what_lies_outside_the_due_window_is_nobodys_gap(void **state)
{
	(void)state;
	assert_int_equal(spans_add(&due, S(300), S(600)), 0);
	put_gap_package(1, S(0), S(300), "late-start");
	put(2, S(300), S(900), NULL);
	judge(0);
	assert_true(sums.captured == S(300));
}

static void
without_a_known_window_gaps_are_still_shown(void **state)
{
	(void)state;
	put_gap_package(7, S(0), S(300), "down-time");
	judge(VERIFY_GAPS);
	assert_false(sums.judged);
}

static void
overlapping_windows_count_once(void **state)
{
	(void)state;
	assert_int_equal(spans_add(&due, S(0), S(600)), 0);
	put(1, S(0), S(400), NULL);
	put(2, S(300), S(600), NULL);
	put(1, S(0), S(600), NULL);
	judge(0);
	assert_true(sums.captured == S(600));
}

static void
what_is_not_yet_due_is_not_missed_but_its_gaps_are_shown(void **state)
{
	(void)state;
	assert_int_equal(spans_add(&due, S(0), S(900)), 0);
	until = S(300);
	put(1, S(0), S(300), NULL);
	judge(0);
	assert_true(sums.due == S(300) && sums.to == S(300));
	tear_down(NULL);
	set_up(NULL);
	assert_int_equal(spans_add(&due, S(0), S(900)), 0);
	until = S(0);
	put_gap_package(1, S(0), S(300), "down-time");
	judge(VERIFY_GAPS);
	assert_true(sums.due == 0 && sums.from == STAMP_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(slices_that_tile_the_window_cover_it, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(time_that_nothing_accounts_for_is_incomplete, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_declared_gap_is_10_whether_in_a_slice_or_a_package_of_its_own, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(captured_at_one_iap_beats_a_gap_declared_at_another, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(only_the_part_of_a_gap_that_nobody_captured_remains, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		what_two_iaps_lack_for_one_reason_is_one_gap_of_the_case, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(an_opening_gap_under_a_second_is_shown_but_is_no_gap, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(an_opening_gap_of_a_second_is_one, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_short_gap_that_opens_nothing_is_one, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_lies_outside_the_due_window_is_nobodys_gap, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(without_a_known_window_gaps_are_still_shown, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		what_is_not_yet_due_is_not_missed_but_its_gaps_are_shown, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(overlapping_windows_count_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
