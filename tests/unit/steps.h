#ifndef STEPS_H
#define STEPS_H

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * Die, or fail, at the n-th call that changes the disk: with these in a test that is linked with STEPS_WRAP of
 * CMakeLists.txt, a piece of work can be cut short at each of its steps.
 */
#define STEPS_KILLED 99

static _Atomic long steps_left = -1;  /* before the kill; -1: never */
static _Atomic int steps_fsync_error; /* errno for the next fsync, fdatasync and syncfs, 0 for none */
static _Atomic int steps_write_error; /* errno for every write longer than the room */
static _Atomic size_t steps_write_room;
static _Atomic int steps_skip_sync; /* thousands of syncs would take their time, and tell nothing */
static _Atomic int steps_hold;      /* a disk that stalls: no write comes back before this is 0 again */

static inline void
steps_count(void)
{
	if (steps_left >= 0 && steps_left-- == 0)
		_exit(STEPS_KILLED);
}

int __real_fsync(int);
int __real_fdatasync(int);
int __real_syncfs(int);
int __real_renameat(int, const char *, int, const char *);
int __real_renameat2(int, const char *, int, const char *, unsigned);
int __real_unlinkat(int, const char *, int);
int __real_openat64(int, const char *, int, mode_t);
int __real_ftruncate64(int, off_t);
int __real_mkdirat(int, const char *, mode_t);
int __real_fchmod(int, mode_t);
ssize_t __real_write(int, const void *, size_t);

int __wrap_fsync(int);
int __wrap_fdatasync(int);
int __wrap_syncfs(int);
int __wrap_renameat(int, const char *, int, const char *);
int __wrap_renameat2(int, const char *, int, const char *, unsigned);
int __wrap_unlinkat(int, const char *, int);
int __wrap_openat64(int, const char *, int, ...);
int __wrap_ftruncate64(int, off_t);
int __wrap_mkdirat(int, const char *, mode_t);
int __wrap_fchmod(int, mode_t);
ssize_t __wrap_write(int, const void *, size_t);

static inline int
steps_sync_result(int rc)
{
	if (steps_fsync_error == 0)
		return rc;
	errno = steps_fsync_error;
	steps_fsync_error = 0; /* the kernel too reports it once */
	return -1;
}

int
__wrap_fsync(int fd)
{
	steps_count();
	return steps_skip_sync ? 0 : __real_fsync(fd);
}

int
__wrap_fdatasync(int fd)
{
	steps_count();
	return steps_sync_result(steps_skip_sync ? 0 : __real_fdatasync(fd));
}

int
__wrap_syncfs(int fd)
{
	steps_count();
	return steps_sync_result(steps_skip_sync ? 0 : __real_syncfs(fd));
}

int
__wrap_renameat(int from, const char *a, int to, const char *b)
{
	steps_count();
	return __real_renameat(from, a, to, b);
}

int
__wrap_renameat2(int from, const char *a, int to, const char *b, unsigned flags)
{
	steps_count();
	return __real_renameat2(from, a, to, b, flags);
}

int
__wrap_unlinkat(int fd, const char *name, int flags)
{
	steps_count();
	return __real_unlinkat(fd, name, flags);
}

int
__wrap_openat64(int fd, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		steps_count();
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return __real_openat64(fd, name, flags, mode);
}

int
__wrap_ftruncate64(int fd, off_t length)
{
	steps_count();
	return __real_ftruncate64(fd, length);
}

int
__wrap_mkdirat(int fd, const char *name, mode_t mode)
{
	steps_count();
	return __real_mkdirat(fd, name, mode);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	steps_count();
	return __real_fchmod(fd, mode);
}

/* A full disk takes what it has room for, then refuses. */
ssize_t
__wrap_write(int fd, const void *data, size_t n)
{
	steps_count();
	while (steps_hold)
		(void)usleep(1000);
	if (steps_write_error == 0)
		return __real_write(fd, data, n);
	if (steps_write_room == 0) {
		errno = steps_write_error;
		return -1;
	}
	n = n < steps_write_room ? n : steps_write_room;
	steps_write_room -= n;
	return __real_write(fd, data, n);
}

/* Run work(cookie) in a child that is killed before its n-th step.  1 if it came to its end, 0 if it was killed. */
static inline int
steps_run(long n, void (*work)(void *), void *cookie)
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		steps_left = n;
		work(cookie);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == STEPS_KILLED);
	return WEXITSTATUS(status) == 0;
}

/* How far apart the steps of a sweep are: each with EVERY_STEP in the environment, as tests/soak has it, or every fifth. */
static inline long
steps_apart(void)
{
	return getenv("EVERY_STEP") != NULL ? 1 : 5;
}

/* No sync: a process that is killed, not its machine, does not need it, and hundreds of runs wait for little else. */
static inline void
steps_without_sync(void)
{
	steps_skip_sync = getenv("EVERY_STEP") == NULL;
}

/*
 * The least n at which a run that is killed there has got so far: reached(n, cookie) runs it and looks.  What was reached
 * once stays, so it is found by halving; the last run was that of the n returned.
 */
static inline long
steps_until(long most, int (*reached)(long, void *), void *cookie)
{
	long low = 0, high = most, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (reached(middle, cookie))
			high = middle;
		else
			low = middle + 1;
	}
	assert_true(low < most);
	assert_true(reached(low, cookie));
	return low;
}

#endif
