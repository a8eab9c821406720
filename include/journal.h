#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdint.h>

#include "digest.h"
#include "json.h"

/*
 * What one program appends, journal/PROGRAM/NAME.jsonl (casetap-journal(5)): JSON lines, each
 *   {"n":12,"time":"...","boottime":123,"boot_id":"...","program":"casetap-capture 0.1.0","uid":0,"login_uid":1000,
 *    "case":"LI-2026-0042","event":"capture-start","object":"sha256 or name","detail":{...}}
 * `case` is missing where a line is about no case.  n rises by one a line.  A line that a crash tore is closed by a
 * newline at the next opening and skipped by readers, who see its number missing.
 *
 * Events: order-accepted order-refused order-extended order-expired order-revoked order-missing order-changed
 * capture-start capture-stop binding-start binding-renewed binding-end binding-forgotten address-of-another
 * address-returned gap slice source seal ledger quarantine attempt receipt blocked time-stamp acknowledged complete
 * incomplete verification operator keyring clock recovered loss reader-loop interface-sums (casetap-journal(5) says
 * what each one's detail holds).
 */
struct journal;

/**
 * journal_open(dirfd, name, program):
 * Open or create ${name}.jsonl in ${dirfd} for appending, exclusively (errno EWOULDBLOCK if another process writes it,
 * after 5 s), find the last number.  Return it, or NULL after one diag line.
 */
struct journal *journal_open(int, const char *, const char *);
void journal_close(struct journal *);

/**
 * journal_write(j, case_id, event, object, detail):
 * Append one line and sync it.  ${case_id}, ${object} and ${detail} may be NULL; ${detail} is stolen.
 * Return 0, or -1 after one diag line.
 */
int journal_write(struct journal *, const char *, const char *, const char *, struct json *);

/* As journal_write but without the sync: for lines of which many come at once, followed by one journal_sync(). */
int journal_add(struct journal *, const char *, const char *, const char *, struct json *);
int journal_sync(struct journal *);

/**
 * journal_each(dirfd, file, after, each, cookie):
 * Call each(cookie, n, line, length, parsed) for every whole line of the file with n > ${after}.
 * Return 0, what each() returned, or -1 with errno set (ENOENT).
 */
int journal_each(
    int, const char *, uint64_t, int (*)(void *, uint64_t, const char *, size_t, const struct json *), void *);

/* The number of the file's last whole line, 0 if it has none; read from its end.  Return 0, or -1 with errno set. */
int journal_last(int, const char *, uint64_t *);

/*
 * How far a journal has come: what was written by then is never changed, so a journal that does not have the mark is an
 * older one, or another.
 */
struct journal_mark {
	uint64_t bytes;          /* 0: at its beginning */
	char sha256[DIGEST_HEX]; /* of the last 1024 bytes before there, or of all there are; "" at its beginning */
};

/**
 * journal_mark(j, mark):
 * Sync the journal and mark where it is.  Return 0, or -1 after one diag line.
 */
int journal_mark(struct journal *, struct journal_mark *);

/* Does the file have the mark?  1 or 0 (nor is there one, then), or -1 with errno set. */
int journal_has(int, const char *, const struct journal_mark *);

/**
 * journal_since(dirfd, file, mark, with, each, cookie):
 * As journal_each, from a mark (NULL: the beginning) that the file has on, and of the lines there only those that hold one
 * of the texts ${with}, which end with NULL.
 */
int journal_since(int, const char *, const struct journal_mark *, const char *const *,
    int (*)(void *, uint64_t, const char *, size_t, const struct json *), void *);

#endif
