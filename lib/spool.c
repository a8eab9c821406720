#include <sys/file.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "fsio.h"

#include "spool_internal.h"

#define STATE_NAME "state"
#define STATE_MAX_BYTES ((size_t)4 * 1024 * 1024)
#define RECORD_MAX_BYTES ((size_t)1024 * 1024)
#define FOLDER_MODE 02770

static int
fail(int error)
{
	errno = error;
	return -1;
}

int
spool_replace_state(struct spool *s, struct spool_state *next, uint64_t without, const struct slice_record *with)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	/* Memory first: the disk must never be ahead of what can be remembered. */
	if (with != NULL && spool_state_add(&s->st, with) == -1)
		goto out;
	next->open = s->st.open;
	next->open_count = s->st.open_count;
	if (spool_state_write(next, without, NULL, &text) == -1 ||
	    fsio_replace(s->dirfd, STATE_NAME, text.data, text.len, SPOOL_FILE_MODE) == -1) {
		if (with != NULL)
			spool_state_drop(&s->st, with->head.seq);
		goto out;
	}
	s->st = *next;
	if (without != 0)
		spool_state_drop(&s->st, without);
	rc = 0;
out:
	buf_free(&text);
	return rc;
}

/* A folder without a state is new only if it is empty: numbers must not start again where some were used. */
static int
start_state(struct spool *s, int source)
{
	struct spool_state first = {.source = source, .next = 1, .covered = STAMP_NONE};
	struct spool_number *list = NULL;
	size_t count;

	if (spool_list(s, &list, &count, NULL) == -1)
		return -1;
	free(list);
	if (count > 0)
		return fail(EBADMSG);
	return spool_replace_state(s, &first, 0, NULL);
}

static int
load_state(struct spool *s, int source, int create)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	if (fsio_load(s->dirfd, STATE_NAME, STATE_MAX_BYTES, &text) == -1) {
		if (errno == ENOENT && create)
			rc = start_state(s, source);
		else if (errno == EFBIG || errno == ELOOP)
			errno = EBADMSG;
		goto out;
	}
	if (spool_state_parse(text.data, text.len, &s->st) == -1)
		goto out;
	if (create && s->st.source != source) {
		errno = EEXIST;
		goto out;
	}
	rc = 0;
out:
	buf_free(&text);
	return rc;
}

struct spool *
spool_open(int statefd, const char *case_id, const char *iap, int source, int create)
{
	char path[sizeof("spool//") + NAMES_CASE_ROOM + NAMES_IAP_ROOM];
	struct spool *s;

	if (!names_is_case(case_id) || !names_is_iap(iap)) {
		errno = EINVAL;
		return NULL;
	}
	(void)snprintf(path, sizeof(path), "spool/%s/%s", case_id, iap); /* both are within their room */
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->dirfd = create ? fsio_mkdirs(statefd, path, FOLDER_MODE) : fsio_opendirat(statefd, path);
	if (s->dirfd == -1 || load_state(s, source, create) == -1) {
		spool_close(s);
		return NULL;
	}
	return s;
}

void
spool_close(struct spool *s)
{
	int saved = errno;

	if (s == NULL)
		return;
	if (s->dirfd != -1)
		(void)close(s->dirfd); /* a folder: nothing to lose */
	spool_state_clear(&s->st);
	free(s);
	errno = saved;
}

int
spool_claim(struct spool *s)
{
	int source = s->st.source;

	if (flock(s->dirfd, LOCK_EX | LOCK_NB) == -1)
		return -1;
	/* Whoever had it may have gone on since the state was read. */
	spool_state_clear(&s->st);
	return load_state(s, source, 0);
}

int
spool_dirfd(const struct spool *s)
{
	return s->dirfd;
}

uint64_t
spool_next(const struct spool *s)
{
	return s->st.next;
}

const char *
spool_head(const struct spool *s)
{
	return s->st.head.sha256;
}

uint64_t
spool_head_seq(const struct spool *s)
{
	return s->st.head.seq;
}

stamp_t
spool_covered(const struct spool *s)
{
	return s->st.covered;
}

int
spool_source(const struct spool *s)
{
	return s->st.source;
}

const struct spool_end *
spool_end(const struct spool *s)
{
	return &s->st.end;
}

size_t
spool_open_count(const struct spool *s)
{
	return s->st.open_count;
}

const struct slice_record *
spool_open_draft(const struct spool *s, size_t i)
{
	return &s->st.open[i];
}

