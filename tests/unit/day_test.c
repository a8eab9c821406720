#include "day.h"
#include "ledger.h"
#include "sealing.h"

#define T(seconds) (STREAMS_T0 + (seconds)*STAMP_SECOND)
#define DAY 86400
#define DAY1 "2026-11-21"
#define DAY2 "2026-11-22"
#define DAY3 "2026-11-23"
#define DAY4 "2026-11-24"

static int
has(const char *day, const char *name)
{
	return sealing_exists(sealing_outbox(day, name));
}

static const char *
ledger_name(const char *day)
{
	static char name[128];

	(void)snprintf(name, sizeof(name), STREAMS_CASE "_" STREAMS_IAP "_%s.ledger.txt", day);
	return name;
}

/* Is the day closed and complete? */
static int
is_closed(const char *day)
{
	int closed = has(day, ledger_name(day));

	assert_int_equal(has(day, "SHA256SUMS"), closed);
	assert_int_equal(has(day, "SHA256SUMS.minisig"), closed);
	assert_int_equal(has(day, "keyring.txt"), closed);
	return closed;
}

/* Load the ledger of a closed day; its hash in ${hex}. */
static void
load(const char *day, struct ledger *l, char hex[DIGEST_HEX])
{
	struct buf text = BUF_INIT;

	sealing_load(sealing_outbox(day, ledger_name(day)), &text);
	assert_int_equal(ledger_parse(text.data, text.len, l, NULL), 0);
	assert_int_equal(digest_hex_of(text.data, text.len, hex), 0);
	buf_free(&text);
}

static void
mark_ended(const char *reason, uint32_t revision, stamp_t at)
{
	struct spool *s = streams_open();

	assert_int_equal(spool_mark_ended(s, reason, revision, at), 0);
	spool_close(s);
}

static void
a_package_belongs_to_the_day_in_which_its_window_starts(void **state)
{
	struct sealed s = {.day = STAMP_NONE, .due = STAMP_NONE, .closed = STAMP_NONE};

	assert_true(day_of(&s, T(10), T(2 * DAY)) == T(0));
	assert_true(day_of(&s, T(DAY - 1), T(2 * DAY)) == T(0));
	assert_true(day_of(&s, T(DAY), T(2 * DAY)) == T(DAY));
	/* A window that starts in the future is filed under today. */
	assert_true(day_of(&s, T(300 * DAY), T(2 * DAY)) == T(2 * DAY));
}

static void
a_late_package_goes_into_the_first_open_day_not_before_its_sealing_day(void **state)
{
	struct sealed s = {.day = T(0), .due = T(DAY), .closed = T(0)};

	assert_true(day_of(&s, T(10), T(DAY + 7200)) == T(DAY));
	assert_true(day_of(&s, T(10), T(3 * DAY)) == T(3 * DAY));
	/* Today is closed: tomorrow. */
	s.day = s.closed = T(3 * DAY);
	assert_true(day_of(&s, T(3 * DAY + 10), T(3 * DAY + 20)) == T(4 * DAY));
	/* A day that was left behind takes nothing any more, although its ledger is still to come. */
	s.closed = T(0);
	assert_true(day_of(&s, T(2 * DAY), T(3 * DAY)) == T(3 * DAY));
	assert_true(day_of(&s, T(2 * DAY), T(DAY)) == T(3 * DAY));
}

static void
a_day_closes_when_the_first_package_of_the_next_is_sealed(void **state)
{
	struct ledger l;
	char hex[DIGEST_HEX];

	sealing_clock = T(DAY + 400);
	sealing_slices(T(DAY - 600), 2);
	assert_int_equal(sealing_run(), 0);
	assert_false(is_closed(DAY1));
	sealing_slices(T(DAY), 1);
	assert_int_equal(sealing_run(), 0);
	assert_true(is_closed(DAY1));
	assert_false(is_closed(DAY2));
	load(DAY1, &l, hex);
	assert_int_equal(l.row_count, 2);
	assert_string_equal(l.prev, "");
	assert_string_equal(l.head_seal, l.rows[1].seal_id);
	assert_string_equal(l.order_sha256, STREAMS_HEX);
	assert_false(l.final);
	ledger_clear(&l);
}

static void
a_day_closes_at_two_in_the_morning_at_the_latest_also_when_empty(void **state)
{
	struct ledger first, second, third;
	char hex1[DIGEST_HEX], hex2[DIGEST_HEX], hex3[DIGEST_HEX];

	sealing_slices(T(0), 1);
	sealing_clock = T(DAY + 7199);
	assert_int_equal(sealing_run(), 0);
	assert_false(is_closed(DAY1));
	sealing_clock = T(3 * DAY + 7200);
	assert_int_equal(sealing_run(), 0);
	assert_true(is_closed(DAY1) && is_closed(DAY2) && is_closed(DAY3));
	assert_false(is_closed(DAY4));
	load(DAY1, &first, hex1);
	load(DAY2, &second, hex2);
	load(DAY3, &third, hex3);
	assert_int_equal(second.row_count, 0);
	assert_string_equal(second.prev, hex1);
	assert_string_equal(third.prev, hex2);
	assert_string_equal(third.head_seal, first.head_seal);
	ledger_clear(&first);
	/* What comes now is late: it goes into today's. */
	sealing_slices(T(DAY), 1);
	assert_int_equal(sealing_run(), 0);
	assert_true(sealing_exists(sealing_package(DAY4, 2)));
}

