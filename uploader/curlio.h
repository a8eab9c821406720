#ifndef CURLIO_H
#define CURLIO_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"

#include "body.h"
#include "destination.h"
#include "transport.h"

/*
 * What every request through libcurl has in common: nothing taken from the environment, no proxy, no redirect, time
 * limits, bounded answers, bodies hashed as they pass.  One curlio is one connection, kept between requests.
 */
struct curlio;

/* Forget what the environment says of proxies, certificates and name look-ups, and start libcurl.  Return 0 or -1. */
int curlio_init(void);

struct curlio *curlio_new(const struct destination_limits *);
void curlio_free(struct curlio *);

/* libcurl's own handle (CURL *), to set what is the protocol's business after curlio_begin(). */
void *curlio_handle(struct curlio *);

enum curlio_kind {
	CURLIO_ASK,    /* no body either way: what comes is counted and dropped */
	CURLIO_SEND,   /* a body goes out */
	CURLIO_RECEIVE /* a body comes in and is hashed */
};

/* A header of the answer that the caller wants to know. */
struct curlio_header {
	const char *name; /* in small letters, with its colon */
	char value[257];  /* of all lines of that name, as one list (RFC 9110, 5.3) */
	int is_cut;       /* the value is longer than any honest one, and not all of it is here */
};

/* Forget its value / take in one line of an answer, which may be another header or the status line of one more answer. */
void curlio_clear_header(struct curlio_header *);
void curlio_take_header(struct curlio_header *, const char *, size_t);

struct curlio_request {
	enum curlio_kind kind;
	const char *protocol; /* the only one allowed: "https" */
	const char *base;     /* ends with "/" */
	const char *path;
	const struct body *body; /* SEND */
	const char *text;        /* SEND: the body itself, instead */
	uint64_t offset;         /* SEND: where in the body it begins */
	uint64_t bytes;          /* SEND: how many; RECEIVE: how many at most */
	uint64_t skip;           /* SEND: so many of them are there already: they are hashed, and not sent */
	uint64_t rate_limit;
	struct buf *sink;              /* RECEIVE: what comes is kept here as well; NULL: only hashed */
	long status;                   /* RECEIVE: with this one too, beside 200, it is what was asked for; 0: none */
	struct buf *answer;            /* unless NULL, gets the body of an answer that is no file */
	struct curlio_header *headers; /* unless NULL, their values get filled in */
	size_t header_count;
};

/* What came of a request. */
struct curlio_reply {
	int code;             /* libcurl's (CURLE_*) */
	long http_status;     /* 0 for other protocols */
	uint32_t retry_after; /* seconds, as asked for, at most an hour; 0 if not */
	uint64_t length;      /* of the body, as announced; DESTINATION_UNKNOWN */
	uint64_t received;
	uint64_t sent; /* how far in the body it came, what was skipped included */
	int is_longer; /* more came than `bytes` */
	int is_flood;  /* more headers or explanations than anyone needs */
	int local_errno; /* our own file could not be read: EIO, EBADMSG for what is not what was sealed, or ENODATA for one
				* that became shorter */
	int is_connected;        /* all was ready for the request: what went wrong then is not that nobody is there */
	int is_broken;           /* too late to begin anew at once, as libcurl would */
	int was_stopped;         /* by a signal; or the gate was shut before hands were shaken */
	char sha256[DIGEST_HEX]; /* of the body that was sent or received whole */
	char text[256];          /* libcurl's explanation */
};

/* Set up the request on a clean handle / run it.  Return 0, or -1 with errno ENOMEM. */
int curlio_begin(struct curlio *, const struct curlio_request *);
void curlio_perform(struct curlio *, struct curlio_reply *);

/**
 * curlio_answer(t, reply):
 * What libcurl's code alone says, with the reason in ${t}: for any protocol.  ANSWER_OK for CURLE_OK.
 */
enum answer curlio_answer(struct transport *, const struct curlio_reply *);

/* Hash of the certificate that the server of the last new connection showed, "" if none was seen since. */
void curlio_certificate(struct curlio *, char[DIGEST_HEX]);

/* The user in an URL and the URL without it; both are freed by the caller.  Return 0, or -1 for a text that is none. */
int curlio_split_url(const char *, char **, char **);

#endif
