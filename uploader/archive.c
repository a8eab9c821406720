#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"

#include "archive.h"

#define SUM_MAX 8192

int
archive_is_sealed(const struct day *d)
{
	char name[NAMES_FILE_ROOM];
	size_t i;

	day_file_name(d, DAYTAR_SIG, name);
	for (i = 0; i < day_count(d); i++) {
		if (strcmp(day_name(d, i), name) == 0)
			return 1;
	}
	return 0;
}

static enum answer
because(enum answer a, char *why, size_t room, const char *text)
{
	(void)snprintf(why, room, "%s", text);
	return a;
}

/* The hash that the packager found, and when. */
static enum answer
load_sum(const struct day *d, struct day_file *file, char *why, size_t room)
{
	char sum[NAMES_FILE_ROOM], name[NAMES_FILE_ROOM];
	const struct manifest_entry *e = NULL;
	struct manifest *m = NULL;
	struct buf text = BUF_INIT;
	struct stat st;
	enum answer a = ANSWER_OK;

	day_file_name(d, DAYTAR_SUM, sum);
	day_file_name(d, DAYTAR, name);
	if (fsio_load(day_dirfd(d), sum, SUM_MAX, &text) == -1 ||
	    fstatat(day_dirfd(d), sum, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		a = because(errno == ENOENT ? ANSWER_MISSING : ANSWER_LOCAL, why, room, strerror(errno));
	} else {
		m = manifest_parse(text.data == NULL ? "" : text.data, text.len, NULL);
		e = m == NULL ? NULL : manifest_find(m, name);
		if (e == NULL)
			a = because(ANSWER_ROT, why, room, "its sum is none");
	}
	if (e != NULL) {
		memcpy(file->sha256, e->sha256, sizeof file->sha256);
		file->sealed = st.st_mtim.tv_sec * STAMP_SECOND + st.st_mtim.tv_nsec;
	}
	manifest_free(m);
	buf_free(&text);
	return a;
}

enum answer
archive_open(const struct day *d, struct daytar **tar, struct day_file *file, char *why, size_t room)
{
	enum answer a;

	memset(file, 0, sizeof *file);
	file->fd = -1;
	why[0] = '\0';
	a = load_sum(d, file, why, room);
	if (a != ANSWER_OK)
		return a;
	*tar = daytar_open(day_dirfd(d), day_case(d), day_iap(d), day_stamp(d));
	if (*tar == NULL) {
		a = errno == ENOENT ? ANSWER_MISSING : errno == EBADMSG ? ANSWER_ROT : ANSWER_LOCAL;
		return because(a, why, room, a == ANSWER_ROT ? "a file of the day is none" : strerror(errno));
	}
	file->bytes = daytar_bytes(*tar);
	return ANSWER_OK;
}
