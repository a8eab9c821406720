#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "curlio.h"
#include "transport.h"

#include "tsa.h"

#define ASK_SECONDS 20 /* in all: the answer is a few KiB */
#define CONNECT_SECONDS 5

/* As RFC 3161, 3.4 has it. */
static CURLcode
set_request(CURL *c, const uint8_t request[TSP_REQUEST_BYTES], struct curl_slist *headers)
{
	CURLcode code = curl_easy_setopt(c, CURLOPT_POST, 1L);

	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_POSTFIELDS, request);
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)TSP_REQUEST_BYTES);
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	if (code == CURLE_OK)
		code = curl_easy_setopt(c, CURLOPT_USERAGENT, "casetap-uploader/" CASETAP_VERSION);
	return code == CURLE_OK ? curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)ASK_SECONDS) : code;
}

static enum answer
judge(const struct curlio_reply *reply, char *why, size_t room)
{
	struct transport t = {.why = ""};
	enum answer a = curlio_answer(&t, reply);

	if (a == ANSWER_OK && reply->http_status != 200)
		a = transport_because(&t, ANSWER_RETRY, "the authority answers %ld", reply->http_status);
	if (a == ANSWER_OK && reply->received == 0)
		a = transport_because(&t, ANSWER_RETRY, "the authority's answer is empty");
	(void)snprintf(why, room, "%s", t.why);
	return a;
}

enum answer
tsa_ask(const char *url, const uint8_t request[TSP_REQUEST_BYTES], struct buf *reply, char *why, size_t room)
{
	struct curlio_request r = {.kind = CURLIO_RECEIVE,
	    .protocol = "http,https",
	    .base = url,
	    .path = "",
	    .bytes = TSP_REPLY_MAX_BYTES,
	    .sink = reply};
	struct destination_limits limits;
	struct curl_slist *type = NULL, *headers = NULL;
	struct curlio *io = NULL;
	struct curlio_reply answered;
	enum answer a = ANSWER_LOCAL;

	destination_default_limits(&limits);
	limits.connect_seconds = CONNECT_SECONDS;
	(void)snprintf(why, room, "%s", strerror(ENOMEM));
	type = curl_slist_append(NULL, "Content-Type: application/timestamp-query");
	headers = type == NULL ? NULL : curl_slist_append(type, "Accept: application/timestamp-reply");
	if (headers == NULL || (io = curlio_new(&limits)) == NULL || curlio_begin(io, &r) == -1 ||
	    set_request(curlio_handle(io), request, headers) != CURLE_OK)
		goto out;
	curlio_perform(io, &answered);
	a = judge(&answered, why, room);
out:
	curlio_free(io);
	curl_slist_free_all(type);
	return a;
}
