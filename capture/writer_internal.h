#ifndef WRITER_INTERNAL_H
#define WRITER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "digest.h"
#include "spool.h"

#include "writer.h"

/*
 * What the writer thread keeps of a slice, and how its bytes get to the disk.  For the files of the module writer only.
 */
struct wslice {
	int fd;       /* -1 until the part exists */
	int opened;   /* the file header is written */
	int closed;   /* the reader will put no more */
	int finished; /* synced, hashed, fd closed */
	int dirty;
	int suspect;
	int is_told;               /* that it is stands in its draft, for who recovers it */
	struct access_list untold; /* events that are not in its draft yet, of those that are to stand there */
	int broken;                /* could not be rolled back: nothing more is written to it */
	uint64_t offset;           /* where the last whole record ends */
	struct digest *digest;
	int failing; /* the last write failed */
	int64_t retry_at;
	stamp_t gap_from;
	struct slice_gap gaps[SLICE_GAPS_MAX];
	size_t gap_count;
};

struct wstream {
	struct wstream *next;
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	struct spool *spool; /* NULL while nobody uses the stream */
	unsigned users;
	stamp_t left_at; /* the reader's: where the last use ended */
	int has_ended;   /* the reader's: its end was on the disk when it was opened */
	struct pool_account account;
	struct item *head, **tail;
	int64_t retry_at;         /* monotonic; nothing is tried before */
	_Atomic int trouble;      /* errno last reported, 0 while all is well */
	_Atomic unsigned pending; /* slices and gaps that were put and are not published */
};

struct writer {
	struct pool *pool;
	int statefd;
	int spoolfd; /* the folder of all streams, as it was found at the start */
	pthread_t thread;
	int running;
	pthread_mutex_t lock; /* over all of this, and over `users` and `spool` of the streams */
	pthread_cond_t work;
	struct job *jobs, **jobs_tail;
	struct item *done, **done_tail;
	struct wstream *streams;
	int stopping;
	int draining; /* the thread's own: the last round, in which nothing is put off */
	int failed;   /* something could not be published in the end */
	_Atomic uint64_t lost_disk;
};

/* The streams, newest first; the list only grows. */
struct wstream *writer_first_stream(struct writer *);

/* Bring a stream, or every one, as far as it goes: publish in order what is complete, open in order what waits. */
void writer_advance(struct writer *, struct wstream *);
void writer_advance_all(struct writer *);

/* Make durable what was written since the last call. */
void writer_sync_all(struct writer *);

/* Report an errno to the reader, once, until all is well again or it is another. */
void writer_trouble(struct writer *, struct wstream *, int);

/* Create the part and its header.  Return 0, or -1 with errno set; call again later. */
int wslice_open(struct item *);

/* Write one batch, or count its frames as lost and declare the gap.  Return 0, or the errno of a failure that is new. */
int wslice_write(struct item *, struct batch *, int64_t);

/* Sync if dirty.  Return 0, or -1: the slice is suspect. */
int wslice_sync(struct item *);
void wslice_suspect(struct item *);

/* Bring it to the disk that the slice is suspect, if it is and that does not stand there yet.  Tried again at each sync. */
void wslice_tell_suspect(struct item *);

/* Bring its untold events into its draft, once there is one.  Tried again at each sync. */
void wslice_tell_notes(struct item *);

/* The slice is closed: complete its record, sync, check, hash, close the part. */
void wslice_finish(struct item *);

struct wslice *wslice_new(void);
void wslice_free(struct wslice *);

/* What a gap is called that an errno made. */
const char *wslice_reason(int);

/* Nanoseconds of CLOCK_MONOTONIC: paces retries and syncs, never goes into a record. */
int64_t writer_monotonic(void);

#endif
