#include <inttypes.h>

#include "kfilter.h"
#include "slicer.h"
#include "streams.h"
#include "table_internal.h"

#include "frames.h"
#include "kfilters.h"
#include "wrapped.h"

#define T0 STREAMS_T0
#define S STAMP_SECOND
#define EVENTS 64

static struct message_event events[EVENTS];
static size_t event_count;
static struct slice_record last;
static size_t slices;
static unsigned lossy, lossless; /* a bit for each digit that the name of a case with such a slice ends in */
static struct slicer *slicer;
static struct tunnels *tunnels;
static struct table *table;
static const char *filter = ""; /* a line of each order */

static void
on_slicer(void *cookie, const struct slicer_event *e)
{
	(void)cookie;
	if (e->kind != SLICER_SLICE)
		return;
	last = *e->rec;
	*(last.shared_loss ? &lossy : &lossless) |= 1U << (e->case_id[strlen(e->case_id) - 1] - '0');
	slices++;
}

static void
on_event(void *cookie, const struct message_event *m)
{
	(void)cookie;
	assert_true(event_count < EVENTS);
	events[event_count++] = *m;
}

static void
begin_source_tunnels(int from_file, const struct conf_tunnel *conf, size_t count)
{
	struct slicer_config config;

	memset(&config, 0, sizeof(config));
	config.statefd = streams_statefd;
	config.iap = STREAMS_IAP;
	config.from_file = from_file;
	config.linktype = 1;
	config.snaplen = 262144;
	config.interfaces = from_file ? "" : "eth1";
	config.slice_seconds = 60;
	config.slice_bytes = 1024 * 1024;
	config.pool_bytes = 4 * 1024 * 1024;
	config.program = "casetap-capture 0.1.0";
	config.build = "test";
	config.config_sha256 = STREAMS_HEX;
	slicer = slicer_new(&config, on_slicer, NULL);
	tunnels = tunnels_new(conf, count);
	assert_non_null(slicer);
	assert_non_null(tunnels);
	table = table_new(slicer, tunnels, 1, from_file, on_event, NULL);
	assert_non_null(table);
}

static void
begin_source(int from_file)
{
	begin_source_tunnels(from_file, NULL, 0);
}

static int
set_up(void **state)
{
	event_count = slices = 0;
	assert_int_equal(streams_set_up(state), 0);
	begin_source(0);
	return 0;
}

static int
tear_down(void **state)
{
	table_free(table);
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + STAMP_DAY), 0);
	tunnels_free(tunnels);
	return streams_tear_down(state);
}

/* Put one order into the table that is being taken: for an address, from a time on. */
static int
order(const char *case_id, const char *address, unsigned revision, stamp_t from)
{
	struct message_order m = {.from = from, .reason = "late-start"};
	char text[1024], begin[STAMP_TEXT], end[STAMP_TEXT];
	int n = snprintf(text, sizeof(text),
	    "[order]\nformat = casetap-order/1\ncase_id = %s\ncontent_id = 1\nlea = sheriff\nauthority = title-iii\n"
	    "order_number = 1\nissued_by = A\npresented_by = B\nresponsible = C\nnot_before = %s\nnot_after = %s\n"
	    "revision = %u\n%s%s%s[subject]\nipv4 = %s\n[capture]\nscope = content\n%s",
	    case_id, stamp_format_seconds(begin, T0), stamp_format_seconds(end, T0 + 3600 * S), revision,
	    revision > 1 ? "previous = " : "", revision > 1 ? STREAMS_HEX : "", revision > 1 ? "\n" : "", address,
	    filter);

	assert_true(n > 0 && (size_t)n < sizeof(text));
	return table_order(table, &m, text, (size_t)n);
}

static void
apply(stamp_t since, stamp_t now)
{
	assert_int_equal(table_apply(table, since, now), 0);
}

/* The table with one case, or two, from T0 on. */
static void
apply_cases(const char *a, const char *b, stamp_t now)
{
	assert_int_equal(table_begin(table), 0);
	if (a != NULL)
		assert_int_equal(order(a, "198.51.100.7", 1, T0), 0);
	if (b != NULL)
		assert_int_equal(order(b, "198.51.100.7", 1, T0), 0);
	apply(now, now);
}

