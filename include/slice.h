#ifndef SLICE_H
#define SLICE_H

#include <stddef.h>
#include <stdint.h>

#include "access.h"
#include "buf.h"
#include "clockstate.h"
#include "digest.h"
#include "json.h"
#include "names.h"
#include "order.h"
#include "stamp.h"

/*
 * casetap-slice/1 and casetap-gap/1 (casetap-spool(5)): the account of one number of a stream.  The bytes of a record are
 * those of slice_record_write(); its hash is the SHA-256 of these bytes without a newline, also where the record stands
 * inside a custody.json.
 */
enum slice_state {
	SLICE_CLOSED,
	SLICE_RECOVERED,
	SLICE_SUSPECT
};

enum slice_rolled {
	SLICE_TIME,
	SLICE_SIZE,
	SLICE_STOP,
	SLICE_ORDER_END,
	SLICE_ORDER_CHANGE,
	SLICE_CONFIG_CHANGE,
	SLICE_CLOCK_STEP,
	SLICE_LINK_CHANGE,
	SLICE_FSYNC_FAILED,
	SLICE_READER_LOST,
	SLICE_WAS_RECOVERED, /* "recovered" */
	SLICE_SOURCE_END
};

#define SLICE_GAPS_MAX 64
#define SLICE_REASON_ROOM 33

/* Time of the window without capture, [from, to), and why: start-up, down-time, late-start, link-down, disk-full,
 * reader-lost, not-in-source, clock, quarantined, lost-number, order-missing ...: [a-z-]{1,32} (casetap-spool(5)). */
struct slice_gap {
	stamp_t from, to;
	char reason[SLICE_REASON_ROOM];
};

struct slice_clock {
	stamp_t realtime, boottime;
	char boot_id[37];
	int adj_state;  /* adjtimex(2) return value, -1 unknown */
	int adj_status; /* STA_* bits */
	int64_t maxerror_us, esterror_us;
};

/* Members common to both records. */
struct slice_head {
	char case_id[NAMES_CASE_ROOM];
	uint64_t content_id;
	char iap[NAMES_IAP_ROOM];
	uint64_t seq;
	char prev[DIGEST_HEX]; /* hash of the record of seq - 1; "" for number 1 */
	stamp_t from, to;      /* the window [from, to) that this number accounts for */
	int from_file;         /* source: file, else live */
	uint32_t revision;     /* of the order, and its hash */
	char order_sha256[DIGEST_HEX];
	struct order_acceptance accepted; /* of that revision */
	char program[65];                 /* "casetap-capture 0.1.0" */
	char build[65];
	char config_sha256[DIGEST_HEX];
};

struct slice_record {
	struct slice_head head;
	enum slice_state state;
	enum slice_rolled rolled;
	stamp_t first_frame, last_frame; /* STAMP_NONE if empty */
	uint64_t frames, bytes;          /* bytes: sum of caplen */
	uint64_t file_bytes;             /* length of the pcap */
	uint64_t truncated_frames;       /* caplen < len by scope or snaplen */
	uint64_t late_frames;
	char sha256[DIGEST_HEX]; /* of the pcap, computed while it was written */
	enum order_scope scope;
	uint32_t snaplen, linktype;
	int nano;
	int kernel_filter;     /* frames of nobody's stayed in the kernel when it was opened */
	char interfaces[256];  /* names separated by one blank; "" from a file */
	char source_name[256]; /* file: base name and hash, in the run's last record; else "" */
	char source_sha256[DIGEST_HEX];
	char *filter; /* NULL if none; owned */
	/* Loss on the shared path is zero or possible, between two times; loss of the case's own is exact. */
	int shared_loss;
	stamp_t loss_from, loss_to;
	uint64_t lost_disk, lost_quota; /* frames */
	struct slice_gap gaps[SLICE_GAPS_MAX];
	size_t gap_count;
	struct access_list access; /* owned */
	struct slice_clock open, close;
};

struct gap_record {
	struct slice_head head;
	char reason[SLICE_REASON_ROOM];
	char detail[129]; /* printable, never a subject; may be "" */
	stamp_t written;  /* when */
};

/* Append the record's text (no newline).  Return 0, or -1 with errno set. */
int slice_record_write(const struct slice_record *, struct buf *);
int gap_record_write(const struct gap_record *, struct buf *);

/* Parse a record, strictly.  Return 0, or -1 with errno EINVAL or ENOMEM; release with slice_record_clear. */
int slice_record_parse(const char *, size_t, struct slice_record *);
int gap_record_parse(const char *, size_t, struct gap_record *);
void slice_record_clear(struct slice_record *);

/* Copy a record and all that it owns.  Return 0, or -1 with errno ENOMEM and nothing to clear. */
int slice_record_copy(struct slice_record *, const struct slice_record *);

/* Has a sync of it failed?  One that was recovered after that has to say so too. */
int slice_is_suspect(const struct slice_record *);

const char *slice_state_text(enum slice_state);
const char *slice_rolled_text(enum slice_rolled);

/* Read both clocks, the boot id, and from the source (NULL: the kernel) the clock's state.  Return as clockstate_get(). */
const char *slice_clock_read(struct clockstate_source *, struct slice_clock *);

#endif
