#include <sysexits.h>
#include <time.h>

#include "ack.h"
#include "fsio.h"
#include "sign.h"

#include "acks.h"

#include "scratch.h"

#define CASE "LI-1"
#define IAP "t"
#define DAY "2026-11-20"
#define DROPPED "drop/" CASE "_" IAP "_" DAY ".received"
#define KEPT "receipts/" CASE "/" IAP "/" DAY "_SHA256SUMS.county-sheriff.received"
#define ASKED "county-sheriff.asked"
#define HASH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct sign_key *lea;
static struct session session;
static struct conf_destination conf;
static struct standing standing;
static struct visit v;
static struct stream s;
static struct buf far; /* what lies at the far end; empty: nothing */
static char day_now;
static enum answer failed; /* with which stream_fail was called; ANSWER_OK: it was not */
static char failed_why[128];

enum answer __wrap_destination_get(struct destination *, const char *, size_t, struct buf *);
const char *__wrap_destination_why(const struct destination *);
int __wrap_stream_fail(struct stream *, const struct day *, const char *, enum answer, const char *);
int __wrap_stream_is_held(struct stream *, const struct day *, const char *);
void __wrap_stream_scope(const struct stream *, const struct day *, const char *, char[STREAM_SCOPE_ROOM]);
struct json *__wrap_stream_detail(const struct stream *, const struct day *, const char *);
int __wrap_day_judge(struct day *);
enum day_state __wrap_day_state(const struct day *);
stamp_t __wrap_day_stamp(const struct day *);
const char *__wrap_day_text(const struct day *);
const char *__wrap_day_sums_sha256(const struct day *);

enum answer
__wrap_destination_get(struct destination *d, const char *path, size_t most, struct buf *out)
{
	(void)d;
	assert_string_equal(path, CASE "/" IAP "/" DAY "/" ACK_NAME);
	if (far.len == 0)
		return ANSWER_ABSENT;
	if (far.len > most)
		return ANSWER_LONGER;
	assert_int_equal(buf_put(out, far.data, far.len), 0);
	return ANSWER_OK;
}

const char *
__wrap_destination_why(const struct destination *d)
{
	(void)d;
	return "why";
}

int
__wrap_stream_fail(struct stream *one, const struct day *d, const char *name, enum answer a, const char *why)
{
	(void)one;
	(void)d;
	assert_string_equal(name, ACK_NAME);
	failed = a;
	(void)snprintf(failed_why, sizeof(failed_why), "%s", why);
	return 0;
}

int
__wrap_stream_is_held(struct stream *one, const struct day *d, const char *name)
{
	(void)one;
	(void)d;
	(void)name;
	return 0;
}

void
__wrap_stream_scope(const struct stream *one, const struct day *d, const char *name, char out[STREAM_SCOPE_ROOM])
{
	(void)one;
	(void)d;
	(void)snprintf(out, STREAM_SCOPE_ROOM, CASE "/" IAP "/" DAY "/%s", name);
}

struct json *
__wrap_stream_detail(const struct stream *one, const struct day *d, const char *name)
{
	(void)one;
	(void)d;
	(void)name;
	return json_object();
}

int
__wrap_day_judge(struct day *d)
{
	(void)d;
	return 0;
}

enum day_state
__wrap_day_state(const struct day *d)
{
	(void)d;
	return DAY_CLOSED;
}

stamp_t
__wrap_day_stamp(const struct day *d)
{
	stamp_t day;

	(void)d;
	assert_int_equal(stamp_day_parse(DAY, &day), 0);
	return day;
}

const char *
__wrap_day_text(const struct day *d)
{
	(void)d;
	return DAY;
}

const char *
__wrap_day_sums_sha256(const struct day *d)
{
	(void)d;
	return HASH;
}

static void
put_ack(struct buf *out)
{
	struct ack a;
	struct buf text = BUF_INIT;

	memset(&a, 0, sizeof(a));
	strcpy(a.case_id, CASE);
	strcpy(a.iap, IAP);
	a.day = __wrap_day_stamp(NULL);
	strcpy(a.sums_sha256, HASH);
	a.verified = a.day + 2 * STAMP_DAY;
	strcpy(a.verifier, "casetap-verify 1");
	buf_clear(out);
	assert_int_equal(ack_write(&a, &text), 0);
	assert_int_equal(buf_put(out, text.data, text.len), 0);
	assert_int_equal(sign_make(lea, text.data, text.len, "ack", out), 0);
	buf_free(&text);
}

