#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "diag.h"
#include "fsio.h"

#define S STAMP_SECOND
#define NOON (INT64_C(1795176000) * S) /* 2026-11-20T12:00:00Z */
#define BOOT "11111111-2222-3333-4444-555555555555"

/* A machine whose clocks the test turns. */
struct machine {
	struct clock clock;
	struct clock_reading now;
	stamp_t step; /* of the last turn */
};

static void
boot(struct machine *m, stamp_t realtime)
{
	memset(m, 0, sizeof(*m));
	m->now.realtime = realtime;
	m->now.boottime = 100 * S;
	(void)snprintf(m->now.boot_id, sizeof(m->now.boot_id), BOOT);
	clock_start(&m->clock, &m->now);
}

/* ${seconds} pass, and somebody moves the hands by ${moved}. */
static void
pass(struct machine *m, int64_t seconds, stamp_t moved)
{
	m->now.realtime += seconds * S + moved;
	m->now.boottime += seconds * S;
	clock_advance(&m->clock, &m->now, &m->step);
}

static void
a_window_is_in_force_from_its_first_instant_to_before_its_last(void **state)
{
	struct machine m;

	boot(&m, NOON);
	assert_int_equal(clock_judge(&m.clock, NOON + 1, NOON + 10 * S), CLOCK_NOT_YET);
	assert_int_equal(clock_judge(&m.clock, NOON, NOON + 10 * S), CLOCK_IN_FORCE);
	assert_int_equal(clock_judge(&m.clock, NOON - 10 * S, NOON + 1), CLOCK_IN_FORCE);
	assert_int_equal(clock_judge(&m.clock, NOON - 10 * S, NOON), CLOCK_EXPIRED);
	pass(&m, 5, 0);
	assert_int_equal(m.step, 0);
	assert_int_equal(clock_judge(&m.clock, NOON, NOON + 10 * S), CLOCK_IN_FORCE);
	pass(&m, 5, 0);
	assert_int_equal(clock_judge(&m.clock, NOON, NOON + 10 * S), CLOCK_EXPIRED);
}

static void
fault_031_setting_the_clock_back_never_extends_an_order(void **state)
{
	struct machine m;

	boot(&m, NOON);
	pass(&m, 9, 0);
	pass(&m, 1, -3600 * S); /* it would be ten seconds into it again */
	assert_int_equal(m.step, -3600 * S);
	assert_int_equal(clock_judge(&m.clock, NOON - 7200 * S, NOON + 10 * S), CLOCK_EXPIRED);
	pass(&m, 1, 3600 * S);
	assert_int_equal(clock_judge(&m.clock, NOON - 7200 * S, NOON + 10 * S), CLOCK_EXPIRED);
}

static void
small_steps_back_never_add_up_to_an_extension(void **state)
{
	struct machine m;
	int i;

	boot(&m, NOON);
	for (i = 0; i < 10; i++)
		pass(&m, 4, -4 * S);
	assert_int_equal(clock_judge(&m.clock, NOON, NOON + 40 * S), CLOCK_EXPIRED);
}

static void
fault_031_a_one_second_step_back_changes_nothing(void **state)
{
	struct machine m;

	boot(&m, NOON);
	assert_int_equal(clock_judge(&m.clock, NOON, NOON + 60 * S), CLOCK_IN_FORCE);
	pass(&m, 0, -1 * S);
	assert_int_equal(clock_judge(&m.clock, NOON, NOON + 60 * S), CLOCK_IN_FORCE);
	pass(&m, 10, 0);
	assert_int_equal(clock_judge(&m.clock, NOON, NOON + 60 * S), CLOCK_IN_FORCE);
}

static void
fault_128_setting_the_clock_forward_never_starts_an_order_early(void **state)
{
	struct machine m;

	boot(&m, NOON);
	pass(&m, 1, 86400 * S);
	assert_int_equal(m.step, 86400 * S);
	assert_int_equal(clock_judge(&m.clock, NOON + 3600 * S, NOON + 200000 * S), CLOCK_DOUBTFUL);
	/* Unless the clock turns out to be right. */
	m.now.synchronised = 1;
	pass(&m, 1, 0);
	assert_int_equal(clock_judge(&m.clock, NOON + 3600 * S, NOON + 200000 * S), CLOCK_IN_FORCE);
}

static void
ten_minutes_without_a_step_make_a_clock_good(void **state)
{
	struct machine m;

	boot(&m, NOON);
	pass(&m, 1, 7200 * S);
	pass(&m, 300, S);
	pass(&m, 599, 0);
	assert_int_equal(clock_judge(&m.clock, NOON + 3600 * S, NOON + 86400 * S), CLOCK_DOUBTFUL);
	pass(&m, 1, 0);
	assert_int_equal(clock_judge(&m.clock, NOON + 3600 * S, NOON + 86400 * S), CLOCK_IN_FORCE);
}

