#ifndef SPOOL_H
#define SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "slice.h"

/*
 * One stream's folder, spool/CASE/IAP (casetap-spool(5)): where capture puts slices and the packager takes them.
 *
 *   state                one JSON text, replaced in one step and synced before anything that it announces is done:
 *                        format casetap-stream/1, next, head {seq, sha256}, before {seq, sha256}, covered, source
 *                        (live | file), ended (null | {reason, revision, at}), open [draft slice records]
 *   0000000007.part      a slice being written
 *   0000000007.json      its record; then, by the rename of the part, which commits it,
 *   0000000007.pcap      the slice
 *   0000000008.gap.json  a number without a slice
 *   0000000007.raw       what a recovered part looked like
 *
 * Whenever no spool_*() function is running:
 * 1. Every number below `next` is a slice, a gap, an open number (its draft in `open`), or was taken by the packager.
 * 2. The record of number N names the hash of the record of N - 1: records are published in the order of numbers.
 * 3. `covered` is the end of the window of the last published record: the next record's window starts there, unless
 *    the clock was stepped.
 * 4. No file without a ".part" suffix is ever written to again.
 * 5. `next` never goes down.
 */
#define SPOOL_LIVE 0
#define SPOOL_FILE 1

struct spool;

struct spool_end {
	char reason[SLICE_REASON_ROOM]; /* "" while the stream is running; not_after, revoked, source-end */
	uint32_t revision;
	stamp_t at;
};

/**
 * spool_open(statefd, case_id, iap, source, create):
 * Open the folder spool/CASE/IAP below the state folder; with ${create} make it (mode 02770) if missing and bind it to
 * ${source} for ever (errno EEXIST if it is bound to the other).  Leaves an unreadable state alone: errno EBADMSG.
 * Return the stream, or NULL with errno set (ENOENT without ${create}).
 */
struct spool *spool_open(int, const char *, const char *, int, int);
void spool_close(struct spool *);

/**
 * spool_claim(s):
 * Become the only one of capture's processes that changes the stream, until spool_close() or the process's end, and look at
 * its state again.  Who writes with spool_take, spool_commit*, spool_adopt or spool_mark_ended has claimed it first;
 * readers, and the packager, which only removes what is sealed, need not.
 * Return 0, or -1 with errno set (EWOULDBLOCK if another has claimed it); then nothing may be written.
 */
int spool_claim(struct spool *);

int spool_dirfd(const struct spool *); /* borrowed */
uint64_t spool_next(const struct spool *);
const char *spool_head(const struct spool *);  /* hash of the last published record, "" before the first */
uint64_t spool_head_seq(const struct spool *); /* its number, 0 before the first */
stamp_t spool_covered(const struct spool *);   /* STAMP_NONE before the first */
int spool_source(const struct spool *);
const struct spool_end *spool_end(const struct spool *);
size_t spool_open_count(const struct spool *);
const struct slice_record *spool_open_draft(const struct spool *, size_t);
int spool_is_gap_draft(
    const struct slice_record *); /* of a number that was taken for a gap: no frame was meant for it */

/**
 * spool_take(s, draft, fd):
 * Take the next number for a new slice: fills ${draft}->head.seq, makes the state with the draft durable, then creates
 * the part and returns it in ${fd} (O_RDWR | O_EXCL, 0640).  Clears `ended`.  Called again with a draft that has its
 * number already, it only creates the part.  The caller sets head.seq to 0 before the first call.
 * In a draft window.to is the planned end, and first_frame and last_frame are the bounds [first, last) that the order
 * sets for time stamps.
 * Return 0, or -1 with errno set; a number that was taken but has no part is found by recovery.
 */
int spool_take(struct spool *, struct slice_record *, int *);

/**
 * spool_doubt(s, seq):
 * Durably say of an open slice, in its draft (state suspect), that a sync of it failed: who finds its part after a crash
 * has to know.  Return 0, or -1 with errno set (ENOENT if it is not open); then the next change of the state says it.
 */
int spool_doubt(struct spool *, uint64_t);

/**
 * spool_note(s, seq, list):
 * Durably add the events of ${list} to those of an open slice, in its draft: who recovers it tells of them.
 * Return 0, or -1 with errno set (ENOENT if it is not open), the draft then as it was.
 */
int spool_note(struct spool *, uint64_t, const struct access_list *);

/**
 * spool_commit(s, rec):
 * Publish an open slice whose part is complete and synced: fills ${rec}->head.prev, publishes the record, raises head and
 * covered, renames the part.  Must be called in the order of numbers.  The same call with the same record finishes a
 * commit that was cut short at any point.  Return 0, or -1 with errno set.
 */
int spool_commit(struct spool *, struct slice_record *);

/* The first half of spool_commit, without the rename: for a record whose part is not what it says (recovery only). */
int spool_adopt(struct spool *, struct slice_record *);

/**
 * spool_commit_gap(s, gap):
 * Publish a gap record; with ${gap}->head.seq 0 under a new number, else in place of that open or lost number.  Fills
 * head.seq and head.prev.  A new number needs all before it published, and is taken together with a draft of the gap.  The
 * same call with the same record finishes what was cut short.  Return 0, or -1 with errno set.
 */
int spool_commit_gap(struct spool *, struct gap_record *);

/* Durably say that the stream has ended / return 0, or -1 with errno set. */
int spool_mark_ended(struct spool *, const char *, uint32_t, stamp_t);

/* What lies in the folder for one number. */
enum {
	SPOOL_HAS_PART = 1,
	SPOOL_HAS_RECORD = 2,
	SPOOL_HAS_PCAP = 4,
	SPOOL_HAS_GAP = 8,
	SPOOL_HAS_RAW = 16
};

struct spool_number {
	uint64_t seq;
	unsigned has;
};

/**
 * spool_list(s, list, count):
 * All numbers in the folder, rising; names that are none of ours are left out and counted in ${strangers} unless NULL.
 * The caller frees ${list}.  Return 0, or -1 with errno set.
 */
int spool_list(struct spool *, struct spool_number **, size_t *, size_t *);

/* Append the record of a number: the bytes that its hash is over, without the file's newline.  0, or -1, errno set. */
int spool_load_record(struct spool *, uint64_t, struct buf *);
int spool_load_gap(struct spool *, uint64_t, struct buf *);

/* Remove every file of a number that was sealed (packager only) and sync.  Return 0, or -1 with errno set. */
int spool_remove(struct spool *, uint64_t);

/* Call each(cookie, case_id, iap) for every stream under spool/ (or outbox/, receipts/: ${tree}), in byte order. */
int spool_each_stream(int, const char *, int (*)(void *, const char *, const char *), void *);

#endif