static size_t
frame(stamp_t time, const char *from)
{
	static struct frame f;

	f.n = 0;
	frame_link(&f, 0x0800);
	frame_v4(&f, from, FRAME_OTHER4, 17, 8);
	frame_udp(&f, 1, 2, 0);
	return table_frame(table, time, f.data, f.n, f.n);
}

static uint64_t
stored(void)
{
	struct slicer_counts counts;

	slicer_counts(slicer, &counts);
	return counts.stored;
}

static void
event_is(size_t i, enum message_event_kind kind, const char *case_id)
{
	assert_true(i < event_count);
	assert_int_equal(events[i].kind, kind);
	assert_string_equal(events[i].case_id, case_id);
}

static void
frame_goes_to_each_case_that_it_is_the_subject_of_and_to_nobody_else(void **state)
{
	(void)state;
	apply_cases("LI-1", "LI-2", T0);
	event_is(0, MESSAGE_BEGUN, "LI-1");
	event_is(1, MESSAGE_BEGUN, "LI-2");
	assert_int_equal(events[0].from, T0);
	assert_int_equal(frame(T0 + S, "198.51.100.7"), 2);
	assert_int_equal(frame(T0 + S, "198.51.100.8"), 0);
	assert_int_equal(table_matched(table), 2);
	assert_int_equal(stored(), 2);
}

static void
packet_whose_case_does_not_want_it_stays_unwanted_when_another_begins_in_the_middle_of_it(void **state)
{
	uint64_t kinds[MATCHER_KINDS];
	static struct frame f;
	unsigned where;

	(void)state;
	filter = "filter = port 53\n";
	apply_cases("LI-1", NULL, T0);
	for (where = 0; where < 2; where++) {
		f.n = 0;
		frame_link(&f, 0x0800);
		frame_v4_full(&f, "198.51.100.7", FRAME_OTHER4, 17, 8, 0, where == 0 ? 0x2000 : 1);
		frame_udp(&f, 1, 2, 0);
		/* The one that begins in between has not seen how the packet began: it gets what may be its. */
		assert_int_equal(table_frame(table, T0 + S, f.data, f.n, f.n), where);
		if (where == 0)
			apply_cases("LI-1", "LI-2", T0 + S);
	}
	filter = "";
	table_kinds(table, kinds);
	assert_int_equal(kinds[MATCHER_FRAGMENT_UNKNOWN], 1);
}

static void
frame_before_its_case_came_in_force_is_counted_and_not_stored(void **state)
{
	(void)state;
	assert_int_equal(table_begin(table), 0);
	assert_int_equal(order("LI-1", "198.51.100.7", 1, T0 + 10 * S), 0);
	apply(T0 + 5 * S, T0 + 5 * S);
	assert_int_equal(frame(T0 + 10 * S - 1, "198.51.100.7"), 1);
	assert_int_equal(table_withheld(table), 1);
	assert_int_equal(stored(), 0);
	assert_int_equal(frame(T0 + 10 * S, "198.51.100.7"), 1);
	assert_int_equal(stored(), 1);
}

static void
case_that_begins_late_begins_where_the_rings_do(void **state)
{
	(void)state;
	apply_cases("LI-1", NULL, T0 + 20 * S);
	assert_int_equal(events[0].from, T0 + 20 * S);
	assert_int_equal(frame(T0 + 20 * S - 1, "198.51.100.7"), 1);
	assert_int_equal(stored(), 0);
}

static void
case_that_is_not_in_the_next_table_ends_at_its_time_once_the_rings_are_read(void **state)
{
	struct message_end end = {"LI-1", T0 + 10 * S, "revoked", 7};
	struct spool *spool;

	(void)state;
	apply_cases("LI-1", "LI-2", T0);
	event_count = 0;
	assert_int_equal(table_begin(table), 0);
	assert_int_equal(order("LI-2", "198.51.100.7", 1, T0), 0);
	assert_int_equal(table_end(table, &end), 0);
	apply(T0 + 11 * S, T0 + 11 * S);
	assert_true(table_is_ending(table));
	assert_int_equal(event_count, 0);
	/* What a ring still held of the time before is the case's, to the frame. */
	assert_int_equal(frame(T0 + 10 * S - 1, "198.51.100.7"), 2);
	assert_int_equal(stored(), 2);
	assert_int_equal(frame(T0 + 10 * S, "198.51.100.7"), 2);
	assert_int_equal(stored(), 3);
	assert_int_equal(table_withheld(table), 1);
	/* Once all of that was read nothing more is, though its stream may wait. */
	assert_int_equal(table_settle_ending(table), 0);
	assert_int_equal(frame(T0 + 10 * S - 1, "198.51.100.7"), 1);
	assert_int_equal(stored(), 4);
	assert_int_equal(event_count, 0);
	assert_int_equal(table_finish_ending(table), 0);
	event_is(0, MESSAGE_ENDED, "LI-1");
	assert_string_equal(events[0].text, "revoked");
	assert_int_equal(events[0].to, T0 + 10 * S);
	assert_false(table_is_ending(table));
	assert_int_equal(frame(T0 + 12 * S, "198.51.100.7"), 1);
	/* The revision that ended it is the keeper's to say: no table had it. */
	table_free(table);
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 13 * S), 0);
	tunnels_free(tunnels);
	spool = spool_open(streams_statefd, "LI-1", STREAMS_IAP, SPOOL_LIVE, 0);
	assert_non_null(spool);
	assert_int_equal(spool_end(spool)->revision, 7);
	spool_close(spool);
	begin_source(0);
}

