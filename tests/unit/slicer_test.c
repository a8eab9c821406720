#include <sys/mount.h>
#include <sys/resource.h>

#include <sched.h>
#include <signal.h>
#include <stdio.h>

#include "slicer.h"
#include "steps.h"
#include "streams.h"

#include "recover.h"

#define SECONDS 60
#define INTERVAL (SECONDS * STAMP_SECOND)
#define T0 STREAMS_T0
#define EVENTS 4096

static struct {
	struct slice_record slices[EVENTS];
	struct gap_record gaps[EVENTS];
	size_t slice_count, gap_count, troubles;
	int error;
} got;

static struct slicer_config config;
static struct order order;

static void
on_event(void *cookie, const struct slicer_event *ev)
{
	switch (ev->kind) {
	case SLICER_SLICE:
		assert_true(got.slice_count < EVENTS);
		got.slices[got.slice_count++] = *ev->rec;
		assert_true(digest_is_hex(ev->sha256));
		break;
	case SLICER_GAP:
		assert_true(got.gap_count < EVENTS);
		got.gaps[got.gap_count++] = *ev->gap;
		break;
	case SLICER_TROUBLE:
		got.troubles++;
		got.error = ev->error;
		break;
	}
}

static int
set_up(void **state)
{
	assert_int_equal(streams_set_up(state), 0);
	memset(&got, 0, sizeof(got));
	memset(&config, 0, sizeof(config));
	config.statefd = streams_statefd;
	config.iap = STREAMS_IAP;
	config.linktype = 1;
	config.snaplen = 262144;
	config.interfaces = "eth1";
	config.slice_seconds = SECONDS;
	config.slice_bytes = 1024 * 1024;
	config.pool_bytes = 4 * 1024 * 1024;
	config.program = "casetap-capture 0.1.0";
	config.build = "test";
	config.config_sha256 = STREAMS_HEX;
	memset(&order, 0, sizeof(order));
	strcpy(order.case_id, STREAMS_CASE);
	strcpy(order.sha256, STREAMS_HEX);
	order.content_id = 1;
	order.revision = 1;
	order.not_before = T0;
	order.not_after = T0 + STAMP_DAY;
	return 0;
}

static int
tear_down(void **state)
{
	steps_fsync_error = steps_write_error = steps_hold = steps_skip_sync = 0;
	return streams_tear_down(state);
}

static struct slicer *
start(void)
{
	struct slicer *s = slicer_new(&config, on_event, NULL);

	assert_non_null(s);
	return s;
}

static uint32_t
begin(struct slicer *s, stamp_t now, const char *reason)
{
	uint32_t handle;

	assert_int_equal(slicer_begin(s, &order, now, reason, &handle), 0);
	return handle;
}

static void
put(struct slicer *s, uint32_t handle, stamp_t t, uint32_t caplen)
{
	static uint8_t data[512 * 1024];

	slicer_frame(s, handle, t, data, caplen, caplen);
}

/* Tick until ${n} slices were published: the writer works beside. */
static void
await_slices(struct slicer *s, stamp_t now, size_t n)
{
	int tries;

	for (tries = 0; tries < 2000 && got.slice_count < n; tries++) {
		slicer_tick(s, now);
		(void)usleep(5000);
	}
	assert_int_equal(got.slice_count, n);
}

static void
window_is(const struct slice_head *h, stamp_t from, stamp_t to)
{
	assert_int_equal(h->from - T0, from - T0);
	assert_int_equal(h->to - T0, to - T0);
}

static void
idle_stream_rolls_on_wall_clock_boundaries(void **state)
{
	struct slicer *s = start();
	uint32_t h = begin(s, T0 + 10 * STAMP_SECOND, "start-up");
	stamp_t now;

	for (now = T0 + 10 * STAMP_SECOND; now < T0 + 3 * INTERVAL + STAMP_SECOND; now += STAMP_SECOND)
		slicer_tick(s, now);
	assert_int_equal(slicer_end(s, h, SLICE_STOP, T0 + 3 * INTERVAL + STAMP_SECOND, NULL), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, now), 0);
	assert_int_equal(got.slice_count, 4);
	assert_int_equal(got.gap_count, 0);
	window_is(&got.slices[0].head, T0, T0 + INTERVAL);
	assert_int_equal(got.slices[0].gap_count, 1);
	assert_string_equal(got.slices[0].gaps[0].reason, "start-up");
	assert_true(got.slices[0].gaps[0].to == T0 + 10 * STAMP_SECOND);
	assert_int_equal(got.slices[0].rolled, SLICE_TIME);
	assert_int_equal(got.slices[1].gap_count, 0);
	assert_int_equal(got.slices[1].frames, 0);
	window_is(&got.slices[3].head, T0 + 3 * INTERVAL, T0 + 3 * INTERVAL + STAMP_SECOND);
	assert_int_equal(got.slices[3].rolled, SLICE_STOP);
	assert_int_equal(streams_check(STREAMS_CASE), 4);
}

static void
frame_belongs_to_the_slice_of_its_own_time(void **state)
{
	struct slicer *s = start();
	uint32_t h = begin(s, T0, "start-up");

	put(s, h, T0 + INTERVAL - 2000, 60);
	put(s, h, T0 + INTERVAL, 60);
	slicer_tick(s, T0 + INTERVAL + 1000);
	/* Stamped before the boundary, read behind it: within the ring's time-out the slice is still there. */
	put(s, h, T0 + INTERVAL - 1000, 60);
	slicer_tick(s, T0 + INTERVAL + STAMP_SECOND);
	put(s, h, T0 + INTERVAL - 1000, 60);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + INTERVAL + STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.slices[0].frames, 2);
	assert_int_equal(got.slices[0].late_frames, 0);
	assert_int_equal(got.slices[1].frames, 2);
	assert_int_equal(got.slices[1].late_frames, 1);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
fault_029_no_frame_outside_the_order_is_stored(void **state)
{
	struct slicer *s = start();
	struct slicer_counts c;
	struct spool *sp;
	uint32_t h;

	order.not_before = T0 + 500;
	order.not_after = T0 + INTERVAL / 2;
	h = begin(s, T0 + 1000, "start-up");
	put(s, h, order.not_before - 1, 60);
	put(s, h, order.not_before + 499, 60); /* cut to microseconds it would lie before the order */
	put(s, h, order.not_before + 500, 60);
	put(s, h, order.not_after - 1, 60);
	put(s, h, order.not_after, 60);
	put(s, h, order.not_after + STAMP_DAY, 60);
	slicer_tick(s, order.not_after + 1);
	slicer_counts(s, &c);
	assert_int_equal(c.stored, 2);
	assert_int_equal(c.outside, 4);
	slicer_end_under(s, h, 2); /* an early end, that was over when it came */
	assert_int_equal(slicer_end(s, h, SLICE_ORDER_END, order.not_after, "not_after"), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, order.not_after + STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 1);
	window_is(&got.slices[0].head, order.not_before, order.not_after);
	assert_int_equal(got.slices[0].frames, 2);
	assert_int_equal(got.slices[0].rolled, SLICE_ORDER_END);
	sp = streams_open();
	assert_string_equal(spool_end(sp)->reason, "not_after");
	assert_int_equal(spool_end(sp)->revision, 2);
	assert_true(spool_end(sp)->at == order.not_after);
	spool_close(sp);
	assert_int_equal(streams_check(STREAMS_CASE), 1);
}

static void
slice_rolls_by_size_and_windows_still_tile(void **state)
{
	struct slicer *s;
	uint64_t frames = 0;
	uint32_t h;
	size_t i;

	config.slice_bytes = 10000;
	s = start();
	h = begin(s, T0, "start-up");
	for (i = 0; i < 100; i++)
		put(s, h, T0 + (stamp_t)i * 1000000, 1000);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 12);
	for (i = 0; i < got.slice_count; i++) {
		assert_true(got.slices[i].file_bytes <= 10000);
		assert_int_equal(got.slices[i].late_frames, 0);
		frames += got.slices[i].frames;
	}
	assert_int_equal(frames, 100);
	assert_int_equal(got.slices[0].rolled, SLICE_SIZE);
	assert_int_equal(streams_check(STREAMS_CASE), 12);
}

/* Frames of one microsecond, or of one before, stay with those whose time it is. */
static void
slice_is_not_rolled_by_size_within_the_time_that_it_answers_for(void **state)
{
	struct slicer *s;
	uint32_t h;
	size_t i;

	config.slice_bytes = 10000;
	s = start();
	h = begin(s, T0, "start-up");
	for (i = 0; i < 40; i++)
		put(s, h, T0 + (stamp_t)(i == 15 ? 19 : 20 + i / 20) * 1000, 1000);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.slices[0].frames, 20);
	assert_int_equal(got.slices[0].last_frame - T0, 20000);
	assert_int_equal(got.slices[1].head.from - T0, 21000);
	assert_int_equal(got.slices[1].late_frames, 0);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
