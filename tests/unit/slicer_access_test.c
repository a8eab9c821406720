#include <errno.h>
#include <stdio.h>

#include "slicer.h"
#include "steps.h"
#include "streams.h"

#include "recover.h"

#define INTERVAL (60 * STAMP_SECOND)
#define T0 STREAMS_T0

/*
 * Access events that are told once: they are in a record, whatever becomes of the reader and of the disk.
 */
static struct slicer_config config;
static struct order order; /* its subject does not move */
static size_t gaps, told, tellers, incomplete;

static void
on_event(void *cookie, const struct slicer_event *ev)
{
	(void)cookie;
	gaps += ev->kind == SLICER_GAP;
	if (ev->kind != SLICER_SLICE)
		return;
	told += ev->rec->access.count;
	tellers += (size_t)ev->rec->access.is_told;
	incomplete += (size_t)ev->rec->access.is_incomplete;
}

static int
set_up(void **state)
{
	assert_int_equal(streams_set_up(state), 0);
	gaps = told = tellers = incomplete = 0;
	config = (struct slicer_config){.statefd = streams_statefd,
	    .iap = STREAMS_IAP,
	    .linktype = 1,
	    .snaplen = 262144,
	    .interfaces = "eth1",
	    .slice_seconds = 60,
	    .slice_bytes = 1024 * 1024,
	    .pool_bytes = 4 * 1024 * 1024,
	    .program = "casetap-capture 0.1.0",
	    .build = "test",
	    .config_sha256 = STREAMS_HEX};
	memset(&order, 0, sizeof(order));
	strcpy(order.case_id, STREAMS_CASE);
	strcpy(order.sha256, STREAMS_HEX);
	order.content_id = order.revision = 1;
	order.not_before = T0;
	order.not_after = T0 + STAMP_DAY;
	return 0;
}

static int
tear_down(void **state)
{
	steps_write_error = 0;
	return streams_tear_down(state);
}

static struct access_event
event_at(stamp_t t)
{
	struct access_event e = {
	    .kind = ACCESS_SERVICE_CHANGED, .time = t, .until = STAMP_NONE, .family = 4, .bits = 32};

	strcpy(e.method, "dhcpv4");
	strcpy(e.reason, "address-of-another");
	return e;
}

static struct slicer *
start(uint32_t *handle)
{
	struct slicer *s = slicer_new(&config, on_event, NULL);

	assert_non_null(s);
	assert_int_equal(slicer_begin(s, &order, T0, "start-up", handle), 0);
	return s;
}

/* Is the slice open, and how many events stand in its draft? */
static int
is_drafted(size_t events)
{
	struct spool *spool = streams_open();
	const int is = spool_open_count(spool) == 1 && spool_open_draft(spool, 0)->access.count == events;

	spool_close(spool);
	return is;
}

static int
await_draft(size_t events)
{
	int tries;

	for (tries = 0; tries < 1000 && !is_drafted(events); tries++)
		(void)usleep(5000);
	return tries < 1000;
}

/* In a child: it is told of two, of the second while the disk is full, and dies with its slice open. */
static void
die_behind_two(void)
{
	const struct access_event first = event_at(T0 + STAMP_SECOND), second = event_at(T0 + 2 * STAMP_SECOND);
	uint32_t h;
	struct slicer *s = start(&h);

	if (!await_draft(0))
		_exit(1);
	slicer_access_once(s, h, &first);
	if (!await_draft(1))
		_exit(2);
	(void)usleep(1200000); /* nothing else is left for the next sync */
	steps_write_error = ENOSPC;
	slicer_access_once(s, h, &second);
	(void)usleep(100000);
	if (!is_drafted(1))
		_exit(3);
	steps_write_error = 0;
	_exit(await_draft(2) ? STEPS_KILLED : 4);
}

static void
nothing(void *cookie, const char *case_id, uint64_t seq, const char *what)
{
}

