#include <sys/stat.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"

#include "fsio.h"
#include "fsio_internal.h"

#define LOAD_BYTES ((size_t)16384)
#define IO_MAX ((size_t)0x7ffff000) /* the kernel moves no more in one call */

void
fsio_close_quietly(int fd)
{
	int saved = errno;

	if (fd != -1)
		(void)close(fd);
	errno = saved;
}

int
fsio_fail(int error)
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

int
fsio_open_regular(int dirfd, const char *name, int flags)
{
	struct stat st;
	int fd;

	if (!fsio_is_plain_name(name))
		return fsio_fail(EINVAL);
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
	fsio_close_quietly(fd);
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
			return fsio_fail(EIO);
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
		return fsio_fail(EINVAL);
	while (total < n) {
		left = n - total;
		done = read(fd, p + total, left < IO_MAX ? left : IO_MAX);
		if (done == -1 && errno == EINTR)
			continue;
		/* The word for what is no file of ours is also that of a disk whose checksums do not fit. */
		if (done == -1)
			return errno == EBADMSG ? fsio_fail(EIO) : -1;
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
	fsio_close_quietly(fd);
	return 0;
fail:
	explicit_bzero(block, sizeof(block));
	out->len = before;
	if (out->data != NULL)
		out->data[before] = '\0';
	fsio_close_quietly(fd);
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

int
fsio_check_trusted(int fd, const char *label, int secret)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return errno == EPERM ? fsio_fail(EIO) : -1;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		diag_errx(
		    "%s: owned by user %ju, not by root or the user who runs this", label, (uintmax_t)st.st_uid);
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		diag_errx("%s: writable by others (mode %04o)", label, (unsigned)st.st_mode & 07777);
	else if (secret && ((st.st_mode & S_IROTH) != 0 || ((st.st_mode & S_IRGRP) != 0 && st.st_uid != 0)))
		diag_errx("%s: a secret that others can read (mode %04o)", label, (unsigned)st.st_mode & 07777);
	else
		return 0;
	return fsio_fail(EPERM);
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
