#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "text.h"

#include "sign.h"
#include "sign_internal.h"

#define KDF_SCRYPT "Sc"
#define KDF_NONE "\0\0"
#define ALG_BLAKE2B "B2"
#define CHECK_BYTES crypto_generichash_BYTES

/* A secret key file's base64, as bytes; `secret` is encrypted unless `kdf` is KDF_NONE. */
struct raw_secret {
	uint8_t id[8];
	uint8_t key[crypto_sign_SECRETKEYBYTES];
	uint8_t check[CHECK_BYTES];
};

struct raw_key {
	uint8_t alg[2];
	uint8_t kdf[2];
	uint8_t hash[2];
	uint8_t salt[crypto_pwhash_scryptsalsa208sha256_SALTBYTES];
	uint8_t opslimit[8];
	uint8_t memlimit[8];
	struct raw_secret secret;
};

_Static_assert(sizeof(struct raw_key) == 158, "minisign secret key");

static int
invalid(void)
{
	errno = EINVAL;
	return -1;
}

struct sign_key *
sign_key_generate(void)
{
	struct sign_key *key = sodium_malloc(sizeof(*key));

	if (key == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	randombytes_buf(key->pub.id, sizeof(key->pub.id));
	(void)crypto_sign_keypair(key->pub.key, key->secret); /* always 0 */
	return key;
}

void
sign_key_free(struct sign_key *key)
{
	int saved = errno;

	sodium_free(key); /* wipes; NULL is fine */
	errno = saved;
}

const struct sign_pub *
sign_key_pub(const struct sign_key *key)
{
	return &key->pub;
}

static uint64_t
get_le64(const uint8_t in[8])
{
	uint64_t v = 0;
	size_t i;

	for (i = 8; i > 0; i--)
		v = v << 8 | in[i - 1];
	return v;
}

static void
put_le64(uint8_t out[8], uint64_t v)
{
	size_t i;

	for (i = 0; i < 8; i++, v >>= 8)
		out[i] = (uint8_t)v;
}

/* The checksum inside a secret key file: it tells a wrong password, it proves nothing. */
static void
key_check(const struct raw_key *raw, uint8_t out[CHECK_BYTES])
{
	crypto_generichash_state st;

	(void)crypto_generichash_init(&st, NULL, 0, CHECK_BYTES);
	(void)crypto_generichash_update(&st, raw->alg, sizeof(raw->alg));
	(void)crypto_generichash_update(&st, raw->secret.id, sizeof(raw->secret.id));
	(void)crypto_generichash_update(&st, raw->secret.key, sizeof(raw->secret.key));
	(void)crypto_generichash_final(&st, out, CHECK_BYTES);
	sodium_memzero(&st, sizeof(st));
}

/* Encrypt or decrypt the secret part: it is its own inverse.  Return 0, or -1 with errno set. */
static int
key_crypt(struct raw_key *raw, const char *password, size_t plen)
{
	uint8_t *secret = (uint8_t *)&raw->secret;
	uint8_t *stream = sodium_malloc(sizeof(raw->secret));
	int rc = -1;
	size_t i;

	if (stream == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (crypto_pwhash_scryptsalsa208sha256(stream, sizeof(raw->secret), password, plen, raw->salt,
		get_le64(raw->opslimit), (size_t)get_le64(raw->memlimit)) == -1) {
		errno = ENOMEM; /* the limits were checked: the memory is all that can lack */
		goto out;
	}
	for (i = 0; i < sizeof(raw->secret); i++)
		secret[i] ^= stream[i];
	rc = 0;
out:
	sodium_free(stream);
	return rc;
}

/* Load and judge everything of a secret key file that needs no password. */
static int
raw_key_parse(const char *text, size_t n, struct raw_key *raw)
{
	struct sign_lines l = {text, n};
	const char *comment;
	size_t len;

	if (sign_lines_comment(&l, SIGN_UNTRUSTED, &comment, &len) == -1 ||
	    sign_lines_bytes(&l, raw, sizeof(*raw)) == -1)
		return -1;
	if (l.left != 0 || memcmp(raw->alg, SIGN_ALG_KEY, sizeof(raw->alg)) != 0 ||
	    memcmp(raw->hash, ALG_BLAKE2B, sizeof(raw->hash)) != 0)
		return invalid();
	if (memcmp(raw->kdf, KDF_NONE, sizeof(raw->kdf)) == 0)
		return 0;
	/* minisign never asks for more: a file that does is there to eat the memory. */
	if (memcmp(raw->kdf, KDF_SCRYPT, sizeof(raw->kdf)) != 0 ||
	    get_le64(raw->opslimit) > crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE ||
	    get_le64(raw->memlimit) > crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE)
		return invalid();
	return 0;
}

int
sign_key_is_encrypted(const char *text, size_t n)
{
	struct raw_key *raw = sodium_malloc(sizeof(*raw));
	int rc = -1;

	if (raw == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (raw_key_parse(text, n, raw) == 0)
		rc = memcmp(raw->kdf, KDF_NONE, sizeof(raw->kdf)) != 0;
	sodium_free(raw);
	return rc;
}

/* Is the checksum right?  `minisign -W` leaves it zero. */
static int
check_passes(const struct raw_key *raw)
{
	uint8_t want[CHECK_BYTES];

	if (memcmp(raw->kdf, KDF_NONE, sizeof(raw->kdf)) == 0 && sodium_is_zero(raw->secret.check, CHECK_BYTES))
		return 1;
	key_check(raw, want);
	return sodium_memcmp(want, raw->secret.check, CHECK_BYTES) == 0;
}

/* Take over the opened secret.  A public half that is not the seed's own would leak the seed with its signatures. */
static int
key_from_raw(struct sign_key *key, const struct raw_key *raw)
{
	(void)crypto_sign_seed_keypair(key->pub.key, key->secret, raw->secret.key);
	memcpy(key->pub.id, raw->secret.id, sizeof(key->pub.id));
	return sodium_memcmp(key->secret, raw->secret.key, sizeof(key->secret)) == 0 ? 0 : invalid();
}

struct sign_key *
sign_key_parse(const char *text, size_t n, const char *password, size_t plen)
{
	struct raw_key *raw = sodium_malloc(sizeof(*raw));
	struct sign_key *key = sodium_malloc(sizeof(*key));
	int encrypted, ok = 0, saved;

	if (raw == NULL || key == NULL) {
		errno = ENOMEM;
		goto out;
	}
	if (raw_key_parse(text, n, raw) == -1)
		goto out;
	encrypted = memcmp(raw->kdf, KDF_NONE, sizeof(raw->kdf)) != 0;
	if (encrypted && password == NULL) {
		errno = EACCES;
		goto out;
	}
	if (encrypted && key_crypt(raw, password, plen) == -1)
		goto out;
	if (!check_passes(raw)) {
		errno = encrypted ? EACCES : EINVAL;
		goto out;
	}
	ok = key_from_raw(key, raw) == 0;
out:
	saved = errno;
	sodium_free(raw);
	if (!ok) {
		sodium_free(key);
		key = NULL;
	}
	errno = saved;
	return key;
}

/* Append comment and base64 in one piece, so that no copy of the secret is left behind in a buffer that grew. */
static int
raw_key_write(const struct raw_key *raw, struct buf *out)
{
	static const char comment[] = SIGN_UNTRUSTED "casetap secret key\n";
	char text[sizeof(comment) + SIGN_BASE64_ROOM(sizeof(*raw)) + 1];
	size_t n = sizeof(comment) - 1;
	int rc = -1;

	memcpy(text, comment, n);
	if (text_base64(text + n, sizeof(text) - n, raw, sizeof(*raw)) == -1)
		goto out;
	n += SIGN_BASE64_ROOM(sizeof(*raw)) - 1;
	text[n++] = '\n';
	rc = buf_put(out, text, n);
out:
	sodium_memzero(text, sizeof(text));
	return rc;
}

int
sign_key_write(const struct sign_key *key, const char *password, size_t plen, struct buf *out)
{
	struct raw_key *raw = sodium_malloc(sizeof(*raw));
	int rc = -1;

	if (raw == NULL) {
		errno = ENOMEM;
		return -1;
	}
	memset(raw, 0, sizeof(*raw));
	memcpy(raw->alg, SIGN_ALG_KEY, sizeof(raw->alg));
	memcpy(raw->hash, ALG_BLAKE2B, sizeof(raw->hash));
	memcpy(raw->secret.id, key->pub.id, sizeof(raw->secret.id));
	memcpy(raw->secret.key, key->secret, sizeof(raw->secret.key));
	if (password != NULL) {
		memcpy(raw->kdf, KDF_SCRYPT, sizeof(raw->kdf));
		randombytes_buf(raw->salt, sizeof(raw->salt));
		put_le64(raw->opslimit, crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE);
		put_le64(raw->memlimit, crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE);
		key_check(raw, raw->secret.check);
		if (key_crypt(raw, password, plen) == -1)
			goto out;
	}
	rc = raw_key_write(raw, out);
out:
	sodium_free(raw);
	return rc;
}

void
sign_wipe(struct buf *b)
{
	if (b->data != NULL)
		sodium_memzero(b->data, b->room);
	buf_free(b);
}

int
sign_reserve(struct buf *b, size_t room)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	assert(b->data == NULL);
	room = (room / page + 1) * page; /* a NUL stands behind */
	b->data = aligned_alloc(page, room);
	if (b->data == NULL) {
		errno = ENOMEM;
		return -1;
	}
	b->room = room;
	memset(b->data, 0, room);
	(void)sodium_mlock(b->data, room); /* over the limit it is wiped all the same */
	return 0;
}

void
sign_release(struct buf *b)
{
	if (b->data != NULL)
		(void)sodium_munlock(b->data, b->room); /* overwrites it, too */
	buf_free(b);
}
