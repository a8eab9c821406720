#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "diag.h"

#include "fsio.h"

/*
 * Faults: each call below is linked in place of the real one (see CMakeLists.txt) and fails with the error set here, the
 * number of calls set here later.
 */
struct fault {
	int error;
	int after;
};
static struct fault fsync_fault, write_fault, read_fault, rename_fault, unlink_fault, syscall_fault;
static size_t short_io;
static int is_mount_root; /* what the kernel says: -1 nothing */

int __real_fsync(int);
ssize_t __real_write(int, const void *, size_t);
ssize_t __real_read(int, void *, size_t);
int __real_renameat2(int, const char *, int, const char *, unsigned);
int __real_unlinkat(int, const char *, int);
long __real_syscall(long, long, long, long, long);
int __wrap_fsync(int);
ssize_t __wrap_write(int, const void *, size_t);
ssize_t __wrap_read(int, void *, size_t);
int __wrap_renameat2(int, const char *, int, const char *, unsigned);
int __wrap_unlinkat(int, const char *, int);
long __wrap_syscall(long, long, long, long, long);

static int
strikes(struct fault *f)
{
	if (f->error == 0 || f->after-- > 0)
		return 0;
	errno = f->error;
	return 1;
}

int
__wrap_fsync(int fd)
{
	return strikes(&fsync_fault) ? -1 : __real_fsync(fd);
}

ssize_t
__wrap_write(int fd, const void *data, size_t n)
{
	if (strikes(&write_fault)) {
		if (errno == EINTR)
			write_fault.error = 0;
		return -1;
	}
	return __real_write(fd, data, short_io > 0 && n > short_io ? short_io : n);
}

ssize_t
__wrap_read(int fd, void *data, size_t n)
{
	if (strikes(&read_fault))
		return -1;
	return __real_read(fd, data, short_io > 0 && n > short_io ? short_io : n);
}

int
__wrap_renameat2(int fromfd, const char *from, int tofd, const char *to, unsigned flags)
{
	return strikes(&rename_fault) ? -1 : __real_renameat2(fromfd, from, tofd, to, flags);
}

int
__wrap_unlinkat(int dirfd, const char *name, int flags)
{
	return strikes(&unlink_fault) ? -1 : __real_unlinkat(dirfd, name, flags);
}

long
__wrap_syscall(long number, long a, long b, long c, long d)
{
	return strikes(&syscall_fault) ? -1 : __real_syscall(number, a, b, c, d);
}

static char root[64];
static int dir = -1;

