#ifndef S3_INTERNAL_H
#define S3_INTERNAL_H

#include "buf.h"
#include "stamp.h"

#include "curlio.h"
#include "transport.h"

/*
 * S3 as every engine speaks it: s3_request.c signs and sends requests, s3.c does what needs one of them, s3_multipart.c
 * stores what is too large for one, s3_stored.c asks what lies there of it, s3_lock.c sees to Object Lock, s3_list.c asks
 * what lies in a folder.
 */
#define S3_VERSION_ROOM 257

struct s3 {
	struct transport t;                  /* base is https://HOST/BUCKET/PREFIX/, or https://BUCKET.HOST/PREFIX/ */
	const struct conf_destination *conf; /* borrowed */
	struct curlio *io;
	struct buf access, secret;     /* wiped at the end */
	char provider[80];             /* what libcurl signs for */
	char bucket[256];              /* URL of the bucket, ends with "/" */
	char prefix[256];              /* of every key, "" or ends with "/" */
	struct buf answer;             /* the last answer that was no file */
	char version[S3_VERSION_ROOM]; /* of the object that was last stored or looked at; "" where there are none */
	uint32_t lock_days;            /* of what is stored next */
	stamp_t lock_until;            /* what was asked for this object in this run; 0: nothing yet */
	int lists_objects;             /* for it refused to list versions */
	int has_placed;                /* this object, in this run */
};

/* One request, as far as S3's requests differ. */
struct s3_request {
	const char *method;       /* NULL: what libcurl does by itself */
	const char *path;         /* with its query, its arguments sorted, each with "=" */
	const char *sha256;       /* of the body; NULL for none */
	const char *const *extra; /* more headers, NULL-terminated; or NULL */
	struct curlio_request io;
};

/**
 * s3_run(s, request, reply, what):
 * Sign, send, judge.  ANSWER_OK only for a status of 200 to 204.  ${what} names the step for people.
 */
enum answer s3_run(struct s3 *, struct s3_request *, struct curlio_reply *, const char *);

/* Was it answered, by an answer that came whole?  "100 Continue" is none, and stays behind where the line breaks then. */
int s3_is_whole(const struct curlio_reply *);

/* The version that a header tells; "null" is that of a bucket without versions. */
void s3_remember_version(struct s3 *, const struct curlio_header *);

/* Percent-encode for a query (RFC 3986, unreserved characters stay); append to a buf.  Return 0 or -1. */
int s3_encode(struct buf *, const char *);

/* The text of the first <${name}> at or behind ${from}, which may be NULL; return what follows it, or NULL. */
const char *s3_take_element(const char *, const char *, char *, size_t);

/**
 * s3_stored_load(s, path, id, reply, stored) / s3_stored_md5(st, number, bytes):
 * Which parts of the upload ${id}, percent-encoded, of ${path} lie there?  ${stored} is NULL where there are none; also
 * where it is not ANSWER_OK, and that is not known / the MD5, as the store has it, of this part, if it is as long; else
 * NULL.
 */
struct s3_stored;
enum answer s3_stored_load(struct s3 *, const char *, const char *, struct curlio_reply *, struct s3_stored **);
void s3_stored_free(struct s3_stored *);
const char *s3_stored_md5(const struct s3_stored *, unsigned, uint64_t);

/**
 * s3_lock_headers(s, room, lines, checksum):
 * The headers of Object Lock for what is stored now, into ${lines}, NULL-terminated, of at most S3_EXTRA_MAX, texts in
 * ${room}.  Return ${lines}.
 */
#define S3_EXTRA_MAX 8
const char *const *s3_lock_headers(struct s3 *, struct buf *, const char **);

/* What is stored now is to be locked as this run orders it, whenever it was begun: s3_check_lock() sees to that. */
void s3_lock_expect(struct s3 *);

/*
 * Is what came back with these headers under the lock that was asked for: in compliance mode, and for as long as this run
 * ordered, less a minute; what it did not store, still?  ANSWER_REFUSED if not.
 */
#define S3_LOCK_HEADERS                                                                                \
	{                                                                                              \
		{.name = "x-amz-object-lock-mode:"}, {.name = "x-amz-object-lock-retain-until-date:"}, \
		{                                                                                      \
			.name = "x-amz-object-lock-legal-hold:"                                        \
		}                                                                                      \
	}
enum answer s3_check_lock(struct s3 *, const struct curlio_header[3]);

/* Lock the version of ${path} that was last stored or looked at, and see that it is. */
enum answer s3_lock(struct s3 *, const char *);

/**
 * s3_settle(t, path):
 * As transport_ops' settle: an object of ours that lay there is locked as what is stored now would be, though it may have
 * been stored under another configuration or order.
 */
enum answer s3_settle(struct transport *, const char *);

/* As transport_ops' place, for a file above S3_SINGLE_MAX. */
#define S3_SINGLE_MAX ((uint64_t)64 * 1024 * 1024)
enum answer s3_place_parts(struct s3 *, const char *, const struct body *, uint64_t);

/* As transport_ops' list (s3_list.c): all versions of the objects of a folder, or, where that is refused, the objects. */
enum answer s3_list(struct transport *, const char *, struct listing *);

#endif