static void
table_that_says_the_same_again_changes_nothing(void **state)
{
	(void)state;
	apply_cases("LI-1", "LI-2", T0);
	event_count = 0;
	apply_cases("LI-1", "LI-2", T0 + 5 * S);
	assert_int_equal(event_count, 0);
	assert_int_equal(frame(T0 + S, "198.51.100.7"), 2);
	assert_int_equal(stored(), 2);
}

static void
new_revision_goes_on_with_the_same_stream(void **state)
{
	(void)state;
	apply_cases("LI-1", NULL, T0);
	event_count = 0;
	assert_int_equal(table_begin(table), 0);
	assert_int_equal(order("LI-1", "198.51.100.7", 2, T0), 0);
	apply(T0 + 5 * S, T0 + 5 * S);
	assert_int_equal(event_count, 0);
	assert_int_equal(frame(T0 + 6 * S, "198.51.100.7"), 1);
	assert_int_equal(stored(), 1);
	assert_int_equal(table->now.count, 1);
	assert_int_equal(table->now.at[0]->order->revision, 2);
}

static void
case_that_comes_back_while_it_ends_ends_first(void **state)
{
	(void)state;
	apply_cases("LI-1", NULL, T0);
	apply_cases(NULL, NULL, T0 + 5 * S);
	assert_true(table_is_ending(table));
	event_count = 0;
	apply_cases("LI-1", NULL, T0 + 6 * S);
	event_is(0, MESSAGE_ENDED, "LI-1");
	assert_string_equal(events[0].text, "");
	event_is(1, MESSAGE_BEGUN, "LI-1");
	assert_int_equal(frame(T0 + 5 * S, "198.51.100.7"), 1);
	assert_int_equal(stored(), 0);
	assert_int_equal(frame(T0 + 6 * S, "198.51.100.7"), 1);
	assert_int_equal(stored(), 1);
}

static void
cases_are_told_when_they_were_last_seen_once_for_each_time(void **state)
{
	(void)state;
	apply_cases("LI-1", "LI-2", T0);
	event_count = 0;
	table_tell_seen(table);
	assert_int_equal(event_count, 0);
	assert_int_equal(frame(T0 + 2 * S, "198.51.100.7"), 2);
	assert_int_equal(frame(T0 + S, "198.51.100.7"), 2);
	assert_int_equal(frame(T0 - 1, "198.51.100.7"), 2);
	table_tell_seen(table);
	assert_int_equal(event_count, 2);
	event_is(0, MESSAGE_SEEN, "LI-1");
	assert_int_equal(events[0].to, T0 + 2 * S);
	event_is(1, MESSAGE_SEEN, "LI-2");
	table_tell_seen(table);
	assert_int_equal(event_count, 2);
}

/* The subject of 100.7 in a stream of ERSPAN III, as Linux sends it: is the number in its header a tag more? */
static void
open_frame(stamp_t time, size_t stored)
{
	static struct frame f;

	f.n = 0;
	frame_link(&f, 0x0800);
	frame_v4(&f, WRAPPED_FROM, WRAPPED_TO, 47, 0);
	frame_be32(&f, 0x100022eb);
	frame_be32(&f, 1);
	frame_be32(&f, 0x20640005);
	frame_be32(&f, 12345678);
	frame_be32(&f, 0x00008000);
	frame_ethernet(&f, frame_mac_b, frame_mac_a, 0x8100);
	frame_vlan(&f, 100, 0x8100);
	frame_vlan(&f, 7, 0x0800);
	frame_subject4(&f);
	wrapped_close(&f, 14);
	assert_int_equal(table_frame(table, time, f.data, f.n, f.n), stored);
}

