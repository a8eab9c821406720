#ifndef SIGN_H
#define SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/*
 * minisign's keys and signatures (the minisign(1) man page and its README, "Signature format" and "Public key format";
 * figures in DESIGN section 2): Ed25519 by libsodium over the BLAKE2b-512 of the file ("ED", prehashed).  The legacy
 * "Ed" is neither written nor accepted.
 *
 *   public key    base64("Ed" | key id, 8 bytes | public key, 32)
 *   signature     untrusted comment: ...
 *                 base64("ED" | key id, 8 bytes | Ed25519(BLAKE2b-512(file)), 64)
 *                 trusted comment: ...
 *                 base64(Ed25519(the 64 bytes above | trusted comment), 64)
 *   secret key    untrusted comment: ...
 *                 base64("Ed" | "Sc" or "\0\0" | "B2" | salt 32 | opslimit 8 | memlimit 8 |
 *                        (key id 8 | secret key 64 | BLAKE2b-256 checksum 32) xor scrypt stream)
 */
#define SIGN_KEY_TEXT 57 /* base64 of a public key, with the NUL */
#define SIGN_ID_TEXT 17  /* key id as minisign prints it: 16 upper-case hex digits, most significant first */
#define SIGN_COMMENT_MAX 1024

struct sign_pub {
	uint8_t id[8];
	uint8_t key[32];
};

/* A secret key; lives in sodium_malloc memory and is wiped by sign_key_free(). */
struct sign_key;

/* Must be called once before anything else here.  Return 0, or -1 with errno EIO. */
int sign_init(void);

/* The base64 line of a public key, as it stands in a keyring / back.  Return 0, or -1 with errno EINVAL. */
void sign_pub_format(const struct sign_pub *, char[SIGN_KEY_TEXT]);
int sign_pub_parse(const char *, struct sign_pub *);

/* A two-line minisign .pub file (or a bare base64 line).  Return 0, or -1 with errno EINVAL. */
int sign_pub_parse_file(const char *, size_t, struct sign_pub *);
int sign_pub_write(const struct sign_pub *, struct buf *);

void sign_id_format(const struct sign_pub *, char[SIGN_ID_TEXT]);

/* Are both the same public key (the key bytes, whatever the id)? */
int sign_pub_equal(const struct sign_pub *, const struct sign_pub *);

/**
 * sign_key_generate() / sign_key_parse(text, n, password, plen):
 * A new random key / one from a minisign secret key file.  A file with a password needs ${password} (NULL otherwise).
 * Return the key, or NULL with errno set: EACCES password missing or wrong, EINVAL not a key file, ENOMEM.
 */
struct sign_key *sign_key_generate(void);
struct sign_key *sign_key_parse(const char *, size_t, const char *, size_t);
void sign_key_free(struct sign_key *);

/* Does this secret key file need a password?  1, 0, or -1 with errno EINVAL. */
int sign_key_is_encrypted(const char *, size_t);

/**
 * sign_key_write(key, password, plen, out):
 * Append the secret key file: encrypted like minisign's (scrypt, sensitive limits) if there is a password, else plain
 * like `minisign -W`.  ${out} then holds a secret: wipe it with sign_wipe().  Return 0, or -1 with errno set.
 */
int sign_key_write(const struct sign_key *, const char *, size_t, struct buf *);

const struct sign_pub *sign_key_pub(const struct sign_key *);

/* Overwrite and release a buf that held a secret. */
void sign_wipe(struct buf *);

/**
 * sign_reserve(buf, room) / sign_release(buf):
 * Give an empty buf that is to hold a secret of at most ${room} bytes all its room (one that grows leaves copies behind),
 * in pages of its own, which reach no core dump and, as far as the limit on locked memory goes, no swap / overwrite and
 * release it.  Return 0, or -1 with errno ENOMEM.
 */
int sign_reserve(struct buf *, size_t);
void sign_release(struct buf *);

/**
 * sign_make(key, data, n, comment, out):
 * Append the four lines of a .minisig over ${n} bytes.  ${comment} is the trusted comment:
 * one line of printable ASCII under SIGN_COMMENT_MAX.  The same input gives the same bytes (Ed25519 is deterministic).
 * Return 0, or -1 with errno set.
 */
int sign_make(const struct sign_key *, const void *, size_t, const char *, struct buf *);

/* read(cookie, data, room): return the number of bytes given, 0 at the end, -1 with errno set. */
typedef long sign_read_fn(void *, void *, size_t);

/* As sign_make, over what read(cookie, ...) gives up to its end. */
int sign_make_read(const struct sign_key *, sign_read_fn *, void *, const char *, struct buf *);

/* A parsed signature. */
struct sign_sig {
	uint8_t id[8]; /* of the key that claims to have made it */
	uint8_t sig[64];
	uint8_t global[64];
	char comment[SIGN_COMMENT_MAX];
};

/* Parse the four lines, strictly: nothing before, between or behind.  Return 0, or -1 with errno EINVAL. */
int sign_parse(const char *, size_t, struct sign_sig *);

/**
 * sign_is_spelled(sig, text, n):
 * Is the text from which ${sig} was parsed the very one that sign_make writes, also where no signature covers it (the
 * untrusted comment, the unused bits of base64)?  minisign's own differ.  Return 1, 0, or -1 with errno ENOMEM.
 */
int sign_is_spelled(const struct sign_sig *, const char *, size_t);

/**
 * sign_verify(pub, sig, data, n) / sign_verify_read(pub, sig, read, cookie):
 * Check the signature and the trusted comment over ${n} bytes / over what read(cookie, ...) gives up to its end.
 * Return 0 if good, 1 if not, -1 with errno set where reading failed.
 */
int sign_verify(const struct sign_pub *, const struct sign_sig *, const void *, size_t);
int sign_verify_read(const struct sign_pub *, const struct sign_sig *, sign_read_fn *, void *);

#endif
