#include "recover.h"
#include "steps.h"
#include "streams.h"

#define SLICE_NS (300 * STAMP_SECOND)
#define NOW (STREAMS_T0 + STAMP_DAY / 2)
#define FRAMES 4
#define WHOLE (SAVEFILE_HEADER_BYTES + FRAMES * (SAVEFILE_RECORD_BYTES + 60))

static char said[512];

static void
note(void *cookie, const char *case_id, uint64_t seq, const char *what)
{
	size_t n = strlen(said);

	(void)snprintf(said + n, sizeof(said) - n, "%s%d %s", n > 0 ? ", " : "", (int)seq, what);
}

static void
recover(void)
{
	said[0] = '\0';
	assert_int_equal(
	    recover_iap(&(struct recover_config){streams_statefd, STREAMS_IAP, NOW, NULL, 0}, note, NULL), 0);
}

/* Number 1 with FRAMES frames is left as a part; returns the folder. */
static struct spool *
leave_part_of(const char *boot_id, stamp_t from)
{
	struct spool *s = streams_open();
	struct slice_record r;
	int fd;

	streams_draft(&r, from, from + SLICE_NS);
	if (boot_id != NULL)
		strcpy(r.open.boot_id, boot_id);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	streams_fill(fd, from, FRAMES);
	assert_int_equal(close(fd), 0);
	return s;
}

static struct spool *
leave_part(stamp_t from)
{
	return leave_part_of(NULL, from);
}

static void
load_record(uint64_t seq, struct slice_record *r)
{
	struct spool *s = streams_open();
	struct buf text = BUF_INIT;

	assert_int_equal(spool_load_record(s, seq, &text), 0);
	assert_int_equal(slice_record_parse(text.data, text.len, r), 0);
	buf_free(&text);
	spool_close(s);
}

static int
open_file(const char *name, int flags)
{
	struct spool *s = streams_open();
	int fd = openat(spool_dirfd(s), name, flags | O_CLOEXEC);

	spool_close(s);
	return fd;
}

static void
whole_part_becomes_a_slice_without_raw(void **state)
{
	struct slice_record r;

	spool_close(leave_part(STREAMS_T0));
	recover();
	assert_string_equal(said, "1 recovered");
	assert_int_equal(streams_check(STREAMS_CASE), 1);
	load_record(1, &r);
	assert_int_equal(r.state, SLICE_RECOVERED);
	assert_int_equal(r.rolled, SLICE_WAS_RECOVERED);
	assert_int_equal(r.frames, FRAMES);
	assert_true(r.head.to == STREAMS_T0 + (FRAMES - 1) * STAMP_SECOND + 1);
	assert_int_equal(open_file("0000000001.raw", O_RDONLY), -1);
	recover();
	assert_string_equal(said, "");
}

/* Drops, gaps and a full disk are in memory until the slice is closed: after a crash "zero" would be a guess. */
static void
recovered_slice_never_claims_that_nothing_was_lost(void **state)
{
	struct slice_record r;

	spool_close(leave_part(STREAMS_T0));
	recover();
	load_record(1, &r);
	assert_int_equal(r.shared_loss, 1);
	assert_true(r.loss_from == r.head.from && r.loss_to == r.head.to);
}

/* The first part of the file, which has the whole of the written bytes in it, is what the raw must hold. */
static void
expect_raw(const uint8_t *original, size_t n)
{
	uint8_t found[4096];
	int fd = open_file("0000000001.raw", O_RDONLY);

	assert_int_not_equal(fd, -1);
	assert_int_equal(read(fd, found, sizeof(found)), (ssize_t)n);
	assert_memory_equal(found, original, n);
	(void)close(fd);
}

