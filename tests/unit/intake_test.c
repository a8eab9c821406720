#include <string.h>
#include <sysexits.h>

#include "intake.h"
#include "message.h"
#include "slicer.h"
#include "streams.h"
#include "table.h"

/* A ring that is never empty: of what the kernel saw it hands out a part, and at the stop the rest is still in it. */
#define SEEN 1000
#define HANDED 400

static struct source_counts ring;
static stamp_t left; /* boottime at which its socket was closed */

/* What a slice would be told, the latest of it; and whether the end of a stream is awaited. */
static stamp_t lost_from, lost_to, settled, ended;
static stamp_t stopped; /* realtime */
static struct channel *to_end;
static int is_ending, are_others; /* are there cases that go on? */
static int begins;                /* does the keeper have another case once the socket is closed? */

uint32_t __wrap_source_linktype(const struct source *);
uint32_t __wrap_source_snaplen(const struct source *);
int __wrap_source_nano(const struct source *);
stamp_t __wrap_source_since(const struct source *);
int __wrap_source_fd(const struct source *);
void __wrap_source_on_wait(struct source *, source_wait_fn *, void *);
int __wrap_source_read(struct source *, int, source_frame_fn *, void *);
void __wrap_source_count(struct source *, struct source_counts *);
int __wrap_source_filter(struct source *, const struct kfilter *);
void __wrap_source_shut(struct source *);
void __wrap_source_leave(struct source *);
int __wrap_source_is_held(const struct source *);

uint32_t
__wrap_source_linktype(const struct source *s)
{
	return 1;
}

uint32_t
__wrap_source_snaplen(const struct source *s)
{
	return 2000;
}

int
__wrap_source_nano(const struct source *s)
{
	return 0;
}

stamp_t
__wrap_source_since(const struct source *s)
{
	return STREAMS_T0;
}

int
__wrap_source_fd(const struct source *s)
{
	return -1;
}

void
__wrap_source_on_wait(struct source *s, source_wait_fn *wait, void *cookie)
{
}

int
__wrap_source_read(struct source *s, int max, source_frame_fn *frame, void *cookie)
{
	static const uint8_t data[60];

	assert_int_equal(left, 0);
	for (; ring.handed < HANDED; ring.handed++)
		frame(cookie, STREAMS_T0 + (stamp_t)ring.handed, data, sizeof(data), sizeof(data));
	return max;
}

void
__wrap_source_count(struct source *s, struct source_counts *counts)
{
	*counts = ring;
}

int
__wrap_source_filter(struct source *s, const struct kfilter *filter)
{
	return 0;
}

void
__wrap_source_shut(struct source *s)
{
}

void
__wrap_source_leave(struct source *s)
{
	assert_int_equal(left, 0);
	left = stamp_boottime();
	if (begins)
		assert_int_equal(channel_send(to_end, CHANNEL_BEGIN, NULL, 0), 0);
}

int
__wrap_source_is_held(const struct source *s)
{
	return 0;
}

void __wrap_slicer_shared_loss(struct slicer *, stamp_t, stamp_t);
int __wrap_table_is_ending(const struct table *);
int __wrap_table_is_empty(const struct table *);
int __wrap_table_is_all_ending(const struct table *);
unsigned __wrap_table_let_go_count(const struct table *);
int __wrap_table_settle_ending(struct table *);
int __wrap_table_finish_ending(struct table *);

void
__wrap_slicer_shared_loss(struct slicer *s, stamp_t from, stamp_t to)
{
	lost_from = from;
	lost_to = to;
}

int
__wrap_table_is_ending(const struct table *t)
{
	return is_ending;
}

int
__wrap_table_is_all_ending(const struct table *t)
{
	return !are_others;
}

unsigned
__wrap_table_let_go_count(const struct table *t)
{
	return 1;
}

int
__wrap_table_settle_ending(struct table *t)
{
	assert_int_equal(settled, 0);
	settled = stamp_boottime();
	return 0;
}

int
__wrap_table_is_empty(const struct table *t)
{
	return 0;
}

int
__wrap_table_finish_ending(struct table *t)
{
	const struct message_stop stop = {stamp_now(), SLICE_STOP};

	if (is_ending) {
		ended = stamp_boottime();
		stopped = stop.at;
		assert_int_equal(channel_send(to_end, CHANNEL_STOP, &stop, sizeof(stop)), 0);
	}
	is_ending = 0;
	return 0;
}

/* Take what the reader said: the last sums, and the sum of the losses that it declared. */
static uint64_t
hear(int fd, struct message_counts *counts, stamp_t *from)
{
	struct channel *ch = channel_new(fd);
	struct message_event e;
	enum channel_type type;
	const void *data;
	uint64_t lost = 0;
	size_t n;

	while (channel_receive(ch, &type, &data, &n) == 1) {
		if (type == CHANNEL_COUNTS) {
			memcpy(counts, data, sizeof(*counts));
			continue;
		}
		memcpy(&e, data, sizeof(e));
		if (e.kind != MESSAGE_LOSS)
			continue;
		assert_string_equal(e.text, "eth1");
		lost += e.frames;
		*from = e.from;
	}
	channel_free(ch);
	return lost;
}

