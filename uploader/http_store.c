#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "http_internal.h"

#define EXPECT_MIN (16 * 1024 * 1024) /* below this a body is cheaper to lose than a round trip */
#define FIRST_PIECE (1024 * 1024)

/* MKCOL for the first ${n} bytes of a path, which end with "/". */
static enum answer
make_folder(struct http *h, const char *path, size_t n)
{
	char folder[512];
	struct curlio_request request = {.kind = CURLIO_ASK, .path = folder};
	struct curlio_reply reply;
	enum answer a;

	if (n >= sizeof folder)
		return transport_because(&h->t, ANSWER_LOCAL, "%s: too long", path);
	memcpy(folder, path, n);
	folder[n] = '\0';
	a = http_run(h, &request, "MKCOL", NULL, &reply);
	h->mkcol_status = a == ANSWER_OK ? reply.http_status : 0;
	return a;
}

/*
 * See to it that the folder of ${path} is there: nginx answers a PUT into none with 500, as if it were ill.  405 is the
 * answer for one that is there (RFC 4918, 9.3.1), and also that of a server that makes folders by itself and has no MKCOL:
 * the PUT will tell.
 */
static enum answer
need_folder(struct http *h, const char *path)
{
	const char *slash = strrchr(path, '/'), *next;
	size_t n = slash == NULL ? 0 : (size_t)(slash + 1 - path);
	enum answer a;

	if (n == 0 || (strncmp(h->folder, path, n) == 0 && h->folder[n] == '\0'))
		return ANSWER_OK;
	a = make_folder(h, path, n);
	if (a == ANSWER_OK && h->mkcol_status != 201 && h->mkcol_status != 405) {
		for (next = strchr(path, '/'); a == ANSWER_OK && next != NULL; next = strchr(next + 1, '/'))
			a = make_folder(h, path, (size_t)(next + 1 - path));
	}
	return a;
}

static void
remember_folder(struct http *h, const char *path)
{
	const char *slash = strrchr(path, '/');

	(void)snprintf(h->folder, sizeof h->folder, "%.*s", slash == NULL ? 0 : (int)(slash + 1 - path), path);
}

/* One PUT; ${range}, unless NULL, is its Content-Range. */
static enum answer
put_once(struct http *h, struct curlio_request *request, const char *range, struct curlio_reply *reply)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/octet-stream"),
			  *more = headers;
	enum answer a;

	if (headers != NULL && range != NULL)
		more = curl_slist_append(headers, range);
	if (more != NULL && request->bytes < EXPECT_MIN && request->skip == 0)
		more = curl_slist_append(headers, "Expect:");
	memset(reply, 0, sizeof *reply);
	if (more == NULL)
		a = transport_because(&h->t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	else
		a = http_run(h, request, NULL, headers, reply);
	curl_slist_free_all(headers);
	h->t.sent = reply->sent;
	return a;
}

enum answer
http_put(struct transport *t, const char *path, const struct body *body, uint64_t bytes, char *sent)
{
	struct http *h = (struct http *)t;
	struct curlio_request request = {.kind = CURLIO_SEND, .path = path, .body = body, .bytes = bytes};
	struct curlio_reply reply;
	enum answer a = need_folder(h, path);
	long s;

	if (a == ANSWER_OK)
		a = put_once(h, &request, NULL, &reply);
	if (a != ANSWER_OK)
		return a;
	s = reply.http_status;
	if (s == 404 || s == 409)
		return transport_because(t, ANSWER_REFUSED,
		    "PUT: no such folder (%ld), and MKCOL, answered %ld, does not make it", s, h->mkcol_status);
	if (s == 500 && h->folder[0] == '\0')
		return transport_because(t, ANSWER_RETRY,
		    "PUT: the server answers 500; MKCOL was answered %ld: is the folder there?", h->mkcol_status);
	a = http_judge(h, &reply, "PUT");
	if (a == ANSWER_OK) {
		remember_folder(h, path);
		(void)snprintf(sent, DIGEST_HEX, "%s", reply.sha256);
	}
	return a;
}

/*
 * Bytes ${request->skip} to ${request->bytes} of a file of ${total} (RFC 9110, 14.5): a server that can not store a part
 * says so, in one way or another; one that takes it for the whole is found out by what it gives back.
 */
