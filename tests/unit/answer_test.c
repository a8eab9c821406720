#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>

#include <cmocka.h>

#include <curl/curl.h>

#include "answer.h"
#include "curlio.h"

static void
every_answer_has_a_word_and_a_documented_exit_code(void **state)
{
	for (int a = ANSWER_OK; a <= ANSWER_STOPPED; a++) {
		assert_non_null(answer_text((enum answer)a));
		assert_int_equal(answer_graver(EX_OK, answer_exit((enum answer)a)), answer_exit((enum answer)a));
	}
}

static void
what_needs_a_person_is_graver_than_what_mends_itself(void **state)
{
	assert_int_equal(answer_graver(EX_OK, EX_OK), EX_OK);
	assert_int_equal(answer_graver(EX_UNAVAILABLE, EX_OK), EX_UNAVAILABLE);
	assert_int_equal(answer_graver(EX_UNAVAILABLE, EX_PROTOCOL), EX_PROTOCOL);
	assert_int_equal(answer_graver(EX_NOPERM, EX_UNAVAILABLE), EX_NOPERM);
	assert_int_equal(answer_graver(EX_DATAERR, EX_PROTOCOL), EX_DATAERR);
	assert_int_equal(answer_graver(EX_TEMPFAIL, EX_UNAVAILABLE), EX_UNAVAILABLE);
}

static void
one_case_that_is_forbidden_does_not_hold_another_back(void **state)
{
	assert_int_equal(answer_scope(ANSWER_FORBIDDEN), ANSWER_OF_CASE);
	assert_int_equal(answer_scope(ANSWER_CONFLICT), ANSWER_OF_FILE);
	assert_int_equal(answer_scope(ANSWER_ROT), ANSWER_OF_FILE);
	assert_int_equal(answer_scope(ANSWER_UNTRUSTED), ANSWER_OF_DESTINATION);
	assert_int_equal(answer_scope(ANSWER_DENIED), ANSWER_OF_DESTINATION);
	assert_true(answer_is_permanent(ANSWER_DENIED) && answer_is_permanent(ANSWER_CONFLICT));
	assert_false(answer_is_permanent(ANSWER_RETRY) || answer_is_permanent(ANSWER_UNREACHABLE));
}

static void
a_file_that_is_not_what_it_is_named_for_is_configuration(void **state)
{
	static const CURLcode codes[] = {CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE};
	struct transport t = {.wait_seconds = 0};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		const struct curlio_reply r = {.code = (int)codes[i]};

		assert_int_equal(curlio_answer(&t, &r), ANSWER_CONFIG);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_answer_has_a_word_and_a_documented_exit_code),
	    cmocka_unit_test(what_needs_a_person_is_graver_than_what_mends_itself),
	    cmocka_unit_test(one_case_that_is_forbidden_does_not_hold_another_back),
	    cmocka_unit_test(a_file_that_is_not_what_it_is_named_for_is_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
