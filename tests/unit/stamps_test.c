#include <sysexits.h>

#include "fsio.h"
#include "tsp.h"

#include "day.h"
#include "stamps.h"
#include "tsa.h"

#include "scratch.h"

#define CASE "LI-1"
#define IAP "t"
#define RECEIPTS "receipts/" CASE "/" IAP
#define FIRST "http://first.example/"
#define SECOND "http://second.example/"
#define HASH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* What an authority does, and how often it was asked. */
static struct authority {
	const char *url;
	enum answer answer;
	int is_good; /* is what it answers a good stamp? */
	unsigned asked;
} authorities[2];

static enum day_state day_is; /* of every day */
static char day_now[STAMP_DAY_TEXT], some_ca;

static struct session session;
static struct conf conf;

enum answer __wrap_tsa_ask(const char *, const uint8_t[TSP_REQUEST_BYTES], struct buf *, char *, size_t);
int __wrap_tsp_check(const struct tsp_ca *, const void *, size_t, const char *, const uint8_t[TSP_NONCE_BYTES],
    struct tsp_token *, char *, size_t);
struct tsp_ca *__wrap_tsp_ca_parse(const char *, size_t);
void __wrap_tsp_ca_free(struct tsp_ca *);
struct day *__wrap_day_open(int, const char *, const char *, stamp_t, const struct keyring *);
void __wrap_day_close(struct day *);
int __wrap_day_judge(struct day *);
enum day_state __wrap_day_state(const struct day *);
const char *__wrap_day_text(const struct day *);
const char *__wrap_day_sums_sha256(const struct day *);

enum answer
__wrap_tsa_ask(const char *url, const uint8_t request[TSP_REQUEST_BYTES], struct buf *reply, char *why, size_t room)
{
	struct authority *a = strcmp(url, FIRST) == 0 ? &authorities[0] : &authorities[1];

	assert_string_equal(url, a->url);
	a->asked++;
	(void)snprintf(why, room, "it is ill");
	if (a->answer == ANSWER_OK)
		assert_int_equal(buf_printf(reply, "%s %s", a->is_good ? "good" : "bad", url), 0);
	(void)request;
	return a->answer;
}

int
__wrap_tsp_check(const struct tsp_ca *ca, const void *reply, size_t n, const char *sha256,
    const uint8_t nonce[TSP_NONCE_BYTES], struct tsp_token *token, char *why, size_t room)
{
	assert_ptr_equal(ca, (struct tsp_ca *)&some_ca);
	assert_string_equal(sha256, HASH);
	assert_non_null(nonce);
	(void)snprintf(why, room, "is a time stamp of something else");
	if (n < 4 || memcmp(reply, "good", 4) != 0)
		return 1;
	memset(token, 0, sizeof(*token));
	token->time = STAMP_DAY;
	strcpy(token->authority, "/CN=tsa");
	return 0;
}

struct tsp_ca *
__wrap_tsp_ca_parse(const char *pem, size_t n)
{
	return n == strlen("PEM\n") && memcmp(pem, "PEM\n", n) == 0 ? (struct tsp_ca *)&some_ca : NULL;
}

void
__wrap_tsp_ca_free(struct tsp_ca *ca)
{
	assert_true(ca == NULL || ca == (struct tsp_ca *)&some_ca);
}

struct day *
__wrap_day_open(int fd, const char *case_id, const char *iap, stamp_t day, const struct keyring *keyring)
{
	(void)fd;
	assert_string_equal(case_id, CASE);
	assert_string_equal(iap, IAP);
	(void)stamp_day_format(day_now, day);
	(void)keyring;
	return (struct day *)day_now;
}

void
__wrap_day_close(struct day *d)
{
	assert_ptr_equal(d, (struct day *)day_now);
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
	return day_is;
}

const char *
__wrap_day_text(const struct day *d)
{
	return (const char *)d;
}

const char *
__wrap_day_sums_sha256(const struct day *d)
{
	(void)d;
	return HASH;
}