slice_does_not_wait_with_its_roll_for_a_time_that_one_wild_stamp_showed(void **state)
{
	struct slicer *s;
	uint32_t h;
	size_t i;

	config.slice_bytes = 10000;
	s = start();
	h = begin(s, T0, "start-up");
	put(s, h, T0 + 50 * STAMP_SECOND, 60);
	for (i = 0; i < 25; i++)
		put(s, h, T0 + STAMP_SECOND, 1000);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 59 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.slices[0].late_frames, 0);
	assert_true(got.slices[0].file_bytes > 10000 && got.slices[0].file_bytes < 25000);
	assert_int_equal(got.slices[1].late_frames, got.slices[1].frames);
	assert_int_equal(got.slices[0].frames + got.slices[1].frames, 26);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
frame_longer_than_a_block_is_stored_whole(void **state)
{
	struct slicer *s;
	uint32_t h;

	config.snaplen = 512 * 1024;
	s = start();
	h = begin(s, T0, "start-up");
	put(s, h, T0 + 1000, 60);
	put(s, h, T0 + 2000, 300000);
	put(s, h, T0 + 3000, 65536);
	put(s, h, T0 + 4000, 65520);
	put(s, h, T0 + 5000, 60);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + STAMP_SECOND), 0);
	assert_int_equal(got.slices[0].frames, 5);
	assert_int_equal(got.slices[0].bytes, 120 + 300000 + 65536 + 65520);
	assert_int_equal(streams_check(STREAMS_CASE), 1);
}

static void
slice_waits_for_losses_that_are_told_late(void **state)
{
	const stamp_t late = 5 * STAMP_SECOND / 2, rolled = T0 + INTERVAL + 10 * STAMP_SECOND;
	struct slicer *s;
	uint32_t h;

	config.late = late;
	s = start();
	h = begin(s, T0, "start-up");
	slicer_tick(s, T0 + INTERVAL - STAMP_SECOND);
	/* One that ended is still there to say it. */
	slicer_tick(s, T0 + INTERVAL + 2 * STAMP_SECOND);
	slicer_shared_loss(s, T0 + INTERVAL - STAMP_SECOND, T0 + INTERVAL + 2 * STAMP_SECOND);
	await_slices(s, T0 + INTERVAL + late, 1);
	/* And so is one that was full, unless the order changes: what comes then is by that. */
	put(s, h, rolled - STAMP_SECOND, 300 * 1024);
	put(s, h, rolled - STAMP_SECOND + 1, 300 * 1024);
	put(s, h, rolled - STAMP_SECOND + 2, 300 * 1024);
	put(s, h, rolled, 300 * 1024);
	slicer_tick(s, rolled + STAMP_SECOND);
	slicer_shared_loss(s, rolled - STAMP_SECOND, rolled + STAMP_SECOND);
	await_slices(s, rolled + STAMP_SECOND + late, 2);
	order.revision = 2;
	assert_int_equal(slicer_change(s, h, &order, rolled + 10 * STAMP_SECOND), 0);
	put(s, h, rolled + 10 * STAMP_SECOND - 1, 60);
	assert_int_equal(slicer_stop(s, SLICE_STOP, rolled + 11 * STAMP_SECOND), 0);
	config.late = 0;
	assert_int_equal(got.slice_count, 4);
	assert_int_equal(got.slices[0].rolled, SLICE_TIME);
	assert_int_equal(got.slices[1].rolled, SLICE_SIZE);
	assert_int_equal(got.slices[2].rolled, SLICE_ORDER_CHANGE);
	assert_int_equal(got.slices[0].shared_loss + got.slices[1].shared_loss + got.slices[2].shared_loss, 3);
	assert_int_equal(got.slices[1].frames, 3);
	assert_int_equal(got.slices[2].frames, 1);
	assert_int_equal(got.slices[3].late_frames, 1);
	assert_int_equal(streams_check(STREAMS_CASE), 4);
}

/* What a card has missed of a slice's last time may be told when that is closed: it never says that there is nothing. */
static void
loss_is(size_t i, stamp_t from, stamp_t to)
{
	const struct slice_record *r = &got.slices[i];

	assert_int_equal(r->shared_loss, 1);
	assert_int_equal(r->loss_from - T0, from - T0);
	assert_int_equal(r->loss_to - T0, to - T0);
}

#define LATE (5 * STAMP_SECOND / 2)
#define AT (T0 + 10 * STAMP_SECOND)

static void
slices_that_fill_faster_than_losses_are_told_say_so(void **state)
{
	struct slicer *s;
	stamp_t from;
	uint32_t h;
	size_t i;

	(void)state;
	config.late = LATE;
	config.slice_bytes = 100 * 1024;
	s = start();
	h = begin(s, T0, "start-up");
	slicer_tick(s, AT);
	for (i = 0; i < 8; i++)
		put(s, h, AT + (stamp_t)i * STAMP_SECOND / 5, 90 * 1024);
	await_slices(s, AT + 2 * STAMP_SECOND, 4);
	assert_int_equal(slicer_stop(s, SLICE_STOP, AT + 10 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 8);
	for (i = 0; i < 4; i++) {
		from = got.slices[i].head.from;
		assert_int_equal(got.slices[i].rolled, SLICE_SIZE);
		loss_is(i, i == 0 ? AT - LATE : from, got.slices[i].head.to);
	}
	assert_int_equal(streams_check(STREAMS_CASE), 8);
}

static void
slice_that_is_closed_by_whatever_before_losses_are_told_says_so(void **state)
{
	const stamp_t end = T0 + INTERVAL, at = end + STAMP_SECOND / 5;
	unsigned way, n;
	struct slicer *s;
	uint32_t h;

	(void)state;
	/* A clock that is stepped, to within the order and behind its end; another order; an end; a stop. */
	for (way = 0; way < 5; way++) {
		assert_int_equal(tear_down(NULL), 0);
		assert_int_equal(set_up(NULL), 0);
		config.late = LATE;
		s = start();
		h = begin(s, T0, "start-up");
		slicer_tick(s, end - STAMP_SECOND);
		slicer_tick(s, at);
		n = way == 1 || way > 2 ? 2 : 3;
		if (way < 2)
			slicer_clock_step(s, at, way == 0 ? end + INTERVAL / 2 : order.not_after);
		order.revision = 2;
		if (way == 2)
			assert_int_equal(slicer_change(s, h, &order, at), 0);
		if (way == 3)
			assert_int_equal(slicer_end(s, h, SLICE_ORDER_END, at, "revoked"), 0);
		(void)slicer_stop(s, SLICE_STOP, way == 0 ? end + INTERVAL : at);
		assert_int_equal(got.slice_count, n);
		loss_is(0, end - LATE, end);
		loss_is(1, end, at);
	}
}

static void
slice_that_is_closed_when_all_its_losses_are_told_says_that_there_were_none(void **state)
{
	const stamp_t end = T0 + INTERVAL;
	struct slicer *s;
	uint32_t h;

	(void)state;
	config.late = LATE;
	s = start();
	h = begin(s, T0, "start-up");
	slicer_tick(s, end - STAMP_SECOND);
	slicer_tick(s, end);
	await_slices(s, end + LATE, 1);
	slicer_tick(s, end + 10 * STAMP_SECOND);
	slicer_tick(s, end + 10 * STAMP_SECOND + LATE);
	assert_int_equal(slicer_end(s, h, SLICE_ORDER_END, end + 10 * STAMP_SECOND, "revoked"), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, end + 20 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.slices[0].shared_loss, 0);
	assert_int_equal(got.slices[1].shared_loss, 0);
}

static void
new_revision_rolls_the_slice(void **state)
{
	struct slicer *s = start();
	uint32_t h = begin(s, T0, "start-up");

	put(s, h, T0 + STAMP_SECOND, 60);
	assert_int_equal(slicer_change(s, h, &order, T0 + 2 * STAMP_SECOND), 0);
	order.revision = 2;
	order.sha256[0] = 'f';
	order.not_after += STAMP_DAY;
	assert_int_equal(slicer_change(s, h, &order, T0 + 3 * STAMP_SECOND), 0);
	put(s, h, T0 + 4 * STAMP_SECOND, 60);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 5 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.slices[0].rolled, SLICE_ORDER_CHANGE);
	assert_int_equal(got.slices[0].head.revision, 1);
	assert_int_equal(got.slices[1].head.revision, 2);
	window_is(&got.slices[0].head, T0, T0 + 3 * STAMP_SECOND);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
extension_of_an_order_goes_on_where_it_would_have_ended(void **state)
{
	struct slicer *s = start();
	uint32_t h;

	order.not_after = T0 + INTERVAL / 2;
	h = begin(s, T0, "start-up");
	order.revision = 2;
	order.not_after = T0 + STAMP_DAY;
	assert_int_equal(slicer_change(s, h, &order, T0 + STAMP_SECOND), 0);
	slicer_tick(s, T0 + INTERVAL / 2);
	put(s, h, T0 + INTERVAL / 2, 60);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + INTERVAL / 2 + STAMP_SECOND), 0);
	assert_int_equal(got.slices[1].frames, 1);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
