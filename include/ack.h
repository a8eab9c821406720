#ifndef ACK_H
#define ACK_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "names.h"
#include "sign.h"
#include "stamp.h"

/*
 * casetap-acknowledgement/1 (casetap-receipt(5)): the word of an LEA that it has received a day and verified it, which is
 * more than that it is stored there.  SHA256SUMS.received in the day's folder: nine lines, then their minisign signature by
 * a `lea:` key of the keyring.
 */
#define ACK_NAME "SHA256SUMS.received"
#define ACK_MAX_BYTES ((size_t)8192)

struct ack {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	stamp_t day;
	char sums_sha256[DIGEST_HEX]; /* of SHA256SUMS */
	uint64_t packages;            /* that the day holds */
	int verdict;                  /* casetap-verify's: 0 intact and complete, 10 intact with declared gaps */
	stamp_t verified;
	char verifier[65];
};

/**
 * ack_write(a, out) / ack_parse(text, n, a):
 * Append the nine lines / read them back.  There is one spelling: what ack_write would not have written is refused.
 * Return 0, or -1 with errno EINVAL or ENOMEM.
 */
int ack_write(const struct ack *, struct buf *);
int ack_parse(const char *, size_t, struct ack *);

/**
 * ack_open(data, n, a, sig, length):
 * Take a whole file apart: the nine lines, whose length goes to ${length}, and the signature over them, which is not
 * checked.  Return 0, or -1 with errno EINVAL or ENOMEM.
 */
int ack_open(const char *, size_t, struct ack *, struct sign_sig *, size_t *);

#endif
