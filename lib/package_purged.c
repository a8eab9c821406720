#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "text.h"

#include "package_internal.h"

#define INFO "bag-info.txt"
#define MANIFEST "manifest-sha256.txt"
#define OXUM "\nPayload-Oxum: "

/* What was captured, and so may be gone. */
static const char *const captured[] = {".pcap", ".raw", ".events.xml", ".flows.csv", ".packets.csv"};
#define CAPTURED (sizeof(captured) / sizeof(captured[0]))

static int
was_read(const struct package_check *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->payload_count; i++) {
		if (strcmp(c->payload[i].name, name) == 0)
			return 1;
	}
	return 0;
}

static int
is_captured(const struct package_check *c, const char *name)
{
	char want[TARFILE_NAME_ROOM];
	size_t i;

	for (i = 0; i < CAPTURED; i++) {
		(void)snprintf(
		    want, sizeof(want), "data/%s%s", c->facts->stem, captured[i]); /* a stem is under 100 bytes */
		if (strcmp(name, want) == 0)
			return 1;
	}
	return 0;
}

static int
add(struct package_check *c, const struct manifest_entry *e)
{
	struct package_payload *grown = reallocarray(c->payload, c->payload_count + 1, sizeof(*grown));

	if (grown == NULL)
		return package_blame(c, PACKAGE_UNREADABLE, NULL, "out of memory");
	c->payload = grown;
	grown += c->payload_count++;
	memset(grown, 0, sizeof(*grown));
	(void)snprintf(grown->name, sizeof(grown->name), "%s", e->name); /* one of those above */
	memcpy(grown->sha256, e->sha256, sizeof(grown->sha256));
	if (strstr(e->name, ".raw") != NULL)
		c->has_raw = 1;
	return 0;
}

/* The length of all payload, as bag-info.txt gives it: Payload-Oxum: BYTES.FILES. */
static int
read_oxum(const struct package_check *c, uint64_t *bytes)
{
	const struct buf *info = &c->text[PART_INFO];
	const char *at = info->len == 0 ? NULL : strstr(info->data, OXUM);
	char digits[24];
	size_t n;

	if (at == NULL)
		return -1;
	at += sizeof(OXUM) - 1;
	n = strcspn(at, ".");
	if (n >= sizeof(digits))
		return -1;
	memcpy(digits, at, n);
	digits[n] = '\0';
	return text_u64(digits, 0, INT64_MAX, bytes);
}

/*
 * Only the slice's length stands in a record.  What else is missing is given the length that is left of all payload, which
 * the signature covers like the hashes.
 */
static int
share_out(struct package_check *c, size_t read)
{
	uint64_t bytes, known = 0;
	size_t i;

	if (c->payload_count == read)
		return 0;
	for (i = 0; i < read; i++)
		known += c->payload[i].bytes;
	if (read_oxum(c, &bytes) == -1 || bytes < known)
		return package_blame(c, PACKAGE_MALFORMED, INFO, "has no proper Payload-Oxum");
	c->payload[read].bytes = bytes - known;
	return 0;
}

int
package_fill_purged(struct package_check *c)
{
	const struct buf *text = &c->text[PART_MANIFEST];
	struct manifest *listed = manifest_parse(text->data == NULL ? "" : text->data, text->len, NULL);
	const struct manifest_entry *e;
	size_t i, read = c->payload_count;
	int rc = 0;

	if (listed == NULL && errno == ENOMEM)
		return package_blame(c, PACKAGE_UNREADABLE, NULL, "out of memory");
	if (listed == NULL)
		return package_blame(c, PACKAGE_MALFORMED, MANIFEST, "not a list of hashes");
	for (i = 0; rc == 0 && i < manifest_count(listed); i++) {
		e = manifest_entry(listed, i);
		if (!was_read(c, e->name) && is_captured(c, e->name))
			rc = add(c, e);
	}
	manifest_free(listed);
	return rc == 0 ? share_out(c, read) : -1;
}
