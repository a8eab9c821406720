#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "diag.h"

#include "fsio.h"

#define LOAD_BYTES ((size_t)16384)
#define IO_MAX ((size_t)0x7ffff000) /* the kernel moves no more in one call */
#define LOCK_RETRY_NS 20000000L
#define TMP_DECORATION 5 /* the dot before and the ".tmp" behind */

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* Close on a failure's way out, where the first error is the one to report. */
static void
close_quietly(int fd)
{
	int saved = errno;

	if (fd != -1)
		(void)close(fd);
	errno = saved;
}

static int
fail(int error)
{
	errno = error;
	return -1;
}

int
fsio_is_plain_name(const char *name)
{
	return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strchr(name, '/') == NULL &&
	       strlen(name) <= NAME_MAX;
}

/*
 * Copy the next component of *path to name and step over it and the slashes around it.  Return its length, 0 at the end,
 * -1 with errno set for one that is ".." or too long.  "." is stepped over.
 */
static ssize_t
next_component(const char **path, char name[NAME_MAX + 1])
{
	size_t n;

	do {
		*path += strspn(*path, "/");
		n = strcspn(*path, "/");
		if (n > NAME_MAX)
			return fail(ENAMETOOLONG);
		memcpy(name, *path, n);
		name[n] = '\0';
		*path += n;
	} while (strcmp(name, ".") == 0);
	if (strcmp(name, "..") == 0)
		return fail(EINVAL);
	return (ssize_t)n;
}

/* Open the folder of one plain name; a link is ELOOP, which O_DIRECTORY alone would call ENOTDIR. */
static int
open_component(int dirfd, const char *name)
{
	struct stat st;
	int fd = openat(dirfd, name, DIR_FLAGS | O_NOFOLLOW);

	if (fd == -1 && errno == ENOTDIR) {
		if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			errno = ELOOP;
		else
			errno = ENOTDIR;
	}
	return fd;
}

static int
mkdir_component(int dirfd, const char *name, mode_t mode)
{
	struct stat st;
	int fd = -1;

	if (mkdirat(dirfd, name, mode) == -1)
		return errno == EEXIST ? open_component(dirfd, name) : -1;
	fd = open_component(dirfd, name);
	if (fd == -1 || fstat(fd, &st) == -1)
		goto fail;
	/* The umask took bits away, and the parent's set-group-id is inherited: the mode asked for is the mode it gets. */
	mode = (mode & 07777) | (st.st_mode & S_ISGID);
	if ((st.st_mode & 07777) != mode && fchmod(fd, mode) == -1)
		goto fail;
	if (fsync(dirfd) == -1)
		goto fail;
	return fd;
fail:
	close_quietly(fd);
	return -1;
}

/* Walk down path from dirfd a component at a time, making what is missing if asked to.  Return the last folder. */
static int
walk(int dirfd, const char *path, int make, mode_t mode)
{
	char name[NAME_MAX + 1];
	ssize_t n;
	int fd, next;

	/* Not opened anew: a sandbox may allow what lies below, but not the folder itself. */
	fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	while (fd != -1) {
		n = next_component(&path, name);
		if (n == 0)
			break;
		next = -1;
		if (n > 0 && make)
			next = mkdir_component(fd, name, mode);
		else if (n > 0)
			next = open_component(fd, name);
		close_quietly(fd);
		fd = next;
	}
	return fd;
}

/* Refuse ".." before anything is opened or made. */
static int
check_path(const char *path)
{
	char name[NAME_MAX + 1];
	ssize_t n;

	if (*path == '\0')
		return fail(EINVAL);
	do
		n = next_component(&path, name);
	while (n > 0);
	return (int)n;
}

static int
open_folder(int dirfd, const char *path, uint64_t resolve)
{
	struct open_how how = {.flags = DIR_FLAGS, .resolve = resolve | RESOLVE_NO_SYMLINKS};
	int fd, root;

	if (check_path(path) == -1)
		return -1;
	do
		fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	while (fd == -1 && (errno == EINTR || errno == EAGAIN));
	/* Kernels before 5.6 have no such call, and system call filters that do not know it forbid it: go step by step. */
	if (fd != -1 || (errno != ENOSYS && errno != EPERM))
		return fd;
	if (*path != '/')
		return walk(dirfd, path, 0, 0);
	root = open("/", DIR_FLAGS);
	if (root == -1)
		return -1;
	fd = walk(root, path, 0, 0);
	close_quietly(root);
	return fd;
}

int
fsio_opendir(const char *path)
{
	return *path == '/' ? open_folder(AT_FDCWD, path, 0) : fail(EINVAL);
}

int
fsio_opendirat(int dirfd, const char *path)
{
	return *path != '/' ? open_folder(dirfd, path, RESOLVE_BENEATH) : fail(EINVAL);
}

