#include <stdio.h>
#include <string.h>

#include "text.h"

#include "tarfile_internal.h"

#define NAME_FIELD 100
#define PREFIX_FIELD 155
#define DIR_MAX 150 /* longer folders would be cut as well, which no name of ours needs */
#define PAX_INSERT "PaxHeader/"
#define PAX_BASE_MAX 87                  /* what libarchive leaves of a base name behind the insert */
#define CUT_BASE_MAX 98                  /* and of one whose whole is in the pax path */
#define MTIME_PLAIN INT64_C(0x7fffffff)  /* from here on the time stands in a pax header too */
#define SIZE_PLAIN UINT64_C(8589934592)  /* from here on the length stands in a pax header too */
#define SIZE_OCTAL UINT64_C(68719476736) /* what twelve octal digits hold */

/*
 * Where a path is split into prefix and name: at the first "/" that leaves a name which fits.  Return the length of the
 * prefix, 0 for none, -1 if the path does not fit.
 */
static int
split_path(const char *path)
{
	size_t len = strlen(path);
	const char *slash;

	if (len <= NAME_FIELD)
		return 0;
	slash = strchr(path + (len - NAME_FIELD - 1), '/');
	if (slash == path)
		slash = strchr(slash + 1, '/');
	if (slash == NULL || slash[1] == '\0' || slash - path > PREFIX_FIELD)
		return -1;
	return (int)(slash - path);
}

int
tarfile_name_is_good(const char *name)
{
	size_t len = strlen(name);
	const char *base = strrchr(name, '/');

	return len > 0 && len < TARFILE_NAME_ROOM && text_is_printable(name, len) && name[0] != '/' &&
	       name[len - 1] != '/' && (base == NULL || base - name <= DIR_MAX);
}

/* The path with ${insert} before a base name cut to ${max}: what libarchive puts where the path itself can not stand. */
static void
shorten_path(char out[TARFILE_NAME_ROOM + sizeof(PAX_INSERT)], const char *path, const char *insert, int max)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;

	(void)snprintf(out, TARFILE_NAME_ROOM + sizeof(PAX_INSERT), "%.*s%s%.*s", (int)(base - path), path, insert,
	    max, base); /* has room for the longest of each */
}

static void
put_octal(char *field, int digits, uint64_t value)
{
	while (digits > 0) {
		field[--digits] = (char)('0' + (value & 7));
		value >>= 3;
	}
}

static void
put_size(char field[12], uint64_t bytes)
{
	int i;

	if (bytes < SIZE_PLAIN) {
		put_octal(field, 11, bytes);
		field[11] = ' ';
	} else if (bytes < SIZE_OCTAL) {
		put_octal(field, 12, bytes);
	} else {
		for (i = 11; i >= 0; i--, bytes >>= 8)
			field[i] = (char)(bytes & 0xff);
		field[0] = (char)0x80;
	}
}

static void
build_block(struct ustar *h, const char *path, uint64_t bytes, int64_t mtime, char type)
{
	const unsigned char *p = (const unsigned char *)h;
	int prefix = split_path(path);
	unsigned sum = 0;
	size_t i;

	memset(h, 0, sizeof(*h));
	if (prefix > 0) {
		memcpy(h->prefix, path, (size_t)prefix);
		path += prefix + 1;
	}
	memcpy(h->name, path, strnlen(path, sizeof(h->name)));
	memcpy(h->mode, "000444 ", 8);
	memcpy(h->uid, "000000 ", 8);
	memcpy(h->gid, "000000 ", 8);
	put_size(h->size, bytes);
	put_octal(h->mtime, 11, (uint64_t)mtime);
	h->mtime[11] = ' ';
	memset(h->checksum, ' ', sizeof(h->checksum));
	h->type = type;
	memcpy(h->magic, "ustar\00000", 8);
	memcpy(h->devmajor, "000000 ", 8);
	memcpy(h->devminor, "000000 ", 8);
	for (i = 0; i < sizeof(*h); i++)
		sum += p[i];
	put_octal(h->checksum, 6, sum);
	h->checksum[6] = '\0';
}

/* Append one pax record, "LENGTH KEY=VALUE\n", whose length counts its own digits. */
static size_t
put_pax(char *out, size_t room, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, total = rest + 1;
	char digits[24];

	while ((size_t)snprintf(digits, sizeof(digits), "%zu", total) + rest != total)
		total++;
	return (size_t)snprintf(out, room, "%zu %s=%s\n", total, key, value);
}

size_t
tarfile_build_headers(unsigned char out[TARFILE_HEADERS_MAX], const char *name, uint64_t bytes, int64_t mtime)
{
	char path[TARFILE_NAME_ROOM + sizeof(PAX_INSERT)], value[24];
	int fits = split_path(name) != -1;
	char *pax = (char *)out + TARFILE_BLOCK;
	size_t n = 0;

	if (fits && bytes < SIZE_PLAIN && mtime < MTIME_PLAIN) {
		build_block((struct ustar *)(void *)out, name, bytes, mtime, '0');
		return TARFILE_BLOCK;
	}
	memset(pax, 0, TARFILE_BLOCK);
	if (!fits)
		n += put_pax(pax + n, TARFILE_BLOCK - n, "path", name);
	if (mtime >= MTIME_PLAIN) {
		(void)snprintf(value, sizeof(value), "%lld", (long long)mtime);
		n += put_pax(pax + n, TARFILE_BLOCK - n, "mtime", value);
	}
	if (bytes >= SIZE_PLAIN) {
		(void)snprintf(value, sizeof(value), "%llu", (unsigned long long)bytes);
		n += put_pax(pax + n, TARFILE_BLOCK - n, "size", value);
	}
	shorten_path(path, name, PAX_INSERT, PAX_BASE_MAX);
	build_block((struct ustar *)(void *)out, path, n, mtime < MTIME_PLAIN ? mtime : MTIME_PLAIN, 'x');
	if (fits)
		(void)snprintf(path, sizeof(path), "%s", name);
	else
		shorten_path(path, name, "", CUT_BASE_MAX);
	build_block((struct ustar *)(void *)(out + 2 * TARFILE_BLOCK), path, bytes, mtime, '0');
	return TARFILE_HEADERS_MAX;
}
