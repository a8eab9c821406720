#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "json.h"

#include "revoked.h"

#define LOG "custody.jsonl"
#define EVENT "order-revoked"
#define WORD "\"event\":\"" EVENT "\"" /* as json_write spells it */
#define TIME "\"time\":\""
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

/* Does the entry itself say so, not a word within it? */
static int
says_revoked(const char *line, size_t n)
{
	struct json *j;
	const char *event;
	int rc;

	if (strstr(line, WORD) == NULL)
		return 0;
	j = json_parse(line, n, LINE_DEPTH);
	event = json_get_string(json_get_object(j, "entry"), "event");
	rc = event != NULL && strcmp(event, EVENT) == 0;
	json_free(j);
	return rc;
}

int
revoked_at(int casefd, stamp_t *at)
{
	int fd = fsio_open_regular(casefd, LOG, O_RDONLY), rc;
	char *line = NULL;
	size_t room = 0;
	FILE *file;
	ssize_t n;
	stamp_t t, latest = STAMP_NONE;

	*at = STAMP_NONE;
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	file = fdopen(fd, "r");
	if (file == NULL) {
		(void)close(fd); /* only read from */
		return -1;
	}
	while ((n = getline(&line, &room, file)) > 0) {
		t = time_of(line);
		if (t != STAMP_NONE && (latest == STAMP_NONE || t > latest))
			latest = t;
		if (*at == STAMP_NONE && says_revoked(line, (size_t)n))
			*at = latest;
	}
	rc = ferror(file) ? -1 : 0;
	free(line);
	(void)fclose(file); /* only read from */
	return rc;
}
