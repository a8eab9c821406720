#ifndef SEALED_H
#define SEALED_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "json.h"
#include "ledger.h"
#include "names.h"
#include "slice.h"
#include "stamp.h"

/*
 * What is sealed of a stream: records/CASE/IAP/stream.json, replaced in one step after each package and each ledger.
 *
 * Whenever no function of the packager is running:
 * 1. Every number below `next` has a published package; `head_seal` is the seal id of number next - 1.
 * 2. The rows of DAY.rows, and of `day` its first `day_bytes` bytes, are those of the packages filed under that day.
 * 3. `day` never goes down, and no package is filed under a day that is closed: numbers rise from day to day.
 * 4. `due` is the day whose ledger comes next; STAMP_NONE before the first package, and between a final ledger and the
 *    first package after it.
 */
#define SEALED_ORDER_NAME 128

struct sealed_order {
	char name[SEALED_ORDER_NAME];
	char sha256[DIGEST_HEX];
};

struct sealed {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	uint64_t next;
	char station[65];              /* who owns the stream; "" before the first package */
	char head_seal[DIGEST_HEX];    /* "" before the first */
	char head_record[DIGEST_HEX];  /* hash of the last number's record; "" before the first */
	char order_sha256[DIGEST_HEX]; /* of the last number's record */
	int is_encrypted;              /* was any package?  Then no later one may be in the clear */
	uint64_t content_id;           /* of the last number's record */
	uint32_t revision;
	stamp_t covered; /* end of the last number's window */
	stamp_t day;     /* of the last package */
	uint64_t day_bytes;
	stamp_t due;
	stamp_t closed; /* day of the last ledger; STAMP_NONE if there is none */
	char ledger_sha256[DIGEST_HEX];
	char ledger_seal[DIGEST_HEX]; /* its head-seal and order-sha256 */
	char ledger_order[DIGEST_HEX];
	uint64_t custody_lines; /* of the custody log that the last package names; 0: it is not known */
	char custody_head[DIGEST_HEX];
	struct sealed_order *orders; /* order files that some package holds */
	size_t order_count;
};

/**
 * sealed_load(s, dirfd, case_id, iap):
 * Load the state from the folder ${dirfd} (records/CASE/IAP); a stream of which nothing was sealed starts at number 1.
 * Return 0, or -1 after one diag line with errno set (EBADMSG: damaged, or lost while packages are recorded).
 */
int sealed_load(struct sealed *, int, const char *, const char *);
void sealed_clear(struct sealed *);

/* Append the text of the state / read it for its case and iap.  Return 0, or -1 with errno ENOMEM or EBADMSG. */
int sealed_write(const struct sealed *, struct buf *);
int sealed_parse(struct sealed *, const char *, size_t);

/* Replace the state on disk.  Return 0, or -1 after one diag line. */
int sealed_save(const struct sealed *, int);

/* Remember that an order file was sealed (copied).  Return 0, or -1 with errno ENOMEM. */
int sealed_add_order(struct sealed *, const struct sealed_order *);
int sealed_has_order(const struct sealed *, const char *);

/*
 * A list of order files as JSON, or NULL without memory / back from JSON into memory that the caller frees; returns 0, or
 * -1 with nothing to free.
 */
struct json *sealed_orders_json(const struct sealed_order *, size_t);
int sealed_orders_parse(const struct json *, struct sealed_order **, size_t *);

/* A row of a ledger, the hash and length of the package's file, and the order that its record names. */
struct sealed_row {
	struct ledger_row row;
	char sha256[DIGEST_HEX];
	uint64_t bytes;
	int is_encrypted;              /* is the file a .tar.age? */
	char order_sha256[DIGEST_HEX]; /* of its record */
};

/*
 * What a record (one of the two is NULL) with that seal id makes of a row, but for its number and the package's file / of
 * the state, but for the next number and whether any package is encrypted; with station, seal id and hash of the record.
 */
void sealed_row_fill(struct sealed_row *, const struct slice_head *, const struct slice_record *,
    const struct gap_record *, const char *);
void sealed_count(struct sealed *, const struct slice_head *, const char *, const char *, const char *);

/* Append the line of a row / read one, without its newline.  Return 0, or -1. */
int sealed_row_write(const struct sealed_row *, struct buf *);
int sealed_row_parse(const char *, size_t, struct sealed_row *);

/**
 * sealed_put_row(s, dirfd, row):
 * Append a row behind the first s->day_bytes bytes of s->day's rows and sync; s->day_bytes is raised in memory, which
 * sealed_save makes true.  Return 0, or -1 after one diag line.
 */
int sealed_put_row(struct sealed *, int, const struct sealed_row *);

/**
 * sealed_each_row(s, dirfd, day, each, cookie):
 * Call each(cookie, row) for the rows of ${day}, none if there are none.  Return 0, what each() returned, or -1 after one
 * diag line.
 */
int sealed_each_row(const struct sealed *, int, stamp_t, int (*)(void *, const struct sealed_row *), void *);

#endif