static void
fault_048_part_cut_at_any_byte_keeps_its_whole_frames_and_the_original(void **state)
{
	uint8_t original[WHOLE];
	struct slice_record r;
	unsigned frames;
	size_t n;
	int fd;

	for (n = 0; n <= WHOLE; n++) {
		assert_int_equal(streams_tear_down(NULL), 0);
		assert_int_equal(streams_set_up(NULL), 0);
		spool_close(leave_part(STREAMS_T0));
		fd = open_file("0000000001.part", O_RDWR);
		assert_int_equal(ftruncate(fd, (off_t)n), 0);
		assert_int_equal(pread(fd, original, sizeof(original), 0), (ssize_t)n);
		(void)close(fd);
		recover();
		assert_int_equal(streams_check(STREAMS_CASE), 1);
		load_record(1, &r);
		frames = n < SAVEFILE_HEADER_BYTES
			     ? 0
			     : (unsigned)(n - SAVEFILE_HEADER_BYTES) / (SAVEFILE_RECORD_BYTES + 60);
		assert_int_equal(r.frames, frames);
		if (n > 0 && n != SAVEFILE_HEADER_BYTES + frames * (SAVEFILE_RECORD_BYTES + 60))
			expect_raw(original, n);
		else
			assert_int_equal(open_file("0000000001.raw", O_RDONLY), -1);
	}
}

static void
recover_with_tail(const uint8_t *tail, size_t n)
{
	struct slice_record r;
	uint8_t original[WHOLE + 1000];
	int fd;

	spool_close(leave_part(STREAMS_T0));
	fd = open_file("0000000001.part", O_RDWR | O_APPEND);
	assert_int_equal(write(fd, tail, n), (ssize_t)n);
	assert_int_equal(pread(fd, original, sizeof(original), 0), (ssize_t)(WHOLE + n));
	(void)close(fd);
	recover();
	assert_int_equal(streams_check(STREAMS_CASE), 1);
	load_record(1, &r);
	assert_int_equal(r.frames, FRAMES);
	assert_int_equal(r.file_bytes, WHOLE);
	expect_raw(original, WHOLE + n);
}

static void
fault_049_zero_tail_of_a_part_is_cut_and_kept_as_raw(void **state)
{
	static const uint8_t zeros[1000];

	recover_with_tail(zeros, sizeof(zeros));
}

#define BEFORE (WHOLE + 2 * (SAVEFILE_RECORD_BYTES + 1800))
#define LAST (SAVEFILE_RECORD_BYTES + 600)

/* Behind whole frames one of 600 bytes, in which, from ${zero_from} of the file on, zeros stand; and ${zeros} behind it. */
static void
recover_last(const char *boot_id, size_t zero_from, size_t zeros, struct slice_record *r)
{
	uint8_t record[SAVEFILE_RECORD_BYTES + 1800], nothing[600] = {0};
	unsigned i;
	int fd;

	assert_int_equal(streams_tear_down(NULL), 0);
	assert_int_equal(streams_set_up(NULL), 0);
	spool_close(leave_part_of(boot_id, STREAMS_T0));
	fd = open_file("0000000001.part", O_RDWR | O_APPEND);
	memset(record, 0x5a, sizeof(record));
	savefile_record(record, STREAMS_T0 + FRAMES * STAMP_SECOND, 1800, 1800, 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(write(fd, record, sizeof(record)), sizeof(record));
	savefile_record(record, STREAMS_T0 + (FRAMES + 1) * STAMP_SECOND, 600, 600, 0);
	memset(record + (zero_from - BEFORE), 0, LAST - (zero_from - BEFORE));
	assert_int_equal(write(fd, record, LAST), LAST);
	assert_int_equal(write(fd, nothing, zeros), (ssize_t)zeros);
	(void)close(fd);
	recover();
	assert_int_equal(streams_check(STREAMS_CASE), 1);
	load_record(1, r);
}

static void
raw_is(size_t n)
{
	int fd = open_file("0000000001.raw", O_RDONLY);

	if (n == 0)
		assert_int_equal(fd, -1);
	else
		assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)n);
	if (fd != -1)
		(void)close(fd);
}

