#ifndef TARFILE_INTERNAL_H
#define TARFILE_INTERNAL_H

#include "tarfile.h"

/* What lib/tarfile.c (writer and reader) and lib/tarfile_header.c (the one spelling of a header) share. */
#define TARFILE_HEADERS_MAX (3 * TARFILE_BLOCK)
#define TARFILE_MTIME_LIMIT INT64_C(8589934592) /* year 2242: what eleven octal digits hold */
#define TARFILE_SIZE_LIMIT (UINT64_MAX / 2)

/* POSIX.1-2017, pax, "ustar Interchange Format". */
struct ustar {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char linkname[100];
	char magic[8]; /* "ustar\0" and "00" */
	char uname[32];
	char gname[32];
	char devmajor[8];
	char devminor[8];
	char prefix[155];
	char unused[12];
};
_Static_assert(sizeof(struct ustar) == TARFILE_BLOCK, "a ustar header is one block");

/* May a member have this name?  Printable ASCII, relative, not too long. */
int tarfile_name_is_good(const char *);

/**
 * tarfile_build_headers(out, name, bytes, mtime):
 * The blocks before a member's data, as libarchive's pax_restricted spells them: one ustar header, or where that can not
 * say it all, a pax header, its one block of records, and the ustar header.  Return their length.
 */
size_t tarfile_build_headers(unsigned char[TARFILE_HEADERS_MAX], const char *, uint64_t, int64_t);

#endif