/* Publish a record's text, or find it published already, durably in both cases. */
static int
publish_record(struct spool *s, const char *name, const struct buf *text)
{
	struct buf there = BUF_INIT;
	int fd = -1, rc = -1;

	if (fsio_put(s->dirfd, name, text->data, text->len, SPOOL_FILE_MODE) == 0)
		return 0;
	if (errno != EEXIST || fsio_load(s->dirfd, name, RECORD_MAX_BYTES, &there) == -1)
		goto out;
	if (there.len != text->len || memcmp(there.data, text->data, text->len) != 0) {
		errno = EEXIST;
		goto out;
	}
	/* Whoever put it may have been killed between the name and the sync of the folder. */
	fd = fsio_open_regular(s->dirfd, name, O_RDONLY);
	if (fd == -1 || fsync(fd) == -1 || fsync(s->dirfd) == -1)
		goto out;
	rc = 0;
out:
	if (fd != -1)
		(void)close(fd); /* read only */
	buf_free(&there);
	return rc;
}

/* What the record of ${head} must name as its predecessor: it is the next to be published, or the last that was. */
static int
set_prev(struct spool *s, struct slice_head *head)
{
	const struct spool_mark *prev = &s->st.head;

	if (head->seq == s->st.head.seq && head->seq != 0)
		prev = &s->st.before;
	else if (head->seq != s->st.head.seq + 1 || head->seq >= s->st.next)
		return fail(EINVAL);
	memcpy(head->prev, prev->sha256, sizeof(head->prev));
	return 0;
}

/* Publish ${text}, without its newline the record of ${head}, and make it the head of the stream. */
static int
publish(struct spool *s, const struct slice_head *head, const char *suffix, struct buf *text)
{
	struct spool_state next = s->st;
	char name[NAMES_FILE_ROOM], hex[DIGEST_HEX];

	if (digest_hex_of(text->data, text->len, hex) == -1 || buf_putc(text, '\n') == -1 ||
	    publish_record(s, names_seq_file(name, head->seq, suffix), text) == -1)
		return -1;
	if (head->seq == s->st.head.seq)
		return 0;
	next.before = s->st.head;
	next.head.seq = head->seq;
	memcpy(next.head.sha256, hex, sizeof(hex));
	next.covered = head->to;
	return spool_replace_state(s, &next, head->seq, NULL);
}

int
spool_adopt(struct spool *s, struct slice_record *rec)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	if (set_prev(s, &rec->head) == 0 && slice_record_write(rec, &text) == 0)
		rc = publish(s, &rec->head, ".json", &text);
	buf_free(&text);
	return rc;
}

int
spool_commit(struct spool *s, struct slice_record *rec)
{
	char part[NAMES_FILE_ROOM], pcap[NAMES_FILE_ROOM];

	if (spool_adopt(s, rec) == -1)
		return -1;
	names_seq_file(part, rec->head.seq, ".part");
	names_seq_file(pcap, rec->head.seq, ".pcap");
	if (fsio_publish(s->dirfd, part, pcap) == 0)
		return 0;
	/* Renamed by an earlier call, which was perhaps cut short before the folder was synced. */
	if (errno != ENOENT || faccessat(s->dirfd, pcap, F_OK, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	return fsync(s->dirfd);
}

/* Who finds the number taken and no record has to know which time it was for. */
static struct slice_record
gap_draft(const struct gap_record *gap, uint64_t seq)
{
	struct slice_record draft;

	memset(&draft, 0, sizeof(draft));
	draft.head = gap->head;
	draft.head.seq = seq;
	draft.first_frame = gap->head.from;
	draft.last_frame = gap->head.to;
	draft.loss_from = draft.loss_to = STAMP_NONE;
	return draft;
}

int
spool_commit_gap(struct spool *s, struct gap_record *gap)
{
	struct slice_record draft;
	struct spool_state next = s->st;
	struct buf text = BUF_INIT;
	int rc = -1;

	if (gap->head.seq == 0) {
		/* The number is taken before its record exists: two texts for one number can not come to be. */
		if (s->st.next > NAMES_SEQ_MAX)
			return fail(EOVERFLOW);
		if (s->st.next != s->st.head.seq + 1)
			return fail(EINVAL);
		draft = gap_draft(gap, next.next++);
		if (spool_replace_state(s, &next, 0, &draft) == -1)
			return -1;
		gap->head.seq = s->st.next - 1;
	}
	if (set_prev(s, &gap->head) == 0 && gap_record_write(gap, &text) == 0)
		rc = publish(s, &gap->head, ".gap.json", &text);
	buf_free(&text);
	return rc;
}

int
spool_mark_ended(struct spool *s, const char *reason, uint32_t revision, stamp_t at)
{
	struct spool_state next = s->st;

	if (strlen(reason) >= sizeof(next.end.reason))
		return fail(EINVAL);
	memset(&next.end, 0, sizeof(next.end));
	memcpy(next.end.reason, reason, strlen(reason) + 1);
	next.end.revision = revision;
	next.end.at = at;
	return spool_replace_state(s, &next, 0, NULL);
}
