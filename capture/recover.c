#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "spool.h"

#include "gaps.h"
#include "recover_part.h"

#include "recover.h"

typedef void event_fn(void *, const char *, uint64_t, const char *);

/* A stream that is perhaps not in order. */
struct damaged {
	uint64_t bytes;
	char case_id[NAMES_CASE_ROOM];
};

struct recovery {
	int statefd;
	const char *iap;
	stamp_t now;
	struct clockstate_source *clock;
	int is_again;
	event_fn *event;
	void *cookie;
	int failed;
	struct damaged *list;
	size_t count;
	const char *case_id;
	struct spool *spool;
};

static int
close_with(int fd, int rc)
{
	int saved = errno;

	if (fd != -1)
		(void)close(fd); /* synced before, or only read */
	errno = saved;
	return rc;
}

/* A kill can leave what was on its way to a name; nobody else writes here. */
static int
remove_temp(void *cookie, const char *name)
{
	const struct recovery *r = cookie;

	if (fsio_is_temp(name))
		return fsio_remove(spool_dirfd(r->spool), name);
	return 0;
}

/* Where the window of the slice that was open behind this number starts, or STAMP_NONE. */
static stamp_t
next_start(const struct recovery *r, uint64_t seq)
{
	size_t i;

	for (i = 0; i < spool_open_count(r->spool); i++)
		if (spool_open_draft(r->spool, i)->head.seq > seq)
			return spool_open_draft(r->spool, i)->head.from;
	return STAMP_NONE;
}

/*
 * The end of a recovered window: behind its last frame; but where the next slice was open already, all until there is
 * this slice's to account for, and what may be missing is a gap.
 */
static void
set_window(const struct recovery *r, struct slice_record *rec)
{
	stamp_t end = rec->head.from, next = next_start(r, rec->head.seq);

	if (rec->last_frame != STAMP_NONE && rec->last_frame >= end)
		end = rec->last_frame + 1;
	if (end > rec->head.to)
		end = rec->head.to;
	/* The draft has where it was to end; one that was full ended earlier, whatever time a late frame is of. */
	if (next >= rec->head.from && end > next)
		end = next;
	rec->head.to = end;
	if (next != STAMP_NONE && next > end) {
		rec->head.to = next;
		gaps_add(rec->gaps, &rec->gap_count, end, next, "recovered");
	}
	gaps_clip(rec->gaps, &rec->gap_count, rec->head.from, rec->head.to);
	/* What the reader knew of losses and gaps died with it: nobody can say any more that there were none. */
	rec->shared_loss = 1;
	rec->loss_from = rec->head.from;
	rec->loss_to = rec->head.to;
}

static int
recover_part(struct recovery *r, const struct slice_record *draft)
{
	struct slice_record rec;
	struct savefile_scan scan;
	char name[NAMES_FILE_ROOM];
	int part, rc = -1;

	if (slice_record_copy(&rec, draft) == -1)
		return -1;
	rec.access.is_incomplete = 1; /* what the reader knew of it died with it */
	part = fsio_open_regular(spool_dirfd(r->spool), names_seq_file(name, draft->head.seq, ".part"), O_RDWR);
	if (part == -1)
		goto out;
	if (recover_mend(spool_dirfd(r->spool), part, draft, &scan) == -1 || fsync(part) == -1 ||
	    lseek(part, 0, SEEK_SET) == -1 || digest_fd(part, rec.sha256, &rec.file_bytes) == -1)
		goto out;
	rec.state = SLICE_RECOVERED;
	/* What was synced anew is no proof of what an earlier sync could not bring to the disk. */
	rec.rolled = slice_is_suspect(draft) ? SLICE_FSYNC_FAILED : SLICE_WAS_RECOVERED;
	rec.frames = scan.frames;
	rec.bytes = scan.bytes;
	rec.truncated_frames = scan.truncated_frames;
	rec.first_frame = scan.first_frame;
	rec.last_frame = scan.last_frame;
	set_window(r, &rec);
	(void)slice_clock_read(r->clock, &rec.close); /* the keeper says it where nothing is known */
	rc = spool_commit(r->spool, &rec);
	if (rc == 0)
		r->event(r->cookie, r->case_id, rec.head.seq, "recovered");
out:
	rc = close_with(part, rc);
	slice_record_clear(&rec);
	return rc;
}

