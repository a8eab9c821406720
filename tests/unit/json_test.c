#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"

#define DEPTH 8
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static struct json *
parse(const char *text)
{
	return json_parse(text, strlen(text), DEPTH);
}

/* The text must be the compact form of what it parses to. */
static void
assert_round_trip(const char *text)
{
	struct buf b = BUF_INIT;
	struct json *j = parse(text);

	if (j == NULL)
		fail_msg("refused: %s", text);
	assert_int_equal(json_write(j, &b), 0);
	assert_string_equal(b.data, text);
	buf_free(&b);
	json_free(j);
}

static void
json_writes_compact_ascii_in_the_order_of_putting(void **state)
{
	struct json *j = json_object(), *list = json_array();
	struct buf b = BUF_INIT;

	assert_int_equal(json_append(list, json_integer(INT64_MIN)), 0);
	assert_int_equal(json_append(list, json_integer(INT64_MAX)), 0);
	assert_int_equal(json_append(list, json_null()), 0);
	assert_int_equal(json_append(list, json_boolean(2)), 0);
	assert_int_equal(json_append(list, json_boolean(0)), 0);
	assert_int_equal(json_put_string(j, "z", "caf\xc3\xa9 \xf0\x9f\x94\x92 \"\\/\n\x01"), 0);
	assert_int_equal(json_put_integer(j, "a", 0), 0);
	assert_int_equal(json_put(j, "list", list), 0);
	assert_int_equal(json_put_stamp(j, "t", INT64_C(1795158000000000001)), 0);
	assert_int_equal(json_put_stamp(j, "none", STAMP_NONE), 0);
	assert_int_equal(json_put(j, "empty", json_object()), 0);
	assert_int_equal(buf_puts(&b, ">"), 0);
	assert_int_equal(json_write(j, &b), 0);
	assert_string_equal(b.data, ">{\"z\":\"caf\\u00E9 \\uD83D\\uDD12 \\\"\\\\/\\n\\u0001\",\"a\":0,"
				    "\"list\":[-9223372036854775808,9223372036854775807,null,true,false],"
				    "\"t\":\"2026-11-20T07:00:00.000000001Z\",\"none\":null,\"empty\":{}}");
	buf_free(&b);
	json_free(j);
}

static void
json_text_parsed_and_written_is_the_same(void **state)
{
	static const char *const texts[] = {"{}", "[]", "\"\"", "0", "-1", "null", "true", "[[[[[[[[]]]]]]]]",
	    "{\"b\":1,\"a\":{\"d\":[],\"c\":null}}", "\"\\u00E9\"", "\"[[[[[[[[[[[[{{{{\"",
	    "{\"[[[[[[[[[[[\":\"\\\"[[[[[[[[[[[\"}"};
	size_t i;

	for (i = 0; i < LENGTH(texts); i++)
		assert_round_trip(texts[i]);
}

static void
json_write_pretty_is_the_same_value(void **state)
{
	struct json *j = parse("{\"b\":[1,2],\"a\":\"x\"}"), *back;
	struct buf b = BUF_INIT, again = BUF_INIT;

	assert_int_equal(json_write_pretty(j, &b), 0);
	assert_non_null(strchr(b.data, '\n'));
	back = json_parse(b.data, b.len, DEPTH);
	assert_non_null(back);
	assert_int_equal(json_write(back, &again), 0);
	assert_string_equal(again.data, "{\"b\":[1,2],\"a\":\"x\"}");
	buf_free(&b);
	buf_free(&again);
	json_free(back);
	json_free(j);
}

static void
json_refuses_hostile_text(void **state)
{
	static const char *const bad[] = {"", " ", "{", "}", "[", "]", "{]", "[}", "{\"a\"}", "{\"a\":}",
	    "{\"a\":1,}", "[1,]", "[,]", "{a:1}", "{'a':1}", "nul", "True", "NaN", "Infinity", "-", "+1", "01", "1.",
	    ".5", "0x10", "1e999", "9223372036854775808", "-9223372036854775809", "\"", "\"a", "\"\\\"", "\"\\x41\"",
	    "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\n\"", "\"\t\"", "\"\\u0000\"", "{\"\\u0000\":1}",
	    "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xc3\"", "{} {}", "{}x", "1 2", "// c\n{}",
	    "/* c */{}", "{}#", "\xef\xbb\xbf{}", "\xff\xfe{\0}\0", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}",
	    "{\"x\":{\"a\":1,\"b\":2,\"a\":3}}", "[[[[[[[[[]]]]]]]]]", "{\"a\":[[[[[[[[1]]]]]]]]}", "]]]]]]]]]]]]",
	    "\"\\"};
	size_t i;

	for (i = 0; i < LENGTH(bad); i++) {
		errno = 0;
		if (parse(bad[i]) != NULL)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(errno, EINVAL);
	}
	assert_null(json_parse("{}\0", 3, DEPTH));
	assert_null(json_parse("\"a\0b\"", 5, DEPTH));
	assert_null(json_parse(NULL, 0, DEPTH));
}

