#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"

#include "curlio_internal.h"
#include "gate.h"

#define RECEIVE_BUFFER (256 * 1024)
/* Longer than any transfer: without an end, libcurl 7.88 asks all the time while SFTP closes a file, and never waits. */
#define WHOLE_SECONDS (23 * 86400)
#define SEND_BUFFER (2 * 1024 * 1024) /* its greatest; SFTP at 20 ms is five times faster than with the default */

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

/* Options of libcurl that take a number, and those that take a text, set one after another: the first failure stays. */
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
set_large(struct setting *s, CURLoption option, curl_off_t value)
{
	if (s->code == CURLE_OK)
		s->code = curl_easy_setopt(s->handle, option, value);
}

static void
set_behaviour(struct setting *s, struct curlio *io)
{
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
	if (curlio_rewind(io) == -1 || buf_printf(&url, "%s%s", request->base, request->path) == -1)
		goto out;
	set_behaviour(&s, io);
	if (s.code == CURLE_OK)
		s.code = (CURLcode)curlio_set_callbacks(io);
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
curlio_return_pass(struct curlio *io)
{
	if (io->has_pass)
		gate_leave(io->limits.gate);
	io->has_pass = 0;
}

/* Run it; and where that takes a new connection, once it is our turn at the gate: only then is anything sent. */
static CURLcode
perform(struct curlio *io)
{
	CURLcode code;

	io->needs_pass = 0;
	code = curl_easy_perform(io->handle);
	if (!io->needs_pass)
		return code;
	if (gate_enter(io->limits.gate) == -1) {
		io->reply.was_stopped = 1;
		return CURLE_ABORTED_BY_CALLBACK;
	}
	io->has_pass = 1;
	io->error[0] = '\0';
	if (curlio_rewind(io) == -1) { /* a kept connection may have taken some before it was found dead */
		io->reply.local_errno = errno;
		code = CURLE_READ_ERROR;
	} else {
		code = curl_easy_perform(io->handle);
	}
	curlio_return_pass(io);
	return code;
}

/* By a server of HTTP: it has taken, or made, something that only we may store there. */
static int
is_taken(const struct curlio *io, const struct curlio_reply *r)
{
	return r->code == CURLE_OK && (r->http_status == 201 || (io->request.kind == CURLIO_SEND &&
								    r->http_status >= 200 && r->http_status <= 204));
}

void
curlio_perform(struct curlio *io, struct curlio_reply *reply)
{
	curl_off_t length = -1, wait = 0, handshake = 0, ready = 0;

	io->reply.code = (int)perform(io);
	(void)curl_easy_getinfo(io->handle, CURLINFO_RESPONSE_CODE, &io->reply.http_status); /* 0 if there is none */
	(void)curl_easy_getinfo(io->handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);    /* -1 if not told */
	(void)curl_easy_getinfo(
	    io->handle, CURLINFO_APPCONNECT_TIME_T, &handshake); /* 0 where it did not come to that */
	(void)curl_easy_getinfo(io->handle, CURLINFO_PRETRANSFER_TIME_T, &ready);
	io->reply.is_connected = handshake > 0 || ready > 0;
	if (is_taken(io, &io->reply))
		gate_prove(io->limits.gate);
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
