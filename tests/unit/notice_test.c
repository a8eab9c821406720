#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notice.h"

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEAD                                                                       \
	"casetap-notice/1\ncase: LI-1\niap: tower-7\nday: 2026-11-20\nnumber: 3\n" \
	"written: 2026-11-20T10:05:01.000000000Z\nlast-seq: 17\nlast-seal: " HASH "\norder-sha256: " HASH "\n\n"
#define GAP "gap 17 2026-11-20T10:00:00.000000000Z 2026-11-20T10:04:12.000000000Z link-down\n"
#define LOSS "loss 17 2026-11-20T10:00:00.000000000Z 2026-11-20T10:05:00.000000000Z 12\n"
#define OPEN "gap - 2026-11-20T10:00:00.000000000Z - nothing-sealed\n"

static void
a_notice_is_written_as_it_was_read(void **state)
{
	static const char text[] = HEAD GAP LOSS OPEN "order 17 2026-11-20T10:00:00.000000000Z - revision-2\n";
	struct buf again = BUF_INIT;
	struct notice n;

	(void)state;
	assert_int_equal(notice_parse(text, strlen(text), &n), 0);
	assert_int_equal(n.count, 4);
	assert_int_equal(n.number, 3);
	assert_int_equal(n.events[1].kind, NOTICE_LOSS);
	assert_int_equal(n.events[2].seq, 0);
	assert_true(n.events[2].to == STAMP_NONE);
	assert_string_equal(n.events[3].what, "revision-2");
	assert_int_equal(notice_write(&n, &again), 0);
	assert_string_equal(again.data, text);
	buf_free(&again);
}

static void
what_is_not_spelled_so_is_no_notice(void **state)
{
	static const char *const texts[] = {"", HEAD, HEAD "\n", HEAD GAP "\n", HEAD "Gap 1 - - x\n", HEAD "gap 1\n",
	    HEAD "gap 01 2026-11-20T10:00:00.000000000Z - x\n", HEAD "gap 1 2026-11-20T10:00:00Z - x\n",
	    HEAD "gap 1 - - x\n", HEAD "gap 1 2026-11-20T10:00:00.000000000Z - Link\n",
	    HEAD "gap 1 2026-11-20T10:00:00.000000000Z - x y\n", HEAD "gap 1 2026-11-20T10:00:00.000000000Z - \n",
	    HEAD "gap 1 2026-11-20T10:00:01.000000000Z 2026-11-20T10:00:00.000000000Z x\n",
	    HEAD "gap 1 2026-11-20T10:00:00.000000000Z - a-reason-of-more-than-thirty-two-letters\n",
	    HEAD "gap 99999999999 2026-11-20T10:00:00.000000000Z - x\n", "casetap-notice/2\n"};
	struct notice n;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (notice_parse(texts[i], strlen(texts[i]), &n) != -1)
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(errno, EINVAL);
	}
}

static void
no_byte_of_a_notice_can_be_another(void **state)
{
	static const char text[] = HEAD GAP LOSS;
	struct buf again = BUF_INIT;
	char copy[sizeof(text)];
	struct notice n;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		memcpy(copy, text, sizeof(copy));
		copy[i] ^= 1;
		if (notice_parse(copy, sizeof(text) - 1, &n) == -1)
			continue;
		buf_clear(&again);
		assert_int_equal(notice_write(&n, &again), 0);
		assert_memory_equal(again.data, copy, sizeof(text) - 1);
		assert_int_equal(notice_parse(text, i, &n), -1); /* cut, unless at the end of a line */
	}
	buf_free(&again);
}

static void
there_is_room_for_so_many_events_and_no_more(void **state)
{
	struct notice n;
	struct notice_event e;
	struct buf text = BUF_INIT;

	(void)state;
	assert_int_equal(notice_parse(HEAD GAP, strlen(HEAD GAP), &n), 0);
	e = n.events[0];
	while (notice_add(&n, &e) == 0)
		;
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(n.count, NOTICE_EVENTS_MAX);
	assert_int_equal(notice_write(&n, &text), 0);
	assert_in_range(text.len, 1, NOTICE_MAX_BYTES - 1024); /* and the signature */
	assert_int_equal(notice_parse(text.data, text.len, &n), 0);
	assert_int_equal(buf_puts(&text, GAP), 0);
	assert_int_equal(notice_parse(text.data, text.len, &n), -1);
	buf_free(&text);
}

static void
a_file_is_a_notice_and_its_signature(void **state)
{
	struct buf file = BUF_INIT;
	struct sign_key *key;
	struct notice n;
	struct sign_sig sig;
	size_t length;

	(void)state;
	assert_int_equal(sign_init(), 0);
	key = sign_key_generate();
	assert_non_null(key);
	assert_int_equal(buf_puts(&file, HEAD GAP), 0);
	assert_int_equal(notice_open(file.data, file.len, &n, &sig, &length), -1);
	assert_int_equal(sign_make(key, HEAD GAP, strlen(HEAD GAP), "c", &file), 0);
	assert_int_equal(notice_open(file.data, file.len, &n, &sig, &length), 0);
	assert_int_equal(length, strlen(HEAD GAP));
	assert_int_equal(sign_verify(sign_key_pub(key), &sig, file.data, length), 0);
	assert_int_equal(notice_open(file.data, file.len - 20, &n, &sig, &length), -1);
	assert_int_equal(buf_putc(&file, '\n'), 0);
	assert_int_equal(notice_open(file.data, file.len, &n, &sig, &length), -1);
	sign_key_free(key);
	buf_free(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_notice_is_written_as_it_was_read),
	    cmocka_unit_test(what_is_not_spelled_so_is_no_notice),
	    cmocka_unit_test(no_byte_of_a_notice_can_be_another),
	    cmocka_unit_test(there_is_room_for_so_many_events_and_no_more),
	    cmocka_unit_test(a_file_is_a_notice_and_its_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
