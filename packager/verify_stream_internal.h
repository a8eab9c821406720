#ifndef VERIFY_STREAM_INTERNAL_H
#define VERIFY_STREAM_INTERNAL_H

#include "verify_stream.h"

/* What verify_stream.c (numbers and their chains) and verify_stream_ledgers.c (days and theirs) share. */

/* One number, as one package tells it. */
struct verify_stream_item {
	uint64_t seq;
	uint8_t tar[DIGEST_BYTES], seal[DIGEST_BYTES], prev_seal[DIGEST_BYTES];
	uint8_t record[DIGEST_BYTES], prev_record[DIGEST_BYTES];
	stamp_t day;
	const char *where;
	uint64_t frames, bytes, own_loss, late_frames;
	enum slice_state state;
	unsigned char is_proven, has_tar, has_seal, has_prev_seal, has_prev_record, is_gap, possible_loss;
	unsigned char is_suspect;
	unsigned char
	    stands_in; /* the packager's gap for what it set aside: the record that was chained is not here */
};

struct verify_stream_day {
	stamp_t day;
	char sha256[DIGEST_HEX], prev[DIGEST_HEX], head_seal[DIGEST_HEX];
	size_t rows;
	uint64_t keyring; /* version, 0 if not known */
	int final;
	char final_reason[SLICE_REASON_ROOM];
	const char *where;
	struct verify_ledger_sums sums;
};

struct verify_stream {
	struct verify_stream_sums sums;
	struct verify_stream_item *items;
	size_t item_count;
	struct verify_stream_day *days;
	size_t day_count;
	char label[NAMES_CASE_ROOM + NAMES_IAP_ROOM];
	stamp_t due;
};

/* Judge the ledgers, and find up to when the stream accounts for its case.  The sums' list of days has room for all. */
void verify_stream_judge_ledgers(struct verify_stream *, struct verify_result *);

#endif
