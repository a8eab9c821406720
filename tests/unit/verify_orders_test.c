#include "scratch.h"

#include "verify_claims.h"
#include "verify_orders.h"

#define CASE "LI-2026-0042"
#define T0 (STAMP_DAY * 20777) /* 2026-11-20 */

static struct sign_key *alice, *bob, *mallory;
static struct keyring *keyring;
static struct keyring_version version = {.version = 1}; /* in force from the begin */
static const struct verify_versions one_version = {&version, 1};
static struct verify_orders *orders;
static struct verify_result *result;
static struct verify_case_sums sums;
static struct spans due;

static int
make_keys(void **state)
{
	char a[SIGN_KEY_TEXT], b[SIGN_KEY_TEXT], text[512];

	(void)state;
	if (sign_init() == -1)
		return -1;
	alice = sign_key_generate();
	bob = sign_key_generate();
	mallory = sign_key_generate();
	sign_pub_format(sign_key_pub(alice), a);
	sign_pub_format(sign_key_pub(bob), b);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\n"
	    "approver: %s name=alice role=legal\napprover: %s name=bob role=technical\n"
	    "revoked: %s at=2026-11-25T00:00:00Z reason=lost\n",
	    a, b, b);
	keyring = keyring_parse(text, strlen(text), "keyring");
	return keyring == NULL ? -1 : 0;
}

static int
drop_keys(void **state)
{
	(void)state;
	sign_key_free(alice);
	sign_key_free(bob);
	sign_key_free(mallory);
	keyring_free(keyring);
	return 0;
}

static int
set_up(void **state)
{
	(void)state;
	memset(&sums, 0, sizeof(sums));
	memset(&due, 0, sizeof(due));
	orders = verify_orders_new(CASE);
	if (orders != NULL)
		verify_orders_know(orders, &one_version);
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
	spans_free(&due);
	return 0;
}

static char *
order_text(unsigned revision, const char *from, const char *to, const char *previous, char out[1024])
{
	(void)snprintf(out, 1024,
	    "[order]\nformat = casetap-order/1\ncase_id = " CASE "\ncontent_id = 1\nlea = county-sheriff\n"
	    "authority = title-iii\norder_number = 26-CV-0117\nissued_by = A\npresented_by = B\nresponsible = C\n"
	    "not_before = %s\nnot_after = %s\nrevision = %u\n%s%s%s[subject]\nipv4 = 198.51.100.7\n"
	    "[capture]\nscope = content\n[delivery]\nto = county-sheriff\n",
	    from, to, revision, previous == NULL ? "" : "previous = ", previous == NULL ? "" : previous,
	    previous == NULL ? "" : "\n");
	return out;
}

/* A package that carries one file, or none, and whose record names a revision. */
static void
put(const char *name, const char *text, size_t n, unsigned revision, const char *sha256, stamp_t at, unsigned needed)
{
	struct package_facts f;
	struct package_order file;

	memset(&f, 0, sizeof(f));
	memset(&file, 0, sizeof(file));
	f.slice.head.revision = revision;
	f.slice.open.realtime = at;
	f.is_gap = sha256 == NULL;
	if (sha256 != NULL)
		(void)snprintf(f.slice.head.order_sha256, DIGEST_HEX, "%s", sha256);
	if (name != NULL) {
		(void)snprintf(file.name, sizeof(file.name), "%s", name);
		assert_int_equal(buf_put(&file.text, text, n), 0);
		f.orders = &file;
		f.order_count = 1;
	}
	version.approvals = needed;
	verify_orders_know(orders, &one_version);
	assert_int_equal(verify_orders_package(orders, &f, "day", result), 0);
	buf_free(&file.text);
}

static void
put_file(const char *name, const char *text)
{
	put(name, text, strlen(text), 0, NULL, 0, 1);
}

static void
put_signature(const char *name, const struct sign_key *key, const char *text)
{
	struct buf sig = BUF_INIT;

	assert_int_equal(sign_make(key, text, strlen(text), "approved", &sig), 0);
	put_file(name, sig.data);
	buf_free(&sig);
}

static void
use(unsigned revision, const char *text, stamp_t at, unsigned needed)
{
	char sha256[DIGEST_HEX];

	assert_int_equal(digest_hex_of(text, strlen(text), sha256), 0);
	put(NULL, NULL, 0, revision, sha256, at, needed);
}

