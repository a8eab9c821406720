#ifndef DAY_H
#define DAY_H

#include <stddef.h>
#include <stdint.h>

#include "keyring.h"
#include "ledger.h"
#include "manifest.h"
#include "names.h"
#include "stamp.h"

#include "answer.h"

/*
 * One day folder of the outbox as its sender sees it: what lies there, and whether each file is still what was sealed.
 */
enum day_state {
	DAY_OPEN,   /* no signed SHA256SUMS yet: packages and notices may go, each proven by itself */
	DAY_CLOSED, /* SHA256SUMS is signed by a station of the keyring, and the ledger is the one it lists */
	DAY_DAMAGED /* it should be closed, but something of that does not hold: day_why() */
};

struct day;

struct day_file {
	int fd; /* the caller's to close */
	uint64_t bytes;
	char sha256[DIGEST_HEX];
	uint64_t seq;   /* 0 for what is not a package */
	stamp_t sealed; /* when it was put into the outbox */
};

/**
 * day_open(streamfd, case_id, iap, day, keyring):
 * Open the folder of ${day} below the stream's and list it.  ${keyring} is borrowed.
 * Return it, or NULL after one diag line.
 */
struct day *day_open(int, const char *, const char *, stamp_t, const struct keyring *);
void day_close(struct day *);

stamp_t day_stamp(const struct day *);
const char *day_case(const struct day *);
const char *day_iap(const struct day *);
int day_dirfd(const struct day *); /* borrowed */

/* CASE_IAP_DAYSUFFIX of this day; ${out} has NAMES_FILE_ROOM bytes. */
void day_file_name(const struct day *, const char *, char *);
const char *day_text(const struct day *); /* 2026-11-20 */

/* The published files in the order of delivery: packages first, SHA256SUMS.minisig last. */
size_t day_count(const struct day *);
const char *day_name(const struct day *, size_t);

/* The lowest and the highest number of a package in the folder, 0 if there is none. */
uint64_t day_first_seq(const struct day *);
uint64_t day_last_seq(const struct day *);

/**
 * day_judge(d):
 * Load SHA256SUMS, its signature and the ledger, and find the state.  Return 0, or -1 with errno set.
 */
int day_judge(struct day *);
enum day_state day_state(const struct day *);
const char *day_why(const struct day *);
const struct manifest *day_sums(const struct day *); /* DAY_CLOSED only */
const struct ledger *day_ledger(const struct day *); /* DAY_CLOSED only */
const char *day_sums_sha256(const struct day *);     /* of SHA256SUMS; DAY_CLOSED only */

/* Is this one of the two files that say that a day is complete? */
int day_is_seal(const char *);

/**
 * day_seal_hash(d, name, hex):
 * The hash of a file that closes the day, as its receipt has to name it: SHA256SUMS and its signature as they were judged
 * (DAY_CLOSED only), the sum and the signature of the day as one file as they lie here, that file as its sum says.
 * Return 1, 0 if that can not be known, or -1 with errno set.
 */
int day_seal_hash(const struct day *, const char *, char[DIGEST_HEX]);

/* Is it one of those? */
int day_closes(const char *);

/* Is this the sum or the signature of the day as one file? */
int day_is_archive(const char *);

/* May this file go before the day is closed? */
int day_may_go_early(const char *);

/**
 * day_open_file(d, name, file, why, room):
 * Open a file and prove that it is what was sealed: a package by the verifier's own code, everything in a closed day also
 * by SHA256SUMS.  The descriptor stands at the start.
 * Return ANSWER_OK; ANSWER_ROT, ANSWER_MISSING or ANSWER_LOCAL with the reason in ${why}, ${file}->fd then -1.
 */
enum answer day_open_file(struct day *, const char *, struct day_file *, char *, size_t);

#endif
