#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "digest.h"
#include "fsio.h"

#include "attach.h"

#define BLOCK_BYTES ((size_t)64 * 1024)
#define TMP ".attachment.tmp"

/* Copy the whole of ${from}, at most ${max} bytes and one, hashing it. */
static int
copy(int from, int to, uint64_t max, char hex[DIGEST_HEX], uint64_t *bytes)
{
	struct digest *digest = digest_new();
	char *block = malloc(BLOCK_BYTES);
	ssize_t n = -1;

	*bytes = 0;
	while (digest != NULL && block != NULL && (n = fsio_read(from, block, BLOCK_BYTES)) > 0) {
		*bytes += (uint64_t)n;
		if (*bytes > max) {
			errno = EFBIG;
			n = -1;
			break;
		}
		digest_add(digest, block, (size_t)n);
		if (fsio_write(to, block, (size_t)n) == -1) {
			n = -1;
			break;
		}
	}
	if (n == 0)
		digest_take_hex(digest, hex);
	free(block);
	digest_free(digest);
	return n == 0 ? 0 : -1;
}

/* Is the file that has the name already the very same? */
static int
is_same(int dirfd, const char *name, const char *sha256)
{
	char hex[DIGEST_HEX];
	int fd = fsio_open_regular(dirfd, name, O_RDONLY), rc;

	if (fd == -1)
		return 0;
	rc = digest_fd(fd, hex, NULL);
	(void)close(fd); /* only read from */
	return rc == 0 && strcmp(hex, sha256) == 0;
}

/* Return 0, or -1 with errno set; EBADMSG: not the file that the request names. */
static int
put_copy(int from, int tofd, const struct request *r)
{
	char name[REQUEST_FILE_ROOM + 16], hex[DIGEST_HEX];
	uint64_t bytes;
	int fd, rc = -1;

	if (unlinkat(tofd, TMP, 0) == -1 && errno != ENOENT)
		return -1;
	fd = fsio_open_regular(tofd, TMP, O_WRONLY | O_CREAT | O_EXCL);
	if (fd == -1 || copy(from, fd, r->bytes, hex, &bytes) == -1)
		goto out;
	if (bytes != r->bytes || strcmp(hex, r->file_sha256) != 0) {
		errno = EBADMSG;
		goto out;
	}
	(void)snprintf(name, sizeof(name), "%.8s-%s", r->file_sha256, r->file); /* has room */
	if (fsync(fd) == -1)
		goto out;
	rc = fsio_publish(tofd, TMP, name);
	if (rc == -1 && errno == EEXIST && is_same(tofd, name, r->file_sha256))
		rc = fsio_remove(tofd, TMP);
out:
	if (fd != -1)
		(void)close(fd); /* synced, or given up */
	if (rc == -1) {
		int saved = errno;

		(void)unlinkat(tofd, TMP, 0); /* else the next try removes it */
		errno = saved;
	}
	return rc;
}

/* Open what came with the request. */
static int
open_data(const struct packager *p, const char *case_id, const struct requests_entry *e, char name[NAMES_FILE_ROOM])
{
	char path[NAMES_CASE_ROOM + 32];
	int dirfd, fd;

	(void)snprintf(path, sizeof(path), REQUESTS_TREE "/%s", case_id); /* has room */
	(void)snprintf(name, NAMES_FILE_ROOM, "%.*s.data", (int)strcspn(e->name, "."), e->name);
	dirfd = fsio_opendirat(p->statefd, path);
	if (dirfd == -1)
		return -1;
	fd = fsio_open_regular(dirfd, name, O_RDONLY);
	(void)close(dirfd); /* a folder */
	return fd;
}

int
attach_file(struct packager *p, const char *case_id, const struct requests_entry *e)
{
	char path[NAMES_CASE_ROOM + 32], name[NAMES_FILE_ROOM];
	int from = open_data(p, case_id, e, name), to = -1, rc = -1;

	(void)snprintf(path, sizeof(path), "records/%s/attachments", case_id); /* has room */
	if (from != -1)
		to = fsio_mkdirs(p->statefd, path, PACKAGER_MODE_DIR);
	if (to != -1)
		rc = put_copy(from, to, &e->request);
	if (rc == -1 && (errno == EBADMSG || errno == EFBIG || errno == ELOOP || errno == ENOENT)) {
		diag_errx(REQUESTS_TREE "/%s/%s: is not the plain file that its request names: not attached", case_id,
		    name);
		packager_fail(p, EX_DATAERR);
	} else if (rc == -1) {
		diag_err(REQUESTS_TREE "/%s/%s", case_id, name);
		packager_fail(p, packager_status(errno));
	}
	if (from != -1)
		(void)close(from); /* only read from */
	if (to != -1)
		(void)close(to); /* a folder */
	return rc;
}
