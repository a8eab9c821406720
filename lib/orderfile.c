#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "trusted.h"

#include "orderfile.h"

#define CREDENTIAL "orders.key"
#define MAGIC "age-encryption.org/v1\n"

/* Read the identities, judging owner and mode on the descriptor that is read.  Takes the descriptor. */
static struct age_identities *
read_key(int fd, const char *label, int *status)
{
	struct age_identities *key = NULL;

	*status = EX_NOPERM;
	if (fsio_check_trusted(fd, label, 1) == -1) {
		if (errno != EPERM)
			diag_err("%s", label);
		goto out;
	}
	key = age_identities_read(fd);
	if (key == NULL) {
		*status = errno == EINVAL || errno == EFBIG ? EX_CONFIG : EX_OSERR;
		if (*status == EX_CONFIG)
			diag_errx("%s: not an age identity (AGE-SECRET-KEY-1...)", label);
		else
			diag_err("%s", label);
	}
out:
	(void)close(fd); /* only read from */
	return key;
}

struct age_identities *
orderfile_key_load(const char *path, int *status)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd != -1)
		return read_key(fd, path, status);
	*status = trusted_status(errno);
	diag_err("%s", path);
	return NULL;
}

struct age_identities *
orderfile_key(const char *path, int *status)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	int dirfd, fd = -1;

	*status = EX_OK;
	if (folder != NULL && folder[0] == '/') {
		dirfd = fsio_opendir(folder);
		if (dirfd != -1) {
			fd = openat(dirfd, CREDENTIAL, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
			(void)close(dirfd); /* a folder */
		}
		if (fd != -1)
			return read_key(fd, "credential " CREDENTIAL, status);
		if (errno != ENOENT) {
			diag_err("credential " CREDENTIAL);
			*status = EX_NOPERM;
			return NULL;
		}
	}
	/* Where it lies, only who is to have it may look: not to be that one is no failure. */
	if (path == NULL || access(path, R_OK) == -1)
		return NULL;
	return orderfile_key_load(path, status);
}

int
orderfile_is_encrypted(const struct buf *file)
{
	return file->len >= sizeof(MAGIC) - 1 && memcmp(file->data, MAGIC, sizeof(MAGIC) - 1) == 0;
}

struct cursor {
	const struct buf *file;
	size_t at;
};

static long
give(void *cookie, void *data, size_t room)
{
	struct cursor *c = cookie;
	size_t n = c->file->len - c->at;

	if (n > room)
		n = room;
	memcpy(data, c->file->data + c->at, n);
	c->at += n;
	return (long)n;
}

static int
take(void *cookie, const void *data, size_t n)
{
	return buf_put(cookie, data, n);
}

/* Decrypt all of it.  Return 0, or -1 with errno set. */
static int
decrypt(struct age_reader *r, struct buf *text)
{
	char block[4096];
	long n;

	while ((n = age_reader_read(r, block, sizeof(block))) > 0) {
		if (buf_put(text, block, (size_t)n) == -1)
			return -1;
		if (text->len > ORDER_MAX_BYTES) {
			errno = EFBIG;
			return -1;
		}
	}
	if (n == 0)
		return 0;
	switch (age_reader_state(r)) {
	case AGE_LOCKED:
		errno = ENOKEY;
		break;
	case AGE_MALFORMED:
	case AGE_TAMPERED:
		errno = EKEYREJECTED;
		break;
	default:
		break; /* errno says it */
	}
	return -1;
}

int
orderfile_open(const struct age_identities *key, const struct buf *file, struct buf *text)
{
	struct cursor c = {.file = file};
	struct age_reader *r = NULL;
	struct buf plain = BUF_INIT;
	int rc = -1, saved;

	if (!orderfile_is_encrypted(file)) {
		if (file->len > ORDER_MAX_BYTES) {
			errno = EFBIG;
			return -1;
		}
		return buf_put(text, file->data, file->len);
	}
	if (key == NULL) {
		errno = ENOKEY;
		return -1;
	}
	r = age_reader_new(key, give, &c);
	if (r != NULL && decrypt(r, &plain) == 0)
		rc = buf_put(text, plain.data, plain.len);
	saved = errno;
	age_reader_free(r);
	buf_free(&plain);
	errno = saved;
	return rc;
}

int
orderfile_load(int dirfd, const char *name, const struct age_identities *key, struct buf *text)
{
	struct buf file = BUF_INIT;
	int rc = -1, saved;

	if (fsio_load(dirfd, name, ORDERFILE_MAX_BYTES, &file) == 0)
		rc = orderfile_open(key, &file, text);
	saved = errno;
	buf_free(&file);
	errno = saved;
	return rc;
}

int
orderfile_encrypt(const struct age_recipient *to, size_t count, const struct buf *text, struct buf *file)
{
	struct age_writer *w = age_writer_new(to, count, take, file);
	int rc = -1;

	if (w != NULL && age_writer_put(w, text->data, text->len) == 0)
		rc = age_writer_finish(w);
	age_writer_free(w);
	return rc;
}

const char *
orderfile_why(int error)
{
	switch (error) {
	case ENOKEY:
		return "encrypted, and there is no key here that opens it";
	case EKEYREJECTED:
		return "encrypted, and not as it was written";
	default:
		return trusted_why(error);
	}
}
