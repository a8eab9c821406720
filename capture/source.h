#ifndef SOURCE_H
#define SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "stamp.h"

/*
 * Where frames come from: the live ring of one interface, or a capture file.  Nothing here sends.
 *
 * What the kernel counts for a ring and what is handed out agree to the frame, once source_shut() was called and the ring
 * is drained: counts.seen == counts.handed + counts.lost.
 */
struct source;
struct kfilter;

struct source_ring {
	const char *interface;
	uint64_t bytes; /* of the ring */
	uint32_t snaplen;
	int nano; /* time stamps in nanoseconds, else microseconds */
};

/* 64-bit sums since the source was opened. */
struct source_counts {
	uint64_t seen;             /* by the kernel, lost ones included; from a file: handed out */
	uint64_t handed;           /* handed out */
	uint64_t lost;             /* for want of room in the ring */
	uint64_t received, missed; /* by the interface: came in; and was not (nic.h).  0 where it does not say */
	stamp_t late;              /* so long after a frame was missed may it be counted as that */
	uint64_t room;             /* of the ring, in bytes: what it is, not what was asked for */
};

/* Called ten times a second while a file has nothing to give: a pipe, a terminal.  Anything but 0 ends it there. */
typedef int source_wait_fn(void *);

typedef void source_frame_fn(void *, stamp_t, const uint8_t *, uint32_t, uint32_t); /* time, data, caplen, len */

/* A block of the ring is handed out at the latest after this, whether it is full or not. */
#define SOURCE_RING_MS 100

/**
 * source_open_ring(ring, status):
 * Open the ring of an interface (libpcap, TPACKET_V3, promiscuous; every frame is let in).  Frames that came before
 * source_since() are neither handed out nor counted.  Needs CAP_NET_RAW.
 * Return it; or NULL after one diag line with the exit code in ${status}: 69 the interface is not there, 77, 71.
 */
struct source *source_open_ring(const struct source_ring *, int *);

/**
 * source_open_file(fd, label, wait, cookie, status):
 * Read the capture file ${fd} (pcap or pcapng, either byte order, micro or nano; taken over) from its start.  ${label} is
 * borrowed.  Return it; or NULL after one diag line with the exit code in ${status}: 65 not a capture file, 71; or NULL
 * with 0 if ${wait} gave up.
 */
struct source *source_open_file(int, const char *, source_wait_fn *, void *, int *);
void source_close(struct source *);

/* Whom to call from now on while there is nothing to read. */
void source_on_wait(struct source *, source_wait_fn *, void *);

int source_fd(const struct source *);            /* for poll(); -1 for a file: always ready */
uint32_t source_linktype(const struct source *); /* LINKTYPE_... */
uint32_t source_snaplen(const struct source *);
int source_nano(const struct source *);
stamp_t source_since(const struct source *); /* complete from then on; STAMP_NONE for a file */

/**
 * source_read(s, max, frame, cookie):
 * Hand out at most ${max} frames that are there.  Never waits for a live frame.
 * Return the number, 0 if none is there (a file: its end), or -1 after one diag line: the interface is gone, or the file is
 * damaged from here on.
 */
int source_read(struct source *, int, source_frame_fn *, void *);

/**
 * source_hold(s, from):
 * Until told otherwise hand out nothing stamped at or after ${from}, nor what comes behind such a frame: it waits in the
 * ring.  INT64_MAX: hold nothing any more.
 */
void source_hold(struct source *, stamp_t);

/* Is there a frame that is held?  Then source_read() gives nothing. */
int source_is_held(const struct source *);

/* Is a ring about to be full, or was it since source_hold()?  Fetches the kernel's counters. */
int source_is_filling(struct source *);

/**
 * source_count(s, counts):
 * Fetch the kernel's counters (which are cleared by reading: nobody else may) and give the sums.
 */
void source_count(struct source *, struct source_counts *);

/**
 * source_filter(s, filter):
 * From now on let the ring take no frame that does not pass ${filter} (NULL: every frame is let in).  What both the last
 * one and this one let pass is not interrupted.  Return 0, or -1 with errno set: every frame is let in.
 */
int source_filter(struct source *, const struct kfilter *);

/* Let the ring take no further frame; what is in it can still be read, for SOURCE_RING_MS at most. */
void source_shut(struct source *);

/**
 * source_leave(s):
 * Close the ring's packet socket.  What the ring still held is not handed out any more; source_count() says that, too,
 * and goes on with what the interface itself counts.  From then on nothing else may be asked of ${s}, but to be closed.
 */
void source_leave(struct source *);

/* From a file: read what libpcap left unread, and give the SHA-256 of the whole.  Return 0, or -1 with errno set. */
int source_digest(struct source *, char[DIGEST_HEX]);

#endif
