#include "steps.h"
#include "streams.h"

#define SLICE_NS (300 * STAMP_SECOND)

static void
put_slice(struct spool *s, stamp_t from, unsigned frames)
{
	struct slice_record r;
	int fd;

	streams_draft(&r, from, from + SLICE_NS);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	streams_fill(fd, from, frames);
	streams_close(fd, &r);
	assert_int_equal(spool_commit(s, &r), 0);
}

static void
new_stream_starts_at_number_one_and_remembers_its_source(void **state)
{
	struct spool *s = streams_open();

	assert_int_equal(spool_next(s), 1);
	assert_string_equal(spool_head(s), "");
	assert_true(spool_covered(s) == STAMP_NONE);
	assert_int_equal(spool_source(s), SPOOL_LIVE);
	assert_string_equal(spool_end(s)->reason, "");
	spool_close(s);
	assert_null(spool_open(streams_statefd, STREAMS_CASE, STREAMS_IAP, SPOOL_FILE, 1));
	assert_int_equal(errno, EEXIST);
	s = spool_open(streams_statefd, STREAMS_CASE, STREAMS_IAP, SPOOL_FILE, 0);
	assert_non_null(s);
	spool_close(s);
	assert_null(spool_open(streams_statefd, "other", STREAMS_IAP, SPOOL_LIVE, 0));
	assert_int_equal(errno, ENOENT);
	assert_null(spool_open(streams_statefd, "../x", STREAMS_IAP, SPOOL_LIVE, 1));
	assert_int_equal(errno, EINVAL);
}

static void
slices_and_gaps_chain_and_tile(void **state)
{
	struct spool *s = streams_open();
	struct gap_record g;

	put_slice(s, STREAMS_T0, 3);
	put_slice(s, STREAMS_T0 + SLICE_NS, 0);
	streams_gap(&g, STREAMS_T0 + 2 * SLICE_NS, STREAMS_T0 + 4 * SLICE_NS);
	assert_int_equal(spool_commit_gap(s, &g), 0);
	assert_int_equal(g.head.seq, 3);
	put_slice(s, STREAMS_T0 + 4 * SLICE_NS, 1);
	assert_int_equal(spool_head_seq(s), 4);
	assert_true(spool_covered(s) == STREAMS_T0 + 5 * SLICE_NS);
	spool_close(s);
	assert_int_equal(streams_check(STREAMS_CASE), 4);
}

static void
fault_054_slice_of_no_packets_is_published_like_any(void **state)
{
	struct spool *s = streams_open();

	put_slice(s, STREAMS_T0, 0);
	spool_close(s);
	assert_int_equal(streams_check(STREAMS_CASE), 1);
}

