#ifndef RESET_H
#define RESET_H

#include <stddef.h>

#include "buf.h"
#include "digest.h"
#include "names.h"
#include "stamp.h"

/*
 * Beginning anew where what an access point had in mind is lost, casetap-request(5).  Capture that finds it gone or damaged
 * says in journal/capture/IAP.wanted what it misses, with a token of chance, and captures nothing.  An approver's reset,
 * requests/IAP.reset, answers that token: so none does for another access point, for another loss, or twice.
 */
#define RESET_ORDERS 1U  /* which revisions were accepted, and what was revoked */
#define RESET_CLOCK 2U   /* the clock's mark */
#define RESET_KEYRING 4U /* which keyring was the highest, and the root */
#define RESET_ALL (RESET_ORDERS | RESET_CLOCK | RESET_KEYRING)
#define RESET_TOKEN_BYTES 16
#define RESET_TOKEN (2 * RESET_TOKEN_BYTES + 1)
#define RESET_TEXT_ROOM 257
#define RESET_WHAT_ROOM 32
#define RESET_MAX_BYTES ((size_t)4096)

struct reset {
	char sha256[DIGEST_HEX]; /* of the file's bytes */
	char station[RESET_TEXT_ROOM];
	char iap[NAMES_IAP_ROOM];
	unsigned what; /* RESET_... */
	char token[RESET_TOKEN];
	stamp_t issued;
	char reason[RESET_TEXT_ROOM];
};

/* Append the text, which need not have a sha256 yet.  Return 0, or -1 with errno ENOMEM. */
int reset_write(const struct reset *, struct buf *);

/**
 * reset_parse(data, n, label, r):
 * Parse the text strictly: all keys, and no others.  Return 0, or -1 with errno EINVAL or ENOMEM after one diag line.
 */
int reset_parse(const char *, size_t, const char *, struct reset *);

/* Of "orders", "clock", "keyring" those that it is, in this order; ${out} has RESET_WHAT_ROOM bytes and is returned. */
char *reset_what_text(char *, unsigned);

/* What an access point misses. */
struct reset_wanted {
	char iap[NAMES_IAP_ROOM];
	unsigned what;
	char token[RESET_TOKEN];
	stamp_t since;
};

/**
 * reset_wanted_load(dirfd, iap, w) / reset_wanted_save(dirfd, w) / reset_wanted_remove(dirfd, iap):
 * The file IAP.wanted in the folder journal/capture.  Loading returns 1 if it is there and whole, 0 if it is not (a damaged
 * one is worth nothing: another token is made), or -1 with errno set.  The others return 0, or -1 with errno set.
 */
int reset_wanted_load(int, const char *, struct reset_wanted *);
int reset_wanted_save(int, const struct reset_wanted *);
int reset_wanted_remove(int, const char *);

#endif
