#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"

#include "encrypt.h"

#include "quarantine_encrypt.h"

#define TMP ".quarantined.age.part"
#define COPIES_MAX 1000
#define BLOCK_BYTES ((size_t)64 * 1024)

/* One file on its way. */
struct copying {
	struct encrypting *e;
	int from, to;
	struct digest *digest;
	char sha256[DIGEST_HEX]; /* of what was read */
	unsigned char block[BLOCK_BYTES];
};

/* Whatever it is, it is neither followed nor waited for.  1, 0 if there is nothing to encrypt, or -1 with errno set. */
static int
open_plain(int dirfd, const char *name, int *fd)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (!S_ISREG(st.st_mode))
		return 0;
	*fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd == -1)
		return errno == EACCES || errno == EPERM || errno == ELOOP ? 0 : -1;
	return 1;
}

static int
copy(struct copying *c)
{
	ssize_t n;

	while ((n = fsio_read(c->from, c->block, sizeof(c->block))) > 0) {
		digest_add(c->digest, c->block, (size_t)n);
		if (age_writer_put(encrypt_writer(c->e), c->block, (size_t)n) == -1)
			return -1;
	}
	if (n == -1 || encrypt_end(c->e) == -1)
		return -1;
	digest_take_hex(c->digest, c->sha256);
	return fsync(c->to);
}

static long
read_back(void *cookie, void *data, size_t room)
{
	return (long)fsio_read(((const struct copying *)cookie)->to, data, room);
}

/* What lies there must open to what was read: the original goes after this. */
static int
check(struct copying *c)
{
	struct age_reader *r;
	char hex[DIGEST_HEX];
	long n;

	if (lseek(c->to, 0, SEEK_SET) == -1)
		return -1;
	r = age_reader_again(encrypt_writer(c->e), read_back, c);
	if (r == NULL)
		return -1;
	digest_reset(c->digest);
	while ((n = age_reader_read(r, c->block, sizeof(c->block))) > 0)
		digest_add(c->digest, c->block, (size_t)n);
	digest_take_hex(c->digest, hex);
	age_reader_free(r);
	if (n == 0 && strcmp(hex, c->sha256) != 0) {
		errno = EBADMSG;
		return -1;
	}
	return n == 0 ? 0 : -1;
}

static int
publish(int tofd, const char *name, char *to, size_t room)
{
	unsigned i;

	(void)snprintf(to, room, "%s.age", name); /* has room */
	for (i = 2; fsio_publish(tofd, TMP, to) == -1; i++) {
		if (errno != EEXIST || i > COPIES_MAX)
			return -1;
		(void)snprintf(to, room, "%s.age.%u", name, i); /* has room */
	}
	return 0;
}

static int
put_encrypted(struct stream *s, struct copying *c, int tofd)
{
	int rc = -1;

	if (unlinkat(tofd, TMP, 0) == -1 && errno != ENOENT)
		return -1;
	c->to = fsio_open_regular(tofd, TMP, O_RDWR | O_CREAT | O_EXCL);
	if (c->to == -1)
		return -1;
	c->digest = digest_new();
	c->e = encrypt_begin(s, c->to);
	if (c->digest != NULL && c->e != NULL && copy(c) == 0)
		rc = check(c);
	encrypt_free(c->e);
	digest_free(c->digest);
	if (close(c->to) == -1)
		rc = -1;
	return rc;
}

int
quarantine_encrypt(struct stream *s, int tofd, const char *name, char *to, size_t room)
{
	struct copying *c = calloc(1, sizeof(*c));
	int dirfd = spool_dirfd(s->spool), rc;

	if (c == NULL)
		return -1;
	c->from = -1;
	rc = open_plain(dirfd, name, &c->from);
	if (rc != 1)
		goto out;
	/* Killed between these two, the next run puts it there once more, under a name of its own: nothing is lost. */
	if (put_encrypted(s, c, tofd) == -1 || publish(tofd, name, to, room) == -1 || unlinkat(dirfd, name, 0) == -1)
		rc = -1;
out:
	if (c->from != -1)
		(void)close(c->from); /* only read from */
	explicit_bzero(c->block, sizeof(c->block));
	free(c);
	return rc;
}
