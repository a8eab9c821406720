#ifndef TRUSTED_H
#define TRUSTED_H

#include <stddef.h>

#include "buf.h"

/*
 * Loading the files on whose word casetap acts: configuration, keyring, orders.  Each must be a regular file with one
 * name, owned by root or by who runs the program, and writable by nobody else; that is looked at on the descriptor that
 * is read, so nothing can be put in between.
 */

/**
 * trusted_load(dirfd, name, label, max, out):
 * Append the file ${name} of the folder ${dirfd} to ${out}.
 * Return 0, or -1 with errno set and ${out} as it was: EPERM after the diag line of fsio_check_trusted about ${label},
 * anything else unreported (ENOENT; EFBIG over ${max} bytes; ELOOP or EBADMSG for what is not such a file).
 */
int trusted_load(int, const char *, const char *, size_t, struct buf *);

/**
 * trusted_load_path(path, max, out, status):
 * As trusted_load for a path out of the configuration or the command line; links that lead to the file are followed.
 * Return 0, or -1 after one diag line with the exit code in ${status} (66, 71, 74, 77, 78).
 */
int trusted_load_path(const char *, size_t, struct buf *, int *);

/* In words, without any name, why trusted_load failed with this errno / the exit code of such a failure. */
const char *trusted_why(int);
int trusted_status(int);

#endif
