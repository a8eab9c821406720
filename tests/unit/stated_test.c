#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stated.h"

/* SHA-256 of nothing, and of "a". */
#define NONE64 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define NONE "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define A64 "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="

static void
expect(const char *repr, const char *legacy)
{
	char hex[DIGEST_HEX] = "";

	assert_int_equal(stated_digest(repr, legacy, hex), 1);
	assert_string_equal(hex, NONE);
}

static void
what_is_stated_is_read(void **state)
{
	(void)state;
	expect("sha-256=:" NONE64 ":", "");
	expect("sha-512=:AAAA:, sha-256=:" NONE64 ":", "");
	expect("\tsha-256=:" NONE64 ":;x=1 ,unixsum=30637", "");
	expect("", "SHA-256=" NONE64);
	expect("", "sha-256=" NONE64 ",UNIXsum=30637");
	expect("sha-256=:" NONE64 ":", "SHA-256=" NONE64);
}

static void
what_can_not_be_read_or_is_said_in_two_ways_is_not_stated(void **state)
{
	static const char *const bad[][2] = {{"", ""}, {",", ","}, {"sha-256", ""}, {"sha-256=", "sha-256="},
	    {"sha-256=:", ""}, {"sha-256=::", ""}, {"sha-256=" NONE64, ""}, {"sha-256=:" NONE64, ""},
	    {"SHA-256=:" NONE64 ":", ""}, {"sha-256=:" NONE64 ":x", ""}, {"sha-256=:" NONE64 "A:", ""},
	    {"sha-256=:" NONE ":", ""}, {"xsha-256=:" NONE64 ":", ""},
	    {"sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NM:", ""}, {"sha-256=:" NONE64 ":,sha-256=:" NONE64 ":", ""},
	    {"", "SHA-256=:" NONE64 ":"}, {"", "MD5=" NONE64}, {"sha-256=:" NONE64 ":", "SHA-256=" A64},
	    {"sha-256=:*7DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", ""}};
	char hex[DIGEST_HEX];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(stated_digest(bad[i][0], bad[i][1], hex), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_stated_is_read),
	    cmocka_unit_test(what_can_not_be_read_or_is_said_in_two_ways_is_not_stated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
