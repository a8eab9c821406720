#include <unistd.h>

#include "fsio.h"

#include "body.h"

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
