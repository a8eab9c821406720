#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "text.h"

#include "sign.h"
#include "sign_internal.h"

#define TRUSTED "trusted comment: "
#define ALG_HASHED "ED" /* a signature over the BLAKE2b-512 of the file */
#define HASH_BYTES crypto_generichash_BYTES_MAX

/* What stands in base64, as bytes. */
struct raw_pub {
	uint8_t alg[2];
	uint8_t id[8];
	uint8_t key[crypto_sign_PUBLICKEYBYTES];
};

struct raw_sig {
	uint8_t alg[2];
	uint8_t id[8];
	uint8_t sig[crypto_sign_BYTES];
};

_Static_assert(sizeof(struct raw_pub) == 42, "minisign public key");
_Static_assert(sizeof(struct raw_sig) == 74, "minisign signature");
_Static_assert(SIGN_BASE64_ROOM(sizeof(struct raw_pub)) == SIGN_KEY_TEXT, "room for a public key");

static int
invalid(void)
{
	errno = EINVAL;
	return -1;
}

int
sign_init(void)
{
	if (sodium_init() == -1) {
		errno = EIO;
		return -1;
	}
	return 0;
}

/* The next line, without its newline; only the last one may lack it.  Return 0, or -1 at the end of the text. */
static int
lines_next(struct sign_lines *l, const char **line, size_t *n)
{
	const char *end;

	if (l->left == 0)
		return invalid();
	end = memchr(l->at, '\n', l->left);
	*line = l->at;
	*n = end == NULL ? l->left : (size_t)(end - l->at);
	l->at += *n + (end != NULL);
	l->left -= *n + (end != NULL);
	return 0;
}

/* One line of text as a comment may be: UTF-8 without control bytes, but the tabs that minisign writes itself. */
static int
is_comment(const char *s, size_t n)
{
	size_t i;

	if (n >= SIGN_COMMENT_MAX || !text_is_utf8(s, n))
		return 0;
	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return 0;
	}
	return 1;
}

/* A line `PREFIX COMMENT`; stores where the comment begins and its length. */
int
sign_lines_comment(struct sign_lines *l, const char *prefix, const char **comment, size_t *n)
{
	size_t plen = strlen(prefix);

	if (lines_next(l, comment, n) == -1)
		return -1;
	if (*n < plen || memcmp(*comment, prefix, plen) != 0)
		return invalid();
	*comment += plen;
	*n -= plen;
	return is_comment(*comment, *n) ? 0 : invalid();
}

/* A line of base64 that is exactly ${want} bytes. */
int
sign_lines_bytes(struct sign_lines *l, void *out, size_t want)
{
	const char *line;
	size_t n, got;

	if (lines_next(l, &line, &n) == -1)
		return -1;
	if (n != SIGN_BASE64_ROOM(want) - 1)
		return invalid();
	if (text_unbase64(out, want, &got, line, n) == -1 || got != want)
		return invalid();
	return 0;
}

void
sign_pub_format(const struct sign_pub *pub, char out[SIGN_KEY_TEXT])
{
	struct raw_pub raw;

	memcpy(raw.alg, SIGN_ALG_KEY, sizeof(raw.alg));
	memcpy(raw.id, pub->id, sizeof(raw.id));
	memcpy(raw.key, pub->key, sizeof(raw.key));
	(void)text_base64(out, SIGN_KEY_TEXT, &raw, sizeof(raw)); /* the room is right by assertion */
}

static int
pub_from_lines(struct sign_lines *l, struct sign_pub *pub)
{
	struct raw_pub raw;

	if (sign_lines_bytes(l, &raw, sizeof(raw)) == -1)
		return -1;
	if (l->left != 0 || memcmp(raw.alg, SIGN_ALG_KEY, sizeof(raw.alg)) != 0)
		return invalid();
	memcpy(pub->id, raw.id, sizeof(pub->id));
	memcpy(pub->key, raw.key, sizeof(pub->key));
	return 0;
}

int
sign_pub_parse(const char *s, struct sign_pub *pub)
{
	struct sign_lines l = {s, strlen(s)};

	if (l.left != SIGN_KEY_TEXT - 1)
		return invalid();
	return pub_from_lines(&l, pub);
}

