#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>
#include <stdint.h>

/*
 * SHA-256 (FIPS 180-4) by libcrypto, which uses SHA-NI where there is one.
 */
#define DIGEST_BYTES 32
#define DIGEST_HEX 65 /* with the NUL */

struct digest;

/**
 * digest_new() / digest_reset(d) / digest_free(d):
 * A running hash; NULL with errno ENOMEM if there is none to be had.  digest_free(NULL) is fine.
 */
struct digest *digest_new(void);
void digest_reset(struct digest *);
void digest_free(struct digest *);

/* Add ${n} bytes.  Can not fail once digest_new() did not. */
void digest_add(struct digest *, const void *, size_t);

/* Take the hash of what was added; the digest must be reset before it is used again. */
void digest_take(struct digest *, uint8_t[DIGEST_BYTES]);
void digest_take_hex(struct digest *, char[DIGEST_HEX]);

/* Hash of ${n} bytes in one go, as hex.  Return 0, or -1 with errno ENOMEM. */
int digest_hex_of(const void *, size_t, char[DIGEST_HEX]);

/**
 * digest_fd(fd, hex, bytes):
 * Hash the file ${fd} from its present offset to its end; store the number of bytes read in ${bytes} unless NULL.
 * Return 0, or -1 with errno set.
 */
int digest_fd(int, char[DIGEST_HEX], uint64_t *);

/**
 * digest_new_md5() / digest_take_md5(d, hex):
 * An MD5, which proves nothing: it is what object stores call a part of an upload by, and so says which parts are worth
 * putting together.  As digest_new, NULL also where this library has none / take it, as digest_take_hex.
 */
#define DIGEST_MD5_HEX 33
struct digest *digest_new_md5(void);
void digest_take_md5(struct digest *, char[DIGEST_MD5_HEX]);

/* Is ${s} exactly 64 lower-case hex digits? */
int digest_is_hex(const char *);

#endif
