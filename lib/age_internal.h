#ifndef AGE_INTERNAL_H
#define AGE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include <sodium.h>

#include "age.h"
#include "buf.h"

/*
 * What the parts of lib/age share: keys as text (age_key.c), the header (age_header.c), the writer (age.c) and the reader
 * (age_reader.c).
 */
#define AGE_FILE_KEY 16
#define AGE_SCALAR crypto_scalarmult_curve25519_SCALARBYTES
#define AGE_POINT crypto_scalarmult_curve25519_BYTES
#define AGE_KEY crypto_aead_chacha20poly1305_ietf_KEYBYTES
#define AGE_TAG crypto_aead_chacha20poly1305_ietf_ABYTES
#define AGE_NONCE 16 /* of the payload */
#define AGE_WRAPPED (AGE_FILE_KEY + AGE_TAG)
#define AGE_CHUNK_NONCE crypto_aead_chacha20poly1305_ietf_NPUBBYTES
#define AGE_MAC crypto_auth_hmacsha256_BYTES
#define AGE_CHUNK ((size_t)64 * 1024)
#define AGE_CHUNK_SEALED (AGE_CHUNK + AGE_TAG)

#define AGE_VERSION_LINE "age-encryption.org/v1\n"
#define AGE_STANZA "-> "
#define AGE_X25519 "X25519"
#define AGE_FOOTER "---"

_Static_assert(
    AGE_SCALAR == 32 && AGE_POINT == 32 && AGE_KEY == 32 && AGE_TAG == 16 && AGE_MAC == 32, "sizes of age v1");

/* In sodium_malloc memory, whole. */
struct age_identities {
	size_t count;
	uint8_t secret[AGE_IDENTITIES_MAX][AGE_SCALAR];
	uint8_t recipient[AGE_IDENTITIES_MAX][AGE_POINT];
};

/* What opens one file; in sodium_malloc memory. */
struct age_secret {
	uint8_t file_key[AGE_FILE_KEY];
	uint8_t payload_key[AGE_KEY];
};

/* HKDF-SHA256 (RFC 5869) with 32 bytes of output: out, key material and its length, salt and its length, info. */
void age_hkdf(uint8_t[AGE_KEY], const void *, size_t, const void *, size_t, const char *);

/* The MAC of the header, which are the bytes up to and with "---". */
void age_header_mac(uint8_t[AGE_MAC], const uint8_t[AGE_FILE_KEY], const void *, size_t);

/* Append the header that gives the file key to the recipients.  Return 0, or -1 with errno set. */
int age_header_write(const uint8_t[AGE_FILE_KEY], const struct age_recipient *, size_t, struct buf *);

/**
 * age_header_open(text, n, identities, key, why):
 * Judge a whole header, of which age_header_length() has found the end, find the file key with ${identities} (NULL: it
 * is in ${key} already), and check the MAC.
 */
enum age_state age_header_open(
    const char *, size_t, const struct age_identities *, uint8_t[AGE_FILE_KEY], const char **);

/* Nonce of a chunk of the payload: its number, and whether it is the last. */
void age_chunk_nonce(uint8_t[AGE_CHUNK_NONCE], uint64_t, int);

/* Secrets of one file, zeroed (NULL with errno ENOMEM; sodium_free wipes them) / derive the payload key / the writer's. */
struct age_secret *age_secret_new(void);
void age_secret_set_nonce(struct age_secret *, const uint8_t[AGE_NONCE]);
const struct age_secret *age_writer_secret(const struct age_writer *);

#endif
