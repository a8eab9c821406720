#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsio.h"
#include "manifest.h"
#include "text.h"

#include "verify_tar.h"

#define SUMS "SHA256SUMS"
#define SUMS_SIG "SHA256SUMS.minisig"
#define SEALS 2             /* members that the list can not hold */
#define LATER "SHA256SUMS." /* what comes to lie beside it: time stamps, the LEA's acknowledgement */

struct member {
	const char *name;
	uint64_t at, bytes;
};

struct verify_tar {
	struct verify_file file;
	char name[NAMES_FILE_ROOM];
	struct names names;
	struct manifest *sums;
	struct member *members; /* sorted, once it was read */
	size_t count;
};

/* What is at work while it is read. */
struct indexing {
	struct verify_tar *t;
	struct tarfile_reader *reader;
	enum package_verdict verdict;
	char *why;
	size_t room;
};

static int
blame(struct indexing *x, enum package_verdict verdict, const char *member, const char *text)
{
	char escaped[4 * TARFILE_NAME_ROOM];

	x->verdict = verdict;
	if (member == NULL)
		(void)snprintf(x->why, x->room, "%s", text); /* a cut text still says enough */
	else
		(void)snprintf(
		    x->why, x->room, "%s: %s", text_escape(escaped, sizeof(escaped), member, strlen(member)), text);
	return -1;
}

static int
blame_memory(struct indexing *x)
{
	return blame(x, PACKAGE_UNREADABLE, NULL, "out of memory");
}

static int
blame_tar(struct indexing *x, enum tarfile_result result, const char *member)
{
	return blame(x, result == TARFILE_ERROR ? PACKAGE_UNREADABLE : PACKAGE_MALFORMED, member,
	    result == TARFILE_ERROR ? strerror(errno) : tarfile_why(x->reader));
}

static int
skip(void *cookie, uint64_t n)
{
	struct verify_file *f = cookie;

	const uint64_t bytes = (uint64_t)f->st.st_size;

	/* What ends before is found to be cut by the next read. */
	f->at = f->at > bytes || n > bytes - f->at ? bytes : f->at + n;
	return 0;
}

/* The next member must be that one; where its data begins is kept. */
static int
take_member(struct indexing *x, const char *name)
{
	struct verify_tar *t = x->t;
	const stamp_t end = t->names.day + STAMP_DAY;
	char want[NAMES_FILE_ROOM + TARFILE_NAME_ROOM], folder[NAMES_FILE_ROOM];
	struct tarfile_info info;
	enum tarfile_result result = tarfile_next(x->reader, &info);

	(void)snprintf(want, sizeof(want), "%s/%s",
	    names_day_file(folder, t->names.case_id, t->names.iap, t->names.day, ""),
	    name); /* what is cut is no name */
	if (result == TARFILE_END)
		return blame(x, PACKAGE_MALFORMED, want, "is missing: the file ends before it");
	if (result != TARFILE_MEMBER)
		return blame_tar(x, result, want);
	if (strcmp(info.name, want) != 0)
		return blame(x, PACKAGE_MALFORMED, want, "another member lies where it is due");
	if (info.mtime != end / STAMP_SECOND)
		return blame(x, PACKAGE_MALFORMED, want, "its time is not the end of the day");
	t->members[t->count++] = (struct member){name, t->file.at, info.bytes};
	return 0;
}

static int
load_list(struct indexing *x, struct buf *text)
{
	enum tarfile_result result;
	char block[4096];
	size_t n;

	if (x->t->members[0].bytes > MANIFEST_MAX_BYTES)
		return blame(x, PACKAGE_MALFORMED, SUMS, "is larger than such a file can be");
	while ((result = tarfile_read(x->reader, block, sizeof(block), &n)) == TARFILE_MEMBER && n > 0) {
		if (buf_put(text, block, n) == -1)
			return blame_memory(x);
	}
	return result == TARFILE_MEMBER ? 0 : blame_tar(x, result, SUMS);
}

/* The list is the first member, and says what the others are. */
static int
take_list(struct indexing *x)
{
	struct verify_tar *t = x->t;
	struct buf text = BUF_INIT;
	void *grown = NULL;
	int rc = -1;

	t->members = calloc(SEALS, sizeof(*t->members));
	if (t->members == NULL)
		return blame_memory(x);
	if (take_member(x, SUMS) == -1 || load_list(x, &text) == -1)
		goto out;
	t->sums = manifest_parse(text.data == NULL ? "" : text.data, text.len, NULL);
	if (t->sums == NULL && errno != ENOMEM) {
		(void)blame(x, PACKAGE_MALFORMED, SUMS, "is not a list of hashes");
		goto out;
	}
	if (t->sums != NULL)
		grown = reallocarray(t->members, manifest_count(t->sums) + SEALS, sizeof(*t->members));
	if (grown == NULL) {
		(void)blame_memory(x);
		goto out;
	}
	t->members = grown;
	rc = 0;
out:
	buf_free(&text);
	return rc;
}