restart_in_the_same_interval_declares_the_time_between(void **state)
{
	struct slicer *s = start();

	(void)begin(s, T0, "start-up");
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 10 * STAMP_SECOND), 0);
	s = start();
	(void)begin(s, T0 + 30 * STAMP_SECOND, "down-time");
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 40 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.gap_count, 0);
	window_is(&got.slices[1].head, T0 + 10 * STAMP_SECOND, T0 + 40 * STAMP_SECOND);
	assert_int_equal(got.slices[1].gap_count, 1);
	assert_string_equal(got.slices[1].gaps[0].reason, "down-time");
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
restart_after_missed_intervals_declares_them_under_a_number(void **state)
{
	struct slicer *s = start();

	(void)begin(s, T0, "start-up");
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 10 * STAMP_SECOND), 0);
	s = start();
	(void)begin(s, T0 + 5 * INTERVAL + STAMP_SECOND, "down-time");
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 5 * INTERVAL + 2 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.gap_count, 1);
	window_is(&got.gaps[0].head, T0 + 10 * STAMP_SECOND, T0 + 5 * INTERVAL);
	assert_int_equal(got.gaps[0].head.seq, 2);
	assert_int_equal(got.slices[1].head.seq, 3);
	assert_int_equal(got.slices[1].gap_count, 1);
	assert_int_equal(streams_check(STREAMS_CASE), 3);
}

static void
order_that_comes_back_goes_on_with_its_stream(void **state)
{
	struct slicer *s = start();
	uint32_t h = begin(s, T0, "start-up");

	put(s, h, T0 + STAMP_SECOND, 60);
	assert_int_equal(slicer_end(s, h, SLICE_STOP, T0 + 2 * STAMP_SECOND, NULL), 0);
	h = begin(s, T0 + 3 * STAMP_SECOND, "order-missing");
	put(s, h, T0 + 4 * STAMP_SECOND, 60);
	assert_int_equal(slicer_end(s, h, SLICE_STOP, T0 + 5 * STAMP_SECOND, NULL), 0);
	await_slices(s, T0 + 5 * STAMP_SECOND, 2);
	h = begin(s, T0 + 6 * STAMP_SECOND, "order-missing");
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 7 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 3);
	assert_string_equal(got.slices[1].gaps[0].reason, "order-missing");
	assert_int_equal(streams_check(STREAMS_CASE), 3);
}

/* The same, told before; the stream waits for what comes late, and ticks go on. */
static void
stream_that_is_let_go_begins_no_further_slice_and_is_told_nothing_of_after(void **state)
{
	const struct access_event late = {.kind = ACCESS_SESSION_START, .time = T0 + INTERVAL - STAMP_SECOND};
	struct slicer *s = start();
	uint32_t h = begin(s, T0, "start-up");

	put(s, h, T0 + STAMP_SECOND, 60);
	slicer_let_go(s, h, T0 + INTERVAL - STAMP_SECOND);
	slicer_access(s, h, &late);
	slicer_tick(s, T0 + INTERVAL + STAMP_SECOND);
	assert_int_equal(slicer_end(s, h, SLICE_ORDER_END, T0 + INTERVAL - STAMP_SECOND, "revoked"), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + INTERVAL + STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 1);
	window_is(&got.slices[0].head, T0, T0 + INTERVAL - STAMP_SECOND);
	assert_false(got.slices[0].access.is_told);
	assert_int_equal(got.slices[0].gap_count, 0);
	assert_int_equal(streams_check(STREAMS_CASE), 1);
}

/* The end was told at T0 + INTERVAL - 1 s; by the time the ring was read the next slice had been opened. */
static void
fault_028_end_that_is_told_after_the_next_slice_was_opened_is_a_gap_in_the_last(void **state)
{
	struct slicer *s = start();
	uint32_t h = begin(s, T0, "start-up");

	put(s, h, T0 + STAMP_SECOND, 60);
	slicer_tick(s, T0 + INTERVAL);
	assert_int_equal(slicer_end(s, h, SLICE_ORDER_END, T0 + INTERVAL - STAMP_SECOND, NULL), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + INTERVAL + 1), 0);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.slices[0].gap_count, 1);
	assert_string_equal(got.slices[0].gaps[0].reason, "ended");
	assert_true(got.slices[0].gaps[0].from == T0 + INTERVAL - STAMP_SECOND);
	assert_true(got.slices[0].gaps[0].to == T0 + INTERVAL);
	window_is(&got.slices[1].head, T0 + INTERVAL, T0 + INTERVAL);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
link_down_is_a_gap_also_in_the_next_slice(void **state)
{
	struct slicer *s = start();

	(void)begin(s, T0, "start-up");
	slicer_gap(s, T0 + 50 * STAMP_SECOND, T0 + 70 * STAMP_SECOND, "link-down");
	slicer_tick(s, T0 + INTERVAL);
	slicer_shared_loss(s, T0 + INTERVAL + 1, T0 + INTERVAL + 2);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 2 * INTERVAL - 1), 0);
	assert_int_equal(got.slice_count, 2);
	assert_true(got.slices[0].gaps[0].from == T0 + 50 * STAMP_SECOND);
	assert_true(got.slices[0].gaps[0].to == T0 + INTERVAL);
	assert_true(got.slices[1].gaps[0].from == T0 + INTERVAL);
	assert_true(got.slices[1].gaps[0].to == T0 + 70 * STAMP_SECOND);
	assert_int_equal(got.slices[1].shared_loss, 1);
	assert_true(got.slices[1].loss_from == T0 + INTERVAL + 1);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
every_gap_that_crosses_a_boundary_is_also_in_the_next_slice(void **state)
{
	struct slicer *s = start();

	(void)begin(s, T0, "start-up");
	slicer_gap(s, T0 + 50 * STAMP_SECOND, T0 + 70 * STAMP_SECOND, "link-down");
	slicer_gap(s, T0 + 55 * STAMP_SECOND, T0 + 62 * STAMP_SECOND, "stalled");
	slicer_gap(s, T0 + 80 * STAMP_SECOND, T0 + 2 * INTERVAL + STAMP_SECOND, "link-down");
	for (stamp_t now = T0 + INTERVAL; now <= T0 + 2 * INTERVAL + 2 * STAMP_SECOND; now += STAMP_SECOND)
		slicer_tick(s, now);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 2 * INTERVAL + 2 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 3);
	assert_int_equal(got.slices[0].gap_count, 2);
	assert_int_equal(got.slices[1].gap_count, 3);
	assert_string_equal(got.slices[1].gaps[0].reason, "stalled");
	assert_true(got.slices[1].gaps[0].to == T0 + 62 * STAMP_SECOND);
	assert_string_equal(got.slices[1].gaps[1].reason, "link-down");
	assert_true(got.slices[1].gaps[1].to == T0 + 70 * STAMP_SECOND);
	assert_true(got.slices[1].gaps[2].from == T0 + 80 * STAMP_SECOND);
	assert_true(got.slices[1].gaps[2].to == T0 + 2 * INTERVAL);
	assert_int_equal(got.slices[2].gap_count, 1);
	assert_true(got.slices[2].gaps[0].to == T0 + 2 * INTERVAL + STAMP_SECOND);
	assert_int_equal(streams_check(STREAMS_CASE), 3);
}

static void
fault_128_stepped_clock_rolls_every_slice(void **state)
{
	struct slicer *s = start();
	uint32_t h = begin(s, T0, "start-up");

	put(s, h, T0 + STAMP_SECOND, 60);
	slicer_clock_step(s, T0 + 2 * STAMP_SECOND, T0 + 3 * INTERVAL + STAMP_SECOND);
	put(s, h, T0 + 3 * INTERVAL + 2 * STAMP_SECOND, 60);
	slicer_clock_step(s, T0 + 3 * INTERVAL + 3 * STAMP_SECOND, T0 + 2 * INTERVAL);
	put(s, h, T0 + 2 * INTERVAL + STAMP_SECOND, 60);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 2 * INTERVAL + 2 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 3);
	assert_int_equal(got.gap_count, 1);
	assert_string_equal(got.gaps[0].reason, "clock");
	assert_int_equal(got.slices[0].rolled, SLICE_CLOCK_STEP);
	assert_string_equal(got.slices[1].gaps[0].reason, "clock");
	window_is(&got.slices[2].head, T0 + 2 * INTERVAL, T0 + 2 * INTERVAL + 2 * STAMP_SECOND);
	assert_int_equal(got.slices[2].late_frames, 0);
}

static void
fault_128_clock_that_was_beyond_the_orders_end_and_is_back_costs_no_more_than_that(void **state)
{
	struct slicer *s;
	struct slicer_counts c;
	uint32_t h;
	unsigned i;

	order.not_after = T0 + INTERVAL;
	for (i = 0; i < 2; i++) {
		s = start();
		h = begin(s, T0 + (2 + 4 * i) * STAMP_SECOND, "start-up");
		put(s, h, T0 + (3 + 4 * i) * STAMP_SECOND, 60);
		slicer_clock_step(s, T0 + (3 + 4 * i) * STAMP_SECOND + 1000, T0 + STAMP_DAY);
		/* The case ended with it, and begins anew; or it was back before the keeper looked. */
		if (i == 0) {
			assert_int_equal(slicer_end(s, h, SLICE_STOP, T0 + STAMP_DAY, NULL), 0);
			h = begin(s, T0 + 4 * STAMP_SECOND, "clock");
		} else
			slicer_clock_step(s, T0 + STAMP_DAY, T0 + 8 * STAMP_SECOND);
		slicer_tick(s, T0 + (4 + 4 * i) * STAMP_SECOND);
		put(s, h, T0 + (5 + 4 * i) * STAMP_SECOND, 60);
		slicer_counts(s, &c);
		assert_int_equal(c.stored, 2);
		assert_int_equal(c.outside, 0);
		assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + (6 + 4 * i) * STAMP_SECOND), 0);
		window_is(&got.slices[got.slice_count - 1].head, T0 + (4 + 4 * i) * STAMP_SECOND,
		    T0 + (6 + 4 * i) * STAMP_SECOND);
		assert_int_equal(got.slices[got.slice_count - 1].late_frames, 0);
	}
}