static void
what_a_ring_still_holds_at_the_stop_is_declared_lost(void **state)
{
	struct source *source = (struct source *)&ring;
	const char *name = "eth1";
	struct conf_iap iap;
	struct intake_config config = {.statefd = streams_statefd,
	    .iap = &iap,
	    .config_sha256 = STREAMS_HEX,
	    .sources = &source,
	    .names = &name,
	    .source_count = 1,
	    .interfaces = name};
	struct message_stop stop = {stamp_now(), SLICE_STOP};
	struct message_counts counts;
	struct channel *keeper, *reader;
	stamp_t from = STAMP_NONE;
	int ends[2];

	memset(&iap, 0, sizeof(iap));
	memset(&counts, 0, sizeof(counts));
	strcpy(iap.name, STREAMS_IAP);
	iap.slice_seconds = 60;
	iap.slice_bytes = iap.pool_bytes = (uint64_t)1024 * 1024;
	ring.seen = SEEN;
	assert_int_equal(channel_pair(ends), 0);
	keeper = channel_new(dup(ends[0]));
	reader = channel_new(ends[1]);
	assert_int_equal(channel_send(keeper, CHANNEL_STOP, &stop, sizeof(stop)), 0);
	assert_int_equal(intake_run(&config, reader), EX_OK);
	channel_free(keeper);
	assert_int_equal(hear(ends[0], &counts, &from), SEEN - HANDED);
	assert_int_equal(counts.interfaces[0].seen, SEEN);
	assert_int_equal(counts.interfaces[0].subject + counts.interfaces[0].not_subject, HANDED);
	assert_int_equal(counts.interfaces[0].lost, SEEN - HANDED);
	/* None of them is older than the last frame that came out. */
	assert_int_equal(from - STREAMS_T0, HANDED - 1);
	channel_free(reader);
}

#define LATE (STAMP_SECOND * 6 / 5)

/*
 * Run a reader of a card whose one case, or one of several, is about to end; Give what the reader missed.
 */
static void
end_behind_a_card(int others, stamp_t late, struct message_event *missed)
{
	const struct message_apply apply = {stamp_now()};
	struct source *source = (struct source *)&ring;
	const char *name = "eth1";
	struct conf_iap iap;
	struct intake_config config = {.statefd = streams_statefd,
	    .iap = &iap,
	    .config_sha256 = STREAMS_HEX,
	    .sources = &source,
	    .names = &name,
	    .source_count = 1,
	    .interfaces = name};
	enum channel_type type;
	struct channel *reader;
	const void *data;
	int ends[2];
	size_t n;

	memset(&iap, 0, sizeof(iap));
	strcpy(iap.name, STREAMS_IAP);
	iap.slice_seconds = 60;
	iap.slice_bytes = iap.pool_bytes = (uint64_t)1024 * 1024;
	memset(&ring, 0, sizeof(ring));
	ring.late = late;
	ring.missed = 5;
	left = settled = ended = 0;
	is_ending = 1;
	are_others = others;
	assert_int_equal(channel_pair(ends), 0);
	to_end = channel_new(ends[0]);
	reader = channel_new(ends[1]);
	assert_int_equal(channel_send(to_end, CHANNEL_BEGIN, NULL, 0), 0);
	assert_int_equal(channel_send(to_end, CHANNEL_APPLY, &apply, sizeof(apply)), 0);
	assert_int_equal(intake_run(&config, reader), EX_OK);
	missed->kind = MESSAGE_READY;
	while (missed->kind != MESSAGE_MISSED && channel_receive(to_end, &type, &data, &n) == 1) {
		if (type == CHANNEL_EVENT)
			memcpy(missed, data, sizeof(*missed));
	}
	channel_free(to_end);
	channel_free(reader);
}

static void
card_that_counts_late_has_its_say_before_a_stream_ends_and_is_in_doubt_at_a_stop(void **state)
{
	const stamp_t before = stamp_boottime();
	struct message_event missed;

	end_behind_a_card(1, LATE, &missed);
	assert_true(ended - before >= LATE);
	assert_int_equal(left, 0);
	assert_int_equal(lost_to - lost_from, LATE);
	assert_int_equal(lost_to, stopped);
	assert_int_equal(missed.frames, 5);
	assert_true(missed.to - missed.from >= LATE);
}

static void
no_packet_socket_is_open_while_the_last_stream_waits_for_a_card(void **state)
{
	const stamp_t before = stamp_boottime();
	struct message_event missed;

	end_behind_a_card(0, LATE, &missed);
	/* The ring is never empty: what it holds is waited for, and then no more. */
	assert_true(settled != 0 && left >= settled && ended > left);
	assert_true(ended - before >= LATE);
	assert_int_equal(missed.frames, 5);
}

static void
case_that_begins_while_the_last_one_waits_is_left_to_the_next_reader(void **state)
{
	const stamp_t late = 30 * STAMP_SECOND, before = stamp_boottime();
	struct message_event missed;

	begins = 1;
	end_behind_a_card(0, late, &missed);
	begins = 0;
	assert_true(left != 0 && ended > left);
	/* Nor does it wait any longer: what the card has not told by then is in doubt. */
	assert_true(ended - before < late);
	assert_int_equal(lost_to - lost_from, late);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_a_ring_still_holds_at_the_stop_is_declared_lost, streams_set_up, streams_tear_down),
	    cmocka_unit_test_setup_teardown(
		card_that_counts_late_has_its_say_before_a_stream_ends_and_is_in_doubt_at_a_stop, streams_set_up,
		streams_tear_down),
	    cmocka_unit_test_setup_teardown(
		no_packet_socket_is_open_while_the_last_stream_waits_for_a_card, streams_set_up, streams_tear_down),
	    cmocka_unit_test_setup_teardown(case_that_begins_while_the_last_one_waits_is_left_to_the_next_reader,
		streams_set_up, streams_tear_down),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
