#ifndef STREAMS_H
#define STREAMS_H

#include <stdint.h>
#include <string.h>

#include "digest.h"
#include "fsio.h"
#include "savefile.h"
#include "slice.h"
#include "spool.h"

#include "scratch.h"

/*
 * What tests of a stream's folder need: drafts, parts with frames in them, and the account that every folder must pass.
 */
#define STREAMS_CASE "LI-2026-0042"
#define STREAMS_IAP "tower-7"
#define STREAMS_T0 ((stamp_t)1795219200 * STAMP_SECOND)
#define STREAMS_HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int streams_statefd = -1;

static inline int
streams_set_up(void **state)
{
	scratch_remove("state");
	assert_int_equal(mkdir(scratch_path("state"), 0755), 0);
	streams_statefd = open(scratch_path("state"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(streams_statefd, -1);
	return 0;
}

static inline int
streams_tear_down(void **state)
{
	diag_capture(-1);
	(void)close(streams_statefd);
	return 0;
}

static inline struct spool *
streams_open(void)
{
	struct spool *s = spool_open(streams_statefd, STREAMS_CASE, STREAMS_IAP, SPOOL_LIVE, 1);

	assert_non_null(s);
	return s;
}

static inline void
streams_head(struct slice_head *h, stamp_t from, stamp_t to)
{
	memset(h, 0, sizeof(*h));
	strcpy(h->case_id, STREAMS_CASE);
	strcpy(h->iap, STREAMS_IAP);
	h->content_id = 1;
	h->from = from;
	h->to = to;
	h->revision = 1;
	strcpy(h->order_sha256, STREAMS_HEX);
	strcpy(h->program, "casetap-capture 0.1.0");
	strcpy(h->config_sha256, STREAMS_HEX);
}

static inline void
streams_draft(struct slice_record *r, stamp_t from, stamp_t to)
{
	memset(r, 0, sizeof(*r));
	streams_head(&r->head, from, to);
	r->snaplen = 2000;
	r->linktype = 1;
	r->first_frame = STREAMS_T0;
	r->last_frame = STREAMS_T0 + STAMP_DAY;
	r->loss_from = r->loss_to = STAMP_NONE;
	(void)slice_clock_read(NULL, &r->open);
}

static inline void
streams_gap(struct gap_record *g, stamp_t from, stamp_t to)
{
	memset(g, 0, sizeof(*g));
	streams_head(&g->head, from, to);
	strcpy(g->reason, "down-time");
	g->written = to;
}

/* Write a header and ${frames} frames of 60 bytes, one a second from ${from}. */
static inline void
streams_fill(int fd, stamp_t from, unsigned frames)
{
	uint8_t header[SAVEFILE_HEADER_BYTES], record[SAVEFILE_RECORD_BYTES], data[60];
	unsigned i;

	memset(data, 0x5a, sizeof(data));
	savefile_header(header, 1, 2000, 0);
	assert_int_equal(fsio_write(fd, header, sizeof(header)), 0);
	for (i = 0; i < frames; i++) {
		savefile_record(record, from + i * STAMP_SECOND, sizeof(data), sizeof(data), 0);
		assert_int_equal(fsio_write(fd, record, sizeof(record)), 0);
		assert_int_equal(fsio_write(fd, data, sizeof(data)), 0);
	}
}

/* Complete the record of an open slice from its part's bytes, as closed at its planned end. */
static inline void
streams_close(int fd, struct slice_record *r)
{
	struct savefile_scan scan;

	assert_int_equal(savefile_scan(fd, STAMP_NONE, STAMP_NONE, &scan), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(digest_fd(fd, r->sha256, &r->file_bytes), 0);
	r->first_frame = scan.first_frame;
	r->last_frame = scan.last_frame;
	r->frames = scan.frames;
	r->bytes = scan.bytes;
	r->truncated_frames = scan.truncated_frames;
	r->close = r->open;
	assert_int_equal(close(fd), 0);
}

/*
 * What must hold of any folder in which nothing is open: numbers without a hole, each a slice or a gap; records chained
 * by their hashes up to the head; windows that tile; each savefile as its record says.  The number of numbers.
 */
static inline uint64_t
streams_check(const char *case_id)
{
	struct spool *s = spool_open(streams_statefd, case_id, STREAMS_IAP, SPOOL_LIVE, 0);
	struct spool_number *list = NULL;
	struct slice_record rec;
	struct gap_record gap;
	struct savefile_scan scan;
	struct slice_head *head;
	struct buf text = BUF_INIT;
	char prev[DIGEST_HEX] = "", hex[DIGEST_HEX], name[NAMES_FILE_ROOM];
	stamp_t covered = STAMP_NONE;
	size_t count, strangers, i;
	uint64_t bytes;
	int fd;

	assert_non_null(s);
	assert_int_equal(spool_list(s, &list, &count, &strangers), 0);
	assert_int_equal(strangers, 0);
	assert_int_equal(spool_open_count(s), 0);
	assert_int_equal(spool_next(s), count + 1);
	for (i = 0; i < count; i++) {
		assert_int_equal(list[i].seq, i + 1);
		buf_clear(&text);
		memset(&rec, 0, sizeof(rec));
		if (list[i].has == SPOOL_HAS_GAP) {
			assert_int_equal(spool_load_gap(s, i + 1, &text), 0);
			assert_int_equal(gap_record_parse(text.data, text.len, &gap), 0);
			head = &gap.head;
		} else {
			assert_int_equal(list[i].has & (unsigned)~SPOOL_HAS_RAW, SPOOL_HAS_RECORD | SPOOL_HAS_PCAP);
			assert_int_equal(spool_load_record(s, i + 1, &text), 0);
			assert_int_equal(slice_record_parse(text.data, text.len, &rec), 0);
			head = &rec.head;
			fd = fsio_open_regular(spool_dirfd(s), names_seq_file(name, i + 1, ".pcap"), O_RDONLY);
			assert_int_not_equal(fd, -1);
			assert_int_equal(digest_fd(fd, hex, &bytes), 0);
			assert_string_equal(hex, rec.sha256);
			assert_int_equal(bytes, rec.file_bytes);
			assert_int_equal(savefile_scan(fd, STAMP_NONE, STAMP_NONE, &scan), 0);
			assert_int_equal(scan.valid_bytes, bytes);
			assert_int_equal(scan.frames, rec.frames);
			assert_int_equal(scan.bytes, rec.bytes);
			assert_int_equal(scan.truncated_frames, rec.truncated_frames);
			assert_true(scan.first_frame == rec.first_frame && scan.last_frame == rec.last_frame);
			assert_int_equal(close(fd), 0);
		}
		assert_int_equal(head->seq, i + 1);
		assert_string_equal(head->prev, prev);
		assert_true(head->to >= head->from);
		if (covered != STAMP_NONE)
			assert_true(head->from == covered);
		covered = head->to;
		assert_int_equal(digest_hex_of(text.data, text.len, prev), 0);
		slice_record_clear(&rec);
	}
	assert_string_equal(spool_head(s), prev);
	assert_true(spool_covered(s) == covered);
	free(list);
	buf_free(&text);
	spool_close(s);
	return count;
}

#endif