static void
fault_128_last_slice_says_what_a_clock_set_beyond_the_orders_end_may_have_cost(void **state)
{
	const stamp_t at = T0 + 3 * STAMP_SECOND;
	struct slicer_counts c;
	struct slicer *s;
	uint32_t h;

	order.not_after = T0 + INTERVAL;
	s = start();
	h = begin(s, T0, "start-up");
	put(s, h, at - 2, 60);
	slicer_clock_step(s, at, T0 + STAMP_DAY);
	put(s, h, at - 1, 60); /* it was in the ring */
	slicer_counts(s, &c);
	assert_int_equal(c.lost_disk, 1);
	assert_int_equal(slicer_end(s, h, SLICE_ORDER_END, T0 + STAMP_DAY, "not_after"), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + STAMP_DAY), 0);
	assert_int_equal(got.slice_count, 1);
	assert_int_equal(got.slices[0].frames, 1);
	assert_true(got.slices[0].shared_loss);
	assert_true(got.slices[0].loss_from < at && got.slices[0].loss_to == at);
	/* Where a slice follows it says so, and this one has nothing to. */
	order.not_after = T0 + 2 * STAMP_DAY;
	s = start();
	h = begin(s, T0 + STAMP_DAY, "clock");
	slicer_clock_step(s, T0 + STAMP_DAY + STAMP_SECOND, T0 + STAMP_DAY + INTERVAL);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + STAMP_DAY + INTERVAL + STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 3);
	assert_false(got.slices[1].shared_loss);
}

static void
fault_133_second_that_comes_twice_is_a_slice_of_its_own(void **state)
{
	const stamp_t midnight = T0 + STAMP_DAY;
	struct slicer *s;
	uint32_t h;
	size_t i;

	order.not_after = midnight + STAMP_DAY;
	s = start();
	h = begin(s, midnight - INTERVAL, "start-up");
	put(s, h, midnight - STAMP_SECOND / 2, 60);
	slicer_clock_step(s, midnight, midnight - STAMP_SECOND);
	put(s, h, midnight - STAMP_SECOND / 2, 60);
	slicer_tick(s, midnight);
	put(s, h, midnight + STAMP_SECOND / 2, 60);
	assert_int_equal(slicer_stop(s, SLICE_STOP, midnight + STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 3);
	for (i = 0; i < got.slice_count; i++) {
		assert_int_equal(got.slices[i].frames, 1);
		assert_int_equal(got.slices[i].late_frames, 0);
	}
	assert_int_equal(got.slices[0].rolled, SLICE_CLOCK_STEP);
}

static void
fault_131_frame_of_2040_is_stored_and_one_behind_2106_has_no_stamp(void **state)
{
	const stamp_t t = INT64_C(2208988800) * STAMP_SECOND;
	struct slicer_counts c;
	struct slicer *s;
	uint32_t h;

	order.not_before = t;
	order.not_after = INT64_C(4300000000) * STAMP_SECOND;
	s = start();
	h = begin(s, t, "start-up");
	put(s, h, t + STAMP_SECOND, 60);
	put(s, h, (INT64_C(1) << 32) * STAMP_SECOND, 60);
	slicer_counts(s, &c);
	assert_int_equal(c.stored, 1);
	assert_int_equal(c.outside, 1);
	assert_int_equal(slicer_stop(s, SLICE_STOP, t + 2 * STAMP_SECOND), 0);
	assert_int_equal(got.slices[0].first_frame, t + STAMP_SECOND);
}

static void
fault_132_reader_that_slept_has_not_captured(void **state)
{
	struct slicer *s = start();

	(void)begin(s, T0, "start-up");
	slicer_tick(s, T0 + STAMP_SECOND);
	slicer_tick(s, T0 + 4 * INTERVAL + STAMP_SECOND);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 4 * INTERVAL + 2 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.gap_count, 1);
	assert_string_equal(got.gaps[0].reason, "stalled");
	assert_true(got.slices[0].gaps[0].from == T0 + STAMP_SECOND);
	assert_true(got.slices[1].gaps[0].to == T0 + 4 * INTERVAL + STAMP_SECOND);
	assert_int_equal(streams_check(STREAMS_CASE), 3);
}

static void
fault_132_who_slept_over_the_orders_end_stores_what_the_rings_held_all_the_same(void **state)
{
	struct slicer_counts c;
	struct slicer *s;
	uint32_t h;

	order.not_after = T0 + INTERVAL;
	s = start();
	h = begin(s, T0, "start-up");
	slicer_tick(s, T0 + 2 * STAMP_SECOND);
	slicer_tick(s, T0 + 4 * INTERVAL);
	put(s, h, T0 + STAMP_SECOND, 60);
	slicer_counts(s, &c);
	assert_int_equal(c.stored, 1);
	assert_int_equal(slicer_end(s, h, SLICE_ORDER_END, T0 + INTERVAL, "not_after"), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 4 * INTERVAL), 0);
	assert_int_equal(got.slice_count, 1);
	assert_int_equal(got.slices[0].frames, 1);
	window_is(&got.slices[0].head, T0, T0 + INTERVAL);
	assert_string_equal(got.slices[0].gaps[0].reason, "stalled");
	assert_true(got.slices[0].gaps[0].to == T0 + INTERVAL);
}

static void
fault_053_frame_from_a_wild_clock_is_kept_and_flagged(void **state)
{
	struct slicer *s = start();
	uint32_t h;

	order.not_after = T0 + 300 * STAMP_DAY;
	h = begin(s, T0 + 2 * INTERVAL, "start-up");
	put(s, h, T0 + STAMP_SECOND, 60);
	put(s, h, T0 + 200 * STAMP_DAY, 60);
	put(s, h, T0 + 2 * INTERVAL + STAMP_SECOND, 60);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 2 * INTERVAL + 2 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 1);
	assert_int_equal(got.slices[0].frames, 3);
	assert_int_equal(got.slices[0].late_frames, 2);
	window_is(&got.slices[0].head, T0 + 2 * INTERVAL, T0 + 2 * INTERVAL + 2 * STAMP_SECOND);
}

static void
file_slices_lie_between_its_frames_and_the_rest_is_not_in_source(void **state)
{
	struct slicer *s;
	struct spool *sp;
	uint32_t h;

	config.from_file = 1;
	s = start();
	h = begin(s, STAMP_NONE, "start-up");
	put(s, h, T0 + INTERVAL + STAMP_SECOND, 60);
	slicer_tick(s, T0 + 100 * STAMP_DAY);
	put(s, h, T0 + 4 * INTERVAL + STAMP_SECOND, 60);
	slicer_source(s, "mon\xc3\xa4y.pcap", STREAMS_HEX);
	assert_int_equal(slicer_end(s, h, SLICE_SOURCE_END, STAMP_NONE, "source-end"), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 100 * STAMP_DAY), 0);
	assert_int_equal(got.slice_count, 4);
	assert_int_equal(got.gap_count, 2);
	assert_string_equal(got.gaps[0].reason, "not-in-source");
	window_is(&got.gaps[0].head, T0, T0 + INTERVAL + STAMP_SECOND);
	window_is(&got.slices[0].head, T0 + INTERVAL + STAMP_SECOND, T0 + 2 * INTERVAL);
	window_is(&got.slices[3].head, T0 + 4 * INTERVAL, T0 + 4 * INTERVAL + STAMP_SECOND + 1);
	window_is(&got.gaps[1].head, T0 + 4 * INTERVAL + STAMP_SECOND + 1, order.not_after);
	assert_string_equal(got.slices[3].source_name, "mon??y.pcap");
	assert_string_equal(got.slices[2].source_name, "");
	sp = spool_open(streams_statefd, STREAMS_CASE, STREAMS_IAP, SPOOL_FILE, 1);
	assert_string_equal(spool_end(sp)->reason, "source-end");
	spool_close(sp);
	assert_int_equal(streams_check(STREAMS_CASE), 6);
	/* All time is accounted for: nothing can be told of it twice. */
	s = start();
	scratch_listen();
	assert_int_equal(slicer_begin(s, &order, STAMP_NONE, "start-up", &h), -1);
	assert_int_equal(errno, EALREADY);
	scratch_heard();
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0), 0);
}

static void
file_without_a_frame_of_the_subject_is_silence_as_far_as_it_reaches(void **state)
{
	struct slicer *s;
	uint32_t h;

	config.from_file = 1;
	s = start();
	h = begin(s, T0 + STAMP_SECOND, "start-up");
	assert_int_equal(slicer_end(s, h, SLICE_SOURCE_END, T0 + 2 * INTERVAL + 1, "source-end"), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0), 0);
	assert_int_equal(got.slice_count, 3);
	assert_int_equal(got.gap_count, 2);
	window_is(&got.slices[2].head, T0 + 2 * INTERVAL, T0 + 2 * INTERVAL + 1);
	assert_int_equal(streams_check(STREAMS_CASE), 5);
}

