#include "scratch.h"

#include "buf.h"
#include "fsio.h"
#include "keyring.h"
#include "orderbook.h"
#include "sign.h"

/*
 * Keys: 0 and 1 are approvers of two roles, 2 one of the first one's role, 3 is revoked, 4 is nobody's.
 */
#define KEYS 5
#define NOW "2026-11-25T00:00:00Z"

static struct sign_key *keys[KEYS];
static struct keyring *one, *two, *plain; /* of one approval, of two, of two by approvers without a role */
static int orders_fd = -1, journal_fd = -1;
static struct ordermemory *memory;
static struct orderbook *book;

static struct keyring *
make_keyring(unsigned approvals, int has_roles)
{
	const char *legal = has_roles ? " role=legal" : "", *technical = has_roles ? " role=technical" : "";
	char text[2048], pub[KEYS][SIGN_KEY_TEXT];
	size_t i;

	for (i = 0; i < KEYS; i++)
		sign_pub_format(sign_key_pub(keys[i]), pub[i]);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-11-20T00:00:00Z\napprovals: %u\n"
	    "approver: %s name=alice%s\n"
	    "approver: %s name=bob%s\n"
	    "approver: %s name=carol%s\n"
	    "approver: %s name=dave%s\n"
	    "revoked: %s at=2026-11-22T00:00:00Z reason=lost\n",
	    approvals, pub[0], legal, pub[1], technical, pub[2], legal, pub[3], technical, pub[3]);
	return keyring_parse(text, strlen(text), "keyring.txt");
}

static int
group_setup(void **state)
{
	size_t i;

	if (scratch_setup(state) == -1 || sign_init() == -1)
		return -1;
	for (i = 0; i < KEYS; i++) {
		keys[i] = sign_key_generate();
		if (keys[i] == NULL)
			return -1;
	}
	one = make_keyring(1, 1);
	two = make_keyring(2, 1);
	plain = make_keyring(2, 0);
	return one == NULL || two == NULL || plain == NULL ? -1 : 0;
}

static int
group_teardown(void **state)
{
	size_t i;

	for (i = 0; i < KEYS; i++)
		sign_key_free(keys[i]);
	keyring_free(one);
	keyring_free(two);
	keyring_free(plain);
	return scratch_teardown(state);
}

/* Each test starts from empty folders and an empty memory. */
static int
setup(void **state)
{
	(void)state;
	if (mkdir(scratch_path("orders"), 0755) == -1 || mkdir(scratch_path("journal"), 0755) == -1)
		return -1;
	orders_fd = fsio_opendir(scratch_path("orders"));
	journal_fd = fsio_opendir(scratch_path("journal"));
	memory = ordermemory_load(journal_fd, "tower-7");
	return orders_fd == -1 || journal_fd == -1 || memory == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	orderbook_free(book);
	book = NULL;
	ordermemory_free(memory);
	(void)close(orders_fd);
	(void)close(journal_fd);
	scratch_remove("orders");
	scratch_remove("journal");
	return 0;
}

/* The text of a revision; ${previous} is the text before it or NULL. */
static const char *
text_of(const char *case_id, unsigned revision, const char *previous, const char *subject, const char *not_after)
{
	static char texts[4][2048];
	static unsigned turn;
	char *text = texts[turn++ % 4], line[128] = "", sha256[DIGEST_HEX];

	if (previous != NULL) {
		assert_int_equal(digest_hex_of(previous, strlen(previous), sha256), 0);
		assert_true(snprintf(line, sizeof(line), "previous = %s\n", sha256) > 0);
	}
	assert_true(snprintf(text, sizeof(texts[0]),
			"[order]\nformat = casetap-order/1\ncase_id = %s\ncontent_id = 1\nlea = county-sheriff\n"
			"authority = title-iii\norder_number = 1\nissued_by = a\npresented_by = b\nresponsible = c\n"
			"not_before = 2026-11-20T00:00:00Z\nnot_after = %s\nrevision = %u\n%s"
			"[subject]\nipv4 = %s\n[capture]\nscope = content\n",
			case_id, not_after, revision, line, subject) < (int)sizeof(texts[0]));
	return text;
}

static const char *
first(const char *case_id)
{
	return text_of(case_id, 1, NULL, "198.51.100.7", "2026-12-20T00:00:00Z");
}

static const char *
second(const char *case_id, const char *previous)
{
	return text_of(case_id, 2, previous, "198.51.100.7", "2027-01-20T00:00:00Z");
}

static void
put(const char *case_id, const char *name, const char *text)
{
	char path[256];

	assert_true(snprintf(path, sizeof(path), "orders/%s", case_id) > 0);
	if (mkdir(scratch_path(path), 0755) == -1)
		assert_int_equal(errno, EEXIST);
	assert_true(snprintf(path, sizeof(path), "orders/%s/%s", case_id, name) > 0);
	scratch_puts(path, text);
}

static void
take_away(const char *case_id, const char *name)
{
	char path[256];

	assert_true(snprintf(path, sizeof(path), "orders/%s/%s", case_id, name) > 0);
	scratch_remove(path);
}

static void
approve(const char *case_id, const char *name, const char *text, size_t key)
{
	struct buf b = BUF_INIT;

	assert_int_equal(sign_make(keys[key], text, strlen(text), "approved", &b), 0);
	put(case_id, name, b.data);
	buf_free(&b);
}

/* Put revision ${n} with key 0's approval. */
static void
put_approved(const char *case_id, unsigned n, const char *text)
{
	char name[64];

	assert_true(snprintf(name, sizeof(name), "%u.order", n) > 0);
	put(case_id, name, text);
	assert_true(snprintf(name, sizeof(name), "%u.order.alice.minisig", n) > 0);
	approve(case_id, name, text, 0);
}

