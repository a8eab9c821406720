#include <fcntl.h>

#include "buf.h"
#include "fsio.h"
#include "receipts.h"
#include "scratch.h"

#define HASH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DAY (20000 * STAMP_DAY)

static struct receipt
make(uint64_t seq)
{
	struct receipt r = {.case_id = "LI-1",
	    .iap = "t",
	    .day = DAY,
	    .seq = seq,
	    .sha256 = HASH,
	    .bytes = 1,
	    .destination = "lea",
	    .location = "file:///x",
	    .peer = "local",
	    .method = "read-back",
	    .attempts = 1,
	    .published = DAY + 1};

	names_package(r.file, "LI-1", "t", seq, ".tar");
	return r;
}

static struct receipts *
open_them(int *statefd)
{
	struct receipts *r;

	*statefd = fsio_opendir(scratch_dir);
	assert_int_not_equal(*statefd, -1);
	r = receipts_open(*statefd, "LI-1", "t", "lea");
	assert_non_null(r);
	return r;
}

static void
put(struct receipts *r, uint64_t seq)
{
	struct receipt one = make(seq);

	assert_int_equal(receipts_put(r, &one), 0);
}

/* The chain of numbers 1 to n: each names the hash of the one before. */
static void
check_chain(const uint64_t *seqs, uint64_t n)
{
	char prev[DIGEST_HEX] = "", name[RECEIPT_NAME_ROOM];
	struct buf text = BUF_INIT;
	struct receipt r;
	int fd = fsio_opendir(scratch_path("receipts/LI-1/t"));

	assert_int_not_equal(fd, -1);
	for (uint64_t i = 0; i < n; i++) {
		struct receipt want = make(seqs[i]);

		buf_clear(&text);
		assert_int_equal(fsio_load(fd, receipt_name(name, want.file, "lea"), RECEIPT_MAX_BYTES, &text), 0);
		assert_int_equal(receipt_parse(text.data, text.len, &r), 0);
		assert_true(r.number == i + 1);
		assert_string_equal(r.prev, prev);
		assert_int_equal(digest_hex_of(text.data, text.len, prev), 0);
	}
	buf_free(&text);
	(void)close(fd);
}

static void
receipts_make_a_chain_across_runs(void **state)
{
	static const uint64_t seqs[] = {3, 1, 2, 9};
	int statefd;
	struct receipts *r;

	for (size_t i = 0; i < 4; i++) {
		r = open_them(&statefd);
		put(r, seqs[i]);
		receipts_close(r);
		(void)close(statefd);
	}
	check_chain(seqs, 4);
	scratch_remove("receipts");
}

static void
the_chain_goes_on_where_file_times_lie(void **state)
{
	static const uint64_t seqs[] = {1, 2, 3};
	const struct timespec future[2] = {{2000000000, 0}, {2000000000, 0}};
	int statefd;
	struct receipts *r = open_them(&statefd);

	put(r, 1);
	put(r, 2);
	receipts_close(r);
	assert_int_equal(utimensat(statefd, "receipts/LI-1/t/LI-1_t_0000000001.tar.lea.receipt", future, 0), 0);
	(void)close(statefd);
	r = open_them(&statefd);
	put(r, 3);
	receipts_close(r);
	(void)close(statefd);
	check_chain(seqs, 3);
	scratch_remove("receipts");
}

static void
each_destination_has_a_chain_of_its_own(void **state)
{
	int statefd;
	struct receipts *r = open_them(&statefd), *other = receipts_open(statefd, "LI-1", "t", "x-lea");
	struct receipt one = make(1);

	assert_non_null(other);
	put(r, 1);
	(void)snprintf(one.destination, sizeof one.destination, "x-lea");
	assert_int_equal(receipts_put(other, &one), 0);
	assert_true(one.number == 1);
	receipts_close(r);
	receipts_close(other);
	(void)close(statefd);
	scratch_remove("receipts");
}

static void
a_receipt_is_never_replaced(void **state)
{
	static const uint64_t seqs[] = {1};
	int statefd;
	struct receipts *r = open_them(&statefd);
	struct receipt again = make(1);

	put(r, 1);
	scratch_listen();
	assert_int_equal(receipts_put(r, &again), -1);
	scratch_heard();
	scratch_expect("receipts/LI-1/t/LI-1_t_0000000001.tar.lea.receipt: File exists");
	receipts_close(r);
	(void)close(statefd);
	check_chain(seqs, 1);
	scratch_remove("receipts");
}