static void
records_are_published_in_the_order_of_numbers_only(void **state)
{
	struct spool *s = streams_open();
	struct slice_record a, b;
	struct gap_record g;
	int fda, fdb;

	streams_draft(&a, STREAMS_T0, STREAMS_T0 + SLICE_NS);
	streams_draft(&b, STREAMS_T0 + SLICE_NS, STREAMS_T0 + 2 * SLICE_NS);
	assert_int_equal(spool_take(s, &a, &fda), 0);
	assert_int_equal(spool_take(s, &b, &fdb), 0);
	assert_int_equal(spool_open_count(s), 2);
	streams_fill(fda, STREAMS_T0, 1);
	streams_fill(fdb, STREAMS_T0 + SLICE_NS, 1);
	streams_close(fda, &a);
	streams_close(fdb, &b);
	assert_int_equal(spool_commit(s, &b), -1);
	assert_int_equal(errno, EINVAL);
	streams_gap(&g, STREAMS_T0, STREAMS_T0);
	assert_int_equal(spool_commit_gap(s, &g), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(spool_commit(s, &a), 0);
	assert_int_equal(spool_commit(s, &b), 0);
	spool_close(s);
	assert_int_equal(streams_check(STREAMS_CASE), 2);
}

static void
same_commit_twice_changes_nothing(void **state)
{
	struct spool *s = streams_open();
	struct slice_record r;
	struct gap_record g;
	char head[DIGEST_HEX];
	int fd;

	put_slice(s, STREAMS_T0, 1);
	streams_draft(&r, STREAMS_T0 + SLICE_NS, STREAMS_T0 + 2 * SLICE_NS);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	streams_fill(fd, STREAMS_T0 + SLICE_NS, 2);
	streams_close(fd, &r);
	assert_int_equal(spool_commit(s, &r), 0);
	strcpy(head, spool_head(s));
	assert_int_equal(spool_commit(s, &r), 0);
	assert_string_equal(spool_head(s), head);
	r.frames++;
	assert_int_equal(spool_commit(s, &r), -1);
	assert_int_equal(errno, EEXIST);
	streams_gap(&g, STREAMS_T0 + 2 * SLICE_NS, STREAMS_T0 + 3 * SLICE_NS);
	assert_int_equal(spool_commit_gap(s, &g), 0);
	assert_int_equal(spool_commit_gap(s, &g), 0);
	spool_close(s);
	assert_int_equal(streams_check(STREAMS_CASE), 3);
}

static void
numbers_are_never_used_again(void **state)
{
	struct spool *s = streams_open();
	struct slice_record r;
	int fd;

	put_slice(s, STREAMS_T0, 1);
	assert_int_equal(spool_remove(s, 1), 0);
	assert_int_equal(spool_remove(s, 1), 0);
	spool_close(s);
	s = streams_open();
	streams_draft(&r, STREAMS_T0 + SLICE_NS, STREAMS_T0 + 2 * SLICE_NS);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	assert_int_equal(r.head.seq, 2);
	(void)close(fd);
	spool_close(s);
	/* A number whose slice was never written is not taken again either. */
	s = streams_open();
	streams_draft(&r, STREAMS_T0 + SLICE_NS, STREAMS_T0 + 2 * SLICE_NS);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	assert_int_equal(r.head.seq, 3);
	(void)close(fd);
	spool_close(s);
}

static void
lost_state_beside_numbers_starts_no_second_count(void **state)
{
	struct spool *s = streams_open();

	put_slice(s, STREAMS_T0, 1);
	assert_int_equal(unlinkat(spool_dirfd(s), "state", 0), 0);
	spool_close(s);
	assert_null(spool_open(streams_statefd, STREAMS_CASE, STREAMS_IAP, SPOOL_LIVE, 1));
	assert_int_equal(errno, EBADMSG);
}

static void
unreadable_state_is_left_alone(void **state)
{
	struct spool *s = streams_open();
	struct buf text = BUF_INIT;
	int fd;

	put_slice(s, STREAMS_T0, 1);
	fd = openat(spool_dirfd(s), "state", O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 1), 1);
	(void)close(fd);
	fd = dup(spool_dirfd(s));
	spool_close(s);
	assert_null(spool_open(streams_statefd, STREAMS_CASE, STREAMS_IAP, SPOOL_LIVE, 1));
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(fsio_load(fd, "state", 65536, &text), 0);
	assert_int_equal(text.data[1], 'x');
	buf_free(&text);
	(void)close(fd);
}

static void
end_is_remembered_until_the_stream_goes_on(void **state)
{
	struct spool *s = streams_open();
	struct slice_record r;
	int fd;

	put_slice(s, STREAMS_T0, 1);
	assert_int_equal(spool_mark_ended(s, "not_after", 1, STREAMS_T0 + SLICE_NS), 0);
	spool_close(s);
	s = streams_open();
	assert_string_equal(spool_end(s)->reason, "not_after");
	assert_int_equal(spool_end(s)->revision, 1);
	assert_true(spool_end(s)->at == STREAMS_T0 + SLICE_NS);
	streams_draft(&r, STREAMS_T0 + SLICE_NS, STREAMS_T0 + 2 * SLICE_NS);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	(void)close(fd);
	spool_close(s);
	s = streams_open();
	assert_string_equal(spool_end(s)->reason, "");
	spool_close(s);
}

/* Events that stand in the draft of the only slice that is open, as the disk has it. */
static size_t
drafted(void)
{
	struct spool *s = streams_open();
	size_t n;

	assert_int_equal(spool_open_count(s), 1);
	n = spool_open_draft(s, 0)->access.count;
	assert_int_equal(spool_open_draft(s, 0)->access.is_told, n > 0);
	spool_close(s);
	return n;
}