static void
put_revoked(const char *case_id, size_t key)
{
	char text[256];

	assert_true(snprintf(text, sizeof(text),
			"casetap-revocation/1\ncase: %s\nat: 2026-11-25T00:00:00Z\nreason: withdrawn by the court\n",
			case_id) > 0);
	put(case_id, "revoked", text);
	approve(case_id, "revoked.minisig", text, key);
}

/* Load the book anew; what is said is in scratch_said. */
static void
load_at(const struct keyring *keyring, const char *when)
{
	stamp_t now;

	assert_int_equal(stamp_parse(when, &now), 0);
	orderbook_free(book);
	scratch_listen();
	book = orderbook_load(orders_fd, keyring, memory, 60, now);
	scratch_heard();
	assert_non_null(book);
	assert_null(strstr(scratch_said, "198.51"));
}

static void
load(void)
{
	load_at(one, NOW);
}

static int
follows_no_second(const struct order *o, char *why, size_t room)
{
	return o->revision == 1 ? 0 : snprintf(why, room, "a second one") < 0 ? 0 : -1;
}

static int
follows_nothing(const struct order *o, char *why, size_t room)
{
	(void)o;
	(void)snprintf(why, room, "none of them");
	return -1;
}

static void
load_checked(orderbook_check *check)
{
	struct orderbook_rules rules = {.max_days = 60, .check = check};

	assert_int_equal(stamp_parse(NOW, &rules.now), 0);
	orderbook_free(book);
	book = orderbook_load_by(orders_fd, one, memory, &rules);
	assert_non_null(book);
}

static const struct orderbook_case *
expect(const char *case_id, enum orderbook_state state, uint32_t revision, const char *why)
{
	const struct orderbook_case *c = orderbook_find(book, case_id);

	assert_non_null(c);
	if (c->state != state || strstr(c->why, why) == NULL)
		fail_msg("%s: expected state %d and '%s', got %d and '%s'", case_id, state, why, c->state, c->why);
	if (revision == 0)
		assert_null(c->order);
	else
		assert_int_equal(c->order->revision, revision);
	assert_null(strstr(c->why, "198.51"));
	if (state == ORDERBOOK_ACCEPTED && c->pending == 0)
		assert_string_equal(c->why, "");
	return c;
}

static void
remember(void)
{
	size_t i;

	assert_int_equal(orderbook_remember(book, journal_fd, "tower-7"), 0);
	for (i = 0; i < orderbook_count(book); i++)
		assert_false(orderbook_case(book, i)->is_new);
}

/* As after a restart: what is known is what lies on the disk. */
static void
restart(void)
{
	orderbook_free(book);
	book = NULL;
	ordermemory_free(memory);
	memory = ordermemory_load(journal_fd, "tower-7");
	assert_non_null(memory);
}

static void
orderbook_accepts_an_approved_order_and_remembers_it(void **state)
{
	(void)state;
	put_approved("LI-1", 1, first("LI-1"));
	load();
	assert_true(expect("LI-1", ORDERBOOK_ACCEPTED, 1, "")->is_new);
	assert_int_equal(ordermemory_revision(memory, "LI-1", NULL), 0);
	remember();
	assert_int_equal(ordermemory_revision(memory, "LI-1", NULL), 1);
	restart();
	load();
	assert_false(expect("LI-1", ORDERBOOK_ACCEPTED, 1, "")->is_new);
	assert_null(orderbook_find(book, "LI-2"));
	assert_int_equal(orderbook_count(book), 1);
}

static void
fault_015_without_orders_the_book_is_empty(void **state)
{
	(void)state;
	load();
	assert_int_equal(orderbook_count(book), 0);
	assert_string_equal(scratch_said, "");
	assert_int_equal(mkdir(scratch_path("orders/LI-1"), 0755), 0);
	load();
	expect("LI-1", ORDERBOOK_WAITING, 0, "no order is there yet");
}

static void
fault_016_and_017_the_window_is_not_the_books_concern(void **state)
{
	(void)state;
	put_approved("LI-1", 1, first("LI-1"));
	load_at(one, "2020-01-01T00:00:00Z");
	expect("LI-1", ORDERBOOK_ACCEPTED, 1, "");
	load_at(one, "2030-01-01T00:00:00Z");
	expect("LI-1", ORDERBOOK_ACCEPTED, 1, "");
}

static void
fault_020_an_order_over_max_order_days_is_refused(void **state)
{
	(void)state;
	put_approved("LI-1", 1, text_of("LI-1", 1, NULL, "198.51.100.7", "2027-01-19T00:00:01Z"));
	put_approved("LI-2", 1, text_of("LI-2", 1, NULL, "198.51.100.7", "2027-01-19T00:00:00Z"));
	load();
	expect("LI-1", ORDERBOOK_REFUSED, 0, "max_order_days = 60");
	expect("LI-2", ORDERBOOK_ACCEPTED, 1, "");
}

static void
what_the_reader_can_not_follow_is_refused_and_the_revision_before_stays(void **state)
{
	const struct orderbook_case *c;

	(void)state;
	put_approved("LI-1", 1, first("LI-1"));
	load_checked(follows_nothing);
	expect("LI-1", ORDERBOOK_REFUSED, 0, "none of them");
	remember();
	assert_int_equal(ordermemory_revision(memory, "LI-1", NULL), 0);
	put_approved("LI-1", 2, second("LI-1", first("LI-1")));
	load_checked(follows_no_second);
	c = expect("LI-1", ORDERBOOK_ACCEPTED, 1, "a second one");
	assert_int_equal(c->pending, 2);
	remember();
	assert_int_equal(ordermemory_revision(memory, "LI-1", NULL), 1);
	load_checked(follows_nothing);
	expect("LI-1", ORDERBOOK_REFUSED, 0, "none of them");
	assert_int_equal(ordermemory_revision(memory, "LI-1", NULL), 1);
}

