#include "scratch.h"

#include "verify_claims.h"
#include "verify_orders.h"

#define CASE "LI-2026-0042"
#define T0 (STAMP_DAY * 20777) /* 2026-11-20 */

static struct sign_key *alice, *bob, *carol, *mallory;
static struct keyring *keyring, *older; /* older: an earlier version, to which carol's key has no end */
static struct keyring_version version = {.version = 1}; /* in force from the begin */
static const struct verify_versions one_version = {.at = &version, .count = 1};
static struct verify_orders *orders;
static struct verify_result *result;
static struct verify_case_sums sums;
static struct spans due;

static int
make_keys(void **state)
{
	char a[SIGN_KEY_TEXT], b[SIGN_KEY_TEXT], c[SIGN_KEY_TEXT], text[1024];

	(void)state;
	if (sign_init() == -1)
		return -1;
	alice = sign_key_generate();
	bob = sign_key_generate();
	carol = sign_key_generate();
	mallory = sign_key_generate();
	sign_pub_format(sign_key_pub(alice), a);
	sign_pub_format(sign_key_pub(bob), b);
	sign_pub_format(sign_key_pub(carol), c);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\n"
	    "approver: %s name=bob role=technical\napprover: %s name=carol\n",
	    b, c);
	older = keyring_parse(text, strlen(text), "keyring");
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 2\nissued: 2026-01-02T00:00:00Z\napprovals: 1\n"
	    "approver: %s name=alice role=legal\napprover: %s name=bob role=technical\napprover: %s name=carol\n"
	    "revoked: %s at=2026-11-25T00:00:00Z reason=compromised\nretired: %s at=2026-11-22T00:00:00Z\n",
	    a, b, c, b, c);
	keyring = keyring_parse(text, strlen(text), "keyring");
	return keyring == NULL || older == NULL ? -1 : 0;
}

