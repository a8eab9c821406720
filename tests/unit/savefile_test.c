#include <sys/mman.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "savefile.h"

#define T0 ((stamp_t)1795219200 * STAMP_SECOND)
#define SNAPLEN 2000
#define FRAMES 5

/* A savefile of ${frames} frames of 60, 61, ... bytes, one a second. */
static int
make(unsigned frames, int nano, uint64_t ends[FRAMES + 1])
{
	uint8_t header[SAVEFILE_HEADER_BYTES], record[SAVEFILE_RECORD_BYTES], data[256];
	int fd = memfd_create("savefile", MFD_CLOEXEC);
	unsigned i;

	assert_int_not_equal(fd, -1);
	memset(data, 0xa5, sizeof(data));
	savefile_header(header, 1, SNAPLEN, nano);
	assert_int_equal(write(fd, header, sizeof(header)), sizeof(header));
	ends[0] = sizeof(header);
	for (i = 0; i < frames; i++) {
		savefile_record(record, T0 + i * STAMP_SECOND + 123456789, 60 + i, 100, nano);
		assert_int_equal(write(fd, record, sizeof(record)), sizeof(record));
		assert_int_equal(write(fd, data, 60 + i), 60 + i);
		ends[i + 1] = ends[i] + sizeof(record) + 60 + i;
	}
	return fd;
}

static void
header_and_records_are_those_of_pcap_savefile(void **state)
{
	static const uint8_t micro[] = {
	    0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xd0, 7, 0, 0, 113, 0, 0, 0};
	uint8_t header[SAVEFILE_HEADER_BYTES], record[SAVEFILE_RECORD_BYTES];
	uint32_t field[4];

	savefile_header(header, 113, SNAPLEN, 0);
	assert_memory_equal(header, micro, sizeof(micro));
	savefile_header(header, 113, SNAPLEN, 1);
	assert_int_equal(header[0], 0x4d);
	assert_int_equal(header[1], 0x3c);
	savefile_record(record, T0 + 123456789, 60, 1500, 0);
	memcpy(field, record, sizeof(field));
	assert_int_equal(field[0], T0 / STAMP_SECOND);
	assert_int_equal(field[1], 123456);
	assert_int_equal(field[2], 60);
	assert_int_equal(field[3], 1500);
	savefile_record(record, T0 + 123456789, 60, 1500, 1);
	memcpy(field, record, sizeof(field));
	assert_int_equal(field[1], 123456789);
}

static void
whole_file_is_valid_to_its_end(void **state)
{
	struct savefile_scan scan;
	uint64_t ends[FRAMES + 1];
	int nano, fd;

	for (nano = 0; nano <= 1; nano++) {
		fd = make(FRAMES, nano, ends);
		assert_int_equal(savefile_scan(fd, STAMP_NONE, STAMP_NONE, &scan), 0);
		assert_int_equal(scan.valid_bytes, ends[FRAMES]);
		assert_int_equal(scan.file_bytes, ends[FRAMES]);
		assert_int_equal(scan.frames, FRAMES);
		assert_int_equal(scan.truncated_frames, FRAMES);
		assert_int_equal(scan.bytes, 60 * FRAMES + FRAMES * (FRAMES - 1) / 2);
		assert_int_equal(scan.nano, nano);
		assert_int_equal(scan.linktype, 1);
		assert_int_equal(scan.snaplen, SNAPLEN);
		assert_int_equal(scan.first_frame, T0 + (nano ? 123456789 : 123456000));
		assert_int_equal(scan.last_frame, scan.first_frame + (FRAMES - 1) * STAMP_SECOND);
		(void)close(fd);
	}
}

static void
fault_048_file_cut_at_any_byte_keeps_its_whole_records(void **state)
{
	struct savefile_scan scan;
	uint64_t ends[FRAMES + 1], n;
	unsigned whole;
	int fd = make(FRAMES, 0, ends);

	for (n = ends[FRAMES] + 1; n-- > 0;) {
		assert_int_equal(ftruncate(fd, (off_t)n), 0);
		assert_int_equal(savefile_scan(fd, STAMP_NONE, STAMP_NONE, &scan), 0);
		for (whole = FRAMES; whole > 0 && ends[whole] > n; whole--)
			;
		assert_int_equal(scan.file_bytes, n);
		assert_int_equal(scan.frames, whole);
		assert_int_equal(scan.valid_bytes, n < ends[0] ? 0 : ends[whole]);
	}
	(void)close(fd);
}

static void
expect_tail_refused(const void *tail, size_t n, stamp_t not_before, stamp_t not_after)
{
	struct savefile_scan scan;
	uint64_t ends[FRAMES + 1];
	int fd = make(FRAMES, 0, ends);

	assert_int_equal(write(fd, tail, n), (ssize_t)n);
	assert_int_equal(savefile_scan(fd, not_before, not_after, &scan), 0);
	assert_int_equal(scan.frames, FRAMES);
	assert_int_equal(scan.valid_bytes, ends[FRAMES]);
	assert_int_equal(scan.file_bytes, ends[FRAMES] + n);
	(void)close(fd);
}

static void
fault_049_zero_tail_is_not_packets(void **state)
{
	static const uint8_t zeros[1024 * 1024];
	size_t n;

	for (n = 1; n <= 200; n++)
		expect_tail_refused(zeros, n, STAMP_NONE, STAMP_NONE);
	expect_tail_refused(zeros, sizeof(zeros), STAMP_NONE, STAMP_NONE);
}