static void
fault_031_a_jump_to_2106_and_back_locks_nobody_out(void **state)
{
	struct machine m;

	boot(&m, NOON);
	pass(&m, 1, INT64_C(2500000000) * S);
	assert_int_equal(clock_judge(&m.clock, NOON, NOON + 3600 * S), CLOCK_DOUBTFUL);
	pass(&m, 30, -INT64_C(2500000000) * S);
	assert_int_equal(clock_judge(&m.clock, NOON, NOON + 3600 * S), CLOCK_IN_FORCE);
	assert_true(m.clock.mark == NOON + 31 * S);
}

static void
a_step_is_told_from_time_passing(void **state)
{
	struct machine m;

	boot(&m, NOON);
	pass(&m, 3600, 0);
	assert_int_equal(m.step, 0);
	pass(&m, 1, CLOCK_STEP);
	assert_int_equal(m.step, 0);
	pass(&m, 1, CLOCK_STEP + 1);
	assert_int_equal(m.step, CLOCK_STEP + 1);
	pass(&m, 1, -CLOCK_STEP - 1);
	assert_int_equal(m.step, -CLOCK_STEP - 1);
}

static void
fault_132_a_night_in_suspend_is_no_step(void **state)
{
	struct machine m;

	boot(&m, NOON);
	pass(&m, 28800, 0); /* boottime counts it, monotonic time would not */
	assert_int_equal(m.step, 0);
	assert_true(m.clock.mark == NOON + 28800 * S);
}

static void
fault_130_a_clock_without_ntp_is_not_believed_at_once(void **state)
{
	struct machine m;

	boot(&m, NOON);
	m.now.synchronised = 0;
	pass(&m, 1, 7200 * S);
	assert_int_equal(clock_judge(&m.clock, NOON + 3600 * S, NOON + 86400 * S), CLOCK_DOUBTFUL);
	assert_int_equal(clock_judge(&m.clock, NOON - 60 * S, NOON + 86400 * S), CLOCK_IN_FORCE);
	m.now.synchronised = 1;
	pass(&m, 1, 0);
	assert_int_equal(m.step, 0);
	assert_int_equal(clock_judge(&m.clock, NOON + 3600 * S, NOON + 86400 * S), CLOCK_IN_FORCE);
}

static void
fault_133_a_leap_second_ends_nothing_and_brings_nothing_back(void **state)
{
	const stamp_t midnight = NOON + 43200 * S;
	struct machine m;

	boot(&m, midnight - 2 * S);
	m.now.synchronised = 1;
	pass(&m, 2, 0);
	assert_int_equal(clock_judge(&m.clock, NOON, midnight), CLOCK_EXPIRED);
	assert_int_equal(clock_judge(&m.clock, midnight, midnight + 60 * S), CLOCK_IN_FORCE);
	pass(&m, 0, -S); /* the kernel has the last second of the day twice */
	assert_int_equal(m.step, -S);
	assert_int_equal(clock_judge(&m.clock, NOON, midnight), CLOCK_EXPIRED);
	assert_int_equal(clock_judge(&m.clock, NOON, midnight + 60 * S), CLOCK_IN_FORCE);
	assert_int_equal(clock_judge(&m.clock, midnight, midnight + 60 * S), CLOCK_IN_FORCE);
	pass(&m, 60, 0);
	assert_int_equal(clock_judge(&m.clock, NOON, midnight + 60 * S), CLOCK_EXPIRED);
}

static void
a_request_clears_the_mark(void **state)
{
	struct machine m;

	boot(&m, NOON);
	pass(&m, 700, 7200 * S);
	m.now.synchronised = 1; /* believed, and wrong */
	pass(&m, 1, 0);
	m.now.synchronised = 0;
	pass(&m, 1, -7200 * S);
	assert_int_equal(clock_judge(&m.clock, NOON, NOON + 3600 * S), CLOCK_EXPIRED);
	clock_clear(&m.clock, NOON);
	assert_int_equal(clock_judge(&m.clock, NOON, NOON + 3600 * S), CLOCK_IN_FORCE);
	assert_true(m.clock.cleared == NOON);
}

static void
the_next_boundary_is_known(void **state)
{
	struct machine m;

	boot(&m, NOON);
	assert_true(clock_until(&m.clock, NOON + 5 * S) == 5 * S);
	assert_true(clock_until(&m.clock, NOON) == INT64_MAX);
	pass(&m, 1, -2 * S); /* the mark is two seconds ahead */
	assert_true(clock_until(&m.clock, NOON + 5 * S) == 4 * S);
	assert_true(clock_until(&m.clock, NOON) == S);
}

