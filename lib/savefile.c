#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "savefile.h"

#define MAGIC_MICRO 0xa1b2c3d4U
#define MAGIC_NANO 0xa1b23c4dU
#define VERSION_MAJOR 2
#define VERSION_MINOR 4
#define BLOCK_BYTES ((size_t)256 * 1024)
#define LINKTYPE_MAX 0xffffU /* above it stand FCS length and reserved bits, which we never set */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a slice is little-endian on every supported machine");

static void
put32(uint8_t *at, uint32_t v)
{
	memcpy(at, &v, sizeof(v));
}

static void
put16(uint8_t *at, uint16_t v)
{
	memcpy(at, &v, sizeof(v));
}

static uint32_t
get32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static uint16_t
get16(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

void
savefile_header(uint8_t out[SAVEFILE_HEADER_BYTES], uint32_t linktype, uint32_t snaplen, int nano)
{
	memset(out, 0, SAVEFILE_HEADER_BYTES); /* thiszone and sigfigs stay 0 */
	put32(out, nano ? MAGIC_NANO : MAGIC_MICRO);
	put16(out + 4, VERSION_MAJOR);
	put16(out + 6, VERSION_MINOR);
	put32(out + 16, snaplen);
	put32(out + 20, linktype);
}

void
savefile_record(uint8_t out[SAVEFILE_RECORD_BYTES], stamp_t time, uint32_t caplen, uint32_t len, int nano)
{
	int64_t ns = time % STAMP_SECOND;

	put32(out, (uint32_t)(time / STAMP_SECOND));
	put32(out + 4, (uint32_t)(nano ? ns : ns / 1000));
	put32(out + 8, caplen);
	put32(out + 12, len);
}

/* A window of the file in memory. */
struct block {
	int fd;
	uint8_t *data;
	uint64_t at; /* of data[0] in the file */
	size_t len;
};

/* Have ${n} bytes from ${at} in memory: a pointer, or NULL with errno 0 where the file ends before them. */
static const uint8_t *
look(struct block *b, uint64_t at, size_t n)
{
	ssize_t got;

	if (at >= b->at && at - b->at <= b->len && b->len - (size_t)(at - b->at) >= n)
		return b->data + (at - b->at);
	b->at = at;
	b->len = 0;
	while (b->len < n) {
		got = pread(b->fd, b->data + b->len, BLOCK_BYTES - b->len, (off_t)(at + b->len));
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return NULL;
		if (got == 0) {
			errno = 0;
			return NULL;
		}
		b->len += (size_t)got;
	}
	return b->data;
}

static int
is_our_header(const uint8_t *h, struct savefile_scan *scan)
{
	uint32_t magic = get32(h);

	scan->nano = magic == MAGIC_NANO;
	scan->snaplen = get32(h + 16);
	scan->linktype = get32(h + 20);
	return (magic == MAGIC_MICRO || magic == MAGIC_NANO) && get16(h + 4) == VERSION_MAJOR &&
	       get16(h + 6) == VERSION_MINOR && get32(h + 8) == 0 && get32(h + 12) == 0 && scan->snaplen > 0 &&
	       scan->linktype <= LINKTYPE_MAX;
}

/* Judge one record header; its time goes to ${time}. */
static int
is_plausible(const uint8_t *h, const struct savefile_scan *scan, stamp_t not_before, stamp_t not_after, stamp_t *time)
{
	uint32_t fraction = get32(h + 4), caplen = get32(h + 8), len = get32(h + 12);

	if (fraction >= (scan->nano ? 1000000000U : 1000000U) || len == 0 || caplen > len || caplen > scan->snaplen ||
	    caplen > SAVEFILE_MAX_CAPLEN)
		return 0;
	*time = get32(h) * STAMP_SECOND + (stamp_t)fraction * (scan->nano ? 1 : 1000);
	return (not_before == STAMP_NONE || *time >= not_before) && (not_after == STAMP_NONE || *time < not_after);
}

static void
count(struct savefile_scan *scan, stamp_t time, uint32_t caplen, uint32_t len)
{
	scan->frames++;
	scan->bytes += caplen;
	scan->truncated_frames += caplen < len;
	if (scan->first_frame == STAMP_NONE || time < scan->first_frame)
		scan->first_frame = time;
	if (scan->last_frame == STAMP_NONE || time > scan->last_frame)
		scan->last_frame = time;
	scan->last_bytes = SAVEFILE_RECORD_BYTES + caplen;
	scan->valid_bytes += scan->last_bytes;
}

int
savefile_scan(int fd, stamp_t not_before, stamp_t not_after, struct savefile_scan *scan)
{
	struct block b = {.fd = fd};
	const uint8_t *h;
	struct stat st;
	stamp_t time;
	int rc = -1;

	memset(scan, 0, sizeof(*scan));
	scan->first_frame = scan->last_frame = STAMP_NONE;
	b.data = malloc(BLOCK_BYTES);
	if (b.data == NULL || fstat(fd, &st) == -1)
		goto out;
	scan->file_bytes = (uint64_t)st.st_size;
	h = look(&b, 0, SAVEFILE_HEADER_BYTES);
	if (h != NULL && is_our_header(h, scan))
		scan->valid_bytes = SAVEFILE_HEADER_BYTES;
	else if (h == NULL && errno != 0)
		goto out;
	while (scan->valid_bytes > 0) {
		h = look(&b, scan->valid_bytes, SAVEFILE_RECORD_BYTES);
		if (h == NULL && errno != 0)
			goto out;
		if (h == NULL || !is_plausible(h, scan, not_before, not_after, &time) ||
		    scan->valid_bytes + SAVEFILE_RECORD_BYTES + get32(h + 8) > scan->file_bytes)
			break;
		count(scan, time, get32(h + 8), get32(h + 12));
	}
	rc = 0;
out:
	free(b.data);
	return rc;
}
