#ifndef FINISH_H
#define FINISH_H

#include "order.h"
#include "slice.h"
#include "stamp.h"

/*
 * The end of a stream that no reader has open: its order expired or was revoked while nothing was captured of it.
 */
struct finish {
	const char *case_id, *iap, *config_sha256;
	const struct order *order; /* NULL where it can not be read any more: then no gap can be declared */
	uint32_t revision;
	const char *end_reason; /* not_after or revoked */
	const char *gap_reason; /* why there was no capture from where the stream was covered to ${at} */
	stamp_t at;
};

/**
 * finish_stream(statefd, f, gap):
 * Declare the time from where the stream was covered to f->at as a gap, and durably mark it as ended.  A case without a
 * stream here, or with one that has ended, is left alone.  ${gap} gets the gap record, with seq 0 if none was published,
 * which can be also where this fails later on.
 * Return 0; or -1 with errno set, to be called again later: EWOULDBLOCK while a reader has the stream, EBUSY where recovery
 * left a number open.
 */
int finish_stream(int, const struct finish *, struct gap_record *);

#endif
