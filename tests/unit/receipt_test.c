#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "receipt.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct receipt sample = {
    .case_id = "LI-2026-0042",
    .iap = "tower-7",
    .day = 20000 * STAMP_DAY,
    .file = "LI-2026-0042_tower-7_0000000007.tar",
    .seq = 7,
    .sha256 = HASH_A,
    .bytes = 4096,
    .destination = "county-sheriff",
    .location = "sftp://lea.example/in/LI-2026-0042/tower-7/2024-10-04/LI-2026-0042_tower-7_0000000007.tar",
    .peer = "sha256:" HASH_B,
    .method = "read-back",
    .attempts = 1,
    .published = 20000 * STAMP_DAY + 5,
    .number = 2,
    .prev = HASH_B,
};

static void
what_is_parsed_writes_back_to_the_same_bytes(void **state)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct receipt r;

	assert_int_equal(receipt_write(&sample, &one), 0);
	assert_int_equal(one.data[one.len - 1], '\n');
	assert_int_equal(receipt_parse(one.data, one.len, &r), 0);
	assert_string_equal(r.case_id, sample.case_id);
	assert_string_equal(r.location, sample.location);
	assert_string_equal(r.prev, sample.prev);
	assert_int_equal(r.seq, 7);
	assert_int_equal(r.bytes, 4096);
	assert_true(r.day == sample.day && r.published == sample.published && r.number == 2 && r.attempts == 1);
	assert_int_equal(receipt_write(&r, &two), 0);
	assert_string_equal(one.data, two.data);
	buf_free(&one);
	buf_free(&two);
}

static void
a_second_receipt_of_a_file_says_so_and_has_another_name(void **state)
{
	struct receipt r = sample, again;
	struct buf text = BUF_INIT;
	char name[RECEIPT_NAME_ROOM];

	r.again = 2;
	assert_int_equal(receipt_write(&r, &text), 0); /* in another place */
	assert_non_null(strstr(text.data, ".tar\",\"again\":2,"));
	buf_clear(&text);
	strcpy(r.version, "v1");
	assert_int_equal(receipt_write(&r, &text), 0);
	assert_non_null(strstr(text.data, "\"version\":\"v1\",\"again\":2,"));
	assert_int_equal(receipt_parse(text.data, text.len, &again), 0);
	assert_int_equal(again.again, 2);
	assert_string_equal(
	    receipt_name_of(name, &r), "LI-2026-0042_tower-7_0000000007.tar.2.county-sheriff.receipt");
	strcpy(r.file, "SHA256SUMS");
	assert_string_equal(receipt_name_of(name, &r), "2024-10-04_SHA256SUMS.2.county-sheriff.receipt");
	r.again = 0;
	assert_string_equal(receipt_name_of(name, &r), "2024-10-04_SHA256SUMS.county-sheriff.receipt");
	r.again = 1;
	buf_clear(&text);
	assert_int_equal(receipt_write(&r, &text), -1);
	buf_free(&text);
}

static void
a_receipt_from_an_object_store_holds_the_version(void **state)
{
	struct receipt r = sample, again;
	struct buf text = BUF_INIT;

	(void)snprintf(r.version, sizeof r.version, "3/L4kqt+J=");
	assert_int_equal(receipt_write(&r, &text), 0);
	assert_non_null(strstr(text.data, "\"version\":\"3/L4kqt+J=\""));
	assert_int_equal(receipt_parse(text.data, text.len, &again), 0);
	assert_string_equal(again.version, r.version);
	buf_free(&text);
}

