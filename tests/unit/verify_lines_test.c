#include "scratch.h"

#include "findings.h"
#include "verify_lines.h"

#define CASE "LI-2026-0042"
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define T0 (STAMP_DAY * 20777) /* 2026-11-20 */
#define HOUR (3600 * STAMP_SECOND)
#define FILE_NAME "1.binding"

static struct sign_key *alice, *station, *mallory;
static struct keyring *keyring;
static struct verify_orders *orders;
static struct verify_case_sums sums;
static struct verify_binding given; /* whose file is put() */

static int
make_keys(void **state)
{
	char a[SIGN_KEY_TEXT], s[SIGN_KEY_TEXT], text[512];

	(void)state;
	if (sign_init() == -1)
		return -1;
	alice = sign_key_generate();
	station = sign_key_generate();
	mallory = sign_key_generate();
	sign_pub_format(sign_key_pub(alice), a);
	sign_pub_format(sign_key_pub(station), s);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\n"
	    "approver: %s name=alice role=legal\nstation: %s name=tower-7\n",
	    a, s);
	keyring = keyring_parse(text, strlen(text), "keyring");
	return keyring == NULL ? -1 : 0;
}

static int
drop_keys(void **state)
{
	(void)state;
	sign_key_free(alice);
	sign_key_free(station);
	sign_key_free(mallory);
	keyring_free(keyring);
	return 0;
}

static int
set_up(void **state)
{
	(void)state;
	memset(&sums, 0, sizeof(sums));
	strcpy(sums.case_id, CASE);
	memset(&given, 0, sizeof(given));
	given.begin.kind = ACCESS_ASSIGNED;
	given.begin.family = 4;
	given.begin.bits = 32;
	memcpy(given.begin.addr, "\xc0\x00\x02\x07", 4);
	strcpy(given.begin.method, "given");
	given.begin.time = T0;
	given.end = T0 + HOUR;
	given.lapsed = given.renewed = STAMP_NONE;
	orders = verify_orders_new(CASE);
	result = verify_result_new(0);
	return orders == NULL || result == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	verify_case_clear(&sums);
	verify_orders_free(orders);
	verify_result_free(result);
	return 0;
}

static void
put_file(const char *name, const struct buf *text)
{
	struct package_facts f;
	struct package_order file;

	memset(&f, 0, sizeof(f));
	memset(&file, 0, sizeof(file));
	f.is_gap = 1;
	(void)snprintf(file.name, sizeof(file.name), "%s", name);
	assert_int_equal(buf_put(&file.text, text->data, text->len), 0);
	f.orders = &file;
	f.order_count = 1;
	assert_int_equal(verify_orders_package(orders, &f, "day", result), 0);
	buf_free(&file.text);
}

static const char *given_address = "192.0.2.7";

/* The file that gives that address from T0 to T0 + HOUR, in a package, signed by that key. */
static void
put(const char *case_id, const struct sign_key *key)
{
	struct binding b = {.from = T0, .until = T0 + HOUR, .issued = T0, .kind = BINDING_PLAN};
	struct buf text = BUF_INIT, sig = BUF_INIT;

	strcpy(b.case_id, case_id);
	strcpy(b.proof, "plan");
	strcpy(b.proof_sha256, HEX);
	strcpy(b.kept_sha256, HEX);
	strcpy(b.reason, "static plan");
	assert_null(binding_address_parse(given_address, &b.address));
	assert_int_equal(binding_write(&b, &text), 0);
	assert_int_equal(digest_hex_of(text.data, text.len, given.begin.sha256), 0);
	assert_int_equal(sign_make(key, text.data, text.len, "approved", &sig), 0);
	put_file(FILE_NAME, &text);
	put_file(FILE_NAME ".a.minisig", &sig);
	buf_free(&text);
	buf_free(&sig);
}

/* What is found of the address that was followed; the case's sums then hold it. */
static const struct verify_binding *
settle(int whole, int status)
{
	sums.bindings.at = malloc(sizeof(given));
	assert_non_null(sums.bindings.at);
	*sums.bindings.at = given;
	sums.bindings.count = 1;
	assert_int_equal(verify_lines_settle(&sums, orders, keyring, whole, result), 0);
	assert_int_equal(verify_result_status(result), status);
	return sums.bindings.at;
}

static void
an_address_stands_on_the_word_of_the_approver_who_signed_its_file(void **state)
{
	const struct verify_binding *b;

	(void)state;
	put(CASE, alice);
	b = settle(1, 0);
	assert_int_equal(result->count, 0);
	assert_string_equal(b->file, FILE_NAME);
	assert_string_equal(b->approver, "alice");
	assert_non_null(strstr(b->confirmation, "given by approver alice"));
}

static void
its_file_is_missed_unless_a_part_of_the_case_was_given(void **state)
{
	const struct verify_binding *b;

	(void)state;
	strcpy(given.begin.sha256, HEX);
	b = settle(1, 11);
	assert_true(said(CASE, "that did not come along"));
	assert_string_equal(b->file, "");
	assert_non_null(strstr(b->confirmation, "on nobody's word that is here"));
	tear_down(state);
	set_up(state);
	strcpy(given.begin.sha256, HEX);
	given.end = STAMP_NONE;
	given.lapsed = T0 + HOUR;
	b = settle(0, 0);
	assert_true(said(CASE, "that did not come along"));
	assert_non_null(
	    strstr(b->confirmation, "no package tells of its end, but at 2026-11-20T01:00:00Z it was no more"));
}

static void
a_file_of_another_address_time_or_case_is_tampering(void **state)
{
	size_t i;

	for (i = 0; i < 6; i++) {
		put(i == 5 ? "LI-2" : CASE, alice);
		given.begin.addr[3] = i == 0 ? 8 : 7;
		given.begin.bits = i == 1 ? 31 : 32;
		given.begin.family = i == 2 ? 6 : 4;
		given.begin.time = i == 3 ? T0 - 1 : T0;
		given.end = i == 4 ? T0 + HOUR + 1 : T0 + HOUR;
		assert_string_equal(settle(1, 12)->approver, "");
		assert_true(
		    said(FILE_NAME, "does not give the address that was followed by it, or not for that time"));
		tear_down(state);
		set_up(state);
	}
}

static void
a_prefix_stands_on_a_file_that_gives_just_that_prefix(void **state)
{
	size_t i;

	for (i = 0; i < 3; i++) {
		given_address = i == 2 ? "192.0.2.0/28" : "192.0.2.0/29";
		put(CASE, alice);
		given_address = "192.0.2.7";
		given.begin.addr[3] = 0;
		given.begin.bits = i == 1 ? 32 : 29;
		assert_string_equal(settle(1, i == 0 ? 0 : 12)->approver, i == 0 ? "alice" : "");
		tear_down(state);
		set_up(state);
	}
}

static void
what_a_stranger_or_the_station_signed_is_nobodys_word(void **state)
{
	const struct sign_key *keys[] = {mallory, station};
	size_t i;

	for (i = 0; i < 2; i++) {
		put(CASE, keys[i]);
		assert_string_equal(settle(1, 12)->approver, "");
		assert_true(said(FILE_NAME, "is signed by no approver of the keyring"));
		tear_down(state);
		set_up(state);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		an_address_stands_on_the_word_of_the_approver_who_signed_its_file, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		its_file_is_missed_unless_a_part_of_the_case_was_given, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_file_of_another_address_time_or_case_is_tampering, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_prefix_stands_on_a_file_that_gives_just_that_prefix, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_a_stranger_or_the_station_signed_is_nobodys_word, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
