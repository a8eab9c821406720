#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "text.h"

#include "tsp.h"

/*
 * TimeStampReq (RFC 3161, 2.4.1) in DER: version 1; SHA-256 and the hash; nonce; certReq TRUE.  All lengths are fixed:
 * the nonce has its eight bytes because the first is between 1 and 127.
 */
static const uint8_t head[] = {0x30, 0x43, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
    0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
static const uint8_t middle[] = {0x02, TSP_NONCE_BYTES};
static const uint8_t tail[] = {0x01, 0x01, 0xff};

_Static_assert(sizeof(head) + DIGEST_BYTES + sizeof(middle) + TSP_NONCE_BYTES + sizeof(tail) == TSP_REQUEST_BYTES,
    "RFC 3161 request");

struct tsp_ca {
	STACK_OF(X509) * roots, *others;
};

int
tsp_request(const char *sha256, const uint8_t nonce[TSP_NONCE_BYTES], uint8_t out[TSP_REQUEST_BYTES])
{
	uint8_t *p = out;

	memcpy(p, head, sizeof(head));
	p += sizeof(head);
	if (!digest_is_hex(sha256) || text_unhex(p, DIGEST_BYTES, sha256) == -1) {
		errno = EINVAL;
		return -1;
	}
	p += DIGEST_BYTES;
	memcpy(p, middle, sizeof(middle));
	p += sizeof(middle);
	memcpy(p, nonce, TSP_NONCE_BYTES);
	p[0] = (uint8_t)((p[0] & 0x7f) | 0x01);
	p += TSP_NONCE_BYTES;
	memcpy(p, tail, sizeof(tail));
	return 0;
}

int
tsp_request_nonce(const void *request, size_t n, const char *sha256, uint8_t nonce[TSP_NONCE_BYTES])
{
	uint8_t again[TSP_REQUEST_BYTES];

	if (n == sizeof(again)) {
		memcpy(
		    nonce, (const uint8_t *)request + sizeof(head) + DIGEST_BYTES + sizeof(middle), TSP_NONCE_BYTES);
		if (tsp_request(sha256, nonce, again) == 0 && memcmp(again, request, n) == 0)
			return 0;
	}
	errno = EINVAL;
	return -1;
}

static void
free_all(STACK_OF(X509) * certificates)
{
	sk_X509_pop_free(certificates, X509_free);
}

void
tsp_ca_free(struct tsp_ca *ca)
{
	int saved = errno;

	if (ca == NULL)
		return;
	free_all(ca->roots);
	free_all(ca->others);
	OPENSSL_free(ca);
	errno = saved;
}

static int
has_ended(void)
{
	unsigned long e = ERR_peek_last_error();

	ERR_clear_error();
	return ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

/* Sort the certificates of the text into the two stacks.  Return 0, or -1 with errno set. */
static int
read_certificates(struct tsp_ca *ca, BIO *in)
{
	X509 *one;
	int root;

	ERR_clear_error();
	while ((one = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		root = (X509_get_extension_flags(one) & EXFLAG_SS) != 0;
		if (sk_X509_push(root ? ca->roots : ca->others, one) == 0) {
			X509_free(one);
			errno = ENOMEM;
			return -1;
		}
	}
	if (has_ended() && sk_X509_num(ca->roots) > 0)
		return 0;
	errno = EINVAL;
	return -1;
}

struct tsp_ca *
tsp_ca_parse(const char *pem, size_t n)
{
	struct tsp_ca *ca = OPENSSL_zalloc(sizeof(*ca));
	BIO *in = n > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)n);
	int rc = -1;

	errno = ENOMEM;
	if (ca == NULL || in == NULL)
		goto out;
	ca->roots = sk_X509_new_null();
	ca->others = sk_X509_new_null();
	if (ca->roots != NULL && ca->others != NULL)
		rc = read_certificates(ca, in);
out:
	BIO_free(in);
	if (rc == 0)
		return ca;
	tsp_ca_free(ca);
	return NULL;
}

static int
because(char *why, size_t room, const char *text)
{
	ERR_clear_error();
	(void)snprintf(why, room, "%s", text);
	return 1;
}

/* The time of the stamp, with its fraction: YYYYMMDDhhmmss[.f...]Z (RFC 3161, 2.4.2). */
static int
take_time(const ASN1_GENERALIZEDTIME *t, stamp_t *out)
{
	const char *s = (const char *)ASN1_STRING_get0_data(t);
	int n = ASN1_STRING_length(t);
	char text[STAMP_TEXT];

	if (n < 15 || n > 25 || s[n - 1] != 'Z')
		return -1;
	(void)snprintf(
	    text, sizeof(text), "%.4s-%.2s-%.2sT%.2s:%.2s:%.*s", s, s + 4, s + 6, s + 8, s + 10, n - 12, s + 12);
	return stamp_parse(text, out);
}

/* The certificates that may be believed at that time. */
static X509_STORE *
make_store(const struct tsp_ca *ca, stamp_t at)
{
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *param;
	int i;

	if (store == NULL)
		return NULL;
	param = X509_STORE_get0_param(store);
	X509_VERIFY_PARAM_set_time(param, (time_t)(stamp_floor(at, 1) / STAMP_SECOND));
	for (i = 0; i < sk_X509_num(ca->roots); i++) {
		if (X509_STORE_add_cert(store, sk_X509_value(ca->roots, i)) != 1) {
			X509_STORE_free(store);
			return NULL;
		}
	}
	return store;
}

static STACK_OF(X509) * copy(const STACK_OF(X509) * from)
{
	return X509_chain_up_ref((STACK_OF(X509) *)(uintptr_t)from);
}

/* What is to hold; the caller's hash and nonce come as the request that they would make. */
static TS_VERIFY_CTX *
make_context(const struct tsp_ca *ca, const uint8_t request[TSP_REQUEST_BYTES], int has_nonce, stamp_t at)
{
	const uint8_t *p = request;
	TS_REQ *req = d2i_TS_REQ(NULL, &p, TSP_REQUEST_BYTES);
	TS_VERIFY_CTX *ctx = req == NULL ? NULL : TS_REQ_to_TS_VERIFY_CTX(req, NULL);
	X509_STORE *store = ctx == NULL ? NULL : make_store(ca, at);

	TS_REQ_free(req);
	if (store == NULL) {
		TS_VERIFY_CTX_free(ctx);
		return NULL;
	}
	(void)TS_VERIFY_CTX_set_store(ctx, store); /* the context owns it now */
	(void)TS_VERIFY_CTX_set_certs(ctx, copy(ca->others));
	(void)TS_VERIFY_CTX_add_flags(ctx, TS_VFY_SIGNATURE);
	if (!has_nonce)
		(void)TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNATURE);
	return ctx;
}