static void
fault_021_a_bad_signature_approves_nothing(void **state)
{
	static const char *const bad[] = {"", "x\n", "untrusted comment: x\n"};
	const char *text = first("LI-1");
	size_t i;

	(void)state;
	put("LI-1", "1.order", text);
	load();
	expect("LI-1", ORDERBOOK_WAITING, 0, "1.order has 0 of 1 approvals");
	approve("LI-1", "1.order.alice.minisig", "another text", 0);
	load();
	expect("LI-1", ORDERBOOK_WAITING, 0, "1.order.alice.minisig: not a signature of this text");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put("LI-1", "1.order.alice.minisig", bad[i]);
		load();
		expect("LI-1", ORDERBOOK_WAITING, 0, "1.order.alice.minisig: not a minisign signature");
	}
	assert_int_equal(truncate(scratch_path("orders/LI-1/1.order.alice.minisig"), (off_t)100 << 20), 0);
	load();
	expect("LI-1", ORDERBOOK_WAITING, 0, "1.order.alice.minisig: too large");
	approve("LI-1", "1.order.bob.minisig", text, 1);
	load();
	expect("LI-1", ORDERBOOK_ACCEPTED, 1, ""); /* one good one is enough, whatever lies beside it */
}

static void
fault_022_revoked_and_unknown_signers_approve_nothing(void **state)
{
	const char *text = first("LI-1");

	(void)state;
	put("LI-1", "1.order", text);
	approve("LI-1", "1.order.x.minisig", text, 3);
	load();
	expect("LI-1", ORDERBOOK_WAITING, 0, "1.order.x.minisig: by a revoked key");
	approve("LI-1", "1.order.x.minisig", text, 4);
	load();
	expect("LI-1", ORDERBOOK_WAITING, 0, "1.order.x.minisig: by a key that is not in the keyring");
}

static void
fault_022_a_key_revoked_later_keeps_what_was_accepted(void **state)
{
	const char *text = first("LI-1");

	(void)state;
	put("LI-1", "1.order", text);
	approve("LI-1", "1.order.dave.minisig", text, 3);
	load_at(one, "2026-11-21T00:00:00Z");
	expect("LI-1", ORDERBOOK_ACCEPTED, 1, "");
	remember();
	restart();
	load();
	expect("LI-1", ORDERBOOK_ACCEPTED, 1, "");
	put("LI-1", "2.order", second("LI-1", text));
	approve("LI-1", "2.order.dave.minisig", second("LI-1", text), 3);
	load();
	assert_int_equal(expect("LI-1", ORDERBOOK_ACCEPTED, 1, "by a revoked key")->pending, 2);
}

static void
fault_023_one_key_under_two_names_approves_once_where_there_are_no_roles(void **state)
{
	const char *text = first("LI-1");

	(void)state;
	put("LI-1", "1.order", text);
	approve("LI-1", "1.order.a.minisig", text, 0);
	approve("LI-1", "1.order.b.minisig", text, 0);
	load_at(plain, NOW);
	expect("LI-1", ORDERBOOK_WAITING, 0, "1.order has 1 of 2 approvals");
	approve("LI-1", "1.order.b.minisig", text, 1);
	load_at(plain, NOW);
	expect("LI-1", ORDERBOOK_ACCEPTED, 1, "");
}

static void
fault_023_two_approvals_are_two_keys_of_two_roles(void **state)
{
	const char *text = first("LI-1");

	(void)state;
	put("LI-1", "1.order", text);
	approve("LI-1", "1.order.a.minisig", text, 0);
	load_at(two, NOW);
	expect("LI-1", ORDERBOOK_WAITING, 0, "1.order has 1 of 2 approvals");
	approve("LI-1", "1.order.b.minisig", text, 0);
	load_at(two, NOW);
	expect("LI-1", ORDERBOOK_WAITING, 0, "1.order has 1 of 2 approvals");
	approve("LI-1", "1.order.b.minisig", text, 2);
	load_at(two, NOW);
	expect("LI-1", ORDERBOOK_WAITING, 0, "1.order has 1 of 2 approvals (distinct roles are needed)");
	approve("LI-1", "1.order.b.minisig", text, 1);
	load_at(two, NOW);
	expect("LI-1", ORDERBOOK_ACCEPTED, 1, "");
}

static void
approvals_of_other_revisions_and_other_names_do_not_count(void **state)
{
	const char *text = first("LI-1");

	(void)state;
	put("LI-1", "1.order", text);
	approve("LI-1", "11.order.a.minisig", text, 0);
	approve("LI-1", "1.order.minisig", text, 0);
	approve("LI-1", "1.order..minisig.bak", text, 0);
	approve("LI-1", "1.orderx.a.minisig", text, 0);
	load();
	expect("LI-1", ORDERBOOK_WAITING, 0, "0 of 1");
}

static void
fault_027_a_revision_with_another_subject_changes_nothing(void **state)
{
	const char *text = first("LI-1");

	(void)state;
	put_approved("LI-1", 1, text);
	put_approved("LI-1", 2, text_of("LI-1", 2, text, "198.51.100.8", "2027-01-20T00:00:00Z"));
	load();
	assert_int_equal(expect("LI-1", ORDERBOOK_ACCEPTED, 1, "another subject")->pending, 2);
	remember();
	/* Used again from the start, under a name that is taken. */
	take_away("LI-1", "2.order");
	put_approved("LI-1", 1, text_of("LI-1", 1, NULL, "198.51.100.8", "2026-12-20T00:00:00Z"));
	load();
	expect("LI-1", ORDERBOOK_CHANGED, 0, "1.order is not the file that was accepted");
}