static void
fault_049_frame_that_the_disk_has_not_all_of_is_no_frame(void **state)
{
	const size_t page = 4096;
	struct slice_record r;
	unsigned from, behind;

	assert_true(BEFORE + SAVEFILE_RECORD_BYTES < page && BEFORE + LAST > page);
	/* Zero from the beginning of a page on, or from the byte behind: that one was written. */
	for (from = 0; from < 2; from++) {
		for (behind = 0; behind < 2; behind++) {
			recover_last("a boot before", page + from, behind * 600, &r);
			assert_int_equal(r.frames, FRAMES + 2 + from);
			assert_int_equal(r.file_bytes, BEFORE + from * LAST);
			assert_true(r.last_frame == STREAMS_T0 + (FRAMES + from) * STAMP_SECOND);
			raw_is(from == 1 && behind == 0 ? 0 : BEFORE + LAST + behind * 600);
		}
	}
}

static void
fault_049_frame_that_ends_in_zeros_is_whole_where_no_page_can_be_missing(void **state)
{
	struct slice_record r;

	/* The process was killed: the kernel has what it wrote.  Zeros behind show that it has not. */
	recover_last(NULL, 4096, 0, &r);
	assert_int_equal(r.frames, FRAMES + 3);
	assert_int_equal(r.file_bytes, BEFORE + LAST);
	raw_is(0);
	recover_last(NULL, 4096, 600, &r);
	assert_int_equal(r.frames, FRAMES + 2);
	raw_is(BEFORE + LAST + 600);
}

static void
fault_049_frame_within_a_page_is_whole_however_many_zeros_it_ends_in(void **state)
{
	uint8_t record[SAVEFILE_RECORD_BYTES + 600] = {0};
	struct slice_record r;
	int fd;

	spool_close(leave_part_of("a boot before", STREAMS_T0));
	fd = open_file("0000000001.part", O_RDWR | O_APPEND);
	savefile_record(record, STREAMS_T0 + FRAMES * STAMP_SECOND, 600, 600, 0);
	assert_int_equal(write(fd, record, sizeof(record)), sizeof(record));
	(void)close(fd);
	recover();
	load_record(1, &r);
	assert_int_equal(r.frames, FRAMES + 1);
	raw_is(0);
}

static void
fault_050_garbage_tail_of_a_part_is_cut_and_kept_as_raw(void **state)
{
	uint8_t garbage[1000];
	size_t i;

	srandom(2);
	for (i = 0; i < sizeof(garbage); i++)
		garbage[i] = (uint8_t)random();
	recover_with_tail(garbage, sizeof(garbage));
}

static void
frames_stamped_outside_the_order_are_not_recovered(void **state)
{
	struct slice_record r;
	uint8_t record[SAVEFILE_RECORD_BYTES + 60] = {0};
	int fd;

	spool_close(leave_part(STREAMS_T0));
	fd = open_file("0000000001.part", O_RDWR | O_APPEND);
	savefile_record(record, STREAMS_T0 + STAMP_DAY, 60, 60, 0);
	assert_int_equal(write(fd, record, sizeof(record)), sizeof(record));
	(void)close(fd);
	recover();
	load_record(1, &r);
	assert_int_equal(r.frames, FRAMES);
}

static void
header_of_another_interface_is_no_slice_of_ours(void **state)
{
	struct slice_record r;
	int fd;

	spool_close(leave_part(STREAMS_T0));
	fd = open_file("0000000001.part", O_RDWR);
	assert_int_equal(pwrite(fd, "\x71", 1, 20), 1);
	(void)close(fd);
	recover();
	assert_int_equal(streams_check(STREAMS_CASE), 1);
	load_record(1, &r);
	assert_int_equal(r.frames, 0);
	assert_int_equal(r.linktype, 1);
	assert_true(r.head.to == r.head.from);
}

