#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "fsio.h"

#include "visit.h"

#include "scratch.h"

#define FILES 100
#define KEPT_DAYS 7
#define MAY_WAIT 3600

stamp_t __wrap_stamp_boottime(void);
int __wrap_plan_has(const struct plan *, size_t, const char *);
int __wrap_plan_is_current(const struct plan *);
int __wrap_session_refresh(struct session *);
int __wrap_stream_deliver(struct visit *, const char *, const char *);
int __wrap_stream_notices(struct visit *, const char *, const char *);

/* The clock, which only the test moves, and what was asked of the streams. */
static stamp_t now;
static unsigned seconds_a_file, looks, brought, looked_after[8];
static int notices_rc, refreshes, is_current, was_stale;

/* Since when something waits (STAMP_NONE: nothing does), and the hours of the destination, if it has any. */
static stamp_t waiting;
static struct conf_window window;
static size_t window_count;

stamp_t
__wrap_stamp_boottime(void)
{
	return now;
}

int
__wrap_session_refresh(struct session *s)
{
	(void)s;
	refreshes++;
	return EX_OK;
}

int
__wrap_plan_is_current(const struct plan *p)
{
	(void)p;
	return is_current;
}

int
__wrap_plan_has(const struct plan *p, size_t i, const char *name)
{
	(void)p;
	(void)name;
	return i != 1; /* the second stream is somebody else's */
}

int
__wrap_stream_notices(struct visit *v, const char *case_id, const char *iap)
{
	assert_string_equal(case_id, looks % 2 == 0 ? "LI-1" : "LI-3");
	assert_string_equal(iap, "t");
	if (looks / 2 < 8)
		looked_after[looks / 2] = brought;
	looks++;
	v->keep_days = KEPT_DAYS + 1; /* as a case of its own would set it */
	return notices_rc;
}

/* A day of many files, each of which takes its time: what comes between them is asked for before each (stream.c). */
int
__wrap_stream_deliver(struct visit *v, const char *case_id, const char *iap)
{
	(void)case_id;
	(void)iap;
	v->standing->waiting = waiting;
	for (unsigned i = 0; i < FILES; i++) {
		v->keep_days = KEPT_DAYS;
		if (v->between != NULL)
			v->between(v, v->between_cookie);
		if (v->standing->is_over)
			return 0;
		assert_int_equal(v->keep_days, KEPT_DAYS);
		brought++;
		now += seconds_a_file * STAMP_SECOND;
	}
	return 0;
}

static void
start_anew(void)
{
	looks = brought = 0;
	seconds_a_file = 0;
	notices_rc = refreshes = was_stale = 0;
	is_current = 1;
	waiting = STAMP_NONE;
	window_count = 0;
	now = 1000 * STAMP_SECOND;
}

static int
begin(void **state)
{
	start_anew();
	return scratch_setup(state);
}

