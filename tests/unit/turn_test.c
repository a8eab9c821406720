#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "turn.h"

#define PATIENCE 60 /* seconds: far more than it takes */

static const struct timespec moment = {0, 1000000};

struct other {
	struct turn *turn;
	_Atomic int asks, had;
};

static void *
take_one(void *cookie)
{
	struct other *o = cookie;

	o->asks = 1;
	turn_take(o->turn);
	o->had = 1;
	turn_announce(o->turn);
	turn_give(o->turn);
	return NULL;
}

/* He works a millisecond at a time, and has the turn back within microseconds: a plain mutex would be his for ever. */
static void
who_yields_lets_one_that_waits_have_its_turn(void **state)
{
	struct other o = {.turn = turn_new()};
	time_t begin = time(NULL);
	pthread_t thread;

	(void)state;
	assert_non_null(o.turn);
	turn_take(o.turn);
	assert_int_equal(pthread_create(&thread, NULL, take_one, &o), 0);
	while (!o.asks && time(NULL) - begin < PATIENCE)
		(void)nanosleep(&moment, NULL);
	/* From where it asks to where it waits is a matter of the scheduler; then one yield is enough. */
	for (; !o.had && time(NULL) - begin < PATIENCE;) {
		(void)nanosleep(&moment, NULL);
		assert_false(o.had); /* the turn is ours */
		turn_yield(o.turn);
	}
	assert_true(o.had);
	turn_give(o.turn);
	assert_int_equal(pthread_join(thread, NULL), 0);
	turn_free(o.turn);
}

static void
who_yields_where_nobody_waits_goes_on(void **state)
{
	struct turn *t = turn_new();

	(void)state;
	turn_take(t);
	turn_yield(t);
	turn_wait(t, 1); /* nobody announces anything */
	turn_give(t);
	turn_free(t);
	turn_free(NULL);
}

static void
who_waits_for_an_announcement_is_woken_by_it(void **state)
{
	struct other o = {.turn = turn_new()};
	time_t begin = time(NULL);
	pthread_t thread;

	(void)state;
	turn_take(o.turn);
	assert_int_equal(pthread_create(&thread, NULL, take_one, &o), 0);
	while (!o.had && time(NULL) - begin < PATIENCE)
		turn_wait(o.turn, PATIENCE * 1000);
	assert_true(o.had);
	assert_true(time(NULL) - begin < PATIENCE);
	turn_give(o.turn);
	assert_int_equal(pthread_join(thread, NULL), 0);
	turn_free(o.turn);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_yields_lets_one_that_waits_have_its_turn),
	    cmocka_unit_test(who_yields_where_nobody_waits_goes_on),
	    cmocka_unit_test(who_waits_for_an_announcement_is_woken_by_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
