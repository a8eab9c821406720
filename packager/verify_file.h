#ifndef VERIFY_FILE_H
#define VERIFY_FILE_H

#include <sys/stat.h>

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"

struct verify_tar;

/*
 * Files of a delivery, as they lie wherever somebody keeps them: links are never followed, only regular files are read
 * (hard links are fine: backups make them), and one that changes while it is read is not believed.
 */

/* Where they lie: in a folder; or, where ${tar} is not NULL, in that file of it, which is a day's (verify_tar.h). */
struct verify_dir {
	int fd;
	const struct verify_tar *tar;
};

struct verify_file {
	int fd;
	int is_borrowed; /* it is the tar's */
	uint64_t start, at, end;
	struct stat st; /* as it was when it, or the tar, was opened */
};

/**
 * verify_file_open(f, dir, name):
 * Open the regular file ${name}.  Return 0, or -1 with errno set (ELOOP for a symbolic link, EBADMSG for what is no file).
 */
int verify_file_open(struct verify_file *, const struct verify_dir *, const char *);

/* Is the file as it was when it was opened, and still there?  Return 0, or -1 with errno ESTALE or what fstat says. */
int verify_file_unchanged(const struct verify_file *);
void verify_file_close(struct verify_file *);

/* The next bytes of the struct verify_file: their number, 0 at the end, -1 with errno set / begin again. */
long verify_file_read(void *, void *, size_t);
void verify_file_rewind(struct verify_file *);

/* Hash what is left of the file.  Return 0, or -1 with errno set. */
int verify_file_digest(struct verify_file *, char[DIGEST_HEX]);

/* Append the whole file, at most ${max} bytes / hash it.  Return 0, or -1 with errno set (EFBIG, ESTALE; as above). */
int verify_file_load(const struct verify_dir *, const char *, size_t, struct buf *);
int verify_file_hash(const struct verify_dir *, const char *, char[DIGEST_HEX]);

/* Does errno say that what lies there is no file we would have written (13), or that reading failed (74)? */
int verify_file_is_hostile(int);

/* In words: why one of these functions failed with this errno. */
const char *verify_file_why(int);

#endif
