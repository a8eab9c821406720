#ifndef VERIFY_TAR_H
#define VERIFY_TAR_H

#include <stddef.h>

#include "names.h"
#include "package.h"

#include "verify_file.h"

/*
 * A day as one file, CASE_IAP_2026-11-20.day.tar (casetap-package(5), "ONE FILE A DAY"), looked into as it lies there:
 * where each member begins is kept, a few dozen bytes a member, and what is read of it is read from there.
 *
 * The container is judged as a whole when it is opened, all but the members' data: SHA256SUMS and its signature first, then
 * exactly what the list names, in its order, spelled as the writer spells it, then the end.
 */
struct verify_tar;

/**
 * verify_tar_open(dirfd, name, tar, why, room):
 * Open the day ${name} in the folder.  Return PACKAGE_INTACT with it in *tar; or what it is instead, *tar then NULL and one
 * line, which names the member, in ${why}.
 */
enum package_verdict verify_tar_open(int, const char *, struct verify_tar **, char *, size_t);
void verify_tar_close(struct verify_tar *);

const char *verify_tar_name(const struct verify_tar *); /* of the file */

/* Its members' names without the folder, in byte order. */
size_t verify_tar_count(const struct verify_tar *);
const char *verify_tar_at(const struct verify_tar *, size_t);

/* Is it a name that is to be looked for in the tar, rather than beside it, as what came after the day was closed? */
int verify_tar_is_in(const struct verify_tar *, const char *);

/* Open a member.  The file lives no longer than the tar.  Return 0, or -1 with errno ENOENT. */
int verify_tar_member(const struct verify_tar *, const char *, struct verify_file *);

/* The file itself, from its first byte.  As above; it can not fail. */
void verify_tar_whole(const struct verify_tar *, struct verify_file *);

#endif
