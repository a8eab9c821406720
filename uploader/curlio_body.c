#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "stop.h"
#include "text.h"

#include "curlio_internal.h"
#include "gate.h"

#define REWIND_MAX (4U * 1024 * 1024) /* what the kernel takes of a connection that is dead */

int
curlio_rewind(struct curlio *io)
{
	const struct curlio_request *q = &io->request;

	digest_reset(io->digest);
	io->sent = q->skip;
	if (q->kind != CURLIO_SEND || q->text != NULL)
		return 0;
	return q->body->seek(q->body->cookie, q->offset);
}

/* Give libcurl more of the body. */
static size_t
give(char *to, size_t size, size_t count, void *cookie)
{
	struct curlio *io = cookie;
	uint64_t left = io->request.bytes - io->sent;
	size_t want = size * count;
	long n;

	/* The file is open there: host, key and folder are right.  Of HTTP an answer tells, or that none comes for long. */
	if (io->sent - io->request.skip >= (strcmp(io->request.protocol, "sftp") == 0 ? 0U : REWIND_MAX))
		gate_prove(io->limits.gate);
	if (want > left)
		want = (size_t)left;
	/* What is not sent is part of what is hashed: the hash is that of the file. */
	if (io->request.skip > 0 && io->sent == io->request.skip &&
	    body_hash(io->request.body, io->request.offset, io->request.skip, io->digest) == -1) {
		io->reply.local_errno = errno;
		return CURL_READFUNC_ABORT;
	}
	if (io->request.text != NULL) {
		memcpy(to, io->request.text + io->sent, want);
	} else if ((n = io->request.body->read(io->request.body->cookie, to, want)) == -1 || (size_t)n < want) {
		io->reply.local_errno = n == -1 ? errno : ENODATA;
		return CURL_READFUNC_ABORT;
	}
	digest_add(io->digest, to, want);
	io->sent += want;
	if (io->limits.sent != NULL)
		*io->limits.sent += want;
	return want;
}

/*
 * Only back to the start: that is what an answered challenge or a dead kept connection needs, and what a hash allows; and
 * not when more was sent than may have lain in that connection, for what arrived can be gone on with.  SFTP calls the start
 * by its place in the file.
 */
static int
rewind_body(void *cookie, curl_off_t offset, int origin)
{
	struct curlio *io = cookie;

	if (io->sent - io->request.skip > REWIND_MAX) {
		io->reply.is_broken = 1;
		return CURL_SEEKFUNC_FAIL;
	}
	if (origin != SEEK_SET || (offset != 0 && (uint64_t)offset != io->request.skip) || curlio_rewind(io) == -1)
		return CURL_SEEKFUNC_FAIL;
	return CURL_SEEKFUNC_OK;
}

/* Chatter is bounded in all: whoever sends more wants to keep us, not to tell us something. */
static int
is_flood(struct curlio *io, size_t n)
{
	if (n > io->limits.answer_bytes - io->chatter) {
		io->reply.is_flood = 1;
		return 1;
	}
	io->chatter += n;
	return 0;
}

/* Is what comes in now the file that was asked for, and not the explanation of a refusal? */
static int
is_file(struct curlio *io)
{
	long status = 0;

	if (io->request.kind != CURLIO_RECEIVE)
		return 0;
	(void)curl_easy_getinfo(io->handle, CURLINFO_RESPONSE_CODE, &status); /* 0 where the protocol has none */
	return status == 0 || status == 200 || status == io->request.status;
}

static size_t
take(char *data, size_t size, size_t count, void *cookie)
{
	struct curlio *io = cookie;
	size_t n = size * count;

	if (!is_file(io)) {
		if (is_flood(io, n))
			return 0;
		return io->request.answer == NULL || buf_put(io->request.answer, data, n) == 0 ? n : 0;
	}
	if (n > io->request.bytes - io->reply.received) {
		io->reply.is_longer = 1;
		return 0;
	}
	if (io->request.sink != NULL && buf_put(io->request.sink, data, n) == -1) {
		io->reply.local_errno = ENOMEM;
		return 0;
	}
	digest_add(io->digest, data, n);
	io->reply.received += n;
	return n;
}