static void
hole_of_a_thousand_intervals_in_a_file_is_one_gap(void **state)
{
	struct slicer *s;
	uint32_t h;

	config.from_file = 1;
	order.not_after = T0 + 300 * STAMP_DAY;
	s = start();
	h = begin(s, STAMP_NONE, "start-up");
	put(s, h, T0, 60);
	put(s, h, T0 + 100 * STAMP_DAY + STAMP_SECOND, 60);
	assert_int_equal(slicer_end(s, h, SLICE_SOURCE_END, STAMP_NONE, "source-end"), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0), 0);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.gap_count, 2);
	window_is(&got.gaps[0].head, T0 + INTERVAL, T0 + 100 * STAMP_DAY);
	assert_int_equal(streams_check(STREAMS_CASE), 4);
}

static void
file_run_again_after_an_interruption_stores_no_frame_twice(void **state)
{
	struct slicer *s;
	uint64_t frames = 0;
	uint32_t h;
	int i, run;

	config.from_file = 1;
	for (run = 0; run < 2; run++) {
		s = start();
		h = begin(s, STAMP_NONE, "start-up");
		for (i = 0; i < (run == 0 ? 50 : 100); i++)
			put(s, h, T0 + i * STAMP_SECOND, 60);
		if (run == 1)
			assert_int_equal(slicer_end(s, h, SLICE_SOURCE_END, STAMP_NONE, "source-end"), 0);
		assert_int_equal(slicer_stop(s, SLICE_STOP, T0), 0);
	}
	for (i = 0; i < (int)got.slice_count; i++)
		frames += got.slices[i].frames;
	assert_int_equal(frames, 100);
	/* What was passed over is what the first run has: nothing is in doubt. */
	for (i = 0; i < (int)got.slice_count; i++)
		assert_int_equal(got.slices[i].shared_loss, 0);
	(void)streams_check(STREAMS_CASE);
}

static void
file_run_again_declares_what_it_may_not_have_stored(void **state)
{
	static const stamp_t order_of_frames[] = {1, 3, 5, 5, 4, 9};
	struct slicer_counts c;
	struct slicer *s;
	uint32_t h;
	int i, run;

	/* The first run ends behind the first 5: the second 5 and the 4 can not be told from what it stored. */
	config.from_file = 1;
	for (run = 0; run < 2; run++) {
		s = start();
		h = begin(s, STAMP_NONE, "start-up");
		for (i = 0; i < (run == 0 ? 3 : 6); i++)
			put(s, h, T0 + order_of_frames[i] * STAMP_SECOND, 60);
		slicer_counts(s, &c);
		if (run == 1)
			assert_int_equal(slicer_end(s, h, SLICE_SOURCE_END, STAMP_NONE, "source-end"), 0);
		assert_int_equal(slicer_stop(s, SLICE_STOP, T0), 0);
	}
	assert_int_equal(c.outside, 5);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.slices[0].frames, 3);
	assert_int_equal(got.slices[1].frames, 1);
	assert_int_equal(got.slices[1].shared_loss, 1);
	assert_true(got.slices[1].loss_from == T0 + 4 * STAMP_SECOND);
	assert_true(got.slices[1].loss_to == T0 + 5 * STAMP_SECOND + 1);
	(void)streams_check(STREAMS_CASE);
}

static void
file_waits_for_a_small_pool_and_loses_nothing(void **state)
{
	struct slicer_counts c;
	struct slicer *s;
	uint32_t h[8];
	uint32_t i;

	config.from_file = 1;
	config.pool_bytes = 65536;
	s = start();
	for (i = 0; i < 8; i++) {
		(void)snprintf(order.case_id, sizeof(order.case_id), "case-%u", (unsigned)i);
		h[i] = begin(s, STAMP_NONE, "start-up");
	}
	for (i = 0; i < 8000; i++)
		put(s, h[i % 8], T0 + (stamp_t)i * 1000, 1000);
	slicer_counts(s, &c);
	assert_int_equal(c.stored, 8000);
	assert_int_equal(c.lost_pool + c.lost_quota + c.lost_disk, 0);
	assert_true(c.pool_peak <= 65536);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0), 0);
	for (i = 0; i < 8; i++)
		assert_int_equal(got.slices[i].frames, 1000);
}

static void
fault_127_stalled_disk_costs_counted_frames_and_never_blocks_the_reader(void **state)
{
	struct slicer_counts c;
	struct slicer *s;
	uint64_t stored = 0;
	uint32_t h;
	size_t i;

	config.pool_bytes = 1024 * 1024;
	s = start();
	h = begin(s, T0, "start-up");
	put(s, h, T0, 1000);
	slicer_tick(s, T0);
	steps_hold = 1;
	for (i = 0; i < 3000; i++)
		put(s, h, T0 + (stamp_t)i * 1000000, 1000);
	slicer_counts(s, &c);
	assert_true(c.lost_pool > 0);
	assert_true(c.stored > 900);
	assert_int_equal(c.stored + c.lost_pool, 3001);
	assert_true(c.pool_peak <= 1024 * 1024);
	steps_hold = 0;
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + INTERVAL - 1), 0);
	for (i = 0; i < got.slice_count; i++)
		stored += got.slices[i].frames;
	assert_int_equal(stored, c.stored);
	assert_int_equal(got.slices[got.slice_count - 1].shared_loss, 1);
	assert_int_equal(got.slices[0].lost_disk, 0);
	(void)streams_check(STREAMS_CASE);
}

static void
one_case_can_not_starve_another_of_the_pool(void **state)
{
	struct slicer_counts c;
	struct slicer *s;
	uint32_t greedy, other;
	size_t i;

	config.pool_bytes = 1024 * 1024;
	s = start();
	greedy = begin(s, T0, "start-up");
	strcpy(order.case_id, "other");
	other = begin(s, T0, "start-up");
	steps_hold = 1;
	for (i = 0; i < 3000; i++)
		put(s, greedy, T0 + (stamp_t)i * 1000, 100);
	for (i = 0; i < 30000; i++)
		put(s, greedy, T0 + (stamp_t)i * 1000, 1000);
	for (i = 0; i < 100; i++)
		put(s, other, T0 + (stamp_t)i * 1000, 1000);
	slicer_counts(s, &c);
	assert_true(c.lost_quota > 0);
	assert_int_equal(c.lost_pool, 0);
	steps_hold = 0;
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + STAMP_SECOND), 0);
	for (i = 0; i < got.slice_count; i++)
		if (strcmp(got.slices[i].head.case_id, "other") == 0) {
			assert_int_equal(got.slices[i].frames, 100);
			assert_int_equal(got.slices[i].lost_quota, 0);
			assert_int_equal(got.slices[i].shared_loss, 0);
		} else
			assert_int_equal(got.slices[i].lost_quota, c.lost_quota);
}

/* A limit on the size of files is what any user can make a full disk of. */
static void
limited_work(void *cookie)
{
	const struct rlimit limit = {20000, 20000};
	struct slicer *s;
	uint32_t h, i;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
		_exit(1);
	s = slicer_new(&config, NULL, NULL);
	if (s == NULL || slicer_begin(s, &order, T0, "start-up", &h) == -1)
		_exit(1);
	for (i = 0; i < 50; i++) {
		put(s, h, T0 + i * STAMP_SECOND, 1000);
		slicer_tick(s, T0 + i * STAMP_SECOND);
	}
	if (slicer_stop(s, SLICE_STOP, T0 + 50 * STAMP_SECOND) == -1)
		_exit(1);
}

static void
fault_135_end_of_a_file_that_was_not_said_is_said_by_the_next_run(void **state)
{
	struct slicer *s;
	struct spool *spool;
	uint32_t h;

	config.from_file = 1;
	order.not_after = T0 + INTERVAL;
	s = start();
	h = begin(s, T0, "");
	put(s, h, T0, 60);
	/* As if killed before the last step: all is accounted for, but the stream has no end. */
	assert_int_equal(slicer_end(s, h, SLICE_SOURCE_END, T0 + INTERVAL, NULL), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, STAMP_NONE), 0);
	s = start();
	assert_int_equal(slicer_begin(s, &order, T0, "", &h), -1);
	assert_int_equal(errno, EALREADY);
	assert_int_equal(slicer_stop(s, SLICE_STOP, STAMP_NONE), 0);
	spool = spool_open(streams_statefd, STREAMS_CASE, STREAMS_IAP, SPOOL_FILE, 0);
	assert_non_null(spool);
	assert_string_equal(spool_end(spool)->reason, "source-end");
	spool_close(spool);
}