static void
fault_024_a_link_local_subject_is_not_accepted_but_goes_on_where_it_was(void **state)
{
	const char *text = text_of("LI-1", 1, NULL, "169.254.7.7", "2026-12-20T00:00:00Z"), *next;
	char sha256[DIGEST_HEX];

	(void)state;
	put_approved("LI-1", 1, text);
	load();
	assert_int_equal(expect("LI-1", ORDERBOOK_REFUSED, 0, "a link-local address")->pending, 1);
	/* as a version before this one accepted it */
	assert_int_equal(digest_hex_of(text, strlen(text), sha256), 0);
	assert_int_equal(ordermemory_raise(memory, "LI-1", 1, sha256, 0), 0);
	load();
	expect("LI-1", ORDERBOOK_ACCEPTED, 1, "");
	next = text_of("LI-1", 2, text, "169.254.7.7", "2027-01-20T00:00:00Z");
	put_approved("LI-1", 2, next);
	load();
	assert_int_equal(expect("LI-1", ORDERBOOK_ACCEPTED, 1, "revision 2 names a link-local address")->pending, 2);
	take_away("LI-1", "2.order");
	take_away("LI-1", "2.order.alice.minisig");
	put_approved("LI-1", 2, text_of("LI-1", 2, text, "169.254.7.7", "2026-11-26T00:00:00Z"));
	load();
	expect("LI-1", ORDERBOOK_ACCEPTED, 2, "");
}

static void
fault_028_a_removed_order_stops_and_the_same_bytes_resume_it(void **state)
{
	(void)state;
	put_approved("LI-1", 1, first("LI-1"));
	load();
	remember();
	take_away("LI-1", "1.order");
	load();
	expect("LI-1", ORDERBOOK_MISSING, 0, "1.order: is gone");
	take_away("LI-1", "");
	load();
	expect("LI-1", ORDERBOOK_MISSING, 0, "folder of an accepted order is gone");
	restart();
	load();
	expect("LI-1", ORDERBOOK_MISSING, 0, "");
	put("LI-1", "1.order", first("LI-1")); /* without its approval */
	load();
	assert_false(expect("LI-1", ORDERBOOK_ACCEPTED, 1, "")->is_new);
}

static void
fault_028_a_revoked_order_is_revoked_for_ever(void **state)
{
	(void)state;
	put_approved("LI-1", 1, first("LI-1"));
	load();
	remember();
	put_revoked("LI-1", 1);
	load_at(two, NOW); /* one approver is enough to revoke */
	assert_true(expect("LI-1", ORDERBOOK_REVOKED, 1, "")->is_new);
	remember();
	assert_true(ordermemory_is_revoked(memory, "LI-1"));
	take_away("LI-1", "revoked");
	take_away("LI-1", "revoked.minisig");
	restart();
	load();
	assert_false(expect("LI-1", ORDERBOOK_REVOKED, 1, "")->is_new);
	put_approved("LI-1", 2, second("LI-1", first("LI-1")));
	load();
	expect("LI-1", ORDERBOOK_REVOKED, 1, "");
	take_away("LI-1", "");
	load();
	expect("LI-1", ORDERBOOK_REVOKED, 0, "");
}

static void
an_order_revoked_before_it_was_accepted_never_starts(void **state)
{
	(void)state;
	put_approved("LI-1", 1, first("LI-1"));
	put_revoked("LI-1", 0);
	load();
	expect("LI-1", ORDERBOOK_REVOKED, 0, "");
	remember();
	take_away("LI-1", "revoked");
	restart();
	load();
	expect("LI-1", ORDERBOOK_REVOKED, 0, "");
	assert_int_equal(ordermemory_revision(memory, "LI-1", NULL), 0);
}

static void
a_revocation_that_is_not_good_stops_but_does_not_revoke(void **state)
{
	static const char *const bad[] = {"", "casetap-revocation/1\n",
	    "casetap-revocation/1\ncase: LI-2\nat: 2026-11-25T00:00:00Z\nreason: x\n",
	    "casetap-revocation/1\ncase: LI-1\nat: today\nreason: x\n",
	    "casetap-revocation/1\ncase: LI-1\nat: 2026-11-25T00:00:00Z\nreason: \n",
	    "casetap-revocation/1\ncase: LI-1\nat: 2026-11-25T00:00:00Z\nreason: x\nmore\n",
	    "casetap-revocation/1\ncase: LI-1\nat: 2026-11-25T00:00:00Z\nreason: x"};
	size_t i;

	(void)state;
	put_approved("LI-1", 1, first("LI-1"));
	load();
	remember();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put("LI-1", "revoked", bad[i]);
		approve("LI-1", "revoked.minisig", bad[i], 0);
		load();
		expect("LI-1", ORDERBOOK_REFUSED, 0, "does not count: not a revocation of this case");
	}
	put_revoked("LI-1", 4);
	load();
	expect("LI-1", ORDERBOOK_REFUSED, 0, "does not count: by a key that is not in the keyring");
	take_away("LI-1", "revoked.minisig");
	load();
	expect("LI-1", ORDERBOOK_REFUSED, 0, "does not count: No such file");
	take_away("LI-1", "revoked");
	load();
	expect("LI-1", ORDERBOOK_ACCEPTED, 1, "");
}

