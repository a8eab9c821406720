#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "stamp.h"

static const struct {
	const char *text;
	stamp_t t;
} good[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00:00.000000001Z", 1},
    {"1970-01-01T00:00:00.5Z", 500000000},
    {"1970-01-01T00:00:00.123456789Z", 123456789},
    {"1970-01-01T01:00:00+01:00", 0},
    {"1970-01-01T00:00:00-00:00", 0},
    {"1970-01-01T00:00:00-23:59", INT64_C(86340000000000)},
    {"2026-11-20T00:00:00-07:00", INT64_C(1795158000000000000)},
    {"2026-11-20T07:00:00Z", INT64_C(1795158000000000000)},
    {"2000-02-29T12:00:00Z", INT64_C(951825600000000000)},
    {"2038-01-19T03:14:08Z", INT64_C(2147483648000000000)},
    {"2106-02-07T06:28:16Z", INT64_C(4294967296000000000)},
    {"2261-12-31T23:59:59.999999999Z", INT64_C(9214646399999999999)},
};

static const char *const bad[] = {
    "",
    " ",
    "2026",
    "2026-11-20",
    "2026-11-20T07:00:00", /* local time */
    "2026-11-20 07:00:00Z",
    "2026-11-20t07:00:00Z",
    "2026-11-20T07:00:00z",
    "2026-11-20T07:00Z",
    "2026-11-20T07:00:00ZZ",
    "2026-11-20T07:00:00Z ",
    " 2026-11-20T07:00:00Z",
    "2026-11-20T07:00:00Z\n",
    "2026-11-20T07:00:00 Z",
    "2026-11-20T07:00:00.Z",
    "2026-11-20T07:00:00,5Z",
    "2026-11-20T07:00:00.1234567890Z",
    "2026-11-20T07:00:00.-1Z",
    "2026-11-20T07:00:00.",
    "2026-11-20T07:00:00+",
    "2026-11-20T07:00:00+0100",
    "2026-11-20T07:00:00+01",
    "2026-11-20T07:00:00+1:00",
    "2026-11-20T07:00:00+24:00",
    "2026-11-20T07:00:00+01:60",
    "2026-11-20T07:00:00+01:00:00",
    "2026-11-20T07:00:00\342\210\22207:00", /* U+2212 for a minus */
    "2026-11-20T24:00:00Z",
    "2026-11-20T07:60:00Z",
    "2026-11-20T07:00:61Z",
    "2026-11-20T7:00:00Z",
    "2026-00-20T07:00:00Z",
    "2026-13-20T07:00:00Z",
    "2026-11-00T07:00:00Z",
    "2026-11-31T07:00:00Z",
    "2026-02-29T07:00:00Z",
    "2100-02-29T07:00:00Z",
    "2026-1-20T07:00:00Z",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+00:01", /* 1969 in UTC */
    "0000-01-01T00:00:00Z",
    "2262-01-01T00:00:00Z",
    "2261-12-31T23:59:59-00:01", /* 2262 in UTC */
    "9999-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z",
    "+2026-11-20T07:00:00Z",
    "-2026-11-20T07:00:00Z",
    "26-11-20T07:00:00Z",
    "20261120T070000Z",
    "2026-W47-5T07:00:00Z",
    "2026-324T07:00:00Z",
    "now",
    "never",
    "0",
    "1795158000",
    "2026-11-20T07:00:00Europe/Berlin",
    "2026-11-20T07:00:00UTC",
};

static void
assert_refused(const char *text)
{
	stamp_t t = 42;

	errno = 0;
	if (stamp_parse(text, &t) != -1)
		fail_msg("accepted: %s", text);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(t, 42);
}

static void
stamp_parses_rfc_3339_with_offset(void **state)
{
	size_t i;
	stamp_t t;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (stamp_parse(good[i].text, &t) == -1)
			fail_msg("refused: %s", good[i].text);
		if (t != good[i].t)
			fail_msg("%s: %jd, not %jd", good[i].text, (intmax_t)t, (intmax_t)good[i].t);
	}
}

static void
fault_032_only_rfc_3339_with_offset_is_a_time(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(bad[i]);
}

static void
stamp_refuses_leap_second(void **state)
{
	assert_refused("2016-12-31T23:59:60Z");
	assert_refused("2026-11-20T07:00:60Z");
}

static void
stamp_refuses_every_cut_and_every_changed_byte_of_a_time(void **state)
{
	const char whole[] = "2026-11-20T07:00:00.000000000+00:00";
	char text[sizeof(whole)];
	size_t i;

	for (i = 0; i < sizeof(whole) - 1; i++) {
		memcpy(text, whole, sizeof(whole));
		text[i] = '\0';
		assert_refused(text);
		memcpy(text, whole, sizeof(whole));
		text[i] = '/';
		assert_refused(text);
		text[i] = ':' + (whole[i] == ':');
		assert_refused(text);
		text[i] = '\xff';
		assert_refused(text);
	}
}

static void
stamp_formats_what_it_parses(void **state)
{
	char text[STAMP_TEXT];
	stamp_t t;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(stamp_parse(stamp_format(text, good[i].t), &t), 0);
		assert_int_equal(t, good[i].t);
		assert_int_equal(strlen(text), 30);
	}
	assert_string_equal(stamp_format(text, good[7].t), "2026-11-20T07:00:00.000000000Z");
}

static void
stamp_formats_the_ends_of_its_range(void **state)
{
	char text[STAMP_TEXT];

	assert_string_equal(stamp_format(text, STAMP_NONE), "-");
	assert_string_equal(stamp_format_seconds(text, STAMP_NONE), "-");
	assert_string_equal(stamp_day_format(text, STAMP_NONE), "-");
	assert_string_equal(stamp_format(text, STAMP_NONE + 1), "1677-09-21T00:12:43.145224193Z");
	assert_string_equal(stamp_format(text, INT64_MAX), "2262-04-11T23:47:16.854775807Z");
	assert_string_equal(stamp_format(text, -1), "1969-12-31T23:59:59.999999999Z");
}

