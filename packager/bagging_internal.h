#ifndef BAGGING_INTERNAL_H
#define BAGGING_INTERNAL_H

#include "hashing.h"
#include "manifest.h"
#include "tarfile.h"

#include "bagging.h"

/* The package on its way to the disk. */
struct bagging_work {
	const struct bagging_source *source;
	struct bagging *out;
	struct tarfile_writer *tar;
	struct manifest *manifest;
	struct hashing *hashing;
	char stem[NAMES_FILE_ROOM];
	uint64_t raw_bytes, order_bytes;
	struct buf events, flows;  /* empty: none */
	uint64_t packets_bytes;    /* of the report of packets; 0: none */
	const struct buf *profile; /* the element map of the events; NULL: casetap's own */
	struct buf *orders;        /* the texts, in the order of the intent */
	int fd;
};

/* bagging_payload.c: what was captured, and what goes with it.  Each returns 0, or -1 with errno set. */

/* What has to be known before the first member: lengths, and order files that are still what the intent names. */
int bagging_prepare(struct bagging_work *);

/* What the order asks for beside the slice, so that its length is known: the rows of packets are made twice, not kept. */
int bagging_prepare_summaries(struct bagging_work *);

/* All of it is known now: as bag-info.txt tells of it. */
void bagging_describe(const struct bagging_work *, struct bag_payload *);

/* A member of the bag, by its name below the bag's folder, that stands in no manifest of the payload. */
int bagging_put_text(struct tarfile_writer *, const struct bagging_work *, const char *, const struct buf *);

/* The payload / only its record of a gap / the element map, where it is not casetap's own / the orders. */
int bagging_put_payload(struct bagging_work *);
int bagging_put_gap(struct bagging_work *);
int bagging_put_profile(struct bagging_work *);
int bagging_put_orders(struct bagging_work *);

void bagging_free_texts(struct bagging_work *);

#endif
