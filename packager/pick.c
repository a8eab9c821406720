#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "digest.h"
#include "fsio.h"
#include "savefile.h"

#include "pick.h"

#define MTIME_MAX INT64_C(8589934591) /* what a package can say: year 2242 */

/*
 * Capture closes numbers strictly in their order.  So a number that has no closed slice or gap although a higher one has
 * will never get one: it is settled, and what there is of it is spoilt.
 */
struct picker {
	struct spool *spool;
	int lockdirfd;
	const char *case_id, *iap;
	struct spool_number *list;
	size_t count;
	uint64_t settled; /* numbers below this one are */
};

/* The highest number that was closed when the folder was looked at, plus nothing of numbers that were never taken. */
static int
find_settled(struct picker *k)
{
	struct spool_number *list = NULL;
	size_t count, i;

	/* An ended stream has no number on its way to be closed. */
	if (spool_end(k->spool)->reason[0] != '\0') {
		k->settled = spool_next(k->spool);
		return 0;
	}
	if (spool_list(k->spool, &list, &count, NULL) == -1)
		return -1;
	for (i = 0; i < count; i++) {
		if (list[i].seq < spool_next(k->spool) && (list[i].has & (SPOOL_HAS_RECORD | SPOOL_HAS_GAP)) != 0)
			k->settled = list[i].seq;
	}
	free(list);
	return 0;
}

struct picker *
picker_new(struct spool *spool, int lockdirfd, const char *case_id, const char *iap)
{
	struct picker *k = calloc(1, sizeof(*k));

	if (k == NULL)
		goto fail;
	k->spool = spool;
	k->lockdirfd = lockdirfd;
	k->case_id = case_id;
	k->iap = iap;
	/* Two looks: a folder that is read while it changes may show a number's successor and not yet the number. */
	if (find_settled(k) == -1 || spool_list(spool, &k->list, &k->count, NULL) == -1)
		goto fail;
	return k;
fail:
	diag_err("spool/%s/%s", case_id, iap);
	picker_free(k);
	return NULL;
}

void
picker_free(struct picker *k)
{
	int saved = errno;

	if (k != NULL)
		free(k->list);
	free(k);
	errno = saved;
}

