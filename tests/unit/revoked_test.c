#include "scratch.h"

#include "revoked.h"

#define T0 (STAMP_DAY * 20778) /* 2026-11-21 */
#define LINE(time, event)                                                                             \
	"{\"n\":1,\"prev\":\"\",\"source\":\"s\",\"entry\":{\"time\":\"" time "\",\"event\":\"" event \
	"\",\"detail\":{}}}\n"
#define OTHER(time)                                                                                    \
	"{\"n\":1,\"prev\":\"\",\"source\":\"t\",\"entry\":{\"time\":\"" time "\",\"event\":\"seal\"," \
	"\"detail\":{}}}\n"
#define SEAL(time) LINE(time, "seal")
#define REVOKED(time) LINE(time, "order-revoked")
#define EARLY "1970-01-01T00:00:10.000000Z"
#define DAY "2026-11-21T00:00:00.000000Z"
#define LATER "2026-11-21T00:00:07.000000Z"

static stamp_t
at(const char *log)
{
	int fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stamp_t t = 1;

	scratch_puts("custody.jsonl", log);
	assert_int_equal(revoked_at(fd, &t), 0);
	assert_int_equal(close(fd), 0);
	return t;
}

static void
the_first_word_of_a_revocation_counts(void **state)
{
	(void)state;
	assert_int_equal(at(""), STAMP_NONE);
	assert_int_equal(at(SEAL(DAY)), STAMP_NONE);
	assert_int_equal(at(REVOKED(DAY)), T0);
	assert_int_equal(at(SEAL(EARLY) REVOKED(DAY) SEAL(LATER) REVOKED(LATER)), T0);
	assert_int_equal(at(SEAL("x\\\"event\\\":\\\"order-revoked")), STAMP_NONE);
}

static void
by_a_clock_that_was_wrong_nothing_is_later_than_a_revocation_before_it(void **state)
{
	(void)state;
	assert_int_equal(at(SEAL(DAY) REVOKED(EARLY)), T0);
	assert_int_equal(at(SEAL(LATER) SEAL(DAY) REVOKED(EARLY) SEAL(LATER)), T0 + 7 * STAMP_SECOND);
	assert_int_equal(at(SEAL(DAY) REVOKED(EARLY) SEAL(LATER) REVOKED(EARLY)), T0);
}

/* As they do in a log that was begun anew: all of one journal, then all of another. */
static void
what_stands_before_it_from_another_journal_makes_it_no_later(void **state)
{
	(void)state;
	assert_int_equal(at(OTHER(LATER) REVOKED(DAY)), T0);
	assert_int_equal(at(SEAL(DAY) OTHER(LATER) REVOKED(EARLY)), T0);
}

static void
where_no_log_is_nothing_is_revoked(void **state)
{
	int fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stamp_t t = 1;

	(void)state;
	assert_int_equal(revoked_at(fd, &t), 0);
	assert_int_equal(t, STAMP_NONE);
	assert_int_equal(close(fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(where_no_log_is_nothing_is_revoked, scratch_setup, scratch_teardown),
	    cmocka_unit_test_setup_teardown(the_first_word_of_a_revocation_counts, scratch_setup, scratch_teardown),
	    cmocka_unit_test_setup_teardown(
		what_stands_before_it_from_another_journal_makes_it_no_later, scratch_setup, scratch_teardown),
	    cmocka_unit_test_setup_teardown(by_a_clock_that_was_wrong_nothing_is_later_than_a_revocation_before_it,
		scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
