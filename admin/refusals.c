#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "text.h"

#include "refusals.h"

#define FOLDER "journal/uploader"
#define SUFFIX ".blocked"
#define FORMAT "casetap-blocked/1"
#define MAX_BYTES (16 * 1024 * 1024)
#define MAX_DEPTH 4

struct walk {
	void (*each)(void *, const char *, const char *, const char *);
	void *cookie;
	int dirfd;
};

static void
tell(const struct walk *w, const char *destination, const struct json *entry)
{
	const char *scope = json_get_string(entry, "scope"), *why = json_get_string(entry, "why");

	/* "/alarm" says that files wait long, which the streams say themselves. */
	if (scope == NULL || why == NULL || scope[0] == '/')
		return;
	w->each(w->cookie, destination, scope, why);
}

static int
look_at(void *cookie, const char *name)
{
	struct walk *w = cookie;
	const size_t n = strlen(name), suffix = sizeof SUFFIX - 1;
	struct buf text = BUF_INIT;
	const struct json *entries;
	const char *format;
	struct json *j = NULL;
	char destination[NAMES_DEST_ROOM];

	if (!text_ends_with(name, SUFFIX) || n - suffix >= sizeof destination)
		return 0;
	(void)snprintf(destination, sizeof destination, "%.*s", (int)(n - suffix), name); /* has room */
	if (!names_is_destination(destination))
		return 0;
	if (fsio_load(w->dirfd, name, MAX_BYTES, &text) == 0)
		j = json_parse(text.data, text.len, MAX_DEPTH);
	format = json_get_string(j, "format");
	entries = json_get_array(j, "entries");
	/* A damaged one holds nothing back: the uploader's next run says so. */
	for (size_t i = 0; format != NULL && strcmp(format, FORMAT) == 0 && i < json_length(entries); i++)
		tell(w, destination, json_item(entries, i));
	json_free(j);
	buf_free(&text);
	return 0;
}

int
refusals_each(const struct site *site, void (*each)(void *, const char *, const char *, const char *), void *cookie)
{
	struct walk w = {each, cookie, fsio_opendirat(site->statefd, FOLDER)};
	int rc;

	if (w.dirfd == -1 && (errno == ENOENT || errno == EACCES))
		return 0;
	rc = w.dirfd == -1 ? -1 : fsio_list(w.dirfd, look_at, &w);
	if (rc == -1 && errno == EACCES)
		rc = 0;
	if (rc == -1)
		diag_err("%s/" FOLDER, site->conf->state_dir);
	if (w.dirfd != -1)
		(void)close(w.dirfd); /* a folder */
	return rc;
}
