#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsio.h"
#include "signedhead.h"

#include "heads_sought.h"

#define NAME_ROOM (NAMES_CASE_ROOM + SIGNEDHEAD_NAME_ROOM + sizeof("_.sought"))
#define LINE_ROOM (2 * DIGEST_HEX + 32)

/* The signature's hash, how many lines, and the hash of the last of them. */
static int
format(const struct buf *minisig, const struct heads_sought *s, char line[LINE_ROOM])
{
	char sha256[DIGEST_HEX];

	if (digest_hex_of(minisig->data, minisig->len, sha256) == -1)
		return -1;
	(void)snprintf(line, LINE_ROOM, "%s %" PRIu64 " %s\n", sha256, s->lines, s->head); /* has room */
	return 0;
}

static const char *
file_name(char out[NAME_ROOM], const char *case_id, const char *name)
{
	(void)snprintf(out, NAME_ROOM, "%s_%s.sought", case_id, name); /* has room */
	return out;
}

int
heads_sought_load(const struct packager *p, const char *case_id, const char *name, const struct buf *minisig,
    struct heads_sought *s)
{
	struct buf text = BUF_INIT;
	char path[NAME_ROOM], want[LINE_ROOM], *end;
	int rc = 0;

	*s = (struct heads_sought){.lines = 0};
	if (fsio_load(p->journalfd, file_name(path, case_id, name), LINE_ROOM, &text) == -1) {
		rc = errno == ENOENT || errno == EFBIG ? 0 : -1;
	} else if (text.len > DIGEST_HEX) {
		s->lines = strtoull(text.data + DIGEST_HEX, &end, 10);
		if (*end == ' ')
			(void)snprintf(s->head, sizeof(s->head), "%s", end + 1); /* cut: before the newline */
		/* There is one spelling. */
		if (format(minisig, s, want) == -1)
			rc = -1;
		else
			rc = s->lines > 0 && strcmp(want, text.data) == 0;
	}
	if (rc != 1)
		s->lines = 0;
	buf_free(&text);
	return rc;
}

int
heads_sought_save(const struct packager *p, const char *case_id, const char *name, const struct buf *minisig,
    const struct heads_sought *s)
{
	char path[NAME_ROOM], line[LINE_ROOM];

	if (format(minisig, s, line) == -1)
		return -1;
	return fsio_replace(p->journalfd, file_name(path, case_id, name), line, strlen(line), PACKAGER_MODE_FILE);
}
