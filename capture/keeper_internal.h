#ifndef KEEPER_INTERNAL_H
#define KEEPER_INTERNAL_H

#include <sys/types.h>

#include <limits.h>

#include "clockstate.h"
#include "conf.h"
#include "journal.h"
#include "keyring.h"
#include "sandbox.h"
#include "stamp.h"

#include "capture_options.h"
#include "channel.h"
#include "clock.h"
#include "docket.h"
#include "kept.h"
#include "links.h"
#include "message.h"
#include "watch.h"

enum child_kind {
	CHILD_NONE,
	CHILD_RECOVERY,
	CHILD_READER,
	CHILD_MENDER
};

/* A process of the keeper's: the one that it has at a time, or a mender beside it. */
struct child {
	enum child_kind kind;
	pid_t pid;
	struct channel *ch;
	int is_killed;     /* or waited for: its number may be another's by now */
	stamp_t heard;     /* boottime of its last message */
	int is_stopping;   /* was told to stop, or has closed its end */
	stamp_t stopped;   /* boottime, then */
	stamp_t announced; /* boottime, when it was last told that a case is about to begin or end */
	stamp_t begins;    /* realtime, when it was told that one does; INT64_MAX: none */
	int links
	    [CONF_INTERFACES_MAX]; /* index of each interface when it was started, 0 for one that it does not have */
};

#define KEEPER_STARTS 16 /* that are remembered */

/*
 * Whenever no keeper_*() function is running:
 * 1. A child exists only while the instance lock is held, and holds it too.
 * 2. A reader exists only after recovery has run to its end since the last reader that did not end by itself, or has gone
 *    on as a mender.
 * 3. A case that is `sent` is with the present reader.
 * 4. A mender works beside a reader, on streams that the recovery before it could not put in order, or not yet.
 */
struct keeper {
	const struct capture_options *options;
	struct conf *conf;
	const struct conf_iap *iap; /* of conf */
	const char *interfaces[CONF_INTERFACES_MAX];
	size_t interface_count;
	int filefd; /* -1: live */
	const char *file_name;
	int statefd, journalfd, lockfd;
	int keptfd;     /* journal/capture/bindings; -1: nothing is kept */
	char *requests; /* the folder's path */
	char *spool;    /* its path */
	/* the sandbox, and what its paths point to */
	struct sandbox sandbox;
	const char *readable[11], *writable[3];
	char *paths[10];
	size_t path_count;
	char user[64];
	struct age_identities *orders_key; /* or NULL; never in a child */
	/* what is known */
	struct journal *journal;
	struct keyring *keyring;
	struct docket *docket;
	struct watch *watch;
	struct clock clock;
	struct clock_reading reading;
	struct clockstate_source *clock_state;
	const char *clock_folder; /* of paths: where its file lies; NULL: it is the kernel */
	int said_unknown;         /* that the clock's state is */
	struct links links;
	stamp_t links_looked; /* realtime */
	/* what is going on */
	struct child child;
	struct child mender;
	stamp_t mend_at, mend_pause; /* boottime; 0: nothing is to be mended */
	int has_recovered;
	int is_stopping, is_ready;
	int status; /* exit code */
	int is_over;
	const char *stop_reason;       /* why the reader was told to stop, as a gap's reason */
	unsigned failures;             /* readers in a row that did not last */
	stamp_t started;               /* realtime */
	stamp_t starts[KEEPER_STARTS]; /* those of the last hour, this one last */
	size_t start_count;
	stamp_t reader_started, retry_at, saved, shown; /* boottime */
	int save_error;                                 /* errno of the last try to save the clock's mark */
	unsigned failed_loads;
	stamp_t load_at;        /* boottime; orders that can not be read are not looked at before */
	stamp_t keyring_at;     /* boottime; then the keyring, which could not be loaded, is tried again; 0: it was */
	unsigned failed_givens; /* looks in a row at what approvers gave that did not show all of it */
	stamp_t given_at;       /* boottime; then not looked at again before */
	unsigned changed;       /* WATCH_... not yet looked after */
	int said_missing;
	int has_unsynced;             /* lines in the journal */
	stamp_t reader_since;         /* realtime from which on the rings were open */
	stamp_t summed;               /* boottime when the sums were last written */
	struct message_counts counts; /* of the present or last reader */
	struct kept_mark mark;        /* realtime 0: there is none */
	stamp_t kept_written;         /* boottime of the last try to write all that is kept */
	int has_mark;                 /* on the disk */
	int has_stale;                /* what is kept of cases of which we do not know may be of before: no mark */
	uint32_t left_count;          /* cases that we do not have, of which that is so */
	char left[KEPT_STALE_MAX][NAMES_CASE_ROOM];
	char settings[DIGEST_HEX]; /* by which the present or last reader believes what it sees */
	int kept_error;            /* errno of the last failure to write what is kept; 0 since all of it was */
};

static inline int
keeper_is_file(const struct keeper *k)
{
	return k->filefd != -1;
}

/* keeper_child.c: the child process. */

