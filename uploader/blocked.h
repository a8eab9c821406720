#ifndef BLOCKED_H
#define BLOCKED_H

#include "stamp.h"

/*
 * What a destination refused for good, so that it is not asked again every minute: journal/uploader/DEST.blocked, JSON
 * (casetap-uploader(8)).  A scope is "" for the destination, "CASE", or "CASE/IAP/DAY/FILE".
 *
 * An entry ends by itself at its time, or at once when the configuration of the destination or one of its credential
 * files changes (the fingerprint); a person may remove the file.  How often a file failed is remembered for a day more.
 */
#define BLOCKED_SECONDS 3600
#define BLOCKED_WHY_ROOM 512
#define BLOCKED_UPLOAD_ROOM 512

struct blocked;

struct blocked_entry {
	char *scope;
	int exit; /* status that goes with it */
	char why[BLOCKED_WHY_ROOM];
	stamp_t since, until;
	uint32_t tries; /* failures in a row that may pass, of a file */
	uint64_t sent;  /* of a file: so much of it at most lies there under its temporary name; 0: nothing */
	char upload[BLOCKED_UPLOAD_ROOM]; /* of a file: the upload in parts that was begun for it; "": none */
	int is_past;                      /* it holds nothing back any more: only what failed is remembered */
};

/**
 * blocked_load(dirfd, destination, fingerprint, now):
 * Load what still holds at ${now}.  A damaged file is said and holds nothing back: the worst is one more try.
 * Return it, or NULL after one diag line.
 */
struct blocked *blocked_load(int, const char *, const char *, stamp_t);
void blocked_free(struct blocked *);

/* The entry of a scope, or NULL. */
const struct blocked_entry *blocked_find(const struct blocked *, const char *);

/* Hold a scope back for ${seconds} from ${now} on; of an entry that is there, nothing changes.  0, or -1, errno set. */
int blocked_add(struct blocked *, const char *, int, const char *, stamp_t, uint32_t);

/* How often in a row did the destination fail in a way that may pass?  0 sets it back. */
uint32_t blocked_tries(const struct blocked *);
void blocked_set_tries(struct blocked *, uint32_t);

/**
 * blocked_fails(b, scope) / blocked_set_fails(b, scope, n) / blocked_has_failed(b, prefix):
 * How often in a row did this file fail in a way that may pass?  Say so of a scope that has an entry, or with 0 that it
 * works / does any failed file's scope begin so?
 */
uint32_t blocked_fails(const struct blocked *, const char *);
void blocked_set_fails(struct blocked *, const char *, uint32_t);
int blocked_has_failed(const struct blocked *, const char *);

/**
 * blocked_sent(b, scope) / blocked_set_sent(b, scope, n, now):
 * How many bytes of this file were given to the destination by a try that broke?  Say so; that holds nothing back, and is
 * remembered for a day.  Return the number, 0 for none / 0, or -1 with errno set.
 */
uint64_t blocked_sent(const struct blocked *, const char *);
int blocked_set_sent(struct blocked *, const char *, uint64_t, stamp_t);

/* The same of the upload in parts that a try which broke has begun, and its name; "" for none. */
const char *blocked_upload(const struct blocked *, const char *);
int blocked_set_upload(struct blocked *, const char *, const char *, stamp_t);

/* Make what changed since blocked_load() durable.  Return 0, or -1 after one diag line. */
int blocked_save(struct blocked *);

#endif
