#ifndef SIGNEDHEAD_H
#define SIGNEDHEAD_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "keyring.h"
#include "names.h"
#include "stamp.h"

/*
 * casetap-signed-head/1 (casetap-custody(5)): the head of a case's custody log, signed by the station once a month after
 * the case has ended, when no package and no ledger names it any more.  records/CASE/custody-2026-12.head and .minisig.
 */
#define SIGNEDHEAD_MAX_BYTES ((size_t)1024)
#define SIGNEDHEAD_MONTH sizeof("2026-12")
#define SIGNEDHEAD_PREFIX "custody-"
#define SIGNEDHEAD_SUFFIX ".head"
#define SIGNEDHEAD_COMMENT_ROOM 192
#define SIGNEDHEAD_NAME_ROOM 32

struct signedhead {
	char case_id[NAMES_CASE_ROOM];
	char month[SIGNEDHEAD_MONTH];
	stamp_t at; /* in that month, UTC, as the station's clock says */
	uint64_t lines;
	char head[DIGEST_HEX]; /* of line number `lines` */
	int is_old; /* calls itself casetap-custody-head/1, as the first ones do: read, and never signed anew */
};

/* The month of a time, UTC.  Return ${out}. */
char *signedhead_month(char[SIGNEDHEAD_MONTH], stamp_t);

/* The name of its file / the trusted comment of its signature, as old as the head is. */
char *signedhead_name(char[SIGNEDHEAD_NAME_ROOM], const char *);
char *signedhead_comment(char[SIGNEDHEAD_COMMENT_ROOM], const struct signedhead *);

/* Is it the name of such a file?  Not of a signature. */
int signedhead_is_name(const char *);

/**
 * signedhead_write(c, out) / signedhead_parse(data, n, c):
 * Append the text / read it back.  There is one spelling: what signedhead_write would not have written is refused.
 * Return 0, or -1 with errno EINVAL or ENOMEM.
 */
int signedhead_write(const struct signedhead *, struct buf *);
int signedhead_parse(const char *, size_t, struct signedhead *);

/**
 * signedhead_load(dirfd, name, case_id, keyring, c, why):
 * Load the head from the records of the case, and judge whether it counts: it is of that case and of the month that its
 * name says, and its signature that of a station of the keyring, which might sign at that time.
 * Return 1, 0 with what is wrong with it in ${why}, or -1 with errno set (ENOENT).
 */
int signedhead_load(int, const char *, const char *, const struct keyring *, struct signedhead *, const char **);

#endif