static void
fault_135_event_that_is_told_once_outlives_a_reader_that_dies_before_its_slice_is_closed(void **state)
{
	const struct recover_config again = {streams_statefd, STREAMS_IAP, T0 + INTERVAL, NULL, 0};
	struct slice_record r;
	struct spool *spool;
	struct buf text = BUF_INIT;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		die_behind_two();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), STEPS_KILLED);
	assert_int_equal(recover_iap(&again, nothing, NULL), 0);
	spool = streams_open();
	assert_int_equal(spool_load_record(spool, 1, &text), 0);
	assert_int_equal(slice_record_parse(text.data, text.len, &r), 0);
	assert_int_equal(r.state, SLICE_RECOVERED);
	assert_true(r.access.is_told && r.access.is_incomplete);
	assert_int_equal(r.access.count, 2);
	assert_true(r.access.at[0].time == T0 + STAMP_SECOND && r.access.at[1].time == T0 + 2 * STAMP_SECOND);
	assert_string_equal(r.access.at[1].reason, "address-of-another");
	slice_record_clear(&r);
	buf_free(&text);
	spool_close(spool);
}

static void
slice_that_is_closed_tells_of_it_once(void **state)
{
	const struct access_event e = event_at(T0 + STAMP_SECOND);
	uint32_t h;
	struct slicer *s = start(&h);

	slicer_access_once(s, h, &e);
	slicer_tick(s, T0 + 2 * INTERVAL);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 2 * INTERVAL), 0);
	assert_int_equal(told, 1);
	assert_int_equal(tellers, 1);
}

/* A disk that was full for long: no slice is open.  Return when. */
static stamp_t
fill_up(struct slicer *s)
{
	stamp_t now = T0;
	int i;

	steps_write_error = ENOSPC;
	for (i = 0; i < 60; i++) {
		now += INTERVAL;
		slicer_tick(s, now);
	}
	return now;
}

static void
await_gap(struct slicer *s, stamp_t now)
{
	int i;

	steps_write_error = 0;
	for (i = 0; i < 1000 && gaps == 0; i++) {
		slicer_tick(s, now);
		(void)usleep(5000);
	}
	assert_int_equal(gaps, 1);
}

static void
event_for_which_no_slice_is_open_is_told_by_the_next(void **state)
{
	uint32_t h;
	struct slicer *s = start(&h);
	stamp_t now = fill_up(s);
	struct access_event e = event_at(now);

	slicer_access_once(s, h, &e);
	await_gap(s, now);
	assert_int_equal(told, 0);
	assert_true(await_draft(1));
	assert_int_equal(slicer_stop(s, SLICE_STOP, now + STAMP_SECOND), 0);
	assert_int_equal(told, 1);
	assert_int_equal(tellers, 1);
}

static void
event_that_nothing_could_hold_is_missing_in_the_next_slice_alone(void **state)
{
	uint32_t h;
	struct slicer *s = start(&h);
	stamp_t now = fill_up(s);
	struct access_event e = event_at(now);

	e.method[0] = '\0'; /* not taken, as where there is no memory */
	slicer_access_once(s, h, &e);
	await_gap(s, now);
	assert_true(await_draft(0));
	assert_int_equal(incomplete, 0);
	for (; now < T0 + 64 * INTERVAL; now += INTERVAL)
		slicer_tick(s, now);
	assert_int_equal(slicer_stop(s, SLICE_STOP, now), 0);
	assert_int_equal(told, 0);
	assert_int_equal(tellers, 1);
	assert_int_equal(incomplete, 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(fault_135_event_that_is_told_once_outlives_a_reader_that_dies_before_its_slice_is_closed),
	    T(slice_that_is_closed_tells_of_it_once),
	    T(event_for_which_no_slice_is_open_is_told_by_the_next),
	    T(event_that_nothing_could_hold_is_missing_in_the_next_slice_alone),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
