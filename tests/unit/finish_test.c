#include <errno.h>

#include "steps.h"
#include "streams.h"

#include "finish.h"

#define NOT_AFTER (STREAMS_T0 + STAMP_DAY)

static struct order order;
static const struct finish end = {
    STREAMS_CASE, STREAMS_IAP, STREAMS_HEX, &order, 1, "not_after", "down-time", NOT_AFTER};

static int
set_up(void **state)
{
	memset(&order, 0, sizeof(order));
	strcpy(order.case_id, STREAMS_CASE);
	strcpy(order.sha256, STREAMS_HEX);
	order.content_id = 1;
	order.revision = 1;
	order.acceptance = (struct order_acceptance){STREAMS_T0, STREAMS_HEX};
	order.not_before = STREAMS_T0;
	order.not_after = NOT_AFTER;
	return streams_set_up(state);
}

static int
tear_down(void **state)
{
	steps_fsync_error = 0;
	return streams_tear_down(state);
}

/* A stream that is covered up to a minute behind its beginning. */
static struct spool *
claimed(void)
{
	struct spool *s = streams_open();
	struct gap_record gap;

	assert_int_equal(spool_claim(s), 0);
	streams_gap(&gap, STREAMS_T0, STREAMS_T0 + 60 * STAMP_SECOND);
	assert_int_equal(spool_commit_gap(s, &gap), 0);
	return s;
}

static void
has_ended(void)
{
	struct spool *s = streams_open();

	assert_string_equal(spool_end(s)->reason, "not_after");
	assert_true(spool_covered(s) == NOT_AFTER);
	assert_int_equal(spool_next(s), 3);
	spool_close(s);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
stream_that_a_reader_still_writes_is_left_to_it(void **state)
{
	struct spool *s = claimed();
	struct gap_record gap;

	assert_int_equal(finish_stream(streams_statefd, &end, &gap), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(gap.head.seq, 0);
	/* The number that it would have taken is the reader's. */
	streams_gap(&gap, STREAMS_T0 + 60 * STAMP_SECOND, NOT_AFTER);
	assert_int_equal(spool_commit_gap(s, &gap), 0);
	assert_int_equal(gap.head.seq, 2);
	spool_close(s);
	assert_int_equal(finish_stream(streams_statefd, &end, &gap), 0);
	assert_int_equal(gap.head.seq, 0);
	has_ended();
	assert_int_equal(finish_stream(streams_statefd, &end, &gap), 0);
}

static void
claim_looks_at_what_the_last_one_left(void **state)
{
	struct spool *late, *s;

	late = streams_open();
	s = claimed();
	assert_int_equal(spool_claim(late), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	spool_close(s);
	assert_int_equal(spool_next(late), 1);
	assert_int_equal(spool_claim(late), 0);
	assert_int_equal(spool_next(late), 2);
	spool_close(late);
}

/* A stop at any step, and another try. */
static void
finish_once(void *cookie)
{
	struct gap_record gap;

	(void)finish_stream(streams_statefd, &end, &gap);
}

static void
end_that_was_cut_short_anywhere_is_finished_by_the_next_try(void **state)
{
	struct gap_record gap;
	int done = 0;
	long n;

	for (n = 0; !done; n++) {
		assert_int_equal(tear_down(NULL), 0);
		assert_int_equal(set_up(NULL), 0);
		spool_close(claimed());
		done = steps_run(n, finish_once, NULL);
		/* Not what a kill leaves for recovery, but what a try that failed leaves for the next. */
		assert_int_equal(finish_stream(streams_statefd, &end, &gap), 0);
		has_ended();
	}
	assert_true(n > 4);
}

static void
a_gap_at_the_end_says_when_its_order_was_accepted(void **state)
{
	struct gap_record gap;

	(void)state;
	spool_close(claimed());
	assert_int_equal(finish_stream(streams_statefd, &end, &gap), 0);
	assert_int_equal(gap.head.seq, 2);
	assert_true(gap.head.accepted.at == STREAMS_T0);
	assert_string_equal(gap.head.accepted.keyring_sha256, STREAMS_HEX);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(stream_that_a_reader_still_writes_is_left_to_it),
	    T(claim_looks_at_what_the_last_one_left),
	    T(a_gap_at_the_end_says_when_its_order_was_accepted),
	    T(end_that_was_cut_short_anywhere_is_finished_by_the_next_try),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
