#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "names.h"

#include "spool.h"

#define RECORD_MAX_BYTES ((size_t)1024 * 1024)

static const struct {
	const char *suffix;
	unsigned bit;
} kinds[] = {
    {".part", SPOOL_HAS_PART},
    {".json", SPOOL_HAS_RECORD},
    {".pcap", SPOOL_HAS_PCAP},
    {".gap.json", SPOOL_HAS_GAP},
    {".raw", SPOOL_HAS_RAW},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct listing {
	struct spool_number *list;
	size_t count, room, strangers;
};

/* Names come in byte order, so all that belongs to a number comes together and numbers rise. */
static int
note_number(struct listing *l, uint64_t seq, unsigned bit)
{
	struct spool_number *grown;

	if (l->count == 0 || l->list[l->count - 1].seq != seq) {
		if (l->count == l->room) {
			l->room = l->room == 0 ? 64 : l->room * 2;
			grown = reallocarray(l->list, l->room, sizeof(*grown));
			if (grown == NULL)
				return -1;
			l->list = grown;
		}
		l->list[l->count].seq = seq;
		l->list[l->count++].has = 0;
	}
	l->list[l->count - 1].has |= bit;
	return 0;
}

static int
note_name(void *cookie, const char *name)
{
	struct listing *l = cookie;
	uint64_t seq;
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (names_parse_seq_file(name, kinds[i].suffix, &seq))
			return note_number(l, seq, kinds[i].bit);
	/* The state, and what a replaced or put file is called on its way, are ours without being a number's. */
	if (strcmp(name, "state") != 0 && !fsio_is_temp(name))
		l->strangers++;
	return 0;
}

int
spool_list(struct spool *s, struct spool_number **list, size_t *count, size_t *strangers)
{
	struct listing l = {NULL, 0, 0, 0};

	if (fsio_list(spool_dirfd(s), note_name, &l) != 0) {
		free(l.list);
		return -1;
	}
	*list = l.list;
	*count = l.count;
	if (strangers != NULL)
		*strangers = l.strangers;
	return 0;
}

/* The record's bytes are those that its hash is over: the file's without its newline. */
static int
load(struct spool *s, uint64_t seq, const char *suffix, struct buf *out)
{
	char name[NAMES_FILE_ROOM];

	if (fsio_load(spool_dirfd(s), names_seq_file(name, seq, suffix), RECORD_MAX_BYTES, out) == -1)
		return -1;
	if (out->len > 0 && out->data[out->len - 1] == '\n')
		out->data[--out->len] = '\0';
	return 0;
}

int
spool_load_record(struct spool *s, uint64_t seq, struct buf *out)
{
	return load(s, seq, ".json", out);
}

int
spool_load_gap(struct spool *s, uint64_t seq, struct buf *out)
{
	return load(s, seq, ".gap.json", out);
}

int
spool_remove(struct spool *s, uint64_t seq)
{
	static const char *const suffixes[] = {".pcap", ".raw", ".part", ".gap.json", ".json"};
	char name[NAMES_FILE_ROOM];
	size_t i;

	/* The record goes last: as long as it is there, what is gone beside it has been sealed. */
	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (unlinkat(spool_dirfd(s), names_seq_file(name, seq, suffixes[i]), 0) == -1 && errno != ENOENT)
			return -1;
	return fsync(spool_dirfd(s));
}

struct walk {
	int casefd;
	const char *case_id;
	int (*each)(void *, const char *, const char *);
	void *cookie;
};

static int
is_folder(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return 0;
	(void)close(fd); /* nothing was done to it */
	return 1;
}

static int
walk_iap(void *cookie, const char *name)
{
	struct walk *w = cookie;

	return names_is_iap(name) && is_folder(w->casefd, name) ? w->each(w->cookie, w->case_id, name) : 0;
}

static int
walk_case(void *cookie, const char *name)
{
	struct walk *w = cookie, inner = *w;
	int rc, saved;

	if (!names_is_case(name) || !is_folder(w->casefd, name))
		return 0;
	inner.case_id = name;
	inner.casefd = fsio_opendirat(w->casefd, name);
	if (inner.casefd == -1)
		return -1;
	rc = fsio_list(inner.casefd, walk_iap, &inner);
	saved = errno;
	(void)close(inner.casefd); /* a folder: nothing to lose */
	errno = saved;
	return rc;
}

int
spool_each_stream(int statefd, const char *tree, int (*each)(void *, const char *, const char *), void *cookie)
{
	struct walk w = {.each = each, .cookie = cookie};
	int rc, saved;

	w.casefd = fsio_opendirat(statefd, tree);
	if (w.casefd == -1)
		return errno == ENOENT ? 0 : -1;
	rc = fsio_list(w.casefd, walk_case, &w);
	saved = errno;
	(void)close(w.casefd); /* a folder: nothing to lose */
	errno = saved;
	return rc;
}