/* A visit to a destination whose LEA has a key; its acknowledgement lies nowhere yet. */
static int
set_up(void **state)
{
	char pub[SIGN_KEY_TEXT], text[512];

	assert_int_equal(scratch_setup(state), 0);
	assert_int_equal(sign_init(), 0);
	lea = sign_key_generate();
	sign_pub_format(sign_key_pub(lea), pub);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\n"
	    "lea: %s name=county-sheriff from=2026-01-01T00:00:00Z\n",
	    pub);
	memset(&session, 0, sizeof(session));
	session.keyring = keyring_parse(text, strlen(text), "keyring");
	assert_non_null(session.keyring);
	session.statefd = session.journalfd = fsio_opendir(scratch_dir);
	session.journal = journal_open(session.journalfd, "uploader", "casetap-uploader 1");
	session.turn = turn_new();
	turn_take(session.turn);
	assert_int_equal(mkdir(scratch_path("drop"), 0755), 0);
	memset(&conf, 0, sizeof(conf));
	strcpy(conf.name, "county-sheriff");
	conf.scheme = CONF_HTTPS;
	memset(&standing, 0, sizeof(standing));
	v = (struct visit){.session = &session,
	    .conf = &conf,
	    .standing = &standing,
	    .blocked = blocked_load(session.journalfd, conf.name, HASH, stamp_now()),
	    .progress = progress_new()};
	assert_non_null(v.blocked);
	s = (struct stream){
	    .v = &v, .case_id = CASE, .iap = IAP, .receipts = receipts_open(session.statefd, CASE, IAP, conf.name)};
	assert_non_null(s.receipts);
	failed = ANSWER_OK;
	buf_clear(&far);
	return 0;
}

static int
tear_down(void **state)
{
	receipts_close(s.receipts);
	progress_free(v.progress);
	blocked_free(v.blocked);
	turn_give(session.turn);
	turn_free(session.turn);
	journal_close(session.journal);
	keyring_free(session.keyring);
	sign_key_free(lea);
	buf_free(&far);
	free(conf.drop);
	assert_int_equal(close(session.statefd), 0);
	return scratch_teardown(state);
}

static void
collect(void)
{
	failed = ANSWER_OK;
	scratch_listen();
	assert_int_equal(acks_collect(&s, (struct day *)&day_now), 0);
	scratch_heard();
}

static int
is_kept(void)
{
	return access(scratch_path(KEPT), F_OK) == 0;
}

/* When a file was written, in seconds from now. */
static void
date(const char *name, long seconds)
{
	const struct timespec at[2] = {{time(NULL) + seconds, 0}, {time(NULL) + seconds, 0}};

	assert_int_equal(utimensat(AT_FDCWD, scratch_path(name), at, 0), 0);
}

static void
a_server_is_asked_every_quarter_of_an_hour_only(void **state)
{
	(void)state;
	assert_int_equal(acks_begin(&v), 0);
	assert_true(v.asks && access(scratch_path(ASKED), F_OK) == 0);
	assert_int_equal(acks_begin(&v), 0);
	assert_false(v.asks);
	date(ASKED, -800);
	assert_int_equal(acks_begin(&v), 0);
	assert_false(v.asks);
	date(ASKED, -1000);
	assert_int_equal(acks_begin(&v), 0);
	assert_true(v.asks);
	/* A clock that was set back by a day would else ask nothing for a day. */
	date(ASKED, 86400);
	assert_int_equal(acks_begin(&v), 0);
	assert_true(v.asks);
}

static void
a_folder_is_looked_into_by_each_run(void **state)
{
	(void)state;
	conf.scheme = CONF_FILE;
	assert_int_equal(acks_begin(&v), 0);
	assert_true(v.asks);
	assert_int_equal(acks_begin(&v), 0);
	assert_true(v.asks);
	assert_int_not_equal(access(scratch_path(ASKED), F_OK), 0);
}

static void
an_lea_without_a_key_is_never_asked(void **state)
{
	(void)state;
	conf.lea = (char *)(uintptr_t) "somebody-else";
	assert_int_equal(acks_begin(&v), 0);
	assert_false(v.asks);
	assert_int_equal(acks_is_due(&s, DAY), 0);
	assert_int_not_equal(access(scratch_path(ASKED), F_OK), 0);
}