/* Three closed days, and two authorities that are well. */
static int
set_up(void **state)
{
	static const char *const folders[] = {"outbox", "outbox/" CASE, "outbox/" CASE "/" IAP,
	    "outbox/" CASE "/" IAP "/2026-11-20", "outbox/" CASE "/" IAP "/2026-11-21",
	    "outbox/" CASE "/" IAP "/2026-11-22"};
	size_t i;

	assert_int_equal(scratch_setup(state), 0);
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(scratch_path(folders[i]), 0755), 0);
	scratch_puts("ca.pem", "PEM\n");
	authorities[0] = (struct authority){FIRST, ANSWER_OK, 1, 0};
	authorities[1] = (struct authority){SECOND, ANSWER_OK, 1, 0};
	day_is = DAY_CLOSED;
	conf.tsa_urls[0] = strdup(FIRST);
	conf.tsa_urls[1] = strdup(SECOND);
	conf.tsa_count = 2;
	conf.tsa_ca = strdup(scratch_path("ca.pem"));
	session.conf = &conf;
	session.turn = turn_new();
	assert_non_null(session.turn);
	turn_take(session.turn);
	session.statefd = fsio_opendir(scratch_dir);
	session.journal = journal_open(session.statefd, "uploader", "casetap-uploader 1");
	assert_non_null(session.journal);
	return 0;
}

static int
tear_down(void **state)
{
	journal_close(session.journal);
	turn_give(session.turn);
	turn_free(session.turn);
	assert_int_equal(close(session.statefd), 0);
	free(conf.tsa_urls[0]);
	free(conf.tsa_urls[1]);
	free(conf.tsa_ca);
	return scratch_teardown(state);
}

/* One run of the uploader over the stream; the exit code. */
static int
run(void)
{
	struct stamps *s;
	int status;

	scratch_listen();
	s = stamps_new(&session, &status);
	assert_non_null(s);
	status = stamps_fetch(s, CASE, IAP);
	stamps_free(s);
	scratch_heard();
	return status;
}

static void
asked(unsigned first, unsigned second)
{
	assert_int_equal(authorities[0].asked, first);
	assert_int_equal(authorities[1].asked, second);
}

/* What is kept of a day: the reply of that authority, NULL for nothing. */
static void
kept(const char *day, const char *url)
{
	struct buf text = BUF_INIT;
	char name[128], want[64];
	int rc;

	(void)snprintf(name, sizeof(name), RECEIPTS "/%s_SHA256SUMS.tsr", day);
	rc = fsio_load_path(scratch_path(name), 1024, &text);
	assert_int_equal(rc, url == NULL ? -1 : 0);
	if (url != NULL) {
		(void)snprintf(want, sizeof(want), "good %s", url);
		assert_string_equal(text.data, want);
		(void)snprintf(name, sizeof(name), RECEIPTS "/%s_SHA256SUMS.tsa.pem", day);
		buf_clear(&text);
		assert_int_equal(fsio_load_path(scratch_path(name), 1024, &text), 0);
		assert_string_equal(text.data, "PEM\n");
	}
	buf_free(&text);
}

static int
count(void *cookie, uint64_t n, const char *line, size_t len, const struct json *parsed)
{
	const struct json *detail = json_get_object(parsed, "detail");

	(void)n;
	(void)line;
	(void)len;
	assert_string_equal(json_get_string(parsed, "event"), "time-stamp");
	assert_string_equal(json_get_string(parsed, "object"), HASH);
	assert_string_equal(json_get_string(detail, "authority"), "/CN=tsa");
	++*(unsigned *)cookie;
	return 0;
}

static unsigned
journalled(void)
{
	unsigned n = 0;

	assert_int_equal(journal_each(session.statefd, "uploader.jsonl", 0, count, &n), 0);
	return n;
}

static void
of_two_authorities_that_are_well_the_first_stamps_each_day_once(void **state)
{
	(void)state;
	assert_int_equal(run(), EX_OK);
	asked(3, 0);
	kept("2026-11-20", FIRST);
	kept("2026-11-21", FIRST);
	kept("2026-11-22", FIRST);
	assert_int_equal(journalled(), 3);
	assert_int_equal(run(), EX_OK);
	asked(3, 0);
	assert_int_equal(journalled(), 3);
}

