#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "text.h"

#include "unitfile.h"

#define UNIT_MAX_BYTES ((size_t)65536)
#define NAME_ROOM 256
#define FOLDERS "/etc/systemd/system:/run/systemd/system:/usr/local/lib/systemd/system:/usr/lib/systemd/system"

static const char *const keys[UNITFILE_LISTS] = {[UNITFILE_BIND] = "BindPaths",
    [UNITFILE_BIND_READ] = "BindReadOnlyPaths",
    [UNITFILE_WRITE] = "ReadWritePaths",
    [UNITFILE_EXEC] = "ExecStart"};

/* One word of a list: without the marks before it, and of FROM:TO where it is seen. */
static int
add_word(struct unitfile *u, enum unitfile_list list, char *word)
{
	char *to;
	size_t n;

	if (list != UNITFILE_EXEC) {
		word += strspn(word, "-+");
		to = strchr(word, ':');
		if (to != NULL) {
			word = to + 1;
			word[strcspn(word, ":")] = '\0';
		}
		for (n = strlen(word); n > 0 && word[n - 1] == '/'; n--)
			word[n - 1] = '\0';
	}
	return buf_printf(&u->lists[list], "%s\n", word);
}

/* An empty value empties the list. */
static int
take_value(struct unitfile *u, const char *key, char *value)
{
	char *word, *rest = NULL;
	int list = 0;

	if (strcmp(key, "RootDirectory") == 0 || strcmp(key, "RootImage") == 0)
		u->has_root = value[0] != '\0' && strcmp(value, "/") != 0;
	while (list < UNITFILE_LISTS && strcmp(key, keys[list]) != 0)
		list++;
	if (list == UNITFILE_LISTS)
		return 0;
	if (value[0] == '\0')
		buf_clear(&u->lists[list]);
	for (word = strtok_r(value, " \t", &rest); word != NULL; word = strtok_r(NULL, " \t", &rest)) {
		if (add_word(u, (enum unitfile_list)list, word) == -1)
			return -1;
	}
	return 0;
}

/* The lines of one file; a backslash at an end goes on in the next. */
static int
take_text(struct unitfile *u, char *text)
{
	char *at, *line, *rest = NULL, *value;

	while ((at = strstr(text, "\\\n")) != NULL)
		at[0] = at[1] = ' ';
	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		value = strchr(line, '=');
		if (value == NULL || strchr("#;[", line[0]) != NULL)
			continue;
		*value++ = '\0';
		if (take_value(u, line, value + strspn(value, " \t")) == -1)
			return -1;
	}
	return 0;
}

static int
take_file(struct unitfile *u, int dirfd, const char *name)
{
	struct buf text = BUF_INIT;
	int rc = fsio_load(dirfd, name, UNIT_MAX_BYTES, &text);

	if (rc == 0)
		rc = buf_put(&text, "", 1);
	if (rc == 0)
		rc = take_text(u, text.data);
	buf_free(&text);
	return rc;
}

struct drop_ins {
	struct unitfile *u;
	int dirfd;
};

static int
take_drop_in(void *cookie, const char *name)
{
	struct drop_ins *d = cookie;

	return text_ends_with(name, ".conf") ? take_file(d->u, d->dirfd, name) : 0;
}

static int
take_drop_ins(struct unitfile *u, int dirfd, const char *service, const char *instance)
{
	struct drop_ins d = {.u = u};
	char name[NAME_ROOM];
	int rc;

	(void)snprintf(name, sizeof name, "%s@%s.service.d", service, instance); /* an IAP's name is short */
	d.dirfd = fsio_opendirat(dirfd, name);
	if (d.dirfd == -1)
		return errno == ENOENT ? 0 : -1;
	rc = fsio_list(d.dirfd, take_drop_in, &d);
	(void)close(d.dirfd); /* a folder */
	return rc;
}

/* What a folder has of the service: the unit itself while none is found, or its drop-ins.  1, 0 or -1. */
static int
take_folder(struct unitfile *u, const char *folder, const char *service, const char *instance, int wants_drop_ins)
{
	char name[NAME_ROOM];
	int dirfd = fsio_opendir(folder), rc;

	if (dirfd == -1)
		return errno == ENOENT ? 0 : -1;
	(void)snprintf(name, sizeof name, "%s@.service", service); /* as above */
	if (wants_drop_ins) {
		rc = take_drop_ins(u, dirfd, service, "");
		if (rc == 0)
			rc = take_drop_ins(u, dirfd, service, instance);
	} else if (take_file(u, dirfd, name) == 0)
		rc = 1;
	else
		rc = errno == ENOENT ? 0 : -1;
	(void)close(dirfd); /* a folder */
	return rc;
}

/* Go through the folders until one gives what ends it. */
static int
each_folder(struct unitfile *u, const char *service, const char *instance, int wants_drop_ins)
{
	const char *path = secure_getenv("SYSTEMD_UNIT_PATH");
	char *folders = strdup(path == NULL ? FOLDERS : path), *folder, *rest = NULL;
	int rc = folders == NULL ? -1 : 0;

	for (folder = rc == 0 ? strtok_r(folders, ":", &rest) : NULL; rc == 0 && folder != NULL;
	     folder = strtok_r(NULL, ":", &rest))
		rc = take_folder(u, folder, service, instance, wants_drop_ins);
	free(folders);
	return rc;
}

int
unitfile_load(struct unitfile *u, const char *service, const char *instance)
{
	int is_found;

	memset(u, 0, sizeof *u);
	is_found = each_folder(u, service, instance, 0);
	return is_found == 1 && each_folder(u, service, instance, 1) == -1 ? -1 : is_found;
}

void
unitfile_free(struct unitfile *u)
{
	for (size_t i = 0; i < UNITFILE_LISTS; i++)
		buf_free(&u->lists[i]);
}

int
unitfile_covers(const struct unitfile *u, enum unitfile_list list, const char *path)
{
	const char *word = u->lists[list].data;
	size_t left = u->lists[list].len, n;

	for (; left > 0; word += n + 1, left -= n + 1) {
		n = strcspn(word, "\n");
		if (strncmp(word, path, n) == 0 && (path[n] == '\0' || path[n] == '/'))
			return 1;
	}
	return 0;
}

int
unitfile_sees(const struct unitfile *u, const char *path)
{
	return !u->has_root || unitfile_covers(u, UNITFILE_BIND, path) ||
	       unitfile_covers(u, UNITFILE_BIND_READ, path);
}