static void
undecided_is(size_t i, const char *case_id, uint64_t frames, stamp_t from, stamp_t to)
{
	event_is(i, MESSAGE_UNDECIDED, case_id);
	assert_int_equal(events[i].frames, frames);
	assert_true(events[i].from == from && events[i].to == to);
}

/* LI-1 asks for a pair, LI-2 for a number that it has in any case, LI-3 for somebody else. */
static void
begin_undecided(int from_file, stamp_t now)
{
	struct conf_tunnel conf;

	table_free(table);
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0), 0);
	tunnels_free(tunnels);
	wrapped_configure(&conf, 1U << CONF_TUNNEL_ERSPAN);
	begin_source_tunnels(from_file, &conf, 1);
	lossy = lossless = 0;
	assert_int_equal(table_begin(table), 0);
	assert_int_equal(order("LI-1", "198.51.100.7\nvlan = 100.7", 1, T0), 0);
	assert_int_equal(order("LI-2", "198.51.100.7\nvlan = 100", 1, T0), 0);
	assert_int_equal(order("LI-3", "198.51.100.8\nvlan = 100.7", 1, T0), 0);
	apply(now, now);
	event_count = 0;
}

static void
frames_left_undecided_are_told_hourly_of_their_case_and_marked_in_its_slices_alone(void **state)
{
	stamp_t t;

	(void)state;
	begin_undecided(0, T0);
	table_tell_doubt(table, T0);
	assert_int_equal(event_count, 0);
	for (t = T0 + S; t < T0 + 50 * S; t += S / 10) {
		open_frame(t, 1);
		table_tell_doubt(table, t);
	}
	assert_int_equal(event_count, 1);
	undecided_is(0, "LI-1", 1, T0 + S, T0 + S + 1);
	table_tell_doubt(table, T0 + 3600 * S);
	assert_int_equal(event_count, 1);
	table_tell_doubt(table, T0 + 3601 * S);
	assert_int_equal(event_count, 2);
	undecided_is(1, "LI-1", 489, T0 + S + S / 10, T0 + 50 * S - S / 10 + 1);
	table_tell_doubt(table, T0 + 3 * 3600 * S);
	assert_int_equal(event_count, 2);
	/* A clock that was set back, and what is left when it ends. */
	open_frame(T0 + 51 * S, 1);
	table_tell_doubt(table, T0 + 3600 * S);
	assert_int_equal(event_count, 3);
	open_frame(T0 + 52 * S, 1);
	table_end_all(table, SLICE_STOP, T0 + 55 * S, "");
	undecided_is(3, "LI-1", 1, T0 + 52 * S, T0 + 52 * S + 1);
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 55 * S), 0);
	table_free(table);
	tunnels_free(tunnels);
	begin_source(0);
	assert_int_equal(lossy, 1U << 1);
	assert_int_equal(lossless, 1U << 2 | 1U << 3);
}

/* Nothing but such frames in it: the slice of a file stands for them all the same. */
static void
file_of_undecided_frames_alone_has_a_slice_that_says_so(void **state)
{
	(void)state;
	begin_undecided(1, T0);
	open_frame(T0 + S, 1);
	open_frame(T0 - S, 1);
	table_end_all(table, SLICE_STOP, INT64_MAX, "");
	undecided_is(event_count - 4, "LI-1", 1, T0 + S, T0 + S + 1);
	assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 2 * S), 0);
	table_free(table);
	tunnels_free(tunnels);
	begin_source(0);
	assert_int_equal(lossy, 1U << 1);
}

static void
nothing_is_anyones_after_a_cut(void **state)
{
	(void)state;
	apply_cases("LI-1", NULL, T0);
	table_cut(table, T0 + 3 * S);
	assert_int_equal(frame(T0 + 3 * S - 1, "198.51.100.7"), 1);
	assert_int_equal(frame(T0 + 3 * S, "198.51.100.7"), 1);
	assert_int_equal(stored(), 1);
	assert_int_equal(table_withheld(table), 1);
	table_end_all(table, SLICE_STOP, T0 + 4 * S, "");
	assert_true(table_is_empty(table));
	assert_int_equal(frame(T0 + 2 * S, "198.51.100.7"), 0);
}

