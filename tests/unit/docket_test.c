#include <string.h>

#include "docket_internal.h"
#include "scratch.h"

static uint64_t keyring_at_hand; /* its version */
static int save_error;           /* errno of the next; 0: none */

int __wrap_keyring_follows(const struct keyring *, uint64_t, const char *);
uint64_t __wrap_keyring_version(const struct keyring *);
const char *__wrap_keyring_root(const struct keyring *);
const char *__wrap_keyring_sha256(const struct keyring *);
int __wrap_ordermemory_save(const struct ordermemory *, int, const char *);
int __real_ordermemory_save(const struct ordermemory *, int, const char *);

int
__wrap_keyring_follows(const struct keyring *k, uint64_t version, const char *root)
{
	(void)k;
	(void)root;
	return version <= keyring_at_hand ? 0 : -1;
}

uint64_t
__wrap_keyring_version(const struct keyring *k)
{
	(void)k;
	return keyring_at_hand;
}

const char *
__wrap_keyring_root(const struct keyring *k)
{
	(void)k;
	return "";
}

const char *
__wrap_keyring_sha256(const struct keyring *k)
{
	(void)k;
	return "00";
}

int
__wrap_ordermemory_save(const struct ordermemory *m, int dirfd, const char *iap)
{
	errno = save_error;
	return save_error == 0 ? __real_ordermemory_save(m, dirfd, iap) : -1;
}

static struct docket_case held;
static struct docket_case *cases[] = {&held};
static struct docket docket = {.cases = cases, .count = 1};

static int
set_up(void **state)
{
	memset(&held, 0, sizeof(held));
	strcpy(held.case_id, "LI-2026-0042");
	strcpy(held.reason, "late-start");
	held.duty = DUTY_IN_FORCE;
	held.sent = 1;
	return 0;
}

static void
case_whose_reader_is_gone_says_why_from_then_on(void **state)
{
	docket_reader_gone(&docket, "reader-lost");
	assert_string_equal(held.reason, "reader-lost");
	assert_int_equal(held.sent, 0);
}

static void
order_that_ends_while_the_reader_is_being_stopped_has_a_gap_for_the_stop(void **state)
{
	held.duty = DUTY_EXPIRED;
	docket_reader_gone(&docket, "down-time");
	assert_string_equal(held.reason, "down-time");
}

static void
case_that_the_reader_did_not_have_keeps_its_reason(void **state)
{
	held.duty = DUTY_EXPIRED;
	held.sent = 0;
	docket_reader_gone(&docket, "down-time");
	assert_string_equal(held.reason, "late-start");
}

/*
 * What is to be done about a case, by what the book says of it and by the clock; without a journal, as --check does.
 */
#define T0 ((stamp_t)1795219200 * STAMP_SECOND)
#define HOUR (3600 * STAMP_SECOND)

static struct order order;
static struct clock now;

static int
set_up_window(void **state)
{
	(void)state;
	memset(&held, 0, sizeof(held));
	memset(&order, 0, sizeof(order));
	memset(&now, 0, sizeof(now));
	strcpy(held.case_id, "LI-2026-0042");
	order.revision = 1;
	order.not_before = T0;
	order.not_after = T0 + HOUR;
	held.order = &order;
	held.state = ORDERBOOK_ACCEPTED;
	docket.from_file = 0;
	docket.is_first = 1;
	docket.is_changed = 0;
	return 0;
}

/* Judge with both clocks at a time.  Return whether the reader is to be told. */
static int
judge_at(stamp_t t)
{
	now.mark = now.realtime = t;
	return docket_judge(&docket, &now);
}

static void
order_goes_through_its_window(void **state)
{
	(void)state;
	assert_int_equal(judge_at(T0 - 1), 1);
	assert_int_equal(held.duty, DUTY_NOT_YET);
	assert_int_equal(docket_in_force(&docket), 0);
	assert_true(docket_begins(&docket) == T0);
	assert_int_equal(judge_at(T0 - 1), 0);
	assert_int_equal(judge_at(T0), 1);
	assert_true(docket_begins(&docket) == INT64_MAX);
	assert_int_equal(held.duty, DUTY_IN_FORCE);
	assert_int_equal(docket_in_force(&docket), 1);
	assert_int_equal(judge_at(T0 + HOUR - 1), 0);
	assert_int_equal(judge_at(T0 + HOUR), 1);
	assert_int_equal(held.duty, DUTY_EXPIRED);
	assert_int_equal(held.ended, T0 + HOUR);
}

static void
case_that_was_waited_for_is_captured_from_its_first_instant_on(void **state)
{
	(void)state;
	(void)judge_at(T0 - HOUR);
	(void)judge_at(T0 + 3 * STAMP_SECOND);
	assert_int_equal(held.from, T0);
	assert_string_equal(held.reason, "start-up");
}

static void
case_that_was_in_force_while_nobody_was_there_says_down_time(void **state)
{
	(void)state;
	(void)judge_at(T0 + 60 * STAMP_SECOND);
	assert_int_equal(held.from, T0 + 60 * STAMP_SECOND);
	assert_string_equal(held.reason, "down-time");
}

