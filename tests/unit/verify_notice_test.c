#include "notice.h"

#include "verifying.h"

/*
 * Anomaly notices in a day's folder: whose word they are, and whether what they name is what was delivered.
 */
#define NAME CASE "_tower-7_" DAY ".notice-1.txt"
#define SEAL "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct notice sample;

static int
make_day(void **state)
{
	static const struct notice_event event = {
	    .kind = NOTICE_GAP, .from = T0 + STAMP_SECOND, .to = T0 + 301 * STAMP_SECOND, .what = "link-down"};

	if (set_up(state) == -1)
		return -1;
	memset(&sample, 0, sizeof(sample));
	strcpy(sample.case_id, CASE);
	strcpy(sample.iap, "tower-7");
	sample.day = T0;
	sample.number = 1;
	sample.written = T0 + 400 * STAMP_SECOND;
	return notice_add(&sample, &event);
}

/* The text of the notice, with a signature by that key below it. */
static void
make(struct buf *out, const struct sign_key *key)
{
	struct buf sig = BUF_INIT;

	assert_int_equal(notice_write(&sample, out), 0);
	assert_int_equal(sign_make(key, out->data, out->len, "casetap notice", &sig), 0);
	assert_int_equal(buf_put(out, sig.data, sig.len), 0);
	buf_free(&sig);
}

/* A day that its station closed with that file in it, and with that ledger. */
static void
close_day(const char *notice, const char *ledger)
{
	const char *keyring = keyring_text(1, "");
	struct manifest *m = manifest_new();
	struct buf text = BUF_INIT;

	put(NAME, notice);
	put(LEDGER, ledger);
	list(m, LEDGER, ledger);
	list(m, NAME, notice);
	if (strstr(ledger, SEAL) != NULL)
		list(m, PACKAGE, "gone");
	list(m, "keyring.txt", keyring);
	assert_int_equal(manifest_write(m, &text), 0);
	put("SHA256SUMS", text.data);
	put_signature("SHA256SUMS.minisig", station, text.data, "casetap case=x sealed=2026-11-21T00:00:01Z");
	buf_free(&text);
	manifest_free(m);
}

static const char *
empty(void)
{
	return ledger_text(T0, keyring_text(1, ""));
}

static void
put_notice(const struct sign_key *key)
{
	struct buf text = BUF_INIT;

	make(&text, key);
	close_day(text.data, empty());
	buf_free(&text);
}

static size_t
noticed(void)
{
	size_t i, n = 0;

	for (i = 0; i < result->events.count; i++)
		n += result->events.at[i].kind == EVENT_NOTICED;
	return n;
}

static void
one_that_holds_is_told_of(void **state)
{
	const struct verify_event *e = NULL;
	size_t i;

	(void)state;
	put_notice(station);
	judge(FOLDER, 0);
	assert_true(said(NAME, "the station gave notice: gap of 300 s from 2026-11-20T00:00:01Z: link-down"));
	assert_int_equal(noticed(), 1);
	for (i = 0; i < result->events.count; i++) {
		if (result->events.at[i].kind == EVENT_NOTICED)
			e = &result->events.at[i];
	}
	assert_non_null(e);
	assert_string_equal(e->case_id, CASE);
	assert_string_equal(e->iap, "tower-7");
	assert_string_equal(e->who, "tower-7");
	assert_true(e->day == T0 && e->at == sample.written);
}

static void
a_strangers_word_is_none(void **state)
{
	(void)state;
	put_notice(stranger);
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said(NAME, "its signature is"));
	assert_true(said(NAME, "not in the keyring"));
	assert_int_equal(noticed(), 0);
}

/* The station's key ended on the 22nd. */
static void
one_by_a_key_that_had_ended_is_none(void **state)
{
	(void)state;
	sample.written = T0 + 2 * STAMP_DAY;
	put_notice(station);
	judge(FOLDER, VERIFY_TAMPERED);
	assert_true(said(NAME, "no longer valid"));
	assert_int_equal(noticed(), 0);
}

