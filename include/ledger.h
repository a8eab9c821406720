#ifndef LEDGER_H
#define LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "names.h"
#include "slice.h"
#include "stamp.h"

/*
 * casetap-ledger/1 (casetap-ledger(5)): a stream's account of one day.
 *
 *   casetap-ledger/1
 *   case: LI-2026-0042
 *   iap: tower-7
 *   day: 2026-11-20
 *   first-seq: 1                 "-" for an empty day
 *   last-seq: 288
 *   count: 288
 *   prev-ledger-sha256: HEX      "-" for the stream's first ledger
 *   head-seal: HEX               seal id of the stream's last package up to here; "-" if none yet
 *   keyring-sha256: HEX
 *   order-sha256: HEX            the revision of the last package's record; "-" if none yet
 *   custody-head: HEX
 *   custody-lost: N HEX HEX      where the custody log was lost up to line N, whose hash is the first, and begun anew on
 *                                the request whose hash is the second; else there is no such line
 *   final: no                    or: yes (not_after, revision 2)
 *   sibling: tower-8             one line for each other stream of the case that the station had then, rising; maybe none
 *
 *   SEQ SEAL-ID FROM TO FIRST-FRAME LAST-FRAME FRAMES BYTES LOSS GAP       one line a package, blank-separated
 *
 * LOSS is "zero", "possible" or "N" (frames of the case's own loss; "N+possible" for both); GAP is "-", the reason of a
 * gap package, or "N" gaps inside the slice.  Times as stamp_format, "-" for none.
 */
#define LEDGER_ROWS_MAX 100000
#define LEDGER_SIBLINGS_MAX 4096

struct ledger_row {
	uint64_t seq;
	char seal_id[DIGEST_HEX];
	stamp_t from, to, first_frame, last_frame;
	uint64_t frames, bytes;
	int possible_loss;
	uint64_t own_loss;
	int is_gap_package;
	char gap[SLICE_REASON_ROOM]; /* reason, for a gap package */
	uint32_t gaps;               /* inside a slice */
};

struct ledger {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	stamp_t day;
	char prev[DIGEST_HEX];      /* "" for the first */
	char head_seal[DIGEST_HEX]; /* "" if none */
	char keyring_sha256[DIGEST_HEX];
	char order_sha256[DIGEST_HEX]; /* "" if none */
	char custody_head[DIGEST_HEX];
	uint64_t lost_lines; /* 0: none */
	char lost_head[DIGEST_HEX], lost_request[DIGEST_HEX];
	int final;
	char final_reason[SLICE_REASON_ROOM];
	uint32_t final_revision;
	char (*siblings)[NAMES_IAP_ROOM]; /* in byte order */
	size_t sibling_count;
	struct ledger_row *rows;
	size_t row_count; /* first and last seq and count follow from the rows */
};

/* Append a row (copied) / the name of another stream of the case.  Return 0, or -1 with errno ENOMEM. */
int ledger_add(struct ledger *, const struct ledger_row *);
int ledger_add_sibling(struct ledger *, const char *);

/* Append the text / parse it strictly (numbers contiguous and rising; EINVAL, line in ${line}) / release the rows. */
int ledger_write(const struct ledger *, struct buf *);
int ledger_parse(const char *, size_t, struct ledger *, unsigned *);
void ledger_clear(struct ledger *);

#endif
