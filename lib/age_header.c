#include <errno.h>
#include <string.h>

#include "text.h"

#include "age_internal.h"

#define COLUMNS 64 /* of a full body line */
#define BASE64 sodium_base64_VARIANT_ORIGINAL_NO_PADDING
#define INFO_HEADER "header"
#define INFO_X25519 "age-encryption.org/v1/X25519"

static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

/* One stanza as it stands in the text. */
struct stanza {
	const char *args; /* behind "-> " */
	size_t args_len;
	const char *body; /* lines */
	size_t body_len;  /* without the last newline */
};

/* A header while it is taken apart. */
struct parsing {
	const char *at, *end;
	const struct age_identities *ids;
	uint8_t *key;
	int is_found;
	const char *why;
};

void
age_hkdf(uint8_t out[AGE_KEY], const void *ikm, size_t n, const void *salt, size_t salt_len, const char *info)
{
	crypto_auth_hmacsha256_state st;
	uint8_t prk[AGE_MAC];
	const uint8_t one = 1;

	/* These functions have nothing that could fail. */
	(void)crypto_auth_hmacsha256_init(&st, salt, salt_len);
	(void)crypto_auth_hmacsha256_update(&st, ikm, n);
	(void)crypto_auth_hmacsha256_final(&st, prk);
	(void)crypto_auth_hmacsha256_init(&st, prk, sizeof(prk));
	(void)crypto_auth_hmacsha256_update(&st, (const uint8_t *)info, strlen(info));
	(void)crypto_auth_hmacsha256_update(&st, &one, 1);
	(void)crypto_auth_hmacsha256_final(&st, out);
	sodium_memzero(prk, sizeof(prk));
	sodium_memzero(&st, sizeof(st));
}

void
age_header_mac(uint8_t out[AGE_MAC], const uint8_t key[AGE_FILE_KEY], const void *text, size_t n)
{
	crypto_auth_hmacsha256_state st;
	uint8_t mac_key[AGE_KEY];

	age_hkdf(mac_key, key, AGE_FILE_KEY, "", 0, INFO_HEADER);
	(void)crypto_auth_hmacsha256_init(&st, mac_key, sizeof(mac_key));
	(void)crypto_auth_hmacsha256_update(&st, text, n);
	(void)crypto_auth_hmacsha256_final(&st, out);
	sodium_memzero(mac_key, sizeof(mac_key));
	sodium_memzero(&st, sizeof(st));
}

static int
put_base64(struct buf *out, const void *data, size_t n)
{
	char text[sodium_base64_ENCODED_LEN(AGE_MAC, BASE64)];

	return buf_puts(out, sodium_bin2base64(text, sizeof(text), data, n, BASE64)); /* 32 bytes at most */
}

/* The key that wraps the file key: from what both sides share, and both public values. */
static void
wrap_key(uint8_t out[AGE_KEY], const uint8_t shared[AGE_POINT], const uint8_t share[AGE_POINT],
    const uint8_t recipient[AGE_POINT])
{
	uint8_t salt[2 * AGE_POINT];

	memcpy(salt, share, AGE_POINT);
	memcpy(salt + AGE_POINT, recipient, AGE_POINT);
	age_hkdf(out, shared, AGE_POINT, salt, sizeof(salt), INFO_X25519);
}

