#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "stop.h"
#include "text.h"

#include "curlio.h"

#define RETRY_AFTER_MAX 3600
#define REWIND_MAX (4 * 1024 * 1024) /* what the kernel takes of a connection that is dead */
#define RECEIVE_BUFFER (256 * 1024)
/* Longer than any transfer: without an end, libcurl 7.88 asks all the time while SFTP closes a file, and never waits. */
#define WHOLE_SECONDS (23 * 86400)
#define SEND_BUFFER (2 * 1024 * 1024) /* its greatest; SFTP at 20 ms is five times faster than with the default */

struct curlio {
	CURL *handle;
	struct destination_limits limits;
	struct digest *digest;
	struct curlio_request request;
	struct curlio_reply reply; /* as it grows */
	uint64_t sent;
	size_t chatter; /* bytes of headers and of bodies that are no file */
	char error[CURL_ERROR_SIZE];
};

int
curlio_init(void)
{
	static const char *const hostile[] = {"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy",
	    "ALL_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "SSLKEYLOGFILE",
	    "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "CURL_HOME", "HOME", "XDG_CONFIG_HOME", "NETRC",
	    "SSH_AUTH_SOCK", "LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES", "RESOLV_HOST_CONF"};

	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		if (unsetenv(hostile[i]) == -1) {
			diag_err("unsetenv");
			return -1;
		}
	}
	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK) {
		diag_errx("libcurl does not start");
		return -1;
	}
	return 0;
}

struct curlio *
curlio_new(const struct destination_limits *limits)
{
	struct curlio *io = calloc(1, sizeof *io);

	if (io == NULL)
		return NULL;
	io->limits = *limits;
	io->digest = digest_new();
	io->handle = curl_easy_init();
	if (io->digest == NULL || io->handle == NULL) {
		curlio_free(io);
		errno = ENOMEM;
		return NULL;
	}
	return io;
}

void
curlio_free(struct curlio *io)
{
	if (io == NULL)
		return;
	curl_easy_cleanup(io->handle);
	digest_free(io->digest);
	free(io);
}

void *
curlio_handle(struct curlio *io)
{
	return io->handle;
}

/* Give libcurl more of the body. */
static int
seek_start(struct curlio *io)
{
	const struct curlio_request *q = &io->request;

	digest_reset(io->digest);
	io->sent = q->skip;
	if (q->kind != CURLIO_SEND || q->text != NULL)
		return 0;
	return q->body->seek(q->body->cookie, q->offset);
}

static size_t
give(char *to, size_t size, size_t count, void *cookie)
{
	struct curlio *io = cookie;
	uint64_t left = io->request.bytes - io->sent;
	size_t want = size * count;
	long n;

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
	if (origin != SEEK_SET || (offset != 0 && (uint64_t)offset != io->request.skip) || seek_start(io) == -1)
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
	io->reply.was_stopped = stop_requested();
	return io->reply.was_stopped;
}

/* Options of libcurl that take a number, and those that take a pointer, set one after another: the first failure stays. */
struct setting {
	CURL *handle;
	CURLcode code;
};

static void
set_long(struct setting *s, CURLoption option, long value)
{
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->handle, option, value);
}

static void
set_text(struct setting *s, CURLoption option, const char *value)
{
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->handle, option, value);
}

static void
set_cookie(struct setting *s, CURLoption option, void *value)
{
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->handle, option, value);
}

static void
set_large(struct setting *s, CURLoption option, curl_off_t value)
{
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->handle, option, value);
}

static void
set_behaviour(struct setting *s, struct curlio *io)
{
	set_cookie(s, CURLOPT_ERRORBUFFER, io->error);
	set_long(s, CURLOPT_NOSIGNAL, 1);
	set_text(s, CURLOPT_PROTOCOLS_STR, io->request.protocol);
	set_text(s, CURLOPT_REDIR_PROTOCOLS_STR, io->request.protocol);
	set_long(s, CURLOPT_FOLLOWLOCATION, 0);
	set_long(s, CURLOPT_PATH_AS_IS, 1);
	set_text(s, CURLOPT_PROXY, "");
	set_text(s, CURLOPT_NOPROXY, "*");
	set_long(s, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	set_text(s, CURLOPT_KEYPASSWD, ""); /* a key with a password fails; nobody is asked on the terminal */
	set_long(s, CURLOPT_CONNECTTIMEOUT, (long)io->limits.connect_seconds);
	set_long(s, CURLOPT_TIMEOUT, WHOLE_SECONDS);
	set_long(s, CURLOPT_LOW_SPEED_TIME, (long)io->limits.silent_seconds);
	set_long(s, CURLOPT_LOW_SPEED_LIMIT, (long)io->limits.silent_bytes);
	set_long(s, CURLOPT_TCP_KEEPALIVE, 1);
	set_long(s, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
	set_long(s, CURLOPT_NOPROGRESS, 0);
}

static void
set_callbacks(struct setting *s, struct curlio *io)
{
	set_cookie(s, CURLOPT_WRITEDATA, io);
	set_cookie(s, CURLOPT_HEADERDATA, io);
	set_cookie(s, CURLOPT_READDATA, io);
	set_cookie(s, CURLOPT_SEEKDATA, io);
	set_cookie(s, CURLOPT_XFERINFODATA, io);
	/* Functions are no pointers to objects: libcurl's own macro takes them as they are. */
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->handle, CURLOPT_WRITEFUNCTION, take);
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->handle, CURLOPT_HEADERFUNCTION, take_header);
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->handle, CURLOPT_READFUNCTION, give);
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->handle, CURLOPT_SEEKFUNCTION, rewind_body);
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->handle, CURLOPT_XFERINFOFUNCTION, look_for_stop);
}