/* One record header with the given fields and a body behind it. */
static void
expect_record_refused(uint32_t sec, uint32_t fraction, uint32_t caplen, uint32_t len)
{
	uint32_t tail[4 + 1024] = {sec, fraction, caplen, len};

	expect_tail_refused(tail, sizeof(tail), T0, T0 + STAMP_DAY);
}

static void
fault_050_garbage_tail_is_not_packets(void **state)
{
	const uint32_t now = (uint32_t)(T0 / STAMP_SECOND);
	uint8_t garbage[4096];
	size_t i;

	expect_record_refused(now, 1000000, 60, 60);
	expect_record_refused(now, 0, 61, 60);
	expect_record_refused(now, 0, SNAPLEN + 1, SNAPLEN + 1);
	expect_record_refused(now, 0, 0, 0);
	expect_record_refused(now - 1, 0, 60, 60);
	expect_record_refused(now + 86400, 0, 60, 60);
	srandom(1);
	for (i = 0; i < sizeof(garbage); i++)
		garbage[i] = (uint8_t)random();
	expect_tail_refused(garbage, sizeof(garbage), T0, T0 + STAMP_DAY);
}

static void
fault_052_absurd_caplen_is_refused(void **state)
{
	expect_record_refused((uint32_t)(T0 / STAMP_SECOND), 0, UINT32_MAX, UINT32_MAX);
}

static void
header_of_another_form_is_none_of_ours(void **state)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} changes[] = {{0, 0xa1}, {0, 0x0a}, {1, 0xcd}, {4, 1}, {6, 3}, {8, 1}, {12, 1}, {23, 4}};
	struct savefile_scan scan;
	uint64_t ends[FRAMES + 1];
	unsigned i;
	int fd;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		fd = make(FRAMES, 0, ends);
		assert_int_equal(pwrite(fd, &changes[i].value, 1, changes[i].at), 1);
		assert_int_equal(savefile_scan(fd, STAMP_NONE, STAMP_NONE, &scan), 0);
		assert_int_equal(scan.valid_bytes, 0);
		assert_int_equal(scan.frames, 0);
		(void)close(fd);
	}
}

static void
frames_larger_than_the_scan_block_are_stepped_over(void **state)
{
	static uint8_t data[SAVEFILE_MAX_CAPLEN];
	uint8_t header[SAVEFILE_HEADER_BYTES], record[SAVEFILE_RECORD_BYTES];
	struct savefile_scan scan;
	int fd = memfd_create("savefile", MFD_CLOEXEC), i;

	savefile_header(header, 1, SAVEFILE_MAX_CAPLEN, 0);
	assert_int_equal(write(fd, header, sizeof(header)), sizeof(header));
	for (i = 0; i < 8; i++) {
		savefile_record(record, T0, sizeof(data), sizeof(data), 0);
		assert_int_equal(write(fd, record, sizeof(record)), sizeof(record));
		assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	}
	assert_int_equal(savefile_scan(fd, STAMP_NONE, STAMP_NONE, &scan), 0);
	assert_int_equal(scan.frames, 8);
	assert_int_equal(scan.valid_bytes, scan.file_bytes);
	(void)close(fd);
}

/* Nearly all of it a hole: what is read is what stands at the records' heads. */
static void
fault_055_file_of_more_than_4_gib_is_walked_to_its_end(void **state)
{
	const uint64_t step = SAVEFILE_RECORD_BYTES + SAVEFILE_MAX_CAPLEN, frames = (UINT64_C(5) << 30) / step;
	uint8_t header[SAVEFILE_HEADER_BYTES], record[SAVEFILE_RECORD_BYTES];
	int fd = memfd_create("savefile", MFD_CLOEXEC);
	struct savefile_scan scan;
	uint64_t i;

	assert_int_not_equal(fd, -1);
	savefile_header(header, 1, SAVEFILE_MAX_CAPLEN, 0);
	assert_int_equal(pwrite(fd, header, sizeof(header), 0), sizeof(header));
	savefile_record(record, T0, SAVEFILE_MAX_CAPLEN, SAVEFILE_MAX_CAPLEN, 0);
	for (i = 0; i < frames; i++)
		assert_int_equal(
		    pwrite(fd, record, sizeof(record), (off_t)(sizeof(header) + i * step)), sizeof(record));
	assert_int_equal(ftruncate(fd, (off_t)(sizeof(header) + frames * step)), 0);
	assert_int_equal(savefile_scan(fd, STAMP_NONE, STAMP_NONE, &scan), 0);
	assert_int_equal(scan.frames, frames);
	assert_int_equal(scan.bytes, frames * SAVEFILE_MAX_CAPLEN);
	assert_int_equal(scan.valid_bytes, scan.file_bytes);
	assert_true(scan.file_bytes > UINT32_MAX);
	assert_int_equal(close(fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(header_and_records_are_those_of_pcap_savefile),
	    cmocka_unit_test(whole_file_is_valid_to_its_end),
	    cmocka_unit_test(fault_048_file_cut_at_any_byte_keeps_its_whole_records),
	    cmocka_unit_test(fault_049_zero_tail_is_not_packets),
	    cmocka_unit_test(fault_050_garbage_tail_is_not_packets),
	    cmocka_unit_test(fault_055_file_of_more_than_4_gib_is_walked_to_its_end),
	    cmocka_unit_test(fault_052_absurd_caplen_is_refused),
	    cmocka_unit_test(header_of_another_form_is_none_of_ours),
	    cmocka_unit_test(frames_larger_than_the_scan_block_are_stepped_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
