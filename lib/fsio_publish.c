#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fsio.h"
#include "fsio_internal.h"
#include "text.h"

#define TMP_DECORATION 5 /* the dot before and the ".tmp" behind */
#define LOCK_RETRY_NS 20000000L
#define NEW_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

/* Give from the name to, which must be free. */
static int
move_new(int fromfd, const char *from, int tofd, const char *to)
{
	int saved;

	if (renameat2(fromfd, from, tofd, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* A filesystem without the flag says EINVAL; a link refuses a name that is taken as well. */
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(fromfd, from, tofd, to, 0) == -1)
		return -1;
	if (unlinkat(fromfd, from, 0) == 0)
		return 0;
	saved = errno;
	(void)unlinkat(tofd, to, 0); /* back to one name; failing that, the next publish ends the work */
	return fsio_fail(saved);
}

/*
 * Are from and to two names of one file, as a kill between link and unlink leaves them?  Two names, not one name met
 * twice, or taking from away would take the file away.
 */
static int
is_half_moved(int fromfd, const char *from, int tofd, const char *to)
{
	struct stat a, b, fromdir, todir;

	if (fstatat(fromfd, from, &a, AT_SYMLINK_NOFOLLOW) == -1 ||
	    fstatat(tofd, to, &b, AT_SYMLINK_NOFOLLOW) == -1 || fstat(fromfd, &fromdir) == -1 ||
	    fstat(tofd, &todir) == -1)
		return 0;
	if (strcmp(from, to) == 0 && fromdir.st_dev == todir.st_dev && fromdir.st_ino == todir.st_ino)
		return 0;
	return S_ISREG(a.st_mode) && a.st_nlink == 2 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int
fsio_publish_to(int fromfd, const char *from, int tofd, const char *to)
{
	int saved;

	if (!fsio_is_plain_name(from) || !fsio_is_plain_name(to))
		return fsio_fail(EINVAL);
	if (move_new(fromfd, from, tofd, to) == -1) {
		if (errno != EEXIST)
			return -1;
		/* Callers take the name's being there for done: it is looked at. */
		if (!is_half_moved(fromfd, from, tofd, to))
			return fsio_fail(faccessat(tofd, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? EEXIST : EIO);
		if (unlinkat(fromfd, from, 0) == -1)
			return -1;
	}
	if (fsync(tofd) == 0 && (fromfd == tofd || fsync(fromfd) == 0))
		return 0;
	/* Nobody may build on a name that is perhaps not on the disk. */
	saved = errno;
	(void)move_new(tofd, to, fromfd, from); /* the failed sync is what the caller has to hear of */
	return fsio_fail(saved);
}

int
fsio_publish(int dirfd, const char *from, const char *to)
{
	return fsio_publish_to(dirfd, from, dirfd, to);
}

/* Write and sync the file tmp; one that is there is replaced. */
static int
write_new(int dirfd, const char *tmp, const void *data, size_t n, mode_t mode)
{
	int fd;

	fd = openat(dirfd, tmp, NEW_FLAGS, 0600);
	/* Left by a put that was killed. */
	if (fd == -1 && errno == EEXIST && unlinkat(dirfd, tmp, 0) == 0)
		fd = openat(dirfd, tmp, NEW_FLAGS, 0600);
	if (fd == -1)
		return -1;
	if (fsio_write(fd, data, n) == -1 || fchmod(fd, mode) == -1 || fsync(fd) == -1) {
		fsio_close_quietly(fd);
		return -1;
	}
	return close(fd);
}

int
fsio_is_temp(const char *name)
{
	return name[0] == '.' && text_ends_with(name + 1, ".tmp");
}

static int
put(int dirfd, const char *name, const void *data, size_t n, mode_t mode, int replace)
{
	char tmp[NAME_MAX + TMP_DECORATION + 1];
	int rc = -1, saved;

	if (!fsio_is_plain_name(name))
		return fsio_fail(EINVAL);
	if (strlen(name) > NAME_MAX - TMP_DECORATION)
		return fsio_fail(ENAMETOOLONG);
	(void)snprintf(tmp, sizeof(tmp), ".%s.tmp", name);
	if (write_new(dirfd, tmp, data, n, mode) == -1)
		goto out;
	if (!replace)
		rc = fsio_publish(dirfd, tmp, name);
	else if (renameat(dirfd, tmp, dirfd, name) == 0)
		rc = fsync(dirfd);
out:
	if (rc == -1) {
		saved = errno;
		(void)unlinkat(dirfd, tmp, 0); /* gone already, or for the next put to remove */
		errno = saved;
	}
	return rc;
}

int
fsio_put(int dirfd, const char *name, const void *data, size_t n, mode_t mode)
{
	return put(dirfd, name, data, n, mode, 0);
}

int
fsio_replace(int dirfd, const char *name, const void *data, size_t n, mode_t mode)
{
	return put(dirfd, name, data, n, mode, 1);
}

int
fsio_remove(int dirfd, const char *name)
{
	if (!fsio_is_plain_name(name))
		return fsio_fail(EINVAL);
	if (unlinkat(dirfd, name, 0) == -1 && errno != ENOENT)
		return -1;
	/* Also where it was gone: an earlier run may have been killed between the two. */
	return fsync(dirfd);
}

/* Is fd still what name leads to?  A lock on a file that was removed keeps nobody out. */
static int
is_still_named(int dirfd, const char *name, int fd)
{
	struct stat named, held;

	return fstatat(dirfd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &held) == 0 &&
	       named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

static int
lock_once(int dirfd, const char *name)
{
	int fd;

	for (;;) {
		fd = fsio_open_regular(dirfd, name, O_RDWR | O_CREAT);
		if (fd == -1 && (errno == EACCES || errno == EROFS))
			fd = fsio_open_regular(
			    dirfd, name, O_RDONLY); /* another program's: flock() asks for no more */
		if (fd == -1)
			return -1;
		if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
			fsio_close_quietly(fd);
			return -1;
		}
		if (is_still_named(dirfd, name, fd))
			return fd;
		fsio_close_quietly(fd);
	}
}

int
fsio_lock(int dirfd, const char *name, unsigned wait_seconds)
{
	const struct timespec pause = {0, LOCK_RETRY_NS};
	struct timespec start, now;
	int fd;

	(void)clock_gettime(CLOCK_MONOTONIC, &start); /* can not fail for this clock */
	for (;;) {
		fd = lock_once(dirfd, name);
		if (fd != -1 || errno != EWOULDBLOCK)
			return fd;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > wait_seconds ||
		    (now.tv_sec - start.tv_sec == wait_seconds && now.tv_nsec >= start.tv_nsec))
			return fsio_fail(EWOULDBLOCK);
		(void)nanosleep(&pause, NULL); /* a signal only makes the next try come earlier */
	}
}
