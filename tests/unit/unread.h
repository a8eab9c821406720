#ifndef UNREAD_H
#define UNREAD_H

#include <errno.h>
#include <string.h>

#include "fsio.h"

/*
 * In a test that is linked with --wrap=fsio_load: the file that can not be read now, and why.
 */
static const char *unread;
static int unread_errno;

int __real_fsio_load(int, const char *, size_t, struct buf *);
int __wrap_fsio_load(int, const char *, size_t, struct buf *);

int
__wrap_fsio_load(int dirfd, const char *name, size_t most, struct buf *out)
{
	if (unread == NULL || strcmp(name, unread) != 0)
		return __real_fsio_load(dirfd, name, most, out);
	errno = unread_errno;
	return -1;
}

#endif