static void
take_retry_after(struct curlio *io, const char *value, size_t n)
{
	char text[32];
	uint64_t seconds;

	while (n > 0 && (*value == ' ' || *value == '\t')) {
		value++;
		n--;
	}
	while (n > 0 && strchr(" \t\r\n", value[n - 1]) != NULL)
		n--;
	if (n == 0 || n >= sizeof text)
		return;
	(void)snprintf(text, sizeof text, "%.*s", (int)n, value);
	/* A date is libcurl's to read; a negative number is no wish that could be honoured; an hour is the most. */
	if (text_u64(text, 0, UINT64_MAX, &seconds) == -1)
		seconds = errno == ERANGE ? RETRY_AFTER_MAX : 0;
	io->reply.retry_after = seconds < RETRY_AFTER_MAX ? (uint32_t)seconds : RETRY_AFTER_MAX;
}

static size_t
take_header(char *data, size_t size, size_t count, void *cookie)
{
	static const char retry_after[] = "retry-after:";
	struct curlio *io = cookie;
	size_t n = size * count, skip = sizeof retry_after - 1;

	if (is_flood(io, n))
		return 0;
	if (n > skip && strncasecmp(data, retry_after, skip) == 0)
		take_retry_after(io, data + skip, n - skip);
	for (size_t i = 0; i < io->request.header_count; i++)
		curlio_take_header(&io->request.headers[i], data, n);
	return n;
}

static int
look_for_stop(void *cookie, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct curlio *io = cookie;

	(void)a; /* how far it is does not matter */
	(void)b;
	(void)c;
	(void)d;
	/* Of a destination that was given up meanwhile, nobody waits for the hand. */
	io->reply.was_stopped = stop_requested() || (io->has_pass && gate_is_shut(io->limits.gate));
	return io->reply.was_stopped;
}

/* Without a pass no connection is made; curlio.c gets one and runs the request again, of which nothing was sent. */
static curl_socket_t
open_socket(void *cookie, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct curlio *io = cookie;

	(void)purpose; /* always to connect */
	if (!io->has_pass) {
		io->needs_pass = 1;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* Hands are shaken, TLS's or SSH's and its authentication. */
static int
is_ready(void *cookie, char *their_ip, char *our_ip, int their_port, int our_port)
{
	struct curlio *io = cookie;

	(void)their_ip; /* whose connection it is does not matter */
	(void)our_ip;
	(void)their_port;
	(void)our_port;
	curlio_return_pass(io);
	return CURL_PREREQFUNC_OK;
}

static CURLcode
set_gate(struct curlio *io)
{
	CURLcode code = CURLE_OK;

	if (io->limits.gate == NULL)
		return code;
	code = curl_easy_setopt(io->handle, CURLOPT_OPENSOCKETDATA, io);
	if (code == CURLE_OK)
		code = curl_easy_setopt(io->handle, CURLOPT_PREREQDATA, io);
	if (code == CURLE_OK)
		code = curl_easy_setopt(io->handle, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	if (code == CURLE_OK)
		code = curl_easy_setopt(io->handle, CURLOPT_PREREQFUNCTION, is_ready);
	return code;
}

int
curlio_set_callbacks(struct curlio *io)
{
	static const CURLoption cookies[] = {
	    CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_XFERINFODATA};
	CURL *c = io->handle;
	CURLcode code = curl_easy_setopt(c, CURLOPT_ERRORBUFFER, io->error);

	for (size_t i = 0; code == CURLE_OK && i < sizeof cookies / sizeof cookies[0]; i++)
		code = curl_easy_setopt(c, cookies[i], io);
	/* Functions are no pointers to objects: libcurl's own macro takes them as they are. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, rewind_body);
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look_for_stop);
	return (int)(code == CURLE_OK ? set_gate(io) : code);
}
