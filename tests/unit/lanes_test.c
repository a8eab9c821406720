#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate.h"
#include "lanes.h"

#define STREAMS 9
#define FILES 40

/* Destinations that are only counted: a lane must never use another one's. */
static unsigned opened;
static _Atomic unsigned closed; /* by threads that have given up their turn */
static char places[16];

struct destination *__wrap_destination_open(
    const struct conf_destination *, const struct destination_limits *, int *);
void __wrap_destination_close(struct destination *);

struct destination *
__wrap_destination_open(const struct conf_destination *conf, const struct destination_limits *limits, int *status)
{
	return (struct destination *)&places[++opened];
}

void
__wrap_destination_close(struct destination *d)
{
	closed += d != NULL;
}

/* All lanes together; touched by whose turn it is. */
static struct {
	struct session session;
	struct destination_limits limits;
	struct conf_destination conf;
	struct standing standing;
	unsigned streams[STREAMS], files[STREAMS][FILES];
	unsigned inside, inside_most, owners_inside;
	const struct destination *busy[16];
	size_t fails_at; /* stream whose files fail */
	size_t ends_at;  /* file at which nothing more goes to the destination */
	size_t proves;   /* file, from 1 on, the bringing of which shows the others that all is well; 0: none does */
	size_t brought;
} all;

struct work {
	size_t stream;
};

/* No lane is in two files at once, and each has a destination of its own. */
static void
enter(const struct visit *v)
{
	size_t free_slot = 16;

	assert_non_null(v->destination);
	for (size_t i = 0; i < 16; i++) {
		assert_ptr_not_equal(all.busy[i], v->destination);
		if (all.busy[i] == NULL)
			free_slot = i;
	}
	all.busy[free_slot] = v->destination;
	if (++all.inside > all.inside_most)
		all.inside_most = all.inside;
}

static void
leave(const struct visit *v)
{
	for (size_t i = 0; i < 16; i++) {
		if (all.busy[i] == v->destination)
			all.busy[i] = NULL;
	}
	all.inside--;
}

static int
bring(void *cookie, struct visit *v, size_t i)
{
	const struct work *w = cookie;

	all.files[w->stream][i]++;
	all.brought++;
	enter(v);
	if (!gate_is_proven(all.limits.gate)) {
		turn_wait(all.session.turn, 2); /* time for others to come, if they would */
		assert_int_equal(all.inside_most, 1);
		assert_ptr_equal(v->destination, &places[0]);
		if (all.brought == all.proves)
			gate_prove(all.limits.gate);
		leave(v);
		return 0;
	}
	turn_announce(all.session.turn);
	/* Until all lanes have met once: it takes as long as the machine needs to start them. */
	for (int k = 0; all.inside_most < all.conf.parallel && k < 1000; k++)
		turn_wait(all.session.turn, 20);
	turn_wait(all.session.turn, 1);
	leave(v);
	if (i == all.ends_at)
		all.standing.is_over = 1;
	return w->stream == all.fails_at ? -1 : 0;
}

static void
each(void *cookie, struct visit *v, size_t i)
{
	struct work w = {i};
	struct batch b = {.bring = bring, .cookie = &w, .count = FILES};
	int rc;

	assert_ptr_equal(cookie, &all);
	all.streams[i]++;
	rc = lanes_batch(v, &b);
	assert_int_equal(rc, i == all.fails_at ? -1 : 0);
	assert_int_equal(b.busy, 0);
}

static void
run_behind(uint32_t lanes, size_t fails_at, size_t ends_at, size_t proves)
{
	struct visit v = {
	    .session = &all.session, .limits = &all.limits, .conf = &all.conf, .standing = &all.standing};

	opened = 0;
	closed = 0;
	memset(&all, 0, sizeof all);
	all.session.turn = turn_new();
	assert_non_null(all.session.turn);
	all.conf.parallel = lanes;
	all.fails_at = fails_at;
	all.ends_at = ends_at;
	all.proves = proves;
	if (proves > 0)
		assert_non_null(all.limits.gate = gate_new(all.session.turn));
	v.destination = (struct destination *)&places[0];
	turn_take(all.session.turn);
	lanes_run(&v, STREAMS, each, &all);
	assert_int_equal(all.inside, 0);
	turn_give(all.session.turn);
	gate_free(all.limits.gate);
	turn_free(all.session.turn);
	assert_int_equal(opened, closed);
	assert_true(opened < lanes);
}

static void
run(uint32_t lanes, size_t fails_at, size_t ends_at)
{
	run_behind(lanes, fails_at, ends_at, 0);
}

static void
every_file_of_every_stream_is_brought_once_and_all_lanes_are_at_work(void **state)
{
	static const uint32_t counts[] = {1, 2, 5, 15};

	for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
		run(counts[k], SIZE_MAX, SIZE_MAX);
		assert_int_equal(all.inside_most, counts[k]);
		for (size_t s = 0; s < STREAMS; s++) {
			assert_int_equal(all.streams[s], 1);
			for (size_t i = 0; i < FILES; i++)
				assert_int_equal(all.files[s][i], 1);
		}
	}
}

static void
a_file_that_can_not_be_accounted_for_ends_its_batch_and_no_other(void **state)
{
	run(4, 3, SIZE_MAX);
	for (size_t s = 0; s < STREAMS; s++) {
		unsigned sum = 0;

		for (size_t i = 0; i < FILES; i++)
			sum += all.files[s][i];
		assert_true(s == 3 ? sum <= 5 : sum == FILES);
	}
}

static void
a_destination_that_is_given_up_gets_nothing_more(void **state)
{
	unsigned sum = 0;

	run(4, SIZE_MAX, 7);
	for (size_t s = 0; s < STREAMS; s++) {
		for (size_t i = 0; i < FILES; i++)
			sum += all.files[s][i];
	}
	/* Of each of the four lanes' streams, what was begun before. */
	assert_true(sum >= 8 && sum < 4 * 8 + 4);
}

static void
the_first_lane_goes_alone_until_something_is_proven_then_all_do(void **state)
{
	run_behind(6, SIZE_MAX, SIZE_MAX, 5);
	assert_int_equal(all.inside_most, 6);
	for (size_t s = 0; s < STREAMS; s++) {
		for (size_t i = 0; i < FILES; i++)
			assert_int_equal(all.files[s][i], 1);
	}
}

static void
where_nothing_is_ever_proven_the_first_lane_does_all_and_no_other_has_a_destination(void **state)
{
	run_behind(6, SIZE_MAX, SIZE_MAX, SIZE_MAX);
	assert_int_equal(all.brought, STREAMS * FILES);
	assert_int_equal(opened, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_file_of_every_stream_is_brought_once_and_all_lanes_are_at_work),
	    cmocka_unit_test(a_file_that_can_not_be_accounted_for_ends_its_batch_and_no_other),
	    cmocka_unit_test(a_destination_that_is_given_up_gets_nothing_more),
	    cmocka_unit_test(the_first_lane_goes_alone_until_something_is_proven_then_all_do),
	    cmocka_unit_test(where_nothing_is_ever_proven_the_first_lane_does_all_and_no_other_has_a_destination),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
