#include "scratch.h"

#include "fsio.h"
#include "lastrun.h"

#define T0 (STAMP_DAY * 20777) /* 2026-11-20 */
#define MINUTE (60 * STAMP_SECOND)

static int dirfd = -1;
static struct lastrun last;

static int
setup(void **state)
{
	(void)state;
	scratch_remove("packager.run");
	dirfd = fsio_opendir(scratch_path("."));
	return dirfd == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	return close(dirfd);
}

static void
begin(stamp_t now)
{
	assert_int_equal(lastrun_begin(dirfd, "packager", now), 0);
	assert_int_equal(lastrun_load(dirfd, "packager", &last), 1);
	assert_true(last.began == now && last.ended == STAMP_NONE);
}

static void
end(stamp_t now, int status)
{
	assert_int_equal(lastrun_end(dirfd, "packager", now, status), 0);
	assert_int_equal(lastrun_load(dirfd, "packager", &last), 1);
	assert_true(last.ended == now);
	assert_int_equal(last.unended, 0);
	assert_true(last.unended_since == STAMP_NONE);
}

static void
runs_that_end_alike_have_one_since(void **state)
{
	(void)state;
	assert_int_equal(lastrun_load(dirfd, "packager", &last), 0);
	begin(T0);
	assert_int_equal(last.status, 0);
	end(T0 + 1, 0);
	begin(T0 + MINUTE);
	end(T0 + MINUTE + 1, 66);
	begin(T0 + 2 * MINUTE);
	assert_int_equal(last.status, 66);
	end(T0 + 2 * MINUTE + 1, 66);
	assert_true(last.since == T0 + MINUTE + 1);
	end(T0 + 3 * MINUTE, 0); /* one that failed before it began ends all the same */
	assert_true(last.status == 0 && last.since == T0 + 3 * MINUTE);
}

static void
runs_that_begin_and_never_end_are_counted(void **state)
{
	(void)state;
	begin(T0);
	end(T0 + 1, 0);
	for (unsigned i = 0; i < 60; i++) {
		begin(T0 + (i + 1) * MINUTE);
		assert_int_equal(last.unended, i);
		assert_true(last.unended_since == (i == 0 ? STAMP_NONE : T0 + MINUTE));
		assert_int_equal(last.status, 0);
	}
	end(T0 + 2 * STAMP_DAY, 0);
	begin(T0 + 3 * STAMP_DAY);
	assert_int_equal(last.unended, 0);
}

static void
the_very_first_runs_are_counted_too(void **state)
{
	(void)state;
	begin(T0);
	assert_int_equal(last.unended, 0);
	begin(T0 + MINUTE);
	assert_int_equal(last.unended, 1);
	assert_true(last.unended_since == T0);
}

static void
one_that_ends_with_75_has_ended_and_keeps_the_status_before(void **state)
{
	(void)state;
	begin(T0);
	end(T0 + 1, 66);
	begin(T0 + MINUTE);
	end(T0 + MINUTE + 1, 75);
	assert_true(last.status == 66 && last.since == T0 + 1);
	begin(T0 + 2 * MINUTE);
	assert_int_equal(last.unended, 0);
}

static void
a_file_of_before_they_were_counted_is_read(void **state)
{
	(void)state;
	scratch_puts("packager.run",
	    "{\"format\":\"casetap-run/1\",\"began\":\"2026-11-20T00:00:00.000000000Z\",\"ended\":null,\"status\":0,"
	    "\"what\":\"all was done\",\"since\":\"2026-11-19T00:00:00.000000000Z\"}\n");
	assert_int_equal(lastrun_load(dirfd, "packager", &last), 1);
	assert_int_equal(last.unended, 0);
	begin(T0 + MINUTE);
	assert_int_equal(last.unended, 1);
	assert_true(last.unended_since == T0);
	end(T0 + MINUTE + 1, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(runs_that_end_alike_have_one_since),
	    TEST(runs_that_begin_and_never_end_are_counted),
	    TEST(the_very_first_runs_are_counted_too),
	    TEST(one_that_ends_with_75_has_ended_and_keeps_the_status_before),
	    TEST(a_file_of_before_they_were_counted_is_read),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