static void
order_that_comes_after_its_window_began_is_a_late_start(void **state)
{
	(void)state;
	held.is_fresh = 1;
	(void)judge_at(T0 + 60 * STAMP_SECOND);
	assert_int_equal(held.from, T0 + 60 * STAMP_SECOND);
	assert_string_equal(held.reason, "late-start");
	/* And at any time later on. */
	set_up_window(NULL);
	docket.is_first = 0;
	(void)judge_at(T0 + 60 * STAMP_SECOND);
	assert_string_equal(held.reason, "late-start");
}

static void
case_that_was_in_force_before_a_reset_says_so(void **state)
{
	(void)state;
	docket_after_reset(&docket, 1);
	held.is_fresh = 1;
	(void)judge_at(T0 + 60 * STAMP_SECOND);
	assert_int_equal(held.from, T0 + 60 * STAMP_SECOND);
	assert_string_equal(held.reason, "reset");
	/* What comes in force later has nothing to do with it. */
	set_up_window(NULL);
	docket.is_first = 0;
	(void)judge_at(T0 + 60 * STAMP_SECOND);
	assert_string_equal(held.reason, "late-start");
	docket_after_reset(&docket, 0);
}

static void
fault_031_clocks_that_disagree_keep_a_case_out_of_force(void **state)
{
	(void)state;
	now.mark = T0 + HOUR;
	now.realtime = T0 + 60 * STAMP_SECOND;
	assert_int_equal(docket_judge(&docket, &now), 1);
	assert_int_not_equal(held.duty, DUTY_IN_FORCE);
	set_up_window(NULL);
	now.mark = T0 - HOUR;
	now.realtime = T0 + 60 * STAMP_SECOND;
	(void)docket_judge(&docket, &now);
	assert_int_equal(held.duty, DUTY_DOUBTFUL);
	(void)judge_at(T0 + 120 * STAMP_SECOND);
	assert_int_equal(held.duty, DUTY_IN_FORCE);
	assert_string_equal(held.reason, "clock");
	assert_int_equal(held.from, T0 + 120 * STAMP_SECOND);
}

static void
fault_028_case_that_is_revoked_ends_now_and_nothing_brings_it_back(void **state)
{
	(void)state;
	(void)judge_at(T0 + STAMP_SECOND);
	held.state = ORDERBOOK_REVOKED;
	assert_int_equal(judge_at(T0 + 5 * STAMP_SECOND), 1);
	assert_int_equal(held.duty, DUTY_REVOKED);
	assert_int_equal(held.ended, T0 + 5 * STAMP_SECOND);
	assert_int_equal(judge_at(T0 + 6 * STAMP_SECOND), 0);
	assert_int_equal(docket_in_force(&docket), 0);
}

static void
fault_030_changed_or_missing_file_stops_a_case_and_the_same_bytes_resume_it(void **state)
{
	static const struct {
		enum orderbook_state state;
		enum duty duty;
		const char *reason;
	} ways[] = {
	    {ORDERBOOK_MISSING, DUTY_MISSING, "order-missing"}, {ORDERBOOK_CHANGED, DUTY_CHANGED, "order-changed"}};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		set_up_window(NULL);
		(void)judge_at(T0 + STAMP_SECOND);
		held.state = ways[i].state;
		assert_int_equal(judge_at(T0 + 2 * STAMP_SECOND), 1);
		assert_int_equal(held.duty, ways[i].duty);
		assert_int_equal(held.ended, T0 + 2 * STAMP_SECOND);
		held.state = ORDERBOOK_ACCEPTED;
		assert_int_equal(judge_at(T0 + 9 * STAMP_SECOND), 1);
		assert_int_equal(held.from, T0 + 9 * STAMP_SECOND);
		assert_string_equal(held.reason, ways[i].reason);
	}
}

static void
case_without_an_accepted_order_is_never_in_force(void **state)
{
	static const struct {
		enum orderbook_state state;
		enum duty duty;
	} ways[] = {
	    {ORDERBOOK_WAITING, DUTY_NONE}, {ORDERBOOK_REFUSED, DUTY_REFUSED}, {ORDERBOOK_ACCEPTED, DUTY_NONE}};
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		set_up_window(NULL);
		held.order = NULL;
		held.state = ways[i].state;
		(void)judge_at(T0 + STAMP_SECOND);
		assert_int_equal(held.duty, ways[i].duty);
		assert_int_equal(docket_in_force(&docket), 0);
	}
}

static void
orders_that_can_not_be_read_any_more_are_in_force_no_longer(void **state)
{
	(void)state;
	(void)judge_at(T0 + STAMP_SECOND);
	docket_lose_all(&docket);
	assert_int_equal(judge_at(T0 + 2 * STAMP_SECOND), 1);
	assert_int_equal(held.duty, DUTY_MISSING);
	/* A revocation is no less than that. */
	held.state = ORDERBOOK_REVOKED;
	docket_lose_all(&docket);
	assert_int_equal(held.state, ORDERBOOK_REVOKED);
}

