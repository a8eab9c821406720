#ifndef LISTING_H
#define LISTING_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/*
 * What a far end says lies in one folder.  It is nobody's word but the far end's: names may be anything, and there may be
 * as many as it likes to tell, of which LISTING_MAX are listened to.
 */
#define LISTING_MAX 200000
#define LISTING_NAME_MAX 255
#define LISTING_BYTES ((size_t)64 * 1024 * 1024) /* of text that is taken for one */
#define LISTING_UNKNOWN UINT64_MAX

struct listing_entry {
	char *name;     /* any bytes but NUL, at most LISTING_NAME_MAX of them */
	uint64_t bytes; /* LISTING_UNKNOWN where it is not told */
	char *version;  /* NULL where there are none */
};

struct listing {
	struct listing_entry *entries;
	size_t count, room;
	int is_sorted;
};

/**
 * listing_add(l, name, n, bytes, version):
 * Add a name of ${n} bytes, cut where it is too long or holds a NUL; one without a byte is left out.
 * Return 0, or -1 with errno ENOBUFS (there are too many) or ENOMEM.
 */
int listing_add(struct listing *, const char *, size_t, uint64_t, const char *);
void listing_clear(struct listing *);

/* The first entry of that name, NULL if there is none; those of one name lie one behind the other. */
const struct listing_entry *listing_find(struct listing *, const char *);

/*
 * The names in a text, one a line / in the answer to a PROPFIND (RFC 4918, 9.1) of the folder whose own name is ${folder} /
 * in the links of an index page.  Return as listing_add.
 */
int listing_take_lines(struct listing *, const char *, size_t);
int listing_take_dav(struct listing *, const char *, size_t, const char *);
int listing_take_index(struct listing *, const char *, size_t);

/*
 * Where the next page of an object store's listing begins: a key and a version, or a token, which is in ${key};
 * key "": nowhere, this was the last.
 */
struct listing_page {
	char key[1025], version[1025];
};

/*
 * The names behind ${prefix} in the answer to a ListObjectVersions or a ListObjectsV2, which tells of no versions, with
 * encoding-type=url.  Return as listing_add.
 */
int listing_take_objects(struct listing *, const char *, size_t, const char *, struct listing_page *);

#endif
