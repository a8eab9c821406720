#ifndef RECEIPT_H
#define RECEIPT_H

#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "names.h"
#include "stamp.h"

/*
 * casetap-receipt/1 (casetap-receipt(5)): the durable proof that one file arrived whole at one destination, written only
 * after the far end's bytes were read back and hashed.  receipts/CASE/IAP/FILE.DESTINATION.receipt, JSON.  Each names
 * the hash of the receipt written before it for the same stream and destination: a chain.
 */
struct receipt {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	stamp_t day;			  /* the outbox folder */
	char file[NAMES_FILE_ROOM];
	uint64_t seq;			  /* 0 for what is not a package */
	char sha256[DIGEST_HEX];
	uint64_t bytes;
	char destination[NAMES_DEST_ROOM];
	char location[512]; /* where it lies: the URL without user or password */
	char peer[129];	    /* who took it: certificate or host key hash, "sha256:HEX"; "local" for file:// */
	char method[33];    /* how it was proven: "read-back" */
	uint32_t attempts;
	stamp_t published;
	uint64_t number;	/* in the chain, from 1 */
	char prev[DIGEST_HEX];	/* hash of the receipt before; "" for the first */
};

int receipt_write(const struct receipt *, struct buf *);
int receipt_parse(const char *, size_t, struct receipt *);

/* FILE.DESTINATION.receipt; ${out} has 256 bytes and is returned. */
char *receipt_name(char *, const char *, const char *);

#endif
