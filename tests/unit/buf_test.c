#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"

static void
buf_is_null_before_and_terminated_after_the_first_put(void **state)
{
	struct buf b = BUF_INIT;

	assert_null(b.data);
	assert_int_equal(buf_put(&b, NULL, 0), 0);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	buf_free(&b);
	assert_null(b.data);
	assert_int_equal(b.room, 0);
}

static void
buf_keeps_every_piece_in_order(void **state)
{
	struct buf b = BUF_INIT;

	assert_int_equal(buf_puts(&b, "one"), 0);
	assert_int_equal(buf_putc(&b, '\0'), 0);
	assert_int_equal(buf_put(&b, "t\0o", 3), 0);
	assert_int_equal(buf_printf(&b, "%s-%03d", "three", 4), 0);
	assert_int_equal(b.len, 3 + 1 + 3 + 9);
	assert_memory_equal(b.data, "one\0t\0othree-004", b.len + 1);
	buf_free(&b);
}

static void
buf_grows_over_every_boundary(void **state)
{
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < 5000; i++) {
		assert_int_equal(buf_putc(&b, (char)('a' + i % 26)), 0);
		assert_int_equal(b.len, i + 1);
		assert_int_equal(b.data[b.len], '\0');
	}
	for (i = 0; i < 5000; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
	buf_free(&b);
}

static void
buf_printf_takes_a_text_longer_than_its_room(void **state)
{
	struct buf b = BUF_INIT;
	char long_text[3000];

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(buf_printf(&b, "<%s>", long_text), 0);
	assert_int_equal(b.len, sizeof(long_text) + 1);
	assert_int_equal(strlen(b.data), b.len);
	buf_free(&b);
}

static void
buf_remembers_that_a_piece_was_lost(void **state)
{
	struct buf b = BUF_INIT;

	assert_int_equal(buf_puts(&b, "a"), 0);
	assert_int_equal(buf_put(&b, "", SIZE_MAX), -1);
	assert_int_equal(errno, EOVERFLOW);
	assert_true(buf_failed(&b));
	/* A text with a hole is not continued. */
	assert_int_equal(buf_puts(&b, "b"), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(buf_printf(&b, "c"), -1);
	assert_string_equal(b.data, "a");
	buf_clear(&b);
	assert_false(buf_failed(&b));
	assert_int_equal(buf_puts(&b, "d"), 0);
	assert_string_equal(b.data, "d");
	buf_free(&b);
}

static void
buf_clear_keeps_the_room(void **state)
{
	struct buf b = BUF_INIT;
	char *data;

	buf_clear(&b);
	assert_int_equal(buf_puts(&b, "something"), 0);
	data = b.data;
	buf_clear(&b);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_puts(&b, "else"), 0);
	assert_ptr_equal(b.data, data);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(buf_is_null_before_and_terminated_after_the_first_put),
	    cmocka_unit_test(buf_keeps_every_piece_in_order),
	    cmocka_unit_test(buf_grows_over_every_boundary),
	    cmocka_unit_test(buf_printf_takes_a_text_longer_than_its_room),
	    cmocka_unit_test(buf_remembers_that_a_piece_was_lost),
	    cmocka_unit_test(buf_clear_keeps_the_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
