#include <sys/stat.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bootid.h"
#include "clockstate.h"

static char folder[] = "/tmp/casetap-clockstate-XXXXXX";
static char file[64];
static char boot[BOOTID_ROOM];

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL || snprintf(file, sizeof(file), "%s/clock", folder) < 0 ||
	       bootid_read(boot) == -1;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(file);
	return rmdir(folder);
}

static void
put(const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

/* The text of a reading that was made ${ago} nanoseconds ago. */
static void
put_reading(const char *boot_id, stamp_t ago)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "{\"format\":\"casetap-clock-state/1\",\"realtime\":\"2026-11-20T07:00:00.000000000Z\",\"boottime_ns\":%lld,"
	    "\"boot_id\":\"%s\",\"adjtimex_state\":0,\"adjtimex_status\":8193,\"maxerror_us\":123456,\"esterror_us\":78}\n",
	    (long long)(stamp_boottime() - ago), boot_id);
	put(text);
}

/* What a source that is new says now. */
static const char *
ask(struct clockstate *c)
{
	struct clockstate_source *s = clockstate_open(file);
	const char *why;

	assert_non_null(s);
	assert_string_equal(clockstate_label(s), file);
	why = clockstate_get(s, c);
	clockstate_close(s);
	return why;
}

static void
assert_unknown(const char *why)
{
	struct clockstate c;

	assert_string_equal(ask(&c), why);
	assert_int_equal(c.state, -1);
	assert_int_equal(c.status, 0);
	assert_int_equal(c.maxerror_us, 0);
	assert_int_equal(c.esterror_us, 0);
	assert_false(clockstate_is_synchronised(&c));
}

static void
a_reading_of_a_moment_ago_is_what_is_known(void **state)
{
	struct clockstate c;

	(void)state;
	put_reading(boot, 20 * STAMP_SECOND);
	assert_null(ask(&c));
	assert_int_equal(c.state, 0);
	assert_int_equal(c.status, 8193);
	assert_int_equal(c.maxerror_us, 123456);
	assert_int_equal(c.esterror_us, 78);
	assert_true(clockstate_is_synchronised(&c));
}

static void
what_is_written_is_what_is_read(void **state)
{
	const struct clockstate given = {CLOCKSTATE_ERROR, 64, 16000000, 16000000};
	struct clockstate c;
	struct buf text = BUF_INIT;

	(void)state;
	assert_int_equal(clockstate_write(&given, &text), 0);
	put(text.data);
	buf_free(&text);
	assert_null(ask(&c));
	assert_memory_equal(&c, &given, sizeof(c));
	assert_false(clockstate_is_synchronised(&c));
}

static void
an_old_reading_one_to_come_and_one_of_another_boot_are_unknown(void **state)
{
	(void)state;
	put_reading(boot, CLOCKSTATE_OLD + STAMP_SECOND);
	assert_unknown("is too old");
	put_reading(boot, -3600 * STAMP_SECOND);
	assert_unknown("is of a time to come");
	put_reading("00000000-0000-4000-8000-000000000000", 0);
	assert_unknown("is of another boot");
	put_reading("-", 0);
	assert_unknown("is of another boot");
}

static void
what_is_no_reading_is_unknown(void **state)
{
	static const char *const texts[] = {"", "{}", "[1]", "{\"format\":\"casetap-clock-state/1\"}",
	    "{\"format\":\"casetap-clock-state/2\",\"boottime_ns\":1,\"boot_id\":\"x\",\"adjtimex_state\":0,"
	    "\"adjtimex_status\":0,\"maxerror_us\":0,\"esterror_us\":0}",
	    "{\"format\":\"casetap-clock-state/1\",\"boottime_ns\":-1,\"boot_id\":\"x\",\"adjtimex_state\":0,"
	    "\"adjtimex_status\":0,\"maxerror_us\":0,\"esterror_us\":0}",
	    "{\"format\":\"casetap-clock-state/1\",\"boottime_ns\":1,\"boot_id\":\"x\",\"adjtimex_state\":6,"
	    "\"adjtimex_status\":0,\"maxerror_us\":0,\"esterror_us\":0}",
	    "{\"format\":\"casetap-clock-state/1\",\"boottime_ns\":1,\"boot_id\":\"x\",\"adjtimex_state\":0,"
	    "\"adjtimex_status\":4294967296,\"maxerror_us\":0,\"esterror_us\":0}",
	    "{\"format\":\"casetap-clock-state/1\",\"boottime_ns\":1,\"boot_id\":\"x\",\"adjtimex_state\":0,"
	    "\"adjtimex_status\":0,\"maxerror_us\":-5,\"esterror_us\":0}"};
	char large[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(texts[i]);
		assert_unknown("says nothing of a clock");
	}
	memset(large, ' ', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	put(large);
	assert_unknown("says nothing of a clock");
}

static void
a_file_that_is_not_there_or_that_others_write_is_not_believed(void **state)
{
	(void)state;
	put_reading(boot, 0);
	assert_int_equal(chmod(file, 0664), 0);
	assert_unknown("is no file that its owner alone writes");
	assert_int_equal(unlink(file), 0);
	assert_unknown("is not there");
	assert_int_equal(symlink("/proc/self/status", file), 0);
	assert_unknown("can not be read");
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkfifo(file, 0644), 0);
	assert_unknown("is no file that its owner alone writes");
	assert_int_equal(unlink(file), 0);
}

static void
the_file_is_looked_into_again_after_a_second(void **state)
{
	struct clockstate_source *s = clockstate_open(file);
	struct clockstate c;

	(void)state;
	assert_non_null(s);
	put_reading(boot, 0);
	assert_null(clockstate_get(s, &c));
	assert_int_equal(unlink(file), 0);
	while (clockstate_get(s, &c) == NULL)
		(void)usleep(50000);
	assert_string_equal(clockstate_get(s, &c), "is not there");
	clockstate_close(s);
}

static void
without_a_file_the_kernel_is_asked(void **state)
{
	struct clockstate_source *s = clockstate_open(NULL);
	struct clockstate here, kernel;

	(void)state;
	clockstate_read(&kernel);
	assert_non_null(s);
	assert_true((clockstate_get(s, &here) == NULL) == (kernel.state != -1));
	assert_int_equal(here.state, kernel.state);
	assert_true((clockstate_get(NULL, &here) == NULL) == (kernel.state != -1));
	assert_string_equal(clockstate_label(s), "the clock's state");
	clockstate_close(s);
	clockstate_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_reading_of_a_moment_ago_is_what_is_known),
	    cmocka_unit_test(what_is_written_is_what_is_read),
	    cmocka_unit_test(an_old_reading_one_to_come_and_one_of_another_boot_are_unknown),
	    cmocka_unit_test(what_is_no_reading_is_unknown),
	    cmocka_unit_test(a_file_that_is_not_there_or_that_others_write_is_not_believed),
	    cmocka_unit_test(the_file_is_looked_into_again_after_a_second),
	    cmocka_unit_test(without_a_file_the_kernel_is_asked),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
