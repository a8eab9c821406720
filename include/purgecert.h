#ifndef PURGECERT_H
#define PURGECERT_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "names.h"
#include "request.h"
#include "sign.h"
#include "stamp.h"

/*
 * casetap-purge/1 (casetap-purge(5)): what was deleted, on whose word, and what allowed it.  Signed by the station, it
 * stands where the files stood.
 */
#define PURGECERT_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define PURGECERT_LINES_MAX 1000000
#define PURGECERT_SUFFIX ".purge.txt"
#define PURGECERT_COMMENT_ROOM 256

struct purgecert_file {
	char sha256[DIGEST_HEX];
	char name[NAMES_FILE_ROOM];
};

struct purgecert_receipt {
	char sha256[DIGEST_HEX]; /* of the receipt's file */
	stamp_t published;
	char destination[NAMES_DEST_ROOM];
	char file[NAMES_FILE_ROOM]; /* that arrived */
};

struct purgecert {
	enum request_what what;
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM]; /* "" for records, which are a case's */
	stamp_t day;              /* STAMP_NONE for records */
	stamp_t at;               /* when it was decided, as the station's clock says */
	char request[DIGEST_HEX]; /* SHA-256 of the request */
	stamp_t issued;           /* of the request */
	char approver[65];        /* who signed it, by name and key id */
	char key_id[SIGN_ID_TEXT];
	char reason[REQUEST_REASON_ROOM];
	char order_sha256[DIGEST_HEX]; /* the revision whose retention counted */
	uint32_t revision, days;
	stamp_t delivered;               /* the latest receipt */
	char sums_sha256[DIGEST_HEX];    /* of SHA256SUMS; "" for records */
	char ledger_sha256[DIGEST_HEX];  /* of the day's ledger; "" for records */
	char custody_head[DIGEST_HEX];   /* of the case's custody log at that time */
	struct purgecert_file *files;    /* what was deleted, in byte order of names */
	struct purgecert_receipt *proof; /* what allowed it */
	struct purgecert_file *kept; /* from the receipts: time stamps, acknowledgements; in byte order of names */
	size_t file_count, proof_count, kept_count;
};

void purgecert_clear(struct purgecert *);

/* Append a file (hash, name) / a receipt (copied) / a file that is kept.  Return 0, or -1 with errno ENOMEM. */
int purgecert_add_file(struct purgecert *, const char *, const char *);
int purgecert_add_kept(struct purgecert *, const char *, const char *);
int purgecert_add_receipt(struct purgecert *, const struct purgecert_receipt *);

/* The file of that name among those deleted, or NULL. */
const struct purgecert_file *purgecert_find(const struct purgecert *, const char *);

/**
 * purgecert_write(c, out) / purgecert_parse(data, n, c):
 * Append the text / read it back.  There is one spelling: what purgecert_write would not have written is refused.
 * Return 0, or -1 with errno EINVAL or ENOMEM; then there is nothing to clear.
 */
int purgecert_write(const struct purgecert *, struct buf *);
int purgecert_parse(const char *, size_t, struct purgecert *);

/* The trusted comment of its signature / its file's name: CASE_IAP_DAY.purge.txt, CASE.purge.txt for records. */
char *purgecert_comment(char[PURGECERT_COMMENT_ROOM], const struct purgecert *);
char *purgecert_name(char[NAMES_FILE_ROOM], const struct purgecert *);

#endif