static void
case_that_stands_twice_or_can_not_be_parsed_is_refused(void **state)
{
	const struct message_order m = {.from = T0};

	(void)state;
	assert_int_equal(table_begin(table), 0);
	assert_int_equal(order("LI-1", "198.51.100.7", 1, T0), 0);
	scratch_listen();
	assert_int_equal(order("LI-1", "198.51.100.8", 1, T0), -1);
	assert_int_equal(errno, EINVAL);
	scratch_heard();
	scratch_expect("table of orders");
	scratch_listen();
	assert_int_equal(table_order(table, &m, "[order]\n", 8), -1);
	assert_int_equal(errno, EINVAL);
	scratch_heard();
	/* What was begun anew has nothing of it. */
	assert_int_equal(table_begin(table), 0);
	apply(T0, T0);
	assert_true(table_is_empty(table));
}

static void
half_a_table_changes_nothing_before_it_is_applied(void **state)
{
	(void)state;
	apply_cases("LI-1", NULL, T0);
	event_count = 0;
	assert_int_equal(table_begin(table), 0);
	assert_int_equal(order("LI-2", "198.51.100.8", 1, T0), 0);
	assert_int_equal(frame(T0 + S, "198.51.100.7"), 1);
	assert_int_equal(frame(T0 + S, "198.51.100.8"), 0);
	assert_int_equal(event_count, 0);
}

static int
passes(const struct kfilter *k, const char *from)
{
	static struct frame f;
	struct kmachine machine = {.protocol = 0x0800};

	f.n = 0;
	frame_link(&f, 0x0800);
	frame_v4(&f, from, FRAME_OTHER4, 17, 8);
	frame_udp(&f, 1, 2, 0);
	machine.program = kfilter_program(k, &machine.count);
	machine.data = f.data;
	machine.n = f.n;
	return kmachine_run(&machine);
}

static void
kernel_filter_knows_those_who_are_there_those_who_end_and_those_who_come(void **state)
{
	struct kfilter *k;

	(void)state;
	apply_cases("LI-1", NULL, T0);
	assert_int_equal(table_begin(table), 0);
	assert_int_equal(order("LI-2", "198.51.100.8", 1, T0), 0);
	k = table_kfilter(table);
	assert_non_null(k);
	assert_true(passes(k, "198.51.100.7"));
	assert_true(passes(k, "198.51.100.8"));
	assert_false(passes(k, "198.51.100.9"));
	kfilter_free(k);
	apply(T0 + S, T0 + S);
	k = table_kfilter(table);
	assert_true(passes(k, "198.51.100.7"));
	kfilter_free(k);
	assert_int_equal(table_finish_ending(table), 0);
	k = table_kfilter(table);
	assert_false(passes(k, "198.51.100.7"));
	assert_true(passes(k, "198.51.100.8"));
	kfilter_free(k);
}

/* A stream that a file began is a file's for ever. */
static void
stream_that_can_not_be_begun_is_refused_until_it_can(void **state)
{
	struct spool *spool = spool_open(streams_statefd, "LI-1", STREAMS_IAP, SPOOL_FILE, 1);
	const struct matcher *before;

	assert_non_null(spool);
	spool_close(spool);
	scratch_listen();
	apply_cases("LI-1", "LI-2", T0);
	scratch_heard();
	event_is(0, MESSAGE_REFUSED, "LI-1");
	assert_int_equal(events[0].error, EEXIST);
	event_is(1, MESSAGE_BEGUN, "LI-2");
	assert_true(table_has_refused(table));
	assert_int_equal(frame(T0 + S, "198.51.100.7"), 1);
	assert_int_equal(stored(), 1);
	/* As long as nothing changes it is not said again, and nothing is made anew for it. */
	event_count = 0;
	before = table->matcher;
	scratch_listen();
	assert_int_equal(table_retry(table, T0 + 4 * S), 0);
	scratch_heard();
	assert_string_equal(scratch_said, "");
	assert_int_equal(event_count, 0);
	assert_ptr_equal(table->matcher, before);
	scratch_remove("state/spool/LI-1");
	assert_int_equal(table_retry(table, T0 + 5 * S), 0);
	event_is(0, MESSAGE_BEGUN, "LI-1");
	assert_int_equal(events[0].from, T0 + 5 * S);
	assert_false(table_has_refused(table));
	assert_int_equal(frame(T0 + 6 * S, "198.51.100.7"), 2);
	(void)state;
}

