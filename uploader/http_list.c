#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "http_internal.h"

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

enum answer
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
	a = http_run(h, &request, "PROPFIND", headers, &reply);
	folder_name(path, folder);
	if (a == ANSWER_OK && reply.http_status == 207) {
		if (text.data != NULL && listing_take_dav(listing, text.data, text.len, folder) == -1)
			a = transport_list_failed(t, path);
	} else if (a == ANSWER_OK && (reply.http_status == 405 || reply.http_status == 501)) {
		a = list_index(h, path, listing);
	} else if (a == ANSWER_OK) {
		a = http_judge(h, &reply, "PROPFIND");
		if (a == ANSWER_OK)
			a = transport_because(
			    t, ANSWER_REFUSED, "PROPFIND: the server answers %ld", reply.http_status);
	}
	curl_slist_free_all(headers);
	buf_free(&text);
	return a;
}