static unsigned
what_has(const struct picker *k, uint64_t seq)
{
	size_t low = 0, high = k->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (k->list[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low < k->count && k->list[low].seq == seq ? k->list[low].has : 0;
}

static void
spoilt(struct pick *p, const char *why)
{
	p->kind = PICK_SPOILT;
	(void)snprintf(p->why, sizeof(p->why), "%s", why); /* the longest fits */
}

/* A file that is not what it should be spoils the number; one that can not be read now is left for another time. */
static void
judge_errno(const struct picker *k, struct pick *p, const char *suffix, const char *why)
{
	char name[NAMES_FILE_ROOM];

	if (errno == EBADMSG || errno == ELOOP || errno == EFBIG || errno == ENOENT || errno == EINVAL) {
		spoilt(p, why);
		return;
	}
	p->kind = PICK_FAILED;
	diag_err("spool/%s/%s/%s", k->case_id, k->iap, names_seq_file(name, p->seq, suffix));
}

static int
is_ours(const struct picker *k, const struct slice_head *h, uint64_t seq)
{
	return strcmp(h->case_id, k->case_id) == 0 && strcmp(h->iap, k->iap) == 0 && h->seq == seq &&
	       h->from != STAMP_NONE && h->to != STAMP_NONE && h->from <= h->to;
}

/* Can the time be the members' in a package? */
static int
is_fit_time(stamp_t t)
{
	return t >= 0 && t / STAMP_SECOND <= MTIME_MAX;
}

static void
look_at_gap(struct picker *k, struct pick *p)
{
	if (spool_load_gap(k->spool, p->seq, &p->record) == -1) {
		judge_errno(k, p, ".gap.json", "its gap record is not a plain file");
		return;
	}
	if (gap_record_parse(p->record.data, p->record.len, &p->gap) == -1 || !is_ours(k, &p->gap.head, p->seq) ||
	    !is_fit_time(p->gap.written)) {
		spoilt(p, "its gap record is not one of this number");
		return;
	}
	p->has_record = 1;
	p->head = &p->gap.head;
	p->kind = PICK_GAP;
}

static int
load_record(struct picker *k, struct pick *p)
{
	if (spool_load_record(k->spool, p->seq, &p->record) == -1) {
		judge_errno(k, p, ".json", "its record is not a plain file");
		return -1;
	}
	if (slice_record_parse(p->record.data, p->record.len, &p->slice) == -1 ||
	    !is_ours(k, &p->slice.head, p->seq) || !is_fit_time(p->slice.close.realtime)) {
		spoilt(p, "its record is not one of this number");
		return -1;
	}
	p->has_record = 1;
	p->head = &p->slice.head;
	return 0;
}

/* Is the open file a savefile of our form with what the record tells?  (FAULTS 51 and 52.) */
static void
look_at_slice(const struct picker *k, struct pick *p)
{
	const struct slice_record *r = &p->slice;
	struct savefile_scan scan;

	if (savefile_scan(p->fd, STAMP_NONE, STAMP_NONE, &scan) == -1) {
		judge_errno(k, p, ".pcap", "its slice can not be read");
		return;
	}
	if (scan.valid_bytes == 0)
		spoilt(p, "its slice is not a savefile as casetap writes it");
	else if (scan.valid_bytes != scan.file_bytes)
		spoilt(p, "its slice has bytes that are not packets");
	else if (scan.file_bytes != r->file_bytes || scan.frames != r->frames || scan.bytes != r->bytes ||
		 scan.linktype != r->linktype || scan.snaplen != r->snaplen || scan.nano != (r->nano != 0))
		spoilt(p, "its slice is not the one of its record");
	else if (lseek(p->fd, 0, SEEK_SET) == -1)
		judge_errno(k, p, ".pcap", "its slice can not be read");
	else
		p->kind = PICK_SLICE;
}

/* The instance lock is free only if no capture runs that could be between a record and its rename. */
static int
take_instance_lock(const struct picker *k)
{
	char name[NAMES_IAP_ROOM + sizeof(".lock")];

	if (k->lockdirfd == -1)
		return -1;
	(void)snprintf(name, sizeof(name), "%s.lock", k->iap); /* has room */
	return fsio_lock(k->lockdirfd, name, 0);
}

static void
finish_part(struct picker *k, struct pick *p)
{
	char part[NAMES_FILE_ROOM], pcap[NAMES_FILE_ROOM], hex[DIGEST_HEX];
	int fd;

	(void)names_seq_file(part, p->seq, ".part");
	(void)names_seq_file(pcap, p->seq, ".pcap");
	fd = fsio_open_regular(spool_dirfd(k->spool), part, O_RDONLY);
	if (fd == -1 || digest_fd(fd, hex, NULL) == -1)
		judge_errno(k, p, ".part", "its part is not a plain file");
	else if (strcmp(hex, p->slice.sha256) != 0)
		spoilt(p, "its part does not match its record");
	else if (fsync(fd) == -1 || fsio_publish(spool_dirfd(k->spool), part, pcap) == -1)
		judge_errno(k, p, ".part", "its part can not become a slice");
	if (fd != -1)
		(void)close(fd); /* only read from */
}

static void
look_at_record(struct picker *k, struct pick *p, unsigned has)
{
	char name[NAMES_FILE_ROOM];

	if (load_record(k, p) == -1)
		return;
	if ((has & SPOOL_HAS_PCAP) == 0) {
		finish_part(k, p);
		if (p->kind != PICK_NONE)
			return;
	}
	p->fd = fsio_open_regular(spool_dirfd(k->spool), names_seq_file(name, p->seq, ".pcap"), O_RDONLY);
	if (p->fd == -1)
		judge_errno(k, p, ".pcap", "its slice is not a plain file");
	else
		look_at_slice(k, p);
}

static void
open_raw(const struct picker *k, struct pick *p)
{
	char name[NAMES_FILE_ROOM];

	p->rawfd = fsio_open_regular(spool_dirfd(k->spool), names_seq_file(name, p->seq, ".raw"), O_RDONLY);
	if (p->rawfd == -1)
		judge_errno(k, p, ".raw", "its raw file is not a plain file");
	else if (p->kind == PICK_SLICE && p->slice.state != SLICE_RECOVERED)
		spoilt(p, "it has a raw file although it was not recovered");
}

/* What settled says of a number whose files are not complete: nothing yet, or spoilt. */
static void
look_at_rest(struct pick *p, unsigned has, int settled)
{
	if (!settled)
		return;
	if (has == 0) {
		spoilt(p, "nothing is there");
		p->is_lost = 1;
	} else if ((has & SPOOL_HAS_GAP) != 0) {
		spoilt(p, "it has both a slice and a gap record");
	} else if ((has & SPOOL_HAS_RECORD) != 0) {
		spoilt(p, "its record has no slice");
	} else {
		spoilt(p, "it has no record");
	}
}

/*
 * A record without its slice, of the last number that was closed: with the instance lock in hand nobody is about to
 * rename the part any more.  Return the lock, or -1; ${has} is looked at again under it.
 */
static int
settle_last(const struct picker *k, uint64_t seq, unsigned *has)
{
	char name[NAMES_FILE_ROOM];
	int lock = take_instance_lock(k);

	if (lock != -1 &&
	    faccessat(spool_dirfd(k->spool), names_seq_file(name, seq, ".pcap"), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		*has = SPOOL_HAS_RECORD | SPOOL_HAS_PCAP;
	return lock;
}

/* What a spoilt number's record tells all the same is worth having: the window that is lost. */
static void
learn_head(struct picker *k, struct pick *p)
{
	if (p->has_record || p->record.len > 0 || spool_load_record(k->spool, p->seq, &p->record) == -1)
		return;
	if (slice_record_parse(p->record.data, p->record.len, &p->slice) == 0 && is_ours(k, &p->slice.head, p->seq)) {
		p->has_record = 1;
		p->head = &p->slice.head;
	}
}

void
picker_look(struct picker *k, uint64_t seq, struct pick *p)
{
	unsigned all = what_has(k, seq), has = all & ~(unsigned)SPOOL_HAS_RAW;
	int settled = seq < k->settled, lock = -1;

	memset(p, 0, sizeof(*p));
	p->kind = PICK_NONE;
	p->seq = seq;
	p->fd = p->rawfd = -1;
	if (seq >= spool_next(k->spool))
		return;
	if ((has == SPOOL_HAS_RECORD || has == (SPOOL_HAS_RECORD | SPOOL_HAS_PART)) && !settled) {
		lock = settle_last(k, seq, &has);
		settled = lock != -1;
	}
	if (has == SPOOL_HAS_GAP)
		look_at_gap(k, p);
	else if (has == (SPOOL_HAS_RECORD | SPOOL_HAS_PCAP) ||
		 (has == (SPOOL_HAS_RECORD | SPOOL_HAS_PART) && settled))
		look_at_record(k, p, has);
	else
		look_at_rest(p, has, settled);
	if ((p->kind == PICK_SLICE || p->kind == PICK_GAP) && (all & SPOOL_HAS_RAW) != 0)
		open_raw(k, p);
	if (p->kind == PICK_SPOILT)
		learn_head(k, p);
	if (lock != -1)
		(void)close(lock);
}

void
pick_clear(struct pick *p)
{
	int saved = errno;

	if (p->fd != -1)
		(void)close(p->fd); /* only read from */
	if (p->rawfd != -1)
		(void)close(p->rawfd);
	p->fd = p->rawfd = -1;
	buf_free(&p->record);
	slice_record_clear(&p->slice);
	errno = saved;
}

stamp_t
picker_next_from(struct picker *k, uint64_t seq)
{
	struct pick p;
	stamp_t from = STAMP_NONE;
	size_t i;

	for (i = 0; i < k->count && from == STAMP_NONE; i++) {
		if (k->list[i].seq < seq || (k->list[i].has & (SPOOL_HAS_RECORD | SPOOL_HAS_GAP)) == 0)
			continue;
		memset(&p, 0, sizeof(p));
		p.fd = p.rawfd = -1;
		p.seq = k->list[i].seq;
		if ((k->list[i].has & SPOOL_HAS_GAP) != 0)
			look_at_gap(k, &p);
		else
			(void)load_record(k, &p);
		if (p.has_record)
			from = p.head->from;
		pick_clear(&p);
	}
	return from;
}