static void
fault_030_an_order_edited_in_place_stops_its_case(void **state)
{
	char text[2048];

	(void)state;
	assert_true(snprintf(text, sizeof(text), "%s", first("LI-1")) > 0);
	put_approved("LI-1", 1, text);
	put_approved("LI-2", 1, first("LI-2"));
	load();
	remember();
	memcpy(strstr(text, "= 2026-12-20") + 2, "2026-12-21", 10);
	put_approved("LI-1", 1, text); /* approved by all means */
	load();
	expect("LI-1", ORDERBOOK_CHANGED, 0, "1.order is not the file");
	expect("LI-2", ORDERBOOK_ACCEPTED, 1, "");
	restart();
	load();
	expect("LI-1", ORDERBOOK_CHANGED, 0, "1.order is not the file");
	remember();
	put("LI-1", "1.order", first("LI-1"));
	load();
	expect("LI-1", ORDERBOOK_ACCEPTED, 1, "");
}

static void
fault_030_an_older_revision_revives_nothing(void **state)
{
	const char *text = first("LI-1");

	(void)state;
	put_approved("LI-1", 1, text);
	put_approved("LI-1", 2, second("LI-1", text));
	load();
	assert_true(expect("LI-1", ORDERBOOK_ACCEPTED, 2, "")->is_new);
	remember();
	take_away("LI-1", "2.order");
	load();
	expect("LI-1", ORDERBOOK_MISSING, 0, "2.order: is gone");
	restart();
	load();
	expect("LI-1", ORDERBOOK_MISSING, 0, "2.order: is gone");
	put("LI-1", "2.order", second("LI-1", text));
	take_away("LI-1", "1.order");
	load();
	expect("LI-1", ORDERBOOK_ACCEPTED, 2, "");
}

static void
an_extension_counts_only_once_it_is_approved(void **state)
{
	const char *text = first("LI-1"), *next = second("LI-1", text);

	(void)state;
	put_approved("LI-1", 1, text);
	load();
	remember();
	put("LI-1", "2.order", next);
	load();
	assert_int_equal(expect("LI-1", ORDERBOOK_ACCEPTED, 1, "2.order has 0 of 1 approvals")->pending, 2);
	approve("LI-1", "2.order.b.minisig", next, 1);
	load();
	assert_int_equal(expect("LI-1", ORDERBOOK_ACCEPTED, 2, "")->pending, 0);
	remember();
	assert_int_equal(ordermemory_revision(memory, "LI-1", NULL), 2);
	put("LI-1", "3.order", "[order]\nrubbish\n");
	load();
	assert_int_equal(expect("LI-1", ORDERBOOK_ACCEPTED, 2, "3.order is not a valid order")->pending, 3);
	scratch_expect("LI-1/3.order:2: neither [section] nor key = value");
}

static void
an_extension_without_the_revision_before_it_is_refused(void **state)
{
	const char *text = first("LI-1"), *next = second("LI-1", text);

	(void)state;
	put_approved("LI-1", 2, next);
	load();
	expect("LI-1", ORDERBOOK_REFUSED, 0, "2.order is there, but not 1.order");
	put_approved("LI-1", 1, text);
	take_away("LI-1", "2.order");
	put_approved("LI-1", 3, text_of("LI-1", 3, next, "198.51.100.7", "2027-02-01T00:00:00Z"));
	load();
	assert_int_equal(expect("LI-1", ORDERBOOK_ACCEPTED, 1, "3.order is there, but not 2.order")->pending, 3);
	put_approved("LI-1", 2, next);
	load();
	expect("LI-1", ORDERBOOK_ACCEPTED, 3, "");
}

static void
an_order_under_another_name_than_its_own_is_refused(void **state)
{
	(void)state;
	put_approved("LI-1", 1, first("LI-2"));
	put_approved("LI-3", 1, second("LI-3", first("LI-3")));
	load();
	expect("LI-1", ORDERBOOK_REFUSED, 0, "1.order is of another case");
	expect("LI-3", ORDERBOOK_REFUSED, 0, "1.order is of another case, or another revision");
}

static void
fault_012_cases_that_differ_in_case_only_are_both_refused(void **state)
{
	(void)state;
	put_approved("LI-a", 1, first("LI-a"));
	put_approved("LI-A", 1, first("LI-A"));
	put_approved("LI-b", 1, first("LI-b"));
	load();
	expect("LI-a", ORDERBOOK_REFUSED, 0, "upper and lower case only");
	expect("LI-A", ORDERBOOK_REFUSED, 0, "upper and lower case only");
	expect("LI-b", ORDERBOOK_ACCEPTED, 1, "");
	take_away("LI-A", "");
	load();
	expect("LI-a", ORDERBOOK_ACCEPTED, 1, "");
	remember();
	put_approved("LI-A", 1, first("LI-A"));
	load();
	expect("LI-a", ORDERBOOK_ACCEPTED, 1, "");
	expect("LI-A", ORDERBOOK_REFUSED, 0, "upper and lower case only");
	take_away("LI-a", ""); /* what was accepted keeps its name */
	load();
	expect("LI-a", ORDERBOOK_MISSING, 0, "");
	expect("LI-A", ORDERBOOK_REFUSED, 0, "upper and lower case only");
}

static void
fault_033_two_orders_for_one_subject_are_two_cases(void **state)
{
	(void)state;
	put_approved("LI-1", 1, first("LI-1"));
	put_approved("LI-2", 1, first("LI-2"));
	load();
	expect("LI-1", ORDERBOOK_ACCEPTED, 1, "");
	expect("LI-2", ORDERBOOK_ACCEPTED, 1, "");
}

