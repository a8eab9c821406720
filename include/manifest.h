#ifndef MANIFEST_H
#define MANIFEST_H

#include <stddef.h>

#include "buf.h"
#include "digest.h"

/*
 * Lists of digests as sha256sum(1) reads them: 64 hex digits, two blanks, a name, newline.  manifest-sha256.txt and
 * tagmanifest-sha256.txt (RFC 8493 sections 2.1.3 and 2.2.1) and SHA256SUMS.  Names are printable ASCII without blank,
 * backslash or leading "/", no "." or ".." component, no duplicates, at most MANIFEST_MAX entries.
 */
#define MANIFEST_MAX 100000
#define MANIFEST_MAX_BYTES (16 * 1024 * 1024)

struct manifest_entry {
	char sha256[DIGEST_HEX];
	const char *name; /* owned by the manifest */
};

struct manifest;

struct manifest *manifest_new(void);
void manifest_free(struct manifest *);

/* Add an entry (copied) / sort by name in byte order / append the text.  Return 0, or -1 with errno EINVAL or ENOMEM. */
int manifest_add(struct manifest *, const char *, const char *);
int manifest_sort(struct manifest *);
int manifest_write(const struct manifest *, struct buf *);

/* Parse the whole text, strictly.  Return it, or NULL with errno EINVAL, the line in ${line} unless NULL. */
struct manifest *manifest_parse(const char *, size_t, unsigned *);

size_t manifest_count(const struct manifest *);
const struct manifest_entry *manifest_entry(const struct manifest *, size_t);
const struct manifest_entry *manifest_find(const struct manifest *, const char *);

#endif
