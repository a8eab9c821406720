#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"

#include "channel.h"

#define MARK UINT32_C(0x43540001) /* "CT", version 1 */
#define BLOCK_BYTES ((size_t)64 * 1024)
#define DEFER_MAX ((size_t)64 * 1024) /* it fits into a socket */

struct header {
	uint32_t mark;
	uint32_t type;
	uint32_t length;
};

_Static_assert(sizeof(struct header) == 12, "both ends are one program: no padding, and no byte order to settle");

struct channel {
	int fd;
	int closed; /* the other side sends no more */
	struct buf out;
	size_t out_done; /* of out, already sent */
	int is_blocked;  /* the socket had no room for the rest */
	struct buf in;
	size_t in_done; /* of in, already given */
};

int
channel_pair(int fds[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds);
}

struct channel *
channel_new(int fd)
{
	struct channel *ch = calloc(1, sizeof(*ch));

	if (ch != NULL)
		ch->fd = fd;
	return ch;
}

void
channel_free(struct channel *ch)
{
	int saved = errno;

	if (ch == NULL)
		return;
	(void)close(ch->fd); /* a socket pair keeps nothing that a close could lose */
	buf_free(&ch->out);
	buf_free(&ch->in);
	free(ch);
	errno = saved;
}

int
channel_fd(const struct channel *ch)
{
	return ch->fd;
}

/* Drop the first done bytes, which were dealt with. */
static void
compact(struct buf *b, size_t *done)
{
	if (*done == 0)
		return;
	memmove(b->data, b->data + *done, b->len - *done);
	b->len -= *done;
	*done = 0;
}

/* Return 0, or -1 with errno set: nothing of it stays. */
static int
queue(struct channel *ch, enum channel_type type, const void *data, size_t n)
{
	struct header h = {MARK, (uint32_t)type, (uint32_t)n};
	size_t before = ch->out.len;

	if (n > CHANNEL_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (ch->out.len - ch->out_done + n > CHANNEL_QUEUE_MAX) {
		errno = ENOBUFS;
		return -1;
	}
	if (buf_put(&ch->out, &h, sizeof(h)) == -1 || buf_put(&ch->out, data, n) == -1) {
		/* A later, smaller message may still find room; half of this one must not stay. */
		ch->out.len = before;
		ch->out.failed = 0;
		errno = ENOBUFS;
		return -1;
	}
	return 0;
}

int
channel_send(struct channel *ch, enum channel_type type, const void *data, size_t n)
{
	return queue(ch, type, data, n) == -1 ? -1 : channel_flush(ch);
}

int
channel_defer(struct channel *ch, enum channel_type type, const void *data, size_t n)
{
	if (queue(ch, type, data, n) == -1)
		return -1;
	return ch->out.len - ch->out_done < DEFER_MAX ? 0 : channel_flush(ch);
}

int
channel_wants_write(const struct channel *ch)
{
	return ch->is_blocked;
}

/* Return 0, or -1 with errno set. */
static int
send_queued(struct channel *ch)
{
	ssize_t n;

	while (ch->out.len > ch->out_done) {
		n = send(
		    ch->fd, ch->out.data + ch->out_done, ch->out.len - ch->out_done, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n == -1)
			return -1;
		ch->out_done += (size_t)n;
	}
	if (ch->out_done == ch->out.len)
		compact(&ch->out, &ch->out_done);
	else if (ch->out_done > CHANNEL_MAX)
		compact(&ch->out, &ch->out_done);
	return 0;
}

int
channel_flush(struct channel *ch)
{
	int rc = send_queued(ch);

	ch->is_blocked = ch->out.len > ch->out_done;
	return rc;
}

void
channel_end(struct channel *ch)
{
	(void)shutdown(ch->fd, SHUT_WR); /* one that is gone has heard it */
}

/* Is the next message whole?  1, 0, or -1 with errno EPROTO. */
static int
peek(const struct channel *ch, struct header *h)
{
	size_t have = ch->in.len - ch->in_done;

	if (have < sizeof(*h))
		return 0;
	memcpy(h, ch->in.data + ch->in_done, sizeof(*h));
	if (h->mark != MARK || h->type < CHANNEL_BEGIN || h->type > CHANNEL_KEPT || h->length > CHANNEL_MAX) {
		errno = EPROTO;
		return -1;
	}
	return have - sizeof(*h) >= h->length;
}

/* Receive one block.  1 if something came, 0 if nothing is there, -1 with errno set. */
static int
fill(struct channel *ch)
{
	char block[BLOCK_BYTES];
	ssize_t n;

	if (ch->closed)
		return 0;
	do
		n = recv(ch->fd, block, sizeof(block), MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	/* A process that was killed with messages unread resets the pair. */
	if (n == 0 || (n == -1 && errno == ECONNRESET)) {
		ch->closed = 1;
		return 0;
	}
	if (n == -1)
		return -1;
	compact(&ch->in, &ch->in_done);
	return buf_put(&ch->in, block, (size_t)n) == -1 ? -1 : 1;
}

int
channel_receive(struct channel *ch, enum channel_type *type, const void **data, size_t *n)
{
	struct header h;
	int whole;

	while ((whole = peek(ch, &h)) == 0) {
		whole = fill(ch);
		if (whole == 0 && ch->closed) {
			/* Half a message with its end missing was never said. */
			errno = EPIPE;
			return -1;
		}
		if (whole != 1)
			return whole;
	}
	if (whole == -1)
		return -1;
	*type = (enum channel_type)h.type;
	*data = ch->in.data + ch->in_done + sizeof(h);
	*n = h.length;
	ch->in_done += sizeof(h) + h.length;
	return 1;
}