static int
set_up_file(void **state)
{
	event_count = 0;
	assert_int_equal(streams_set_up(state), 0);
	begin_source(1);
	return 0;
}

static void
stream_from_a_file_is_begun_by_the_first_frame_in_its_window_whosever_it_is(void **state)
{
	(void)state;
	apply_cases("LI-1", NULL, T0);
	assert_int_equal(event_count, 0);
	assert_int_equal(frame(T0 - 1, "198.51.100.7"), 0);
	assert_int_equal(event_count, 0);
	assert_int_equal(frame(T0 + 7 * S, "198.51.100.8"), 0);
	event_is(0, MESSAGE_BEGUN, "LI-1");
	assert_int_equal(frame(T0 + 8 * S, "198.51.100.7"), 1);
	assert_int_equal(stored(), 1);
	assert_int_equal(frame(T0 + 3600 * S, "198.51.100.7"), 1);
	assert_int_equal(stored(), 1);
	table_end_all(table, SLICE_SOURCE_END, T0 + STAMP_DAY, "source-end");
	event_is(1, MESSAGE_ENDED, "LI-1");
	/* Its silence reaches as far as frames in its window do. */
	assert_int_equal(events[1].to, T0 + 8 * S + 1);
}

static void
file_that_has_nothing_to_do_with_an_order_leaves_it_alone(void **state)
{
	(void)state;
	apply_cases("LI-1", NULL, T0);
	assert_int_equal(frame(T0 - 2 * S, "198.51.100.7"), 0);
	assert_int_equal(frame(T0 + 7200 * S, "198.51.100.7"), 0);
	table_end_all(table, SLICE_SOURCE_END, T0 + 7200 * S + 1, "source-end");
	assert_int_equal(event_count, 0);
	assert_int_equal(access(scratch_path("state/spool/LI-1"), F_OK), -1);
}

/* A look at the clock, a tenth of a second after the last one; the rings were read up to that boottime. */
static void
look(stamp_t now, stamp_t drained)
{
	table_clock_tick(table, now - S / 10, now, drained);
}

static void
step(stamp_t old, stamp_t now)
{
	table_clock_step(table, old, now - S / 10);
	slicer_clock_step(slicer, old, now - S / 10);
}

/* The stream has ended: its second slice was not all captured. */
static void
last_gap_is(stamp_t from, stamp_t to)
{
	unsigned i;

	for (i = 0; i < 2000 && slices < 2; i++) {
		(void)usleep(5000);
		slicer_tick(slicer, to);
	}
	assert_int_equal(slices, 2);
	assert_int_equal(last.gap_count, 1);
	assert_string_equal(last.gaps[0].reason, "clock");
	assert_true(last.gaps[0].from == from && last.gaps[0].to == to);
}

static void
fault_128_case_that_began_by_a_clock_since_set_back_is_stored_and_the_time_until_seen_is_a_gap(void **state)
{
	(void)state;
	assert_int_equal(table_begin(table), 0);
	assert_int_equal(order("LI-1", "198.51.100.7", 1, T0 + 900 * S), 0);
	apply(T0 + 900 * S, T0 + 900 * S);
	step(T0 + 901 * S, T0 + 2 * S);
	/* A ring may still hold what was stamped before the case came in force. */
	look(T0 + 2 * S, STAMP_NONE);
	assert_int_equal(frame(T0 + 2 * S + 1000, "198.51.100.7"), 1);
	assert_int_equal(frame(T0 + 900 * S - 1000, "198.51.100.7"), 1);
	assert_int_equal(stored(), 0);
	look(T0 + 3 * S, stamp_boottime());
	assert_int_equal(frame(T0 + 2 * S - S / 10 - 1, "198.51.100.7"), 1);
	assert_int_equal(table_withheld(table), 3);
	assert_int_equal(frame(T0 + 2 * S - S / 10, "198.51.100.7"), 1);
	assert_int_equal(frame(T0 + 4 * S, "198.51.100.7"), 1);
	assert_int_equal(stored(), 2);
	table_end_all(table, SLICE_STOP, T0 + 5 * S, "");
	last_gap_is(T0 + 2 * S - S / 10, T0 + 3 * S);
}

