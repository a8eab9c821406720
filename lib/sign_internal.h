#ifndef SIGN_INTERNAL_H
#define SIGN_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include <sodium.h>

#include "sign.h"

/*
 * What lib/sign.c (public keys and signatures) and lib/sign_key.c (secret keys) share.
 */
#define SIGN_UNTRUSTED "untrusted comment: "
#define SIGN_ALG_KEY "Ed" /* a key, public or secret */

/* Length of ${n} bytes in base64, with the NUL. */
#define SIGN_BASE64_ROOM(n) (((n) + 2) / 3 * 4 + 1)

struct sign_key {
	struct sign_pub pub;
	uint8_t secret[crypto_sign_SECRETKEYBYTES]; /* as libsodium has it: seed, public key */
};

/* A text that is taken apart line by line. */
struct sign_lines {
	const char *at;
	size_t left;
};

/**
 * sign_lines_comment(l, prefix, comment, n):
 * Take the line `${prefix}COMMENT`; store where COMMENT begins, and its length, which is under SIGN_COMMENT_MAX.
 * Return 0, or -1 with errno EINVAL.
 */
int sign_lines_comment(struct sign_lines *, const char *, const char **, size_t *);

/* Take a line of base64 that is exactly ${want} bytes.  Return 0, or -1 with errno EINVAL. */
int sign_lines_bytes(struct sign_lines *, void *, size_t);

#endif