static int
write_stanza(const uint8_t key[AGE_FILE_KEY], const struct age_recipient *r, struct buf *out)
{
	uint8_t ephemeral[AGE_SCALAR], share[AGE_POINT], shared[AGE_POINT], wrapping[AGE_KEY], wrapped[AGE_WRAPPED];
	int rc = -1;

	randombytes_buf(ephemeral, sizeof(ephemeral));
	if (crypto_scalarmult_curve25519_base(share, ephemeral) != 0 ||
	    crypto_scalarmult_curve25519(shared, ephemeral, r->key) != 0) {
		errno = EINVAL;
		goto out;
	}
	wrap_key(wrapping, shared, share, r->key);
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(
	    wrapped, NULL, key, AGE_FILE_KEY, NULL, 0, NULL, zero_nonce, wrapping); /* can not fail */
	if (buf_puts(out, AGE_STANZA AGE_X25519 " ") == 0 && put_base64(out, share, sizeof(share)) == 0 &&
	    buf_putc(out, '\n') == 0 && put_base64(out, wrapped, sizeof(wrapped)) == 0)
		rc = buf_putc(out, '\n');
out:
	sodium_memzero(ephemeral, sizeof(ephemeral));
	sodium_memzero(shared, sizeof(shared));
	sodium_memzero(wrapping, sizeof(wrapping));
	return rc;
}

int
age_header_write(const uint8_t key[AGE_FILE_KEY], const struct age_recipient *list, size_t count, struct buf *out)
{
	size_t start = out->len, i;
	uint8_t mac[AGE_MAC];

	if (count == 0 || count > AGE_RECIPIENTS_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (buf_puts(out, AGE_VERSION_LINE) == -1)
		return -1;
	for (i = 0; i < count; i++) {
		if (write_stanza(key, &list[i], out) == -1)
			return -1;
	}
	if (buf_puts(out, AGE_FOOTER) == -1)
		return -1;
	age_header_mac(mac, key, out->data + start, out->len - start);
	if (buf_putc(out, ' ') == -1 || put_base64(out, mac, sizeof(mac)) == -1)
		return -1;
	return buf_putc(out, '\n');
}

static enum age_state
malformed(struct parsing *p, const char *why)
{
	p->why = why;
	return AGE_MALFORMED;
}

/* The next line without its newline; a header that was found whole has one behind each. */
static const char *
next_line(struct parsing *p, size_t *n)
{
	const char *line = p->at, *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));

	if (newline == NULL)
		return NULL;
	*n = (size_t)(newline - line);
	p->at = newline + 1;
	return line;
}

/*
 * Base64 without padding and with one spelling.  libsodium's decoder sees to the unused bits, but takes a byte over 127 for
 * a character.
 */
static int
unbase64(const char *s, size_t n, uint8_t *out, size_t room, size_t *got)
{
	if (n > 0 && !text_is_printable(s, n))
		return -1;
	return sodium_base642bin(out, room, s, n, NULL, got, NULL, BASE64);
}

static int
get_base64(const char *s, size_t n, uint8_t *out, size_t want)
{
	size_t got;

	return unbase64(s, n, out, want, &got) == 0 && got == want ? 0 : -1;
}

/* Arguments: one or more words of visible ASCII with one blank between. */
static int
are_arguments(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] == ' ' ? i == 0 || i == n - 1 || s[i - 1] == ' ' : s[i] < '!' || s[i] > '~')
			return 0;
	}
	return n > 0;
}

static int
is_base64_line(const char *s, size_t n)
{
	uint8_t bytes[COLUMNS];
	size_t got;

	return n <= COLUMNS && unbase64(s, n, bytes, sizeof(bytes), &got) == 0;
}

/* "-> ARGUMENTS", then body lines: full ones, and a last one that is not, if need be empty. */
static enum age_state
take_stanza(struct parsing *p, struct stanza *s)
{
	const char *line;
	size_t n;

	s->args = next_line(p, &s->args_len);
	if (s->args == NULL)
		return malformed(p, "its header ends too early");
	s->args += strlen(AGE_STANZA);
	s->args_len -= strlen(AGE_STANZA);
	if (!are_arguments(s->args, s->args_len))
		return malformed(p, "a line of its header is no stanza");
	s->body = p->at;
	do {
		line = next_line(p, &n);
		if (line == NULL || !is_base64_line(line, n))
			return malformed(p, "a stanza of its header has no proper body");
	} while (n == COLUMNS);
	s->body_len = (size_t)(line + n - s->body);
	return AGE_GOOD;
}

