#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "fsio.h"
#include "manifest.h"

#include "daytar.h"
#include "tarfile_internal.h"

#define SUMS "SHA256SUMS"
#define SUMS_SIG "SHA256SUMS.minisig"
#define SEALS 2 /* members that the list can not hold */
#define END_BYTES ((size_t)2 * TARFILE_BLOCK)

struct member {
	const char *name;
	const char *sha256; /* NULL: not listed */
	uint64_t bytes;
	uint64_t start; /* of its headers, in the tar */
};

/* Where the reading is: in the headers of member `at`, in its file, or in the zeros behind it (or behind all). */
struct daytar {
	int dirfd;
	char folder[NAMES_FILE_ROOM];
	int64_t mtime;
	struct manifest *sums;
	struct member *members;
	size_t count, at;
	uint64_t bytes;
	unsigned char headers[TARFILE_HEADERS_MAX];
	size_t header_at, header_len;
	int fd;         /* of the member, -1 before it is opened and when it is over */
	uint64_t left;  /* of the file */
	int is_partial; /* it was not read from its start: it can not be hashed */
	size_t zeros;   /* that come next */
	struct digest *digest;
};

static int
blame(int error)
{
	errno = error;
	return -1;
}

static size_t
build_headers(const struct daytar *d, const struct member *m, unsigned char out[TARFILE_HEADERS_MAX])
{
	char path[TARFILE_NAME_ROOM];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", d->folder, m->name) >= sizeof(path))
		return 0;
	return tarfile_name_is_good(path) ? tarfile_build_headers(out, path, m->bytes, d->mtime) : 0;
}