static void
fault_034_a_bad_case_never_hides_a_good_one(void **state)
{
	(void)state;
	put_approved("LI-5", 1, first("LI-5"));
	scratch_puts("orders/LI-file", "x");
	assert_int_equal(symlink("LI-5", scratch_path("orders/LI-link")), 0);
	assert_int_equal(mkfifo(scratch_path("orders/LI-fifo"), 0600), 0);
	put("LI-fifo2", "x", "");
	assert_int_equal(mkfifo(scratch_path("orders/LI-fifo2/1.order"), 0600), 0);
	put("LI-link2", "x", "");
	assert_int_equal(symlink("../LI-5/1.order", scratch_path("orders/LI-link2/1.order")), 0);
	put("LI-dir2", "x", "");
	assert_int_equal(mkdir(scratch_path("orders/LI-dir2/1.order"), 0755), 0);
	put("LI-huge", "1.order", "");
	assert_int_equal(truncate(scratch_path("orders/LI-huge/1.order"), (off_t)100 << 20), 0);
	put("LI-open", "1.order", first("LI-open"));
	assert_int_equal(chmod(scratch_path("orders/LI-open/1.order"), 0666), 0);
	put("LI-two", "1.order", first("LI-two"));
	assert_int_equal(link(scratch_path("orders/LI-two/1.order"), scratch_path("orders/LI-two/other")), 0);
	assert_int_equal(mkdir(scratch_path("orders/.git"), 0755), 0);
	load();
	expect("LI-5", ORDERBOOK_ACCEPTED, 1, "");
	expect("LI-file", ORDERBOOK_REFUSED, 0, "not a folder");
	expect("LI-link", ORDERBOOK_REFUSED, 0, "a symbolic link");
	expect("LI-fifo", ORDERBOOK_REFUSED, 0, "not a folder");
	expect("LI-fifo2", ORDERBOOK_REFUSED, 0, "1.order: not a regular file");
	expect("LI-link2", ORDERBOOK_REFUSED, 0, "1.order: a symbolic link");
	expect("LI-dir2", ORDERBOOK_REFUSED, 0, "1.order: not a regular file");
	expect("LI-huge", ORDERBOOK_REFUSED, 0, "1.order: too large");
	expect("LI-open", ORDERBOOK_REFUSED, 0, "1.order: owner or mode");
	expect("LI-two", ORDERBOOK_REFUSED, 0, "1.order: not a regular file of one name");
	scratch_expect("LI-open/1.order: writable by others");
	assert_null(orderbook_find(book, ".git"));
}

static void
fault_034_unreadable_orders_are_refused_with_their_case(void **state)
{
	(void)state;
	if (geteuid() == 0)
		skip(); /* root reads everything */
	put_approved("LI-1", 1, first("LI-1"));
	put_approved("LI-2", 1, first("LI-2"));
	put_approved("LI-3", 1, first("LI-3"));
	assert_int_equal(chmod(scratch_path("orders/LI-1"), 0), 0);
	assert_int_equal(chmod(scratch_path("orders/LI-2/1.order"), 0), 0);
	load();
	expect("LI-1", ORDERBOOK_REFUSED, 0, "Permission denied");
	expect("LI-2", ORDERBOOK_REFUSED, 0, "1.order: Permission denied");
	expect("LI-3", ORDERBOOK_ACCEPTED, 1, "");
	assert_int_equal(chmod(scratch_path("orders/LI-1"), 0755), 0);
}

static void
fault_026_entries_that_are_no_case_ids_are_left_out_by_name(void **state)
{
	(void)state;
	assert_int_equal(mkdir(scratch_path("orders/a b"), 0755), 0);
	load();
	assert_int_equal(orderbook_count(book), 0);
	scratch_expect("orders: a b is no case ID");
	assert_int_equal(rmdir(scratch_path("orders/a b")), 0);
	assert_int_equal(mkdir(scratch_path("orders/x\033[31m"), 0755), 0);
	load();
	assert_int_equal(orderbook_count(book), 0);
	scratch_expect("x\\x1b[31m");
}

static void
a_damaged_memory_is_never_an_empty_one(void **state)
{
	static const char *const bad[] = {"", "{}",
	    "{\"format\":\"casetap-orders/1\",\"iap\":\"other\",\"cases\":[]}",
	    "{\"format\":\"casetap-orders/1\",\"iap\":\"tower-7\",\"cases\":[{}]}",
	    "{\"format\":\"casetap-orders/1\",\"iap\":\"tower-7\",\"cases\":["
	    "{\"case\":\"a\",\"revision\":0,\"sha256\":\"\",\"state\":\"accepted\"}]}",
	    "{\"format\":\"casetap-orders/1\",\"iap\":\"tower-7\",\"cases\":["
	    "{\"case\":\"a\",\"revision\":1,\"sha256\":\"\",\"state\":\"revoked\"}]}"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scratch_puts("journal/tower-7.orders", bad[i]);
		scratch_listen();
		assert_null(ordermemory_load(journal_fd, "tower-7"));
		assert_int_equal(errno, EBADMSG);
		scratch_heard();
		scratch_expect("tower-7.orders: damaged");
		scratch_listen();
		assert_null(ordermemory_load_all(journal_fd));
		scratch_heard();
		scratch_expect("tower-7.orders: damaged");
	}
}