/* Does identity number ${i} open it? */
static int
unwrap(struct parsing *p, size_t i, const uint8_t share[AGE_POINT], const uint8_t wrapped[AGE_WRAPPED])
{
	uint8_t shared[AGE_POINT], wrapping[AGE_KEY];
	int opens = 0;

	if (crypto_scalarmult_curve25519(shared, p->ids->secret[i], share) == 0) {
		wrap_key(wrapping, shared, share, p->ids->recipient[i]);
		opens = crypto_aead_chacha20poly1305_ietf_decrypt(
			    p->key, NULL, NULL, wrapped, AGE_WRAPPED, NULL, 0, zero_nonce, wrapping) == 0;
	}
	sodium_memzero(shared, sizeof(shared));
	sodium_memzero(wrapping, sizeof(wrapping));
	return opens;
}

/* A stanza of another kind is somebody else's business; one of ours must be right even if it is not for us. */
static enum age_state
try_stanza(struct parsing *p, const struct stanza *s)
{
	const size_t n = strlen(AGE_X25519);
	uint8_t share[AGE_POINT], wrapped[AGE_WRAPPED];
	size_t i;

	if (s->args_len < n || memcmp(s->args, AGE_X25519, n) != 0 || (s->args_len > n && s->args[n] != ' '))
		return AGE_GOOD;
	if (s->args_len == n || get_base64(s->args + n + 1, s->args_len - n - 1, share, sizeof(share)) == -1 ||
	    get_base64(s->body, s->body_len, wrapped, sizeof(wrapped)) == -1)
		return malformed(p, "an X25519 stanza of its header is not as the format has it");
	for (i = 0; p->ids != NULL && !p->is_found && i < p->ids->count; i++)
		p->is_found = unwrap(p, i, share, wrapped);
	return AGE_GOOD;
}

static int
starts_with(const struct parsing *p, const char *s)
{
	return (size_t)(p->end - p->at) >= strlen(s) && memcmp(p->at, s, strlen(s)) == 0;
}

/* "--- MAC" */
static enum age_state
check_footer(struct parsing *p, const char *text)
{
	const size_t n = strlen(AGE_FOOTER);
	uint8_t mac[AGE_MAC], want[AGE_MAC];
	const char *line;
	size_t len;

	line = next_line(p, &len);
	if (line == NULL || len < n + 1 || line[n] != ' ' ||
	    get_base64(line + n + 1, len - n - 1, mac, sizeof(mac)) == -1)
		return malformed(p, "its header has no proper end");
	if (!p->is_found) {
		p->why = "none of the identities opens it";
		return AGE_LOCKED;
	}
	age_header_mac(want, p->key, text, (size_t)(line + n - text));
	if (sodium_memcmp(mac, want, sizeof(mac)) == 0)
		return AGE_GOOD;
	p->why = "its header was changed";
	return AGE_TAMPERED;
}

enum age_state
age_header_open(
    const char *text, size_t n, const struct age_identities *ids, uint8_t key[AGE_FILE_KEY], const char **why)
{
	struct parsing p = {.at = text, .end = text + n, .ids = ids, .key = key, .is_found = ids == NULL};
	enum age_state state = AGE_GOOD;
	struct stanza s;
	size_t count = 0;

	if (!starts_with(&p, AGE_VERSION_LINE)) {
		*why = "not an age file (version 1)";
		return AGE_MALFORMED;
	}
	p.at += strlen(AGE_VERSION_LINE);
	while (state == AGE_GOOD && starts_with(&p, AGE_STANZA)) {
		state = take_stanza(&p, &s);
		if (state == AGE_GOOD)
			state = try_stanza(&p, &s);
		count++;
	}
	if (state == AGE_GOOD && (count == 0 || !starts_with(&p, AGE_FOOTER)))
		state = malformed(&p, "a line of its header is no stanza");
	if (state == AGE_GOOD)
		state = check_footer(&p, text);
	*why = p.why;
	return state;
}
