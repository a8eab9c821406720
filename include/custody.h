#ifndef CUSTODY_H
#define CUSTODY_H

#include <stdint.h>

#include "digest.h"
#include "json.h"
#include "keyring.h"
#include "stamp.h"

/*
 * The custody log of a case, records/CASE/custody.jsonl (casetap-custody(5)): JSON lines, appended by the packager only:
 *   {"n":7,"prev":"hash of line 6","source":"capture/tower-7","entry":{the journal line}}
 * prev is the SHA-256 of the line before without its newline, 64 zeros for line 1; the head is the hash of the last line.
 * An entry never names another case.
 *
 * A log that was lost for good may be begun anew, on the word of approvers: its first line goes on where the lost one
 * ended, with the number and the hash of the last line that is known of it, and says so.  Who has it knows what is missing.
 */
#define CUSTODY_NONE "0000000000000000000000000000000000000000000000000000000000000000"

struct custody;

/**
 * custody_open(dirfd, writable):
 * Open the log in the folder records/CASE and check its whole chain; with ${writable} it is made if missing and a last
 * line that a crash tore is cut off.  Return it, or NULL after one diag line (errno EBADMSG: the chain is broken; the
 * line is named).
 */
struct custody *custody_open(int, int);

/**
 * custody_resume(dirfd, writable):
 * As custody_open, but lines that were checked before are not taken apart again: custody_sync remembers how far that was,
 * in records/CASE/custody.head, with the hash of all bytes up to there.  Where they are the same, the check goes on behind
 * them; where they are not, the whole is read, and the line named that breaks the chain.
 */
struct custody *custody_resume(int, int);
void custody_close(struct custody *);

const char *custody_head(const struct custody *); /* CUSTODY_NONE if empty */
uint64_t custody_lines(const struct custody *);

/* What is lost of a log that was begun anew. */
struct custody_begun {
	uint64_t lines;           /* up to this one; 0: nothing is */
	char head[DIGEST_HEX];    /* the hash of that line, as it was known */
	char request[DIGEST_HEX]; /* on which it was begun anew, casetap-request(5) */
	stamp_t at;
};

/* NULL: it has its line 1. */
const struct custody_begun *custody_begun(const struct custody *);

/**
 * custody_begun_load(dirfd, begun):
 * The same of the log in the folder records/CASE, by its first line alone.  Return 1, 0 if it has its line 1 or there is
 * none, or -1 with errno set.
 */
int custody_begun_load(int, struct custody_begun *);

/**
 * custody_set_aside(dirfd, lines) / custody_begin(dirfd, case_id, begun, reason, approvers):
 * Call what is left of the log custody-LINES.lost, if anything is, or custody-LINES-2.lost and so on / publish a log of the
 * one line that says what is lost, on whose word, and why.  The request must be beside it, or the folder looks as if the
 * log had been cut.
 * Return 0, or -1 with errno set (EEXIST if the name is taken).
 */
int custody_set_aside(int, uint64_t);
int custody_begin(int, const char *, const struct custody_begun *, const char *, const char *);

/**
 * custody_fits_head(c, dirfd):
 * Is custody.head in the folder what custody_sync would have written of this log, now or when it had fewer lines, or of the
 * one that it was begun anew for?
 * Return 1 if it is or there is none, 0 if not, or -1 with errno set.
 */
int custody_fits_head(struct custody *, int);

/* What is known of a log from elsewhere: it had so many lines, of which the last had this hash. */
struct custody_known {
	uint64_t lines;
	char head[DIGEST_HEX];
};

/* Whose log it is, and who may have signed heads of it. */
struct custody_case {
	int dirfd; /* records/CASE */
	const char *case_id;
	const struct keyring *keyring;
};

/**
 * custody_known(c, known) / custody_is_cut(c, known):
 * What is told of the log of the case / and does it lack, or have otherwise, lines that it once had?
 * custody.head beside it tells, the stream.json of each stream, of the log at the last sealing, and the heads that were
 * signed since the case ended, as far as they count (signedhead_load); ${known} is the longest that they tell of, no lines
 * if they do not.  All are written behind the log, so that no crash makes it look cut; and where a log was begun anew, what
 * they tell of the one that is lost is no more than the new one says itself.  A log that does not begin with line 1 lacks
 * what was before, too, unless the request on which it was begun anew is beside it, requests/SHA256.request.
 * Return 0 / 1 or 0, or -1 with errno set.
 */
int custody_known(const struct custody_case *, struct custody_known *);
int custody_is_cut(const struct custody_case *, struct custody_known *);

/**
 * custody_is_lost(c, known):
 * The same, or does its chain break somewhere, which custody_open says?  Such a log can not be continued either, though
 * all of it that is known may be there.  Where nothing tells of it, ${known} is what its chain holds up to, no lines if not
 * even its first one is one: whether it may be begun anew behind that, lostlog.h judges.  A log that could not be read is
 * no lost one.
 * Return 1, 0, or -1 with errno set.
 */
int custody_is_lost(const struct custody_case *, struct custody_known *);

/**
 * custody_keep_known(c, known):
 * Where nothing tells of the log, and ${known} is what its chain holds up to, make custody.head tell that: before the log
 * is touched, lest nothing does afterwards.  Return 0, or -1 with errno set.
 */
int custody_keep_known(const struct custody_case *, const struct custody_known *);

/* Does custody.head / does the state of the stream ${iap} tell of the log in the folder?  1, 0, or -1 with errno set. */
int custody_is_remembered(int);
int custody_is_told(int, const char *);

/* What is left of a log that can not be continued. */
struct custody_left {
	uint64_t lines; /* up to this one its chain holds; 0: nothing is left */
	stamp_t until;  /* the time of the last of them that has one; STAMP_NONE */
	int is_known;   /* the last line that is known is among them, as it was known */
};

/**
 * custody_left(dirfd, known, left):
 * Read the log in the folder records/CASE as far as its chain holds.  Return 0, or -1 with errno set.
 */
int custody_left(int, const struct custody_known *, struct custody_left *);

/* As custody_each, of the log in the folder, as far as its chain holds. */
int custody_each_left(int, int (*)(void *, uint64_t, const struct json *), void *);

/* The highest journal number taken from ${source}, 0 if none. */
uint64_t custody_last(const struct custody *, const char *);

/*
 * Append one journal line (stolen), not yet synced / make all appended lines durable.  Return 0, or -1 with errno set.  A
 * sync that fails takes back what was appended since the log was opened: no later one could be trusted with it.  Then the
 * log is only to be closed.
 */
int custody_append(struct custody *, const char *, struct json *);
int custody_sync(struct custody *);

/* Call each(cookie, line number, parsed line) for all lines.  Return 0, what each() returned, or -1 with errno set. */
int custody_each(struct custody *, int (*)(void *, uint64_t, const struct json *), void *);

#endif