static void
json_refuses_every_cut_of_a_text(void **state)
{
	const char whole[] = "{\"a\":[1,\"\\u00E9\xc3\xa9\",null],\"b\":{\"c\":true}}";
	size_t n;
	struct json *j;

	for (n = 0; n < sizeof(whole) - 1; n++)
		assert_null(json_parse(whole, n, DEPTH));
	j = json_parse(whole, n, DEPTH);
	assert_non_null(j);
	json_free(j);
}

static void
fault_076_nesting_is_bounded_before_it_is_parsed(void **state)
{
	struct buf b = BUF_INIT;
	struct json *j;
	int i;

	assert_null(json_parse("[]", 2, 0));
	j = json_parse("1", 1, 0);
	assert_non_null(j);
	json_free(j);
	j = json_parse("[[],[],{}]", 10, 2);
	assert_non_null(j);
	json_free(j);
	assert_null(json_parse("[[],[[]]]", 9, 2));
	/* Brackets that close first do not win depth back. */
	assert_null(json_parse("]]][[[", 6, 2));
	for (i = 0; i < 100000; i++)
		assert_int_equal(buf_putc(&b, i % 2 ? '[' : '{'), 0);
	assert_null(json_parse(b.data, b.len, DEPTH));
	assert_null(json_parse(b.data, b.len, UINT32_MAX));
	buf_free(&b);
}

