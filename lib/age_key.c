#include <errno.h>
#include <string.h>

#include "fsio.h"

#include "age_internal.h"

#define RECIPIENT "age"
#define IDENTITY "AGE-SECRET-KEY-"
#define DIGITS 52 /* of 32 bytes, five bits each */
#define CHECKSUM 6
#define FILE_MAX ((size_t)64 * 1024)

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static int
invalid(void)
{
	errno = EINVAL;
	return -1;
}

/* One step of the checksum of BIP 173. */
static uint32_t
polymod(uint32_t sum, unsigned value)
{
	static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint32_t top = sum >> 25;
	unsigned i;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (i = 0; i < 5; i++) {
		if ((top >> i & 1) != 0)
			sum ^= generator[i];
	}
	return sum;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The checksum as far as the human-readable part goes, which counts in lower case. */
static uint32_t
polymod_prefix(const char *prefix)
{
	uint32_t sum = 1;
	size_t i;

	for (i = 0; prefix[i] != '\0'; i++)
		sum = polymod(sum, (unsigned char)lower(prefix[i]) >> 5);
	sum = polymod(sum, 0);
	for (i = 0; prefix[i] != '\0'; i++)
		sum = polymod(sum, (unsigned char)lower(prefix[i]) & 31);
	return sum;
}

/* The value of a character in the case of the prefix, or -1.  Its time must not tell which character it is. */
static int
digit(char c, int upper)
{
	int value = -1, i;

	for (i = 0; i < 32; i++) {
		char want = charset[i];

		if (upper && want >= 'a')
			want = (char)(want - 'a' + 'A');
		value = want == c ? i : value;
	}
	return value;
}

/* PREFIX 1 DIGITS CHECKSUM, exactly: 32 bytes.  Return 0, or -1 with errno EINVAL. */
static int
decode(const char *prefix, int upper, const char *s, size_t n, uint8_t out[32])
{
	const size_t plen = strlen(prefix);
	uint32_t sum = polymod_prefix(prefix), bits = 0;
	unsigned have = 0;
	size_t i, got = 0;
	int value;

	if (n != plen + 1 + DIGITS + CHECKSUM || memcmp(s, prefix, plen) != 0 || s[plen] != '1')
		return invalid();
	for (i = 0; i < DIGITS + CHECKSUM; i++) {
		value = digit(s[plen + 1 + i], upper);
		if (value == -1)
			return invalid();
		sum = polymod(sum, (unsigned)value);
		if (i >= DIGITS)
			continue;
		bits = (bits << 5 | (uint32_t)value) & 0xfff;
		have += 5;
		if (have >= 8) {
			have -= 8;
			out[got++] = (uint8_t)(bits >> have);
		}
	}
	/* What the last digit has over must be zeros: a key has one spelling. */
	if (sum != 1 || (bits & ((1U << have) - 1)) != 0)
		return invalid();
	return 0;
}

int
age_recipient_parse(const char *s, size_t n, struct age_recipient *out)
{
	static const uint8_t some[AGE_SCALAR] = {9};
	uint8_t shared[AGE_POINT];

	if (decode(RECIPIENT, 0, s, n, out->key) == -1)
		return -1;
	/* With a point of low order every shared secret is zero, and everybody knows it. */
	return crypto_scalarmult_curve25519(shared, some, out->key) == 0 ? 0 : invalid();
}

void
age_recipient_format(const struct age_recipient *r, char out[AGE_RECIPIENT_TEXT])
{
	const size_t plen = strlen(RECIPIENT);
	uint32_t sum = polymod_prefix(RECIPIENT), bits = 0;
	unsigned have = 0, value;
	size_t i, at = 0;
	char *p = out + plen + 1;

	memcpy(out, RECIPIENT "1", plen + 1);
	for (i = 0; i < DIGITS; i++) {
		if (have < 5) {
			/* Behind the last byte there are only zeros. */
			bits = bits << 8 | (at < sizeof(r->key) ? r->key[at] : 0);
			at++;
			have += 8;
		}
		have -= 5;
		value = bits >> have & 31;
		bits &= (1U << have) - 1;
		sum = polymod(sum, value);
		*p++ = charset[value];
	}
	for (i = 0; i < CHECKSUM; i++)
		sum = polymod(sum, 0);
	sum ^= 1;
	for (i = 0; i < CHECKSUM; i++)
		*p++ = charset[sum >> (5 * (CHECKSUM - 1 - i)) & 31];
	*p = '\0';
}

static int
add_identity(struct age_identities *ids, const char *s, size_t n)
{
	if (ids->count == AGE_IDENTITIES_MAX) {
		errno = EFBIG;
		return -1;
	}
	if (decode(IDENTITY, 1, s, n, ids->secret[ids->count]) == -1)
		return -1;
	if (crypto_scalarmult_curve25519_base(ids->recipient[ids->count], ids->secret[ids->count]) != 0)
		return invalid();
	ids->count++;
	return 0;
}

struct age_identities *
age_identities_parse(const char *text, size_t n)
{
	struct age_identities *ids = sodium_malloc(sizeof(*ids));
	const char *end = text + n, *newline;
	size_t len;

	if (ids == NULL)
		return NULL;
	memset(ids, 0, sizeof(*ids));
	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL)
			newline = end;
		len = (size_t)(newline - text);
		if (len > 0 && text[len - 1] == '\r')
			len--;
		if (len > 0 && text[0] != '#' && add_identity(ids, text, len) == -1)
			goto fail;
	}
	if (ids->count > 0)
		return ids;
	errno = EINVAL;
fail:
	age_identities_free(ids);
	return NULL;
}

struct age_identities *
age_identities_read(int fd)
{
	struct age_identities *ids = NULL;
	char *text = sodium_malloc(FILE_MAX + 1);
	ssize_t n;
	int saved;

	if (text == NULL)
		return NULL;
	n = fsio_read(fd, text, FILE_MAX + 1);
	if (n > (ssize_t)FILE_MAX)
		errno = EFBIG;
	else if (n != -1)
		ids = age_identities_parse(text, (size_t)n);
	saved = errno;
	sodium_free(text); /* wipes */
	errno = saved;
	return ids;
}

void
age_identities_free(struct age_identities *ids)
{
	int saved = errno;

	sodium_free(ids); /* wipes */
	errno = saved;
}

int
age_identities_recipient(const struct age_identities *ids, size_t i, struct age_recipient *out)
{
	if (i >= ids->count)
		return invalid();
	memcpy(out->key, ids->recipient[i], sizeof(out->key));
	return 0;
}