static void
fault_138_frames_of_a_file_that_memory_had_no_room_for_are_no_success(void **state)
{
	struct slicer_counts c;
	struct slicer *s;
	uint32_t h;

	config.from_file = 1;
	config.pool_bytes = 65536;
	s = start();
	h = begin(s, T0, "");
	put(s, h, T0, 60);
	put(s, h, T0 + 1, 70000); /* longer than all there is */
	slicer_counts(s, &c);
	assert_int_equal(c.lost_pool, 1);
	assert_int_equal(slicer_end(s, h, SLICE_SOURCE_END, T0 + 2, "source-end"), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, STAMP_NONE), -1);
	assert_int_equal(got.slices[0].frames, 1);
	assert_int_equal(got.slices[0].shared_loss, 1);
}

static void
fault_111_frames_of_a_file_that_the_disk_did_not_take_are_no_success(void **state)
{
	struct slicer *s;
	uint32_t h;

	config.from_file = 1;
	s = start();
	h = begin(s, T0, "");
	steps_write_error = ENOSPC;
	put(s, h, T0, 60);
	slicer_tick(s, T0);
	(void)usleep(200000);
	slicer_tick(s, T0 + STAMP_SECOND);
	(void)usleep(200000);
	steps_write_error = 0;
	assert_int_equal(slicer_end(s, h, SLICE_SOURCE_END, T0 + 1, "source-end"), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, STAMP_NONE), -1);
	assert_int_equal(got.slices[0].lost_disk, 1);
}

static void
however_many_flood_there_is_room_for_one_more(void **state)
{
	uint32_t greedy[2], other;
	struct slicer_counts c;
	struct slicer *s;
	size_t i;

	config.pool_bytes = 1024 * 1024;
	s = start();
	greedy[0] = begin(s, T0, "start-up");
	strcpy(order.case_id, "second");
	greedy[1] = begin(s, T0, "start-up");
	strcpy(order.case_id, "other");
	other = begin(s, T0, "start-up");
	steps_hold = 1;
	for (i = 0; i < 4000; i++)
		put(s, greedy[i / 2000], T0 + (stamp_t)i * 1000, 1000);
	for (i = 0; i < 100; i++)
		put(s, other, T0 + (stamp_t)i * 1000, 1000);
	slicer_counts(s, &c);
	assert_true(c.lost_quota > 0);
	assert_int_equal(c.lost_pool, 0);
	assert_int_equal(c.stored + c.lost_quota, 4100);
	steps_hold = 0;
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + STAMP_SECOND), 0);
	for (i = 0; i < got.slice_count; i++) {
		if (strcmp(got.slices[i].head.case_id, "other") == 0)
			assert_int_equal(got.slices[i].frames, 100);
		else
			assert_true(got.slices[i].lost_quota > 0);
	}
}

/* How much memory this process has, in bytes. */
static size_t
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long size, pages = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &size, &pages), 2);
	assert_int_equal(fclose(f), 0);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

#define CASES 1000
#define BUSY 100
#define A_CASE \
	((size_t)48 * 1024) /* its slice, the next one, their records, and the stream's state with both drafts */

static void
memory_is_the_pool_and_a_little_a_case(void **state)
{
	struct rlimit files;
	uint32_t handles[CASES];
	size_t i, k, before, most = 0;
	struct slicer *s;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
#ifdef CASETAP_SANITIZED
	skip(); /* its memory is not the program's */
#endif
	if (files.rlim_max < 4 * CASES)
		skip();
	steps_skip_sync = 1;
	config.pool_bytes = 16 * 1024 * 1024;
	before = resident();
	s = start();
	for (i = 0; i < CASES; i++) {
		(void)snprintf(order.case_id, sizeof(order.case_id), "LI-%zu", i);
		handles[i] = begin(s, T0, "start-up");
	}
	/* A disk that does not keep up: the pool fills, and the boundary of a slice comes by. */
	for (k = 0; k < 300; k++) {
		for (i = 0; i < BUSY; i++)
			put(s, handles[i], T0 + (stamp_t)(k * 100 + i) * (STAMP_SECOND / 400), 1400);
		if (k % 4 == 0)
			slicer_tick(s, T0 + (stamp_t)k * (STAMP_SECOND / 4));
		most = resident() > most ? resident() : most;
	}
	print_message("%zu cases, %d busy: %zu KiB, of these the pool %zu\n", (size_t)CASES, BUSY,
	    (most - before) / 1024, (size_t)config.pool_bytes / 1024);
	assert_true(most - before < config.pool_bytes + CASES * A_CASE);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 90 * STAMP_SECOND), 0);
}

static void
fault_111_disk_that_is_full_for_long_is_one_gap_and_bounded_memory(void **state)
{
	struct slicer_counts c;
	struct slicer *s = start();
	uint32_t h = begin(s, T0, "start-up");
	stamp_t now = T0;
	size_t i, tries;
	uint64_t stored = 0, lost = 0;

	steps_write_error = ENOSPC;
	for (tries = 0; tries < 1000 && got.troubles == 0; tries++) {
		slicer_tick(s, now);
		(void)usleep(5000);
	}
	assert_int_equal(got.error, ENOSPC);
	for (i = 0; i < 2400; i++) {
		put(s, h, now, 60);
		now += 5 * STAMP_SECOND;
		slicer_tick(s, now);
	}
	/* The writer comes after. */
	for (tries = 0; tries < 1000 && (tries == 0 || c.stored > 0); tries++) {
		slicer_tick(s, now);
		slicer_counts(s, &c);
		(void)usleep(5000);
	}
	assert_int_equal(c.stored, 0);
	assert_int_equal(c.outside, 0);
	steps_write_error = 0;
	for (tries = 0; tries < 1000 && got.gap_count == 0; tries++) {
		slicer_tick(s, now);
		(void)usleep(5000);
	}
	assert_int_equal(got.gap_count, 1);
	assert_string_equal(got.gaps[0].reason, "disk-full");
	put(s, h, now, 60);
	slicer_counts(s, &c);
	assert_int_equal(c.stored + c.lost_disk + c.lost_pool + c.lost_quota, 2401);
	assert_int_equal(c.stored, 1);
	assert_int_equal(slicer_stop(s, SLICE_STOP, now + STAMP_SECOND), 0);
	/* So many waited for the disk, of the two hundred intervals; the rest is the gap. */
	assert_in_range(got.slice_count, 10, 25);
	for (i = 0; i < got.slice_count; i++) {
		stored += got.slices[i].frames;
		lost += got.slices[i].lost_disk;
	}
	assert_int_equal(stored, 1);
	assert_in_range(lost, 1, 25 * 12);
	assert_int_equal(streams_check(STREAMS_CASE), got.slice_count + 1);
}

static void
fault_111_real_limit_keeps_whole_records_only(void **state)
{
	struct slice_record r;
	struct buf text = BUF_INIT;
	struct spool *sp;

	assert_int_equal(steps_run(-1, limited_work, NULL), 1);
	assert_int_equal(streams_check(STREAMS_CASE), 1);
	sp = streams_open();
	assert_int_equal(spool_load_record(sp, 1, &text), 0);
	assert_int_equal(slice_record_parse(text.data, text.len, &r), 0);
	assert_true(r.file_bytes <= 20000);
	assert_int_equal(r.frames + r.lost_disk, 50);
	assert_true(r.lost_disk > 0);
	assert_string_equal(r.gaps[r.gap_count - 1].reason, "disk-full");
	assert_true(r.gaps[r.gap_count - 1].to == T0 + 50 * STAMP_SECOND);
	buf_free(&text);
	spool_close(sp);
}

static void
fault_111_full_disk_is_a_gap_and_the_case_goes_on_by_itself(void **state)
{
	struct slicer_counts c;
	struct slicer *s = start();
	struct slice_record *r;
	uint32_t h = begin(s, T0, "start-up");
	int tries, i;

	put(s, h, T0 + STAMP_SECOND, 1000);
	slicer_tick(s, T0 + STAMP_SECOND);
	(void)usleep(100000);
	steps_write_room = 3000; /* not on a boundary of records: what is torn is taken back */
	steps_write_error = ENOSPC;
	for (i = 0; i < 10; i++)
		put(s, h, T0 + 2 * STAMP_SECOND, 1000);
	slicer_tick(s, T0 + 2 * STAMP_SECOND);
	for (tries = 0; tries < 1000 && got.troubles == 0; tries++) {
		(void)usleep(5000);
		slicer_tick(s, T0 + 3 * STAMP_SECOND);
	}
	assert_int_equal(got.error, ENOSPC);
	steps_write_error = 0;
	for (i = 0; i < 40; i++) {
		put(s, h, T0 + (4 + i) * STAMP_SECOND, 1000);
		slicer_tick(s, T0 + (4 + i) * STAMP_SECOND);
		(void)usleep(50000);
	}
	slicer_counts(s, &c);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 50 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 1);
	r = &got.slices[0];
	assert_true(r->lost_disk >= 10);
	assert_true(r->lost_disk < 50);
	assert_int_equal(r->frames + r->lost_disk, 51);
	assert_int_equal(r->gap_count, 1);
	assert_string_equal(r->gaps[0].reason, "disk-full");
	assert_true(r->gaps[0].from == T0 + 2 * STAMP_SECOND);
	assert_true(r->gaps[0].to > T0 + 3 * STAMP_SECOND);
	assert_int_equal(r->state, SLICE_CLOSED);
	assert_int_equal(streams_check(STREAMS_CASE), 1);
}

