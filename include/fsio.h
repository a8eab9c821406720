#ifndef FSIO_H
#define FSIO_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/*
 * Files as casetap handles them: descriptors of folders and plain names, never a path from outside; O_NOFOLLOW,
 * O_CLOEXEC, O_EXCL; nothing visible before it is whole and durable.  Functions that are not said to report leave the
 * reporting to the caller, who knows the case.
 */

/**
 * fsio_opendir(path):
 * Open the absolute ${path} as a folder, refusing a symbolic link in any component (openat2 RESOLVE_NO_SYMLINKS).
 * Return the descriptor, or -1 with errno set (ELOOP for a link, EINVAL for a relative path or one with "..").
 */
int fsio_opendir(const char *);

/**
 * fsio_is_mounted(dirfd):
 * Does the folder lie on another filesystem than the one above it, as where a volume is mounted on it?  That it is a mount
 * alone would tell nothing: ReadWritePaths= of a unit makes one of it in any case, of what lies there anyway.  Nor is what
 * is none one, where the kernel tells: a subvolume of btrfs looks like another filesystem.
 * Return 1, or 0, also where that is not known.
 */
int fsio_is_mounted(int);

/* As fsio_opendir, below ${dirfd}, for a relative ${path} of one or more components that must stay beneath it. */
int fsio_opendirat(int, const char *);

/**
 * fsio_mkdirs(dirfd, path, mode):
 * Make every missing folder of the relative ${path} below ${dirfd} with ${mode}, sync each parent that changed, and open
 * the last.  Links are refused.  Return its descriptor, or -1 with errno set.
 */
int fsio_mkdirs(int, const char *, mode_t);

/**
 * fsio_open_regular(dirfd, name, flags):
 * Open ${name}, which must be a regular file with one link, with O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK and ${flags}.  With
 * O_CREAT it is made with mode 0640; O_TRUNC takes effect only once it has proved to be such a file.
 * Return the descriptor, or -1 with errno set (EFTYPE is not Linux: EBADMSG for what is not such a file, ELOOP for a
 * link).
 */
int fsio_open_regular(int, const char *, int);

/* Write ${n} bytes, going on after short writes and EINTR.  Return 0, or -1 with errno set. */
int fsio_write(int, const void *, size_t);

/*
 * Read up to ${n} bytes, going on after short reads and EINTR.  Return the number (short only at the end), or -1
 * with errno set, never EBADMSG.
 */
ssize_t fsio_read(int, void *, size_t);

/**
 * fsio_load(dirfd, name, max, out):
 * Append the whole of the regular file ${name} to ${out}.  A file over ${max} bytes is refused before it is read.
 * Return 0, or -1 with errno set (EFBIG for one too large, EBADMSG as fsio_open_regular).
 */
int fsio_load(int, const char *, size_t, struct buf *);

/* As fsio_load for a path that a person named: any kind of path, links followed, still a regular file under ${max}. */
int fsio_load_path(const char *, size_t, struct buf *);

/**
 * fsio_publish(dirfd, from, to):
 * Make the finished file ${from} visible as ${to}, both in ${dirfd}, so that after a crash a reader finds either no
 * ${to} or all of it.  The caller has already synced the file's data.  Never replaces an existing ${to}.
 * A publish that was killed half-way (both names, one file) is finished.
 * Return 0, or -1 with errno set (EEXIST if ${to} is taken), ${from} then left as it was.
 */
int fsio_publish(int, const char *, const char *);

/* As fsio_publish between two folders of one filesystem; both folders are synced. */
int fsio_publish_to(int, const char *, int, const char *);

/**
 * fsio_put(dirfd, name, data, n, mode):
 * Publish ${n} bytes as the new file ${name}: written to ".${name}.tmp", synced, published.  A left-over of that temp
 * name is removed first, so whoever else may put the same name must be kept out by a lock.
 * Return 0, or -1 with errno set (EEXIST if ${name} is taken); no temp file is left behind.
 */
int fsio_put(int, const char *, const void *, size_t, mode_t);

/*
 * As fsio_put, but replaces ${name} in one step: for state that is always the newest, never for evidence.  On failure
 * ${name} is the old file or the new one, whole in either case.
 */
int fsio_replace(int, const char *, const void *, size_t, mode_t);

/* Is ${name} what fsio_put and fsio_replace call a file on its way, ".NAME.tmp": a left-over where nobody writes? */
int fsio_is_temp(const char *);

/**
 * fsio_remove(dirfd, name):
 * Remove ${name} and sync the folder.  A missing file is a success.  Return 0, or -1 with errno set.
 */
int fsio_remove(int, const char *);

/**
 * fsio_list(dirfd, each, cookie):
 * Call each(cookie, name) for every entry but "." and "..", in strict byte order of their names.  Stops early when
 * each() returns non-zero.  Return 0, what each() returned, or -1 with errno set.
 */
int fsio_list(int, int (*)(void *, const char *), void *);

/**
 * fsio_lock(dirfd, name, wait_seconds):
 * Take the exclusive lock of the file ${name} (made with mode 0640 if missing), waiting at most ${wait_seconds}.  Who
 * may only read the file, because it is another program's, can lock it too.
 * The lock lasts until every copy of the descriptor is closed.
 * Return the descriptor, or -1 with errno set (EWOULDBLOCK if another holds it).
 */
int fsio_lock(int, const char *, unsigned);

/**
 * fsio_check_trusted(fd, label, secret):
 * Is the open file or folder owned by root or by the effective user, and writable by nobody else (nor, if ${secret},
 * readable by others)?  Group-readable secrets are allowed only for root-owned files (systemd credentials).
 * Return 0; or -1 with errno EPERM after one diag line that names ${label}, or any other errno, unreported, where that
 * could not be found out.
 */
int fsio_check_trusted(int, const char *, int);

/* Is the filesystem of ${fd} one that forgets or is not local (tmpfs, ramfs, overlay, NFS, CIFS, FUSE)?  -1 on error. */
int fsio_is_volatile(int);

/* Does ${name} pass as one plain component: not empty, ".", "..", no "/" and no NUL, at most 255 bytes? */
int fsio_is_plain_name(const char *);

#endif
