#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pace.h"

#define NOON (1000 * STAMP_DAY + 12 * 3600 * STAMP_SECOND)
#define HOUR ((stamp_t)3600 * STAMP_SECOND)

static void
the_wait_is_any_up_to_twice_as_long_each_time_and_at_most_fifteen_minutes(void **state)
{
	for (uint32_t tries = 0; tries < 40; tries++) {
		uint32_t most = tries < 10 ? UINT32_C(1) << tries : PACE_WAIT_MAX, least_seen = UINT32_MAX,
			 most_seen = 0;

		if (most > PACE_WAIT_MAX)
			most = PACE_WAIT_MAX;
		for (uint64_t random = 0; random < 2 * (uint64_t)most; random++) {
			uint32_t wait = pace_wait(tries, 0, random);

			least_seen = wait < least_seen ? wait : least_seen;
			most_seen = wait > most_seen ? wait : most_seen;
		}
		assert_int_equal(least_seen, 1);
		assert_int_equal(most_seen, most);
	}
	assert_int_equal(pace_wait(UINT32_MAX, 0, UINT64_MAX - 3), 1 + (UINT64_MAX - 3) % 900);
}

static void
fault_097_what_the_server_asks_for_is_the_least_and_an_hour_the_most(void **state)
{
	assert_int_equal(pace_wait(1, 120, 0), 120);
	assert_int_equal(pace_wait(10, 5, 599), 600);
	assert_int_equal(pace_wait(1, UINT32_MAX, 0), 3600);
}

static void
without_a_window_files_go_at_any_time(void **state)
{
	const struct conf_destination d = {.window_count = 0};

	assert_true(pace_is_open(&d, NOON));
	assert_int_equal(pace_open_seconds(&d, NOON - 3 * HOUR, NOON, 60), 3 * 3600);
}

static void
a_window_holds_its_first_second_and_not_its_last(void **state)
{
	const struct conf_destination d = {.windows = {{13 * 3600, 15 * 3600}}, .window_count = 1};

	assert_false(pace_is_open(&d, NOON));
	assert_false(pace_is_open(&d, NOON + HOUR - 1));
	assert_true(pace_is_open(&d, NOON + HOUR));
	assert_true(pace_is_open(&d, NOON + 3 * HOUR - 1));
	assert_false(pace_is_open(&d, NOON + 3 * HOUR));
	assert_int_equal(pace_open_seconds(&d, NOON, NOON + 2 * HOUR, 7200), 3600);
}

static void
a_window_may_reach_into_the_next_day_and_one_of_them_is_enough(void **state)
{
	const struct conf_destination d = {.windows = {{22 * 3600, 2 * 3600}, {1 * 3600, 86400}}, .window_count = 1};
	struct conf_destination both = d;

	assert_false(pace_is_open(&d, NOON));
	assert_true(pace_is_open(&d, NOON + 11 * HOUR));
	assert_true(pace_is_open(&d, NOON + 13 * HOUR));
	assert_int_equal(pace_open_seconds(&d, NOON, NOON + 13 * HOUR, 86400), 3 * 3600);
	assert_false(pace_is_open(&d, NOON + 14 * HOUR));
	both.window_count = 2;
	assert_true(pace_is_open(&both, NOON));
	assert_true(pace_is_open(&both, NOON + 12 * HOUR - 1));
}

static void
open_time_adds_up_over_all_nights_and_no_second_counts_twice(void **state)
{
	const struct conf_destination d = {.windows = {{22 * 3600, 2 * 3600}, {3600, 3 * 3600}}, .window_count = 2};

	/* Each night from 22:00 to 03:00. */
	assert_int_equal(pace_open_seconds(&d, NOON, NOON + STAMP_DAY, 1000000), 5 * 3600);
	assert_int_equal(pace_open_seconds(&d, NOON, NOON + 3 * STAMP_DAY, 1000000), 15 * 3600);
	assert_int_equal(pace_open_seconds(&d, NOON + 11 * HOUR, NOON + 13 * HOUR, 1000000), 2 * 3600);
	assert_int_equal(pace_open_seconds(&d, NOON, NOON, 1000000), 0);
	/* Years ago is told at once. */
	assert_true(pace_open_seconds(&d, 0, NOON, 86400) >= 86400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_wait_is_any_up_to_twice_as_long_each_time_and_at_most_fifteen_minutes),
	    cmocka_unit_test(fault_097_what_the_server_asks_for_is_the_least_and_an_hour_the_most),
	    cmocka_unit_test(without_a_window_files_go_at_any_time),
	    cmocka_unit_test(a_window_holds_its_first_second_and_not_its_last),
	    cmocka_unit_test(open_time_adds_up_over_all_nights_and_no_second_counts_twice),
	    cmocka_unit_test(a_window_may_reach_into_the_next_day_and_one_of_them_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
