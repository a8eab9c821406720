#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"

#include "trusted.h"

#define BLOCK_BYTES ((size_t)16384)

/* Append at most max bytes of fd; one more than that is EFBIG. */
static int
read_all(int fd, size_t max, struct buf *out)
{
	char block[BLOCK_BYTES];
	size_t total = 0;
	ssize_t n;

	do {
		n = fsio_read(fd, block, sizeof(block));
		if (n == -1)
			return -1;
		total += (size_t)n;
		if (total > max) {
			errno = EFBIG;
			return -1;
		}
		if (buf_put(out, block, (size_t)n) == -1)
			return -1;
	} while ((size_t)n == sizeof(block));
	return 0;
}

int
trusted_load(int dirfd, const char *name, const char *label, size_t max, struct buf *out)
{
	size_t before = out->len;
	int fd, rc, saved;

	fd = fsio_open_regular(dirfd, name, O_RDONLY);
	if (fd == -1) {
		if (errno == EPERM)
			errno = EACCES; /* EPERM is kept for what was reported */
		return -1;
	}
	rc = fsio_check_trusted(fd, label, 0);
	if (rc == 0) {
		rc = read_all(fd, max, out);
		if (rc == -1 && errno == EPERM)
			errno = EIO;
	}
	saved = errno;
	if (rc == -1 && out->data != NULL) {
		out->len = before;
		out->data[before] = '\0';
	}
	(void)close(fd); /* read only: nothing to lose */
	errno = saved;
	return rc;
}

/* Load the file of an absolute path without links. */
static int
load_resolved(char *path, const char *label, size_t max, struct buf *out)
{
	char *slash = strrchr(path, '/');
	int dirfd, rc, saved;

	*slash = '\0';
	dirfd = open(slash == path ? "/" : path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd == -1)
		return -1;
	rc = trusted_load(dirfd, slash + 1, label, max, out);
	saved = errno;
	(void)close(dirfd); /* O_PATH: nothing to lose */
	errno = saved;
	return rc;
}

int
trusted_load_path(const char *path, size_t max, struct buf *out, int *status)
{
	char *resolved = realpath(path, NULL);
	int rc = -1;

	if (resolved != NULL)
		rc = load_resolved(resolved, path, max, out);
	if (rc == -1) {
		*status = trusted_status(errno);
		if (errno != EPERM)
			diag_errx("%s: %s", path, trusted_why(errno));
	}
	free(resolved);
	return rc;
}

const char *
trusted_why(int error)
{
	switch (error) {
	case EPERM:
		return "owner or mode is not to be trusted";
	case EBADMSG:
	case EISDIR:
	case EINVAL:
		return "not a regular file of one name";
	case ELOOP:
		return "a symbolic link";
	case EFBIG:
		return "too large";
	default:
		return strerror(error);
	}
}

int
trusted_status(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return EX_NOINPUT;
	case EPERM:
	case EACCES:
		return EX_NOPERM;
	case EBADMSG:
	case EISDIR:
	case EINVAL:
	case ELOOP:
	case EFBIG:
	case ENAMETOOLONG:
		return EX_CONFIG;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return EX_OSERR;
	default:
		return EX_IOERR;
	}
}
