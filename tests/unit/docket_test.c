#include <string.h>

#include "docket_internal.h"
#include "scratch.h"

static struct docket_case held;
static struct docket_case *cases[] = {&held};
static struct docket docket = {.cases = cases, .count = 1};

static int
set_up(void **state)
{
	memset(&held, 0, sizeof(held));
	strcpy(held.case_id, "LI-2026-0042");
	strcpy(held.reason, "late-start");
	held.duty = DUTY_IN_FORCE;
	held.sent = 1;
	return 0;
}

static void
case_whose_reader_is_gone_says_why_from_then_on(void **state)
{
	docket_reader_gone(&docket, "reader-lost");
	assert_string_equal(held.reason, "reader-lost");
	assert_int_equal(held.sent, 0);
}

static void
order_that_ends_while_the_reader_is_being_stopped_has_a_gap_for_the_stop(void **state)
{
	held.duty = DUTY_EXPIRED;
	docket_reader_gone(&docket, "down-time");
	assert_string_equal(held.reason, "down-time");
}

static void
case_that_the_reader_did_not_have_keeps_its_reason(void **state)
{
	held.duty = DUTY_EXPIRED;
	held.sent = 0;
	docket_reader_gone(&docket, "down-time");
	assert_string_equal(held.reason, "late-start");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
	    T(case_whose_reader_is_gone_says_why_from_then_on),
	    T(order_that_ends_while_the_reader_is_being_stopped_has_a_gap_for_the_stop),
	    T(case_that_the_reader_did_not_have_keeps_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