struct folder {
	char path[64];
	int fd;
};

static int
make_folder(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)snprintf(f->path, sizeof(f->path), "/tmp/casetap-clock_test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(f->fd, -1);
	*state = f;
	return 0;
}

static int
remove_folder(void **state)
{
	struct folder *f = *state;

	diag_capture(-1);
	(void)unlinkat(f->fd, "tower-7.clock", 0);
	(void)close(f->fd);
	assert_int_equal(rmdir(f->path), 0);
	free(f);
	return 0;
}

static void
the_mark_has_risen_while_we_were_away_in_the_same_boot(void **state)
{
	struct folder *f = *state;
	struct machine m;
	struct clock c;

	boot(&m, NOON);
	pass(&m, 10, 0);
	assert_int_equal(clock_save(&m.clock, f->fd, "tower-7"), 0);
	m.now.boottime += 60 * S;
	m.now.realtime -= 86400 * S; /* somebody set the clock meanwhile */
	assert_int_equal(clock_load(&c, f->fd, "tower-7", &m.now), 0);
	assert_true(c.mark == NOON + 70 * S);
	assert_int_equal(clock_judge(&c, NOON - 2 * 86400 * S, NOON + 60 * S), CLOCK_EXPIRED);
}

static void
fault_129_a_boot_in_1970_is_no_way_back(void **state)
{
	struct folder *f = *state;
	struct machine m, later;
	struct clock c;

	boot(&m, NOON);
	assert_int_equal(clock_save(&m.clock, f->fd, "tower-7"), 0);
	boot(&later, 10 * S);
	later.now.boot_id[0] = '9';
	assert_int_equal(clock_load(&c, f->fd, "tower-7", &later.now), 0);
	assert_true(c.mark == NOON);
	assert_int_equal(clock_judge(&c, 0, NOON), CLOCK_EXPIRED);
	assert_int_equal(clock_judge(&c, NOON - S, NOON + S), CLOCK_DOUBTFUL);
}

static void
a_missing_mark_begins_now_and_a_damaged_one_is_not_missing(void **state)
{
	struct folder *f = *state;
	struct machine m;
	struct clock c;
	int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

	boot(&m, NOON);
	assert_int_equal(clock_load(&c, f->fd, "tower-7", &m.now), 0);
	assert_true(c.mark == NOON);
	assert_int_equal(fsio_replace(f->fd, "tower-7.clock", "{}\n", 3, 0640), 0);
	diag_capture(quiet);
	assert_int_equal(clock_load(&c, f->fd, "tower-7", &m.now), -1);
	assert_int_equal(errno, EBADMSG);
	(void)close(quiet);
}

static void
what_has_happened_has_happened_however_the_clock_is_set(void **state)
{
	struct machine m;
	struct clock c;
	stamp_t step;

	boot(&m, NOON);
	clock_start(&c, &m.now);
	assert_true(clock_latest(&c) == NOON);
	m.now.realtime -= STAMP_DAY;
	clock_advance(&c, &m.now, &step);
	assert_true(clock_latest(&c) == NOON);
	m.now.realtime += 2 * STAMP_DAY;
	clock_advance(&c, &m.now, &step);
	assert_true(clock_latest(&c) == NOON + STAMP_DAY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_window_is_in_force_from_its_first_instant_to_before_its_last),
	    cmocka_unit_test(fault_031_setting_the_clock_back_never_extends_an_order),
	    cmocka_unit_test(small_steps_back_never_add_up_to_an_extension),
	    cmocka_unit_test(fault_031_a_one_second_step_back_changes_nothing),
	    cmocka_unit_test(fault_128_setting_the_clock_forward_never_starts_an_order_early),
	    cmocka_unit_test(ten_minutes_without_a_step_make_a_clock_good),
	    cmocka_unit_test(fault_031_a_jump_to_2106_and_back_locks_nobody_out),
	    cmocka_unit_test(a_step_is_told_from_time_passing),
	    cmocka_unit_test(fault_132_a_night_in_suspend_is_no_step),
	    cmocka_unit_test(fault_130_a_clock_without_ntp_is_not_believed_at_once),
	    cmocka_unit_test(fault_133_a_leap_second_ends_nothing_and_brings_nothing_back),
	    cmocka_unit_test(a_request_clears_the_mark),
	    cmocka_unit_test(the_next_boundary_is_known),
	    cmocka_unit_test(what_has_happened_has_happened_however_the_clock_is_set),
	    cmocka_unit_test_setup_teardown(
		the_mark_has_risen_while_we_were_away_in_the_same_boot, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(fault_129_a_boot_in_1970_is_no_way_back, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(
		a_missing_mark_begins_now_and_a_damaged_one_is_not_missing, make_folder, remove_folder),
	};

	diag_init("clock_test", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
