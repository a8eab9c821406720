#include <sys/mman.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "savefile.h"

#include "source.h"

/* Byte by byte, in either order. */
struct file {
	uint8_t bytes[512];
	size_t n;
	int is_big;
};

struct seen {
	unsigned frames;
	stamp_t times[4];
};

static void
put32(struct file *f, uint32_t v)
{
	uint32_t bytes = f->is_big ? __builtin_bswap32(v) : v;

	memcpy(f->bytes + f->n, &bytes, sizeof(bytes));
	f->n += sizeof(bytes);
}

static void
put_header(struct file *f, uint32_t magic, int is_big)
{
	f->n = 0;
	f->is_big = is_big;
	put32(f, magic);
	put32(f, is_big ? 2 << 16 | 4 : 2 | 4 << 16);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, 1);
}

static void
put_frame(struct file *f, uint32_t seconds, uint32_t fraction)
{
	put32(f, seconds);
	put32(f, fraction);
	put32(f, 4);
	put32(f, 60);
	put32(f, 0);
}

static int
never(void *cookie)
{
	fail_msg("a regular file keeps nobody waiting");
	return 1;
}

static void
note(void *cookie, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct seen *s = cookie;

	assert_int_equal(caplen, 4);
	assert_int_equal(len, 60);
	s->times[s->frames++] = time;
}

static void
read_all(const struct file *f, struct seen *seen)
{
	int fd = memfd_create("file", MFD_CLOEXEC), status;
	struct source *s;

	assert_int_equal(pwrite(fd, f->bytes, f->n, 0), (ssize_t)f->n);
	s = source_open_file(fd, "file", never, NULL, &status);
	assert_non_null(s);
	memset(seen, 0, sizeof(*seen));
	while (source_read(s, 1, note, seen) > 0)
		continue;
	source_close(s);
}

static void
fault_131_stamps_from_2038_to_2106_are_what_they_say(void **state)
{
	static const uint32_t seconds[] = {0x7fffffff, 0x80000000, 0xeaff8d80, 0xffffffff};
	struct file f;
	struct seen seen;
	unsigned i, form;

	for (form = 0; form < 4; form++) {
		put_header(&f, form & 1 ? 0xa1b23c4d : 0xa1b2c3d4, form >> 1);
		for (i = 0; i < 4; i++)
			put_frame(&f, seconds[i], 7);
		read_all(&f, &seen);
		assert_int_equal(seen.frames, 4);
		for (i = 0; i < 4; i++)
			assert_true(seen.times[i] == seconds[i] * STAMP_SECOND + (form & 1 ? 7 : 7000));
	}
}

/* A pcapng file of one interface and one frame, with stamps in microseconds since 1970. */
static void
put_pcapng(struct file *f, uint64_t microseconds)
{
	f->n = 0;
	f->is_big = 0;
	put32(f, 0x0a0d0d0a);
	put32(f, 28);
	put32(f, 0x1a2b3c4d);
	put32(f, 1);
	put32(f, UINT32_MAX);
	put32(f, UINT32_MAX);
	put32(f, 28);
	put32(f, 1);
	put32(f, 20);
	put32(f, 1);
	put32(f, 65535);
	put32(f, 20);
	put32(f, 6);
	put32(f, 36);
	put32(f, 0);
	put32(f, (uint32_t)(microseconds >> 32));
	put32(f, (uint32_t)microseconds);
	put32(f, 4);
	put32(f, 60);
	put32(f, 0);
	put32(f, 36);
}

static void
stamps_that_no_clock_shows_are_the_last_that_can_be_told(void **state)
{
	static const uint64_t stamps[] = {INT64_MAX / 1000 - 1, INT64_MAX / 1000 + 1, INT64_MAX, UINT64_MAX};
	struct file f;
	struct seen seen;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
		put_pcapng(&f, stamps[i]);
		read_all(&f, &seen);
		assert_int_equal(seen.frames, 1);
		/* One nanosecond more can still be told: that is where what was seen ends. */
		assert_true(seen.times[0] < INT64_MAX);
		assert_true(i == 0 ? seen.times[0] == (stamp_t)stamps[0] * 1000 : seen.times[0] == INT64_MAX - 1);
	}
}

static void
file_and_walk_of_it_see_the_same_stamps(void **state)
{
	struct savefile_scan scan;
	struct file f;
	struct seen seen;
	int fd;

	put_header(&f, 0xa1b2c3d4, 0);
	put_frame(&f, 1795132800, 999999);
	put_frame(&f, 0xc0000000, 0);
	read_all(&f, &seen);
	fd = memfd_create("file", MFD_CLOEXEC);
	assert_int_equal(pwrite(fd, f.bytes, f.n, 0), (ssize_t)f.n);
	assert_int_equal(savefile_scan(fd, STAMP_NONE, STAMP_NONE, &scan), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(scan.frames, seen.frames);
	assert_true(scan.first_frame == seen.times[0] && scan.last_frame == seen.times[1]);
}

static void
what_is_held_waits_with_all_that_is_behind_it_and_then_comes_in_order(void **state)
{
	const stamp_t second = STAMP_SECOND, t = 1795132800 * second;
	struct source_counts counts;
	struct source *s;
	struct file f;
	struct seen seen;
	int fd = memfd_create("file", MFD_CLOEXEC), status;

	put_header(&f, 0xa1b2c3d4, 0);
	put_frame(&f, 1795132800, 0);
	put_frame(&f, 1795132801, 0);
	put_frame(&f, 1795132800, 500000);
	put_frame(&f, 1795132802, 0);
	assert_int_equal(pwrite(fd, f.bytes, f.n, 0), (ssize_t)f.n);
	s = source_open_file(fd, "file", never, NULL, &status);
	assert_non_null(s);
	memset(&seen, 0, sizeof(seen));
	source_hold(s, t + second);
	assert_false(source_is_held(s));
	assert_int_equal(source_read(s, 8, note, &seen), 1);
	assert_true(source_is_held(s));
	assert_int_equal(source_read(s, 8, note, &seen), 0);
	source_count(s, &counts);
	assert_int_equal(counts.handed, 1);
	/* A later hold lets out what it does not concern. */
	source_hold(s, t + 2 * second);
	assert_false(source_is_held(s));
	assert_int_equal(source_read(s, 8, note, &seen), 2);
	assert_true(source_is_held(s));
	source_hold(s, INT64_MAX);
	assert_int_equal(source_read(s, 8, note, &seen), 1);
	assert_int_equal(source_read(s, 8, note, &seen), 0);
	assert_int_equal(seen.frames, 4);
	assert_true(seen.times[0] == t && seen.times[1] == t + second && seen.times[2] == t + second / 2 &&
		    seen.times[3] == t + 2 * second);
	source_count(s, &counts);
	assert_int_equal(counts.handed, 4);
	source_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fault_131_stamps_from_2038_to_2106_are_what_they_say),
	    cmocka_unit_test(stamps_that_no_clock_shows_are_the_last_that_can_be_told),
	    cmocka_unit_test(file_and_walk_of_it_see_the_same_stamps),
	    cmocka_unit_test(what_is_held_waits_with_all_that_is_behind_it_and_then_comes_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