int
fsio_mkdirs(int dirfd, const char *path, mode_t mode)
{
	if (*path == '/')
		return fail(EINVAL);
	if (check_path(path) == -1)
		return -1;
	return walk(dirfd, path, 1, mode);
}

int
fsio_open_regular(int dirfd, const char *name, int flags)
{
	struct stat st;
	int fd;

	if (!fsio_is_plain_name(name))
		return fail(EINVAL);
	/* Nothing is truncated before it is known to be a file of ours. */
	fd = openat(dirfd, name, (flags & ~O_TRUNC) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
	if (fd == -1) {
		/* A folder opened for writing, a socket, a FIFO without a reader. */
		if (errno == EISDIR || errno == ENXIO)
			errno = EBADMSG;
		return -1;
	}
	if (fstat(fd, &st) == -1)
		goto fail;
	/* No link at all: replaced or removed since it was opened, and as good as read a moment earlier. */
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1) {
		errno = EBADMSG;
		goto fail;
	}
	if ((flags & O_TRUNC) != 0 && ftruncate(fd, 0) == -1)
		goto fail;
	return fd;
fail:
	close_quietly(fd);
	return -1;
}

int
fsio_write(int fd, const void *data, size_t n)
{
	const char *p = data;
	ssize_t done;

	while (n > 0) {
		done = write(fd, p, n < IO_MAX ? n : IO_MAX);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		if (done == 0)
			return fail(EIO);
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

ssize_t
fsio_read(int fd, void *data, size_t n)
{
	char *p = data;
	size_t total = 0, left;
	ssize_t done;

	if (n > SSIZE_MAX)
		return fail(EINVAL);
	while (total < n) {
		left = n - total;
		done = read(fd, p + total, left < IO_MAX ? left : IO_MAX);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		if (done == 0)
			break;
		total += (size_t)done;
	}
	return (ssize_t)total;
}

/* Append what fd holds, closing it.  On failure out is as it was. */
static int
load(int fd, size_t max, struct buf *out)
{
	char block[LOAD_BYTES];
	size_t before = out->len;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		goto fail;
	if (!S_ISREG(st.st_mode)) {
		errno = EBADMSG;
		goto fail;
	}
	if (st.st_size < 0 || (uintmax_t)st.st_size > max) {
		errno = EFBIG;
		goto fail;
	}
	/* An empty file too leaves a NUL-terminated text. */
	if (buf_put(out, "", 0) == -1)
		goto fail;
	/* To the end rather than to st_size: it may grow, and files of /proc show none. */
	do {
		n = fsio_read(fd, block, sizeof(block));
		if (n == -1)
			goto fail;
		if ((size_t)n > max - (out->len - before)) {
			errno = EFBIG;
			goto fail;
		}
		if (buf_put(out, block, (size_t)n) == -1)
			goto fail;
	} while ((size_t)n == sizeof(block));
	explicit_bzero(block, sizeof(block)); /* it may have been a key */
	close_quietly(fd);
	return 0;
fail:
	explicit_bzero(block, sizeof(block));
	out->len = before;
	if (out->data != NULL)
		out->data[before] = '\0';
	close_quietly(fd);
	return -1;
}

int
fsio_load(int dirfd, const char *name, size_t max, struct buf *out)
{
	int fd = fsio_open_regular(dirfd, name, O_RDONLY);

	return fd == -1 ? -1 : load(fd, max, out);
}

int
fsio_load_path(const char *path, size_t max, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd == -1 && errno == ENXIO)
		errno = EBADMSG;
	return fd == -1 ? -1 : load(fd, max, out);
}

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
	return fail(saved);
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
		return fail(EINVAL);
	if (move_new(fromfd, from, tofd, to) == -1) {
		if (errno != EEXIST)
			return -1;
		if (!is_half_moved(fromfd, from, tofd, to))
			return fail(EEXIST);
		if (unlinkat(fromfd, from, 0) == -1)
			return -1;
	}
	if (fsync(tofd) == 0 && (fromfd == tofd || fsync(fromfd) == 0))
		return 0;
	/* Nobody may build on a name that is perhaps not on the disk. */
	saved = errno;
	(void)move_new(tofd, to, fromfd, from); /* the failed sync is what the caller has to hear of */
	return fail(saved);
}

int
fsio_publish(int dirfd, const char *from, const char *to)
{
	return fsio_publish_to(dirfd, from, dirfd, to);
}

/* Write and sync the file tmp, which must not exist. */
static int
write_new(int dirfd, const char *tmp, const void *data, size_t n, mode_t mode)
{
	int fd;

	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (fsio_write(fd, data, n) == -1 || fchmod(fd, mode) == -1 || fsync(fd) == -1) {
		close_quietly(fd);
		return -1;
	}
	return close(fd);
}