static void
judge(int known, int status)
{
	int rc;

	scratch_listen();
	rc = verify_orders_judge(orders, keyring, 1, &due, &sums, result);
	scratch_heard();
	assert_int_equal(rc, known);
	if (verify_result_status(result) != status && result->count > 0)
		print_message("%s: %s\n", result->findings[0].where, result->findings[0].what);
	assert_int_equal(verify_result_status(result), status);
}

static void
an_approved_order_gives_the_window(void **state)
{
	char text[1024];

	(void)state;
	order_text(1, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, text);
	put_file("1.order", text);
	put_signature("1.order.alice.minisig", alice, text);
	use(1, text, T0, 1);
	judge(1, 0);
	assert_int_equal(due.count, 1);
	assert_true(due.at[0].from == T0 && due.at[0].to == T0 + STAMP_DAY);
	assert_string_equal(sums.lea, "county-sheriff");
}

static void
an_extension_adds_to_the_window_and_an_early_end_takes_from_it(void **state)
{
	char one[1024], two[1024], sha256[DIGEST_HEX];

	(void)state;
	order_text(1, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, one);
	assert_int_equal(digest_hex_of(one, strlen(one), sha256), 0);
	order_text(2, "2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z", sha256, two);
	put_file("1.order", one);
	put_file("2.order", two);
	put_signature("1.order.alice.minisig", alice, one);
	put_signature("2.order.alice.minisig", alice, two);
	use(1, one, T0, 1);
	use(2, two, T0, 1);
	judge(1, 0);
	assert_int_equal(due.count, 1);
	assert_true(due.at[0].to == T0 + STAMP_DAY / 2);
	assert_int_equal(sums.revision, 2);
}

static void
a_revision_that_did_not_come_along_is_incomplete(void **state)
{
	char text[1024];

	(void)state;
	order_text(1, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, text);
	use(1, text, T0, 1);
	judge(0, VERIFY_INCOMPLETE);
}

static void
a_revision_other_than_the_records_name_is_tampering(void **state)
{
	char text[1024], other[1024];

	(void)state;
	order_text(1, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, text);
	order_text(1, "2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z", NULL, other);
	put_file("1.order", other);
	put_signature("1.order.alice.minisig", alice, other);
	use(1, text, T0, 1);
	judge(1, VERIFY_TAMPERED);
}

static void
an_order_that_nobody_may_approve_is_tampering(void **state)
{
	char text[1024];

	(void)state;
	order_text(1, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, text);
	put_file("1.order", text);
	put_signature("1.order.mallory.minisig", mallory, text);
	use(1, text, T0, 1);
	judge(1, VERIFY_TAMPERED);
}

static void
one_key_under_two_names_is_one_approval(void **state)
{
	char text[1024];

	(void)state;
	order_text(1, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, text);
	put_file("1.order", text);
	put_signature("1.order.alice.minisig", alice, text);
	put_signature("1.order.again.minisig", alice, text);
	use(1, text, T0, 2);
	judge(1, VERIFY_TAMPERED);
}

static void
an_approval_from_before_the_key_was_revoked_stands_one_from_after_does_not(void **state)
{
	char text[1024];

	(void)state;
	order_text(1, "2026-11-20T00:00:00Z", "2026-12-21T00:00:00Z", NULL, text);
	put_file("1.order", text);
	put_signature("1.order.bob.minisig", bob, text);
	use(1, text, T0, 1);
	judge(1, 0);
	tear_down(NULL);
	set_up(NULL);
	put_file("1.order", text);
	put_signature("1.order.bob.minisig", bob, text);
	use(1, text, T0 + 6 * STAMP_DAY, 1);
	judge(1, VERIFY_TAMPERED);
}

static void
a_signed_revocation_ends_what_is_due_an_unsigned_one_does_not(void **state)
{
	static const char revoked[] =
	    "casetap-revocation/1\ncase: " CASE "\nat: 2026-11-20T06:00:00Z\nreason: court\n";
	char text[1024];

	(void)state;
	order_text(1, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, text);
	put_file("1.order", text);
	put_signature("1.order.alice.minisig", alice, text);
	use(1, text, T0, 1);
	put_file("revoked", revoked);
	put_signature("revoked.minisig", alice, revoked);
	judge(1, 0);
	assert_true(due.at[0].to == T0 + STAMP_DAY / 4);
	tear_down(NULL);
	set_up(NULL);
	put_file("1.order", text);
	put_signature("1.order.alice.minisig", alice, text);
	use(1, text, T0, 1);
	put_file("revoked", revoked);
	put_signature("revoked.minisig", mallory, revoked);
	judge(1, VERIFY_TAMPERED);
	assert_true(due.at[0].to == T0 + STAMP_DAY);
}

