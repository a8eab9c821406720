#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include "buf.h"

#include "curlio.h"
#include "transport.h"

struct curl_slist;

/*
 * HTTP/1.1 over TLS to a server that speaks PUT and WebDAV's MOVE and MKCOL (RFC 4918): http.c runs requests and looks at
 * what is there, http_store.c stores and publishes, http_list.c asks what lies in a folder.
 */
struct http {
	struct transport t;
	const struct conf_destination *conf; /* borrowed */
	struct curlio *io;
	struct buf secret; /* token or password, wiped at the end */
	int was_answered;  /* by HTTP, in this run */
	char folder[512];  /* the last one that took a file, and so is there; "" before the first */
	long mkcol_status; /* the last answer to MKCOL */
	int needs_url;     /* as the Destination of a MOVE, instead of a path */
	int has_no_ranges; /* it refused to store part of a file */
};

/**
 * http_run(h, request, method, headers, reply):
 * Run one request.  ${method}, unless NULL, replaces the one that libcurl would use; ${headers} may be NULL.
 * What went wrong below HTTP is the answer; ANSWER_OK means only that there is a status.
 */
enum answer http_run(
    struct http *, struct curlio_request *, const char *, struct curl_slist *, struct curlio_reply *);

/**
 * http_judge(h, reply, what):
 * What the status alone says; who knows more about the request asks first.  ${what} names the step for people.
 */
enum answer http_judge(struct http *, const struct curlio_reply *, const char *);

/* As transport_ops' put, go_on, publish, get and list. */
enum answer http_put(struct transport *, const char *, const struct body *, uint64_t, char *);
enum answer http_go_on(struct transport *, const char *, const struct body *, uint64_t, uint64_t, char *);
enum answer http_publish(struct transport *, const char *, const char *);
enum answer http_get(struct transport *, const char *, size_t, struct buf *);
enum answer http_list(struct transport *, const char *, struct listing *);

#endif
