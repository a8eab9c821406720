#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "https.h"
#include "s3_internal.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* What S3's own word for an error means; where there is none, or another one, the status decides (API reference, "Error
 * responses"; RGW's are the same but for QuotaExceeded). */
static const struct {
	const char *code;
	enum answer answer;
} codes[] = {{"NoSuchKey", ANSWER_ABSENT}, {"NoSuchVersion", ANSWER_ABSENT}, {"NoSuchUpload", ANSWER_RETRY},
    {"NoSuchBucket", ANSWER_REFUSED}, {"InvalidAccessKeyId", ANSWER_DENIED}, {"SignatureDoesNotMatch", ANSWER_DENIED},
    {"RequestTimeTooSkewed", ANSWER_DENIED}, {"AuthorizationHeaderMalformed", ANSWER_CONFIG},
    {"QuotaExceeded", ANSWER_FULL}, {"XAmzContentSHA256Mismatch", ANSWER_MISMATCH}, {"BadDigest", ANSWER_MISMATCH},
    {"PreconditionFailed", ANSWER_TAKEN}, {"OperationAborted", ANSWER_RETRY},
    {"ConditionalRequestConflict", ANSWER_RETRY}, {"RequestTimeout", ANSWER_RETRY}, {"SlowDown", ANSWER_RETRY}};

static const struct {
	long first, last;
	enum answer answer;
} statuses[] = {{300, 399, ANSWER_UNTRUSTED}, {401, 401, ANSWER_DENIED}, {403, 403, ANSWER_FORBIDDEN},
    {404, 404, ANSWER_ABSENT}, {408, 408, ANSWER_RETRY}, {409, 409, ANSWER_RETRY}, {412, 412, ANSWER_TAKEN},
    {425, 425, ANSWER_RETRY}, {429, 429, ANSWER_RETRY}, {501, 501, ANSWER_REFUSED}, {505, 505, ANSWER_REFUSED},
    {507, 507, ANSWER_FULL}, {500, 599, ANSWER_RETRY}};

/* The <Code> of an error's XML, or "". */
static void
take_code(const struct buf *answer, char out[64])
{
	const char *at = answer->data == NULL ? NULL : strstr(answer->data, "<Code>");
	size_t n = 0;

	out[0] = '\0';
	if (at == NULL)
		return;
	at += strlen("<Code>");
	n = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
	if (n < 64 && at[n] == '<')
		(void)snprintf(out, 64, "%.*s", (int)n, at);
}

static enum answer
judge(struct s3 *s, const struct curlio_reply *r, const char *what)
{
	enum answer a = ANSWER_REJECTED;
	char code[64];

	s->t.wait_seconds = r->retry_after;
	take_code(&s->answer, code);
	/* S3 may say 200 first and find out later that it failed. */
	if (r->http_status >= 200 && r->http_status <= 204 && code[0] == '\0')
		return ANSWER_OK;
	for (size_t i = sizeof statuses / sizeof statuses[0]; i-- > 0;) {
		if (r->http_status >= statuses[i].first && r->http_status <= statuses[i].last)
			a = statuses[i].answer;
	}
	if (r->http_status >= 200 && r->http_status < 300)
		a = ANSWER_RETRY;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		if (strcmp(codes[i].code, code) == 0)
			a = codes[i].answer;
	}
	return transport_because(
	    &s->t, a, "%s: the server answers %ld%s%s", what, r->http_status, code[0] == '\0' ? "" : " ", code);
}

/* Append a line, NULL once anything failed. */
static struct curl_slist *
append(struct curl_slist *list, const char *line)
{
	struct curl_slist *more = list == NULL ? NULL : curl_slist_append(list, line);

	if (more == NULL)
		curl_slist_free_all(list);
	return more;
}

/* No header may be taken back here, as "Expect:" would be: libcurl 7.88 signs its name all the same. */
static struct curl_slist *
headers_of(const struct s3_request *q)
{
	char hash[128];
	struct curl_slist *list;

	(void)snprintf(hash, sizeof hash, "x-amz-content-sha256: %s", q->sha256 == NULL ? EMPTY_SHA256 : q->sha256);
	list = curl_slist_append(NULL, hash);
	if (q->io.kind == CURLIO_SEND)
		list = append(list, "Content-Type: application/octet-stream");
	for (size_t i = 0; q->extra != NULL && q->extra[i] != NULL; i++)
		list = append(list, q->extra[i]);
	return list;
}

enum answer
s3_run(struct s3 *s, struct s3_request *q, struct curlio_reply *reply, const char *what)
{
	CURL *c = curlio_handle(s->io);
	struct curl_slist *headers = headers_of(q);
	enum answer a;

	q->io.path = q->path;
	if (q->io.base == NULL)
		q->io.base = s->t.base;
	q->io.answer = &s->answer;
	if (headers == NULL || https_begin(s->io, &q->io, s->conf) == -1 ||
	    curl_easy_setopt(c, CURLOPT_AWS_SIGV4, s->provider) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_USERNAME, s->access.data) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_PASSWORD, s->secret.data) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
	    (q->method != NULL && (curl_easy_setopt(c, CURLOPT_NOBODY, 0L) != CURLE_OK ||
				      curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method) != CURLE_OK))) {
		a = transport_because(&s->t, ANSWER_LOCAL, "libcurl does not take an option");
	} else {
		curlio_perform(s->io, reply);
		https_remember_peer(s->io, &s->t);
		a = curlio_answer(&s->t, reply);
		if (a == ANSWER_OK)
			a = judge(s, reply, what);
	}
	curl_slist_free_all(headers);
	return a;
}

int
s3_is_whole(const struct curlio_reply *reply)
{
	return reply->code == CURLE_OK && reply->http_status >= 200;
}

const char *
s3_take_element(const char *from, const char *name, char *out, size_t room)
{
	char open[32], shut[32];
	const char *at, *end;

	(void)snprintf(open, sizeof open, "<%s>", name);
	(void)snprintf(shut, sizeof shut, "</%s>", name);
	at = from == NULL ? NULL : strstr(from, open);
	end = at == NULL ? NULL : strstr(at, shut);
	if (end == NULL)
		return NULL;
	at += strlen(open);
	if ((size_t)(end - at) >= room)
		return NULL;
	(void)snprintf(out, room, "%.*s", (int)(end - at), at);
	return end + strlen(shut);
}

int
s3_encode(struct buf *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text != '\0'; text++) {
		if (strchr(plain, *text) != NULL)
			(void)buf_putc(out, *text); /* buf_failed tells */
		else
			(void)buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
	}
	return buf_failed(out) ? -1 : 0;
}
