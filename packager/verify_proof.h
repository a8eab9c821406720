#ifndef VERIFY_PROOF_H
#define VERIFY_PROOF_H

#include "manifest.h"
#include "order.h"
#include "purgecert.h"

/*
 * Whether a purge was allowed, by what its certificate itself tells (promise 10): the order is asked by verify_claims.h.
 */
struct verify_proof {
	char destinations[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM]; /* where all of the day had arrived */
	size_t count;
};

/**
 * verify_proof_judge(c, sums, proof):
 * Were the days of retention over since the latest of the receipts, by the station's clock and by the approver's, and had
 * all of the day arrived wherever a receipt is from: every file that ${sums} lists (NULL: that was deleted), the list and
 * its signature, or the day's one file with its sum and signature?  Sorts the receipts.
 * Return NULL with ${proof} filled, or what is wrong.
 */
const char *verify_proof_judge(struct purgecert *, const struct manifest *, struct verify_proof *);

/* The same of the certificate of a case's records, which names no receipts. */
const char *verify_proof_judge_time(const struct purgecert *);

#endif
