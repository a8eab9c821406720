#include <sys/mman.h>

#include "fsio.h"
#include "savefile.h"

#include "flows.h"
#include "summary.h"

#include "frames.h"
#include "scratch.h"

#define T0 ((stamp_t)1795219200 * STAMP_SECOND)
#define HEAD "caseId,iAPSystemId,contentIdentifier,sourceIP,destinationIP,protocol,sourcePort,destinationPort,"
#define FLOWS_HEAD HEAD "packetDirection,packetCount,byteCount,firstTimestamp,lastTimestamp,kind\n"
#define DAY "2026-11-21T00:00:"

static struct order_prefix prefix = {4, 32, {192, 0, 2, 7}};
static struct order order = {.prefixes = &prefix, .prefix_count = 1, .scope = ORDER_HEADERS};
static struct slice_record slice = {.head = {.case_id = "LI-1", .iap = "tower-7", .content_id = 3}};
static int fd = -1;

static int
set_up(void **state)
{
	uint8_t header[SAVEFILE_HEADER_BYTES];

	(void)state;
	fd = memfd_create("slice", MFD_CLOEXEC);
	assert_int_not_equal(fd, -1);
	savefile_header(header, 1, 65535, 0);
	assert_int_equal(fsio_write(fd, header, sizeof(header)), 0);
	order.scope = ORDER_HEADERS;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return close(fd);
}

static void
put(stamp_t time, const struct frame *f, uint32_t caplen)
{
	uint8_t record[SAVEFILE_RECORD_BYTES];

	savefile_record(record, time, caplen, f->n, 0);
	assert_int_equal(fsio_write(fd, record, sizeof(record)), 0);
	assert_int_equal(fsio_write(fd, f->data, caplen), 0);
}

/* UDP under so many VLAN tags. */
static void
udp(stamp_t time, const char *from, const char *to, unsigned sport, unsigned tags)
{
	static struct frame f;
	unsigned i;

	f.n = 0;
	frame_link(&f, tags == 0 ? 0x0800 : 0x8100);
	for (i = 0; i < tags; i++) {
		frame_be16(&f, 7);
		frame_be16(&f, i + 1 < tags ? 0x8100 : 0x0800);
	}
	frame_v4(&f, from, to, 17, 8 + 100);
	frame_udp(&f, sport, 53, 100);
	frame_zeros(&f, 100);
	put(time, &f, f.n - 100);
}

static void
flows_say(size_t max, const char *want)
{
	const struct summary_source s = {&order, &slice, fd};
	struct buf out = BUF_INIT;

	assert_int_equal(summary_flows(&s, max, &out), 0);
	assert_string_equal(out.data, want);
	buf_free(&out);
}

static void
flow_is_a_row_with_its_frames_and_bytes_on_the_wire(void **state)
{
	(void)state;
	udp(T0 + 1, "192.0.2.7", "203.0.113.9", 1000, 0);
	udp(T0 + STAMP_SECOND, "203.0.113.9", "192.0.2.7", 1000, 2);
	udp(T0 + 2 * STAMP_SECOND, "192.0.2.7", "203.0.113.9", 1000, 1);
	udp(T0 + 3 * STAMP_SECOND, "203.0.113.8", "203.0.113.9", 1001, 0);
	flows_say(10, FLOWS_HEAD "LI-1,tower-7,3,192.0.2.7,203.0.113.9,17,1000,53,from-subject,2,288," DAY
				 "00.000000Z," DAY "02.000000Z,flow\n"
				 "LI-1,tower-7,3,203.0.113.9,192.0.2.7,17,1000,53,to-subject,1,150," DAY
				 "01.000000Z," DAY "01.000000Z,flow\n"
				 "LI-1,tower-7,3,203.0.113.8,203.0.113.9,17,1001,53,unknown,1,142," DAY
				 "03.000000Z," DAY "03.000000Z,flow\n");
}

static void
ports_stay_out_where_the_scope_leaves_them_out(void **state)
{
	(void)state;
	order.scope = ORDER_HEADERS_WITHOUT_PORTS;
	udp(T0, "192.0.2.7", "203.0.113.9", 1000, 0);
	udp(T0, "192.0.2.7", "203.0.113.9", 1001, 0);
	flows_say(10, FLOWS_HEAD "LI-1,tower-7,3,192.0.2.7,203.0.113.9,17,,,from-subject,2,284," DAY "00.000000Z," DAY
				 "00.000000Z,flow\n");
}