/* Does the file have the record's bytes? */
static int
matches(struct recovery *r, const struct slice_record *rec, const char *suffix)
{
	char name[NAMES_FILE_ROOM], hex[DIGEST_HEX];
	int fd = fsio_open_regular(spool_dirfd(r->spool), names_seq_file(name, rec->head.seq, suffix), O_RDONLY);
	int same;

	if (fd == -1)
		return 0;
	/* The record promises durable bytes, and whoever synced them may have been killed before. */
	same = fsync(fd) == 0 && digest_fd(fd, hex, NULL) == 0 && strcmp(hex, rec->sha256) == 0;
	return close_with(fd, same);
}

/* A record was published: finish what it announced, or leave what does not match it to the packager. */
static int
finish_record(struct recovery *r, const struct spool_number *n)
{
	struct slice_record rec;
	struct buf text = BUF_INIT;
	int rc = -1, has_part = (n->has & SPOOL_HAS_PART) != 0;

	memset(&rec, 0, sizeof(rec));
	if (spool_load_record(r->spool, n->seq, &text) == -1 || slice_record_parse(text.data, text.len, &rec) == -1)
		goto out;
	if (has_part ? matches(r, &rec, ".part") : (n->has & SPOOL_HAS_PCAP) != 0) {
		rc = spool_commit(r->spool, &rec);
		if (rc == 0)
			r->event(r->cookie, r->case_id, n->seq, "finished");
	} else
		rc = spool_adopt(r->spool, &rec);
out:
	slice_record_clear(&rec);
	buf_free(&text);
	return rc;
}

static int
finish_gap(struct recovery *r, uint64_t seq)
{
	struct gap_record gap;
	struct buf text = BUF_INIT;
	int rc = -1;

	if (spool_load_gap(r->spool, seq, &text) == 0 && gap_record_parse(text.data, text.len, &gap) == 0)
		rc = spool_commit_gap(r->spool, &gap);
	if (rc == 0)
		r->event(r->cookie, r->case_id, seq, "finished");
	buf_free(&text);
	return rc;
}

static const struct slice_record *
find_draft(const struct spool *s, uint64_t seq)
{
	size_t i;

	for (i = 0; i < spool_open_count(s); i++)
		if (spool_open_draft(s, i)->head.seq == seq)
			return spool_open_draft(s, i);
	return NULL;
}

/* The head of a record that nobody wrote: from the draft, else from any record of the stream that can be read. */
static void
fill_lost_head(struct recovery *r, uint64_t seq, struct slice_head *head)
{
	const struct slice_record *draft = find_draft(r->spool, seq);
	stamp_t at = spool_covered(r->spool), next = next_start(r, seq);

	memset(head, 0, sizeof(*head));
	if (draft != NULL)
		*head = draft->head;
	(void)snprintf(head->case_id, sizeof(head->case_id), "%s", r->case_id); /* a case id: it fits */
	(void)snprintf(head->iap, sizeof(head->iap), "%s", r->iap);
	head->from_file = spool_source(r->spool) == SPOOL_FILE;
	head->seq = seq;
	if (at == STAMP_NONE)
		at = draft != NULL ? draft->head.from : r->now;
	head->from = head->to = at;
	if (next != STAMP_NONE && next > at)
		head->to = next;
}

static int
lose_number(struct recovery *r, uint64_t seq)
{
	struct gap_record gap;

	memset(&gap, 0, sizeof(gap));
	fill_lost_head(r, seq, &gap.head);
	memcpy(gap.reason, "lost-number", sizeof("lost-number"));
	gap.written = r->now;
	if (spool_commit_gap(r->spool, &gap) == -1)
		return -1;
	r->event(r->cookie, r->case_id, seq, "lost-number");
	return 0;
}

static int
recover_number(struct recovery *r, const struct spool_number *n)
{
	const struct slice_record *draft = find_draft(r->spool, n->seq);

	if ((n->has & SPOOL_HAS_RECORD) != 0)
		return finish_record(r, n);
	if ((n->has & SPOOL_HAS_GAP) != 0)
		return finish_gap(r, n->seq);
	if ((n->has & SPOOL_HAS_PART) != 0 && draft != NULL)
		return recover_part(r, draft);
	return lose_number(r, n->seq);
}