static void
the_memory_of_all_iaps_is_the_highest_of_each(void **state)
{
	static const char a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const char b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
	struct ordermemory *m = ordermemory_new(), *all;
	char sha256[DIGEST_HEX];

	(void)state;
	assert_int_equal(ordermemory_raise(m, "x", 1, a, 0), 0);
	assert_int_equal(ordermemory_raise(m, "y", 1, a, 0), 0);
	assert_int_equal(ordermemory_raise(m, "z", 2, a, 1), 0);
	assert_int_equal(ordermemory_save(m, journal_fd, "tower-7"), 0);
	assert_int_equal(ordermemory_raise(m, "x", 2, b, 0), 0);
	assert_int_equal(ordermemory_raise(m, "x", 1, a, 0), 0); /* never lowered */
	assert_int_equal(ordermemory_raise(m, "x", 2, a, 0), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(ordermemory_save(m, journal_fd, "tower-8"), 0);
	ordermemory_free(m);
	m = ordermemory_new();
	assert_int_equal(ordermemory_raise(m, "y", 1, b, 0), 0);
	assert_int_equal(ordermemory_raise(m, "w", 0, "", 1), 0);
	assert_int_equal(ordermemory_save(m, journal_fd, "tower-9"), 0);
	ordermemory_free(m);
	scratch_puts("journal/keyring.seen", "{}");
	all = ordermemory_load_all(journal_fd);
	assert_non_null(all);
	assert_int_equal(ordermemory_count(all), 4);
	assert_string_equal(ordermemory_case(all, 0), "w");
	assert_int_equal(ordermemory_revision(all, "x", sha256), 2);
	assert_string_equal(sha256, b);
	assert_int_equal(ordermemory_revision(all, "y", sha256), 1);
	assert_string_not_equal(sha256, a); /* two IAPs do not agree: neither is right */
	assert_string_not_equal(sha256, b);
	assert_true(ordermemory_is_revoked(all, "z"));
	assert_true(ordermemory_is_revoked(all, "w"));
	assert_int_equal(ordermemory_revision(all, "none", sha256), 0);
	assert_string_equal(sha256, "");
	ordermemory_free(all);
}

static void
when_a_revision_was_accepted_and_under_which_keyring_is_remembered(void **state)
{
	static const char a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	const struct order_acceptance other = {1, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"};
	struct order_acceptance was, found;
	struct ordermemory *m;

	(void)state;
	put_approved("LI-1", 1, first("LI-1"));
	load();
	remember();
	ordermemory_acceptance(memory, "LI-1", &was);
	assert_string_equal(was.keyring_sha256, keyring_sha256(one));
	restart();
	ordermemory_acceptance(memory, "LI-1", &found);
	assert_true(found.at == was.at);
	assert_string_equal(found.keyring_sha256, was.keyring_sha256);
	/* What is known stays; another access point learns it; a later revision begins without. */
	ordermemory_accept(memory, "LI-1", &other);
	ordermemory_acceptance(memory, "LI-1", &found);
	assert_true(found.at == was.at);
	m = ordermemory_new();
	assert_int_equal(ordermemory_learn(m, journal_fd), 0);
	ordermemory_acceptance(m, "LI-1", &found);
	assert_true(found.at == was.at);
	assert_int_equal(ordermemory_raise(m, "LI-1", 2, a, 0), 0);
	ordermemory_acceptance(m, "LI-1", &found);
	assert_string_equal(found.keyring_sha256, "");
	assert_int_equal(ordermemory_learn(m, journal_fd), 0); /* of revision 1 there */
	ordermemory_acceptance(m, "LI-1", &found);
	assert_string_equal(found.keyring_sha256, "");
	ordermemory_free(m);
}

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define SAYS(event, object, detail) \
	"\"case\":\"LI-1\",\"event\":\"" event "\",\"object\":" object ",\"detail\":{" detail "}}\n"
#define ACCEPTED_AT "\"accepted\":\"2026-11-20T00:00:00.000000000Z\""
#define LATER_AT "\"accepted\":\"2026-11-21T00:00:00.000000000Z\""
#define UNDER(hash) ",\"keyring_sha256\":\"" hash "\""

/* A memory that begins anew is made of what the journal says: it tells how a revision was accepted, and what came of it. */
static void
how_an_order_was_accepted_is_recalled_from_the_journal(void **state)
{
	static const char first_one[] =
	    SAYS("order-accepted", "\"" HASH_A "\"", "\"revision\":1," ACCEPTED_AT UNDER(HASH_B));
	static const struct {
		const char *what;
		const char *lines[3];
		uint32_t revision;
		int is_revoked;
		const char *keyring; /* "": how it was accepted is not known */
	} rows[] = {
	    {"as the line says", {first_one}, 1, 0, HASH_B},
	    {"revoked, it stays known how it had been accepted",
		{first_one, SAYS("order-revoked", "\"" HASH_A "\"", "\"revision\":1")}, 1, 1, HASH_B},
	    {"revoked stays so, though it was accepted elsewhere later",
		{SAYS("order-revoked", "null", ""), first_one}, 1, 1, HASH_B},
	    {"a revocation accepts nothing",
		{SAYS("order-revoked", "\"" HASH_A "\"", "\"revision\":1," ACCEPTED_AT UNDER(HASH_B))}, 1, 1, ""},
	    {"an extension begins without", {first_one, SAYS("order-extended", "\"" HASH_B "\"", "\"revision\":2")},
		2, 0, ""},
	    {"or with its own",
		{first_one, SAYS("order-extended", "\"" HASH_B "\"", "\"revision\":2," ACCEPTED_AT UNDER(HASH_A))}, 2,
		0, HASH_A},
	    {"an earlier revision that comes late is none of it",
		{SAYS("order-extended", "\"" HASH_B "\"", "\"revision\":2"), first_one}, 2, 0, ""},
	    {"the first word counts",
		{first_one, SAYS("order-accepted", "\"" HASH_A "\"", "\"revision\":1," LATER_AT UNDER(HASH_A))}, 1, 0,
		HASH_B},
	    {"what was refused was not accepted",
		{SAYS("order-refused", "\"" HASH_A "\"", "\"revision\":1," ACCEPTED_AT UNDER(HASH_B))}, 0, 0, ""},
	    {"nor is a time without its keyring known",
		{SAYS("order-accepted", "\"" HASH_A "\"", "\"revision\":1," ACCEPTED_AT)}, 1, 0, ""},
	    {"nor a keyring that is none",
		{SAYS("order-accepted", "\"" HASH_A "\"", "\"revision\":1," ACCEPTED_AT UNDER("bbbb"))}, 1, 0, ""},
	    {"nor a keyring without a time",
		{SAYS("order-accepted", "\"" HASH_A "\"", "\"revision\":1" UNDER(HASH_B))}, 1, 0, ""},
	};
	struct order_acceptance found;
	struct buf text = BUF_INIT;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ordermemory *m = ordermemory_new();
		stamp_t at = 0;

		buf_clear(&text);
		for (k = 0; k < 3 && rows[i].lines[k] != NULL; k++)
			assert_int_equal(
			    buf_printf(&text, "{\"n\":%zu,\"time\":\"2026-11-25T00:00:00.000000000Z\",%s", k + 1,
				rows[i].lines[k]),
			    0);
		scratch_puts("journal/tower-7.jsonl", text.data);
		assert_int_equal(ordermemory_recall_all(m, journal_fd, "tower-7"), 0);
		if (ordermemory_revision(m, "LI-1", NULL) != rows[i].revision ||
		    ordermemory_is_revoked(m, "LI-1") != rows[i].is_revoked)
			fail_msg("%s: revision %u, revoked %d", rows[i].what, ordermemory_revision(m, "LI-1", NULL),
			    ordermemory_is_revoked(m, "LI-1"));
		memset(&found, 0, sizeof(found));
		if (ordermemory_has(m, "LI-1"))
			ordermemory_acceptance(m, "LI-1", &found);
		if (strcmp(found.keyring_sha256, rows[i].keyring) != 0)
			fail_msg("%s: under '%s'", rows[i].what, found.keyring_sha256);
		assert_int_equal(stamp_parse("2026-11-20T00:00:00Z", &at), 0);
		assert_true(rows[i].keyring[0] == '\0' || found.at == at);
		ordermemory_free(m);
	}
	buf_free(&text);
}

static void
what_can_not_be_remembered_is_not_acted_on(void **state)
{
	(void)state;
	put_approved("LI-1", 1, first("LI-1"));
	load();
	assert_int_equal(mkdir(scratch_path("journal/tower-7.orders"), 0755), 0); /* nothing can take this name */
	scratch_listen();
	assert_int_equal(orderbook_remember(book, journal_fd, "tower-7"), -1);
	scratch_heard();
	scratch_expect("tower-7.orders");
	assert_true(expect("LI-1", ORDERBOOK_ACCEPTED, 1, "")->is_new);
	load();
	assert_true(expect("LI-1", ORDERBOOK_ACCEPTED, 1, "")->is_new);
	assert_int_equal(ordermemory_revision(memory, "LI-1", NULL), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(orderbook_accepts_an_approved_order_and_remembers_it),
	    TEST(fault_012_cases_that_differ_in_case_only_are_both_refused),
	    TEST(fault_015_without_orders_the_book_is_empty),
	    TEST(fault_016_and_017_the_window_is_not_the_books_concern),
	    TEST(fault_020_an_order_over_max_order_days_is_refused),
	    TEST(what_the_reader_can_not_follow_is_refused_and_the_revision_before_stays),
	    TEST(fault_021_a_bad_signature_approves_nothing),
	    TEST(fault_022_revoked_and_unknown_signers_approve_nothing),
	    TEST(fault_022_a_key_revoked_later_keeps_what_was_accepted),
	    TEST(fault_023_one_key_under_two_names_approves_once_where_there_are_no_roles),
	    TEST(fault_023_two_approvals_are_two_keys_of_two_roles),
	    TEST(approvals_of_other_revisions_and_other_names_do_not_count),
	    TEST(fault_026_entries_that_are_no_case_ids_are_left_out_by_name),
	    TEST(fault_027_a_revision_with_another_subject_changes_nothing),
	    TEST(fault_024_a_link_local_subject_is_not_accepted_but_goes_on_where_it_was),
	    TEST(fault_028_a_removed_order_stops_and_the_same_bytes_resume_it),
	    TEST(fault_028_a_revoked_order_is_revoked_for_ever),
	    TEST(an_order_revoked_before_it_was_accepted_never_starts),
	    TEST(a_revocation_that_is_not_good_stops_but_does_not_revoke),
	    TEST(fault_030_an_order_edited_in_place_stops_its_case),
	    TEST(fault_030_an_older_revision_revives_nothing),
	    TEST(an_extension_counts_only_once_it_is_approved),
	    TEST(an_extension_without_the_revision_before_it_is_refused),
	    TEST(an_order_under_another_name_than_its_own_is_refused),
	    TEST(fault_033_two_orders_for_one_subject_are_two_cases),
	    TEST(fault_034_a_bad_case_never_hides_a_good_one),
	    TEST(fault_034_unreadable_orders_are_refused_with_their_case),
	    TEST(a_damaged_memory_is_never_an_empty_one),
	    TEST(the_memory_of_all_iaps_is_the_highest_of_each),
	    TEST(when_a_revision_was_accepted_and_under_which_keyring_is_remembered),
	    TEST(how_an_order_was_accepted_is_recalled_from_the_journal),
	    TEST(what_can_not_be_remembered_is_not_acted_on),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
