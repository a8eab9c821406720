#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void
text_hex_and_unhex_are_inverse(void **state)
{
	uint8_t bytes[256], back[256];
	char hex[513];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	text_hex(hex, bytes, sizeof(bytes));
	assert_int_equal(strlen(hex), 512);
	assert_memory_equal(hex, "000102", 6);
	assert_memory_equal(hex + 506, "fdfeff", 7);
	assert_int_equal(text_unhex(back, sizeof(back), hex), 0);
	assert_memory_equal(back, bytes, sizeof(bytes));
	text_hex(hex, bytes, 0);
	assert_string_equal(hex, "");
	assert_int_equal(text_unhex(back, 0, ""), 0);
}

static void
text_unhex_refuses_what_is_not_exactly_hex(void **state)
{
	static const char *const bad[] = {"", "0", "00", "000", "00000", "0g00", "00 0", "00FF", "0x00", "-100",
	    "00\3770", "0:00", "0/00", "0`00", "0@00", "0000 ", " 0000", "0000\n"};
	uint8_t bytes[2];
	size_t i;

	for (i = 0; i < LENGTH(bad); i++) {
		errno = 0;
		if (text_unhex(bytes, sizeof(bytes), bad[i]) != -1)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(errno, EINVAL);
	}
}

static void
text_base64_gives_the_vectors_of_rfc_4648(void **state)
{
	static const char *const vectors[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
	    {"\xff\xef\xfe\xfb\xff", "/+/++/8="}};
	char text[16], bytes[16];
	size_t i, n, len;

	for (i = 0; i < LENGTH(vectors); i++) {
		n = strlen(vectors[i][0]);
		len = strlen(vectors[i][1]);
		memset(text, '#', sizeof(text));
		assert_int_equal(text_base64(text, len + 1, vectors[i][0], n), 0);
		assert_string_equal(text, vectors[i][1]);
		assert_int_equal(text[len + 1], '#');
		errno = 0;
		assert_int_equal(text_base64(text, len, vectors[i][0], n), -1);
		assert_int_equal(errno, ENOSPC);
		memset(bytes, '#', sizeof(bytes));
		assert_int_equal(text_unbase64(bytes, n, &len, vectors[i][1], len), 0);
		assert_int_equal(len, n);
		assert_memory_equal(bytes, vectors[i][0], n);
		assert_int_equal(bytes[n], '#');
		if (n > 0) {
			errno = 0;
			assert_int_equal(text_unbase64(bytes, n - 1, &len, vectors[i][1], strlen(vectors[i][1])), -1);
			assert_int_equal(errno, ENOSPC);
		}
	}
}

static void
text_base64_round_trips_every_length(void **state)
{
	uint8_t bytes[257], back[257];
	char text[400];
	size_t i, n, len;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167 + 13);
	for (n = 0; n <= sizeof(bytes); n++) {
		assert_int_equal(text_base64(text, sizeof(text), bytes, n), 0);
		assert_int_equal(text_unbase64(back, sizeof(back), &len, text, strlen(text)), 0);
		assert_int_equal(len, n);
		assert_memory_equal(back, bytes, n);
	}
}

