#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fsio.h"

#include "body.h"

#define BLOCK (256 * 1024)

static long
fd_read(void *cookie, void *data, size_t room)
{
	return (long)fsio_read(*(const int *)cookie, data, room);
}

static int
fd_seek(void *cookie, uint64_t offset)
{
	return lseek(*(const int *)cookie, (off_t)offset, SEEK_SET) == -1 ? -1 : 0;
}

void
body_of_fd(struct body *b, int *fd)
{
	*b = (struct body){.read = fd_read, .seek = fd_seek, .cookie = fd, .fd = fd};
}

int
body_hash(const struct body *b, uint64_t offset, uint64_t bytes, struct digest *d)
{
	uint8_t *block = malloc(BLOCK);
	long n = 0;

	if (block == NULL || b->seek(b->cookie, offset) == -1) {
		free(block);
		return -1;
	}
	for (uint64_t left = bytes; left > 0; left -= (uint64_t)n) {
		n = b->read(b->cookie, block, left < BLOCK ? (size_t)left : BLOCK);
		if (n <= 0)
			break;
		digest_add(d, block, (size_t)n);
	}
	free(block);
	if (n == 0 && bytes > 0)
		errno = ENODATA;
	return n > 0 || bytes == 0 ? 0 : -1;
}
