#ifndef RECEIPT_H
#define RECEIPT_H

#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "names.h"
#include "stamp.h"

/*
 * casetap-receipt/1 (casetap-receipt(5)): the durable proof that one file arrived whole at one destination, written only
 * after the far end's bytes were read back and hashed, or it stated their hash and is believed.
 * receipts/CASE/IAP/FILE.DESTINATION.receipt, JSON.  Each names the hash of the receipt written before it for the same
 * stream and destination: a chain.
 */
struct receipt {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	stamp_t day; /* the outbox folder */
	char file[NAMES_FILE_ROOM];
	uint64_t seq; /* 0 for what is not a package */
	char sha256[DIGEST_HEX];
	uint64_t bytes;
	char destination[NAMES_DEST_ROOM];
	char location[512]; /* where it lies: the URL without user or password */
	char version[257];  /* which version of the object, for s3; else "" */
	uint32_t again;     /* the how manieth receipt of the file here, from 2: as another version; 0 in the first */
	char peer[129];     /* who took it: hash of the certificate or host key, "sha256:HEX"; "local" for file:// */
	char method[33]; /* how it was proven: "read-back", all bytes fetched back and hashed; "receiver's digest" */
	uint32_t attempts; /* tries of the run that delivered it */
	stamp_t published;
	uint64_t number;       /* in the chain, from 1 */
	char prev[DIGEST_HEX]; /* hash of the receipt before; "" for the first */
};

#define RECEIPT_NAME_ROOM 256
#define RECEIPT_MAX_BYTES 8192
#define RECEIPT_AGAIN_MAX 1000000

/**
 * receipt_write(r, out) / receipt_parse(data, n, r):
 * Append the receipt's text, one line and a newline: the whole of its file, whose SHA-256 the next receipt names / read
 * it back.  There is one spelling: what receipt_write would not have written is refused.
 * Return 0, or -1 with errno EINVAL (a member that is not what it should be) or ENOMEM.
 */
int receipt_write(const struct receipt *, struct buf *);
int receipt_parse(const char *, size_t, struct receipt *);

/* FILE.DESTINATION.receipt; ${out} has RECEIPT_NAME_ROOM bytes and is returned. */
char *receipt_name(char *, const char *, const char *);

/**
 * receipt_name_on(out, file, day, destination):
 * As receipt_name for any file of an outbox folder: where the file's own name says neither number nor day (SHA256SUMS,
 * keyring.txt: every day has one) it is preceded by the day, "2026-11-20_SHA256SUMS.DESTINATION.receipt".
 */
char *receipt_name_on(char *, const char *, stamp_t, const char *);

/* The name of this receipt: as above, or FILE.2.DESTINATION.receipt of the second of a file, and so on. */
char *receipt_name_of(char *, const struct receipt *);

#endif
