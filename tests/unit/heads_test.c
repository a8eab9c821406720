#include "custody.h"
#include "fsio.h"
#include "heads.h"
#include "scratch.h"
#include "sealed.h"
#include "signedhead.h"

#define CASE "LI-1"
#define T0 (STAMP_DAY * 20777) /* 2026-11-20 */
#define NAME "custody-2026-11.head"
#define SIG NAME ".minisig"

/*
 * The heads of custody logs that the packager signs.
 */
static struct packager packager;
static int casefd;
static stamp_t time_now;

static stamp_t
now(void)
{
	return time_now;
}

static void
append(const char *event)
{
	struct custody *c = custody_open(casefd, 1);
	char line[256];
	int n = snprintf(line, sizeof(line),
	    "{\"n\":%d,\"time\":\"2026-11-21T00:00:00.000000000Z\",\"case\":\"" CASE
	    "\",\"event\":\"%s\",\"object\":null,\"detail\":{}}",
	    (int)custody_lines(c) + 1, event);

	assert_int_equal(custody_append(c, "packager", json_parse(line, (size_t)n, 8)), 0);
	assert_int_equal(custody_sync(c), 0);
	custody_close(c);
}

/* A case with three lines in its log, whose only stream has ended. */
static int
set_up(void **state)
{
	struct sealed s;
	char text[256], pub[SIGN_KEY_TEXT];
	int fd;

	if (scratch_setup(state) == -1 || sign_init() == -1)
		return -1;
	memset(&packager, 0, sizeof(packager));
	time_now = T0;
	packager.now = now;
	packager.key = sign_key_generate();
	sign_pub_format(sign_key_pub(packager.key), pub);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\nstation: %s name=tower\n",
	    pub);
	packager.keyring = keyring_parse(text, strlen(text), "keyring");
	assert_non_null(packager.keyring);
	packager.statefd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdir(scratch_path("journal"), 0755), 0);
	packager.journalfd = open(scratch_path("journal"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdir(scratch_path("records"), 0755), 0);
	assert_int_equal(mkdir(scratch_path("records/" CASE), 0755), 0);
	assert_int_equal(mkdir(scratch_path("records/" CASE "/tower-7"), 0755), 0);
	casefd = open(scratch_path("records/" CASE), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	append("order-accepted");
	append("seal");
	append("ledger");
	fd = open(scratch_path("records/" CASE "/tower-7"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(sealed_load(&s, fd, CASE, "tower-7"), 0);
	s.closed = T0;
	s.due = STAMP_NONE;
	assert_int_equal(sealed_save(&s, fd), 0);
	sealed_clear(&s);
	assert_int_equal(close(fd), 0);
	return 0;
}

static int
tear_down(void **state)
{
	sign_key_free(packager.key);
	keyring_free(packager.keyring);
	(void)close(casefd);
	(void)close(packager.journalfd);
	(void)close(packager.statefd);
	return scratch_teardown(state);
}

static int
is_there(const char *path)
{
	return faccessat(casefd, path, F_OK, 0) == 0;
}

static void
run(void)
{
	scratch_listen();
	heads_run(&packager);
	scratch_heard();
	assert_int_equal(packager.status, 0);
}

static void
load(const char *path, struct buf *text)
{
	buf_free(text);
	assert_int_equal(fsio_load(casefd, path, 4096, text), 0);
}

static void
a_head_that_was_not_published_yet_is_made_again_from_its_signature(void **state)
{
	struct buf head = BUF_INIT, sig = BUF_INIT, again = BUF_INIT;

	(void)state;
	run();
	load(NAME, &head);
	load(SIG, &sig);
	/* Killed between the two; meanwhile the log has gone on, and the clock. */
	assert_int_equal(unlinkat(casefd, NAME, 0), 0);
	append("attach");
	time_now += STAMP_DAY;
	run();
	load(NAME, &again);
	assert_string_equal(again.data, head.data);
	load(SIG, &again);
	assert_string_equal(again.data, sig.data);
	buf_free(&head);
	buf_free(&sig);
	buf_free(&again);
}

/* The old head that was signed first, then its signature alone. */
static void
what_was_signed_in_the_old_words_counts_and_is_not_signed_again(void **state)
{
	static const char format[] = "casetap-custody-head/1\n";
	struct buf head = BUF_INIT, sig = BUF_INIT, again = BUF_INIT;
	struct signedhead c = {.case_id = CASE, .at = T0, .lines = 3, .is_old = 1};
	struct custody *log = custody_open(casefd, 0);
	char comment[SIGNEDHEAD_COMMENT_ROOM];

	(void)state;
	(void)signedhead_month(c.month, c.at);
	memcpy(c.head, custody_head(log), sizeof(c.head));
	custody_close(log);
	assert_int_equal(signedhead_write(&c, &head), 0);
	assert_int_equal(strncmp(head.data, format, sizeof(format) - 1), 0);
	assert_int_equal(sign_make(packager.key, head.data, head.len, signedhead_comment(comment, &c), &sig), 0);
	scratch_puts("records/" CASE "/" SIG, sig.data);
	scratch_puts("records/" CASE "/" NAME, head.data);
	time_now += 20 * STAMP_DAY;
	run();
	assert_false(is_there("custody-2026-12.head")); /* it names all lines */
	assert_int_equal(unlinkat(casefd, NAME, 0), 0);
	run();
	load(NAME, &again);
	assert_string_equal(again.data, head.data);
	append("attach");
	run();
	load("custody-2026-12.head", &again);
	assert_int_equal(strncmp(again.data, "casetap-signed-head/1\n", strlen("casetap-signed-head/1\n")), 0);
	buf_free(&head);
	buf_free(&sig);
	buf_free(&again);
}

static void
a_signature_of_a_head_that_no_line_has_is_left_alone(void **state)
{
	struct buf head = BUF_INIT, sig = BUF_INIT, again = BUF_INIT;
	struct signedhead c = {.case_id = CASE, .at = T0, .lines = 2};
	char comment[SIGNEDHEAD_COMMENT_ROOM];

	(void)state;
	/* The log that it is of had another second line. */
	(void)signedhead_month(c.month, c.at);
	memset(c.head, 'a', DIGEST_HEX - 1);
	assert_int_equal(signedhead_write(&c, &head), 0);
	assert_int_equal(sign_make(packager.key, head.data, head.len, signedhead_comment(comment, &c), &sig), 0);
	scratch_puts("records/" CASE "/" SIG, sig.data);
	run();
	scratch_expect("it is left alone");
	load(SIG, &again);
	assert_string_equal(again.data, sig.data);
	assert_false(is_there(NAME));
	/* The next month has a head of its own, beside it. */
	time_now += 20 * STAMP_DAY;
	run();
	assert_true(is_there("custody-2026-12.head"));
	load(SIG, &again);
	assert_string_equal(again.data, sig.data);
	assert_false(is_there(NAME));
	buf_free(&head);
	buf_free(&sig);
	buf_free(&again);
}

/* How often a signature was held against a head. */
static unsigned verified;
int __real_sign_verify(const struct sign_pub *, const struct sign_sig *, const void *, size_t);
int __wrap_sign_verify(const struct sign_pub *, const struct sign_sig *, const void *, size_t);

int
__wrap_sign_verify(const struct sign_pub *pub, const struct sign_sig *sig, const void *data, size_t n)
{
	verified++;
	return __real_sign_verify(pub, sig, data, n);
}

static unsigned
sought(void)
{
	verified = 0;
	run();
	return verified;
}

static void
a_signature_without_its_head_is_held_against_no_line_twice(void **state)
{
	struct buf sig = BUF_INIT;

	(void)state;
	run();
	assert_int_equal(unlinkat(casefd, NAME, 0), 0);
	assert_int_equal(unlinkat(casefd, "custody.jsonl", 0), 0);
	assert_int_equal(unlinkat(casefd, "custody.head", 0), 0);
	append("other");
	append("lines");
	assert_int_equal(sought(), 2);
	assert_int_equal(sought(), 0);
	assert_int_equal(sought(), 0);
	append("goes on");
	assert_int_equal(sought(), 1);
	assert_int_equal(sought(), 0);
	/* Another log, as long or longer, is another. */
	assert_int_equal(unlinkat(casefd, "custody.jsonl", 0), 0);
	assert_int_equal(unlinkat(casefd, "custody.head", 0), 0);
	append("once");
	append("more");
	append("anew");
	assert_int_equal(sought(), 3);
	assert_int_equal(sought(), 0);
	/* What is remembered of another signature is none of this one. */
	assert_int_equal(fsio_load(casefd, SIG, 4096, &sig), 0);
	sig.data[sig.len - 10] = sig.data[sig.len - 10] == 'A' ? 'B' : 'A';
	scratch_puts("records/" CASE "/" SIG, sig.data);
	assert_int_equal(sought(), 3);
	buf_free(&sig);
}

static void
a_head_is_made_again_once_the_log_is_restored(void **state)
{
	struct buf head = BUF_INIT, again = BUF_INIT;

	(void)state;
	run();
	load(NAME, &head);
	assert_int_equal(unlinkat(casefd, NAME, 0), 0);
	assert_int_equal(renameat(casefd, "custody.jsonl", casefd, "kept"), 0);
	assert_int_equal(unlinkat(casefd, "custody.head", 0), 0);
	append("other");
	append("lines");
	append("than");
	append("it had");
	assert_int_equal(sought(), 4);
	assert_int_equal(renameat(casefd, "kept", casefd, "custody.jsonl"), 0);
	assert_int_equal(unlinkat(casefd, "custody.head", 0), 0);
	assert_int_equal(sought(), 3);
	load(NAME, &again);
	assert_string_equal(again.data, head.data);
	buf_free(&head);
	buf_free(&again);
}

static void
a_head_that_nobody_signed_counts_for_nothing_but_its_month(void **state)
{
	struct buf text = BUF_INIT, again = BUF_INIT;
	struct signedhead c = {.case_id = CASE, .at = T0, .lines = 1000};

	(void)state;
	(void)signedhead_month(c.month, c.at);
	memset(c.head, 'a', DIGEST_HEX - 1);
	assert_int_equal(signedhead_write(&c, &text), 0);
	scratch_puts("records/" CASE "/" NAME, text.data);
	run();
	scratch_expect("its signature is not there");
	assert_false(is_there(SIG));
	load(NAME, &again);
	assert_string_equal(again.data, text.data);
	time_now += 20 * STAMP_DAY;
	run();
	assert_true(is_there("custody-2026-12.head"));
	buf_free(&text);
	buf_free(&again);
}

/* Whoever can write there could else have the months to come go unsigned, by a number that no log reaches. */
static void
nor_does_one_that_was_changed_or_that_no_station_signed(void **state)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	struct signedhead c = {.case_id = CASE, .at = T0, .lines = 1000};
	struct sign_key *stranger = sign_key_generate();
	char comment[SIGNEDHEAD_COMMENT_ROOM];

	(void)state;
	(void)signedhead_month(c.month, c.at);
	memset(c.head, 'a', DIGEST_HEX - 1);
	assert_int_equal(signedhead_write(&c, &text), 0);
	assert_int_equal(sign_make(stranger, text.data, text.len, signedhead_comment(comment, &c), &sig), 0);
	scratch_puts("records/" CASE "/" NAME, text.data);
	scratch_puts("records/" CASE "/" SIG, sig.data);
	run();
	scratch_expect("by a key that is not in the keyring: it is left alone");
	buf_free(&sig);
	assert_int_equal(sign_make(packager.key, text.data, text.len, signedhead_comment(comment, &c), &sig), 0);
	text.data[text.len - 2] = 'b';
	scratch_puts("records/" CASE "/" NAME, text.data);
	scratch_puts("records/" CASE "/" SIG, sig.data);
	run();
	scratch_expect("it is left alone");
	time_now += 20 * STAMP_DAY;
	run();
	assert_true(is_there("custody-2026-12.head"));
	buf_free(&text);
	buf_free(&sig);
	sign_key_free(stranger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_head_that_was_not_published_yet_is_made_again_from_its_signature, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		what_was_signed_in_the_old_words_counts_and_is_not_signed_again, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_signature_without_its_head_is_held_against_no_line_twice, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_head_is_made_again_once_the_log_is_restored, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_head_that_nobody_signed_counts_for_nothing_but_its_month, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		nor_does_one_that_was_changed_or_that_no_station_signed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_signature_of_a_head_that_no_line_has_is_left_alone, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