static int
set_up(void **state)
{
	(void)umask(022);
	(void)snprintf(root, sizeof(root), "/tmp/casetap-fsio-XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	const struct fault none = {0, 0};
	char command[128];

	fsync_fault = write_fault = rename_fault = unlink_fault = syscall_fault = none;
	short_io = 0;
	(void)close(dir);
	(void)snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void
make(const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static int
exists(const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
assert_holds(const char *name, const char *text)
{
	struct buf b = BUF_INIT;

	assert_int_equal(fsio_load(dir, name, 1000, &b), 0);
	assert_string_equal(b.data, text);
	buf_free(&b);
}

/* The call must fail with this error. */
#define assert_fails(call, error)                 \
	do {                                      \
		errno = 0;                        \
		assert_int_equal((call), -1);     \
		assert_int_equal(errno, (error)); \
	} while (0)

static const char *
below(const char *name)
{
	static char path[100];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static void
make_tree(void)
{
	assert_int_equal(mkdirat(dir, "a", 0700), 0);
	assert_int_equal(mkdirat(dir, "a/b", 0700), 0);
	assert_int_equal(symlinkat("a", dir, "link"), 0);
	assert_int_equal(symlinkat("b", dir, "a/link"), 0);
	assert_int_equal(symlinkat("loop", dir, "loop"), 0);
	make("file", "x");
}

static void
assert_opens(int fd, const char *name)
{
	struct stat got, expected;

	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &got), 0);
	assert_int_equal(fstatat(dir, name, &expected, 0), 0);
	assert_int_equal(got.st_ino, expected.st_ino);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(close(fd), 0);
}

static void
check_opendir(void)
{
	char longest[NAME_MAX + 2];

	assert_opens(fsio_opendir(below("a")), "a");
	assert_opens(fsio_opendir(below("a//./b/")), "a/b");
	assert_fails(fsio_opendir(below("link")), ELOOP);
	assert_fails(fsio_opendir(below("link/b")), ELOOP);
	assert_fails(fsio_opendir(below("a/link")), ELOOP);
	assert_fails(fsio_opendir(below("loop")), ELOOP);
	assert_fails(fsio_opendir(below("a/..")), EINVAL);
	assert_fails(fsio_opendir(below("a/../a")), EINVAL);
	assert_fails(fsio_opendir(below("none/../a")), EINVAL);
	assert_fails(fsio_opendir(below("file")), ENOTDIR);
	assert_fails(fsio_opendir(below("file/x")), ENOTDIR);
	assert_fails(fsio_opendir(below("none")), ENOENT);
	assert_fails(fsio_opendir("a"), EINVAL);
	assert_fails(fsio_opendir(""), EINVAL);
	assert_fails(fsio_opendir(".."), EINVAL);
	assert_opens(fsio_opendirat(dir, "a"), "a");
	assert_opens(fsio_opendirat(dir, "a/b"), "a/b");
	assert_opens(fsio_opendirat(dir, "."), ".");
	assert_fails(fsio_opendirat(dir, "link"), ELOOP);
	assert_fails(fsio_opendirat(dir, "link/b"), ELOOP);
	assert_fails(fsio_opendirat(dir, ".."), EINVAL);
	assert_fails(fsio_opendirat(dir, "a/../.."), EINVAL);
	assert_fails(fsio_opendirat(dir, below("a")), EINVAL);
	assert_fails(fsio_opendirat(dir, ""), EINVAL);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_fails(fsio_opendirat(dir, longest), ENAMETOOLONG);
}

static void
fault_009_opendir_refuses_links_and_dots_and_relative_paths(void **state)
{
	make_tree();
	check_opendir();
}

/* As in a unit with RestrictSUIDSGID=, where the call is not there, and Landlock, which allows what lies below only. */
static void
folder_that_may_only_be_passed_is_passed_where_the_kernel_has_no_openat2(void **state)
{
	uid_t who = geteuid();
	int fd;

	(void)state;
	assert_int_equal(fchmod(dir, 0755), 0);
	assert_int_equal(mkdirat(dir, "way", 0755), 0);
	assert_int_equal(mkdirat(dir, "way/end", 0755), 0);
	assert_int_equal(fchmodat(dir, "way", 0111, 0), 0);
	if (who == 0)
		assert_int_equal(seteuid(65534), 0);
	syscall_fault.error = ENOSYS;
	fd = fsio_opendirat(dir, "way/end");
	if (who == 0)
		assert_int_equal(seteuid(who), 0);
	assert_int_equal(fchmodat(dir, "way", 0755, 0), 0);
	assert_int_not_equal(fd, -1);
	assert_int_not_equal(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	assert_int_equal(close(fd), 0);
}

static void
fsio_opendir_is_as_strict_where_the_kernel_has_no_openat2(void **state)
{
	make_tree();
	syscall_fault.error = ENOSYS;
	check_opendir();
	syscall_fault.error = EPERM; /* a system call filter */
	syscall_fault.after = 0;
	check_opendir();
}

static void
fsio_mkdirs_makes_what_is_missing_with_the_mode(void **state)
{
	struct stat st;

	(void)umask(077);
	assert_int_equal(mkdirat(dir, "a", 0700), 0);
	assert_opens(fsio_mkdirs(dir, "a/b/c", 0750), "a/b/c");
	assert_opens(fsio_mkdirs(dir, "a/b/c/", 0700), "a/b/c");
	assert_int_equal(fstatat(dir, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(fstatat(dir, "a/b", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(fstatat(dir, "a/b/c", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
}

static void
fsio_mkdirs_keeps_an_inherited_set_group_id(void **state)
{
	struct stat st;

	assert_int_equal(fchmod(dir, 02700), 0);
	assert_opens(fsio_mkdirs(dir, "a/b", 0770), "a/b");
	assert_int_equal(fstatat(dir, "a/b", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 02770);
}

static void
fsio_mkdirs_makes_nothing_of_a_bad_path(void **state)
{
	make_tree();
	assert_fails(fsio_mkdirs(dir, "new/../x", 0700), EINVAL);
	assert_fails(fsio_mkdirs(dir, "..", 0700), EINVAL);
	assert_fails(fsio_mkdirs(dir, "/tmp", 0700), EINVAL);
	assert_fails(fsio_mkdirs(dir, "", 0700), EINVAL);
	assert_fails(fsio_mkdirs(dir, "link/x", 0700), ELOOP);
	assert_fails(fsio_mkdirs(dir, "link", 0700), ELOOP);
	assert_fails(fsio_mkdirs(dir, "file/x", 0700), ENOTDIR);
	assert_false(exists("new"));
	assert_false(exists("a/x"));
}

static void
fsio_mkdirs_tells_a_parent_that_was_not_synced(void **state)
{
	fsync_fault.error = EIO;
	fsync_fault.after = 1;
	assert_fails(fsio_mkdirs(dir, "a/b/c", 0700), EIO);
}

static void
fault_056_only_a_regular_file_with_one_link_is_opened(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	static const char *const names[] = {"folder", "fifo", "socket", "twice", "other"};
	size_t i;
	int fd;

	make("plain", "text");
	make("twice", "text");
	assert_int_equal(linkat(dir, "twice", dir, "other", 0), 0);
	assert_int_equal(mkdirat(dir, "folder", 0700), 0);
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_int_equal(symlinkat("plain", dir, "link"), 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", below("socket"));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(close(fd), 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_fails(fsio_open_regular(dir, names[i], O_RDONLY), EBADMSG);
		assert_fails(fsio_open_regular(dir, names[i], O_WRONLY), EBADMSG);
		assert_fails(fsio_open_regular(dir, names[i], O_RDWR | O_TRUNC), EBADMSG);
	}
	assert_fails(fsio_open_regular(dir, "link", O_RDONLY), ELOOP);
	assert_fails(fsio_open_regular(dir, "none", O_RDONLY), ENOENT);
	assert_fails(fsio_open_regular(dir, "folder/x", O_RDONLY), EINVAL);
	assert_fails(fsio_open_regular(dir, "../x", O_RDONLY), EINVAL);
	assert_fails(fsio_open_regular(dir, "..", O_RDONLY), EINVAL);
	assert_fails(fsio_open_regular(dir, "", O_RDONLY), EINVAL);
	assert_opens(fsio_open_regular(dir, "plain", O_RDONLY), "plain");
	assert_holds("plain", "text");
	/* A file with two links was not emptied on the way. */
	assert_int_equal(unlinkat(dir, "other", 0), 0);
	assert_holds("twice", "text");
	assert_opens(fsio_open_regular(dir, "twice", O_RDWR | O_TRUNC), "twice");
	assert_holds("twice", "");
	assert_opens(fsio_open_regular(dir, "made", O_RDWR | O_CREAT), "made");
	assert_fails(fsio_open_regular(dir, "made", O_RDWR | O_CREAT | O_EXCL), EEXIST);
}

static void
fsio_read_and_write_go_on_after_short_calls(void **state)
{
	char text[1000], back[1001];
	int fd;

	memset(text, 'x', sizeof(text));
	text[999] = 'y';
	short_io = 7;
	write_fault.error = EINTR;
	write_fault.after = 3;
	fd = openat(dir, "f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fsio_write(fd, text, sizeof(text)), 0);
	assert_int_equal(write_fault.error, 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fsio_read(fd, back, sizeof(back)), sizeof(text));
	assert_memory_equal(back, text, sizeof(text));
	assert_int_equal(fsio_read(fd, back, sizeof(back)), 0);
	assert_int_equal(fsio_write(fd, NULL, 0), 0);
	assert_int_equal(close(fd), 0);
	assert_fails(fsio_write(fd, "x", 1), EBADF);
	assert_fails(fsio_read(fd, back, 1), EBADF);
}

static void
fsio_load_takes_a_file_up_to_the_limit(void **state)
{
	static char big[100000];
	struct buf b = BUF_INIT;
	size_t sizes[] = {0, 1, 16383, 16384, 16385, 32768, 99999}, i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(big, 'q', sizeof(big));
		assert_int_equal(fsio_replace(dir, "f", big, sizes[i], 0600), 0);
		buf_clear(&b);
		assert_int_equal(buf_puts(&b, "before"), 0);
		assert_int_equal(fsio_load(dir, "f", sizes[i], &b), 0);
		assert_int_equal(b.len, 6 + sizes[i]);
		assert_memory_equal(b.data + 6, big, sizes[i]);
		assert_int_equal(fsio_load_path(below("f"), sizes[i], &b), 0);
		assert_int_equal(b.len, 6 + 2 * sizes[i]);
		buf_clear(&b);
		if (sizes[i] > 0)
			assert_fails(fsio_load(dir, "f", sizes[i] - 1, &b), EFBIG);
		assert_string_equal(b.data, "");
	}
	buf_free(&b);
}

static void
fsio_load_refuses_what_is_no_plain_file(void **state)
{
	struct buf b = BUF_INIT;

	make_tree();
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_int_equal(symlinkat("file", dir, "to-file"), 0);
	assert_fails(fsio_load(dir, "a", 10, &b), EBADMSG);
	assert_fails(fsio_load(dir, "fifo", 10, &b), EBADMSG);
	assert_fails(fsio_load(dir, "to-file", 10, &b), ELOOP);
	assert_fails(fsio_load(dir, "none", 10, &b), ENOENT);
	assert_fails(fsio_load_path(below("a"), 10, &b), EBADMSG);
	assert_fails(fsio_load_path(below("fifo"), 10, &b), EBADMSG);
	assert_fails(fsio_load_path("/dev/zero", 10, &b), EBADMSG);
	assert_fails(fsio_load_path("", 10, &b), ENOENT);
	assert_null(b.data);
	assert_int_equal(fsio_load_path(below("to-file"), 10, &b), 0);
	assert_string_equal(b.data, "x");
	/* A file that shows no size is bounded all the same. */
	buf_clear(&b);
	assert_fails(fsio_load_path("/proc/self/status", 100, &b), EFBIG);
	assert_string_equal(b.data, "");
	assert_int_equal(fsio_load_path("/proc/self/status", 100000, &b), 0);
	assert_true(b.len > 100);
	buf_free(&b);
}

static void
check_publish(void)
{
	make("from", "new");
	assert_int_equal(fsio_publish(dir, "from", "to"), 0);
	assert_false(exists("from"));
	assert_holds("to", "new");
	make("from", "newer");
	assert_fails(fsio_publish(dir, "from", "to"), EEXIST);
	assert_holds("from", "newer");
	assert_holds("to", "new");
	assert_fails(fsio_publish(dir, "none", "to2"), ENOENT);
	assert_fails(fsio_publish(dir, "from", "from"), EEXIST);
	assert_holds("from", "newer");
	assert_fails(fsio_publish(dir, "from", "../to"), EINVAL);
	assert_fails(fsio_publish(dir, "a/from", "to"), EINVAL);
	assert_fails(fsio_publish(dir, "from", ""), EINVAL);
	assert_int_equal(symlinkat("nowhere", dir, "dangling"), 0);
	assert_fails(fsio_publish(dir, "from", "dangling"), EEXIST);
	assert_holds("from", "newer");
}

static void
fault_126_publish_never_replaces(void **state)
{
	check_publish();
}

static void
fsio_publish_never_replaces_without_rename_noreplace(void **state)
{
	rename_fault.error = EINVAL;
	check_publish();
}

static void
fault_126_a_name_that_is_taken_by_nothing_is_an_error_of_the_disk(void **state)
{
	rename_fault.error = EEXIST;
	make("from", "new");
	assert_fails(fsio_publish(dir, "from", "to"), EIO);
	assert_holds("from", "new");
	assert_fails(fsio_put(dir, "f", "new", 3, 0600), EIO);
	assert_false(exists("f"));
}

static void
fsio_publish_finishes_a_move_that_was_killed_half_way(void **state)
{
	make("from", "text");
	assert_int_equal(linkat(dir, "from", dir, "to", 0), 0);
	assert_int_equal(fsio_publish(dir, "from", "to"), 0);
	assert_false(exists("from"));
	assert_holds("to", "text");
	/* One name met twice is not two names, though the file has a second one elsewhere. */
	assert_int_equal(linkat(dir, "to", dir, "elsewhere", 0), 0);
	assert_fails(fsio_publish(dir, "to", "to"), EEXIST);
	assert_true(exists("to"));
	/* Three names are nothing that a publish leaves. */
	assert_int_equal(linkat(dir, "to", dir, "third", 0), 0);
	assert_fails(fsio_publish(dir, "to", "third"), EEXIST);
	assert_true(exists("to"));
}

static void
fault_115_a_publish_that_can_not_be_synced_is_taken_back(void **state)
{
	make("from", "text");
	fsync_fault.error = EIO;
	assert_fails(fsio_publish(dir, "from", "to"), EIO);
	assert_holds("from", "text");
	assert_false(exists("to"));
	rename_fault.error = EINVAL;
	assert_fails(fsio_publish(dir, "from", "to"), EIO);
	assert_holds("from", "text");
	assert_false(exists("to"));
}

static void
fsio_publish_by_link_is_ended_by_the_next_when_the_old_name_stayed(void **state)
{
	make("from", "text");
	rename_fault.error = EINVAL;
	unlink_fault.error = EIO;
	assert_fails(fsio_publish(dir, "from", "to"), EIO);
	unlink_fault.error = 0;
	/* Nothing could be unlinked, so both names stand: the next try ends it. */
	assert_int_equal(fsio_publish(dir, "from", "to"), 0);
	assert_false(exists("from"));
	assert_holds("to", "text");
}

static void
fsio_publish_to_moves_between_folders_and_syncs_both(void **state)
{
	int other = fsio_mkdirs(dir, "other", 0700);

	assert_int_not_equal(other, -1);
	make("from", "text");
	fsync_fault.error = EIO;
	fsync_fault.after = 1; /* the second folder's */
	assert_fails(fsio_publish_to(dir, "from", other, "to"), EIO);
	assert_holds("from", "text");
	fsync_fault.error = 0;
	assert_int_equal(fsio_publish_to(dir, "from", other, "to"), 0);
	assert_false(exists("from"));
	assert_true(exists("other/to"));
	make("from", "text");
	assert_fails(fsio_publish_to(dir, "from", other, "to"), EEXIST);
	/* The same name in two folders is two names. */
	assert_int_equal(linkat(dir, "from", other, "from", 0), 0);
	assert_int_equal(fsio_publish_to(dir, "from", other, "from"), 0);
	assert_false(exists("from"));
	assert_true(exists("other/from"));
	assert_int_equal(close(other), 0);
}

static void
fsio_put_makes_a_file_with_exactly_the_mode(void **state)
{
	char longest[NAME_MAX + 1];
	struct stat st;

	(void)umask(0777);
	assert_int_equal(fsio_put(dir, "f", "text", 4, 0640), 0);
	assert_int_equal(fstatat(dir, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_holds("f", "text");
	assert_false(exists(".f.tmp"));
	assert_int_equal(fsio_put(dir, "empty", NULL, 0, 0600), 0);
	assert_holds("empty", "");
	memset(longest, 'n', sizeof(longest));
	longest[250] = '\0';
	assert_int_equal(fsio_put(dir, longest, "x", 1, 0600), 0);
	longest[250] = 'n';
	longest[251] = '\0';
	assert_fails(fsio_put(dir, longest, "x", 1, 0600), ENAMETOOLONG);
	assert_fails(fsio_put(dir, "a/b", "x", 1, 0600), EINVAL);
	assert_fails(fsio_put(dir, "..", "x", 1, 0600), EINVAL);
}

static void
fault_122_put_removes_the_leftover_of_an_earlier_run(void **state)
{
	make(".f.tmp", "left by a killed run");
	assert_int_equal(fsio_put(dir, "f", "text", 4, 0600), 0);
	assert_holds("f", "text");
	assert_false(exists(".f.tmp"));
	make("precious", "precious");
	assert_int_equal(symlinkat("precious", dir, ".g.tmp"), 0);
	assert_int_equal(fsio_put(dir, "g", "text", 4, 0600), 0);
	assert_holds("precious", "precious");
	assert_holds("g", "text");
}

static void
fsio_put_leaves_what_is_there(void **state)
{
	make("f", "old");
	assert_fails(fsio_put(dir, "f", "new", 3, 0600), EEXIST);
	assert_holds("f", "old");
	assert_false(exists(".f.tmp"));
}

static void
fault_111_a_failed_put_leaves_neither_file_nor_temp_file(void **state)
{
	int i;

	short_io = 2;
	for (i = 0; i < 3; i++) {
		write_fault.error = ENOSPC;
		write_fault.after = i;
		assert_fails(fsio_put(dir, "f", "hello", 5, 0600), ENOSPC);
		assert_false(exists("f"));
		assert_false(exists(".f.tmp"));
	}
	write_fault.error = 0;
	for (i = 0; i < 2; i++) {
		fsync_fault.error = EIO;
		fsync_fault.after = i;
		assert_fails(fsio_put(dir, "f", "hello", 5, 0600), EIO);
		assert_false(exists("f"));
		assert_false(exists(".f.tmp"));
	}
}

static void
fsio_replace_is_one_step(void **state)
{
	assert_int_equal(fsio_replace(dir, "f", "one", 3, 0600), 0);
	assert_holds("f", "one");
	assert_int_equal(fsio_replace(dir, "f", "two", 3, 0600), 0);
	assert_holds("f", "two");
	write_fault.error = ENOSPC;
	assert_fails(fsio_replace(dir, "f", "three", 5, 0600), ENOSPC);
	write_fault.error = 0;
	assert_holds("f", "two");
	assert_false(exists(".f.tmp"));
}

static void
fsio_remove_is_content_with_a_missing_file(void **state)
{
	make("f", "x");
	assert_int_equal(mkdirat(dir, "folder", 0700), 0);
	assert_int_equal(fsio_remove(dir, "f"), 0);
	assert_false(exists("f"));
	assert_int_equal(fsio_remove(dir, "f"), 0);
	assert_fails(fsio_remove(dir, "folder"), EISDIR);
	assert_fails(fsio_remove(dir, "folder/x"), EINVAL);
	make("f", "x");
	fsync_fault.error = EIO;
	assert_fails(fsio_remove(dir, "f"), EIO);
}

static int
collect(void *cookie, const char *name)
{
	struct buf *b = cookie;

	assert_int_equal(buf_printf(b, "%s ", name), 0);
	return strcmp(name, "stop") == 0 ? 5 : 0;
}

static void
fsio_list_goes_in_byte_order_and_stops_when_told(void **state)
{
	static const char *const names[] = {"b", "a", "B", "a.b", "ab", "10", "9", ".hidden", "\xff", "\xc3\xa9"};
	struct buf b = BUF_INIT;
	char name[16];
	size_t i;

	assert_int_equal(fsio_list(dir, collect, &b), 0);
	assert_null(b.data);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		make(names[i], "");
	/* Twice through one descriptor: no offset is shared. */
	assert_int_equal(fsio_list(dir, collect, &b), 0);
	assert_string_equal(b.data, ".hidden 10 9 B a a.b ab b \xc3\xa9 \xff ");
	buf_clear(&b);
	assert_int_equal(fsio_list(dir, collect, &b), 0);
	assert_string_equal(b.data, ".hidden 10 9 B a a.b ab b \xc3\xa9 \xff ");
	make("stop", "");
	buf_clear(&b);
	assert_int_equal(fsio_list(dir, collect, &b), 5);
	assert_string_equal(b.data, ".hidden 10 9 B a a.b ab b stop ");
	for (i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof(name), "z%03zu", i);
		make(name, "");
	}
	buf_clear(&b);
	assert_int_equal(unlinkat(dir, "stop", 0), 0);
	assert_int_equal(fsio_list(dir, collect, &b), 0);
	assert_non_null(strstr(b.data, "z254 z255 z256 z257"));
	assert_fails(fsio_list(-1, collect, &b), EBADF);
	buf_free(&b);
}

static void
fault_140_a_lock_keeps_a_second_one_out(void **state)
{
	struct stat st;
	int fd, again;

	fd = fsio_lock(dir, "lock", 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_fails(fsio_lock(dir, "lock", 0), EWOULDBLOCK);
	again = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	assert_int_equal(close(fd), 0);
	assert_fails(fsio_lock(dir, "lock", 0), EWOULDBLOCK);
	assert_int_equal(close(again), 0);
	fd = fsio_lock(dir, "lock", 0);
	assert_int_not_equal(fd, -1);
	/* A lock on a file that is gone holds nobody up, and nobody takes it for the new one. */
	assert_int_equal(unlinkat(dir, "lock", 0), 0);
	again = fsio_lock(dir, "lock", 0);
	assert_int_not_equal(again, -1);
	assert_fails(fsio_lock(dir, "lock", 0), EWOULDBLOCK);
	assert_int_equal(close(fd), 0);
	assert_fails(fsio_lock(dir, "lock", 0), EWOULDBLOCK);
	assert_int_equal(close(again), 0);
	assert_int_equal(symlinkat("lock", dir, "link"), 0);
	assert_fails(fsio_lock(dir, "link", 0), ELOOP);
}

static void
fsio_lock_waits_for_its_turn(void **state)
{
	int fd = fsio_lock(dir, "lock", 0), ends[2], status;
	char c;
	pid_t pid;

	assert_int_not_equal(fd, -1);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		(void)close(fd);
		if (__real_write(ends[1], "", 1) != 1)
			_exit(1);
		_exit(fsio_lock(dir, "lock", 60) == -1);
	}
	assert_int_equal(read(ends[0], &c, 1), 1);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(close(ends[1]), 0);
}

/* Is a file of that mode and owner trusted?  Whatever the answer, one line is said exactly when it is no. */
static int
is_trusted(mode_t mode, uid_t owner, int secret)
{
	char said[256];
	int fd, sink, rc;
	ssize_t n;

	fd = openat(dir, "f", O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
	sink = openat(dir, "said", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_not_equal(sink, -1);
	if (owner != geteuid())
		assert_int_equal(fchown(fd, owner, (gid_t)-1), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	diag_capture(sink);
	errno = 0;
	rc = fsio_check_trusted(fd, "the label", secret);
	if (rc == -1)
		assert_int_equal(errno, EPERM);
	diag_capture(-1);
	n = pread(sink, said, sizeof(said) - 1, 0);
	assert_true(n >= 0);
	said[n] = '\0';
	assert_int_equal(strstr(said, "the label") != NULL, rc == -1);
	assert_true(strchr(said, '\n') == (rc == -1 ? said + n - 1 : NULL));
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(sink), 0);
	assert_int_equal(unlinkat(dir, "f", 0), 0);
	return rc == 0;
}

/* What may be read at another time is not what nobody may trust. */
static void
trust_that_can_not_be_found_out_is_told_apart_from_none(void **state)
{
	(void)state;
	assert_int_equal(fsio_check_trusted(-1, "the label", 0), -1);
	assert_int_equal(errno, EBADF);
}

static void
fault_010_and_014_trust_ends_where_others_can_write_or_read_a_secret(void **state)
{
	uid_t me = geteuid();

	assert_true(is_trusted(0644, me, 0));
	assert_true(is_trusted(0755, me, 0));
	assert_true(is_trusted(0600, me, 1));
	assert_true(is_trusted(0400, me, 1));
	assert_false(is_trusted(0664, me, 0));
	assert_false(is_trusted(0646, me, 0));
	assert_false(is_trusted(0620, me, 1));
	assert_false(is_trusted(0602, me, 0));
	assert_false(is_trusted(0604, me, 1));
	assert_int_equal(is_trusted(0440, me, 1), me == 0);
	if (me == 0) {
		assert_false(is_trusted(0600, 12345, 0));
		assert_false(is_trusted(0600, 12345, 1));
	}
}

static void
fault_011_volatile_filesystems_are_known(void **state)
{
	int fd = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1) {
		assert_int_equal(fsio_is_volatile(fd), 1);
		assert_int_equal(close(fd), 0);
	}
	fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(fsio_is_volatile(fd), 0);
	assert_int_equal(close(fd), 0);
	assert_fails(fsio_is_volatile(-1), EBADF);
}

static void
fsio_plain_name_is_one_component(void **state)
{
	char name[NAME_MAX + 2];

	assert_true(fsio_is_plain_name("a"));
	assert_true(fsio_is_plain_name("..."));
	assert_true(fsio_is_plain_name(".a"));
	assert_true(fsio_is_plain_name("a b\n"));
	assert_false(fsio_is_plain_name(""));
	assert_false(fsio_is_plain_name("."));
	assert_false(fsio_is_plain_name(".."));
	assert_false(fsio_is_plain_name("/"));
	assert_false(fsio_is_plain_name("a/"));
	assert_false(fsio_is_plain_name("/a"));
	assert_false(fsio_is_plain_name("a/b"));
	memset(name, 'x', sizeof(name));
	name[NAME_MAX + 1] = '\0';
	assert_false(fsio_is_plain_name(name));
	name[NAME_MAX] = '\0';
	assert_true(fsio_is_plain_name(name));
}

static void
fsio_temp_name_has_a_name_within(void **state)
{
	(void)state;

	assert_true(fsio_is_temp(".x.tmp"));
	assert_true(fsio_is_temp(".0000000007.json.tmp"));
	assert_false(fsio_is_temp("..tmp") || fsio_is_temp(".tmp") || fsio_is_temp("."));
	assert_false(fsio_is_temp(""));
	assert_false(fsio_is_temp("x.tmp"));
	assert_false(fsio_is_temp(".x.tmp2"));
	assert_false(fsio_is_temp(".x-tmp"));
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* EBADMSG is the word for what is no file of ours: that a disk's checksums do not fit is none about the file. */
static void
a_disk_that_does_not_read_is_no_strange_file(void **state)
{
	char byte;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	(void)state;
	read_fault = (struct fault){EBADMSG, 0};
	assert_int_equal(fsio_read(fd, &byte, 1), -1);
	assert_int_equal(errno, EIO);
	read_fault = (struct fault){EISDIR, 0};
	assert_int_equal(fsio_read(fd, &byte, 1), -1);
	assert_int_equal(errno, EISDIR);
	read_fault.error = 0;
	assert_int_equal(fsio_read(fd, &byte, 1), 1);
	assert_int_equal(close(fd), 0);
}

int __wrap_statx(int, const char *, int, unsigned, struct statx *);

int
__wrap_statx(int fd, const char *path, int flags, unsigned mask, struct statx *st)
{
	assert_string_equal(path, "");
	assert_int_equal(flags, AT_EMPTY_PATH);
	(void)fd;
	(void)mask;
	memset(st, 0, sizeof *st);
	st->stx_attributes_mask = is_mount_root == -1 ? 0 : STATX_ATTR_MOUNT_ROOT;
	st->stx_attributes = is_mount_root == 1 ? STATX_ATTR_MOUNT_ROOT : 0;
	return 0;
}

/* What is mounted everywhere. */
static void
a_volume_is_on_another_filesystem_and_no_subvolume(void **state)
{
	int volume = fsio_opendir("/proc"), within = fsio_opendir("/proc/sys");

	(void)state;
	for (is_mount_root = -1; is_mount_root <= 1; is_mount_root++) {
		assert_int_equal(fsio_is_mounted(volume), is_mount_root != 0);
		assert_int_equal(fsio_is_mounted(within), 0);
	}
	assert_int_equal(close(volume), 0);
	assert_int_equal(close(within), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_disk_that_does_not_read_is_no_strange_file),
	    ON_DISK(fault_009_opendir_refuses_links_and_dots_and_relative_paths),
	    ON_DISK(folder_that_may_only_be_passed_is_passed_where_the_kernel_has_no_openat2),
	    ON_DISK(fsio_opendir_is_as_strict_where_the_kernel_has_no_openat2),
	    ON_DISK(fsio_mkdirs_makes_what_is_missing_with_the_mode),
	    ON_DISK(fsio_mkdirs_keeps_an_inherited_set_group_id),
	    ON_DISK(fsio_mkdirs_makes_nothing_of_a_bad_path),
	    ON_DISK(fsio_mkdirs_tells_a_parent_that_was_not_synced),
	    ON_DISK(fault_056_only_a_regular_file_with_one_link_is_opened),
	    ON_DISK(fsio_read_and_write_go_on_after_short_calls),
	    ON_DISK(fsio_load_takes_a_file_up_to_the_limit),
	    ON_DISK(fsio_load_refuses_what_is_no_plain_file),
	    ON_DISK(fault_126_publish_never_replaces),
	    ON_DISK(fault_126_a_name_that_is_taken_by_nothing_is_an_error_of_the_disk),
	    ON_DISK(fsio_publish_never_replaces_without_rename_noreplace),
	    ON_DISK(fsio_publish_finishes_a_move_that_was_killed_half_way),
	    ON_DISK(fault_115_a_publish_that_can_not_be_synced_is_taken_back),
	    ON_DISK(fsio_publish_by_link_is_ended_by_the_next_when_the_old_name_stayed),
	    ON_DISK(fsio_publish_to_moves_between_folders_and_syncs_both),
	    ON_DISK(fsio_put_makes_a_file_with_exactly_the_mode),
	    ON_DISK(fault_122_put_removes_the_leftover_of_an_earlier_run),
	    ON_DISK(fsio_put_leaves_what_is_there),
	    ON_DISK(fault_111_a_failed_put_leaves_neither_file_nor_temp_file),
	    ON_DISK(fsio_replace_is_one_step),
	    ON_DISK(fsio_remove_is_content_with_a_missing_file),
	    ON_DISK(fsio_list_goes_in_byte_order_and_stops_when_told),
	    ON_DISK(fault_140_a_lock_keeps_a_second_one_out),
	    ON_DISK(fsio_lock_waits_for_its_turn),
	    cmocka_unit_test(a_volume_is_on_another_filesystem_and_no_subvolume),
	    cmocka_unit_test(trust_that_can_not_be_found_out_is_told_apart_from_none),
	    ON_DISK(fault_010_and_014_trust_ends_where_others_can_write_or_read_a_secret),
	    ON_DISK(fault_011_volatile_filesystems_are_known),
	    ON_DISK(fsio_plain_name_is_one_component),
	    cmocka_unit_test(fsio_temp_name_has_a_name_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
