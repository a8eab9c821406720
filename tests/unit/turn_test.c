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

/* Once the other waits, one yield is enough: by when he does is a matter of the scheduler, and turn_yield() knows. */
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
	while (!o.had && time(NULL) - begin < PATIENCE) {
		(void)nanosleep(&moment, NULL);
		assert_false(o.had); /* the turn is ours */
		turn_yield(o.turn);
	}
	assert_true(o.had);
	turn_give(o.turn);
	assert_int_equal(pthread_join(thread, NULL), 0);
	turn_free(o.turn);
}

#define TURNS 200

struct player {
	struct turn *turn;
	unsigned *log, *count; /* whose turns they were; shared, and touched only in turn */
	unsigned who;
	_Atomic unsigned *playing;
};

/* As one who works in small steps. */
static void *
play(void *cookie)
{
	struct player *p = cookie;
	unsigned i;

	turn_take(p->turn);
	(*p->playing)++;
	while (*p->playing < 3)
		turn_yield(p->turn);
	for (i = 0; i < TURNS; i++) {
		p->log[(*p->count)++] = p->who;
		turn_yield(p->turn);
	}
	turn_give(p->turn);
	return NULL;
}

static void
those_who_yield_to_each_other_have_their_turns_one_after_the_other(void **state)
{
	static unsigned log[3 * TURNS];
	struct turn *t = turn_new();
	_Atomic unsigned playing = 0;
	struct player players[3];
	pthread_t threads[3];
	unsigned count = 0, i;

	(void)state;
	for (i = 0; i < 3; i++) {
		players[i] = (struct player){t, log, &count, i, &playing};
		assert_int_equal(pthread_create(&threads[i], NULL, play, &players[i]), 0);
	}
	for (i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(count, 3 * TURNS);
	/* While all three play none is passed over. */
	for (i = 4; i < 3 * (TURNS - 4); i++)
		assert_true(log[i] != log[i - 1] && log[i] != log[i - 2]);
	turn_free(t);
}

/* One who waits for an announcement that does not come is served like any other. */
static void *
wait_one(void *cookie)
{
	struct other *o = cookie;

	turn_take(o->turn);
	o->asks = 1;
	turn_wait(o->turn, 1);
	o->had = 1;
	turn_give(o->turn);
	return NULL;
}

static void
who_waited_in_vain_is_served_by_one_who_yields(void **state)
{
	struct other o = {.turn = turn_new()};
	time_t begin = time(NULL);
	pthread_t thread;

	(void)state;
	turn_take(o.turn);
	assert_int_equal(pthread_create(&thread, NULL, wait_one, &o), 0);
	while (!o.had && time(NULL) - begin < PATIENCE) {
		(void)nanosleep(&moment, NULL);
		turn_yield(o.turn);
	}
	assert_true(o.asks && o.had);
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
	    cmocka_unit_test(those_who_yield_to_each_other_have_their_turns_one_after_the_other),
	    cmocka_unit_test(who_waited_in_vain_is_served_by_one_who_yields),
	    cmocka_unit_test(who_yields_where_nobody_waits_goes_on),
	    cmocka_unit_test(who_waits_for_an_announcement_is_woken_by_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