static void
events_join_the_draft_of_an_open_slice_all_or_none(void **state)
{
	struct access_event two[2] = {
	    {.kind = ACCESS_SERVICE_CHANGED, .time = STREAMS_T0, .until = STAMP_NONE, .method = "dhcpv4"},
	    {.kind = ACCESS_SERVICE_CHANGED, .time = STREAMS_T0 + 1, .until = STAMP_NONE, .method = "dhcpv6"}};
	struct access_list list = {.at = two, .count = 2};
	struct spool *s = streams_open();
	struct slice_record r;
	int fd;

	streams_draft(&r, STREAMS_T0, STREAMS_T0 + SLICE_NS);
	assert_int_equal(spool_take(s, &r, &fd), 0);
	(void)close(fd);
	assert_int_equal(spool_note(s, 2, &list), -1);
	assert_int_equal(errno, ENOENT);
	steps_write_error = ENOSPC;
	assert_int_equal(spool_note(s, 1, &list), -1);
	assert_int_equal(errno, ENOSPC);
	steps_write_error = 0;
	/* What changes the state next says nothing of what could not be written, which is tried again. */
	assert_int_equal(spool_doubt(s, 1), 0);
	assert_int_equal(drafted(), 0);
	assert_int_equal(spool_note(s, 1, &list), 0);
	assert_int_equal(drafted(), 2);
	spool_close(s);
}

static void
strangers_are_counted_and_left_out(void **state)
{
	struct spool *s = streams_open();
	struct spool_number *list;
	size_t count, strangers;
	static const char *const names[] = {"0000000002.pcap.bak", "2.pcap", "core", "0000000000.pcap", ".state.tmp"};
	size_t i;

	put_slice(s, STREAMS_T0, 1);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(fsio_put(spool_dirfd(s), names[i], "x", 1, 0600), 0);
	assert_int_equal(spool_list(s, &list, &count, &strangers), 0);
	assert_int_equal(count, 1);
	assert_int_equal(list[0].has, SPOOL_HAS_RECORD | SPOOL_HAS_PCAP);
	assert_int_equal(strangers, 4);
	free(list);
	spool_close(s);
}

static int
note_stream(void *cookie, const char *case_id, const char *iap)
{
	struct buf *b = cookie;

	return buf_printf(b, "%s/%s ", case_id, iap);
}

static void
streams_are_found_in_byte_order_and_nothing_else(void **state)
{
	static const char *const made[] = {"spool/b/x", "spool/a/y", "spool/a/x", "spool/..b/x", "spool/c/_"};
	struct buf b = BUF_INIT;
	size_t i;

	assert_int_equal(spool_each_stream(streams_statefd, "spool", note_stream, &b), 0);
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		(void)close(fsio_mkdirs(streams_statefd, made[i], 0755));
	assert_int_equal(symlinkat("a", streams_statefd, "spool/d"), 0);
	assert_int_equal(spool_each_stream(streams_statefd, "spool", note_stream, &b), 0);
	assert_string_equal(b.data, "a/x a/y b/x ");
	buf_free(&b);
}

/* Take, fill, close, commit; the gap behind it. */
static void
work(void *cookie)
{
	struct spool *s = streams_open();
	struct gap_record g;

	put_slice(s, STREAMS_T0, 2);
	streams_gap(&g, STREAMS_T0 + SLICE_NS, STREAMS_T0 + 2 * SLICE_NS);
	assert_int_equal(spool_commit_gap(s, &g), 0);
	put_slice(s, STREAMS_T0 + 2 * SLICE_NS, 1);
	spool_close(s);
}

static void
fault_135_stream_killed_at_any_step_opens_again_and_lowers_no_number(void **state)
{
	uint64_t last = 0;
	struct spool *s;
	int done = 0;
	long n;

	for (n = 0; !done; n++) {
		assert_int_equal(streams_set_up(NULL), 0);
		done = steps_run(n, work, NULL);
		s = streams_open();
		assert_true(spool_next(s) >= last);
		assert_true(spool_head_seq(s) < spool_next(s));
		last = spool_next(s);
		spool_close(s);
		assert_int_equal(streams_tear_down(NULL), 0);
	}
	assert_int_equal(last, 4);
	assert_int_equal(streams_set_up(NULL), 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, streams_set_up, streams_tear_down)
	const struct CMUnitTest tests[] = {
	    T(new_stream_starts_at_number_one_and_remembers_its_source),
	    T(slices_and_gaps_chain_and_tile),
	    T(fault_054_slice_of_no_packets_is_published_like_any),
	    T(records_are_published_in_the_order_of_numbers_only),
	    T(same_commit_twice_changes_nothing),
	    T(numbers_are_never_used_again),
	    T(lost_state_beside_numbers_starts_no_second_count),
	    T(unreadable_state_is_left_alone),
	    T(end_is_remembered_until_the_stream_goes_on),
	    T(events_join_the_draft_of_an_open_slice_all_or_none),
	    T(strangers_are_counted_and_left_out),
	    T(streams_are_found_in_byte_order_and_nothing_else),
	    T(fault_135_stream_killed_at_any_step_opens_again_and_lowers_no_number),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