/* What a lane has of its destination's rate, not 0; its send buffer too, for libcurl takes a longer wait for silence. */
static curl_off_t
rate_of(const struct curlio *io, uint64_t limit)
{
	uint64_t share = io->limits.share > 1 ? limit / io->limits.share : limit;

	return (curl_off_t)(limit > 0 && share == 0 ? 1 : share);
}

int
curlio_begin(struct curlio *io, const struct curlio_request *request)
{
	struct setting s = {io->handle, CURLE_OK};
	curl_off_t rate = rate_of(io, request->rate_limit);
	struct buf url = BUF_INIT;
	int rc = -1;

	io->request = *request;
	memset(&io->reply, 0, sizeof io->reply);
	io->reply.length = DESTINATION_UNKNOWN;
	io->chatter = 0;
	io->error[0] = '\0';
	curl_easy_reset(io->handle); /* connections, TLS sessions and addresses stay */
	if (request->answer != NULL)
		buf_clear(request->answer);
	for (size_t i = 0; i < request->header_count; i++)
		curlio_clear_header(&request->headers[i]);
	if (seek_start(io) == -1 || buf_printf(&url, "%s%s", request->base, request->path) == -1)
		goto out;
	set_behaviour(&s, io);
	set_callbacks(&s, io);
	set_text(&s, CURLOPT_URL, url.data);
	set_long(&s, CURLOPT_NOBODY, request->kind == CURLIO_ASK);
	if (request->kind == CURLIO_SEND) {
		set_long(&s, CURLOPT_UPLOAD, 1);
		set_long(&s, CURLOPT_UPLOAD_BUFFERSIZE, rate > 0 && rate < SEND_BUFFER ? (long)rate : SEND_BUFFER);
		set_large(&s, CURLOPT_INFILESIZE_LARGE, (curl_off_t)(request->bytes - request->skip));
		set_large(&s, CURLOPT_MAX_SEND_SPEED_LARGE, rate);
	}
	if (s.code != CURLE_OK) {
		errno = ENOMEM;
		goto out;
	}
	rc = 0;
out:
	buf_free(&url);
	return rc;
}

void
curlio_perform(struct curlio *io, struct curlio_reply *reply)
{
	curl_off_t length = -1, wait = 0, handshake = 0, ready = 0;

	io->reply.code = (int)curl_easy_perform(io->handle);
	(void)curl_easy_getinfo(io->handle, CURLINFO_RESPONSE_CODE, &io->reply.http_status); /* 0 if there is none */
	(void)curl_easy_getinfo(io->handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);    /* -1 if not told */
	(void)curl_easy_getinfo(
	    io->handle, CURLINFO_APPCONNECT_TIME_T, &handshake); /* 0 where it did not come to that */
	(void)curl_easy_getinfo(io->handle, CURLINFO_PRETRANSFER_TIME_T, &ready);
	io->reply.is_connected = handshake > 0 || ready > 0;
	if (length >= 0)
		io->reply.length = (uint64_t)length;
	if (io->reply.retry_after == 0 && curl_easy_getinfo(io->handle, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK &&
	    wait > 0)
		io->reply.retry_after = wait < RETRY_AFTER_MAX ? (uint32_t)wait : RETRY_AFTER_MAX;
	digest_take_hex(io->digest, io->reply.sha256);
	io->reply.sent = io->sent;
	if (io->reply.is_broken)
		(void)snprintf(io->error, sizeof io->error, "the connection broke after %llu bytes",
		    (unsigned long long)io->sent);
	/* A line that broke at once leaves but this behind, which helps nobody. */
	if (strncmp(io->error, "getpeername()", strlen("getpeername()")) == 0)
		io->error[0] = '\0';
	(void)snprintf(io->reply.text, sizeof io->reply.text, "%s",
	    io->error[0] != '\0' ? io->error : curl_easy_strerror((CURLcode)io->reply.code));
	*reply = io->reply;
}
