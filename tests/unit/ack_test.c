#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ack.h"

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char lines[] = "casetap-acknowledgement/1\n"
			    "case: LI-1\n"
			    "iap: tower-7\n"
			    "day: 2026-11-20\n"
			    "sums-sha256: " HASH "\n"
			    "packages: 288\n"
			    "verdict: 10\n"
			    "verified: 2026-11-21T08:00:00.000000000Z\n"
			    "verifier: casetap-verify 0.1.0\n";

static struct ack
sample(void)
{
	struct ack a = {.packages = 288, .verdict = 10};

	(void)snprintf(a.case_id, sizeof(a.case_id), "LI-1");
	(void)snprintf(a.iap, sizeof(a.iap), "tower-7");
	(void)snprintf(a.sums_sha256, sizeof(a.sums_sha256), HASH);
	(void)snprintf(a.verifier, sizeof(a.verifier), "casetap-verify 0.1.0");
	assert_int_equal(stamp_day_parse("2026-11-20", &a.day), 0);
	assert_int_equal(stamp_parse("2026-11-21T08:00:00Z", &a.verified), 0);
	return a;
}

static void
an_acknowledgement_is_written_and_read_back(void **state)
{
	struct ack a = sample(), b;
	struct buf text = BUF_INIT;

	(void)state;
	assert_int_equal(ack_write(&a, &text), 0);
	assert_string_equal(text.data, lines);
	assert_int_equal(ack_parse(text.data, text.len, &b), 0);
	assert_string_equal(b.case_id, "LI-1");
	assert_true(b.day == a.day && b.verified == a.verified && b.packages == 288 && b.verdict == 10);
	buf_free(&text);
}

static void
nothing_bad_is_acknowledged(void **state)
{
	struct ack a = sample();
	struct buf text = BUF_INIT;

	(void)state;
	a.verdict = 12;
	assert_int_equal(ack_write(&a, &text), -1);
	a = sample();
	a.verdict = 11;
	assert_int_equal(ack_write(&a, &text), -1);
	a = sample();
	a.case_id[0] = '/';
	assert_int_equal(ack_write(&a, &text), -1);
	assert_int_equal(text.len, 0);
	buf_free(&text);
}

static void
every_flipped_bit_and_every_cut_is_refused_or_another_text(void **state)
{
	char text[sizeof(lines)];
	struct ack a;
	size_t i;
	int bit;

	(void)state;
	for (i = 0; i < sizeof(lines) - 1; i++)
		assert_int_equal(ack_parse(lines, i, &a), -1);
	for (i = 0; i < sizeof(lines) - 1; i++) {
		for (bit = 0; bit < 8; bit++) {
			memcpy(text, lines, sizeof(text));
			text[i] = (char)(text[i] ^ 1 << bit);
			if (ack_parse(text, sizeof(lines) - 1, &a) == 0) {
				/* a letter of a name, a digit of a number: then it says just that */
				struct buf again = BUF_INIT;

				assert_int_equal(ack_write(&a, &again), 0);
				assert_memory_equal(again.data, text, sizeof(lines) - 1);
				buf_free(&again);
			}
		}
	}
}

static void
a_whole_file_is_nine_lines_and_their_signature(void **state)
{
	struct sign_key *key = sign_key_generate();
	struct buf text = BUF_INIT;
	struct sign_sig sig;
	struct ack a;
	size_t n;

	(void)state;
	assert_int_equal(buf_puts(&text, lines), 0);
	assert_int_equal(ack_open(text.data, text.len, &a, &sig, &n), -1);
	assert_int_equal(sign_make(key, lines, sizeof(lines) - 1, "x", &text), 0);
	assert_int_equal(ack_open(text.data, text.len, &a, &sig, &n), 0);
	assert_int_equal(n, sizeof(lines) - 1);
	assert_int_equal(sign_verify(sign_key_pub(key), &sig, text.data, n), 0);
	assert_int_equal(ack_open(text.data, text.len - 2, &a, &sig, &n), -1);
	assert_int_equal(buf_puts(&text, "x\n"), 0);
	assert_int_equal(ack_open(text.data, text.len, &a, &sig, &n), -1);
	buf_free(&text);
	sign_key_free(key);
}

static int
start(void **state)
{
	(void)state;
	return sign_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_acknowledgement_is_written_and_read_back),
	    cmocka_unit_test(nothing_bad_is_acknowledged),
	    cmocka_unit_test(every_flipped_bit_and_every_cut_is_refused_or_another_text),
	    cmocka_unit_test(a_whole_file_is_nine_lines_and_their_signature),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
