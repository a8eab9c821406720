#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

#include "matcher.h"
#include "message.h"
#include "slicer.h"
#include "stamp.h"
#include "tunnels.h"

/*
 * The reader's side of the keeper's table: which cases are captured now, each with its stream.
 *
 * Whenever no table_*() function is running:
 * 1. A case stands in the table at most once.
 * 2. A frame goes to a case only if its time stamp lies in [from, until) of its entry; the slicer asks for the order's own
 *    window on top of that.
 * 3. The matcher is that of exactly the entries that have an open stream, and of the addresses that their subjects are
 *    known to have now.
 */
struct table;
struct kfilter;

typedef void table_event_fn(void *, const struct message_event *);
typedef int table_kept_fn(void *, const struct kept *);

/**
 * table_new(slicer, tunnels, linktype, from_file, event, cookie):
 * An empty table.  ${slicer} and ${tunnels}, through which subjects are looked for, are borrowed.  ${from_file}: a
 * stream is begun by the first frame in its order's window, and not before.  Return it, or NULL with errno ENOMEM.
 */
struct table *table_new(struct slicer *, struct tunnels *, uint32_t, int, table_event_fn *, void *);

/**
 * table_follow(t, iap, interfaces, kept):
 * Subjects that move are followed from now on by the control traffic seen at ${iap} (borrowed), of which ${interfaces} are
 * read.  What is known of each, live, is told to ${kept}, unless NULL: at once where an address came or went, else within
 * seconds.  To be called before the first table is taken.  Return 0, or -1 with errno ENOMEM.
 */
int table_follow(struct table *, const struct conf_iap *, size_t, table_kept_fn *);

/* Is there any case whose subject is followed? / Was all that is known of those told? */
int table_is_following(const struct table *);
int table_kept_is_told(const struct table *);

/* The boottime up to which an earlier reader saw what was taken up from it, the earliest; INT64_MAX: nothing was. */
stamp_t table_kept_since(const struct table *);

/**
 * table_follow_tick(t, now, drained):
 * End what has run out by ${drained}, up to which every frame was read, and declare up to ${now} for each case what its
 * subject may have sent unseen.  Return 0, or -1 as table_apply().
 */
int table_follow_tick(struct table *, stamp_t, stamp_t);

/* The clock was stepped by so much. */
void table_follow_step(struct table *, stamp_t);

/**
 * table_follow_forget(t, at):
 * Nothing was seen up to ${at} for longer than what was learned counts: no address that was is the subject's any more.
 * Return 0, or -1 as table_apply().
 */
int table_follow_forget(struct table *, stamp_t);

/**
 * table_clock_step(t, old, since) / table_clock_tick(t, since, now, drained):
 * The clock was stepped, at some time in [${since}, now] by what it shows now; had it not been, it would show ${old}.  To
 * be told before the slices are rolled for it.  /  To be called at each look at the clock, of which the last was at
 * ${since}: a case that came in force at a time that is still to come, by a clock that was set back since, is stored from
 * now on, and what was not since the step is a gap, clock.  What a ring still holds of the time before it came in force
 * stays unstored: up to the boottime ${drained} (STAMP_NONE: not known) every frame was read.  Nothing is stored before
 * not_before.
 */
void table_clock_step(struct table *, stamp_t, stamp_t);
void table_clock_tick(struct table *, stamp_t, stamp_t, stamp_t);

/**
 * table_clock_settle(t, at):
 * No tick comes any more: what is still waited for since the clock was set back is a gap up to ${at}.  (A stream that the
 * table ends says so by itself.)
 */
void table_clock_settle(struct table *, stamp_t);

/* Release the table; streams that are still open are left to slicer_stop(). */
void table_free(struct table *);

/**
 * table_begin(t) / table_order(t, m, text, n) / table_end(t, m) / table_apply(t, since, now):
 * Take a new table piece by piece; nothing changes before table_apply().  A case that was not in the last table begins, a
 * case with another revision is changed at ${now}, a case that is no longer there ends.  ${since} is the time from which
 * on the rings still hold every frame: a case that begins is complete from the later of it and its `from`.
 * Return 0, or -1 after one diag line with errno set: EINVAL for an order that can not be parsed, ENOMEM; then the table
 * must not be used any more.
 */
int table_begin(struct table *);
int table_order(struct table *, const struct message_order *, const char *, size_t);

/**
 * table_keep(t, data, n):
 * What an earlier reader knew of a case whose order came before in the same table, a struct message_keep of ${n} bytes: it
 * is taken up where its stream begins, if it still counts then.  Return 0, or -1 as the others.
 */
int table_keep(struct table *, const void *, size_t);
int table_end(struct table *, const struct message_end *);
int table_apply(struct table *, stamp_t, stamp_t);

/**
 * table_kfilter(t):
 * Make the kernel filter for all cases in the table and all that the next table_apply() brings, and for the tunnels: to
 * be in force before that, and again after cases have ended.  Return it, or NULL with errno ENOMEM.
 */
struct kfilter *table_kfilter(const struct table *);

/* Has memory run out while a frame was judged?  Then the table must not be used any more. */
int table_is_broken(const struct table *);

/* Is nothing in the table (any more), nor about to end? */
int table_is_empty(const struct table *);

/* Are cases waiting for the rings to be drained up to the time at which they end? / are all that there are? */
int table_is_ending(const struct table *);
int table_is_all_ending(const struct table *);

/* How many cases have ever begun to end? */
unsigned table_let_go_count(const struct table *);

/* All frames up to their end were read, but their streams are to stay open for a while: nothing more is theirs, nor let in
 * for them.  Return 0, or -1 as table_apply(). */
int table_settle_ending(struct table *);

/* Close the streams of those: all frames up to their end were read, or what was not has been declared as lost.
 * Return 0, or -1 as table_apply(). */
int table_finish_ending(struct table *);

/* Is there a case whose stream could not be begun? */
int table_has_refused(const struct table *);

/* Begin again what could not be begun, complete from ${since}.  Return 0, or -1 as table_apply(). */
int table_retry(struct table *, stamp_t);

/*
 * End every case, at ${at}, for ${reason}.  From a file a stream ends behind the latest stamp that any frame had within its
 * order's window, if that is earlier.
 */
void table_end_all(struct table *, enum slice_rolled, stamp_t, const char *);

/* From ${at} on nothing is any case's. */
void table_cut(struct table *, stamp_t);

/**
 * table_frame(t, time, data, caplen, len):
 * Judge one frame and store it for each case that it is the subject of.  Return how many cases that were.
 */
size_t table_frame(struct table *, stamp_t, const uint8_t *, uint32_t, uint32_t);

/* Tell of each case that got a frame since the last call when its latest one was stamped. */
void table_tell_seen(struct table *);

/* Tell, of each case, how many frames perhaps were its and were not stored: when it begins, then hourly, by ${now}. */
void table_tell_doubt(struct table *, stamp_t);

uint64_t table_matched(const struct table *);
uint64_t table_withheld(const struct table *);
void table_kinds(const struct table *, uint64_t[MATCHER_KINDS]);

#endif