int
sign_pub_parse_file(const char *text, size_t n, struct sign_pub *pub)
{
	struct sign_lines l = {text, n};
	const char *comment;
	size_t len;

	if (n >= strlen(SIGN_UNTRUSTED) && memcmp(text, SIGN_UNTRUSTED, strlen(SIGN_UNTRUSTED)) == 0 &&
	    sign_lines_comment(&l, SIGN_UNTRUSTED, &comment, &len) == -1)
		return -1;
	return pub_from_lines(&l, pub);
}

int
sign_pub_write(const struct sign_pub *pub, struct buf *out)
{
	char id[SIGN_ID_TEXT], key[SIGN_KEY_TEXT];

	sign_id_format(pub, id);
	sign_pub_format(pub, key);
	return buf_printf(out, SIGN_UNTRUSTED "minisign public key %s\n%s\n", id, key);
}

void
sign_id_format(const struct sign_pub *pub, char out[SIGN_ID_TEXT])
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i;

	/* minisign reads the eight bytes as a little-endian number. */
	for (i = 0; i < sizeof(pub->id); i++) {
		uint8_t byte = pub->id[sizeof(pub->id) - 1 - i];

		out[2 * i] = digits[byte >> 4];
		out[2 * i + 1] = digits[byte & 0x0f];
	}
	out[2 * i] = '\0';
}