/* Write ${r}; it must be refused. */
static void
unsound(const struct receipt *r)
{
	struct buf out = BUF_INIT;

	errno = 0;
	assert_int_equal(receipt_write(r, &out), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(out.len, 0);
	buf_free(&out);
}

static void
a_receipt_that_proves_nothing_is_not_written(void **state)
{
	struct receipt r = sample;

	r.sha256[0] = 'X';
	unsound(&r);
	r = sample;
	r.peer[0] = '\0';
	unsound(&r);
	r = sample;
	(void)snprintf(r.file, sizeof r.file, "../x");
	unsound(&r);
	r = sample;
	r.day++;
	unsound(&r);
	r = sample;
	r.number = 0;
	unsound(&r);
	r = sample;
	r.number = 1;
	unsound(&r); /* the first names none before it */
	r.prev[0] = '\0';
	r.number = 2;
	unsound(&r); /* the second must */
	r = sample;
	r.published = STAMP_NONE;
	unsound(&r);
	r = sample;
	r.attempts = 0;
	unsound(&r);
	r = sample;
	memset(r.location, 'x', sizeof r.location);
	unsound(&r);
}

/* The sample with one text in place of another must not parse. */
static void
refused(const char *from, const char *to)
{
	struct buf text = BUF_INIT, bad = BUF_INIT;
	struct receipt r;
	char *at;

	assert_int_equal(receipt_write(&sample, &text), 0);
	at = strstr(text.data, from);
	assert_non_null(at);
	assert_int_equal(buf_printf(&bad, "%.*s%s%s", (int)(at - text.data), text.data, to, at + strlen(from)), 0);
	errno = 0;
	if (receipt_parse(bad.data, bad.len, &r) != -1 || errno != EINVAL)
		fail_msg("accepted: %s", bad.data);
	buf_free(&text);
	buf_free(&bad);
}

static void
what_is_not_exactly_the_format_is_refused(void **state)
{
	refused("casetap-receipt/1", "casetap-receipt/2");
	refused("\"seq\":7,", "");
	refused("\"seq\":7", "\"seq\":-7");
	refused("\"seq\":7", "\"seq\":\"7\"");
	refused("\"seq\":7", "\"seq\":7.0");
	refused("\"seq\":7", "\"seq\":10000000000");
	refused("\"seq\":7", "\"seq\":7,\"more\":1");
	refused("\"seq\":7", "\"seq\":7,\"seq\":7");
	refused("\"seq\":7", "\"seq\": 7");
	refused("LI-2026-0042\",", "../LI-2026-0042\",");
	refused("\"file\":\"LI", "\"file\":\"/LI");
	refused("2024-10-04\",\"file", "2024-10-34\",\"file");
	refused("\"bytes\":4096", "\"bytes\":9223372036854775808");
	refused("\"attempts\":1", "\"attempts\":4294967296");
	refused(HASH_A, "AAAA");
	refused("}\n", "}");
	refused("}\n", "}\n\n");
	refused("}\n", "}}\n");
	refused("{", "");
}

static void
every_prefix_of_a_receipt_is_refused(void **state)
{
	struct buf text = BUF_INIT;
	struct receipt r;

	assert_int_equal(receipt_write(&sample, &text), 0);
	for (size_t n = 0; n < text.len; n++) {
		char *exact = malloc(n + 1);

		assert_non_null(exact);
		memcpy(exact, text.data, n);
		assert_int_equal(receipt_parse(exact, n, &r), -1);
		free(exact);
	}
	buf_free(&text);
}

static void
files_that_every_day_has_are_named_with_the_day(void **state)
{
	char name[RECEIPT_NAME_ROOM];

	assert_string_equal(receipt_name(name, "a.tar", "lea"), "a.tar.lea.receipt");
	assert_string_equal(
	    receipt_name_on(name, sample.file, sample.day, "lea"), "LI-2026-0042_tower-7_0000000007.tar.lea.receipt");
	assert_string_equal(receipt_name_on(name, "LI-2026-0042_tower-7_2024-10-04.ledger.txt", sample.day, "lea"),
	    "LI-2026-0042_tower-7_2024-10-04.ledger.txt.lea.receipt");
	assert_string_equal(
	    receipt_name_on(name, "SHA256SUMS", sample.day, "lea"), "2024-10-04_SHA256SUMS.lea.receipt");
	assert_string_equal(
	    receipt_name_on(name, "keyring.txt", sample.day, "lea"), "2024-10-04_keyring.txt.lea.receipt");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_parsed_writes_back_to_the_same_bytes),
	    cmocka_unit_test(a_second_receipt_of_a_file_says_so_and_has_another_name),
	    cmocka_unit_test(a_receipt_from_an_object_store_holds_the_version),
	    cmocka_unit_test(a_receipt_that_proves_nothing_is_not_written),
	    cmocka_unit_test(what_is_not_exactly_the_format_is_refused),
	    cmocka_unit_test(every_prefix_of_a_receipt_is_refused),
	    cmocka_unit_test(files_that_every_day_has_are_named_with_the_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
