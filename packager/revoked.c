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
#define LINE_DEPTH 20

static stamp_t
time_of(const char *line, size_t n)
{
	struct json *j = json_parse(line, n, LINE_DEPTH);
	const struct json *entry = json_get_object(j, "entry");
	const char *event = json_get_string(entry, "event");
	stamp_t t = STAMP_NONE;

	if (event == NULL || strcmp(event, EVENT) != 0 || json_get_stamp(entry, "time", &t) == -1)
		t = STAMP_NONE;
	json_free(j);
	return t;
}

int
revoked_at(int casefd, stamp_t *at)
{
	int fd = fsio_open_regular(casefd, LOG, O_RDONLY), rc;
	char *line = NULL;
	size_t room = 0;
	FILE *file;
	ssize_t n;
	stamp_t t;

	*at = STAMP_NONE;
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	file = fdopen(fd, "r");
	if (file == NULL) {
		(void)close(fd); /* only read from */
		return -1;
	}
	while ((n = getline(&line, &room, file)) > 0) {
		t = strstr(line, WORD) == NULL ? STAMP_NONE : time_of(line, (size_t)n);
		if (t != STAMP_NONE && (*at == STAMP_NONE || t < *at))
			*at = t;
	}
	rc = ferror(file) ? -1 : 0;
	free(line);
	(void)fclose(file); /* only read from */
	return rc;
}
