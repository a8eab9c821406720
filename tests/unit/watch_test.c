#include "scratch.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include <linux/magic.h>
#include <sched.h>

#include "watch.h"

#define S STAMP_SECOND

static struct watch *watch;
static stamp_t now;

static void
make_files(void)
{
	assert_int_equal(mkdir(scratch_path("orders"), 0755), 0);
	assert_int_equal(mkdir(scratch_path("requests"), 0755), 0);
	assert_int_equal(mkdir(scratch_path("orders/LI-1"), 0755), 0);
	scratch_puts("orders/LI-1/1.order", "one");
	scratch_puts("keyring.txt", "k");
	scratch_puts("keyring.txt.minisig", "s");
	scratch_puts("casetap.conf", "c");
}

static void
make_watch(void)
{
	static const char *const names[] = {"orders", "keyring.txt", "casetap.conf", "requests"};
	char paths[4][160];
	size_t i;

	for (i = 0; i < 4; i++)
		(void)snprintf(paths[i], sizeof(paths[i]), "%s", scratch_path(names[i])); /* fits */
	watch = watch_new(paths[0], paths[1], paths[2], paths[3]);
	assert_non_null(watch);
	now = 1000 * S;
	(void)watch_look(watch, now); /* the first look takes what is there */
}

static void
begin(void)
{
	make_files();
	make_watch();
}

static int
end(void **state)
{
	watch_free(watch);
	watch = NULL;
	return scratch_teardown(state);
}

/* What a look ${seconds} later says. */
static unsigned
later(int64_t seconds)
{
	now += seconds * S;
	return watch_look(watch, now);
}

/* The bytes of the order, mapped: what is written there, inotify does not tell of until they are unmapped. */
static char *
map_order(void)
{
	int fd = open(scratch_path("orders/LI-1/1.order"), O_RDWR | O_CLOEXEC);
	char *at;

	assert_int_not_equal(fd, -1);
	at = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(at, MAP_FAILED);
	assert_int_equal(close(fd), 0);
	return at;
}

static void
write_order(char *at)
{
	*at ^= 1;
	assert_int_equal(msync(at, 1, MS_SYNC), 0);
}

/* Is the folder on one of the filesystems of which all changes are told? */
static int
is_local(void)
{
	struct statfs fs;

	assert_int_equal(statfs(scratch_path("orders"), &fs), 0);
	return fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC || fs.f_type == TMPFS_MAGIC;
}

static void
what_changes_is_told_at_once_and_once(void **state)
{
	(void)state;
	begin();
	assert_int_equal(watch_look(watch, now), 0);
	scratch_puts("orders/LI-1/2.order", "two");
	assert_int_equal(watch_look(watch, now), WATCH_ORDERS);
	assert_int_equal(watch_look(watch, now), 0);
	assert_int_equal(later(1), 0);
	scratch_puts("keyring.txt", "K2");
	assert_int_equal(watch_look(watch, now), WATCH_KEYRING);
	scratch_puts("casetap.conf", "C2");
	assert_int_equal(watch_look(watch, now), WATCH_CONF);
	scratch_puts("requests/tower-7.clock", "r");
	assert_int_equal(later(1), WATCH_REQUESTS);
	assert_int_equal(unlink(scratch_path("orders/LI-1/2.order")), 0);
	assert_int_equal(watch_look(watch, now), WATCH_ORDERS);
}

static void
a_case_that_comes_later_is_watched_too(void **state)
{
	(void)state;
	begin();
	assert_int_equal(mkdir(scratch_path("orders/LI-2"), 0755), 0);
	assert_int_equal(watch_look(watch, now), WATCH_ORDERS);
	scratch_puts("orders/LI-2/1.order", "one");
	assert_int_equal(watch_look(watch, now), WATCH_ORDERS);
}

static void
what_inotify_does_not_tell_is_found_within_ten_seconds(void **state)
{
	char *at;

	(void)state;
	begin();
	at = map_order();
	(void)later(20);
	write_order(at);
	if (is_local()) {
		assert_int_equal(later(1), 0);
		assert_int_equal(later(8), 0);
	}
	assert_int_equal(later(1), WATCH_ORDERS);
	assert_int_equal(later(20), 0);
	assert_int_equal(munmap(at, 1), 0);
}

static void
without_inotify_it_is_found_within_a_second(void **state)
{
	struct rlimit was;
	char *at;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	make_files();
	scratch_listen();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(const struct rlimit){0, was.rlim_max}), 0);
	make_watch();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	scratch_heard();
	scratch_expect("inotify: changes are found by looking once a second");
	assert_int_equal(watch_fd(watch), -1);
	(void)later(20);
	at = map_order();
	write_order(at);
	assert_int_equal(watch_look(watch, now), 0);
	assert_int_equal(later(1), WATCH_ORDERS);
	assert_int_equal(munmap(at, 1), 0);
}

/* Another filesystem may lie in one case's folder: whose changes are told is then not known. */
static void
where_something_is_mounted_it_is_found_within_a_second(void **state)
{
	char *at;

	(void)state;
	if (geteuid() != 0 || unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		skip();
	make_files();
	assert_int_equal(mkdir(scratch_path("orders/LI-2"), 0755), 0);
	assert_int_equal(mount("tmpfs", scratch_path("orders/LI-2"), "tmpfs", 0, NULL), 0);
	make_watch();
	at = map_order();
	(void)later(20);
	write_order(at);
	assert_int_equal(later(1), WATCH_ORDERS);
	assert_int_equal(munmap(at, 1), 0);
	assert_int_equal(umount(scratch_path("orders/LI-2")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_changes_is_told_at_once_and_once, scratch_setup, end),
	    cmocka_unit_test_setup_teardown(a_case_that_comes_later_is_watched_too, scratch_setup, end),
	    cmocka_unit_test_setup_teardown(
		what_inotify_does_not_tell_is_found_within_ten_seconds, scratch_setup, end),
	    cmocka_unit_test_setup_teardown(without_inotify_it_is_found_within_a_second, scratch_setup, end),
	    cmocka_unit_test_setup_teardown(
		where_something_is_mounted_it_is_found_within_a_second, scratch_setup, end),
	};

	diag_init("watch_test", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