static void
a_backlog_of_days_is_sealed_into_its_own_days(void **state)
{
	struct ledger l;
	char hex[DIGEST_HEX];

	/* The packager stood still for days: all that waits was closed by capture in time. */
	sealing_slices(T(0), 3);
	sealing_slices(T(DAY), 3);
	sealing_slices(T(2 * DAY), 3);
	sealing_clock = T(4 * DAY + 7200);
	assert_int_equal(sealing_run(), 0);
	load(DAY1, &l, hex);
	assert_int_equal(l.row_count, 3);
	ledger_clear(&l);
	load(DAY2, &l, hex);
	assert_int_equal(l.row_count, 3);
	ledger_clear(&l);
	load(DAY3, &l, hex);
	assert_int_equal(l.row_count, 3);
	ledger_clear(&l);
	assert_true(is_closed(DAY4));
}

static void
the_final_ledger_follows_the_end_and_an_extension_continues_the_chain(void **state)
{
	struct ledger l;
	char hex[DIGEST_HEX];
	struct package_facts facts;

	sealing_slices(T(0), 2);
	mark_ended("not_after", 1, T(600));
	sealing_clock = T(630);
	assert_int_equal(sealing_run(), 0);
	assert_true(is_closed(DAY1));
	load(DAY1, &l, hex);
	assert_true(l.final);
	assert_string_equal(l.final_reason, "not_after");
	assert_int_equal(l.final_revision, 1);
	ledger_clear(&l);
	/* Nothing more is due, whatever time passes. */
	sealing_clock = T(3 * DAY);
	assert_int_equal(sealing_run(), 0);
	assert_false(is_closed(DAY2));
	/* The extension, of which capture takes a number, begins in a closed day. */
	sealing_slices(T(600), 1);
	assert_int_equal(sealing_run(), 0);
	assert_int_equal(sealing_check(DAY4, 3, &facts), PACKAGE_INTACT);
	assert_true(facts.day == T(3 * DAY));
	package_facts_clear(&facts);
	assert_false(is_closed(DAY2) || is_closed(DAY3) || is_closed(DAY4));
	mark_ended("revoked", 2, T(900));
	assert_int_equal(sealing_run(), 0);
	load(DAY4, &l, hex);
	assert_true(l.final);
	assert_string_equal(l.final_reason, "revoked");
	assert_int_equal(l.rows[0].seq, 3);
	ledger_clear(&l);
}

static void
an_extension_on_the_day_of_the_final_ledger_goes_into_tomorrows(void **state)
{
	sealing_slices(T(0), 1);
	mark_ended("not_after", 1, T(300));
	sealing_clock = T(400);
	assert_int_equal(sealing_run(), 0);
	assert_true(is_closed(DAY1));
	sealing_slices(T(300), 1);
	assert_int_equal(sealing_run(), 0);
	assert_true(sealing_exists(sealing_package(DAY2, 2)));
	sealing_slices(T(DAY), 1);
	sealing_clock = T(DAY + 400);
	assert_int_equal(sealing_run(), 0);
	assert_true(sealing_exists(sealing_package(DAY2, 3)));
}

static void
the_days_of_a_file_close_with_the_file(void **state)
{
	struct spool *s = spool_open(streams_statefd, STREAMS_CASE, STREAMS_IAP, SPOOL_FILE, 1);
	struct ledger l;
	char hex[DIGEST_HEX];

	sealing_slice(s, T(0), T(300), 1);
	sealing_clock = T(400 * DAY);
	assert_int_equal(sealing_run(), 0);
	assert_false(is_closed(DAY1));
	sealing_slice(s, T(DAY), T(DAY + 300), 1);
	assert_int_equal(spool_mark_ended(s, "source-end", 1, T(DAY + 300)), 0);
	spool_close(s);
	assert_int_equal(sealing_run(), 0);
	assert_true(is_closed(DAY1) && is_closed(DAY2));
	assert_false(is_closed(DAY3));
	load(DAY2, &l, hex);
	assert_true(l.final);
	ledger_clear(&l);
}

