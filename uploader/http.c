#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <curl/curl.h>

#include "buf.h"
#include "diag.h"
#include "sign.h"

#include "curlio.h"
#include "https.h"
#include "transport.h"

#define EXPECT_MIN (16 * 1024 * 1024) /* below this a body is cheaper to lose than a round trip */

/* HTTP/1.1 over TLS to a server that speaks PUT and WebDAV's MOVE and MKCOL (RFC 4918). */
struct http {
	struct transport t;
	const struct conf_destination *conf; /* borrowed */
	struct curlio *io;
	struct buf secret; /* token or password, wiped at the end */
	int was_answered;  /* by HTTP, in this run */
	char folder[512];  /* the last one that took a file, and so is there; "" before the first */
	long mkcol_status; /* the last answer to MKCOL */
	int needs_url;     /* as the Destination of a MOVE, instead of a path */
};

static int
set_identity(const struct http *h, CURL *c)
{
	const struct conf_destination *d = h->conf;

	if (d->token_file != NULL) {
		if (curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER) != CURLE_OK ||
		    curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, h->secret.data) != CURLE_OK)
			return -1;
	} else if (d->user != NULL) {
		if (curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) != CURLE_OK ||
		    curl_easy_setopt(c, CURLOPT_USERNAME, d->user) != CURLE_OK ||
		    curl_easy_setopt(c, CURLOPT_PASSWORD, h->secret.data) != CURLE_OK)
			return -1;
	}
	return 0;
}

/* What the status alone says; who knows more about the request asks first. */
static enum answer
judge_status(struct http *h, const struct curlio_reply *r, const char *what)
{
	struct transport *t = &h->t;
	long s = r->http_status;

	h->t.wait_seconds = r->retry_after;
	if (s >= 200 && s < 300 && s != 207)
		return ANSWER_OK;
	if (s >= 300 && s < 400)
		return transport_because(
		    t, ANSWER_UNTRUSTED, "%s: the server redirects (%ld): not followed", what, s);
	if (s == 401)
		return transport_because(t, ANSWER_DENIED, "%s: the server does not accept who we are (401)", what);
	if (s == 403)
		return transport_because(t, ANSWER_FORBIDDEN, "%s: the server forbids it (403)", what);
	if (s == 400 && h->conf->client_cert == NULL)
		return transport_because(
		    t, ANSWER_DENIED, "%s: bad request (400): does the server want a client certificate?", what);
	if (s == 404)
		return transport_because(t, ANSWER_ABSENT, "%s: not there (404)", what);
	if (s == 507)
		return transport_because(t, ANSWER_FULL, "%s: the server has no room (507)", what);
	if (s == 408 || s == 425 || s == 429 || (s >= 500 && s != 501 && s != 505))
		return transport_because(t, ANSWER_RETRY, "%s: the server answers %ld", what, s);
	/* 413 and its like concern one file; a server without the method concerns all. */
	return transport_because(t, s >= 400 && s < 500 && s != 405 ? ANSWER_REJECTED : ANSWER_REFUSED,
	    "%s: the server refuses (%ld)", what, s);
}

/*
 * Run one request.  ${method} replaces the one that libcurl would use.  What went wrong below HTTP is the answer;
 * ANSWER_OK means only that there is a status.
 */
static enum answer
run(struct http *h, struct curlio_request *request, const char *method, struct curl_slist *headers,
    struct curlio_reply *reply)
{
	CURL *c = curlio_handle(h->io);
	enum answer a;

	request->base = h->t.base;
	if (https_begin(h->io, request, h->conf) == -1 || set_identity(h, c) == -1 ||
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
	    /* Of libcurl's requests only HEAD has no body in its answer: NOBODY would leave MOVE's on the line. */
	    (method != NULL && (curl_easy_setopt(c, CURLOPT_NOBODY, 0L) != CURLE_OK ||
				   curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method) != CURLE_OK)))
		return transport_because(&h->t, ANSWER_LOCAL, "libcurl does not take an option");
	curlio_perform(h->io, reply);
	https_remember_peer(h->io, &h->t);
	a = curlio_answer(&h->t, reply);
	/* In TLS 1.3 a server looks at our certificate after we have begun to speak; some then only hang up. */
	if (a == ANSWER_RETRY && !h->was_answered)
		a = transport_because(&h->t, a, "%s (if this goes on: does the server want %s client certificate?)",
		    reply->text, h->conf->client_cert == NULL ? "a" : "another");
	if (reply->http_status != 0)
		h->was_answered = 1;
	if (a == ANSWER_OK && reply->http_status == 0)
		a = transport_because(&h->t, ANSWER_RETRY, "no answer");
	return a;
}