static void
what_finds_no_room_is_summed_up_in_a_row_that_says_so(void **state)
{
	(void)state;
	udp(T0, "192.0.2.7", "203.0.113.9", 1, 0);
	udp(T0, "192.0.2.7", "203.0.113.9", 2, 0);
	udp(T0, "192.0.2.7", "203.0.113.9", 3, 0);
	udp(T0 + STAMP_SECOND, "192.0.2.7", "203.0.113.9", 4, 0);
	udp(T0, "192.0.2.7", "203.0.113.9", 1, 0);
	flows_say(2,
	    FLOWS_HEAD "LI-1,tower-7,3,192.0.2.7,203.0.113.9,17,1,53,from-subject,2,284," DAY "00.000000Z," DAY
		       "00.000000Z,flow\n"
		       "LI-1,tower-7,3,192.0.2.7,203.0.113.9,17,2,53,from-subject,1,142," DAY "00.000000Z," DAY
		       "00.000000Z,flow\n"
		       "LI-1,tower-7,3,,,,,,unknown,2,284," DAY "00.000000Z," DAY "01.000000Z,beyond-bound\n");
}

static void
address_that_the_subject_had_tells_the_direction(void **state)
{
	struct access_event e = {
	    .kind = ACCESS_ASSIGNED, .time = T0, .family = 4, .bits = 32, .addr = {198, 51, 100, 50}};

	(void)state;
	strcpy(e.method, "dhcpv4");
	access_hold(&slice.access, &e);
	udp(T0, "203.0.113.9", "198.51.100.50", 1, 0);
	flows_say(2, FLOWS_HEAD "LI-1,tower-7,3,203.0.113.9,198.51.100.50,17,1,53,to-subject,1,142," DAY
				"00.000000Z," DAY "00.000000Z,flow\n");
	access_clear(&slice.access);
}

static int
append(void *cookie, const void *text, size_t n)
{
	return buf_put(cookie, text, n);
}

static void
report_has_a_row_for_every_frame_and_names_what_is_none(void **state)
{
	const struct summary_source s = {&order, &slice, fd};
	struct buf out = BUF_INIT;
	static struct frame f;

	(void)state;
	udp(T0, "192.0.2.7", "203.0.113.9", 1, 0);
	f.n = 0;
	frame_link(&f, 0x0806);
	frame_zeros(&f, 28);
	put(T0 + 1999, &f, f.n);
	assert_int_equal(fsio_write(fd, "torn", 4), 0);
	assert_int_equal(summary_packets(&s, append, &out), 0);
	assert_string_equal(out.data,
	    "caseId,iAPSystemId,contentIdentifier,timestamp,sourceIP,destinationIP,protocol,sourcePort,"
	    "destinationPort,packetDirection,packetSize,kind\n"
	    "LI-1,tower-7,3," DAY "00.000000Z,192.0.2.7,203.0.113.9,17,1,53,from-subject,142,packet\n"
	    "LI-1,tower-7,3," DAY "00.000001Z,,,,,,unknown,42,not-ip\n"
	    "LI-1,tower-7,3,,,,,,,unknown,4,unread\n");
	buf_free(&out);
}

static void
frames_that_reach_over_the_window_are_all_read(void **state)
{
	const struct summary_source s = {&order, &slice, fd};
	static struct frame f;
	struct buf out = BUF_INIT;
	char *row;
	unsigned i;

	(void)state;
	for (i = 0; i < 500; i++) {
		f.n = 0;
		frame_link(&f, 0x0800);
		frame_v4(&f, "192.0.2.7", "203.0.113.9", 17, 8 + 1400);
		frame_udp(&f, 5, 6, 1400);
		frame_zeros(&f, 1400);
		put(T0, &f, f.n);
	}
	assert_int_equal(summary_flows(&s, 5, &out), 0);
	row = strchr(out.data, '\n') + 1;
	assert_non_null(strstr(row, ",5,6,from-subject,500,721000,"));
	assert_null(strstr(row, "unread"));
	buf_free(&out);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(flow_is_a_row_with_its_frames_and_bytes_on_the_wire),
	    T(ports_stay_out_where_the_scope_leaves_them_out),
	    T(what_finds_no_room_is_summed_up_in_a_row_that_says_so),
	    T(address_that_the_subject_had_tells_the_direction),
	    T(report_has_a_row_for_every_frame_and_names_what_is_none),
	    T(frames_that_reach_over_the_window_are_all_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
