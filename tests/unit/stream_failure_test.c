#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gate.h"
#include "stream_internal.h"

#include "scratch.h"

#define DAY "2026-11-20"

static struct session session;
static struct conf_destination conf = {.name = "lea"};
static struct destination_limits limits;
static struct standing standing;
static struct stream_end end;
static struct visit v;
static struct stream s;

stamp_t __wrap_day_stamp(const struct day *);
const char *__wrap_day_text(const struct day *);

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

/* A lane among others at a destination with which all is well so far. */
static int
begin(void **state)
{
	if (scratch_setup(state) == -1)
		return -1;
	memset(&session, 0, sizeof(session));
	memset(&standing, 0, sizeof(standing));
	memset(&end, 0, sizeof(end));
	memset(&v, 0, sizeof(v));
	memset(&s, 0, sizeof(s));
	session.turn = turn_new();
	session.journalfd = open(scratch_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	session.journal = journal_open(session.journalfd, "uploader", "stream_failure_test");
	destination_default_limits(&limits);
	limits.gate = gate_new(session.turn);
	v = (struct visit){.session = &session, .conf = &conf, .limits = &limits, .standing = &standing};
	v.blocked = blocked_load(session.journalfd, conf.name, "x", stamp_now());
	v.progress = progress_new();
	s = (struct stream){.v = &v, .case_id = "LI-1", .iap = "t", .end = &end};
	s.receipts = receipts_open(session.journalfd, s.case_id, s.iap, conf.name);
	return session.journal == NULL || limits.gate == NULL || v.blocked == NULL || v.progress == NULL ||
		       s.receipts == NULL
		   ? -1
		   : 0;
}

static int
finish(void **state)
{
	receipts_close(s.receipts);
	progress_free(v.progress);
	blocked_free(v.blocked);
	gate_free(limits.gate);
	journal_close(session.journal);
	(void)close(session.journalfd); /* a folder */
	turn_free(session.turn);
	return scratch_teardown(state);
}

static void
fail_with(enum answer a)
{
	scratch_listen();
	assert_int_equal(stream_fail(&s, NULL, "LI-1_t_0000000001.tar", a, "why"), 0);
	scratch_heard();
	scratch_expect(answer_text(a));
}

/* What is said of one file or case leaves the destination to the other lanes. */
static void
a_destination_that_is_given_up_lets_no_lane_knock_any_more(void **state)
{
	static const enum answer over[] = {ANSWER_UNREACHABLE, ANSWER_FULL, ANSWER_DENIED, ANSWER_UNTRUSTED,
	    ANSWER_REFUSED, ANSWER_LOCAL, ANSWER_CONFIG};
	static const enum answer on[] = {
	    ANSWER_FORBIDDEN, ANSWER_REJECTED, ANSWER_CONFLICT, ANSWER_MISMATCH, ANSWER_ROT, ANSWER_MISSING};

	(void)state;
	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++) {
		end.failures[0] = end.failures[1] = standing.streams[0] = standing.streams[1] = 0;
		fail_with(on[i]);
		assert_false(standing.is_over);
		assert_false(gate_is_shut(limits.gate));
	}
	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		gate_free(limits.gate);
		assert_non_null(limits.gate = gate_new(session.turn));
		standing.is_over = 0;
		fail_with(over[i]);
		assert_true(standing.is_over);
		assert_true(gate_is_shut(limits.gate));
	}
}

static void
three_streams_that_failed_in_a_row_give_the_destination_up(void **state)
{
	(void)state;
	for (int i = 0; i < FAILURES_MAX; i++) {
		assert_false(gate_is_shut(limits.gate));
		memset(&end, 0, sizeof(end)); /* another stream */
		fail_with(ANSWER_MISMATCH);
	}
	assert_true(standing.is_broken);
	assert_true(gate_is_shut(limits.gate));
}

/* What has a receipt and is not found was lost there; where it never was, it is only doubted that all of it is there. */
static void
what_was_delivered_by_another_url_nobody_has_lost(void **state)
{
	static const char name[] = "LI-1_t_0000000001.tar", path[] = "LI-1/t/" DAY "/LI-1_t_0000000001.tar";
	char url[] = "file:///tmp/";
	const struct conf_destination folder = {.name = "lea", .scheme = CONF_FILE, .url = url};
	struct receipt r = {.day = __wrap_day_stamp(NULL),
	    .case_id = "LI-1",
	    .iap = "t",
	    .seq = 1,
	    .destination = "lea",
	    .peer = "local",
	    .method = "read-back",
	    .attempts = 1,
	    .published = 1};
	int status;

	(void)state;
	assert_non_null(v.destination = destination_open(&folder, &limits, &status));
	(void)snprintf(r.file, sizeof r.file, "%s", name);
	memset(r.sha256, 'a', sizeof r.sha256 - 1);
	(void)snprintf(r.location, sizeof r.location, "file:///elsewhere/%s", path);
	assert_int_equal(receipts_put(s.receipts, &r), 0);
	s.is_gone = 1;
	fail_with(ANSWER_MISMATCH);
	assert_false(end.has_lost);
	assert_true(end.is_doubted);
	r.again = 2;
	(void)destination_location(v.destination, path, r.location, sizeof r.location);
	assert_int_equal(receipts_put(s.receipts, &r), 0);
	s.is_gone = 1;
	fail_with(ANSWER_MISMATCH);
	assert_true(end.has_lost);
	destination_close(v.destination);
}

/* Of one that had to do with the lanes' end, nothing is said, and nothing is held against the destination. */
static void
who_was_stopped_says_nothing(void **state)
{
	(void)state;
	scratch_listen();
	assert_int_equal(stream_fail(&s, NULL, "LI-1_t_0000000001.tar", ANSWER_STOPPED, "stopped"), 0);
	scratch_heard();
	assert_string_equal(scratch_said, "");
	assert_true(standing.is_over);
	assert_false(standing.is_broken);
	assert_int_equal(standing.status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_destination_that_is_given_up_lets_no_lane_knock_any_more, begin, finish),
	    cmocka_unit_test_setup_teardown(
		three_streams_that_failed_in_a_row_give_the_destination_up, begin, finish),
	    cmocka_unit_test_setup_teardown(what_was_delivered_by_another_url_nobody_has_lost, begin, finish),
	    cmocka_unit_test_setup_teardown(who_was_stopped_says_nothing, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
