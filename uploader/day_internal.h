#ifndef DAY_INTERNAL_H
#define DAY_INTERNAL_H

#include "buf.h"

#include "day.h"

/* What day.c (the folder as a whole) and day_file.c (each file of it) share. */
#define DAY_SUMS "SHA256SUMS"
#define DAY_SIG_MAX 8192

struct day {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	stamp_t stamp;
	char text[STAMP_DAY_TEXT];
	int dirfd;
	const struct keyring *keyring; /* borrowed */
	char **names;
	size_t count;
	uint64_t first_seq, last_seq;
	enum day_state state;
	char why[256];
	struct manifest *sums;
	char sums_sha256[DIGEST_HEX], sig_sha256[DIGEST_HEX];
	struct ledger ledger;
};

/* Load a file of the folder with its hash.  Return 1, 0 if it is not there or no such file, -1 with errno set. */
int day_load(const struct day *, const char *, size_t, struct buf *, char[DIGEST_HEX]);

/* Is the signature over these bytes one of a station's own? */
int day_is_signed(const struct day *, const struct sign_sig *, const void *, size_t);

#endif