static int
drop_keys(void **state)
{
	(void)state;
	sign_key_free(alice);
	sign_key_free(bob);
	sign_key_free(carol);
	sign_key_free(mallory);
	keyring_free(older);
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

/* What records say of when their revision was accepted. */
static struct order_acceptance claimed;

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
	f.slice.head.accepted = claimed;
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

static const char at_once[] = "casetap approval by one at 2026-11-20T00:00:00Z";
static const char *comment = at_once;

static void
put_signature(const char *name, const struct sign_key *key, const char *text)
{
	struct buf sig = BUF_INIT;

	assert_int_equal(sign_make(key, text, strlen(text), comment, &sig), 0);
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

/* Refused now, it was accepted once: its packages stay what they were. */
static void
an_order_of_before_a_rule_about_new_ones_is_judged_as_it_was(void **state)
{
	char text[1024], *subject;

	(void)state;
	order_text(1, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", NULL, text);
	subject = strstr(text, "198.51.100.7");
	assert_non_null(subject);
	memcpy(subject, "169.254.7.77", strlen("169.254.7.77"));
	put_file("1.order", text);
	put_signature("1.order.alice.minisig", alice, text);
	use(1, text, T0, 1);
	judge(1, 0);
	assert_int_equal(due.count, 1);
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
	const struct verify_versions two = {.at = versions, .count = 2};
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

#define FIRST "1111111111111111111111111111111111111111111111111111111111111111"
#define SECOND "2222222222222222222222222222222222222222222222222222222222222222"

/* Forget all, but for what versions of the keyring there are. */
static void
again(void)
{
	tear_down(NULL);
	assert_int_equal(set_up(NULL), 0);
	memset(&claimed, 0, sizeof(claimed));
	comment = at_once;
}

/* Revision 1, approved by ${key} and first used at ${at}; its records say that it was accepted at ${accepted}. */
static void
put_accepted(const struct sign_key *key, stamp_t at, stamp_t accepted, const char *hash)
{
	char text[1024];

	result->now = T0 + 30 * STAMP_DAY;
	order_text(1, "2026-11-20T00:00:00Z", "2026-12-21T00:00:00Z", NULL, text);
	put_file("1.order", text);
	put_signature("1.order.one.minisig", key, text);
	claimed.at = accepted;
	(void)snprintf(claimed.keyring_sha256, sizeof(claimed.keyring_sha256), "%s", hash);
	use(1, text, at, 1);
}

static int
has_said(const char *what)
{
	size_t i;

	for (i = 0; i < result->count; i++) {
		if (strstr(result->findings[i].what, what) != NULL)
			return 1;
	}
	return 0;
}

static const struct verify_versions *
two_versions(unsigned first, unsigned second)
{
	static struct keyring_version versions[] = {{1, T0 - STAMP_DAY, FIRST, 1}, {2, T0 + STAMP_DAY, SECOND, 1}};
	static const struct verify_versions two = {.at = versions, .count = 2};

	versions[0].approvals = first;
	versions[1].approvals = second;
	return &two;
}

static void
an_order_is_approved_when_it_was_accepted_not_when_it_was_first_used(void **state)
{
	(void)state;
	/* The key ends between the two. */
	put_accepted(carol, T0 + 5 * STAMP_DAY, T0 + STAMP_DAY, FIRST);
	verify_orders_know(orders, two_versions(1, 1));
	judge(1, 0);
	assert_true(has_said("of approver carol, whose validity ended 2026-11-22T00:00:00Z"));
	assert_true(has_said("they would not have been enough"));
	assert_int_equal(sums.certificate_count, 1);
	again();
	/* It ended before. */
	put_accepted(carol, T0 + 5 * STAMP_DAY, T0 + 3 * STAMP_DAY, FIRST);
	verify_orders_know(orders, two_versions(1, 1));
	judge(1, VERIFY_TAMPERED);
	again();
	/* A record of before this was told is judged by its own time. */
	put_accepted(carol, T0 + 5 * STAMP_DAY, 0, "");
	verify_orders_know(orders, two_versions(1, 1));
	judge(1, VERIFY_TAMPERED);
	again();
	/* So is the revision where one of its slices says nothing. */
	put_accepted(carol, T0 + 5 * STAMP_DAY, T0 + STAMP_DAY, FIRST);
	claimed.keyring_sha256[0] = '\0';
	put_accepted(carol, T0 + 6 * STAMP_DAY, 0, "");
	verify_orders_know(orders, two_versions(1, 1));
	judge(1, VERIFY_TAMPERED);
	again();
}

static void
a_keyring_that_was_imported_late_is_not_asked(void **state)
{
	const struct keyring *texts[] = {older};
	struct verify_versions known;

	(void)state;
	put_accepted(alice, T0 + 3 * STAMP_DAY, T0 + 2 * STAMP_DAY, FIRST);
	verify_orders_know(orders, two_versions(1, 2));
	judge(1, 0);
	again();
	put_accepted(alice, T0 + 3 * STAMP_DAY, T0 + 2 * STAMP_DAY, SECOND);
	verify_orders_know(orders, two_versions(1, 2));
	judge(1, VERIFY_TAMPERED);
	again();
	/* One that ends a key: its text must show that the earlier version did not. */
	known = (struct verify_versions){.at = (struct keyring_version[]){{1, T0 - STAMP_DAY, "", 1}}, .count = 1};
	memcpy(known.at[0].sha256, keyring_sha256(older), DIGEST_HEX);
	put_accepted(carol, T0 + 5 * STAMP_DAY, T0 + 4 * STAMP_DAY, keyring_sha256(older));
	verify_orders_know(orders, &known);
	judge(1, VERIFY_TAMPERED);
	again();
	known.texts = texts;
	known.text_count = 1;
	put_accepted(carol, T0 + 5 * STAMP_DAY, T0 + 4 * STAMP_DAY, keyring_sha256(older));
	verify_orders_know(orders, &known);
	judge(1, 0);
	assert_true(has_said("did not know yet that the key of approver carol ended"));
	again();
	/* Not one that was revoked by then, whoever knew of it; nor one that the version does not have. */
	put_accepted(bob, T0 + 7 * STAMP_DAY, T0 + 6 * STAMP_DAY, keyring_sha256(older));
	verify_orders_know(orders, &known);
	judge(1, VERIFY_TAMPERED);
	again();
	put_accepted(alice, T0 + 3 * STAMP_DAY, T0 + 2 * STAMP_DAY, keyring_sha256(older));
	verify_orders_know(orders, &known);
	judge(1, VERIFY_TAMPERED);
	again();
}

enum lie {
	LIE_KEYRING,
	LIE_LATER,
	LIE_ISSUED,
	LIE_LEDGER,
	LIE_COMMENT,
	LIE_STOCK_COMMENT,
	LIES
};

/* Revision 1 as put_accepted has it, on ${key}'s word, with something that contradicts what its records say. */
static void
put_lie(const struct sign_key *key, enum lie lie)
{
	if (lie == LIE_COMMENT)
		comment = "casetap approval by one at 2026-11-23T00:00:00Z";
	if (lie == LIE_STOCK_COMMENT)
		comment = "timestamp:1795392000"; /* 2026-11-23 */
	put_accepted(key, T0 + 5 * STAMP_DAY / 2, lie == LIE_LATER ? T0 + 3 * STAMP_DAY : T0 + STAMP_DAY / 2,
	    lie == LIE_KEYRING  ? keyring_sha256(older)
	    : lie == LIE_ISSUED ? SECOND
				: FIRST);
	verify_orders_know(orders, two_versions(1, 1));
	if (lie == LIE_LEDGER)
		assert_int_equal(verify_orders_keyring(orders, 2, T0), 0);
}

static void
what_is_said_of_an_acceptance_counts_only_where_nothing_contradicts_it(void **state)
{
	int lie;

	(void)state;
	for (lie = 0; lie < LIES; lie++) {
		put_lie(alice, (enum lie)lie);
		judge(1, 0);
		assert_true(has_said("it is judged by when the first of them was begun"));
		again();
		put_lie(carol, (enum lie)lie);
		judge(1, VERIFY_TAMPERED);
		again();
	}
	/* The approvals, ledgers and keyrings of that time contradict nothing. */
	comment = "casetap approval by one at 2026-11-20T11:00:00Z";
	put_accepted(carol, T0 + 5 * STAMP_DAY / 2, T0 + STAMP_DAY / 2, FIRST);
	verify_orders_know(orders, two_versions(1, 1));
	assert_int_equal(verify_orders_keyring(orders, 1, T0), 0);
	assert_int_equal(verify_orders_keyring(orders, 2, T0 + STAMP_DAY), 0);
	judge(1, 0);
	again();
}

static void
approvals_that_say_no_time_do_not_make_an_acceptance_older(void **state)
{
	static const char *const silent[] = {
	    "approved", "timestamp:", "timestamp:1x", "casetap approval by one at noon"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		/* Whose key had ended when the first record was begun may have approved then, too. */
		comment = silent[i];
		put_accepted(carol, T0 + 5 * STAMP_DAY / 2, T0 + STAMP_DAY / 2, FIRST);
		verify_orders_know(orders, two_versions(1, 1));
		judge(1, VERIFY_TAMPERED);
		assert_true(has_said("do not say that they were made by then"));
		again();
		/* Who approves at that time as well needs no older one. */
		comment = silent[i];
		put_accepted(alice, T0 + 5 * STAMP_DAY / 2, T0 + STAMP_DAY / 2, FIRST);
		verify_orders_know(orders, two_versions(1, 1));
		judge(1, 0);
		assert_false(has_said("do not say that they were made by then"));
		again();
	}
}

static void
a_revision_was_not_accepted_while_slices_were_begun_under_the_one_before(void **state)
{
	char one[1024], two[1024], sha256[DIGEST_HEX];
	int late;

	(void)state;
	for (late = 0; late < 3; late++) {
		order_text(1, "2026-11-20T00:00:00Z", "2026-12-21T00:00:00Z", NULL, one);
		assert_int_equal(digest_hex_of(one, strlen(one), sha256), 0);
		order_text(2, "2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z", sha256, two);
		put_file("1.order", one);
		put_file("2.order", two);
		put_signature("1.order.alice.minisig", alice, one);
		put_signature("2.order.carol.minisig", carol, two);
		if (late == 2) /* nor under an older keyring than that one was */
			claimed = (struct order_acceptance){T0 + STAMP_DAY, SECOND};
		use(1, one, T0 + STAMP_DAY, 1);
		use(1, one, T0 + (late == 1 ? 3 : 1) * STAMP_DAY, 1);
		claimed = (struct order_acceptance){T0 + 3 * STAMP_DAY / 2, FIRST};
		use(2, two, T0 + 4 * STAMP_DAY, 1);
		verify_orders_know(orders, two_versions(1, 1));
		judge(1, late ? VERIFY_TAMPERED : 0);
		again();
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

static void
what_packages_hold_and_their_records_say_is_given_as_it_came(void **state)
{
	struct verify_acceptance a;
	const struct buf *text = NULL;
	char order[1024], sha256[DIGEST_HEX];

	(void)state;
	assert_ptr_equal(verify_orders_known(orders), &one_version);
	assert_null(verify_orders_file(orders, 0, &text));
	assert_null(verify_orders_text(orders, "1.order"));
	assert_int_equal(verify_orders_acceptance(orders, 0, &a), 0);
	put_file("1.order", order_text(1, "2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z", NULL, order));
	put_file("1.order", order); /* again, and the same */
	put_file("1.order.a.minisig", "x");
	assert_string_equal(verify_orders_file(orders, 0, &text), "1.order");
	assert_string_equal(text->data, order);
	assert_string_equal(verify_orders_file(orders, 1, &text), "1.order.a.minisig");
	assert_null(verify_orders_file(orders, 2, &text));
	assert_string_equal(verify_orders_text(orders, "1.order")->data, order);
	assert_int_equal(result->count, 0);

	/* One acceptance an access point and word about it, with the last slice that was begun under it. */
	assert_int_equal(digest_hex_of(order, strlen(order), sha256), 0);
	strcpy(claimed.keyring_sha256, sha256);
	claimed.at = T0;
	use(1, order, T0 + 20, 1);
	use(1, order, T0 + 30, 1);
	use(1, order, T0 + 10, 1);
	claimed.at = T0 + 1;
	use(1, order, T0 + 40, 1);
	memset(&claimed, 0, sizeof(claimed));
	assert_int_equal(verify_orders_acceptance(orders, 0, &a), 1);
	assert_int_equal(a.revision, 1);
	assert_string_equal(a.sha256, sha256);
	assert_string_equal(a.accepted.keyring_sha256, sha256);
	assert_string_equal(a.where, "day");
	assert_true(a.accepted.at == T0 && a.last == T0 + 30);
	assert_int_equal(verify_orders_acceptance(orders, 1, &a), 1);
	assert_true(a.accepted.at == T0 + 1 && a.last == T0 + 40);
	assert_int_equal(verify_orders_acceptance(orders, 2, &a), 0);
}

/* What part of a case is given can lack what the rest of it holds. */
static void
a_revision_that_a_part_of_a_case_lacks_is_noted_only(void **state)
{
	char text[1024];

	(void)state;
	use(1, order_text(1, "2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z", NULL, text), T0, 1);
	assert_int_equal(verify_orders_judge(orders, keyring, 0, &due, &sums, result), 0);
	assert_int_equal(verify_result_status(result), 0);
	assert_true(result->count == 1 && strstr(result->findings[0].what, "did not come along") != NULL);
	assert_int_equal(due.count, 0);
}

/* Whoever sends them gets no memory without end. */
static void
fault_076_order_files_without_end_are_malformed(void **state)
{
	char name[32];
	unsigned i;

	(void)state;
	for (i = 0; i < 4096; i++) {
		(void)snprintf(name, sizeof(name), "%u.order.x.minisig", i + 1);
		put_file(name, "x");
	}
	assert_int_equal(result->count, 0);
	put_file("1.order", "x");
	assert_int_equal(verify_result_status(result), VERIFY_MALFORMED);
	assert_null(verify_orders_text(orders, "1.order"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_approved_order_gives_the_window, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		what_packages_hold_and_their_records_say_is_given_as_it_came, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_revision_that_a_part_of_a_case_lacks_is_noted_only, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(fault_076_order_files_without_end_are_malformed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		an_acknowledgement_of_an_lea_that_no_order_names_is_noted, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(promise_10_a_purge_must_be_as_its_order_says, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		an_order_of_before_a_rule_about_new_ones_is_judged_as_it_was, set_up, tear_down),
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
	    cmocka_unit_test_setup_teardown(
		an_order_is_approved_when_it_was_accepted_not_when_it_was_first_used, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_keyring_that_was_imported_late_is_not_asked, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		what_is_said_of_an_acceptance_counts_only_where_nothing_contradicts_it, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		approvals_that_say_no_time_do_not_make_an_acceptance_older, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_revision_was_not_accepted_while_slices_were_begun_under_the_one_before, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(an_early_end_counts_although_no_slice_begins_under_it, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(frames_long_after_a_revocation_are_more_than_a_note, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