/* What of the head itself may be unfinished is the rename of its part. */
static int
needs_rename(const struct recovery *r, const struct spool_number *n)
{
	return n->seq == spool_head_seq(r->spool) &&
	       (n->has & (SPOOL_HAS_PART | SPOOL_HAS_RECORD | SPOOL_HAS_PCAP)) == (SPOOL_HAS_PART | SPOOL_HAS_RECORD);
}

static int
recover_stream(struct recovery *r)
{
	struct spool_number *list = NULL, none;
	size_t count = 0, i;
	uint64_t seq;
	int rc = -1;

	if (fsio_list(spool_dirfd(r->spool), remove_temp, r) != 0 || spool_list(r->spool, &list, &count, NULL) == -1)
		goto out;
	for (i = 0; i < count && list[i].seq <= spool_head_seq(r->spool); i++)
		if (needs_rename(r, &list[i]) && finish_record(r, &list[i]) == -1)
			goto out;
	for (seq = spool_head_seq(r->spool) + 1; seq < spool_next(r->spool); seq++) {
		while (i < count && list[i].seq < seq)
			i++;
		none.seq = seq;
		none.has = 0;
		if (recover_number(r, i < count && list[i].seq == seq ? &list[i] : &none) == -1)
			goto out;
	}
	rc = 0;
out:
	free(list);
	return rc;
}

static void
put_in_order(struct recovery *r, const char *case_id)
{
	r->case_id = case_id;
	r->spool = spool_open(r->statefd, case_id, r->iap, SPOOL_LIVE, 0);
	if (r->spool == NULL && errno == ENOENT)
		return; /* made, but not yet begun: no number was used */
	/* Who has claimed it, beside a reader, captures, and found it in order.  Before, it is to be tried again. */
	if (r->spool == NULL || spool_claim(r->spool) == -1 || recover_stream(r) == -1) {
		r->failed |= !r->is_again || errno != EWOULDBLOCK;
		if (!r->is_again && errno != EWOULDBLOCK)
			diag_err("%s: putting its stream at %s in order", case_id, r->iap);
	}
	spool_close(r->spool);
}

/* How much is to be read of a stream: what its parts hold.  One that can not be told of has nothing. */
static uint64_t
bytes_of(const struct recovery *r, const char *case_id)
{
	struct spool *s = spool_open(r->statefd, case_id, r->iap, SPOOL_LIVE, 0);
	char name[NAMES_FILE_ROOM];
	uint64_t bytes = 0;
	struct stat st;
	size_t i;

	for (i = 0; s != NULL && i < spool_open_count(s); i++) {
		names_seq_file(name, spool_open_draft(s, i)->head.seq, ".part");
		if (fstatat(spool_dirfd(s), name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			bytes += (uint64_t)st.st_size;
	}
	spool_close(s);
	return bytes;
}

static int
find(void *cookie, const char *case_id, const char *iap)
{
	struct recovery *r = cookie;
	struct damaged *grown;

	if (strcmp(iap, r->iap) != 0)
		return 0;
	grown = reallocarray(r->list, r->count + 1, sizeof(*grown));
	if (grown == NULL)
		return -1;
	r->list = grown;
	grown[r->count].bytes = bytes_of(r, case_id);
	(void)snprintf(grown[r->count].case_id, sizeof(grown->case_id), "%s", case_id); /* a case id: it fits */
	r->count++;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct damaged *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? -1 : 1;
	return strcmp(x->case_id, y->case_id);
}

int
recover_iap(const struct recover_config *c, event_fn *event, void *cookie)
{
	struct recovery r = {.statefd = c->statefd,
	    .iap = c->iap,
	    .now = c->now,
	    .clock = c->clock,
	    .is_again = c->is_again,
	    .event = event,
	    .cookie = cookie};
	size_t i;

	if (spool_each_stream(c->statefd, "spool", find, &r) == -1) {
		diag_err("spool: looking for streams of %s", c->iap);
		r.failed = 1;
	}
	if (r.count > 1)
		qsort(r.list, r.count, sizeof(*r.list), compare);
	/* One bad stream keeps no other from being put in order, and one with much in it none that waits for little. */
	for (i = 0; i < r.count; i++)
		put_in_order(&r, r.list[i].case_id);
	free(r.list);
	return r.failed ? -1 : 0;
}
