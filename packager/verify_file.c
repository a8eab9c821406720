#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"

#include "verify_file.h"

#define BLOCK_BYTES ((size_t)64 * 1024)

int
verify_file_open(struct verify_file *f, int dirfd, const char *name)
{
	f->fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (f->fd == -1) {
		if (errno == ENXIO)
			errno = EBADMSG; /* a socket */
		return -1;
	}
	if (fstat(f->fd, &f->st) == -1)
		goto fail;
	if (S_ISREG(f->st.st_mode))
		return 0;
	errno = EBADMSG;
fail:
	verify_file_close(f);
	return -1;
}

int
verify_file_unchanged(const struct verify_file *f)
{
	struct stat now;

	if (fstat(f->fd, &now) == -1)
		return -1;
	if (now.st_size == f->st.st_size && now.st_mtim.tv_sec == f->st.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == f->st.st_mtim.tv_nsec && now.st_nlink > 0)
		return 0;
	errno = ESTALE;
	return -1;
}

void
verify_file_close(struct verify_file *f)
{
	int saved = errno;

	if (f->fd != -1)
		(void)close(f->fd); /* only read from */
	f->fd = -1;
	errno = saved;
}

int
verify_file_load(int dirfd, const char *name, size_t max, struct buf *out)
{
	struct verify_file f;
	char block[BLOCK_BYTES];
	size_t total = 0;
	ssize_t n;
	int rc = -1;

	if (verify_file_open(&f, dirfd, name) == -1)
		return -1;
	while ((n = fsio_read(f.fd, block, sizeof(block))) > 0) {
		total += (size_t)n;
		if (total > max) {
			errno = EFBIG;
			goto out;
		}
		if (buf_put(out, block, (size_t)n) == -1)
			goto out;
	}
	if (n == 0)
		rc = verify_file_unchanged(&f);
out:
	verify_file_close(&f);
	return rc;
}

int
verify_file_hash(int dirfd, const char *name, char hex[DIGEST_HEX])
{
	struct verify_file f;
	int rc = -1;

	if (verify_file_open(&f, dirfd, name) == -1)
		return -1;
	if (digest_fd(f.fd, hex, NULL) == 0)
		rc = verify_file_unchanged(&f);
	verify_file_close(&f);
	return rc;
}

int
verify_file_is_hostile(int error)
{
	return error == ELOOP || error == EBADMSG || error == EFBIG;
}

const char *
verify_file_why(int error)
{
	switch (error) {
	case ELOOP:
		return "is a symbolic link; it is not followed";
	case EBADMSG:
	case EISDIR:
		return "is no regular file";
	case EFBIG:
		return "is larger than such a file can be";
	case ESTALE:
		return "changed while it was read";
	case ENOENT:
		return "vanished while it was looked at";
	default:
		return strerror(error);
	}
}