static void
what_is_fetched_is_kept_as_it_is_and_no_longer_due(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	v.asks = 1;
	assert_int_equal(acks_is_due(&s, DAY), 1);
	collect();
	assert_true(failed == ANSWER_OK && !is_kept());
	put_ack(&far);
	collect();
	assert_int_equal(failed, ANSWER_OK);
	assert_int_equal(fsio_load_path(scratch_path(KEPT), 65536, &text), 0);
	assert_int_equal(text.len, far.len);
	assert_memory_equal(text.data, far.data, far.len);
	assert_int_equal(acks_is_due(&s, DAY), 0);
	buf_free(&text);
}

static void
one_that_is_too_long_or_changed_is_forged(void **state)
{
	(void)state;
	put_ack(&far);
	far.data[far.len / 4] ^= 1;
	collect();
	assert_int_equal(failed, ANSWER_FORGED);
	buf_clear(&far);
	while (far.len <= ACK_MAX_BYTES)
		assert_int_equal(buf_puts(&far, "casetap-acknowledgement/1\n"), 0);
	collect();
	assert_int_equal(failed, ANSWER_FORGED);
	assert_false(is_kept());
}

static void
what_is_dropped_is_taken_once_nobody_writes_to_it(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	conf.drop = strdup(scratch_path("drop"));
	collect();
	assert_int_equal(failed, ANSWER_OK);
	put_ack(&text);
	scratch_put(DROPPED, text.data, text.len / 2, 0644);
	collect();
	assert_true(failed == ANSWER_OK && !is_kept()); /* half of it, just written */
	scratch_put(DROPPED, text.data, text.len, 0644);
	date(DROPPED, -20);
	collect();
	assert_true(failed == ANSWER_OK && is_kept());
	buf_free(&text);
}

static void
one_dated_by_a_clock_that_is_ahead_is_taken_too(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	conf.drop = strdup(scratch_path("drop"));
	put_ack(&text);
	scratch_put(DROPPED, text.data, text.len, 0644);
	date(DROPPED, 5000);
	collect();
	assert_true(is_kept());
	buf_free(&text);
}

static void
what_an_lea_puts_there_instead_holds_nothing_back(void **state)
{
	static char large[ACK_MAX_BYTES + 2];

	(void)state;
	conf.drop = strdup(scratch_path("drop"));
	assert_int_equal(symlink("/etc/hostname", scratch_path(DROPPED)), 0);
	{
		const struct timespec at[2] = {{1000, 0}, {1000, 0}};

		assert_int_equal(utimensat(AT_FDCWD, scratch_path(DROPPED), at, AT_SYMLINK_NOFOLLOW), 0);
	}
	collect();
	assert_int_equal(failed, ANSWER_FORGED);
	assert_int_equal(unlink(scratch_path(DROPPED)), 0);
	memset(large, 'a', sizeof(large));
	scratch_put(DROPPED, large, sizeof(large), 0644);
	date(DROPPED, -20);
	collect();
	assert_int_equal(failed, ANSWER_FORGED);
	assert_false(is_kept());
}

static void
a_drop_folder_that_is_not_there_is_said_once_and_is_no_failure_of_the_server(void **state)
{
	(void)state;
	conf.drop = strdup(scratch_path("drop"));
	v.asks = 1;
	scratch_remove("drop");
	collect();
	scratch_expect("destination county-sheriff: drop ");
	assert_int_equal(failed, ANSWER_OK); /* stream_fail() was not called */
	assert_int_equal(standing.status, EX_NOINPUT);
	assert_false(standing.is_over || standing.is_broken || v.asks); /* and of other days nobody asks */
	assert_non_null(blocked_find(v.blocked, "/drop"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_server_is_asked_every_quarter_of_an_hour_only),
	    TEST(a_folder_is_looked_into_by_each_run),
	    TEST(an_lea_without_a_key_is_never_asked),
	    TEST(what_is_fetched_is_kept_as_it_is_and_no_longer_due),
	    TEST(one_that_is_too_long_or_changed_is_forged),
	    TEST(a_drop_folder_that_is_not_there_is_said_once_and_is_no_failure_of_the_server),
	    TEST(what_is_dropped_is_taken_once_nobody_writes_to_it),
	    TEST(one_dated_by_a_clock_that_is_ahead_is_taken_too),
	    TEST(what_an_lea_puts_there_instead_holds_nothing_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