static int
add_member(struct daytar *d, const char *name, const char *sha256)
{
	struct member *m = &d->members[d->count];
	unsigned char headers[TARFILE_HEADERS_MAX];
	struct stat st;
	size_t n;

	if (!fsio_is_plain_name(name) || name[0] == '.')
		return blame(EBADMSG);
	if (fstatat(d->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (!S_ISREG(st.st_mode))
		return blame(EBADMSG);
	m->name = name;
	m->sha256 = sha256;
	m->bytes = (uint64_t)st.st_size;
	n = build_headers(d, m, headers);
	if (n == 0)
		return blame(EBADMSG);
	m->start = d->bytes;
	d->bytes += n + m->bytes + (-m->bytes & (TARFILE_BLOCK - 1));
	d->count++;
	return 0;
}

static int
list_members(struct daytar *d)
{
	const struct manifest_entry *e;
	size_t i;

	d->members = calloc(manifest_count(d->sums) + SEALS, sizeof(*d->members));
	if (d->members == NULL || add_member(d, SUMS, NULL) == -1 || add_member(d, SUMS_SIG, NULL) == -1)
		return -1;
	for (i = 0; i < manifest_count(d->sums); i++) {
		e = manifest_entry(d->sums, i);
		if (add_member(d, e->name, e->sha256) == -1)
			return -1;
	}
	d->bytes += END_BYTES;
	return 0;
}

static int
load_sums(struct daytar *d)
{
	struct buf text = BUF_INIT;

	if (fsio_load(d->dirfd, SUMS, MANIFEST_MAX_BYTES, &text) == 0) {
		d->sums = manifest_parse(text.data == NULL ? "" : text.data, text.len, NULL);
		if (d->sums == NULL && errno == EINVAL)
			errno = EBADMSG;
	}
	buf_free(&text);
	return d->sums == NULL ? -1 : 0;
}

struct daytar *
daytar_open(int dirfd, const char *case_id, const char *iap, stamp_t day)
{
	struct daytar *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->dirfd = dirfd;
	d->fd = -1;
	d->mtime = (day + STAMP_DAY) / STAMP_SECOND;
	(void)names_day_file(d->folder, case_id, iap, day, "");
	d->digest = digest_new();
	if (d->digest != NULL && load_sums(d) == 0 && list_members(d) == 0)
		return d;
	daytar_close(d);
	return NULL;
}

static void
close_member(struct daytar *d)
{
	if (d->fd != -1)
		(void)close(d->fd); /* only read from */
	d->fd = -1;
}

void
daytar_close(struct daytar *d)
{
	int saved = errno;

	if (d == NULL)
		return;
	close_member(d);
	digest_free(d->digest);
	manifest_free(d->sums);
	free(d->members);
	free(d);
	errno = saved;
}

uint64_t
daytar_bytes(const struct daytar *d)
{
	return d->bytes;
}

const char *
daytar_blamed(const struct daytar *d)
{
	return d->at < d->count ? d->members[d->at].name : "";
}

static int
open_member(struct daytar *d)
{
	const struct member *m = &d->members[d->at];

	d->fd = fsio_open_regular(d->dirfd, m->name, O_RDONLY);
	if (d->fd == -1)
		return -1;
	d->left = m->bytes;
	d->is_partial = 0;
	digest_reset(d->digest);
	d->header_at = 0;
	d->header_len = build_headers(d, m, d->headers);
	return 0;
}

static size_t
padding(const struct daytar *d, size_t at)
{
	return (size_t)(-d->members[at].bytes & (TARFILE_BLOCK - 1)) + (at + 1 == d->count ? END_BYTES : 0);
}

/* Go to the byte ${offset} of the present member: its headers, its file, the zeros behind. */
static int
seek_in_member(struct daytar *d, uint64_t offset)
{
	const struct member *m = &d->members[d->at];

	if (open_member(d) == -1)
		return -1;
	d->header_at = offset < d->header_len ? (size_t)offset : d->header_len;
	offset -= d->header_at;
	if (offset == 0)
		return 0;
	if (offset < m->bytes) {
		d->is_partial = 1;
		d->left = m->bytes - offset;
		return lseek(d->fd, (off_t)offset, SEEK_SET) == -1 ? -1 : 0;
	}
	offset -= m->bytes;
	close_member(d);
	d->zeros = padding(d, d->at++);
	d->zeros -= offset < d->zeros ? (size_t)offset : d->zeros;
	return 0;
}

int
daytar_seek(void *cookie, uint64_t offset)
{
	struct daytar *d = cookie;
	size_t i = d->count;

	close_member(d);
	d->zeros = 0;
	while (i > 1 && d->members[i - 1].start > offset)
		i--;
	d->at = i - 1; /* there are always members */
	return offset == 0 ? 0 : seek_in_member(d, offset - d->members[d->at].start);
}

/* The file was read as far as it was long: it must be no longer, and the one that is listed. */
static int
end_member(struct daytar *d)
{
	const struct member *m = &d->members[d->at];
	char hex[DIGEST_HEX], more;
	ssize_t n = fsio_read(d->fd, &more, 1);

	if (n == -1)
		return -1;
	digest_take_hex(d->digest, hex);
	if (n == 1 || (m->sha256 != NULL && !d->is_partial && strcmp(m->sha256, hex) != 0))
		return blame(EBADMSG);
	close_member(d);
	d->zeros = padding(d, d->at);
	d->at++;
	return 0;
}

static ssize_t
read_file(struct daytar *d, void *data, size_t room)
{
	size_t want = room < d->left ? room : (size_t)d->left;
	ssize_t n = fsio_read(d->fd, data, want);

	if (n == -1)
		return -1;
	if ((size_t)n < want)
		return blame(EBADMSG);
	digest_add(d->digest, data, want);
	d->left -= want;
	return n;
}

/* Some bytes of what comes next; 0 for none, where the state moved on. */
static ssize_t
next_bytes(struct daytar *d, void *data, size_t room)
{
	size_t n;

	if (d->zeros > 0) {
		n = d->zeros < room ? d->zeros : room;
		memset(data, 0, n);
		d->zeros -= n;
		return (ssize_t)n;
	}
	if (d->fd == -1)
		return open_member(d);
	if (d->header_at < d->header_len) {
		n = d->header_len - d->header_at < room ? d->header_len - d->header_at : room;
		memcpy(data, d->headers + d->header_at, n);
		d->header_at += n;
		return (ssize_t)n;
	}
	return d->left > 0 ? read_file(d, data, room) : end_member(d);
}

long
daytar_read(void *cookie, void *data, size_t room)
{
	struct daytar *d = cookie;
	size_t got = 0;
	ssize_t n;

	while (got < room && (d->zeros > 0 || d->at < d->count)) {
		n = next_bytes(d, (char *)data + got, room - got);
		if (n == -1)
			return -1;
		got += (size_t)n;
	}
	return (long)got;
}
