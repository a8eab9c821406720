#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "savefile.h"

#include "sliceframes.h"

#define WINDOW ((size_t)256 * 1024) /* bytes in memory at a time */
#define MAGIC_NANO 0xa1b23c4dU

/* What of the file lies in memory: [at, at + n). */
struct window {
	int fd;
	uint64_t at, size;
	size_t n;
	uint8_t *data;
};

static uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Have ${n} bytes from ${offset} in memory, n <= WINDOW.  NULL with errno 0: the file ends before. */
static const uint8_t *
look(struct window *w, uint64_t offset, size_t n)
{
	ssize_t got;

	errno = 0;
	if (n > w->size || offset > w->size - n)
		return NULL;
	if (offset >= w->at && offset + n <= w->at + w->n)
		return w->data + (offset - w->at);
	w->at = offset;
	w->n = 0;
	while (w->n < n) {
		got = pread(w->fd, w->data + w->n, WINDOW - w->n, (off_t)(offset + w->n));
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return NULL;
		errno = 0;
		if (got == 0)
			return NULL; /* it became shorter: whoever copies it will find that */
		w->n += (size_t)got;
	}
	return w->data;
}

/* One record at ${offset}: 1, 0 where there is none, -1. */
static int
read_record(struct window *w, uint64_t offset, int nano, struct sliceframes_frame *f, uint32_t *caplen)
{
	const uint8_t *h = look(w, offset, SAVEFILE_RECORD_BYTES);

	if (h == NULL)
		return errno == 0 ? 0 : -1;
	f->time = (stamp_t)le32(h) * STAMP_SECOND + (stamp_t)le32(h + 4) * (nano ? 1 : 1000);
	f->caplen = *caplen = le32(h + 8);
	f->len = le32(h + 12);
	if (f->caplen > SAVEFILE_MAX_CAPLEN || f->caplen > f->len ||
	    offset + SAVEFILE_RECORD_BYTES + f->caplen > w->size)
		return 0;
	if (f->caplen > SLICEFRAMES_HEAD)
		f->caplen = SLICEFRAMES_HEAD;
	f->data = look(w, offset + SAVEFILE_RECORD_BYTES, f->caplen);
	if (f->data == NULL)
		return errno == 0 ? 0 : -1;
	return 1;
}

static int
walk(struct window *w, int (*each)(void *, const struct sliceframes_frame *), void *cookie, uint64_t *unread)
{
	const uint8_t *h = look(w, 0, SAVEFILE_HEADER_BYTES);
	uint64_t offset = SAVEFILE_HEADER_BYTES;
	struct sliceframes_frame f;
	uint32_t caplen;
	int nano, rc = 0;

	*unread = w->size;
	if (h == NULL)
		return errno == 0 ? 0 : -1;
	nano = le32(h) == MAGIC_NANO;
	f.linktype = le32(h + 20);
	while (rc == 0) {
		rc = read_record(w, offset, nano, &f, &caplen);
		if (rc != 1)
			break;
		rc = each(cookie, &f);
		offset += SAVEFILE_RECORD_BYTES + caplen;
	}
	*unread = w->size - offset;
	return rc;
}

int
sliceframes_each(int fd, int (*each)(void *, const struct sliceframes_frame *), void *cookie, uint64_t *unread)
{
	struct window w = {.fd = fd};
	struct stat st;
	int rc;

	if (fstat(fd, &st) == -1)
		return -1;
	w.size = (uint64_t)st.st_size;
	w.data = malloc(WINDOW);
	if (w.data == NULL)
		return -1;
	rc = walk(&w, each, cookie, unread);
	free(w.data);
	return rc;
}