static void
a_dead_authority_is_asked_once_a_run_and_the_other_stamps_every_day(void **state)
{
	(void)state;
	authorities[0].answer = ANSWER_UNREACHABLE;
	assert_int_equal(run(), EX_UNAVAILABLE);
	scratch_expect(CASE "/" IAP "/2026-11-20: no time stamp from " FIRST ": it is ill");
	asked(1, 3);
	kept("2026-11-20", SECOND);
	kept("2026-11-22", SECOND);
	assert_int_equal(run(), EX_OK);
	asked(1, 3);
}

static void
with_both_dead_no_day_is_stamped_and_each_run_tries_again(void **state)
{
	(void)state;
	authorities[0].answer = authorities[1].answer = ANSWER_RETRY;
	assert_int_equal(run(), EX_UNAVAILABLE);
	asked(1, 1);
	kept("2026-11-20", NULL);
	assert_int_equal(run(), EX_UNAVAILABLE);
	asked(2, 2);
	authorities[1].answer = ANSWER_OK;
	assert_int_equal(run(), EX_UNAVAILABLE);
	kept("2026-11-20", SECOND);
	kept("2026-11-22", SECOND);
	assert_int_equal(journalled(), 3);
}

static void
a_stamp_that_is_not_good_is_not_kept_and_the_other_authority_is_asked(void **state)
{
	(void)state;
	authorities[0].is_good = 0;
	assert_int_equal(run(), EX_PROTOCOL);
	scratch_expect("2026-11-20: the time stamp from " FIRST " is not kept: is a time stamp of something else");
	asked(1, 3);
	kept("2026-11-21", SECOND);
	assert_int_equal(journalled(), 3);
}

static void
only_what_is_closed_and_undamaged_is_stamped(void **state)
{
	(void)state;
	day_is = DAY_OPEN;
	assert_int_equal(run(), EX_OK);
	day_is = DAY_DAMAGED;
	assert_int_equal(run(), EX_OK);
	asked(0, 0);
	kept("2026-11-20", NULL);
}

static void
a_token_is_never_replaced(void **state)
{
	(void)state;
	assert_int_equal(close(fsio_mkdirs(session.statefd, RECEIPTS, 0750)), 0);
	scratch_puts(RECEIPTS "/2026-11-21_SHA256SUMS.tsr", "good " SECOND);
	scratch_puts(RECEIPTS "/2026-11-21_SHA256SUMS.tsa.pem", "PEM\n");
	/* A run that was killed between the two: the certificates stand, the token is fetched. */
	scratch_puts(RECEIPTS "/2026-11-22_SHA256SUMS.tsa.pem", "PEM\n");
	assert_int_equal(run(), EX_OK);
	asked(2, 0);
	kept("2026-11-21", SECOND);
	kept("2026-11-22", FIRST);
}

static void
certificates_that_are_missing_or_none_are_said_with_their_code(void **state)
{
	int status;

	(void)state;
	scratch_puts("ca.pem", "no certificate\n");
	scratch_listen();
	assert_null(stamps_new(&session, &status));
	scratch_heard();
	scratch_expect("holds no certificate that issues itself");
	assert_int_equal(status, EX_CONFIG);
	assert_int_equal(unlink(scratch_path("ca.pem")), 0);
	scratch_listen();
	assert_null(stamps_new(&session, &status));
	scratch_heard();
	scratch_expect("tsa_ca: ");
	assert_int_equal(status, EX_NOINPUT);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(of_two_authorities_that_are_well_the_first_stamps_each_day_once),
	    TEST(a_dead_authority_is_asked_once_a_run_and_the_other_stamps_every_day),
	    TEST(with_both_dead_no_day_is_stamped_and_each_run_tries_again),
	    TEST(a_stamp_that_is_not_good_is_not_kept_and_the_other_authority_is_asked),
	    TEST(only_what_is_closed_and_undamaged_is_stamped),
	    TEST(a_token_is_never_replaced),
	    TEST(certificates_that_are_missing_or_none_are_said_with_their_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
