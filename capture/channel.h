#ifndef CHANNEL_H
#define CHANNEL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Messages between keeper and reader over a socket pair.  Each has a header (a fixed mark with the version, a type, a
 * length) and at most CHANNEL_MAX bytes.  Neither side ever waits for the other: what does not go out at once is queued, up
 * to CHANNEL_QUEUE_MAX bytes, and what came in half stays until the rest is there.
 */
#define CHANNEL_MAX (512 * 1024)
#define CHANNEL_QUEUE_MAX (64 * 1024 * 1024)

/* What each carries stands in message.h. */
enum channel_type {
	/* keeper to reader: a complete table is BEGIN, ORDER for each case in force and KEEP, END for each that has ended,
	   APPLY */
	CHANNEL_BEGIN = 1,
	CHANNEL_ORDER,
	CHANNEL_KEEP,
	CHANNEL_END,
	CHANNEL_APPLY,
	CHANNEL_LINK,  /* an interface of ours can not carry frames, or all can again */
	CHANNEL_WIDEN, /* a case begins or ends within a second: let every frame in, and wait where one begins */
	CHANNEL_STOP,  /* close everything and exit */
	/* reader to keeper */
	CHANNEL_EVENT,
	CHANNEL_COUNTS,
	CHANNEL_KEPT
};

struct channel;

/* Make a connected pair, close-on-exec and non-blocking.  Return 0, or -1 with errno set. */
int channel_pair(int[2]);

/* Take over ${fd}, closed by channel_free().  Return NULL with errno ENOMEM. */
struct channel *channel_new(int);
void channel_free(struct channel *);

int channel_fd(const struct channel *); /* borrowed, for poll() */

/**
 * channel_send(ch, type, data, n):
 * Queue one message and send what can be sent now.
 * Return 0, or -1 with errno set: EMSGSIZE too long, ENOBUFS too much queued already (nothing of it is sent), EPIPE the
 * other side is gone.
 */
int channel_send(struct channel *, enum channel_type, const void *, size_t);

/**
 * channel_defer(ch, type, data, n):
 * The same, but it may wait for the next channel_send() or channel_flush(), of which the caller makes one soon: the other
 * side is not woken for each.  Where much waits already it is sent at once.  What this process had not sent when it was
 * killed was never said.
 */
int channel_defer(struct channel *, enum channel_type, const void *, size_t);

/* Is something queued that waits for POLLOUT, and not just to be flushed? / send what can be sent now: 0, or -1 with errno
   set. */
int channel_wants_write(const struct channel *);
int channel_flush(struct channel *);

/* Say nothing more: the other side hears the end behind what was sent. */
void channel_end(struct channel *);

/**
 * channel_receive(ch, type, data, n):
 * Take the next whole message.  ${data} is valid until the next call.
 * Return 1 with a message, 0 if none is whole yet, or -1 with errno set: EPIPE the other side closed (all that it sent was
 * given before), EPROTO what came is not of this protocol.
 */
int channel_receive(struct channel *, enum channel_type *, const void **, size_t *);

#endif
