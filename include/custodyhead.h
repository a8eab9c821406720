#ifndef CUSTODYHEAD_H
#define CUSTODYHEAD_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "names.h"
#include "stamp.h"

/*
 * casetap-custody-head/1 (casetap-custody(5)): the head of a case's custody log, signed by the station once a month after
 * the case has ended, when no package and no ledger names it any more.  records/CASE/custody-2026-12.head and .minisig.
 */
#define CUSTODYHEAD_MAX_BYTES ((size_t)1024)
#define CUSTODYHEAD_MONTH sizeof("2026-12")
#define CUSTODYHEAD_PREFIX "custody-"
#define CUSTODYHEAD_SUFFIX ".head"
#define CUSTODYHEAD_COMMENT_ROOM 192
#define CUSTODYHEAD_NAME_ROOM 32

struct custodyhead {
	char case_id[NAMES_CASE_ROOM];
	char month[CUSTODYHEAD_MONTH];
	stamp_t at; /* in that month, UTC, as the station's clock says */
	uint64_t lines;
	char head[DIGEST_HEX]; /* of line number `lines` */
};

/* The month of a time, UTC.  Return ${out}. */
char *custodyhead_month(char[CUSTODYHEAD_MONTH], stamp_t);

/* The name of its file / the trusted comment of its signature. */
char *custodyhead_name(char[CUSTODYHEAD_NAME_ROOM], const char *);
char *custodyhead_comment(char[CUSTODYHEAD_COMMENT_ROOM], const struct custodyhead *);

/* Is it the name of such a file?  Not of a signature. */
int custodyhead_is_name(const char *);

/**
 * custodyhead_write(c, out) / custodyhead_parse(data, n, c):
 * Append the text / read it back.  There is one spelling: what custodyhead_write would not have written is refused.
 * Return 0, or -1 with errno EINVAL or ENOMEM.
 */
int custodyhead_write(const struct custodyhead *, struct buf *);
int custodyhead_parse(const char *, size_t, struct custodyhead *);

#endif