static void
frames_outside_the_window_of_their_order_are_told(void **state)
{
	struct package_facts f;
	char text[1024];

	(void)state;
	order_text(1, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, text);
	put_file("1.order", text);
	put_signature("1.order.alice.minisig", alice, text);
	memset(&f, 0, sizeof(f));
	f.slice.head.revision = 1;
	assert_int_equal(digest_hex_of(text, strlen(text), f.slice.head.order_sha256), 0);
	f.slice.open.realtime = T0;
	f.slice.frames = 1;
	f.slice.first_frame = f.slice.last_frame = T0 + STAMP_DAY; /* not_after itself is outside */
	assert_int_equal(verify_orders_package(orders, &f, "day", result), 0);
	judge(1, VERIFY_TAMPERED);
}

static void
a_slice_under_no_order_is_tampering(void **state)
{
	(void)state;
	put(NULL, NULL, 0, 1, "", T0, 1);
	assert_int_equal(verify_result_status(result), VERIFY_TAMPERED);
}

static void
one_name_with_two_texts_is_tampering(void **state)
{
	(void)state;
	put_file("1.order", "one");
	put_file("1.order", "two");
	assert_int_equal(verify_result_status(result), VERIFY_TAMPERED);
}

static void
approvals_that_are_asked_for_later_are_not_asked_of_what_was_accepted(void **state)
{
	struct keyring_version versions[] = {{1, 0, "", 1}, {2, T0 + STAMP_DAY, "", 2}};
	const struct verify_versions two = {versions, 2};
	char text[1024];
	int late;

	for (late = 0; late < 2; late++) {
		order_text(1, "2026-11-20T00:00:00Z", "2026-12-21T00:00:00Z", NULL, text);
		put_file("1.order", text);
		put_signature("1.order.alice.minisig", alice, text);
		use(1, text, T0 + late * STAMP_DAY, 2);
		verify_orders_know(orders, &two);
		judge(1, late ? VERIFY_TAMPERED : 0);
		tear_down(state);
		assert_int_equal(set_up(state), 0);
	}
}

static void
an_early_end_counts_although_no_slice_begins_under_it(void **state)
{
	char one[1024], two[1024], sha256[DIGEST_HEX];
	int approved;

	for (approved = 0; approved < 2; approved++) {
		order_text(1, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, one);
		assert_int_equal(digest_hex_of(one, strlen(one), sha256), 0);
		order_text(2, "2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z", sha256, two);
		put_file("1.order", one);
		put_file("2.order", two);
		put_signature("1.order.alice.minisig", alice, one);
		put_signature("2.order.alice.minisig", approved ? alice : mallory, two);
		use(1, one, T0, 1);
		judge(1, 0);
		assert_int_equal(due.count, 1);
		assert_true(due.at[0].to == T0 + (approved ? STAMP_DAY / 2 : STAMP_DAY));
		assert_int_equal(sums.revision, approved ? 2 : 1);
		tear_down(state);
		assert_int_equal(set_up(state), 0);
	}
	/* One that would make more due is left to the records that name it. */
	order_text(2, "2026-11-20T00:00:00Z", "2026-11-25T00:00:00Z", sha256, two);
	put_file("1.order", one);
	put_file("2.order", two);
	put_signature("1.order.alice.minisig", alice, one);
	put_signature("2.order.alice.minisig", alice, two);
	use(1, one, T0, 1);
	judge(1, 0);
	assert_true(due.at[0].to == T0 + STAMP_DAY);
}