static void
window_of_a_file_is_left_to_its_frames(void **state)
{
	(void)state;
	docket.from_file = 1;
	assert_int_equal(judge_at(T0 + 10 * HOUR), 1);
	assert_int_equal(held.duty, DUTY_IN_FORCE);
	assert_int_equal(held.from, T0);
	held.state = ORDERBOOK_REVOKED;
	(void)judge_at(T0 + 10 * HOUR);
	assert_int_equal(held.duty, DUTY_REVOKED);
}

static void
next_instant_is_the_nearest_begin_or_end(void **state)
{
	(void)state;
	now.mark = now.realtime = T0 - 5 * STAMP_SECOND;
	assert_int_equal(docket_until(&docket, &now), 5 * STAMP_SECOND);
	now.mark = now.realtime = T0 + HOUR - 1;
	assert_int_equal(docket_until(&docket, &now), 1);
	now.mark = now.realtime = T0 + HOUR;
	assert_int_equal(docket_until(&docket, &now), INT64_MAX);
	held.state = ORDERBOOK_REVOKED;
	now.mark = now.realtime = T0 - 5 * STAMP_SECOND;
	assert_int_equal(docket_until(&docket, &now), INT64_MAX);
}

static void
fault_016_order_that_is_over_when_it_comes_is_refused_in_one_line(void **state)
{
	(void)state;
	held.is_fresh = 1;
	scratch_listen();
	assert_int_equal(judge_at(T0 + HOUR), 1);
	scratch_heard();
	scratch_expect("LI-2026-0042: revision 1 is refused: its window is over");
	assert_int_equal(held.duty, DUTY_EXPIRED);
	assert_int_equal(docket_in_force(&docket), 0);
}

static void
case_is_found_by_its_name_alone(void **state)
{
	(void)state;
	assert_ptr_equal(docket_find(&docket, "LI-2026-0042"), &held);
	assert_null(docket_find(&docket, "LI-2026-004"));
	assert_null(docket_find(&docket, "li-2026-0042"));
	assert_int_equal(docket_count(&docket), 1);
	assert_ptr_equal(docket_case(&docket, 0), &held);
}

/* What the disk says. */
static uint64_t
remembered(int dirfd)
{
	struct ordermemory *m = ordermemory_load(dirfd, "tower-7");
	uint64_t version;

	assert_non_null(m);
	(void)ordermemory_keyring(m, &version);
	ordermemory_free(m);
	return version;
}

static void
keyring_that_could_not_be_written_down_is_still_to_be(void **state)
{
	struct journal *journal;
	struct docket *d;
	int dirfd;

	assert_int_equal(scratch_setup(state), 0);
	dirfd = open(scratch_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(dirfd, -1);
	journal = journal_open(dirfd, "tower-7", "1");
	assert_non_null(journal);
	d = docket_new(journal, dirfd, "tower-7", 0);
	assert_non_null(d);
	keyring_at_hand = 2;
	save_error = ENOSPC;
	assert_int_equal(docket_take_keyring(d, NULL), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(docket_take_keyring(d, NULL), -1);
	save_error = 0;
	assert_int_equal(remembered(dirfd), 0);
	assert_int_equal(docket_take_keyring(d, NULL), 0);
	assert_int_equal(remembered(dirfd), 2);
	docket_free(d);
	journal_close(journal);
	assert_int_equal(close(dirfd), 0);
	assert_int_equal(scratch_teardown(state), 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup(name, set_up)
#define W(name) cmocka_unit_test_setup(name, set_up_window)
	const struct CMUnitTest tests[] = {
	    T(case_whose_reader_is_gone_says_why_from_then_on),
	    T(order_that_ends_while_the_reader_is_being_stopped_has_a_gap_for_the_stop),
	    T(case_that_the_reader_did_not_have_keeps_its_reason),
	    W(order_goes_through_its_window),
	    W(case_that_was_waited_for_is_captured_from_its_first_instant_on),
	    W(case_that_was_in_force_while_nobody_was_there_says_down_time),
	    W(order_that_comes_after_its_window_began_is_a_late_start),
	    W(case_that_was_in_force_before_a_reset_says_so),
	    W(fault_031_clocks_that_disagree_keep_a_case_out_of_force),
	    W(fault_028_case_that_is_revoked_ends_now_and_nothing_brings_it_back),
	    W(fault_030_changed_or_missing_file_stops_a_case_and_the_same_bytes_resume_it),
	    W(case_without_an_accepted_order_is_never_in_force),
	    W(orders_that_can_not_be_read_any_more_are_in_force_no_longer),
	    W(window_of_a_file_is_left_to_its_frames),
	    W(next_instant_is_the_nearest_begin_or_end),
	    W(fault_016_order_that_is_over_when_it_comes_is_refused_in_one_line),
	    W(case_is_found_by_its_name_alone),
	    cmocka_unit_test(keyring_that_could_not_be_written_down_is_still_to_be),
	};

	diag_init("docket_test", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
