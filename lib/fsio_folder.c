#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "shortage.h"

#include "fsio_internal.h"

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define WAY_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC) /* on the way to a folder: need not be readable, nor allowed */

/*
 * Copy the next component of *path to name and step over it and the slashes around it.  Return its length, 0 at the end,
 * -1 with errno set for one that is ".." or too long.  "." is stepped over.
 */
static ssize_t
next_component(const char **path, char name[NAME_MAX + 1])
{
	size_t n;

	do {
		*path += strspn(*path, "/");
		n = strcspn(*path, "/");
		if (n > NAME_MAX)
			return fsio_fail(ENAMETOOLONG);
		memcpy(name, *path, n);
		name[n] = '\0';
		*path += n;
	} while (strcmp(name, ".") == 0);
	if (strcmp(name, "..") == 0)
		return fsio_fail(EINVAL);
	return (ssize_t)n;
}

/* Open the folder of one plain name; a link is ELOOP, which O_DIRECTORY alone would call ENOTDIR. */
static int
open_component(int dirfd, const char *name, int flags)
{
	struct stat st;
	int fd = openat(dirfd, name, flags | O_NOFOLLOW);

	if (fd == -1 && errno == ENOTDIR) {
		if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			errno = ELOOP;
		else
			errno = ENOTDIR;
	}
	return fd;
}

static int
mkdir_component(int dirfd, const char *name, mode_t mode)
{
	struct stat st;
	int fd = -1;

	/* Without set-group-id, which is inherited or set below: a unit may forbid to make any. */
	if (mkdirat(dirfd, name, mode & 0777) == -1)
		return errno == EEXIST ? open_component(dirfd, name, DIR_FLAGS) : -1;
	fd = open_component(dirfd, name, DIR_FLAGS);
	if (fd == -1 || fstat(fd, &st) == -1)
		goto fail;
	/* The umask took bits away, and the parent's set-group-id is inherited: the mode asked for is the mode it gets. */
	mode = (mode & 07777) | (st.st_mode & S_ISGID);
	if ((st.st_mode & 07777) != mode && fchmod(fd, mode) == -1)
		goto fail;
	if (fsync(dirfd) == -1)
		goto fail;
	return fd;
fail:
	fsio_close_quietly(fd);
	return -1;
}

/* Does the path have another component? */
static int
has_more(const char *path)
{
	char name[NAME_MAX + 1];

	return next_component(&path, name) != 0;
}

/* Walk down path from dirfd a component at a time, making what is missing if asked to.  Return the last folder. */
static int
walk(int dirfd, const char *path, int make, mode_t mode)
{
	char name[NAME_MAX + 1];
	ssize_t n;
	int fd, next;

	/* Not opened anew: a sandbox may allow what lies below, but not the folder itself. */
	fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	while (fd != -1) {
		n = next_component(&path, name);
		if (n == 0)
			break;
		next = -1;
		if (n > 0 && make)
			next = mkdir_component(fd, name, mode);
		else if (n > 0)
			next = open_component(fd, name, has_more(path) ? WAY_FLAGS : DIR_FLAGS);
		fsio_close_quietly(fd);
		fd = next;
	}
	return fd;
}

/* Refuse ".." before anything is opened or made. */
static int
check_path(const char *path)
{
	char name[NAME_MAX + 1];
	ssize_t n;

	if (*path == '\0')
		return fsio_fail(EINVAL);
	do
		n = next_component(&path, name);
	while (n > 0);
	return (int)n;
}

static int
open_folder(int dirfd, const char *path, uint64_t resolve)
{
	struct open_how how = {.flags = DIR_FLAGS, .resolve = resolve | RESOLVE_NO_SYMLINKS};
	int fd, root;

	if (check_path(path) == -1)
		return -1;
	do
		fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	while (fd == -1 && (errno == EINTR || errno == EAGAIN));
	/* Kernels before 5.6 have no such call, and system call filters that do not know it forbid it: go step by step. */
	if (fd != -1 || (errno != ENOSYS && errno != EPERM))
		return fd;
	if (*path != '/')
		return walk(dirfd, path, 0, 0);
	root = open("/", has_more(path) ? WAY_FLAGS : DIR_FLAGS);
	if (root == -1)
		return -1;
	fd = walk(root, path, 0, 0);
	fsio_close_quietly(root);
	return fd;
}

int
fsio_opendir(const char *path)
{
	return *path == '/' ? open_folder(AT_FDCWD, path, 0) : fsio_fail(EINVAL);
}

/* A subvolume of btrfs has a device number of its own, and is there whenever what it lies in is.  Linux 5.8 tells. */
static int
is_subvolume(int dirfd)
{
	struct statx st;

	return statx(dirfd, "", AT_EMPTY_PATH, 0, &st) == 0 &&
	       (st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0;
}

int
fsio_is_mounted(int dirfd)
{
	struct stat here, above;

	return fstat(dirfd, &here) == 0 && fstatat(dirfd, "..", &above, AT_SYMLINK_NOFOLLOW) == 0 &&
	       here.st_dev != above.st_dev && !is_subvolume(dirfd);
}

int
fsio_opendirat(int dirfd, const char *path)
{
	return *path != '/' ? open_folder(dirfd, path, RESOLVE_BENEATH) : fsio_fail(EINVAL);
}

int
fsio_mkdirs(int dirfd, const char *path, mode_t mode)
{
	if (*path == '/')
		return fsio_fail(EINVAL);
	if (check_path(path) == -1)
		return -1;
	return walk(dirfd, path, 1, mode);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
free_names(char **names, size_t n)
{
	int saved = errno;

	while (n > 0)
		free(names[--n]);
	free(names);
	errno = saved;
}

/* Read all names before the first is looked at: a folder that changes meanwhile shows none twice. */
static int
read_names(DIR *dir, char ***out, size_t *count)
{
	char **names = NULL, **grown;
	size_t n = 0, room = 0;
	struct dirent *entry;

	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (n == room) {
			room = room == 0 ? 64 : room * 2;
			grown = reallocarray(names, room, sizeof(*names));
			if (grown == NULL)
				goto fail;
			names = grown;
		}
		names[n] = strdup(entry->d_name);
		if (names[n] == NULL)
			goto fail;
		n++;
	}
	if (errno != 0)
		goto fail;
	*out = names;
	*count = n;
	return 0;
fail:
	free_names(names, n);
	return -1;
}

int
fsio_list(int dirfd, int (*each)(void *, const char *), void *cookie)
{
	char **names = NULL;
	size_t count = 0, i;
	DIR *dir = NULL;
	int fd, rc, saved;

	/* Opened anew, because a duplicate would share the offset with other readers of dirfd. */
	fd = openat(dirfd, ".", DIR_FLAGS);
	if (fd == -1)
		return -1;
	dir = fdopendir(fd);
	if (dir == NULL) {
		if (errno == ENOMEM) /* of the C library's own, which nobody else notes */
			shortage_note();
		fsio_close_quietly(fd);
		return -1;
	}
	rc = read_names(dir, &names, &count);
	saved = errno;
	(void)closedir(dir); /* read only: nothing to lose */
	errno = saved;
	if (rc == -1)
		return -1;
	if (count > 0)
		qsort(names, count, sizeof(*names), compare_names);
	for (i = 0; i < count && rc == 0; i++)
		rc = each(cookie, names[i]);
	free_names(names, count);
	return rc;
}