/* Fork a recovery or a reader / any child, of which nothing more is begun.  Return 0, or -1 after one diag line. */
int keeper_start_child(struct keeper *, enum child_kind);
int keeper_fork(struct keeper *, struct child *, enum child_kind);

/* How many readers in a row did not last; 0 as soon as one has. */
unsigned keeper_failures(const struct keeper *);

/* Take what has come, at most so many messages.  Return -1 once the child has closed its end, or does not speak right. */
int keeper_hear(struct keeper *, struct child *, size_t);

/* Take the child's messages, find out if it has ended or hangs. */
void keeper_look_at_child(struct keeper *);

/* Kill a child that does not do what it should, and say so: "the reader (process N) ...". */
void keeper_kill_child(struct keeper *, struct child *, const char *);

/* keeper_send.c: what the child is told. */

/* Send the table of what is in force now.  A child that can not take it is killed. */
void keeper_send_table(struct keeper *);

/* Tell the reader to close everything; ${reason} is the gap's until the next one. */
void keeper_stop_reader(struct keeper *, enum slice_rolled, const char *);

/* Tell the reader if a case is about to begin, so that its first frame is let in. */
void keeper_announce(struct keeper *);

/* Tell the reader that since ${at} a link is down, or all are up. */
void keeper_send_link(struct keeper *, stamp_t, int);

/*
 * keeper_mend.c: streams that recovery could not put in order (the disk was full), or not yet, while others are captured.
 */

/* Recovery failed: have it tried again, later each time. */
void keeper_mend_later(struct keeper *);

/*
 * Where recovery takes long (there is much to read, or the disk is slow), let it go on as a mender beside a reader: a case
 * whose stream is in order waits for no other's.  Nor does a stop wait for it.
 */
void keeper_mend_beside(struct keeper *);

/* Start a mender if one is due; look at the one that there is. */
void keeper_mend(struct keeper *);

/* Have none any more: 1 once that is so; 0, with WNOHANG (else 0: wait for it), while it is not gone yet. */
int keeper_mend_stop(struct keeper *, int);

/*
 * keeper_finish.c: the streams of orders that ended, with a reader or while nobody captured: their end must reach the disk
 * too.
 */
void keeper_finish_streams(struct keeper *);

/* keeper_events.c: what the child tells, for the journal. */

/* Write down one thing that the child did; it was looked at by message_event_is_good(). */
void keeper_take_event(struct keeper *, const struct message_event *);

/* Write that what was kept of where a case's subject is does not count any more, and why. */
void keeper_journal_forgotten(struct keeper *, const char *, const char *);

/* Write the end of capture of every case that the reader still had, and why. */
void keeper_journal_stops(struct keeper *, const char *);

/* How many frames of each kind the reader could not follow, by the kind's word; NULL if there is no memory. */
struct json *keeper_not_followed(const struct keeper *);

/* Write the sums of the reader's interfaces, and by kind what it could not follow: those so far, or its last. */
void keeper_journal_sums(struct keeper *, int);

/* keeper_state.c: files and clocks. */

/* Open journal, keyring, memory, orders, clock; take the lock.  Return 0, or -1 with k->status set. */
int keeper_open(struct keeper *);

/**
 * keeper_check_spool(k):
 * See that the spool is the one of before, by the marker that the first start puts into it: an empty folder without it, of
 * an access point with lines in its journal, is where a filesystem is not mounted.  Return 0, or -1 after one diag line,
 * with k->status set where it is not EX_CONFIG.
 */
int keeper_check_spool(struct keeper *);

/* Look after what has changed, if anything has. */
void keeper_look_at_files(struct keeper *, int);
void keeper_look_at_clock(struct keeper *);

/* Make the clock's mark durable.  A failure is reported once, until it is another or all is well again. */
void keeper_save_clock(struct keeper *);
void keeper_look_at_links(struct keeper *);

/* keeper_lost.c: what it has in mind, and what is gone of it. */
#define KEEPER_MEMORY_ROOM (NAMES_IAP_ROOM + 32)

/* Has the access point ever written a line into its journal?  What it keeps in mind was made before the first. */
int keeper_has_history(const struct keeper *);

/* The name of one of its memories (one of RESET_...) in journal/capture, which is returned. */
char *keeper_memory_name(const struct keeper *, unsigned, char[KEEPER_MEMORY_ROOM]);

/* Can it be read?  1 if so, 0 after one diag line if it is damaged, -1 after one if that is not known. */
int keeper_memory_is_whole(const struct keeper *, unsigned);

/**
 * keeper_find_lost(k, lost):
 * Find out which of its memories (RESET_...) an access point that has lines in its journal, or streams in the spool, has
 * lost, or has damaged, and whether its journal goes on from them: one diag line each.  Return 0, or -1 with errno set
 * after one diag line if that can not be known.
 */
int keeper_find_lost(const struct keeper *, unsigned *);

/* What a stream of the spool, of any access point, says was revoked is revoked.  Return 0, or -1 after one diag line. */
int keeper_block_revoked(const struct keeper *);

/* keeper_reset.c: an approver's word that what was lost begins anew. */