static enum answer
http_stat(struct transport *t, const char *path, uint64_t *bytes)
{
	struct http *h = (struct http *)t;
	struct curlio_request request = {.kind = CURLIO_ASK, .path = path};
	struct curlio_reply reply;
	enum answer a = run(h, &request, NULL, NULL, &reply);

	if (a == ANSWER_OK)
		a = judge_status(h, &reply, "HEAD");
	if (a == ANSWER_OK)
		*bytes = reply.length;
	return a;
}

static enum answer
http_hash(struct transport *t, const char *path, uint64_t bytes, char *hex)
{
	struct http *h = (struct http *)t;
	struct curlio_request request = {.kind = CURLIO_RECEIVE, .path = path, .bytes = bytes};
	struct curlio_reply reply;
	enum answer a = run(h, &request, NULL, NULL, &reply);

	if (a == ANSWER_OK)
		a = judge_status(h, &reply, "GET");
	if (a == ANSWER_OK && reply.http_status != 200)
		a = transport_because(t, ANSWER_REFUSED, "GET: the server answers %ld", reply.http_status);
	if (a == ANSWER_OK)
		(void)snprintf(hex, DIGEST_HEX, "%s", reply.sha256);
	return a;
}

static enum answer
http_get(struct transport *t, const char *path, size_t max, struct buf *out)
{
	struct http *h = (struct http *)t;
	struct curlio_request request = {.kind = CURLIO_RECEIVE, .path = path, .bytes = max, .sink = out};
	struct curlio_reply reply;
	enum answer a = run(h, &request, NULL, NULL, &reply);

	if (a == ANSWER_OK)
		a = judge_status(h, &reply, "GET");
	if (a == ANSWER_OK && reply.http_status != 200)
		a = transport_because(t, ANSWER_REFUSED, "GET: the server answers %ld", reply.http_status);
	return a;
}

/* The last component of a folder's path. */
static void
folder_name(const char *path, char out[LISTING_NAME_MAX + 1])
{
	size_t n = strlen(path), at;

	while (n > 0 && path[n - 1] == '/')
		n--;
	for (at = n; at > 0 && path[at - 1] != '/'; at--)
		continue;
	(void)snprintf(out, LISTING_NAME_MAX + 1, "%.*s", (int)(n - at), path + at);
}

/* A server that does not know PROPFIND may have an index of its folders all the same. */
static enum answer
list_index(struct http *h, const char *path, struct listing *listing)
{
	struct buf text = BUF_INIT;
	enum answer a = http_get(&h->t, path, LISTING_BYTES, &text);

	if (a == ANSWER_OK && text.data != NULL && listing_take_index(listing, text.data, text.len) == -1)
		a = transport_list_failed(&h->t, path);
	buf_free(&text);
	return a;
}

