#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shortage.h"

#include "verify_result.h"

#include "starved.h"

static void
the_gravest_finding_is_the_exit_code(void **state)
{
	struct verify_result *r = verify_result_new(1);

	(void)state;
	assert_int_equal(verify_result_status(r), 0);
	verify_say(r, VERIFY_TAMPERED, "a", "is wrong");
	verify_say(r, VERIFY_GAPS, "b", "is a gap");
	assert_int_equal(verify_result_status(r), VERIFY_TAMPERED);
	verify_result_free(r);
}

static void
what_was_said_before_memory_ran_out_counts(void **state)
{
	struct verify_result *r = verify_result_new(1);

	(void)state;
	verify_say(r, VERIFY_TAMPERED, "a", "is wrong");
	r->failed = 1;
	assert_int_equal(verify_result_status(r), VERIFY_TAMPERED);
	verify_say(r, VERIFY_MALFORMED, "b", "was perhaps not read");
	assert_int_equal(verify_result_status(r), VERIFY_TAMPERED);
	verify_result_free(r);
}

static void
what_was_said_since_accuses_nobody(void **state)
{
	struct verify_result *r = verify_result_new(1);

	(void)state;
	verify_say(r, VERIFY_INCOMPLETE, "a", "is missing");
	r->failed = 1;
	assert_int_equal(verify_result_status(r), VERIFY_UNREADABLE);
	verify_say(r, VERIFY_TAMPERED, "b", "was perhaps not read");
	assert_int_equal(verify_result_status(r), VERIFY_UNREADABLE);
	verify_result_free(r);
}

/* The last test: it is for good. */
static void
nothing_is_called_whole_or_wrong_where_a_library_ran_out_of_memory(void **state)
{
	struct verify_result *r = verify_result_new(1), *whole = verify_result_new(1);

	(void)state;
	verify_say(r, VERIFY_TAMPERED, "a", "is wrong");
	starved_left = 0;
	assert_null(shortage_malloc(1));
	verify_say(r, VERIFY_MALFORMED, "b", "was perhaps not read");
	assert_int_equal(verify_result_status(r), VERIFY_TAMPERED);
	assert_int_equal(verify_result_status(whole), VERIFY_UNREADABLE);
	verify_say(whole, VERIFY_TAMPERED, "b", "was perhaps not read");
	assert_int_equal(verify_result_status(whole), VERIFY_UNREADABLE);
	verify_result_free(whole);
	verify_result_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_gravest_finding_is_the_exit_code),
	    cmocka_unit_test(what_was_said_before_memory_ran_out_counts),
	    cmocka_unit_test(what_was_said_since_accuses_nobody),
	    cmocka_unit_test(nothing_is_called_whole_or_wrong_where_a_library_ran_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