static void
fault_111_disk_full_from_the_start_gives_its_numbers_later(void **state)
{
	struct slicer *s = start();
	uint32_t h;
	int tries;

	h = begin(s, T0, "start-up");
	(void)usleep(100000);
	steps_write_error = ENOSPC;
	slicer_tick(s, T0 + INTERVAL);
	put(s, h, T0 + INTERVAL + STAMP_SECOND, 60);
	slicer_tick(s, T0 + INTERVAL + 2 * STAMP_SECOND);
	slicer_tick(s, T0 + 2 * INTERVAL);
	slicer_tick(s, T0 + 2 * INTERVAL + STAMP_SECOND);
	for (tries = 0; tries < 1000 && got.troubles == 0; tries++) {
		(void)usleep(5000);
		slicer_tick(s, T0 + 2 * INTERVAL + STAMP_SECOND);
	}
	assert_true(got.troubles > 0);
	assert_int_equal(got.slice_count, 0);
	steps_write_error = 0;
	await_slices(s, T0 + 2 * INTERVAL + STAMP_SECOND, 2);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 2 * INTERVAL + 2 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 3);
	assert_int_equal(got.slices[1].lost_disk, 1);
	assert_int_equal(got.slices[1].frames, 0);
	assert_string_equal(got.slices[1].gaps[0].reason, "disk-full");
	assert_int_equal(streams_check(STREAMS_CASE), 3);
}

static void
fault_115_failed_sync_is_never_trusted_again(void **state)
{
	struct slicer *s = start();
	uint32_t h = begin(s, T0, "start-up");
	int tries;

	put(s, h, T0 + STAMP_SECOND, 60);
	steps_fsync_error = EIO;
	for (tries = 0; tries < 1000 && got.slice_count == 0; tries++) {
		slicer_tick(s, T0 + 2 * STAMP_SECOND);
		(void)usleep(5000);
	}
	assert_int_equal(got.slice_count, 1);
	assert_int_equal(got.slices[0].state, SLICE_SUSPECT);
	assert_int_equal(got.slices[0].rolled, SLICE_FSYNC_FAILED);
	put(s, h, T0 + 3 * STAMP_SECOND, 60);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 4 * STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 2);
	assert_int_equal(got.slices[1].state, SLICE_CLOSED);
	assert_int_equal(got.slices[0].frames + got.slices[1].frames, 2);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
fault_115_sync_that_fails_at_the_orders_end_costs_no_frame_of_before(void **state)
{
	struct slicer *s;
	struct slicer_counts c;
	uint32_t h;
	unsigned tries;

	order.not_after = T0 + 2 * STAMP_SECOND;
	s = start();
	h = begin(s, T0, "start-up");
	put(s, h, T0 + STAMP_SECOND, 60);
	steps_fsync_error = EIO;
	/* Seen to behind the end: what a ring held of before comes later still. */
	for (tries = 0; tries < 1000 && steps_fsync_error != 0; tries++) {
		slicer_tick(s, order.not_after);
		(void)usleep(5000);
	}
	slicer_tick(s, order.not_after);
	put(s, h, order.not_after - 1000, 60);
	slicer_counts(s, &c);
	assert_int_equal(c.stored, 2);
	assert_int_equal(c.outside, 0);
	assert_int_equal(slicer_end(s, h, SLICE_ORDER_END, order.not_after, "not_after"), 0);
	assert_int_equal(slicer_stop(s, SLICE_STOP, order.not_after), 0);
	assert_int_equal(got.slice_count, 1);
	assert_int_equal(got.slices[0].frames, 2);
	assert_int_equal(got.slices[0].state, SLICE_SUSPECT);
}

/* In a child: a frame is written, its sync fails, and the process dies before the slice is published. */
static void
die_behind_a_failed_sync(void)
{
	struct slicer *s = start();
	uint32_t h = begin(s, T0, "start-up");
	struct spool *spool;
	int tries, is_told = 0;

	put(s, h, T0 + STAMP_SECOND, 60);
	steps_fsync_error = EIO;
	slicer_tick(s, T0 + 2 * STAMP_SECOND);
	for (tries = 0; tries < 1000 && !is_told; tries++) {
		(void)usleep(5000);
		spool = streams_open();
		is_told = spool_open_count(spool) == 1 && spool_open_draft(spool, 0)->state == SLICE_SUSPECT;
		spool_close(spool);
	}
	_exit(is_told ? STEPS_KILLED : 0);
}

static void
on_recovered(void *cookie, const char *case_id, uint64_t seq, const char *what)
{
	*(int *)cookie += strcmp(what, "recovered") == 0 && seq == 1 && strcmp(case_id, STREAMS_CASE) == 0;
}

static void
fault_115_failed_sync_is_not_forgotten_over_a_crash(void **state)
{
	const struct recover_config again = {streams_statefd, STREAMS_IAP, T0 + INTERVAL, NULL, 0};
	struct slice_record r;
	struct spool *spool;
	struct buf text = BUF_INIT;
	int status, recovered = 0;
	pid_t pid = fork();

	if (pid == 0)
		die_behind_a_failed_sync();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == STEPS_KILLED);
	assert_int_equal(recover_iap(&again, on_recovered, &recovered), 0);
	assert_int_equal(recovered, 1);
	assert_int_equal(streams_check(STREAMS_CASE), 1);
	spool = streams_open();
	assert_int_equal(spool_load_record(spool, 1, &text), 0);
	assert_int_equal(slice_record_parse(text.data, text.len, &r), 0);
	assert_int_equal(r.state, SLICE_RECOVERED);
	assert_int_equal(r.rolled, SLICE_FSYNC_FAILED);
	assert_true(slice_is_suspect(&r));
	assert_int_equal(r.frames, 1);
	slice_record_clear(&r);
	buf_free(&text);
	spool_close(spool);
}

static void
failed_sync_at_the_close_makes_the_slice_suspect(void **state)
{
	struct slicer *s = start();
	uint32_t h = begin(s, T0, "start-up");

	put(s, h, T0 + STAMP_SECOND, 60);
	steps_fsync_error = EIO;
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 4 * STAMP_SECOND), 0);
	assert_int_equal(got.slices[0].state, SLICE_SUSPECT);
	assert_int_equal(streams_check(STREAMS_CASE), 1);
}

static void
stream_that_was_not_put_in_order_is_refused(void **state)
{
	struct spool *sp = streams_open();
	struct slice_record r;
	struct slicer *s;
	uint32_t h;
	int fd;

	streams_draft(&r, T0, T0 + INTERVAL);
	assert_int_equal(spool_take(sp, &r, &fd), 0);
	(void)close(fd);
	spool_close(sp);
	s = start();
	scratch_listen();
	assert_int_equal(slicer_begin(s, &order, T0, "start-up", &h), -1);
	slicer_say_refusal(s, &order, errno);
	assert_int_equal(errno, EBADMSG);
	scratch_heard();
	scratch_expect(STREAMS_CASE);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0), 0);
}

static void
stream_that_is_being_put_in_order_is_waited_for_as_one_that_was_not(void **state)
{
	struct spool *mender = streams_open();
	struct slicer *s = start();
	uint32_t h;

	assert_int_equal(spool_claim(mender), 0);
	assert_int_equal(slicer_begin(s, &order, T0, "start-up", &h), -1);
	assert_int_equal(errno, EBADMSG);
	spool_close(mender);
	h = begin(s, T0 + STAMP_SECOND, "start-up");
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 2 * STAMP_SECOND), 0);
	assert_int_equal(got.slices[0].gaps[0].to, T0 + STAMP_SECOND);
}

static void
clock_that_went_back_a_little_between_runs_keeps_windows_touching(void **state)
{
	struct slicer *s = start();
	uint32_t h;

	(void)begin(s, T0, "start-up");
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 30 * STAMP_SECOND), 0);
	s = start();
	h = begin(s, T0 + 20 * STAMP_SECOND, "down-time");
	put(s, h, T0 + 25 * STAMP_SECOND, 60);
	put(s, h, T0 + 35 * STAMP_SECOND, 60);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 40 * STAMP_SECOND), 0);
	window_is(&got.slices[1].head, T0 + 30 * STAMP_SECOND, T0 + 40 * STAMP_SECOND);
	assert_int_equal(got.slices[1].frames, 2);
	assert_int_equal(got.slices[1].late_frames, 1);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
fault_131_wild_clock_of_an_earlier_run_stops_no_roll(void **state)
{
	struct slicer *s;

	order.not_after = T0 + 300 * STAMP_DAY;
	s = start();
	(void)begin(s, T0 + 200 * STAMP_DAY, "late-start");
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 200 * STAMP_DAY + 1), 0);
	s = start();
	(void)begin(s, T0 + STAMP_DAY, "down-time");
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + STAMP_DAY + STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 2);
	window_is(&got.slices[1].head, T0 + STAMP_DAY, T0 + STAMP_DAY + STAMP_SECOND);
}

