#ifndef CURLIO_INTERNAL_H
#define CURLIO_INTERNAL_H

#include <curl/curl.h>

#include "curlio.h"

/* What curlio.c (one request and what came of it) and curlio_body.c (bytes and lines, as they come and go) share. */
#define RETRY_AFTER_MAX 3600

struct curlio {
	CURL *handle;
	struct destination_limits limits;
	struct digest *digest;
	struct curlio_request request;
	struct curlio_reply reply; /* as it grows */
	uint64_t sent;
	int needs_pass; /* a connection was to be made, and it was not our turn at the gate */
	int has_pass;
	size_t chatter; /* bytes of headers and of bodies that are no file */
	char error[CURL_ERROR_SIZE];
};

/* Begin the body of the request at its start.  Return 0, or -1 with errno set. */
int curlio_rewind(struct curlio *);

/* Tell libcurl whom to give and to ask for bytes.  Return a CURLcode. */
int curlio_set_callbacks(struct curlio *);

/* Our turn at the gate is over, if it was ours. */
void curlio_return_pass(struct curlio *);

#endif