static int
make_visit(enum uploader_audit audit)
{
	char url[256];
	struct conf_destination lea = {.name = "lea",
	    .url = url,
	    .scheme = CONF_FILE,
	    .parallel = 1,
	    .alarm_after_seconds = MAY_WAIT,
	    .windows = {window},
	    .window_count = window_count};
	struct conf conf = {.destinations = &lea, .destination_count = 1, .sha256 = "x"};
	struct uploader_options opts = {.audit = audit};
	struct session session = {.conf = &conf, .turn = turn_new()};
	struct route routes[3] = {
	    {.case_id = "LI-1", .iap = "t"}, {.case_id = "LI-2", .iap = "t"}, {.case_id = "LI-3", .iap = "t"}};
	struct plan plan = {.session = &session, .opts = &opts, .routes = routes, .count = 3};
	struct progress *progress = progress_new();
	struct destination_limits limits;
	int status;

	(void)snprintf(url, sizeof url, "file://%s", scratch_dir);
	session.journalfd = open(scratch_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(session.journalfd, -1);
	session.journal = journal_open(session.journalfd, "uploader", "visit_test");
	assert_non_null(session.journal);
	destination_default_limits(&limits);
	turn_take(session.turn);
	status = visit(&plan, &lea, &limits, progress, ERRAND_DELIVER);
	was_stale = plan.is_stale;
	turn_give(session.turn);
	progress_free(progress);
	turn_free(session.turn);
	journal_close(session.journal);
	(void)close(session.journalfd); /* a folder */
	return status;
}

static void
new_notices_are_looked_for_first_and_every_thirty_seconds(void **state)
{
	(void)state;
	seconds_a_file = 1;
	assert_int_equal(make_visit(AUDIT_NONE), EX_OK);
	/* Two streams: each look is two.  At 0 s, and then before the first file at or after 30, 60, ... 180 s. */
	assert_int_equal(brought, 2 * FILES);
	assert_int_equal(looks, 2 * 7);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(looked_after[i], 30 * i);
}

static void
a_run_of_less_than_thirty_seconds_looks_once(void **state)
{
	(void)state;
	assert_int_equal(make_visit(AUDIT_NONE), EX_OK);
	assert_int_equal(brought, 2 * FILES);
	assert_int_equal(looks, 2);
}

static void
a_file_that_takes_minutes_is_followed_by_a_look(void **state)
{
	(void)state;
	seconds_a_file = 300;
	assert_int_equal(make_visit(AUDIT_NONE), EX_TEMPFAIL);
	assert_int_equal(looks, 2 * 3); /* the first serves the first file, too */
}

static void
a_visit_ends_between_two_files_after_ten_minutes(void **state)
{
	(void)state;
	seconds_a_file = 299;
	assert_int_equal(make_visit(AUDIT_NONE), EX_TEMPFAIL);
	assert_int_equal(brought, 3);
	assert_false(was_stale);
	start_anew();
	seconds_a_file = 299;
	assert_int_equal(make_visit(AUDIT_SIZES), EX_OK); /* nothing would go on with an audit */
	assert_int_equal(brought, 2 * FILES);
}

static void
orders_are_read_once_a_minute_and_none_goes_to_whom_they_no_longer_name(void **state)
{
	(void)state;
	seconds_a_file = 1;
	assert_int_equal(make_visit(AUDIT_NONE), EX_OK);
	assert_int_equal(refreshes, 3); /* of 200 s */
	assert_int_equal(brought, 2 * FILES);
	start_anew();
	seconds_a_file = 1;
	is_current = 0;
	assert_int_equal(make_visit(AUDIT_NONE), EX_OK);
	assert_int_equal(brought, 60);
	assert_true(was_stale);
}

static void
an_audit_has_time(void **state)
{
	(void)state;
	seconds_a_file = 60;
	assert_int_equal(make_visit(AUDIT_SIZES), EX_OK);
	assert_int_equal(looks, 2);
}

static void
a_look_that_fails_on_our_own_disk_is_told_and_stops_no_file(void **state)
{
	(void)state;
	notices_rc = -1;
	assert_int_equal(make_visit(AUDIT_NONE), EX_IOERR);
	assert_int_equal(brought, 2 * FILES);
}

/* The second of the day so many minutes from now. */
static uint32_t
second_in(int64_t minutes)
{
	const stamp_t at = stamp_now() + minutes * 60 * STAMP_SECOND;

	return (uint32_t)((at - stamp_day_start(at)) / STAMP_SECOND);
}

static void
only_while_a_window_is_open_does_a_file_wait_too_long(void **state)
{
	static const struct {
		int64_t waits, from, to; /* minutes from now; no window where both are 0 */
		int status;
	} cases[] = {
	    {-70, 0, 0, EX_CANTCREAT}, {-50, 0, 0, EX_OK}, {-180, -10, 10, EX_OK}, /* it had ten minutes only */
	    {-180, -70, 10, EX_CANTCREAT},                                         /* it had its hour */
	    {-180, -120, -10, EX_OK}, /* it had, and nobody takes it now */
	    {70, 0, 0, EX_CANTCREAT}, /* dated by a clock that was wrong */
	    {70, 10, 20, EX_OK},      /* and nobody takes it now */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		start_anew();
		scratch_remove("lea.blocked");
		waiting = stamp_now() + cases[i].waits * 60 * STAMP_SECOND;
		window_count = cases[i].from != cases[i].to;
		window = (struct conf_window){second_in(cases[i].from), second_in(cases[i].to)};
		assert_int_equal(make_visit(AUDIT_NONE), cases[i].status);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		new_notices_are_looked_for_first_and_every_thirty_seconds, begin, scratch_teardown),
	    cmocka_unit_test_setup_teardown(a_run_of_less_than_thirty_seconds_looks_once, begin, scratch_teardown),
	    cmocka_unit_test_setup_teardown(a_file_that_takes_minutes_is_followed_by_a_look, begin, scratch_teardown),
	    cmocka_unit_test_setup_teardown(
		a_visit_ends_between_two_files_after_ten_minutes, begin, scratch_teardown),
	    cmocka_unit_test_setup_teardown(
		orders_are_read_once_a_minute_and_none_goes_to_whom_they_no_longer_name, begin, scratch_teardown),
	    cmocka_unit_test_setup_teardown(an_audit_has_time, begin, scratch_teardown),
	    cmocka_unit_test_setup_teardown(
		a_look_that_fails_on_our_own_disk_is_told_and_stops_no_file, begin, scratch_teardown),
	    cmocka_unit_test_setup_teardown(
		only_while_a_window_is_open_does_a_file_wait_too_long, begin, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