static enum answer
http_list(struct transport *t, const char *path, struct listing *listing)
{
	struct http *h = (struct http *)t;
	struct curl_slist *headers = curl_slist_append(NULL, "Depth: 1");
	struct buf text = BUF_INIT;
	struct curlio_request request = {
	    .kind = CURLIO_RECEIVE, .path = path, .bytes = LISTING_BYTES, .sink = &text, .status = 207};
	char folder[LISTING_NAME_MAX + 1];
	struct curlio_reply reply;
	enum answer a;

	if (headers == NULL)
		return transport_because(t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	a = run(h, &request, "PROPFIND", headers, &reply);
	folder_name(path, folder);
	if (a == ANSWER_OK && reply.http_status == 207) {
		if (text.data != NULL && listing_take_dav(listing, text.data, text.len, folder) == -1)
			a = transport_list_failed(t, path);
	} else if (a == ANSWER_OK && (reply.http_status == 405 || reply.http_status == 501)) {
		a = list_index(h, path, listing);
	} else if (a == ANSWER_OK) {
		a = judge_status(h, &reply, "PROPFIND");
		if (a == ANSWER_OK)
			a = transport_because(
			    t, ANSWER_REFUSED, "PROPFIND: the server answers %ld", reply.http_status);
	}
	curl_slist_free_all(headers);
	buf_free(&text);
	return a;
}

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
	a = run(h, &request, "MKCOL", NULL, &reply);
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

static enum answer
put_once(struct http *h, const char *path, const struct body *body, uint64_t bytes, struct curlio_reply *reply)
{
	struct curlio_request request = {.kind = CURLIO_SEND, .path = path, .body = body, .bytes = bytes};
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/octet-stream"),
			  *more = headers;
	enum answer a;

	if (headers != NULL && bytes < EXPECT_MIN)
		more = curl_slist_append(headers, "Expect:");
	if (more == NULL)
		a = transport_because(&h->t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	else
		a = run(h, &request, NULL, headers, reply);
	curl_slist_free_all(headers);
	return a;
}

static enum answer
http_put(struct transport *t, const char *path, const struct body *body, uint64_t bytes, char *sent)
{
	struct http *h = (struct http *)t;
	struct curlio_reply reply;
	enum answer a = need_folder(h, path);
	long s;

	if (a == ANSWER_OK)
		a = put_once(h, path, body, bytes, &reply);
	if (a != ANSWER_OK)
		return a;
	s = reply.http_status;
	if (s == 404 || s == 409)
		return transport_because(t, ANSWER_REFUSED,
		    "PUT: no such folder (%ld), and MKCOL, answered %ld, does not make it", s, h->mkcol_status);
	if (s == 500 && h->folder[0] == '\0')
		return transport_because(t, ANSWER_RETRY,
		    "PUT: the server answers 500; MKCOL was answered %ld: is the folder there?", h->mkcol_status);
	a = judge_status(h, &reply, "PUT");
	if (a == ANSWER_OK) {
		remember_folder(h, path);
		(void)snprintf(sent, DIGEST_HEX, "%s", reply.sha256);
	}
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
		a = run(h, &request, "MOVE", headers, reply);
	curl_slist_free_all(headers);
	buf_free(&header);
	return a;
}

static enum answer
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
	if (reply.http_status == 405 || reply.http_status == 501)
		return transport_because(t, ANSWER_REFUSED,
		    "the server has no MOVE (%ld), the way to publish that never overwrites; turn WebDAV's MOVE on there",
		    reply.http_status);
	return judge_status(h, &reply, "MOVE");
}

static void
http_close(struct transport *t)
{
	struct http *h = (struct http *)t;

	curlio_free(h->io);
	sign_wipe(&h->secret);
	free(h);
}

static const struct transport_ops http_ops = {.stat = http_stat,
    .put = http_put,
    .hash = http_hash,
    .publish = http_publish,
    .get = http_get,
    .list = http_list,
    .close = http_close};

struct transport *
http_open(const struct conf_destination *conf, const struct destination_limits *limits, int *status)
{
	const char *secret = conf->token_file != NULL ? conf->token_file : conf->password_file;
	size_t n = strlen(conf->url);
	struct http *h = calloc(1, sizeof *h);

	if (h == NULL || (h->io = curlio_new(limits)) == NULL) {
		diag_err("destination %s", conf->name);
		free(h);
		*status = EX_OSERR;
		return NULL;
	}
	h->t.ops = &http_ops;
	h->conf = conf;
	if (snprintf(h->t.base, sizeof h->t.base, "%s%s", conf->url, conf->url[n - 1] == '/' ? "" : "/") >=
	    (int)sizeof h->t.base) {
		diag_errx("destination %s: url is too long", conf->name);
		*status = EX_CONFIG;
		goto fail;
	}
	if (https_check_readable(conf, conf->ca, status) == -1 ||
	    https_check_readable(conf, conf->client_cert, status) == -1 ||
	    https_check_readable(conf, conf->client_key, status) == -1 ||
	    (secret != NULL && https_load_secret(conf, secret, &h->secret, status) == -1))
		goto fail;
	return &h->t;
fail:
	http_close(&h->t);
	return NULL;
}
