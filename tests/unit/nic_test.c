#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nic.h"

/*
 * What an interface is said to have missed, where its counters say what the test does.
 */
static const char *const names[] = {"rx_packets", "rx_missed_errors", "rx_length_errors", "rx_crc_errors",
    "rx_frame_errors", "rx_fifo_errors", "rx_over_errors"};
static uint64_t counters[7];

static const char *of; /* what the interface is said to be of; NULL: as it is */
static char folder[] = "/tmp/nic_test.XXXXXX";

ssize_t __wrap_pread64(int, void *, size_t, off_t);
DIR *__real_opendir(const char *);
DIR *__wrap_opendir(const char *);

DIR *
__wrap_opendir(const char *path)
{
	if (of == NULL)
		return __real_opendir(path);
	assert_string_equal(path, "/sys/class/net/lo");
	return __real_opendir(of);
}

/* Which file a descriptor is of stands in /proc. */
ssize_t
__wrap_pread64(int fd, void *to, size_t n, off_t at)
{
	char link[64], path[256] = "";
	size_t i;

	assert_int_equal(at, 0);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	assert_true(readlink(link, path, sizeof(path) - 1) > 0);
	for (i = 0; i < 7; i++) {
		if (strcmp(strrchr(path, '/') + 1, names[i]) == 0)
			return snprintf(to, n, "%llu\n", (unsigned long long)counters[i]);
	}
	return -1;
}

static void
set(uint64_t packets, uint64_t missed, uint64_t length, uint64_t fifo, uint64_t over)
{
	counters[0] = packets;
	counters[1] = missed;
	counters[2] = length;
	counters[3] = counters[4] = 2;
	counters[5] = fifo;
	counters[6] = over;
}

static void
frames_that_came_and_were_not_taken_in_are_missed_whatever_the_reason(void **state)
{
	struct nic *n = nic_open("lo");
	uint64_t received = 0, missed = 0;

	assert_non_null(n);
	set(1000, 100, 10, 0, 0);
	nic_begin(n);
	nic_count(n, &received, &missed);
	assert_int_equal(received + missed, 0);
	set(1500, 103, 14, 5, 5);
	counters[3] += 20;
	counters[4] += 30;
	nic_count(n, &received, &missed);
	assert_int_equal(received, 500);
	/* What is counted as one kind of overrun and as the other is one. */
	assert_int_equal(missed, 3 + 4 + 20 + 30 + 5);
	nic_close(n);
}

static void
driver_that_was_reset_goes_on_counting(void **state)
{
	struct nic *n = nic_open("lo");
	uint64_t received = 0, missed = 0;

	set(1000, 100, 0, 0, 0);
	nic_begin(n);
	set(1010, 107, 0, 0, 0);
	nic_count(n, &received, &missed);
	set(5, 2, 0, 0, 0);
	nic_count(n, &received, &missed);
	set(6, 3, 0, 0, 0);
	nic_count(n, &received, &missed);
	assert_int_equal(received, 10 + 6);
	assert_int_equal(missed, 7 + 3);
	nic_close(n);
}

static void
what_is_of_software_alone_tells_at_once(void **state)
{
	struct nic *n = nic_open("lo");

	assert_int_equal(nic_late(n), 0);
	assert_int_equal(nic_late(NULL), 0);
	nic_close(n);
	assert_null(nic_open("none-such"));
}

/* How late is an interface whose folder has that in it, beside what all have? */
static stamp_t
late_with(const char *name)
{
	char path[64];
	struct nic *n;
	stamp_t late;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
	n = nic_open("lo");
	assert_non_null(n);
	late = nic_late(n);
	nic_close(n);
	assert_int_equal(rmdir(path), 0);
	return late;
}

static void
card_or_what_is_made_of_others_may_tell_late(void **state)
{
	char path[64];
	struct nic *n;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/statistics", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	of = folder;
	assert_int_equal(late_with("device"), NIC_LATE);
	assert_int_equal(late_with("lower_eth1"), NIC_LATE);
	assert_int_equal(late_with("upper_bond0"), 0);
	assert_int_equal(late_with("device_of"), 0);
	/* What can not be told is taken for a card. */
	of = "/nowhere";
	n = nic_open("lo");
	assert_int_equal(nic_late(n), NIC_LATE);
	nic_close(n);
	of = NULL;
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_that_came_and_were_not_taken_in_are_missed_whatever_the_reason),
	    cmocka_unit_test(driver_that_was_reset_goes_on_counting),
	    cmocka_unit_test(what_is_of_software_alone_tells_at_once),
	    cmocka_unit_test(card_or_what_is_made_of_others_may_tell_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
