#include <string.h>

#include "daytar.h"

#include "day_internal.h"

#define SUM_MAX 8192

/* What the sum of the day as one file says of it. */
static int
archive_hash(const struct day *d, const char *archive, char hex[DIGEST_HEX])
{
	char sum[NAMES_FILE_ROOM], unused[DIGEST_HEX];
	const struct manifest_entry *e = NULL;
	struct manifest *m = NULL;
	struct buf text = BUF_INIT;
	int rc;

	day_file_name(d, DAYTAR_SUM, sum);
	rc = day_load(d, sum, SUM_MAX, &text, unused);
	if (rc == 1 && (m = manifest_parse(text.data, text.len, NULL)) != NULL)
		e = manifest_find(m, archive);
	if (e != NULL)
		memcpy(hex, e->sha256, DIGEST_HEX);
	manifest_free(m);
	buf_free(&text);
	return rc == -1 ? -1 : e != NULL;
}

int
day_closes(const char *name)
{
	struct names parsed;

	names_parse(name, &parsed);
	return day_is_seal(name) || parsed.kind == NAMES_DAY_SUM || parsed.kind == NAMES_DAY_TAR;
}

int
day_seal_hash(const struct day *d, const char *name, char hex[DIGEST_HEX])
{
	char archive[NAMES_FILE_ROOM];
	struct buf text = BUF_INIT;
	int rc;

	if (day_is_seal(name)) {
		memcpy(hex, strcmp(name, DAY_SUMS) == 0 ? d->sums_sha256 : d->sig_sha256, DIGEST_HEX);
		return d->state == DAY_CLOSED;
	}
	day_file_name(d, DAYTAR, archive);
	if (strcmp(name, archive) == 0)
		return archive_hash(d, archive, hex);
	rc = day_load(d, name, SUM_MAX, &text, hex);
	buf_free(&text);
	return rc;
}
