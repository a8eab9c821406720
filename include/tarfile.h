#ifndef TARFILE_H
#define TARFILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The container of a package: an uncompressed tar that has one spelling.  Written through libarchive (pax_restricted:
 * plain ustar until a member reaches 8 GiB), uid and gid 0, no user names, mode 0444, whole seconds, regular files only,
 * two zero blocks at the end and nothing behind them.
 *
 * The reader is our own and takes exactly what the writer makes: it builds each header anew from the name, length and
 * time that it read and compares all 512 bytes; padding must be zero; the end must be the end.  So a changed byte has
 * nowhere to hide, and no code for other formats ever sees a hostile file.
 */
#define TARFILE_BLOCK 512
#define TARFILE_NAME_ROOM 256

/* write(cookie, data, n): take all ${n} bytes, return 0; or -1 with errno set. */
typedef int tarfile_write_fn(void *, const void *, size_t);
/* read(cookie, data, room): return the number of bytes given, 0 at the end, -1 with errno set. */
typedef long tarfile_read_fn(void *, void *, size_t);

struct tarfile_writer;

struct tarfile_writer *tarfile_writer_new(tarfile_write_fn *, void *);
/* Start a member of exactly ${bytes} bytes, mtime in seconds / give its bytes in pieces / write the end.  0 or -1. */
int tarfile_member(struct tarfile_writer *, const char *, uint64_t, int64_t);
int tarfile_data(struct tarfile_writer *, const void *, size_t);
int tarfile_finish(struct tarfile_writer *);
void tarfile_writer_free(struct tarfile_writer *);

enum tarfile_result {
	TARFILE_MEMBER, /* a member was found */
	TARFILE_END,    /* the proper end */
	TARFILE_BAD,    /* not the one spelling: tarfile_why() */
	TARFILE_CUT,    /* ends too early */
	TARFILE_ERROR   /* reading failed, errno set */
};

struct tarfile_info {
	char name[TARFILE_NAME_ROOM];
	uint64_t bytes;
	int64_t mtime;
};

struct tarfile_reader;

/* skip(cookie, n): go on ${n} bytes further, return 0; or -1 with errno set.  What lies behind the end reads as the end. */
typedef int tarfile_skip_fn(void *, uint64_t);

struct tarfile_reader *tarfile_reader_new(tarfile_read_fn *, void *);
void tarfile_reader_free(struct tarfile_reader *);

/* Let tarfile_next() pass over what is left of a member's data unread; all else of the container is judged as ever. */
void tarfile_reader_skips(struct tarfile_reader *, tarfile_skip_fn *);

/* Go to the next member (what is left of the last one is read and checked). */
enum tarfile_result tarfile_next(struct tarfile_reader *, struct tarfile_info *);

/* Up to ${room} bytes of the member's data; *n is 0 at its end.  TARFILE_MEMBER while all is well. */
enum tarfile_result tarfile_read(struct tarfile_reader *, void *, size_t, size_t *);

/* What was wrong, in words without any byte of the file. */
const char *tarfile_why(const struct tarfile_reader *);

#endif