static void
fault_128_stream_that_ends_while_it_waits_for_a_clock_set_back_declares_what_it_withheld(void **state)
{
	unsigned is_ended;

	for (is_ended = 0; is_ended < 2; is_ended++) {
		slices = 0;
		assert_int_equal(table_begin(table), 0);
		assert_int_equal(order("LI-1", "198.51.100.7", 1, T0 + 900 * S), 0);
		apply(T0 + 900 * S, T0 + 900 * S);
		step(T0 + 901 * S, T0 + 2 * S);
		look(T0 + 2 * S, STAMP_NONE);
		assert_int_equal(frame(T0 + 2 * S + 1000, "198.51.100.7"), 1);
		assert_int_equal(stored(), 0);
		assert_int_equal(table_withheld(table), 1);
		if (is_ended) {
			table_end_all(table, SLICE_ORDER_END, T0 + 3 * S, "revoked");
		} else {
			/* As when the reader stops: the slicer ends what is left. */
			table_clock_settle(table, T0 + 3 * S);
			table_free(table);
			slicer_tick(slicer, T0 + 3 * S);
			assert_int_equal(slicer_end(slicer, 0, SLICE_STOP, T0 + 3 * S, NULL), 0);
		}
		last_gap_is(T0 + 2 * S - S / 10, T0 + 3 * S);
		if (is_ended)
			return;
		assert_int_equal(slicer_stop(slicer, SLICE_STOP, T0 + 3 * S), 0);
		tunnels_free(tunnels);
		assert_int_equal(streams_tear_down(state), 0);
		assert_int_equal(set_up(state), 0);
	}
}

static void
fault_031_clock_set_back_before_an_order_begins_stores_nothing_of_before(void **state)
{
	(void)state;
	apply_cases("LI-1", NULL, T0 + 10 * S);
	step(T0 + 20 * S, T0 - 5 * S);
	look(T0 - 5 * S, stamp_boottime());
	assert_int_equal(frame(T0 - 1, "198.51.100.7"), 1);
	assert_int_equal(stored(), 0);
	assert_int_equal(frame(T0, "198.51.100.7"), 1);
	assert_int_equal(stored(), 1);
	/* Nor does one that goes on bring anything back of before the case came in force. */
	look(T0 + 30 * S, stamp_boottime());
	assert_int_equal(table_withheld(table), 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define F(name) cmocka_unit_test_setup_teardown(name, set_up_file, tear_down)
	const struct CMUnitTest tests[] = {
	    T(frame_goes_to_each_case_that_it_is_the_subject_of_and_to_nobody_else),
	    T(packet_whose_case_does_not_want_it_stays_unwanted_when_another_begins_in_the_middle_of_it),
	    T(frame_before_its_case_came_in_force_is_counted_and_not_stored),
	    T(case_that_begins_late_begins_where_the_rings_do),
	    T(case_that_is_not_in_the_next_table_ends_at_its_time_once_the_rings_are_read),
	    T(table_that_says_the_same_again_changes_nothing),
	    T(new_revision_goes_on_with_the_same_stream),
	    T(case_that_comes_back_while_it_ends_ends_first),
	    T(cases_are_told_when_they_were_last_seen_once_for_each_time),
	    T(frames_left_undecided_are_told_hourly_of_their_case_and_marked_in_its_slices_alone),
	    T(file_of_undecided_frames_alone_has_a_slice_that_says_so),
	    T(nothing_is_anyones_after_a_cut),
	    T(case_that_stands_twice_or_can_not_be_parsed_is_refused),
	    T(half_a_table_changes_nothing_before_it_is_applied),
	    T(kernel_filter_knows_those_who_are_there_those_who_end_and_those_who_come),
	    T(stream_that_can_not_be_begun_is_refused_until_it_can),
	    T(fault_128_case_that_began_by_a_clock_since_set_back_is_stored_and_the_time_until_seen_is_a_gap),
	    T(fault_128_stream_that_ends_while_it_waits_for_a_clock_set_back_declares_what_it_withheld),
	    T(fault_031_clock_set_back_before_an_order_begins_stores_nothing_of_before),
	    F(stream_from_a_file_is_begun_by_the_first_frame_in_its_window_whosever_it_is),
	    F(file_that_has_nothing_to_do_with_an_order_leaves_it_alone),
	};

	diag_init("table_test", 0);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