static int
put(int dirfd, const char *name, const void *data, size_t n, mode_t mode, int replace)
{
	char tmp[NAME_MAX + TMP_DECORATION + 1];
	int rc = -1, saved;

	if (!fsio_is_plain_name(name))
		return fail(EINVAL);
	if (strlen(name) > NAME_MAX - TMP_DECORATION)
		return fail(ENAMETOOLONG);
	(void)snprintf(tmp, sizeof(tmp), ".%s.tmp", name);
	if (unlinkat(dirfd, tmp, 0) == -1 && errno != ENOENT)
		return -1;
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
		return fail(EINVAL);
	if (unlinkat(dirfd, name, 0) == -1 && errno != ENOENT)
		return -1;
	/* Also where it was gone: an earlier run may have been killed between the two. */
	return fsync(dirfd);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
free_names(char **names, size_t n)
{
	int saved = errno;

	while (n > 0)
		free(names[--n]);
	free(names);
	errno = saved;
}

/* Read all names before the first is looked at: a folder that changes meanwhile shows none twice. */
static int
read_names(DIR *dir, char ***out, size_t *count)
{
	char **names = NULL, **grown;
	size_t n = 0, room = 0;
	struct dirent *entry;

	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (n == room) {
			room = room == 0 ? 64 : room * 2;
			grown = reallocarray(names, room, sizeof(*names));
			if (grown == NULL)
				goto fail;
			names = grown;
		}
		names[n] = strdup(entry->d_name);
		if (names[n] == NULL)
			goto fail;
		n++;
	}
	if (errno != 0)
		goto fail;
	*out = names;
	*count = n;
	return 0;
fail:
	free_names(names, n);
	return -1;
}

int
fsio_list(int dirfd, int (*each)(void *, const char *), void *cookie)
{
	char **names = NULL;
	size_t count = 0, i;
	DIR *dir = NULL;
	int fd, rc, saved;

	/* Opened anew, because a duplicate would share the offset with other readers of dirfd. */
	fd = openat(dirfd, ".", DIR_FLAGS);
	if (fd == -1)
		return -1;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close_quietly(fd);
		return -1;
	}
	rc = read_names(dir, &names, &count);
	saved = errno;
	(void)closedir(dir); /* read only: nothing to lose */
	errno = saved;
	if (rc == -1)
		return -1;
	if (count > 0)
		qsort(names, count, sizeof(*names), compare_names);
	for (i = 0; i < count && rc == 0; i++)
		rc = each(cookie, names[i]);
	free_names(names, count);
	return rc;
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
		if (fd == -1)
			return -1;
		if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
			close_quietly(fd);
			return -1;
		}
		if (is_still_named(dirfd, name, fd))
			return fd;
		close_quietly(fd);
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
			return fail(EWOULDBLOCK);
		(void)nanosleep(&pause, NULL); /* a signal only makes the next try come earlier */
	}
}

int
fsio_check_trusted(int fd, const char *label, int secret)
{
	struct stat st;

	if (fstat(fd, &st) == -1) {
		diag_err("%s", label);
		return fail(EPERM);
	}
	if (st.st_uid != 0 && st.st_uid != geteuid())
		diag_errx(
		    "%s: owned by user %ju, not by root or the user who runs this", label, (uintmax_t)st.st_uid);
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		diag_errx("%s: writable by others (mode %04o)", label, (unsigned)st.st_mode & 07777);
	else if (secret && ((st.st_mode & S_IROTH) != 0 || ((st.st_mode & S_IRGRP) != 0 && st.st_uid != 0)))
		diag_errx("%s: a secret that others can read (mode %04o)", label, (unsigned)st.st_mode & 07777);
	else
		return 0;
	return fail(EPERM);
}

int
fsio_is_volatile(int fd)
{
	static const uint32_t volatiles[] = {TMPFS_MAGIC, RAMFS_MAGIC, OVERLAYFS_SUPER_MAGIC, NFS_SUPER_MAGIC,
	    CIFS_SUPER_MAGIC, SMB_SUPER_MAGIC, SMB2_SUPER_MAGIC, FUSE_SUPER_MAGIC, V9FS_MAGIC, CEPH_SUPER_MAGIC,
	    AFS_SUPER_MAGIC, CODA_SUPER_MAGIC};
	struct statfs fs;
	size_t i;

	if (fstatfs(fd, &fs) == -1)
		return -1;
	for (i = 0; i < sizeof(volatiles) / sizeof(volatiles[0]); i++) {
		if ((uint32_t)fs.f_type == volatiles[i])
			return 1;
	}
	return 0;
}
