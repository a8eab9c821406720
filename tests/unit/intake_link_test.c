#include <string.h>

#include "intake_internal.h"
#include "scratch.h"

#define S STAMP_SECOND
#define NOW (INT64_C(1763900000) * S) /* at boottime 0 */

static struct conf_iap iap;
static struct intake_config config = {.iap = &iap};
static struct intake r;
static stamp_t boottime, kept_since;
static unsigned forgotten;
static stamp_t gap_from, gap_to, asleep, blur;
static const char *gap_reason;

int __wrap_table_follow_forget(struct table *, stamp_t);
stamp_t __wrap_table_kept_since(const struct table *);
void __wrap_slicer_gap(struct slicer *, stamp_t, stamp_t, const char *);
stamp_t __wrap_stamp_boottime(void);
stamp_t __wrap_stamp_now(void);
void __wrap_stamp_asleep(stamp_t *, stamp_t *);

int
__wrap_table_follow_forget(struct table *t, stamp_t at)
{
	assert_true(at == NOW + boottime);
	forgotten++;
	return 0;
}

stamp_t
__wrap_table_kept_since(const struct table *t)
{
	return kept_since;
}

void
__wrap_slicer_gap(struct slicer *s, stamp_t from, stamp_t to, const char *reason)
{
	assert_string_equal(reason, gap_reason);
	gap_from = from;
	gap_to = to;
}

stamp_t
__wrap_stamp_boottime(void)
{
	return boottime;
}

stamp_t
__wrap_stamp_now(void)
{
	return NOW + boottime;
}

/* Between the readings of two clocks a moment passes. */
void
__wrap_stamp_asleep(stamp_t *least, stamp_t *most)
{
	*least = asleep - blur;
	*most = asleep + blur;
}

static int
set_up(void **state)
{
	(void)state;
	memset(&r, 0, sizeof(r));
	r.config = &config;
	r.down_since = STAMP_NONE;
	iap.resume_within = 30;
	boottime = 100 * S;
	kept_since = INT64_MAX;
	forgotten = 0;
	gap_reason = "link-down";
	gap_from = gap_to = 0;
	asleep = blur = 0;
	return 0;
}

static void
says_link(int down, stamp_t at)
{
	const struct message_link m = {.at = NOW + at, .down = down};

	assert_int_equal(intake_take_link(&r, &m), 0);
}

static void
tick(stamp_t at)
{
	boottime = at;
	assert_int_equal(intake_forget_unseen(&r), 0);
}

static void
fault_045_what_was_learned_counts_until_the_link_is_down_for_too_long(void **state)
{
	(void)state;
	tick(100 * S);
	says_link(1, 99 * S); /* it was last seen up then */
	says_link(1, 100 * S);
	tick(129 * S - 1);
	assert_int_equal(forgotten, 0);
	tick(129 * S);
	tick(300 * S);
	assert_int_equal(forgotten, 1);
	says_link(0, 300 * S);
	assert_true(gap_from == NOW + 99 * S && gap_to == NOW + 300 * S);
	tick(400 * S);
	assert_int_equal(forgotten, 1);
	/* The next time counts anew. */
	says_link(1, 400 * S);
	tick(429 * S);
	says_link(0, 429 * S);
	tick(500 * S);
	assert_int_equal(forgotten, 1);
}

static void
fault_045_link_that_came_up_before_anyone_looked_was_down_all_the_same(void **state)
{
	(void)state;
	says_link(1, 100 * S);
	boottime = 131 * S;
	says_link(0, 131 * S);
	assert_int_equal(forgotten, 1);
}

static void
with_nothing_that_counts_unseen_it_is_forgotten_at_once(void **state)
{
	(void)state;
	iap.resume_within = 0;
	tick(101 * S);
	assert_int_equal(forgotten, 0);
	says_link(1, 101 * S);
	assert_int_equal(forgotten, 1);
}

static void
what_came_from_an_earlier_reader_was_unseen_since_that_one(void **state)
{
	(void)state;
	r.clock.boottime = boottime;
	r.clock.realtime = NOW + boottime;
	intake_begin_down(&r);
	kept_since = 80 * S;
	tick(110 * S - 1);
	assert_int_equal(forgotten, 0);
	tick(110 * S);
	assert_int_equal(forgotten, 1);
	says_link(0, 120 * S);
	boottime = 121 * S;
	says_link(1, 121 * S);
	tick(150 * S);
	assert_int_equal(forgotten, 1);
	tick(151 * S);
	assert_int_equal(forgotten, 2);
}

/* The last look was at the boottime ${at}; then the machine was suspended for so long, and came back. */
static void
sleep_for(stamp_t at, stamp_t slept)
{
	r.clock.boottime = at;
	r.clock.realtime = NOW + at;
	asleep += slept;
	boottime = at + slept + S;
	assert_int_equal(intake_look_at_sleep(&r), 0);
}

/* Neither a lease's end nor who got the address then was seen, on whichever link. */
static void
fault_132_what_was_learned_does_not_outlast_a_suspend(void **state)
{
	(void)state;
	gap_reason = "stalled";
	asleep = 5000 * S; /* of before our start */
	intake_begin_awake(&r);
	sleep_for(100 * S, 0);
	assert_true(gap_to == 0 && forgotten == 0);
	sleep_for(200 * S, 30 * S - 1);
	assert_true(gap_from == NOW + 200 * S && gap_to == NOW + 231 * S - 1);
	assert_int_equal(forgotten, 0);
	sleep_for(300 * S, 30 * S);
	assert_true(gap_from == NOW + 300 * S && gap_to == NOW + 331 * S);
	assert_int_equal(forgotten, 1);
	gap_to = 0;
	sleep_for(400 * S, 0);
	assert_true(gap_to == 0 && forgotten == 1);
}

/* To be put aside between two readings is no suspend, nor does it hide one for longer than it lasts. */
static void
machine_that_is_only_busy_was_not_suspended(void **state)
{
	(void)state;
	gap_reason = "stalled";
	blur = 8 * S;
	intake_begin_awake(&r);
	blur = 20 * S;
	sleep_for(100 * S, 0);
	blur = 0;
	sleep_for(200 * S, 0);
	assert_true(gap_to == 0 && forgotten == 0);
	sleep_for(300 * S, 40 * S);
	assert_int_equal(forgotten, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(fault_045_what_was_learned_counts_until_the_link_is_down_for_too_long, set_up),
	    cmocka_unit_test_setup(fault_045_link_that_came_up_before_anyone_looked_was_down_all_the_same, set_up),
	    cmocka_unit_test_setup(with_nothing_that_counts_unseen_it_is_forgotten_at_once, set_up),
	    cmocka_unit_test_setup(what_came_from_an_earlier_reader_was_unseen_since_that_one, set_up),
	    cmocka_unit_test_setup(fault_132_what_was_learned_does_not_outlast_a_suspend, set_up),
	    cmocka_unit_test_setup(machine_that_is_only_busy_was_not_suspended, set_up),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