static void
fault_109_a_receipt_under_another_name_is_none(void **state)
{
	int statefd;
	struct receipts *r = open_them(&statefd);
	struct receipt one;

	put(r, 1);
	assert_int_equal(renameat(statefd, "receipts/LI-1/t/LI-1_t_0000000001.tar.lea.receipt", statefd,
			     "receipts/LI-1/t/LI-1_t_0000000002.tar.lea.receipt"),
	    0);
	scratch_listen();
	assert_int_equal(receipts_get(r, "LI-1_t_0000000002.tar", DAY, &one), -1);
	assert_int_equal(errno, EBADMSG);
	scratch_heard();
	scratch_expect("receipts/LI-1/t/LI-1_t_0000000002.tar.lea.receipt: is the receipt of something else");
	assert_int_equal(receipts_get(r, "LI-1_t_0000000001.tar", DAY, &one), 0);
	receipts_close(r);
	(void)close(statefd);
	scratch_remove("receipts");
}

static void
a_damaged_receipt_is_said_and_stops_the_chain(void **state)
{
	int statefd;
	struct receipts *r = open_them(&statefd);
	struct receipt one;

	put(r, 1);
	receipts_close(r);
	(void)close(statefd);
	(void)chmod(scratch_path("receipts/LI-1/t/LI-1_t_0000000001.tar.lea.receipt"), 0644);
	scratch_puts("receipts/LI-1/t/LI-1_t_0000000001.tar.lea.receipt", "{}\n");
	r = open_them(&statefd);
	scratch_listen();
	assert_int_equal(receipts_get(r, "LI-1_t_0000000001.tar", DAY, &one), -1);
	scratch_heard();
	scratch_expect("0000000001.tar.lea.receipt");
	one = make(2);
	scratch_listen();
	assert_int_equal(receipts_put(r, &one), -1);
	scratch_heard();
	scratch_expect("0000000001.tar.lea.receipt");
	receipts_close(r);
	(void)close(statefd);
	scratch_remove("receipts");
}

static void
fault_109_a_chain_that_is_broken_is_seen(void **state)
{
	int statefd, fd;
	struct receipts *r = open_them(&statefd);

	(void)state;
	for (uint64_t seq = 1; seq <= 70; seq++)
		put(r, seq);
	fd = receipts_dirfd(r);
	assert_int_equal(receipts_check(fd, "lea", "receipts/LI-1/t"), 1);
	assert_int_equal(receipts_check(fd, "other", "receipts/LI-1/t"), 1);
	assert_int_equal(receipts_has_own(r, "LI-1_t_0000000003.tar", DAY), 1);
	/* One under another's name. */
	assert_int_equal(
	    linkat(fd, "LI-1_t_0000000003.tar.lea.receipt", fd, "LI-1_t_0000000071.tar.lea.receipt", 0), 0);
	scratch_listen();
	assert_int_equal(receipts_check(fd, "lea", "receipts/LI-1/t"), 0);
	scratch_heard();
	scratch_expect("LI-1_t_0000000071.tar.lea.receipt: is damaged, or the receipt of something else");
	assert_int_equal(receipts_has_own(r, "LI-1_t_0000000071.tar", DAY), 0);
	assert_int_equal(unlinkat(fd, "LI-1_t_0000000071.tar.lea.receipt", 0), 0);
	/* One taken out. */
	assert_int_equal(unlinkat(fd, "LI-1_t_0000000003.tar.lea.receipt", 0), 0);
	scratch_listen();
	assert_int_equal(receipts_check(fd, "lea", "receipts/LI-1/t"), 0);
	scratch_heard();
	scratch_expect("the chain of receipts of lea is broken at number 3");
	receipts_close(r);
	(void)close(statefd);
	scratch_remove("receipts");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(receipts_make_a_chain_across_runs),
	    cmocka_unit_test(the_chain_goes_on_where_file_times_lie),
	    cmocka_unit_test(each_destination_has_a_chain_of_its_own),
	    cmocka_unit_test(a_receipt_is_never_replaced),
	    cmocka_unit_test(fault_109_a_receipt_under_another_name_is_none),
	    cmocka_unit_test(fault_109_a_chain_that_is_broken_is_seen),
	    cmocka_unit_test(a_damaged_receipt_is_said_and_stops_the_chain),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
