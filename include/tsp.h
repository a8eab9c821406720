#ifndef TSP_H
#define TSP_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "stamp.h"

/*
 * RFC 3161 time stamps: the word of an independent authority that a file of a certain SHA-256 existed at a certain time.
 * The request is always the same 69 bytes but for hash and nonce, and is written here; replies are judged by libcrypto.
 */
#define TSP_REQUEST_BYTES 69
#define TSP_NONCE_BYTES 8
#define TSP_REPLY_MAX_BYTES ((size_t)64 * 1024)
#define TSP_CA_MAX_BYTES ((size_t)1024 * 1024)

struct tsp_token {
	stamp_t time;        /* when the hash was there, as the authority says */
	char authority[129]; /* the subject of its certificate, printable */
};

/**
 * tsp_request(sha256, nonce, out):
 * Write the request for the file of that hash (hex).  ${nonce} is random; its first byte is made a positive one.
 * Return 0, or -1 with errno EINVAL for what is no hash.
 */
int tsp_request(const char *, const uint8_t[TSP_NONCE_BYTES], uint8_t[TSP_REQUEST_BYTES]);

/**
 * tsp_request_nonce(request, n, sha256, nonce):
 * Is it such a request, for the file of that hash?  Return 0 with its nonce, or -1 with errno EINVAL.
 */
int tsp_request_nonce(const void *, size_t, const char *, uint8_t[TSP_NONCE_BYTES]);

/* The authorities' certificates, a PEM text. */
struct tsp_ca;

/**
 * tsp_ca_parse(pem, n):
 * One or more certificates: those that issue themselves are believed, the others help to lead to one of them.
 * Return it, or NULL with errno EINVAL (no certificate that issues itself, or something unreadable) or ENOMEM.
 */
struct tsp_ca *tsp_ca_parse(const char *, size_t);
void tsp_ca_free(struct tsp_ca *);

/**
 * tsp_check(ca, reply, n, sha256, nonce, token, why, room):
 * Is the reply a granted time stamp of the file of that hash, with this nonce (unless NULL), signed for time stamping by a
 * certificate that leads to ${ca} and was valid at the time of the stamp, and nothing else behind it?
 * Return 0 with ${token} filled; 1 with ${why} saying in one line what is wrong; or -1 with errno ENOMEM.
 */
int tsp_check(const struct tsp_ca *, const void *, size_t, const char *, const uint8_t[TSP_NONCE_BYTES],
    struct tsp_token *, char *, size_t);

#endif
