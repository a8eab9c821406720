#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "json.h"

#include "latest.h"

#include "revoked.h"

#define LOG "custody.jsonl"
#define EVENT "order-revoked"
#define WORD "\"event\":\"" EVENT "\"" /* as json_write spells it */
#define TIME "\"time\":\""
#define SOURCE "\"source\":\""
#define SOURCE_ROOM 256
#define LINE_DEPTH 20

/* When an entry was made that the line tells of, as json_write spells it; STAMP_NONE: it does not say. */
static stamp_t
time_of(const char *line)
{
	const char *at = strstr(line, TIME);
	char text[STAMP_TEXT] = "";
	stamp_t t;

	if (at != NULL)
		(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(at + strlen(TIME), "\""), at + strlen(TIME));
	return stamp_parse(text, &t) == 0 ? t : STAMP_NONE;
}

/* From which journal it was taken, which stands before all that came from there. */
static const char *
source_of(const char *line, char out[SOURCE_ROOM])
{
	const char *at = strstr(line, SOURCE);

	out[0] = '\0';
	if (at != NULL)
		(void)snprintf(
		    out, SOURCE_ROOM, "%.*s", (int)strcspn(at + strlen(SOURCE), "\""), at + strlen(SOURCE));
	return out;
}

/* Does the entry itself say so, not a word within it?  1, 0, or -1 with errno ENOMEM. */
static int
says_revoked(const char *line, size_t n)
{
	struct json *j;
	const char *event;
	int rc;

	if (strstr(line, WORD) == NULL)
		return 0;
	j = json_parse(line, n, LINE_DEPTH);
	if (j == NULL && errno == ENOMEM)
		return -1;
	event = json_get_string(json_get_object(j, "entry"), "event");
	rc = event != NULL && strcmp(event, EVENT) == 0;
	json_free(j);
	return rc;
}

int
revoked_at(int casefd, stamp_t *at)
{
	int fd = fsio_open_regular(casefd, LOG, O_RDONLY), said = 0, rc;
	char *line = NULL;
	size_t room = 0;
	FILE *file;
	ssize_t n;
	struct latest latest;
	char source[SOURCE_ROOM];
	stamp_t t;

	memset(&latest, 0, sizeof(latest));
	*at = STAMP_NONE;
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	file = fdopen(fd, "r");
	if (file == NULL) {
		(void)close(fd); /* only read from */
		return -1;
	}
	while (said != -1 && (n = getline(&line, &room, file)) > 0) {
		t = latest_note(&latest, source_of(line, source), time_of(line));
		said = *at == STAMP_NONE ? says_revoked(line, (size_t)n) : 0;
		if (said == 1)
			*at = t;
	}
	/* A line that could not be had may be the one that says so. */
	rc = said != -1 && feof(file) ? 0 : -1;
	free(line);
	(void)fclose(file); /* only read from */
	return rc;
}