static void
events_of_a_slice_that_was_recovered_are_incomplete_but_what_was_held_is_known(void **state)
{
	struct access_event e = {
	    .kind = ACCESS_ASSIGNED, .time = STREAMS_T0, .until = STAMP_NONE, .family = 4, .bits = 32};
	struct spool *s = streams_open();
	struct slice_record r;
	int fd;

	(void)state;
	strcpy(e.method, "dhcpv4");
	streams_draft(&r, STREAMS_T0, STREAMS_T0 + SLICE_NS);
	r.access.is_told = 1;
	access_hold(&r.access, &e);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	slice_record_clear(&r);
	streams_fill(fd, STREAMS_T0, FRAMES);
	assert_int_equal(close(fd), 0);
	spool_close(s);
	recover();
	load_record(1, &r);
	assert_true(r.access.is_told && r.access.is_incomplete);
	assert_int_equal(r.access.held_count, 1);
	slice_record_clear(&r);
}

static void
number_without_a_part_becomes_a_gap(void **state)
{
	struct spool *s = leave_part(STREAMS_T0);

	assert_int_equal(unlinkat(spool_dirfd(s), "0000000001.part", 0), 0);
	spool_close(s);
	recover();
	assert_string_equal(said, "1 lost-number");
	assert_int_equal(streams_check(STREAMS_CASE), 1);
}

static void
fault_135_gap_that_was_not_published_loses_its_number_but_no_time(void **state)
{
	struct gap_record gap;
	struct spool *s;
	stamp_t covered;
	long step;
	int status;

	/* The first number of a stream: nothing else says which time it was for. */
	for (step = 0; step < 40; step++) {
		assert_int_equal(streams_set_up(state), 0);
		s = streams_open();
		if (fork() == 0) {
			memset(&gap, 0, sizeof(gap));
			streams_head(&gap.head, STREAMS_T0, STREAMS_T0 + STAMP_SECOND);
			gap.head.seq = 0;
			strcpy(gap.reason, "late-start");
			gap.written = STREAMS_T0;
			steps_left = step;
			_exit(spool_claim(s) == 0 && spool_commit_gap(s, &gap) == 0 ? 0 : 1);
		}
		assert_true(wait(&status) > 0);
		spool_close(s);
		assert_int_equal(recover_iap(&(struct recover_config){streams_statefd, STREAMS_IAP,
						 STREAMS_T0 + STAMP_DAY, NULL, 0},
				     note, NULL),
		    0);
		s = streams_open();
		covered = spool_covered(s);
		assert_true(covered == STAMP_NONE || covered == STREAMS_T0 || covered == STREAMS_T0 + STAMP_SECOND);
		assert_int_equal(spool_open_count(s), 0);
		spool_close(s);
		if (WEXITSTATUS(status) == 0)
			break;
		assert_int_equal(WEXITSTATUS(status), STEPS_KILLED);
	}
	assert_in_range(step, 8, 39);
}

static void
two_open_slices_are_recovered_without_a_hole_between(void **state)
{
	struct spool *s = leave_part(STREAMS_T0);
	struct slice_record r;
	int fd;

	streams_draft(&r, STREAMS_T0 + SLICE_NS, STREAMS_T0 + 2 * SLICE_NS);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	streams_fill(fd, STREAMS_T0 + SLICE_NS, 1);
	(void)close(fd);
	spool_close(s);
	recover();
	assert_string_equal(said, "1 recovered, 2 recovered");
	assert_int_equal(streams_check(STREAMS_CASE), 2);
	load_record(1, &r);
	assert_true(r.head.to == STREAMS_T0 + SLICE_NS);
	assert_int_equal(r.gap_count, 1);
	assert_true(r.gaps[0].from == STREAMS_T0 + (FRAMES - 1) * STAMP_SECOND + 1);
	assert_true(r.gaps[0].to == STREAMS_T0 + SLICE_NS);
}