static void
stamp_format_seconds_rounds_down(void **state)
{
	char text[STAMP_TEXT];

	assert_string_equal(stamp_format_seconds(text, STAMP_SECOND - 1), "1970-01-01T00:00:00Z");
	assert_string_equal(stamp_format_seconds(text, -1), "1969-12-31T23:59:59Z");
}

static void
stamp_agrees_with_the_calendar_of_libc_on_every_day(void **state)
{
	char text[STAMP_DAY_TEXT], expected[STAMP_DAY_TEXT];
	struct tm tm;
	time_t day;
	stamp_t t;

	for (day = -106751; day <= 106751; day++) {
		time_t seconds = day * 86400;

		assert_non_null(gmtime_r(&seconds, &tm));
		assert_int_equal(strftime(expected, sizeof(expected), "%Y-%m-%d", &tm), 10);
		assert_string_equal(stamp_day_format(text, day * STAMP_DAY), expected);
		if (day >= 0 && tm.tm_year < 2262 - 1900) {
			assert_int_equal(stamp_day_parse(text, &t), 0);
			assert_int_equal(t, day * STAMP_DAY);
		}
	}
}

static void
stamp_day_takes_nothing_but_a_day(void **state)
{
	static const char *const days[] = {"", "2026-11-20T00:00:00Z", "2026-11-20 ", " 2026-11-20", "2026-11-2",
	    "2026-11", "2026-02-30", "1969-12-31", "2262-01-01", "2026/11/20", "20261120", "2026-11-20\n",
	    "../../../.."};
	stamp_t t = 42;
	size_t i;

	for (i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		errno = 0;
		assert_int_equal(stamp_day_parse(days[i], &t), -1);
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(t, 42);
	assert_int_equal(stamp_day_parse("2026-11-20", &t), 0);
	assert_int_equal(t, INT64_C(1795132800000000000));
}

static void
stamp_floor_rounds_down_on_both_sides_of_1970(void **state)
{
	assert_int_equal(stamp_floor(0, 300), 0);
	assert_int_equal(stamp_floor(300 * STAMP_SECOND - 1, 300), 0);
	assert_int_equal(stamp_floor(300 * STAMP_SECOND, 300), 300 * STAMP_SECOND);
	assert_int_equal(stamp_floor(-1, 300), -300 * STAMP_SECOND);
	assert_int_equal(stamp_floor(-300 * STAMP_SECOND, 300), -300 * STAMP_SECOND);
	assert_int_equal(stamp_floor(-1, UINT32_MAX), -(stamp_t)UINT32_MAX * STAMP_SECOND);
	assert_int_equal(stamp_day_start(STAMP_DAY - 1), 0);
	assert_int_equal(stamp_day_start(-1), -STAMP_DAY);
	assert_int_equal(stamp_floor(INT64_MAX, 1), INT64_C(9223372036) * STAMP_SECOND);
}

static void
stamp_floor_has_no_time_before_the_first(void **state)
{
	assert_int_equal(stamp_floor(STAMP_NONE, 300), STAMP_NONE);
	assert_int_equal(stamp_day_start(STAMP_NONE), STAMP_NONE);
	assert_int_equal(stamp_day_start(STAMP_NONE + 1), STAMP_NONE);
}

static void
fault_147_stamp_ignores_the_time_zone(void **state)
{
	char text[STAMP_TEXT];
	stamp_t t;

	assert_int_equal(setenv("TZ", "right/America/New_York", 1), 0);
	tzset();
	assert_int_equal(stamp_parse("2026-11-20T07:00:00Z", &t), 0);
	assert_int_equal(t, INT64_C(1795158000000000000));
	assert_string_equal(stamp_format_seconds(text, t), "2026-11-20T07:00:00Z");
	assert_int_equal(unsetenv("TZ"), 0);
}

static void
stamp_clocks_run(void **state)
{
	stamp_t now = stamp_now(), boot = stamp_boottime();

	assert_true(now > 0);
	assert_true(boot > 0);
	assert_true(stamp_boottime() >= boot);
	assert_true(llabs(now / STAMP_SECOND - (stamp_t)time(NULL)) <= 5);
}

static void
machine_was_asleep_for_no_longer_than_since_it_was_started(void **state)
{
	stamp_t least, most;

	(void)state;
	stamp_asleep(&least, &most);
	assert_true(least <= most && most >= 0 && least < stamp_boottime());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(machine_was_asleep_for_no_longer_than_since_it_was_started),
	    cmocka_unit_test(stamp_parses_rfc_3339_with_offset),
	    cmocka_unit_test(fault_032_only_rfc_3339_with_offset_is_a_time),
	    cmocka_unit_test(stamp_refuses_leap_second),
	    cmocka_unit_test(stamp_refuses_every_cut_and_every_changed_byte_of_a_time),
	    cmocka_unit_test(stamp_formats_what_it_parses),
	    cmocka_unit_test(stamp_formats_the_ends_of_its_range),
	    cmocka_unit_test(stamp_format_seconds_rounds_down),
	    cmocka_unit_test(stamp_agrees_with_the_calendar_of_libc_on_every_day),
	    cmocka_unit_test(stamp_day_takes_nothing_but_a_day),
	    cmocka_unit_test(stamp_floor_rounds_down_on_both_sides_of_1970),
	    cmocka_unit_test(stamp_floor_has_no_time_before_the_first),
	    cmocka_unit_test(fault_147_stamp_ignores_the_time_zone),
	    cmocka_unit_test(stamp_clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