static void
text_unbase64_refuses_every_second_spelling(void **state)
{
	static const char *const bad[] = {"Z", "Zg", "Zg=", "Zg===", "Zm8", "Zh==", "Zm9=", "Zn==", "====", "=",
	    "==", "Z===", "Zg==Zg==", "Zg=a", "Z=g=", "=Zg=", "Zm9v\n", "Zm9v====", " Zm9v", "Zm 9", "Zm-_",
	    "Zm9vZg==\n", "Zm\xc3\xbc", "Zm9v=", "A=AA", "AA=A"};
	char bytes[16];
	size_t i, n = 42;

	for (i = 0; i < LENGTH(bad); i++) {
		errno = 0;
		if (text_unbase64(bytes, sizeof(bytes), &n, bad[i], strlen(bad[i])) != -1)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(text_unbase64(bytes, sizeof(bytes), &n, "Z\0m9", 4), -1);
	assert_int_equal(n, 42);
}

struct number {
	const char *text;
	int error;
	uint64_t value;
};

static void
assert_numbers(int (*parse)(const char *, uint64_t, uint64_t, uint64_t *), const struct number *cases, size_t n,
    uint64_t min, uint64_t max)
{
	uint64_t value;
	size_t i;

	for (i = 0; i < n; i++) {
		value = 4242;
		errno = 0;
		if (parse(cases[i].text, min, max, &value) != (cases[i].error ? -1 : 0))
			fail_msg("wrong answer to: %s", cases[i].text);
		assert_int_equal(errno, cases[i].error);
		assert_true(value == (cases[i].error ? 4242 : cases[i].value));
	}
}

static void
fault_008_a_number_is_digits_in_range_and_nothing_else(void **state)
{
	static const struct number any[] = {{"0", 0, 0}, {"1", 0, 1}, {"18446744073709551615", 0, UINT64_MAX},
	    {"18446744073709551616", ERANGE, 0}, {"18446744073709551620", ERANGE, 0},
	    {"99999999999999999999", ERANGE, 0}, {"36893488147419103232", ERANGE, 0},
	    {"99999999999999999999999999999999999999999999999999", ERANGE, 0}, {"99999999999999999999x", EINVAL, 0},
	    {"", EINVAL, 0}, {" ", EINVAL, 0}, {"-1", EINVAL, 0}, {"-0", EINVAL, 0}, {"+1", EINVAL, 0},
	    {" 1", EINVAL, 0}, {"1 ", EINVAL, 0}, {"1\n", EINVAL, 0}, {"01", EINVAL, 0}, {"00", EINVAL, 0},
	    {"0x10", EINVAL, 0}, {"1e3", EINVAL, 0}, {"1.0", EINVAL, 0}, {"1,000", EINVAL, 0}, {"1_000", EINVAL, 0},
	    {"1K", EINVAL, 0}, {"1s", EINVAL, 0}, {"K", EINVAL, 0}, {"\xd9\xa1", EINVAL, 0}, {"1:", EINVAL, 0},
	    {"/", EINVAL, 0}, {"nan", EINVAL, 0}, {"inf", EINVAL, 0}};
	static const struct number ranged[] = {
	    {"9", ERANGE, 0}, {"10", 0, 10}, {"20", 0, 20}, {"21", ERANGE, 0}, {"0", ERANGE, 0}};

	assert_numbers(text_u64, any, LENGTH(any), 0, UINT64_MAX);
	assert_numbers(text_u64, ranged, LENGTH(ranged), 10, 20);
}

static void
text_bytes_takes_one_binary_suffix(void **state)
{
	static const struct number cases[] = {{"64M", 0, UINT64_C(64) << 20}, {"1K", 0, 1024},
	    {"1G", 0, UINT64_C(1) << 30}, {"3T", 0, UINT64_C(3) << 40}, {"512", 0, 512}, {"0K", 0, 0},
	    {"16777215T", 0, UINT64_C(16777215) << 40}, {"16777216T", ERANGE, 0},
	    {"18446744073709551615K", ERANGE, 0}, {"99999999999999999999K", ERANGE, 0}, {"64m", EINVAL, 0},
	    {"64MB", EINVAL, 0}, {"64MM", EINVAL, 0}, {"64 M", EINVAL, 0}, {"M", EINVAL, 0}, {"1KM", EINVAL, 0},
	    {"064M", EINVAL, 0}, {"1P", EINVAL, 0}, {"-1K", EINVAL, 0}, {"1.5G", EINVAL, 0}, {"1s", EINVAL, 0}};

	assert_numbers(text_bytes, cases, LENGTH(cases), 0, UINT64_MAX);
}

static void
text_duration_takes_one_suffix_and_gives_seconds(void **state)
{
	static const struct number cases[] = {{"15m", 0, 900}, {"90", 0, 90}, {"90s", 0, 90}, {"2h", 0, 7200},
	    {"7d", 0, 604800}, {"8d", ERANGE, 0}, {"0", ERANGE, 0}, {"18446744073709551615d", ERANGE, 0},
	    {"213503982334602d", ERANGE, 0}, {"1w", EINVAL, 0}, {"1M", EINVAL, 0}, {"1h30m", EINVAL, 0},
	    {"m", EINVAL, 0}, {"1 m", EINVAL, 0}, {"", EINVAL, 0}};

	assert_numbers(text_duration, cases, LENGTH(cases), 1, 604800);
}

static const struct {
	const char *bytes;
	size_t n;
	int is_utf8;
	const char *escaped;
} strings[] = {
    {"", 0, 1, ""},
    {"plain ~", 7, 1, "plain ~"},
    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x92", 14, 1, "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x92"},
    {"back\\slash", 10, 1, "back\\slash"},
    {"a\0b", 3, 0,
	"a\\x00"
	"b"},
    {"\x1b[31m", 5, 1, "\\x1b[31m"},
    {"a\nb\tc\r\x7f", 7, 1,
	"a\\x0a"
	"b\\x09"
	"c\\x0d\\x7f"},
    {"\xc2\x9b"
     "31m",
	5, 1,
	"\\xc2\\x9b"
	"31m"}, /* CSI of C1 */
    {"\xe2\x80\xae"
     "fdp",
	6, 1,
	"\\xe2\\x80\\xae"
	"fdp"},                                         /* right-to-left override */
    {"\xe2\x81\xa6", 3, 1, "\\xe2\\x81\\xa6"},          /* isolate */
    {"\xd8\x9c", 2, 1, "\\xd8\\x9c"},                   /* Arabic letter mark */
    {"\xe2\x80\x8b", 3, 1, "\\xe2\\x80\\x8b"},          /* zero width space */
    {"\xef\xbb\xbf", 3, 1, "\\xef\\xbb\\xbf"},          /* byte order mark */
    {"\xf3\xa0\x80\x81", 4, 1, "\\xf3\\xa0\\x80\\x81"}, /* tag */
    {"\xe2\x80\xa8", 3, 1, "\\xe2\\x80\\xa8"},          /* line separator */
    {"\xef\xbf\xbf", 3, 1, "\\xef\\xbf\\xbf"},          /* no character */
    {"\xf4\x8f\xbf\xbf", 4, 1, "\\xf4\\x8f\\xbf\\xbf"}, /* U+10FFFF */
    {"\xef\xbf\xbd", 3, 1, "\xef\xbf\xbd"},             /* replacement character */
    {"\x80", 1, 0, "\\x80"},
    {"\xbf\xbf", 2, 0, "\\xbf\\xbf"},
    {"\xc0\xaf", 2, 0, "\\xc0\\xaf"}, /* overlong / */
    {"\xc1\xbf", 2, 0, "\\xc1\\xbf"},
    {"\xe0\x80\xaf", 3, 0, "\\xe0\\x80\\xaf"},
    {"\xe0\x9f\xbf", 3, 0, "\\xe0\\x9f\\xbf"},
    {"\xf0\x80\x80\xaf", 4, 0, "\\xf0\\x80\\x80\\xaf"},
    {"\xf0\x8f\xbf\xbf", 4, 0, "\\xf0\\x8f\\xbf\\xbf"},
    {"\xed\xa0\x80", 3, 0, "\\xed\\xa0\\x80"}, /* surrogate */
    {"\xed\xbf\xbf", 3, 0, "\\xed\\xbf\\xbf"},
    {"\xf4\x90\x80\x80", 4, 0, "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
    {"\xf5\x80\x80\x80", 4, 0, "\\xf5\\x80\\x80\\x80"},
    {"\xff\xfe", 2, 0, "\\xff\\xfe"},
    {"\xc3", 1, 0, "\\xc3"}, /* cut */
    {"\xe2\x82", 2, 0, "\\xe2\\x82"},
    {"\xf0\x9f\x94", 3, 0, "\\xf0\\x9f\\x94"},
    {"\xc3(", 2, 0, "\\xc3("},
    {"\xe2\x82(", 3, 0, "\\xe2\\x82("},
    {"\xc3\xa9\xa9", 3, 0, "\xc3\xa9\\xa9"},
};

static void
text_is_utf8_takes_the_shortest_form_of_characters_only(void **state)
{
	size_t i;

	for (i = 0; i < LENGTH(strings); i++) {
		char *copy = malloc(strings[i].n + 1); /* of exact size, for the sanitizer to watch its end */

		assert_non_null(copy);
		copy = realloc(copy, strings[i].n > 0 ? strings[i].n : 1);
		assert_non_null(copy);
		memcpy(copy, strings[i].bytes, strings[i].n);
		if (text_is_utf8(copy, strings[i].n) != strings[i].is_utf8)
			fail_msg("wrong about: %s", strings[i].escaped);
		free(copy);
	}
}

static void
fault_068_nothing_that_steers_a_terminal_is_printed(void **state)
{
	char out[64];
	size_t i;

	for (i = 0; i < LENGTH(strings); i++)
		assert_string_equal(
		    text_escape(out, sizeof(out), strings[i].bytes, strings[i].n), strings[i].escaped);
}

static void
text_escape_output_is_always_utf8_within_its_room(void **state)
{
	const char in[] = "a\xc3\xa9\x1b\xe2\x82\xac\xf0\x9f\x94\x92\xff";
	char out[40], whole[40];
	size_t room;

	(void)text_escape(whole, sizeof(whole), in, sizeof(in) - 1);
	for (room = 1; room < sizeof(out); room++) {
		memset(out, '#', sizeof(out));
		(void)text_escape(out, room, in, sizeof(in) - 1);
		assert_true(strlen(out) < room);
		assert_int_equal(out[room], '#');
		assert_true(text_is_utf8(out, strlen(out)));
		assert_memory_equal(out, whole, strlen(out));
	}
	out[0] = '#';
	assert_ptr_equal(text_escape(out, 0, in, 1), out);
	assert_int_equal(out[0], '#');
}

static void
text_is_printable_takes_ascii_from_blank_to_tilde(void **state)
{
	char c;
	int i;

	assert_true(text_is_printable("", 0));
	assert_true(text_is_printable(" az~", 4));
	for (i = 0; i < 256; i++) {
		c = (char)i;
		assert_int_equal(text_is_printable(&c, 1), i >= 0x20 && i <= 0x7e);
	}
	assert_false(text_is_printable("ab\0", 3));
}

static void
text_ends_with_a_suffix_that_is_not_all_of_it(void **state)
{
	(void)state;
	assert_true(text_ends_with("a.minisig", ".minisig"));
	assert_true(text_ends_with("a.minisig.minisig", ".minisig"));
	assert_false(text_ends_with(".minisig", ".minisig"));
	assert_false(text_ends_with("minisig", ".minisig"));
	assert_false(text_ends_with("a.minisig.", ".minisig"));
	assert_false(text_ends_with("a.minisiG", ".minisig"));
	assert_false(text_ends_with("", ".minisig"));
	assert_false(text_ends_with("", ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_hex_and_unhex_are_inverse),
	    cmocka_unit_test(text_unhex_refuses_what_is_not_exactly_hex),
	    cmocka_unit_test(text_base64_gives_the_vectors_of_rfc_4648),
	    cmocka_unit_test(text_base64_round_trips_every_length),
	    cmocka_unit_test(text_unbase64_refuses_every_second_spelling),
	    cmocka_unit_test(fault_008_a_number_is_digits_in_range_and_nothing_else),
	    cmocka_unit_test(text_bytes_takes_one_binary_suffix),
	    cmocka_unit_test(text_duration_takes_one_suffix_and_gives_seconds),
	    cmocka_unit_test(text_is_utf8_takes_the_shortest_form_of_characters_only),
	    cmocka_unit_test(fault_068_nothing_that_steers_a_terminal_is_printed),
	    cmocka_unit_test(text_escape_output_is_always_utf8_within_its_room),
	    cmocka_unit_test(text_is_printable_takes_ascii_from_blank_to_tilde),
	    cmocka_unit_test(text_ends_with_a_suffix_that_is_not_all_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
