#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "curlio.h"
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

/* What the header lines of an answer, one after another, come to. */
static void
take_lines(struct curlio_header seen[2], const char *const *lines)
{
	for (size_t i = 0; i < 2; i++)
		curlio_clear_header(&seen[i]);
	for (; *lines != NULL; lines++) {
		for (size_t i = 0; i < 2; i++)
			curlio_take_header(&seen[i], *lines, strlen(*lines));
	}
}

static void
lines_of_one_name_are_one_list(void **state)
{
	static const char *const two[] = {"HTTP/1.1 200 OK\r\n", "Repr-Digest: sha-256=:" A64 ":\r\n",
	    "REPR-DIGEST:sha-256=:" NONE64 ": \r\n", NULL};
	static const char *const kinds[] = {
	    "Repr-Digest: sha-512=:AAAA:\r\n", "repr-digest: sha-256=:" NONE64 ":\r\n", NULL};
	static const char *const early[] = {"HTTP/1.1 103 Early Hints\r\n", "Repr-Digest: sha-256=:" A64 ":\r\n",
	    "\r\n", "HTTP/1.1 200 OK\r\n", "Digest: SHA-256=" NONE64 "\r\n", NULL};
	struct curlio_header seen[] = {{.name = "repr-digest:"}, {.name = "digest:"}};
	char hex[DIGEST_HEX];

	(void)state;
	take_lines(seen, two);
	assert_string_equal(seen[0].value, "sha-256=:" A64 ":, sha-256=:" NONE64 ":");
	assert_int_equal(stated_digest(seen[0].value, seen[1].value, hex), 0);
	take_lines(seen, kinds);
	assert_int_equal(stated_digest(seen[0].value, seen[1].value, hex), 1);
	assert_string_equal(hex, NONE);
	take_lines(seen, early);
	assert_int_equal(seen[0].is_cut || seen[1].is_cut, 0);
	assert_int_equal(stated_digest(seen[0].value, seen[1].value, hex), 1);
	assert_string_equal(hex, NONE);
}

static void
a_value_that_does_not_fit_is_known_to_be_cut(void **state)
{
	struct curlio_header h = {.name = "digest:"};
	char line[300] = "Digest: ";

	(void)state;
	memset(line + 8, 'x', sizeof h.value);
	curlio_take_header(&h, line, 8 + sizeof h.value - 1);
	assert_int_equal(strlen(h.value), sizeof h.value - 1);
	assert_int_equal(h.is_cut, 0);
	curlio_take_header(&h, "Digest: y", 9);
	assert_int_equal(h.is_cut, 1);
	curlio_take_header(&h, "HTTP/1.1 200 OK\r\n", 17);
	assert_string_equal(h.value, "");
	assert_int_equal(h.is_cut, 0);
	curlio_take_header(&h, line, 8 + sizeof h.value);
	assert_int_equal(h.is_cut, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_stated_is_read),
	    cmocka_unit_test(what_can_not_be_read_or_is_said_in_two_ways_is_not_stated),
	    cmocka_unit_test(lines_of_one_name_are_one_list),
	    cmocka_unit_test(a_value_that_does_not_fit_is_known_to_be_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
