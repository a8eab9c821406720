#ifndef DAYTAR_H
#define DAYTAR_H

#include <stddef.h>
#include <stdint.h>

#include "names.h"
#include "stamp.h"

/*
 * A closed day folder as one file, CASE_IAP_2026-11-20.day.tar (casetap-package(5), "ONE FILE A DAY"): made while it is
 * read, and stored nowhere.  What is in the folder settles every byte of it, so that the packager, who signs it, and the
 * uploader, who sends it, read the same.
 *
 *   CASE_IAP_2026-11-20/SHA256SUMS
 *   CASE_IAP_2026-11-20/SHA256SUMS.minisig
 *   CASE_IAP_2026-11-20/NAME ...            what SHA256SUMS lists, in its order
 *
 * The container is that of a package (tarfile.h); the members' time is the end of the day.
 */
#define DAYTAR_SUM ".day.tar.sha256"
#define DAYTAR_SIG ".day.tar.minisig"
#define DAYTAR ".day.tar"

struct daytar;

/**
 * daytar_open(dirfd, case_id, iap, day):
 * Look at the closed day folder ${dirfd} (borrowed): what it lists must be there.
 * Return it, or NULL with errno set (ENOENT if something is missing, EBADMSG if the list is none or something no file).
 */
struct daytar *daytar_open(int, const char *, const char *, stamp_t);
void daytar_close(struct daytar *);

/* How long it is. */
uint64_t daytar_bytes(const struct daytar *);

/**
 * daytar_read(d, data, room) / daytar_seek(d, offset):
 * Give the next ${room} bytes, fewer only at the end / go on from there.  The first argument is the struct daytar.  Each
 * listed file that passes whole is hashed and must be what the list says.
 * Return the number, 0 at the end (0), or -1 with errno set (EBADMSG if a file is not the listed one: daytar_blamed()).
 */
long daytar_read(void *, void *, size_t);
int daytar_seek(void *, uint64_t);

/* The file at which the last read failed. */
const char *daytar_blamed(const struct daytar *);

#endif