/* Stores until the disk is full, makes room, stores again; in a namespace of its own, gone with the process. */
static void
small_disk_work(void *cookie)
{
	static const char filler[600 * 1024];
	struct slicer *s;
	uint32_t h, i;

	if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", scratch_path("state"), "tmpfs", 0, "size=1m") == -1)
		_exit(STEPS_KILLED); /* not allowed here */
	config.statefd = streams_statefd = open(scratch_path("state"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fsio_put(streams_statefd, "filler", filler, sizeof(filler), 0600) == -1)
		_exit(1);
	s = slicer_new(&config, on_event, NULL);
	if (s == NULL || slicer_begin(s, &order, T0, "start-up", &h) == -1)
		_exit(1);
	for (i = 0; i < 2000 && got.troubles == 0; i++) {
		put(s, h, T0 + i * 10000000, 1000);
		slicer_tick(s, T0 + i * 10000000);
		(void)usleep(1000);
	}
	if (got.error != ENOSPC || unlinkat(streams_statefd, "filler", 0) == -1)
		_exit(1);
	for (i = 0; i < 100; i++) {
		put(s, h, T0 + 30 * STAMP_SECOND + i * 10000000, 1000);
		slicer_tick(s, T0 + 30 * STAMP_SECOND + i * 10000000);
		(void)usleep(20000);
	}
	if (slicer_stop(s, SLICE_STOP, T0 + 50 * STAMP_SECOND) == -1 || got.slice_count != 1 ||
	    got.slices[0].lost_disk == 0 || got.slices[0].last_frame < T0 + 30 * STAMP_SECOND ||
	    strcmp(got.slices[0].gaps[0].reason, "disk-full") != 0 || streams_check(STREAMS_CASE) != 1)
		_exit(1);
}

static void
fault_111_small_disk_fills_and_goes_on_when_there_is_room(void **state)
{
	if (!steps_run(-1, small_disk_work, NULL))
		skip();
}

static void
many_cases_are_kept_apart(void **state)
{
	struct slicer *s = start();
	uint32_t h[20], i, k;

	for (i = 0; i < 20; i++) {
		(void)snprintf(order.case_id, sizeof(order.case_id), "case-%02u", (unsigned)i);
		h[i] = begin(s, T0, "start-up");
	}
	for (i = 0; i < 20; i++)
		for (k = 0; k <= i; k++)
			put(s, h[i], T0 + k * 1000, 60 + i);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + STAMP_SECOND), 0);
	assert_int_equal(got.slice_count, 20);
	for (i = 0; i < 20; i++) {
		k = (uint32_t)strtoul(got.slices[i].head.case_id + 5, NULL, 10);
		assert_int_equal(got.slices[i].frames, k + 1);
		assert_int_equal(got.slices[i].bytes, (k + 1) * (60 + k));
		assert_int_equal(streams_check(got.slices[i].head.case_id), 1);
	}
}

static void
stream_bound_to_live_takes_no_file(void **state)
{
	struct slicer *s = start();
	uint32_t h;

	(void)begin(s, T0, "start-up");
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + STAMP_SECOND), 0);
	config.from_file = 1;
	s = start();
	scratch_listen();
	assert_int_equal(slicer_begin(s, &order, T0, "start-up", &h), -1);
	slicer_say_refusal(s, &order, errno);
	assert_int_equal(errno, EEXIST);
	scratch_heard();
	scratch_expect(STREAMS_CASE);
	assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + STAMP_SECOND), 0);
}

static void
ignore(void *cookie, const char *case_id, uint64_t seq, const char *what)
{
}

/* A capture with rolls of each kind. */
static void
capture(void *cookie)
{
	struct slicer *s = slicer_new(&config, NULL, NULL);
	uint32_t h, i;

	if (s == NULL || slicer_begin(s, &order, T0 + STAMP_SECOND, "start-up", &h) == -1)
		_exit(1);
	for (i = 0; i < 30; i++) {
		put(s, h, T0 + (1 + i * 5) * STAMP_SECOND, 1000);
		slicer_tick(s, T0 + (1 + i * 5) * STAMP_SECOND);
	}
	(void)slicer_stop(s, SLICE_STOP, T0 + 200 * STAMP_SECOND);
}

static void
fault_135_capture_killed_at_any_step_restarts_whole(void **state)
{
	struct slicer *s;
	int done = 0;
	long n;

	config.slice_bytes = 8000;
	for (n = 0; !done; n += 5) {
		assert_int_equal(tear_down(NULL), 0);
		assert_int_equal(set_up(NULL), 0);
		config.slice_bytes = 8000;
		done = steps_run(n, capture, NULL);
		assert_int_equal(recover_iap(&(struct recover_config){streams_statefd, STREAMS_IAP,
						 T0 + 300 * STAMP_SECOND, NULL, 0},
				     ignore, NULL),
		    0);
		s = start();
		(void)begin(s, T0 + 300 * STAMP_SECOND, "down-time");
		assert_int_equal(slicer_stop(s, SLICE_STOP, T0 + 301 * STAMP_SECOND), 0);
		(void)streams_check(STREAMS_CASE);
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(idle_stream_rolls_on_wall_clock_boundaries),
	    T(frame_belongs_to_the_slice_of_its_own_time),
	    T(fault_029_no_frame_outside_the_order_is_stored),
	    T(slice_rolls_by_size_and_windows_still_tile),
	    T(slice_is_not_rolled_by_size_within_the_time_that_it_answers_for),
	    T(slice_does_not_wait_with_its_roll_for_a_time_that_one_wild_stamp_showed),
	    T(frame_longer_than_a_block_is_stored_whole),
	    T(slice_waits_for_losses_that_are_told_late),
	    T(slices_that_fill_faster_than_losses_are_told_say_so),
	    T(slice_that_is_closed_by_whatever_before_losses_are_told_says_so),
	    T(slice_that_is_closed_when_all_its_losses_are_told_says_that_there_were_none),
	    T(new_revision_rolls_the_slice),
	    T(extension_of_an_order_goes_on_where_it_would_have_ended),
	    T(restart_in_the_same_interval_declares_the_time_between),
	    T(restart_after_missed_intervals_declares_them_under_a_number),
	    T(order_that_comes_back_goes_on_with_its_stream),
	    T(stream_that_is_let_go_begins_no_further_slice_and_is_told_nothing_of_after),
	    T(fault_028_end_that_is_told_after_the_next_slice_was_opened_is_a_gap_in_the_last),
	    T(link_down_is_a_gap_also_in_the_next_slice),
	    T(every_gap_that_crosses_a_boundary_is_also_in_the_next_slice),
	    T(fault_128_stepped_clock_rolls_every_slice),
	    T(fault_128_clock_that_was_beyond_the_orders_end_and_is_back_costs_no_more_than_that),
	    T(fault_128_last_slice_says_what_a_clock_set_beyond_the_orders_end_may_have_cost),
	    T(fault_133_second_that_comes_twice_is_a_slice_of_its_own),
	    T(fault_131_frame_of_2040_is_stored_and_one_behind_2106_has_no_stamp),
	    T(fault_132_reader_that_slept_has_not_captured),
	    T(fault_132_who_slept_over_the_orders_end_stores_what_the_rings_held_all_the_same),
	    T(fault_053_frame_from_a_wild_clock_is_kept_and_flagged),
	    T(file_slices_lie_between_its_frames_and_the_rest_is_not_in_source),
	    T(file_without_a_frame_of_the_subject_is_silence_as_far_as_it_reaches),
	    T(hole_of_a_thousand_intervals_in_a_file_is_one_gap),
	    T(file_run_again_after_an_interruption_stores_no_frame_twice),
	    T(file_run_again_declares_what_it_may_not_have_stored),
	    T(file_waits_for_a_small_pool_and_loses_nothing),
	    T(fault_127_stalled_disk_costs_counted_frames_and_never_blocks_the_reader),
	    T(one_case_can_not_starve_another_of_the_pool),
	    T(fault_135_end_of_a_file_that_was_not_said_is_said_by_the_next_run),
	    T(fault_138_frames_of_a_file_that_memory_had_no_room_for_are_no_success),
	    T(fault_111_frames_of_a_file_that_the_disk_did_not_take_are_no_success),
	    T(however_many_flood_there_is_room_for_one_more),
	    T(memory_is_the_pool_and_a_little_a_case),
	    T(fault_111_disk_that_is_full_for_long_is_one_gap_and_bounded_memory),
	    T(fault_111_real_limit_keeps_whole_records_only),
	    T(fault_111_full_disk_is_a_gap_and_the_case_goes_on_by_itself),
	    T(fault_111_disk_full_from_the_start_gives_its_numbers_later),
	    T(fault_115_failed_sync_is_never_trusted_again),
	    T(fault_115_sync_that_fails_at_the_orders_end_costs_no_frame_of_before),
	    T(fault_115_failed_sync_is_not_forgotten_over_a_crash),
	    T(failed_sync_at_the_close_makes_the_slice_suspect),
	    T(many_cases_are_kept_apart),
	    T(stream_that_was_not_put_in_order_is_refused),
	    T(stream_that_is_being_put_in_order_is_waited_for_as_one_that_was_not),
	    T(clock_that_went_back_a_little_between_runs_keeps_windows_touching),
	    T(fault_131_wild_clock_of_an_earlier_run_stops_no_roll),
	    T(fault_111_small_disk_fills_and_goes_on_when_there_is_room),
	    T(stream_bound_to_live_takes_no_file),
	    T(fault_135_capture_killed_at_any_step_restarts_whole),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