static void
sums_list_the_folder_and_its_signature_verifies(void **state)
{
	struct buf text = BUF_INIT, sig_text = BUF_INIT;
	struct sign_sig sig;
	char command[1024];

	sealing_slices(T(0), 3);
	mark_ended("not_after", 1, T(900));
	assert_int_equal(sealing_run(), 0);
	sealing_load(sealing_outbox(DAY1, "SHA256SUMS"), &text);
	sealing_load(sealing_outbox(DAY1, "SHA256SUMS.minisig"), &sig_text);
	assert_int_equal(sign_parse(sig_text.data, sig_text.len, &sig), 0);
	assert_int_equal(sign_verify(sign_key_pub(sealing_key), &sig, text.data, text.len), 0);
	assert_string_equal(sig.comment,
	    "casetap case=LI-2026-0042 iap=tower-7 day=2026-11-21 sealed=2026-11-21T01:00:00.000000000Z");
	(void)snprintf(command, sizeof(command),
	    "cd '%s' && sha256sum --quiet --strict -c SHA256SUMS && "
	    "test \"$(ls | grep -v SHA256SUMS)\" = \"$(cut -c67- SHA256SUMS)\"",
	    scratch_path(sealing_outbox(DAY1, "")));
	assert_int_equal(system(command), 0);
	buf_free(&text);
	buf_free(&sig_text);
}

/* A version of the keyring later, with another key for the station. */
static void
rotate(void)
{
	char *version;

	sign_key_free(sealing_key);
	sealing_key = sign_key_generate();
	assert_non_null(sealing_key);
	sealing_set_keyring(sealing_key, "tower-7");
	version = strstr(sealing_keyring, "version: 1");
	assert_non_null(version);
	version[strlen("version: ")] = '2';
}

/* Does the closed day hold the keyring in force, and is its list signed by the key that is in it? */
static void
check_signed_by_its_keyring(void)
{
	struct buf keyring = BUF_INIT, text = BUF_INIT, sig_text = BUF_INIT;
	struct sign_sig sig;
	struct ledger l;
	char hex[DIGEST_HEX], keyring_hex[DIGEST_HEX];

	assert_true(is_closed(DAY1));
	sealing_load(sealing_outbox(DAY1, "keyring.txt"), &keyring);
	assert_int_equal(keyring.len, strlen(sealing_keyring));
	assert_memory_equal(keyring.data, sealing_keyring, keyring.len);
	load(DAY1, &l, hex);
	assert_int_equal(digest_hex_of(keyring.data, keyring.len, keyring_hex), 0);
	assert_string_equal(l.keyring_sha256, keyring_hex);
	ledger_clear(&l);
	sealing_load(sealing_outbox(DAY1, "SHA256SUMS"), &text);
	assert_non_null(strstr(text.data, hex));
	assert_non_null(strstr(text.data, keyring_hex));
	sealing_load(sealing_outbox(DAY1, "SHA256SUMS.minisig"), &sig_text);
	assert_int_equal(sign_parse(sig_text.data, sig_text.len, &sig), 0);
	assert_int_equal(sign_verify(sign_key_pub(sealing_key), &sig, text.data, text.len), 0);
	buf_free(&keyring);
	buf_free(&text);
	buf_free(&sig_text);
}

static void
copy_file(const char *from, const char *to)
{
	struct buf text = BUF_INIT;

	sealing_load(from, &text);
	scratch_put(to, text.data, text.len, 0600);
	buf_free(&text);
}

static void
a_day_that_was_not_signed_before_a_rotation_is_closed_by_the_keyring_that_came(void **state)
{
	const char *sealed = "state/records/" STREAMS_CASE "/" STREAMS_IAP "/stream.json";

	(void)state;
	/* Killed before the ledger: the pair is there. */
	sealing_slices(T(0), 1);
	assert_int_equal(sealing_run(), 0);
	scratch_puts(sealing_outbox(DAY1, "keyring.txt"), sealing_keyring);
	scratch_puts(sealing_outbox(DAY1, "keyring.txt.minisig"), "signature\n");
	copy_file(sealed, "before");
	rotate();
	sealing_clock = T(DAY + 7200);
	assert_int_equal(sealing_run(), 0);
	check_signed_by_its_keyring();
	/* Killed behind the ledger and the list, before the signature. */
	assert_int_equal(unlink(scratch_path(sealed)), 0);
	copy_file("before", sealed);
	assert_int_equal(unlink(scratch_path(sealing_outbox(DAY1, "SHA256SUMS.minisig"))), 0);
	rotate();
	sealing_keyring[strlen("casetap-keyring/1\nversion: ")] = '3';
	assert_int_equal(sealing_run(), 0);
	check_signed_by_its_keyring();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_package_belongs_to_the_day_in_which_its_window_starts),
	    cmocka_unit_test(a_late_package_goes_into_the_first_open_day_not_before_its_sealing_day),
	    cmocka_unit_test_setup_teardown(
		a_day_closes_when_the_first_package_of_the_next_is_sealed, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_day_closes_at_two_in_the_morning_at_the_latest_also_when_empty, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_backlog_of_days_is_sealed_into_its_own_days, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(the_final_ledger_follows_the_end_and_an_extension_continues_the_chain,
		sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		an_extension_on_the_day_of_the_final_ledger_goes_into_tomorrows, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		the_days_of_a_file_close_with_the_file, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		sums_list_the_folder_and_its_signature_verifies, sealing_set_up, sealing_tear_down),
	    cmocka_unit_test_setup_teardown(
		a_day_that_was_not_signed_before_a_rotation_is_closed_by_the_keyring_that_came, sealing_set_up,
		sealing_tear_down),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