/* Behind a card the next slice begins where one was full, and a late frame's time is of the future. */
static void
window_of_a_slice_that_was_full_ends_where_the_next_begins_whatever_a_clock_ahead_showed(void **state)
{
	struct spool *s = streams_open();
	struct slice_record r;
	int fd;

	(void)state;
	streams_draft(&r, STREAMS_T0, STREAMS_T0 + SLICE_NS);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	streams_fill(fd, STREAMS_T0 + 3 * SLICE_NS, 1);
	(void)close(fd);
	streams_draft(&r, STREAMS_T0 + SLICE_NS / 3, STREAMS_T0 + SLICE_NS);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	streams_fill(fd, STREAMS_T0 + SLICE_NS / 3, 1);
	(void)close(fd);
	spool_close(s);
	recover();
	assert_string_equal(said, "1 recovered, 2 recovered");
	load_record(1, &r);
	assert_int_equal(r.frames, 1);
	assert_true(r.head.to == STREAMS_T0 + SLICE_NS / 3);
	assert_true(r.loss_to == r.head.to);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
first_of_two_open_slices_lost_is_a_gap_up_to_the_second(void **state)
{
	struct spool *s = leave_part(STREAMS_T0);
	struct slice_record r;
	int fd;

	streams_draft(&r, STREAMS_T0 + SLICE_NS, STREAMS_T0 + 2 * SLICE_NS);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	streams_fill(fd, STREAMS_T0 + SLICE_NS, 1);
	(void)close(fd);
	assert_int_equal(unlinkat(spool_dirfd(s), "0000000001.part", 0), 0);
	spool_close(s);
	recover();
	assert_string_equal(said, "1 lost-number, 2 recovered");
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
part_that_does_not_match_its_record_is_left_and_the_stream_goes_on(void **state)
{
	struct spool *s = leave_part(STREAMS_T0);
	struct spool_number *list;
	struct slice_record r = *spool_open_draft(s, 0);
	size_t count;
	int fd = openat(spool_dirfd(s), "0000000001.part", O_RDWR | O_CLOEXEC);

	streams_close(fd, &r);
	assert_int_equal(spool_adopt(s, &r), 0);
	fd = openat(spool_dirfd(s), "0000000001.part", O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "!", 1, 50), 1);
	(void)close(fd);
	spool_close(s);
	recover();
	s = streams_open();
	assert_int_equal(spool_list(s, &list, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(list[0].has, SPOOL_HAS_PART | SPOOL_HAS_RECORD);
	assert_int_equal(spool_head_seq(s), 1);
	free(list);
	spool_close(s);
}

static void
streams_of_other_points_are_not_touched(void **state)
{
	spool_close(leave_part(STREAMS_T0));
	said[0] = '\0';
	assert_int_equal(
	    recover_iap(&(struct recover_config){streams_statefd, "other", NOW, NULL, 0}, note, NULL), 0);
	assert_string_equal(said, "");
	assert_true(open_file("0000000001.part", O_RDONLY) != -1);
}

static void
one_unreadable_stream_keeps_no_other_from_recovery(void **state)
{
	struct spool *bad = spool_open(streams_statefd, "A-bad", STREAMS_IAP, SPOOL_LIVE, 1);

	assert_int_equal(fsio_replace(spool_dirfd(bad), "state", "{}", 2, 0640), 0);
	spool_close(bad);
	spool_close(leave_part(STREAMS_T0));
	said[0] = '\0';
	scratch_listen();
	assert_int_equal(
	    recover_iap(&(struct recover_config){streams_statefd, STREAMS_IAP, NOW, NULL, 0}, note, NULL), -1);
	scratch_heard();
	scratch_expect("A-bad");
	assert_string_equal(said, "1 recovered");
}

static void
fault_135_recovery_beside_a_reader_says_nothing_again_and_leaves_alone_what_the_reader_has(void **state)
{
	const struct recover_config again = {streams_statefd, STREAMS_IAP, NOW, NULL, 1};
	struct recover_config first = again;
	struct spool *bad = spool_open(streams_statefd, "A-bad", STREAMS_IAP, SPOOL_LIVE, 1), *s;

	s = leave_part(STREAMS_T0);
	assert_int_equal(spool_claim(s), 0);
	said[0] = '\0';
	scratch_listen();
	assert_int_equal(recover_iap(&again, note, NULL), 0);
	scratch_heard();
	assert_string_equal(scratch_said, "");
	assert_string_equal(said, "");
	assert_true(open_file("0000000001.part", O_RDONLY) != -1);
	/* Where no reader can have it, it is perhaps not in order, and is come back to. */
	first.is_again = 0;
	scratch_listen();
	assert_int_equal(recover_iap(&first, note, NULL), -1);
	scratch_heard();
	assert_string_equal(scratch_said, "");
	spool_close(s);
	assert_int_equal(fsio_replace(spool_dirfd(bad), "state", "{}", 2, 0640), 0);
	spool_close(bad);
	scratch_listen();
	assert_int_equal(recover_iap(&again, note, NULL), -1);
	scratch_heard();
	assert_string_equal(scratch_said, "");
	assert_string_equal(said, "1 recovered");
}

static char order[2 * NAMES_CASE_ROOM];

static void
note_case(void *cookie, const char *case_id, uint64_t seq, const char *what)
{
	(void)snprintf(order + strlen(order), sizeof(order) - strlen(order), "%s ", case_id);
}

static void
stream_with_little_in_it_waits_for_none_with_much(void **state)
{
	struct slice_record r;
	struct spool *s;
	unsigned i;
	int fd;

	for (i = 0; i < 2; i++) {
		s = spool_open(streams_statefd, i == 0 ? "A-much" : "B-little", STREAMS_IAP, SPOOL_LIVE, 1);
		assert_non_null(s);
		streams_draft(&r, STREAMS_T0, STREAMS_T0 + SLICE_NS);
		strcpy(r.head.case_id, i == 0 ? "A-much" : "B-little");
		assert_int_equal(spool_take(s, &r, &fd), 0);
		streams_fill(fd, STREAMS_T0, i == 0 ? 100 : 1);
		(void)close(fd);
		spool_close(s);
	}
	order[0] = '\0';
	assert_int_equal(
	    recover_iap(&(struct recover_config){streams_statefd, STREAMS_IAP, NOW, NULL, 0}, note_case, NULL), 0);
	assert_string_equal(order, "B-little A-much ");
}

static void
fault_122_left_over_temporary_files_are_removed(void **state)
{
	struct spool *s = leave_part(STREAMS_T0);

	assert_int_equal(fsio_put(spool_dirfd(s), ".0000000001.raw.tmp", "x", 1, 0640), 0);
	assert_int_equal(fsio_put(spool_dirfd(s), ".0000000001.json.tmp", "x", 1, 0640), 0);
	spool_close(s);
	recover();
	assert_int_equal(open_file(".0000000001.raw.tmp", O_RDONLY), -1);
	assert_int_equal(open_file(".0000000001.json.tmp", O_RDONLY), -1);
	assert_int_equal(streams_check(STREAMS_CASE), 1);
}

/* A capture's life in small: two slices open at a time, a gap, an end. */
static void
capture(void *cookie)
{
	struct spool *s = streams_open();
	struct slice_record a, b;
	struct gap_record g;
	int fda, fdb;

	streams_draft(&a, STREAMS_T0, STREAMS_T0 + SLICE_NS);
	assert_int_equal(spool_take(s, &a, &fda), 0);
	streams_fill(fda, STREAMS_T0, 2);
	streams_draft(&b, STREAMS_T0 + SLICE_NS, STREAMS_T0 + 2 * SLICE_NS);
	assert_int_equal(spool_take(s, &b, &fdb), 0);
	streams_fill(fdb, STREAMS_T0 + SLICE_NS, 1);
	streams_close(fda, &a);
	assert_int_equal(spool_commit(s, &a), 0);
	streams_close(fdb, &b);
	assert_int_equal(spool_commit(s, &b), 0);
	streams_gap(&g, STREAMS_T0 + 2 * SLICE_NS, STREAMS_T0 + 3 * SLICE_NS);
	assert_int_equal(spool_commit_gap(s, &g), 0);
	assert_int_equal(spool_mark_ended(s, "not_after", 1, STREAMS_T0 + 3 * SLICE_NS), 0);
	spool_close(s);
}

static void
recover_work(void *cookie)
{
	(void)recover_iap(&(struct recover_config){streams_statefd, STREAMS_IAP, NOW, NULL, 0}, note, NULL);
}

static void
fault_135_capture_killed_at_any_step_is_put_in_order(void **state)
{
	int done = 0;
	long n;

	for (n = 0; !done; n++) {
		assert_int_equal(streams_tear_down(NULL), 0);
		assert_int_equal(streams_set_up(NULL), 0);
		done = steps_run(n, capture, NULL);
		spool_close(streams_open());
		recover();
		(void)streams_check(STREAMS_CASE);
		recover();
		assert_string_equal(said, "");
	}
	assert_int_equal(streams_check(STREAMS_CASE), 3);
}

static void
fault_135_recovery_killed_at_any_step_goes_on_with_the_original(void **state)
{
	uint8_t original[WHOLE];
	struct slice_record r;
	int done = 0, fd;
	long n;

	for (n = 0; !done; n++) {
		assert_int_equal(streams_tear_down(NULL), 0);
		assert_int_equal(streams_set_up(NULL), 0);
		spool_close(leave_part(STREAMS_T0));
		fd = open_file("0000000001.part", O_RDWR);
		assert_int_equal(ftruncate(fd, WHOLE - 30), 0);
		assert_int_equal(pread(fd, original, sizeof(original), 0), WHOLE - 30);
		(void)close(fd);
		done = steps_run(n, recover_work, NULL);
		recover();
		assert_int_equal(streams_check(STREAMS_CASE), 1);
		expect_raw(original, WHOLE - 30);
		load_record(1, &r);
		assert_int_equal(r.frames, FRAMES - 1);
		assert_int_equal(r.state, SLICE_RECOVERED);
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, streams_set_up, streams_tear_down)
	const struct CMUnitTest tests[] = {
	    T(whole_part_becomes_a_slice_without_raw),
	    T(recovered_slice_never_claims_that_nothing_was_lost),
	    T(fault_048_part_cut_at_any_byte_keeps_its_whole_frames_and_the_original),
	    T(fault_049_zero_tail_of_a_part_is_cut_and_kept_as_raw),
	    T(fault_049_frame_that_the_disk_has_not_all_of_is_no_frame),
	    T(fault_049_frame_that_ends_in_zeros_is_whole_where_no_page_can_be_missing),
	    T(fault_049_frame_within_a_page_is_whole_however_many_zeros_it_ends_in),
	    T(fault_050_garbage_tail_of_a_part_is_cut_and_kept_as_raw),
	    T(frames_stamped_outside_the_order_are_not_recovered),
	    T(header_of_another_interface_is_no_slice_of_ours),
	    T(events_of_a_slice_that_was_recovered_are_incomplete_but_what_was_held_is_known),
	    T(number_without_a_part_becomes_a_gap),
	    T(fault_135_gap_that_was_not_published_loses_its_number_but_no_time),
	    T(two_open_slices_are_recovered_without_a_hole_between),
	    T(window_of_a_slice_that_was_full_ends_where_the_next_begins_whatever_a_clock_ahead_showed),
	    T(first_of_two_open_slices_lost_is_a_gap_up_to_the_second),
	    T(part_that_does_not_match_its_record_is_left_and_the_stream_goes_on),
	    T(streams_of_other_points_are_not_touched),
	    T(one_unreadable_stream_keeps_no_other_from_recovery),
	    T(fault_135_recovery_beside_a_reader_says_nothing_again_and_leaves_alone_what_the_reader_has),
	    T(stream_with_little_in_it_waits_for_none_with_much),
	    T(fault_122_left_over_temporary_files_are_removed),
	    T(fault_135_capture_killed_at_any_step_is_put_in_order),
	    T(fault_135_recovery_killed_at_any_step_goes_on_with_the_original),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
