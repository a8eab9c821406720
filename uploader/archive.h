#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <stddef.h>

#include "daytar.h"

#include "day.h"

/* Did the packager say what the closed day is as one file?  Its signature comes last. */
int archive_is_sealed(const struct day *);

/**
 * archive_open(d, tar, file, why, room):
 * Open the closed day as one file: ${file} gets the length and the hash that the packager found, and no descriptor.
 * Return ANSWER_OK, and ${tar} is the caller's to close; else ANSWER_ROT, ANSWER_MISSING or ANSWER_LOCAL with the reason
 * in ${why}.
 */
enum answer archive_open(const struct day *, struct daytar **, struct day_file *, char *, size_t);

#endif
