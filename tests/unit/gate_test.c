#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "stop.h"

#include "gate.h"

#define KNOCKERS 8
#define TIMES 20

static const struct timespec moment = {0, 200000};

struct knocker {
	struct gate *gate;
	_Atomic int *inside, *most, *through;
};

static void *
knock(void *cookie)
{
	struct knocker *k = cookie;

	for (int i = 0; i < TIMES; i++) {
		if (gate_enter(k->gate) == -1)
			continue;
		if (++*k->inside > *k->most)
			*k->most = *k->inside;
		(void)nanosleep(&moment, NULL); /* cut short, it is none the worse */
		--*k->inside;
		++*k->through;
		gate_leave(k->gate);
	}
	return NULL;
}

static void
knock_all(struct gate *g, int *most, int *through)
{
	_Atomic int inside = 0, m = 0, t = 0;
	struct knocker k = {g, &inside, &m, &t};
	pthread_t threads[KNOCKERS];

	for (int i = 0; i < KNOCKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, knock, &k), 0);
	for (int i = 0; i < KNOCKERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	*most = m;
	*through = t;
}

static void
three_at_a_time_are_inside_and_all_get_there(void **state)
{
	struct turn *turn = turn_new();
	struct gate *g = gate_new(turn);
	int most, through;

	(void)state;
	assert_non_null(g);
	knock_all(g, &most, &through);
	assert_int_equal(most, 3);
	assert_int_equal(through, KNOCKERS * TIMES);
	gate_free(g);
	turn_free(turn);
}

static void
what_is_proven_stays_so_and_where_there_is_no_gate_all_is(void **state)
{
	struct turn *turn = turn_new();
	struct gate *g = gate_new(turn);

	(void)state;
	assert_non_null(g);
	assert_false(gate_is_proven(g));
	gate_prove(g);
	gate_prove(g);
	assert_true(gate_is_proven(g));
	assert_true(gate_is_proven(NULL));
	gate_prove(NULL);
	gate_free(g);
	gate_free(NULL);
	turn_free(turn);
}

static void *
shut_in_a_moment(void *cookie)
{
	const struct timespec a_while = {0, 50000000};

	(void)nanosleep(&a_while, NULL); /* cut short, it is none the worse */
	gate_shut(cookie);
	return NULL;
}

static void
once_it_is_shut_nobody_gets_in_and_who_waits_is_told(void **state)
{
	struct turn *turn = turn_new();
	struct gate *g = gate_new(turn);
	time_t begin = time(NULL);
	pthread_t thread;
	int most, through;

	(void)state;
	assert_non_null(g);
	assert_false(gate_is_shut(g));
	for (int i = 0; i < GATE_MOST; i++)
		assert_int_equal(gate_enter(g), 0); /* and leaves late, as whoever knocks at a dead server */
	assert_int_equal(pthread_create(&thread, NULL, shut_in_a_moment, g), 0);
	knock_all(g, &most, &through);
	assert_int_equal(through, 0);
	assert_true(time(NULL) - begin < 10);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (int i = 0; i < GATE_MOST; i++)
		gate_leave(g);
	assert_true(gate_is_shut(g));
	assert_int_equal(gate_enter(g), -1); /* though there is room */
	gate_shut(NULL);
	assert_false(gate_is_shut(NULL));
	gate_free(g);
	turn_free(turn);
}

/* The last: what asked for the end asks for ever. */
static void
a_signal_ends_the_waiting_of_who_does_not_get_in(void **state)
{
	struct turn *turn = turn_new();
	struct gate *g = gate_new(turn);
	time_t begin = time(NULL);
	int most, through;

	(void)state;
	assert_non_null(g);
	assert_int_equal(stop_init(), 0);
	for (int i = 0; i < GATE_MOST; i++)
		assert_int_equal(gate_enter(g), 0); /* and never leaves */
	assert_int_equal(raise(SIGTERM), 0);
	knock_all(g, &most, &through);
	assert_int_equal(through, 0);
	assert_true(time(NULL) - begin < 10);
	gate_free(g);
	turn_free(turn);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(three_at_a_time_are_inside_and_all_get_there),
	    cmocka_unit_test(what_is_proven_stays_so_and_where_there_is_no_gate_all_is),
	    cmocka_unit_test(once_it_is_shut_nobody_gets_in_and_who_waits_is_told),
	    cmocka_unit_test(a_signal_ends_the_waiting_of_who_does_not_get_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
