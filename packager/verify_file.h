#ifndef VERIFY_FILE_H
#define VERIFY_FILE_H

#include <sys/stat.h>

#include <stddef.h>

#include "buf.h"
#include "digest.h"

/*
 * Files of a delivery, as they lie wherever somebody keeps them: links are never followed, only regular files are read
 * (hard links are fine: backups make them), and one that changes while it is read is not believed.
 */
struct verify_file {
	int fd;
	struct stat st; /* as it was when it was opened */
};

/**
 * verify_file_open(f, dirfd, name):
 * Open the regular file ${name}.  Return 0, or -1 with errno set (ELOOP for a symbolic link, EBADMSG for what is no file).
 */
int verify_file_open(struct verify_file *, int, const char *);

/* Is the file as it was when it was opened, and still there?  Return 0, or -1 with errno ESTALE or what fstat says. */
int verify_file_unchanged(const struct verify_file *);
void verify_file_close(struct verify_file *);

/* Append the whole file, at most ${max} bytes / hash it.  Return 0, or -1 with errno set (EFBIG, ESTALE; as above). */
int verify_file_load(int, const char *, size_t, struct buf *);
int verify_file_hash(int, const char *, char[DIGEST_HEX]);

/* Does errno say that what lies there is no file we would have written (13), or that reading failed (74)? */
int verify_file_is_hostile(int);

/* In words: why one of these functions failed with this errno. */
const char *verify_file_why(int);

#endif