int
sign_pub_equal(const struct sign_pub *a, const struct sign_pub *b)
{
	return memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

static void
hash_bytes(const void *data, size_t n, uint8_t out[HASH_BYTES])
{
	(void)crypto_generichash(out, HASH_BYTES, data, n, NULL, 0); /* fails for bad lengths only */
}

static int
hash_read(sign_read_fn *read, void *cookie, uint8_t out[HASH_BYTES])
{
	crypto_generichash_state st;
	uint8_t block[65536];
	long n;

	(void)crypto_generichash_init(&st, NULL, 0, HASH_BYTES);
	while ((n = read(cookie, block, sizeof(block))) > 0)
		(void)crypto_generichash_update(&st, block, (size_t)n);
	if (n == -1)
		return -1;
	(void)crypto_generichash_final(&st, out, HASH_BYTES);
	return 0;
}

/* What the global signature covers: the signature, then the trusted comment.  Return its length. */
static size_t
global_message(
    uint8_t out[crypto_sign_BYTES + SIGN_COMMENT_MAX], const uint8_t sig[crypto_sign_BYTES], const char *comment)
{
	size_t n = strlen(comment);

	memcpy(out, sig, crypto_sign_BYTES);
	memcpy(out + crypto_sign_BYTES, comment, n);
	return crypto_sign_BYTES + n;
}

/* The one spelling of a signature of ours. */
static int
write_lines(const struct sign_sig *sig, struct buf *out)
{
	char raw_text[SIGN_BASE64_ROOM(sizeof(struct raw_sig))], global_text[SIGN_BASE64_ROOM(sizeof(sig->global))];
	struct sign_pub pub = {.id = {0}};
	char id[SIGN_ID_TEXT];
	struct raw_sig raw;

	memcpy(raw.alg, ALG_HASHED, sizeof(raw.alg));
	memcpy(raw.id, sig->id, sizeof(raw.id));
	memcpy(raw.sig, sig->sig, sizeof(raw.sig));
	memcpy(pub.id, sig->id, sizeof(pub.id));
	sign_id_format(&pub, id);
	if (text_base64(raw_text, sizeof(raw_text), &raw, sizeof(raw)) == -1 ||
	    text_base64(global_text, sizeof(global_text), sig->global, sizeof(sig->global)) == -1)
		return -1;
	return buf_printf(out, SIGN_UNTRUSTED "signature from casetap key %s\n%s\n" TRUSTED "%s\n%s\n", id, raw_text,
	    sig->comment, global_text);
}

static int
make_over_hash(const struct sign_key *key, const uint8_t hash[HASH_BYTES], const char *comment, struct buf *out)
{
	uint8_t message[crypto_sign_BYTES + SIGN_COMMENT_MAX];
	struct sign_sig sig;
	size_t n;

	memcpy(sig.id, key->pub.id, sizeof(sig.id));
	(void)snprintf(sig.comment, sizeof(sig.comment), "%s", comment);          /* its length was looked at */
	(void)crypto_sign_detached(sig.sig, NULL, hash, HASH_BYTES, key->secret); /* always 0 */
	n = global_message(message, sig.sig, comment);
	(void)crypto_sign_detached(sig.global, NULL, message, n, key->secret);
	return write_lines(&sig, out);
}

int
sign_is_spelled(const struct sign_sig *sig, const char *text, size_t n)
{
	struct buf again = BUF_INIT;
	int rc = -1;

	if (write_lines(sig, &again) == 0)
		rc = again.len == n && memcmp(again.data, text, n) == 0;
	buf_free(&again);
	return rc;
}

/* What sign_make accepts as a trusted comment. */
static int
comment_is_fit(const char *comment)
{
	size_t n = strnlen(comment, SIGN_COMMENT_MAX);

	return n < SIGN_COMMENT_MAX && text_is_printable(comment, n);
}

int
sign_make(const struct sign_key *key, const void *data, size_t n, const char *comment, struct buf *out)
{
	uint8_t hash[HASH_BYTES];

	if (!comment_is_fit(comment))
		return invalid();
	hash_bytes(data, n, hash);
	return make_over_hash(key, hash, comment, out);
}

int
sign_make_read(const struct sign_key *key, sign_read_fn *read, void *cookie, const char *comment, struct buf *out)
{
	uint8_t hash[HASH_BYTES];

	if (!comment_is_fit(comment))
		return invalid();
	if (hash_read(read, cookie, hash) == -1)
		return -1;
	return make_over_hash(key, hash, comment, out);
}

int
sign_parse(const char *text, size_t n, struct sign_sig *sig)
{
	struct sign_lines l = {text, n};
	const char *comment;
	struct raw_sig raw;
	size_t len;

	if (sign_lines_comment(&l, SIGN_UNTRUSTED, &comment, &len) == -1 ||
	    sign_lines_bytes(&l, &raw, sizeof(raw)) == -1)
		return -1;
	if (memcmp(raw.alg, ALG_HASHED, sizeof(raw.alg)) != 0)
		return invalid();
	if (sign_lines_comment(&l, TRUSTED, &comment, &len) == -1 ||
	    sign_lines_bytes(&l, sig->global, sizeof(sig->global)) == -1)
		return -1;
	if (l.left != 0)
		return invalid();
	memcpy(sig->id, raw.id, sizeof(sig->id));
	memcpy(sig->sig, raw.sig, sizeof(sig->sig));
	memcpy(sig->comment, comment, len);
	sig->comment[len] = '\0';
	return 0;
}

static int
verify_over_hash(const struct sign_pub *pub, const struct sign_sig *sig, const uint8_t hash[HASH_BYTES])
{
	uint8_t message[crypto_sign_BYTES + SIGN_COMMENT_MAX];
	size_t n;

	if (memcmp(pub->id, sig->id, sizeof(pub->id)) != 0)
		return 1;
	if (crypto_sign_verify_detached(sig->sig, hash, HASH_BYTES, pub->key) != 0)
		return 1;
	n = global_message(message, sig->sig, sig->comment);
	return crypto_sign_verify_detached(sig->global, message, n, pub->key) == 0 ? 0 : 1;
}

int
sign_verify(const struct sign_pub *pub, const struct sign_sig *sig, const void *data, size_t n)
{
	uint8_t hash[HASH_BYTES];

	hash_bytes(data, n, hash);
	return verify_over_hash(pub, sig, hash);
}

int
sign_verify_read(const struct sign_pub *pub, const struct sign_sig *sig, sign_read_fn *read, void *cookie)
{
	uint8_t hash[HASH_BYTES];

	if (hash_read(read, cookie, hash) == -1)
		return -1;
	return verify_over_hash(pub, sig, hash);
}