static enum answer
put_range(struct http *h, struct curlio_request *request, uint64_t total, struct curlio_reply *reply)
{
	char range[128];
	enum answer a;

	(void)snprintf(range, sizeof range, "Content-Range: bytes %llu-%llu/%llu", (unsigned long long)request->skip,
	    (unsigned long long)request->bytes - 1, (unsigned long long)total);
	a = put_once(h, request, range, reply);
	if (a != ANSWER_OK)
		return a;
	a = http_judge(h, reply, "PUT of a part");
	if (a == ANSWER_OK || a == ANSWER_RETRY || a == ANSWER_FULL || a == ANSWER_UNTRUSTED ||
	    reply->http_status == 401)
		return a;
	h->has_no_ranges = 1;
	return transport_because(
	    &h->t, ANSWER_REFUSED, "the server stores no parts of files (%ld)", reply->http_status);
}

/*
 * Apache rolls back what it made for a PUT that broke, but not what was there before: so a file that is to be continued
 * begins with a piece of its own.
 */
enum answer
http_go_on(struct transport *t, const char *path, const struct body *body, uint64_t bytes, uint64_t from, char *sent)
{
	struct http *h = (struct http *)t;
	struct curlio_request request = {.kind = CURLIO_SEND, .path = path, .body = body, .bytes = FIRST_PIECE};
	struct curlio_reply reply;
	enum answer a = from == 0 ? need_folder(h, path) : ANSWER_OK;

	if (h->has_no_ranges || (from == 0 && bytes <= FIRST_PIECE))
		return transport_because(t, ANSWER_REFUSED, "nothing is continued here");
	if (a == ANSWER_OK && from == 0) {
		a = put_range(h, &request, bytes, &reply);
		from = FIRST_PIECE;
	}
	if (a == ANSWER_OK) {
		request.skip = from;
		request.bytes = bytes;
		a = put_range(h, &request, bytes, &reply);
	}
	if (a == ANSWER_OK)
		(void)snprintf(sent, DIGEST_HEX, "%s", reply.sha256);
	return a;
}

/* The path of an URL: what stands behind the host. */
static const char *
path_of(const char *url)
{
	const char *host = strstr(url, "://");

	return host == NULL ? "/" : host + 3 + strcspn(host + 3, "/");
}

/*
 * One MOVE.  RFC 4918, 10.3 takes a path alone as well as an URL.  A server behind a proxy may not know by which name we
 * call it, and needs the first; Apache takes the second only.
 */
static enum answer
move(struct http *h, const char *from, const char *to, struct curlio_reply *reply)
{
	struct curlio_request request = {.kind = CURLIO_ASK, .path = from};
	struct curl_slist *headers = curl_slist_append(NULL, "Overwrite: F"), *more = NULL;
	struct buf header = BUF_INIT;
	enum answer a;

	if (headers != NULL &&
	    buf_printf(&header, "Destination: %s%s", h->needs_url ? h->t.base : path_of(h->t.base), to) == 0)
		more = curl_slist_append(headers, header.data);
	if (more == NULL)
		a = transport_because(&h->t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	else
		a = http_run(h, &request, "MOVE", headers, reply);
	curl_slist_free_all(headers);
	buf_free(&header);
	return a;
}

enum answer
http_publish(struct transport *t, const char *from, const char *to)
{
	struct http *h = (struct http *)t;
	struct curlio_reply reply;
	enum answer a = move(h, from, to, &reply);

	if (a == ANSWER_OK && reply.http_status == 400 && !h->needs_url) {
		h->needs_url = 1;
		a = move(h, from, to, &reply);
	}
	if (a != ANSWER_OK)
		return a;
	if (reply.http_status == 412)
		return transport_because(t, ANSWER_TAKEN, "MOVE: the name is taken (412)");
	/* A folder that another request is making, or that somebody holds (RFC 4918, 9.9.4). */
	if (reply.http_status == 409)
		return transport_because(t, ANSWER_RETRY, "MOVE: the server answers 409");
	if (reply.http_status == 405 || reply.http_status == 501)
		return transport_because(t, ANSWER_REFUSED,
		    "the server has no MOVE (%ld), the way to publish that never overwrites; turn WebDAV's MOVE on there",
		    reply.http_status);
	return http_judge(h, &reply, "MOVE");
}
