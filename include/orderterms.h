#ifndef ORDERTERMS_H
#define ORDERTERMS_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "names.h"
#include "order.h"

/*
 * What a program that delivers has to know of an order, without a word about its subject: CASE.addressees in the journal
 * folder of who could read the order (casetap-journal(5)).  It counts for the order whose hash it names, and no other.
 */
struct orderterms {
	char destinations[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM];
	size_t destination_count;
	uint32_t payload_days; /* 0 where an earlier version wrote it */
};

void orderterms_of(const struct order *, struct orderterms *);

/**
 * orderterms_save(dirfd, order):
 * Durably note the order's terms in the folder, unless they stand there already.  Return 0, or -1 with errno set.
 */
int orderterms_save(int, const struct order *);

/**
 * orderterms_load(dirfd, case_id, sha256, terms):
 * Read what is noted of the case.  Return 0; or -1 if there is nothing, or it is not of the order with this hash.
 */
int orderterms_load(int, const char *, const char *, struct orderterms *);

#endif
