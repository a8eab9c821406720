#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "verify_tar.h"

#include "verify_file.h"

#define BLOCK_BYTES ((size_t)64 * 1024)

static int
open_plain(struct verify_file *f, int dirfd, const char *name)
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
verify_file_open(struct verify_file *f, const struct verify_dir *dir, const char *name)
{
	f->is_borrowed = 0;
	f->start = f->at = 0;
	f->end = UINT64_MAX; /* as long as it gives something */
	if (dir->tar == NULL || !verify_tar_is_in(dir->tar, name))
		return open_plain(f, dir->fd, name);
	return verify_tar_member(dir->tar, name, f);
}

long
verify_file_read(void *cookie, void *data, size_t room)
{
	struct verify_file *f = cookie;
	ssize_t n;

	if (room > f->end - f->at)
		room = (size_t)(f->end - f->at);
	do {
		n = pread(f->fd, data, room, (off_t)f->at);
	} while (n == -1 && errno == EINTR);
	if (n > 0)
		f->at += (uint64_t)n;
	return (long)n;
}

void
verify_file_rewind(struct verify_file *f)
{
	f->at = f->start;
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

	if (f->fd != -1 && !f->is_borrowed)
		(void)close(f->fd); /* only read from */
	f->fd = -1;
	errno = saved;
}

int
verify_file_load(const struct verify_dir *dir, const char *name, size_t max, struct buf *out)
{
	struct verify_file f;
	char block[BLOCK_BYTES];
	size_t total = 0;
	long n;
	int rc = -1;

	if (verify_file_open(&f, dir, name) == -1)
		return -1;
	while ((n = verify_file_read(&f, block, sizeof(block))) > 0) {
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
verify_file_digest(struct verify_file *f, char hex[DIGEST_HEX])
{
	struct digest *d = digest_new();
	char block[BLOCK_BYTES];
	long n;

	if (d == NULL)
		return -1;
	while ((n = verify_file_read(f, block, sizeof(block))) > 0)
		digest_add(d, block, (size_t)n);
	digest_take_hex(d, hex);
	digest_free(d);
	return n == 0 ? 0 : -1;
}

int
verify_file_hash(const struct verify_dir *dir, const char *name, char hex[DIGEST_HEX])
{
	struct verify_file f;
	int rc = -1;

	if (verify_file_open(&f, dir, name) == -1)
		return -1;
	if (verify_file_digest(&f, hex) == 0)
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