/* A name that the list may hold: a plain one, and none of what is signed or made after it. */
static int
is_listable(const char *name)
{
	return fsio_is_plain_name(name) && name[0] != '.' && strncmp(name, SUMS, strlen(SUMS)) != 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static int
read_all(struct indexing *x)
{
	struct verify_tar *t = x->t;
	struct tarfile_info info;
	enum tarfile_result result;
	const char *name;
	size_t i;

	if (take_list(x) == -1 || take_member(x, SUMS_SIG) == -1)
		return -1;
	for (i = 0; i < manifest_count(t->sums); i++) {
		name = manifest_entry(t->sums, i)->name;
		if (!is_listable(name))
			return blame(x, PACKAGE_MALFORMED, name, "is listed in " SUMS ", and is no file of a day");
		if (take_member(x, name) == -1)
			return -1;
	}
	result = tarfile_next(x->reader, &info);
	if (result == TARFILE_MEMBER)
		return blame(x, PACKAGE_MALFORMED, info.name, "is not listed in " SUMS);
	if (result != TARFILE_END)
		return blame_tar(x, result, NULL);
	qsort(t->members, t->count, sizeof(*t->members), compare);
	return 0;
}

/* The container, from its first byte to its last. */
static int
read_container(struct indexing *x)
{
	x->reader = tarfile_reader_new(verify_file_read, &x->t->file);
	if (x->reader == NULL)
		return blame_memory(x);
	tarfile_reader_skips(x->reader, skip);
	return read_all(x);
}

enum package_verdict
verify_tar_open(int dirfd, const char *name, struct verify_tar **tar, char *why, size_t room)
{
	struct indexing x = {.t = calloc(1, sizeof(*x.t)), .why = why, .room = room};
	const struct verify_dir folder = {dirfd, NULL};
	int rc = -1;

	*tar = NULL;
	x.verdict = PACKAGE_INTACT;
	if (x.t == NULL)
		return blame_memory(&x), x.verdict;
	x.t->file.fd = -1;
	names_parse(name, &x.t->names);
	if (x.t->names.kind != NAMES_DAY_TAR)
		(void)blame(&x, PACKAGE_MALFORMED, NULL, "is not named as a day's file is");
	else if (verify_file_open(&x.t->file, &folder, name) == -1)
		(void)blame(&x, verify_file_is_hostile(errno) ? PACKAGE_MALFORMED : PACKAGE_UNREADABLE, NULL,
		    verify_file_why(errno));
	else
		rc = read_container(&x);
	tarfile_reader_free(x.reader);
	(void)snprintf(x.t->name, sizeof(x.t->name), "%s", name); /* it was parsed */
	if (rc == 0)
		*tar = x.t;
	else
		verify_tar_close(x.t);
	return x.verdict;
}

void
verify_tar_close(struct verify_tar *t)
{
	if (t == NULL)
		return;
	verify_file_close(&t->file);
	manifest_free(t->sums);
	free(t->members);
	free(t);
}

const char *
verify_tar_name(const struct verify_tar *t)
{
	return t->name;
}

size_t
verify_tar_count(const struct verify_tar *t)
{
	return t->count;
}

const char *
verify_tar_at(const struct verify_tar *t, size_t i)
{
	return t->members[i].name;
}

static const struct member *
find(const struct verify_tar *t, const char *name)
{
	const struct member wanted = {.name = name};

	return bsearch(&wanted, t->members, t->count, sizeof(wanted), compare);
}

int
verify_tar_is_in(const struct verify_tar *t, const char *name)
{
	return find(t, name) != NULL || strncmp(name, LATER, strlen(LATER)) != 0;
}

void
verify_tar_whole(const struct verify_tar *t, struct verify_file *f)
{
	*f = t->file;
	f->is_borrowed = 1;
	f->start = f->at = 0;
	f->end = UINT64_MAX;
}

int
verify_tar_member(const struct verify_tar *t, const char *name, struct verify_file *f)
{
	const struct member *m = find(t, name);

	if (m == NULL) {
		errno = ENOENT;
		return -1;
	}
	verify_tar_whole(t, f);
	f->start = f->at = m->at;
	f->end = m->at + m->bytes;
	return 0;
}