static void
frames_long_after_a_revocation_are_more_than_a_note(void **state)
{
	static const char revoked[] =
	    "casetap-revocation/1\ncase: " CASE "\nat: 2026-11-20T06:00:00Z\nreason: court\n";
	struct package_facts f;
	char text[1024];
	int late;

	for (late = 0; late < 2; late++) {
		order_text(1, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, text);
		put_file("1.order", text);
		put_signature("1.order.alice.minisig", alice, text);
		memset(&f, 0, sizeof(f));
		f.slice.head.revision = 1;
		assert_int_equal(digest_hex_of(text, strlen(text), f.slice.head.order_sha256), 0);
		f.slice.open.realtime = T0;
		f.slice.frames = 1;
		f.slice.first_frame = f.slice.last_frame = T0 + STAMP_DAY / 4 + (late ? 2 * 3600 : 60) * STAMP_SECOND;
		assert_int_equal(verify_orders_package(orders, &f, "day", result), 0);
		put_file("revoked", revoked);
		put_signature("revoked.minisig", alice, revoked);
		judge(1, late ? VERIFY_GAPS : VERIFY_NOTE);
		assert_int_equal(result->count, 1);
		tear_down(state);
		assert_int_equal(set_up(state), 0);
	}
}

/* Of what was claimed, how many the order contradicts. */
static size_t
contradicted(const struct verify_claims *c)
{
	const size_t before = result->count;

	assert_int_equal(verify_claims_judge(c, orders, result), 0);
	return result->count - before;
}

static void
an_acknowledgement_of_an_lea_that_no_order_names_is_noted(void **state)
{
	struct verify_claims c = {NULL, 0, NULL, 0};
	char text[1024];

	(void)state;
	assert_int_equal(verify_claims_received(&c, "there", "state-police"), 0);
	assert_int_equal(contradicted(&c), 0); /* without an order nobody can tell */
	put_file("1.order", order_text(1, "2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z", NULL, text));
	/* noted, and no more: which LEA a destination is, the station's configuration says */
	assert_int_equal(contradicted(&c), 1);
	assert_int_not_equal(verify_result_status(result), VERIFY_TAMPERED);
	verify_claims_free(&c);
	assert_int_equal(verify_claims_received(&c, "there", "county-sheriff"), 0);
	assert_int_equal(contradicted(&c), 0);
	verify_claims_free(&c);
}

static void
promise_10_a_purge_must_be_as_its_order_says(void **state)
{
	struct purgecert cert = {.revision = 1, .days = 30};
	struct verify_proof proof = {.destinations = {"county-sheriff"}, .count = 1}, other = {.count = 0};
	struct verify_claims c = {NULL, 0, NULL, 0};
	char text[1024];

	(void)state;
	put_file("1.order", order_text(1, "2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z", NULL, text));
	assert_int_equal(digest_hex_of(text, strlen(text), cert.order_sha256), 0);
	assert_int_equal(verify_claims_purge(&c, "there", &cert, &proof), 0);
	assert_int_equal(contradicted(&c), 0);
	verify_claims_free(&c);
	assert_int_equal(
	    verify_claims_purge(&c, "there", &cert, &other), 0); /* nothing had arrived at the sheriff's */
	cert.days = 29;
	assert_int_equal(verify_claims_purge(&c, "there", &cert, &proof), 0);
	cert.days = 30;
	cert.order_sha256[0] ^= 1;
	assert_int_equal(verify_claims_purge(&c, "there", &cert, &proof), 0);
	assert_int_equal(contradicted(&c), 3);
	assert_int_equal(verify_result_status(result), VERIFY_TAMPERED);
	verify_claims_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_approved_order_gives_the_window, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		an_acknowledgement_of_an_lea_that_no_order_names_is_noted, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(promise_10_a_purge_must_be_as_its_order_says, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		an_extension_adds_to_the_window_and_an_early_end_takes_from_it, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_revision_that_did_not_come_along_is_incomplete, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_revision_other_than_the_records_name_is_tampering, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(an_order_that_nobody_may_approve_is_tampering, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(one_key_under_two_names_is_one_approval, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		an_approval_from_before_the_key_was_revoked_stands_one_from_after_does_not, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_signed_revocation_ends_what_is_due_an_unsigned_one_does_not, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(frames_outside_the_window_of_their_order_are_told, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_slice_under_no_order_is_tampering, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(one_name_with_two_texts_is_tampering, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		approvals_that_are_asked_for_later_are_not_asked_of_what_was_accepted, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(an_early_end_counts_although_no_slice_begins_under_it, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(frames_long_after_a_revocation_are_more_than_a_note, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
