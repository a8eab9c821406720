#ifndef REQUEST_H
#define REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "names.h"
#include "stamp.h"

/*
 * casetap-request/1 (casetap-request(5)): what an operator asks of the packager for a case.  A request is an immutable
 * file; its SHA-256 is its name wherever another file speaks of it, so that none can be followed twice or stand for
 * another.
 */
#define REQUEST_MAX_BYTES ((size_t)16 * 1024)
#define REQUEST_HOLDS_MAX 64
#define REQUEST_REASON_ROOM 257
#define REQUEST_FILE_ROOM 101
#define REQUEST_ATTACH_MAX ((uint64_t)64 * 1024 * 1024)

enum request_act {
	REQUEST_HOLD,    /* nothing of the case is deleted from now on */
	REQUEST_RELEASE, /* end the holds that are named, and no other */
	REQUEST_PURGE,   /* delete what receipt, retention and hold allow */
	REQUEST_ATTACH,  /* put a file among the records */
	REQUEST_BEGIN    /* begin a custody log anew that was lost */
};

enum request_what {
	REQUEST_PAYLOAD, /* packages */
	REQUEST_RECORDS  /* what stayed of a case whose payload is purged */
};

struct request {
	char sha256[DIGEST_HEX]; /* of the file's bytes */
	char case_id[NAMES_CASE_ROOM];
	enum request_act act;
	stamp_t issued;
	char reason[REQUEST_REASON_ROOM];
	enum request_what what;                    /* of a purge */
	char holds[REQUEST_HOLDS_MAX][DIGEST_HEX]; /* of a release: the requests that placed them */
	size_t hold_count;
	char file[REQUEST_FILE_ROOM]; /* of an attachment: its name, hash and length */
	char file_sha256[DIGEST_HEX];
	uint64_t bytes;
	uint64_t lines; /* of a log that was lost: how many, and the hash of the last one, as they were known */
	char head[DIGEST_HEX];
	uint64_t left; /* up to which line something was left of it that can be read, if ${has_left}; 0: nothing */
	stamp_t left_until; /* the time of that line; STAMP_NONE: it has none, or nothing is left */
	int has_left;
};

/* Append the text, which need not have a sha256 yet / return 0, or -1 with errno ENOMEM. */
int request_write(const struct request *, struct buf *);

/**
 * request_parse(data, n, label, r):
 * Parse the text strictly: each act has its own keys, all of them and no others, but for what is left of a log.
 * Return 0, or -1 with errno EINVAL or ENOMEM after one diag line LABEL:LINE.
 */
int request_parse(const char *, size_t, const char *, struct request *);

/* "hold", "release", "purge", "attach", "begin-anew" / "payload", "records". */
const char *request_act_text(enum request_act);
const char *request_what_text(enum request_what);

/* Must an approver have signed it?  What deletes, or lets delete, does; what only keeps or adds does not. */
int request_needs_approver(const struct request *);

/* Must as many have, as an order needs?  What is lost with it, no one person may declare. */
int request_needs_all(const struct request *);

/* Is it a name that a file may have among the records: [A-Za-z0-9][A-Za-z0-9._-]{0,99}? */
int request_is_file_name(const char *);

#endif