/* Who signed it.  The reply was judged, so its first signer is the one. */
static void
take_authority(TS_RESP *reply, struct tsp_token *token)
{
	STACK_OF(X509) *signers = PKCS7_get0_signers(TS_RESP_get_token(reply), NULL, 0);
	char name[sizeof(token->authority)] = "";

	if (signers != NULL && sk_X509_num(signers) > 0)
		(void)X509_NAME_oneline(X509_get_subject_name(sk_X509_value(signers, 0)), name, sizeof(name));
	sk_X509_free(signers);
	(void)text_escape(token->authority, sizeof(token->authority), name, strlen(name));
}

/* In words of ours what libcrypto refused; its own for a chain that leads nowhere. */
static int
refusal(char *why, size_t room)
{
	const char *data, *text = "its signature is not good";
	unsigned long e;
	int flags;

	while ((e = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
		if (ERR_GET_LIB(e) != ERR_LIB_TS)
			continue;
		switch (ERR_GET_REASON(e)) {
		case TS_R_MESSAGE_IMPRINT_MISMATCH:
			text = "is a time stamp of something else";
			break;
		case TS_R_NONCE_MISMATCH:
		case TS_R_NONCE_NOT_RETURNED:
			text = "does not answer our request: its nonce is another";
			break;
		case TS_R_CERTIFICATE_VERIFY_ERROR:
			(void)snprintf(why, room,
			    "its certificate does not lead to an authority that is believed%s%s",
			    (flags & ERR_TXT_STRING) != 0 ? ": " : "", (flags & ERR_TXT_STRING) != 0 ? data : "");
			ERR_clear_error();
			return 1;
		default:
			break;
		}
	}
	return because(why, room, text);
}

static int
judge(const struct tsp_ca *ca, TS_RESP *reply, const uint8_t request[TSP_REQUEST_BYTES], int has_nonce,
    struct tsp_token *token, char *why, size_t room)
{
	const TS_TST_INFO *info = TS_RESP_get_tst_info(reply);
	TS_VERIFY_CTX *ctx;
	int good;

	if (info == NULL)
		return because(why, room, "the authority refused: there is no time stamp in its reply");
	if (take_time(TS_TST_INFO_get_time(info), &token->time) == -1)
		return because(why, room, "its time is not one of RFC 3161");
	ctx = make_context(ca, request, has_nonce, token->time);
	if (ctx == NULL) {
		errno = ENOMEM;
		return -1;
	}
	ERR_clear_error();
	good = TS_RESP_verify_response(ctx, reply) == 1;
	TS_VERIFY_CTX_free(ctx);
	if (!good)
		return refusal(why, room);
	take_authority(reply, token);
	return 0;
}

int
tsp_check(const struct tsp_ca *ca, const void *data, size_t n, const char *sha256,
    const uint8_t nonce[TSP_NONCE_BYTES], struct tsp_token *token, char *why, size_t room)
{
	static const uint8_t none[TSP_NONCE_BYTES];
	uint8_t request[TSP_REQUEST_BYTES];
	const uint8_t *p = data;
	TS_RESP *reply = NULL;
	int rc;

	memset(token, 0, sizeof(*token));
	if (tsp_request(sha256, nonce == NULL ? none : nonce, request) == -1)
		return because(why, room, "there is no hash to compare with");
	if (n > 0 && n <= TSP_REPLY_MAX_BYTES)
		reply = d2i_TS_RESP(NULL, &p, (long)n);
	if (reply == NULL || p != (const uint8_t *)data + n)
		rc = because(why, room, "is no reply of a time-stamping authority");
	else
		rc = judge(ca, reply, request, nonce != NULL, token, why, room);
	TS_RESP_free(reply);
	ERR_clear_error();
	return rc;
}