static void
json_put_takes_the_value_and_tells_what_does_not_fit(void **state)
{
	struct json *j = json_object(), *list = json_array();
	struct buf b = BUF_INIT;

	errno = 0;
	assert_int_equal(json_put(j, "a", NULL), -1);
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_int_equal(json_put_string(j, "a", "\xff"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(json_put_string(j, "a", NULL), -1);
	assert_int_equal(json_put_string(j, "\xff", "a"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(json_put_integer(j, NULL, 1), -1);
	assert_int_equal(json_put_integer(NULL, "a", 1), -1);
	assert_int_equal(json_put_integer(list, "a", 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(json_append(list, NULL), -1);
	assert_int_equal(json_append(j, json_integer(1)), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(json_append(NULL, json_integer(1)), -1);
	assert_int_equal(json_write(NULL, &b), -1);
	assert_int_equal(json_write(j, &b), 0);
	assert_string_equal(b.data, "{}");
	buf_free(&b);
	json_free(list);
	json_free(j);
	json_free(NULL);
}

static void
json_put_replaces_a_member_in_its_place(void **state)
{
	struct json *j = json_object();
	struct buf b = BUF_INIT;

	assert_int_equal(json_put_integer(j, "a", 1), 0);
	assert_int_equal(json_put_integer(j, "b", 2), 0);
	assert_int_equal(json_put_string(j, "a", "new"), 0);
	assert_int_equal(json_write(j, &b), 0);
	assert_string_equal(b.data, "{\"a\":\"new\",\"b\":2}");
	buf_free(&b);
	json_free(j);
}

static void
json_write_leaves_no_half_value(void **state)
{
	struct json *j = parse("{\"a\":[1,2,3]}");
	struct buf b = BUF_INIT;

	assert_int_equal(buf_puts(&b, "before"), 0);
	assert_int_equal(buf_put(&b, "", SIZE_MAX), -1);
	errno = 0;
	assert_int_equal(json_write(j, &b), -1);
	assert_int_equal(errno, ENOMEM);
	assert_string_equal(b.data, "before");
	buf_free(&b);
	json_free(j);
}

static void
json_get_is_strict_about_types(void **state)
{
	struct json *j =
	    parse("{\"s\":\"x\",\"i\":-5,\"n\":null,\"o\":{\"k\":1},\"a\":[\"p\",7],\"b\":true,\"r\":1.5,"
		  "\"u\":9223372036854775807,\"t\":\"2026-11-20T07:00:00Z\"}");
	int64_t i = 42;
	uint64_t u = 42;
	stamp_t t = 42;

	assert_non_null(j);
	assert_string_equal(json_get_string(j, "s"), "x");
	assert_null(json_get_string(j, "i"));
	assert_null(json_get_string(j, "none"));
	assert_null(json_get_string(NULL, "s"));
	assert_null(json_get(j, "none"));
	assert_true(json_is_null(json_get(j, "n")));
	assert_false(json_is_null(json_get(j, "none")));
	assert_false(json_is_null(json_get(j, "s")));
	assert_null(json_get_object(j, "a"));
	assert_null(json_get_array(j, "o"));
	assert_int_equal(json_get_integer(json_get_object(j, "o"), "k", &i), 0);
	assert_int_equal(i, 1);
	i = 42;
	assert_int_equal(json_length(json_get_array(j, "a")), 2);
	assert_string_equal(json_text(json_item(json_get_array(j, "a"), 0)), "p");
	assert_null(json_text(json_item(json_get_array(j, "a"), 1)));
	assert_null(json_item(json_get_array(j, "a"), 2));
	assert_null(json_item(NULL, 0));
	assert_int_equal(json_length(j), 0);
	assert_int_equal(json_length(NULL), 0);
	assert_null(json_text(NULL));
	errno = 0;
	assert_int_equal(json_get_integer(j, "r", &i), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(json_get_integer(j, "b", &i), -1);
	assert_int_equal(json_get_integer(j, "s", &i), -1);
	assert_int_equal(json_get_integer(j, "n", &i), -1);
	assert_int_equal(json_get_integer(NULL, "i", &i), -1);
	assert_int_equal(i, 42);
	errno = 0;
	assert_int_equal(json_get_u64(j, "i", &u), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(json_get_u64(j, "none", &u), -1);
	assert_int_equal(u, 42);
	assert_int_equal(json_get_u64(j, "u", &u), 0);
	assert_true(u == INT64_MAX);
	assert_int_equal(json_get_stamp(j, "i", &t), -1);
	assert_int_equal(json_get_stamp(j, "s", &t), -1);
	errno = 0;
	assert_int_equal(json_get_stamp(j, "none", &t), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(t, 42);
	assert_int_equal(json_get_stamp(j, "t", &t), 0);
	assert_true(t == INT64_C(1795158000) * STAMP_SECOND);
	assert_int_equal(json_get_stamp(j, "n", &t), 0);
	assert_true(t == STAMP_NONE);
	json_free(j);
}

static void
json_get_copies_only_what_fits(void **state)
{
	static const char hash[] = "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"";
	struct json *j = parse("{\"s\":\"four\",\"e\":\"\",\"big\":4294967296,\"most\":4294967295,\"H\":\"0A\"}");
	char text[DIGEST_HEX] = "kept";
	uint32_t n = 42;

	assert_non_null(j);
	errno = 0;
	assert_int_equal(json_get_text(j, "s", text, 4), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(json_get_text(j, "none", text, sizeof(text)), -1);
	assert_int_equal(json_get_text(j, "big", text, sizeof(text)), -1);
	assert_int_equal(json_get_hash(j, "s", text), -1);
	assert_int_equal(json_get_hash(j, "H", text), -1);
	assert_int_equal(json_get_hash(j, "none", text), -1);
	assert_int_equal(json_get_u32(j, "big", &n), -1);
	assert_int_equal(json_get_u32(j, "s", &n), -1);
	assert_string_equal(text, "kept");
	assert_int_equal(n, 42);
	assert_int_equal(json_get_text(j, "s", text, 5), 0);
	assert_string_equal(text, "four");
	assert_int_equal(json_get_hash(j, "e", text), 0);
	assert_string_equal(text, "");
	assert_int_equal(json_get_u32(j, "most", &n), 0);
	assert_true(n == UINT32_MAX);
	assert_int_equal(json_put(j, "h", parse(hash)), 0);
	assert_int_equal(json_get_hash(j, "h", text), 0);
	assert_memory_equal(text, hash + 1, DIGEST_HEX - 1);
	json_free(j);
}

static int
collect(void *cookie, const char *name, const struct json *value)
{
	struct buf *b = cookie;

	assert_non_null(value);
	assert_int_equal(buf_puts(b, name), 0);
	return strcmp(name, "stop") == 0 ? 7 : 0;
}

static void
json_each_goes_in_order_and_stops_when_told(void **state)
{
	struct json *j = parse("{\"z\":1,\"a\":2,\"m\":3}"), *k = parse("{\"z\":1,\"stop\":2,\"m\":3}");
	struct buf b = BUF_INIT;

	assert_int_equal(json_each(j, collect, &b), 0);
	assert_string_equal(b.data, "zam");
	buf_clear(&b);
	assert_int_equal(json_each(k, collect, &b), 7);
	assert_string_equal(b.data, "zstop");
	buf_clear(&b);
	assert_int_equal(json_each(NULL, collect, &b), 0);
	assert_string_equal(b.data, "");
	buf_free(&b);
	json_free(j);
	json_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(json_writes_compact_ascii_in_the_order_of_putting),
	    cmocka_unit_test(json_text_parsed_and_written_is_the_same),
	    cmocka_unit_test(json_write_pretty_is_the_same_value),
	    cmocka_unit_test(json_refuses_hostile_text),
	    cmocka_unit_test(json_refuses_every_cut_of_a_text),
	    cmocka_unit_test(fault_076_nesting_is_bounded_before_it_is_parsed),
	    cmocka_unit_test(json_put_takes_the_value_and_tells_what_does_not_fit),
	    cmocka_unit_test(json_put_replaces_a_member_in_its_place),
	    cmocka_unit_test(json_write_leaves_no_half_value),
	    cmocka_unit_test(json_get_is_strict_about_types),
	    cmocka_unit_test(json_get_copies_only_what_fits),
	    cmocka_unit_test(json_each_goes_in_order_and_stops_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