/**
 * keeper_reset(k, lost):
 * Where something is ${lost}, begin it anew if an approver said so, with a line in the journal of every case first; what
 * the journal at hand says was accepted or revoked is remembered again.  Without such a word the token that it must answer
 * is made durable.  Return 0 if nothing is lost any more, else -1 with k->status set after its diag lines.
 */
int keeper_reset(struct keeper *, unsigned);

/* keeper_check.c: load and judge everything as it is, and leave it so.  Return 0 or the exit code. */
int keeper_look(struct keeper *);

/* Load configuration (again) and find the access point in it.  Return NULL with ${status} set. */
struct conf *keeper_load_conf(const struct capture_options *, const struct conf_iap **, int *);

/*
 * keeper_kept.c: what readers knew of where subjects are, over a new start of the reader or of the keeper.  It counts only
 * for the same order in the same boot, by the same settings, after no longer than the access point's resume_within, and
 * where the clock ran right; a reader that failed leaves nothing.
 *
 * Whenever no keeper_*() function is running: a mark on the disk stands for a time at which all that was on the disk, or
 * more, was known and had not ended since, but for the cases that it names as stale.
 */
#define KEEPER_KEPT "bindings" /* the folder in journal/capture */

/*
 * Read what there is on the disk.  What is damaged is said.  Of a case whose order is not here nothing stays but which
 * words were disputed.
 */
void keeper_kept_load(struct keeper *);

/* Orders may have come: read what was disputed in their cases. */
void keeper_kept_find(struct keeper *);

/*
 * Write what has changed.  Return 0, with the cases in the mark that are not of now on the disk; or -1 if not all of them
 * fit there: no mark may be written.
 */
int keeper_kept_write(struct keeper *);

/* A failure to write is said once, until it is another or (0) all is well again. */
void keeper_kept_note(struct keeper *, const char *, int);

/* Send a case's to a reader that does not have it yet.  Return 0, or -1 as channel_send(). */
int keeper_kept_send(struct keeper *, struct docket_case *);

/* Take what a reader tells of ${n} bytes.  Return 0, or -1 for what no reader of ours says. */
int keeper_kept_take(struct keeper *, const void *, size_t);

/* Forget what is kept of a case, for that reason, with an entry / of all / of those that are not in force. */
void keeper_kept_forget(struct keeper *, struct docket_case *, const char *);
void keeper_kept_forget_all(struct keeper *, const char *);
void keeper_kept_outlived(struct keeper *);

/* keeper_kept_files.c: a case's file, CASE.IAP.json.  Its name / write it; nothing kept: none.  0, or -1 with errno set. */
#define KEEPER_KEPT_NAME (NAMES_CASE_ROOM + NAMES_IAP_ROOM + 8)
const char *keeper_kept_name(const struct keeper *, const char *, char[KEEPER_KEPT_NAME]);
int keeper_kept_put_file(const struct keeper *, const char *, const struct kept *);

/* Return 1 with what the file holds; 0 if there is none; or -1: it can not be read (errno), or is damaged (EINVAL). */
int keeper_kept_load_file(const struct keeper *, const char *, struct kept *);

/*
 * Where there is no room to write it: leave an empty file, which is a damaged one.  Who reads it believes none of what
 * stands then.  Return 0, or -1 with errno set.
 */
int keeper_kept_empty_file(struct keeper *, const char *);

/*
 * As long as what is on the disk is not of now, no mark says that it is.  The old file stays, for which words were disputed
 * stands in it, unless there are more of them by now: then it is emptied.  Return 0, or -1: it was said, and is tried again
 * at the next mark.
 */
int keeper_kept_save(struct keeper *, struct docket_case *);

/* Does the mark not stand for that case? */
int keeper_kept_is_stale(const struct kept_mark *, const char *);

/* Keep a copy of what was known of a case; what has nothing in it is not kept. */
void keeper_kept_put(struct docket_case *, const struct kept *);

/* keeper_mark.c: whether what is kept counts. */

/**
 * keeper_beliefs(iap, sha256):
 * The hash of all by which the access point believes anyone where a subject is: the one list of these settings.  A reader
 * with others is another capture, and what one of them knew is nothing to one with others.  Return 0, or -1.
 */
int keeper_beliefs(const struct conf_iap *, char[DIGEST_HEX]);

/* Read the mark / take it away: what is on the disk says too much. */
void keeper_mark_load(struct keeper *);
void keeper_mark_remove(struct keeper *);

/* A reader is about to begin: forget what does not count. */
void keeper_kept_judge(struct keeper *);

/* The reader's counts have come, or its last ones: make durable what it told, and then up to when it saw everything. */
void keeper_kept_mark(struct keeper *, int);

/* keeper_given.c: what approvers have given for the cases, as it stands now. */
void keeper_load_given(struct keeper *);

/* At the start: remove what a kill has left of keeping any of it. */
void keeper_clean_given(const struct keeper *);

/* Is it time to look again, since not all of it could be read or kept? */
int keeper_given_is_due(const struct keeper *);

#endif