static void
one_of_another_name_is_tampering(void **state)
{
	const struct notice good = sample;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		sample = good;
		if (i == 0)
			strcpy(sample.case_id, "LI-2");
		if (i == 1)
			strcpy(sample.iap, "tower-8");
		if (i == 2)
			sample.day += STAMP_DAY;
		if (i == 3)
			sample.number = 2;
		put_notice(station);
		judge(FOLDER, VERIFY_TAMPERED);
		assert_true(said(NAME, "is a notice of another name"));
		assert_int_equal(noticed(), 0);
	}
}

/* Any bit of it, and a byte too few or too many: never as if nothing had been, and never told of. */
static void
fault_061_a_flipped_bit_anywhere_is_seen(void **state)
{
	struct buf text = BUF_INIT;
	size_t i;

	(void)state;
	make(&text, station);
	for (i = 0; i < text.len; i++) {
		text.data[i] ^= 1;
		close_day(text.data, empty());
		judge_any(FOLDER);
		if (verify_result_status(result) != VERIFY_TAMPERED &&
		    verify_result_status(result) != VERIFY_MALFORMED)
			fail_msg("byte %zu: %d", i, verify_result_status(result));
		assert_true(said(NAME, ""));
		text.data[i] ^= 1;
	}
	assert_int_equal(buf_putc(&text, '\n'), 0);
	close_day(text.data, empty());
	judge_any(FOLDER);
	assert_int_not_equal(verify_result_status(result), 0);
	text.data[text.len -= 2] = '\0';
	close_day(text.data, empty());
	judge_any(FOLDER);
	assert_int_not_equal(verify_result_status(result), 0);
	buf_free(&text);
}

static void
what_is_no_notice_is_malformed(void **state)
{
	static const char *const texts[] = {"", "link-down\n", "casetap-notice/1\n"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		close_day(texts[i], empty());
		judge(FOLDER, VERIFY_MALFORMED);
		assert_true(said(NAME, "is no notice"));
	}
}

/* A ledger of one package, which does not come along. */
static void
one_that_names_another_package_than_was_delivered_is_tampering(void **state)
{
	struct ledger_row row = {.seq = 1,
	    .seal_id = SEAL,
	    .from = T0,
	    .to = T0 + 300 * STAMP_SECOND,
	    .first_frame = STAMP_NONE,
	    .last_frame = STAMP_NONE};
	struct ledger l;
	struct buf text = BUF_INIT, notice = BUF_INIT;
	unsigned line;
	int is_other;

	(void)state;
	assert_int_equal(ledger_parse(empty(), strlen(empty()), &l, &line), 0);
	strcpy(l.head_seal, SEAL);
	strcpy(l.order_sha256, SEAL);
	assert_int_equal(ledger_add(&l, &row), 0);
	assert_int_equal(ledger_write(&l, &text), 0);
	for (is_other = 0; is_other < 2; is_other++) {
		sample.last_seq = 1;
		strcpy(sample.last_seal, is_other ? ZEROS : SEAL);
		strcpy(sample.order_sha256, SEAL);
		buf_clear(&notice);
		make(&notice, station);
		close_day(notice.data, text.data);
		judge_any(FOLDER);
		assert_int_equal(said(NAME, "names a package that is not the one delivered"), is_other);
		assert_int_equal(noticed(), !is_other);
		assert_int_equal(verify_result_status(result), is_other ? VERIFY_TAMPERED : VERIFY_INCOMPLETE);
	}
	buf_free(&notice);
	buf_free(&text);
	ledger_clear(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(one_that_holds_is_told_of, make_day, tear_down),
	    cmocka_unit_test_setup_teardown(a_strangers_word_is_none, make_day, tear_down),
	    cmocka_unit_test_setup_teardown(one_by_a_key_that_had_ended_is_none, make_day, tear_down),
	    cmocka_unit_test_setup_teardown(one_of_another_name_is_tampering, make_day, tear_down),
	    cmocka_unit_test_setup_teardown(fault_061_a_flipped_bit_anywhere_is_seen, make_day, tear_down),
	    cmocka_unit_test_setup_teardown(what_is_no_notice_is_malformed, make_day, tear_down),
	    cmocka_unit_test_setup_teardown(
		one_that_names_another_package_than_was_delivered_is_tampering, make_day, tear_down),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
