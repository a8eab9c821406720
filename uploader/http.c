#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <curl/curl.h>

#include "diag.h"
#include "sign.h"

#include "http_internal.h"
#include "https.h"
#include "stated.h"

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

enum answer
http_judge(struct http *h, const struct curlio_reply *r, const char *what)
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
	if (s == 408 || s == 423 || s == 425 || s == 429 || (s >= 500 && s != 501 && s != 505))
		return transport_because(t, ANSWER_RETRY, "%s: the server answers %ld", what, s);
	/* 413 and its like concern one file; a server without the method concerns all. */
	return transport_because(t, s >= 400 && s < 500 && s != 405 ? ANSWER_REJECTED : ANSWER_REFUSED,
	    "%s: the server refuses (%ld)", what, s);
}

enum answer
http_run(struct http *h, struct curlio_request *request, const char *method, struct curl_slist *headers,
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
	enum answer a = http_run(h, &request, NULL, NULL, &reply);

	if (a == ANSWER_OK)
		a = http_judge(h, &reply, "HEAD");
	if (a == ANSWER_OK)
		*bytes = reply.length;
	return a;
}

/* A server that can not say so is asked in vain: the bytes decide. */
static enum answer
http_state(struct transport *t, const char *path, uint64_t bytes, char *hex)
{
	struct http *h = (struct http *)t;
	struct curlio_header seen[] = {{.name = "repr-digest:"}, {.name = "digest:"}, {.name = "content-encoding:"}};
	struct curlio_request request = {.kind = CURLIO_ASK, .path = path, .headers = seen, .header_count = 3};
	struct curl_slist *headers, *more = NULL;
	struct curlio_reply reply;
	enum answer a;

	if (h->conf->proof != CONF_DIGEST)
		return ANSWER_OK;
	headers = curl_slist_append(NULL, "Want-Repr-Digest: sha-256=10");
	if (headers != NULL)
		more = curl_slist_append(headers, "Want-Digest: SHA-256");
	if (more == NULL)
		a = transport_because(t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	else
		a = http_run(h, &request, NULL, headers, &reply);
	curl_slist_free_all(headers);
	if (a == ANSWER_OK)
		a = http_judge(h, &reply, "HEAD");
	if (a == ANSWER_REFUSED || a == ANSWER_REJECTED)
		return ANSWER_OK;
	/* It is that of what is encoded (RFC 9530, 3), which is not the file; of one that is cut the rest may differ. */
	if (a == ANSWER_OK &&
	    (reply.http_status != 200 || reply.length != bytes || seen[0].is_cut || seen[1].is_cut ||
		seen[2].is_cut || seen[2].value[0] != '\0' || !stated_digest(seen[0].value, seen[1].value, hex)))
		hex[0] = '\0';
	return a;
}

static enum answer
http_hash(struct transport *t, const char *path, uint64_t bytes, char *hex)
{
	struct http *h = (struct http *)t;
	struct curlio_request request = {.kind = CURLIO_RECEIVE, .path = path, .bytes = bytes};
	struct curlio_reply reply;
	enum answer a = http_run(h, &request, NULL, NULL, &reply);

	if (a == ANSWER_OK)
		a = http_judge(h, &reply, "GET");
	if (a == ANSWER_OK && reply.http_status != 200)
		a = transport_because(t, ANSWER_REFUSED, "GET: the server answers %ld", reply.http_status);
	if (a == ANSWER_OK)
		(void)snprintf(hex, DIGEST_HEX, "%s", reply.sha256);
	return a;
}

enum answer
http_get(struct transport *t, const char *path, size_t max, struct buf *out)
{
	struct http *h = (struct http *)t;
	struct curlio_request request = {.kind = CURLIO_RECEIVE, .path = path, .bytes = max, .sink = out};
	struct curlio_reply reply;
	enum answer a = http_run(h, &request, NULL, NULL, &reply);

	if (a == ANSWER_OK)
		a = http_judge(h, &reply, "GET");
	if (a == ANSWER_OK && reply.http_status != 200)
		a = transport_because(t, ANSWER_REFUSED, "GET: the server answers %ld", reply.http_status);
	return a;
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
    .go_on = http_go_on,
    .hash = http_hash,
    .state = http_state,
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
	    https_check_readable(conf, conf->crl, status) == -1 ||
	    https_check_readable(conf, conf->client_cert, status) == -1 ||
	    https_check_readable(conf, conf->client_key, status) == -1 ||
	    (secret != NULL && https_load_secret(conf, secret, &h->secret, status) == -1))
		goto fail;
	return &h->t;
fail:
	http_close(&h->t);
	return NULL;
}
