#include "purging.h"

#define IDENTITY "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define SPOOL "state/spool/" STREAMS_CASE "/" STREAMS_IAP "/0000000001"
#define QUARANTINE "state/quarantine/" STREAMS_CASE "/" STREAMS_IAP "/0000000001"

/* An encrypted case with three slices in the spool. */
static int
set_up(void **state)
{
	purging_encrypted(state, 3);
	return 0;
}

static long
from_fd(void *cookie, void *data, size_t room)
{
	return (long)fsio_read(*(int *)cookie, data, room);
}

/* What the LEA's key makes of a file in quarantine. */
static void
open_it(const char *name, struct buf *out)
{
	struct age_identities *ids = age_identities_parse(IDENTITY "\n", strlen(IDENTITY) + 1);
	int fd = open(scratch_path(name), O_RDONLY | O_CLOEXEC);
	struct age_reader *r = age_reader_new(ids, from_fd, &fd);
	char block[4096];
	long n;

	assert_int_not_equal(fd, -1);
	assert_non_null(r);
	while ((n = age_reader_read(r, block, sizeof(block))) > 0)
		assert_int_equal(buf_put(out, block, (size_t)n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(age_reader_state(r), AGE_GOOD);
	age_reader_free(r);
	age_identities_free(ids);
	assert_int_equal(close(fd), 0);
}

/* Nothing under the state folder holds the canary in the clear. */
static void
no_canary(void)
{
	purging_shell("! grep -rq CANARY state");
}

static void
promise_11_what_is_spoilt_of_an_encrypted_case_is_encrypted_too(void **state)
{
	struct buf was = BUF_INIT, is = BUF_INIT;

	(void)state;
	purging_shell("printf CANARY >>" SPOOL ".pcap; printf CANARY >" SPOOL ".raw");
	sealing_load(SPOOL ".pcap", &was);
	assert_int_equal(sealing_run_quietly(), 65);
	no_canary();
	assert_false(sealing_exists(SPOOL ".pcap"));
	assert_false(sealing_exists(QUARANTINE ".pcap"));
	open_it(QUARANTINE ".pcap.age", &is);
	assert_int_equal(is.len, was.len);
	assert_memory_equal(is.data, was.data, was.len);
	buf_clear(&is);
	open_it(QUARANTINE ".raw.age", &is);
	assert_int_equal(is.len, strlen("CANARY"));
	assert_true(purging_count("quarantine") == 1);
	assert_int_equal(sealing_run_quietly(), 0);
	buf_free(&was);
	buf_free(&is);
}

static void
a_name_that_is_taken_in_quarantine_gets_a_number(void **state)
{
	struct buf is = BUF_INIT;

	(void)state;
	purging_shell("mkdir -p state/quarantine/" STREAMS_CASE "/" STREAMS_IAP "; printf old >" QUARANTINE
		      ".pcap.age; printf half >state/quarantine/" STREAMS_CASE "/" STREAMS_IAP
		      "/.quarantined.age.part; printf CANARY >>" SPOOL ".pcap");
	assert_int_equal(sealing_run_quietly(), 65);
	no_canary();
	sealing_load(QUARANTINE ".pcap.age", &is);
	assert_int_equal(is.len, strlen("old"));
	buf_clear(&is);
	open_it(QUARANTINE ".pcap.age.2", &is);
	assert_true(is.len > strlen("CANARY"));
	assert_memory_equal(is.data + is.len - strlen("CANARY"), "CANARY", strlen("CANARY"));
	buf_free(&is);
}

static void
fault_056_what_is_no_file_is_moved_as_it_is_and_not_followed(void **state)
{
	struct stat st;

	(void)state;
	scratch_puts("outside", "CANARY that is not ours");
	purging_shell("rm " SPOOL ".pcap && ln -s ../../../../outside " SPOOL ".pcap");
	assert_int_equal(sealing_run_quietly(), 65);
	assert_int_equal(lstat(scratch_path(QUARANTINE ".pcap"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_false(sealing_exists(QUARANTINE ".pcap.age"));
	assert_true(sealing_exists("outside"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, sealing_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(promise_11_what_is_spoilt_of_an_encrypted_case_is_encrypted_too),
	    TEST(a_name_that_is_taken_in_quarantine_gets_a_number),
	    TEST(fault_056_what_is_no_file_is_moved_as_it_is_and_not_followed),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
