#include <errno.h>
#include <string.h>

#include "text.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct unit {
	char suffix;
	uint64_t factor;
};

static const struct unit byte_units[] = {
    {'K', UINT64_C(1) << 10}, {'M', UINT64_C(1) << 20}, {'G', UINT64_C(1) << 30}, {'T', UINT64_C(1) << 40}, {0, 0}};
static const struct unit time_units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {0, 0}};
static const struct unit no_units[] = {{0, 0}};

/* Code points that are invisible, steer the terminal or the direction of writing, or are no characters, in order. */
static const struct {
	uint32_t first, last;
} unprintable[] = {
    {0x0000, 0x001f},    /* C0 */
    {0x007f, 0x009f},    /* delete, C1 */
    {0x00ad, 0x00ad},    /* soft hyphen */
    {0x034f, 0x034f},    /* grapheme joiner */
    {0x061c, 0x061c},    /* Arabic letter mark */
    {0x115f, 0x1160},    /* Hangul fillers */
    {0x17b4, 0x17b5},    /* Khmer inherent vowels */
    {0x180b, 0x180f},    /* Mongolian selectors, vowel separator */
    {0x200b, 0x200f},    /* zero width, direction marks */
    {0x2028, 0x202e},    /* line and paragraph separator, direction overrides */
    {0x2060, 0x206f},    /* joiners, isolates, format controls */
    {0x3164, 0x3164},    /* Hangul filler */
    {0xe000, 0xf8ff},    /* private use */
    {0xfdd0, 0xfdef},    /* no characters */
    {0xfe00, 0xfe0f},    /* variation selectors */
    {0xfeff, 0xfeff},    /* byte order mark */
    {0xffa0, 0xffa0},    /* half-width Hangul filler */
    {0xfff0, 0xfffb},    /* unassigned, annotation */
    {0xfffe, 0xffff},    /* no characters */
    {0x1d173, 0x1d17a},  /* musical format controls */
    {0xe0000, 0x10ffff}, /* tags, selectors, private use */
};

void
text_hex(char *out, const void *in, size_t n)
{
	const uint8_t *p = in;
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = hex_digits[p[i] >> 4];
		out[2 * i + 1] = hex_digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int
text_unhex(void *out, size_t n, const char *in)
{
	uint8_t *p = out;
	size_t i;
	int high, low;

	for (i = 0; i < n; i++) {
		high = hex_value(in[2 * i]);
		if (high == -1)
			goto bad;
		low = hex_value(in[2 * i + 1]);
		if (low == -1)
			goto bad;
		p[i] = (uint8_t)(high << 4 | low);
	}
	if (in[2 * n] == '\0')
		return 0;
bad:
	errno = EINVAL;
	return -1;
}

int
text_base64(char *out, size_t room, const void *in, size_t n)
{
	const uint8_t *p = in;
	uint32_t group;
	size_t i;

	if (room == 0 || n / 3 + (n % 3 != 0) > (room - 1) / 4) {
		errno = ENOSPC;
		return -1;
	}
	for (i = 0; i < n; i += 3) {
		group = (uint32_t)p[i] << 16;
		if (n - i > 1)
			group |= (uint32_t)p[i + 1] << 8;
		if (n - i > 2)
			group |= p[i + 2];
		*out++ = base64_digits[group >> 18];
		*out++ = base64_digits[group >> 12 & 63];
		*out++ = n - i > 1 ? base64_digits[group >> 6 & 63] : '=';
		*out++ = n - i > 2 ? base64_digits[group & 63] : '=';
	}
	*out = '\0';
	return 0;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int
text_unbase64(void *out, size_t room, size_t *n, const char *in, size_t len)
{
	uint8_t *p = out;
	size_t i, digits = len, bytes;
	uint32_t bits = 0;
	int value;

	if (len % 4 != 0)
		goto bad;
	if (len > 0 && in[len - 1] == '=')
		digits -= in[len - 2] == '=' ? 2 : 1;
	bytes = len / 4 * 3 - (len - digits);
	if (bytes > room) {
		errno = ENOSPC;
		return -1;
	}
	for (i = 0; i < digits; i++) {
		value = base64_value(in[i]);
		if (value == -1)
			goto bad;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 != 0)
			*p++ = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
	/* One spelling for each value: the bits that the padding leaves over are zero. */
	if ((digits % 4 == 2 && (bits & 15) != 0) || (digits % 4 == 3 && (bits & 3) != 0))
		goto bad;
	*n = bytes;
	return 0;
bad:
	errno = EINVAL;
	return -1;
}

static int
parse_number(const char *s, const struct unit *units, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t value = 0, factor = 1;
	int overflow = 0;

	if (*s < '0' || *s > '9' || (*s == '0' && s[1] >= '0' && s[1] <= '9'))
		goto bad;
	for (; *s >= '0' && *s <= '9'; s++) {
		overflow |= __builtin_mul_overflow(value, UINT64_C(10), &value);
		overflow |= __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value);
	}
	for (; *s != '\0' && units->suffix != 0; units++) {
		if (*s == units->suffix) {
			factor = units->factor;
			s++;
			break;
		}
	}
	if (*s != '\0')
		goto bad;
	overflow |= __builtin_mul_overflow(value, factor, &value);
	if (overflow || value < min || value > max) {
		errno = ERANGE;
		return -1;
	}
	*out = value;
	return 0;
bad:
	errno = EINVAL;
	return -1;
}

int
text_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out)
{
	return parse_number(s, no_units, min, max, out);
}

int
text_bytes(const char *s, uint64_t min, uint64_t max, uint64_t *out)
{
	return parse_number(s, byte_units, min, max, out);
}

int
text_duration(const char *s, uint64_t min, uint64_t max, uint64_t *out)
{
	return parse_number(s, time_units, min, max, out);
}

/* The length of the UTF-8 character at s, of at most n > 0 bytes, and its code point; 0 if there is none. */
static size_t
utf8_take(const uint8_t *s, size_t n, uint32_t *point)
{
	uint32_t min;
	size_t i, length;

	if (s[0] < 0x80) {
		*point = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		length = 2;
		min = 0x80;
	} else if ((s[0] & 0xf0) == 0xe0) {
		length = 3;
		min = 0x800;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		length = 4;
		min = 0x10000;
	} else
		return 0;
	if (length > n)
		return 0;
	*point = s[0] & (0xffu >> (length + 1));
	for (i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (s[i] & 0x3f);
	}
	if (*point < min || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff))
		return 0;
	return length;
}

int
text_is_utf8(const char *s, size_t n)
{
	const uint8_t *p = (const uint8_t *)s;
	uint32_t point;
	size_t i, length;

	for (i = 0; i < n; i += length) {
		length = utf8_take(p + i, n - i, &point);
		if (length == 0 || point == 0)
			return 0;
	}
	return 1;
}

int
text_ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && strcmp(s + n - m, suffix) == 0;
}

int
text_is_printable(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] < 0x20 || s[i] > 0x7e)
			return 0;
	}
	return 1;
}

static int
point_is_printable(uint32_t point)
{
	size_t i;

	for (i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++) {
		if (point >= unprintable[i].first && point <= unprintable[i].last)
			return 0;
	}
	return (point & 0xfffe) != 0xfffe;
}

char *
text_escape(char *out, size_t room, const char *in, size_t n)
{
	const uint8_t *p = (const uint8_t *)in;
	char escape[] = "\\x00";
	const void *piece;
	size_t i, length, width, used = 0;
	uint32_t point;

	if (room == 0)
		return out;
	for (i = 0; i < n; i += length) {
		length = utf8_take(p + i, n - i, &point);
		if (length > 0 && point_is_printable(point)) {
			piece = p + i;
			width = length;
		} else {
			length =
			    1; /* the bytes behind a broken or hidden one are continuations: each escaped as it comes */
			text_hex(escape + 2, p + i, 1);
			piece = escape;
			width = sizeof(escape) - 1;
		}
		/* A character or an escape is never cut in two. */
		if (width > room - 1 - used)
			break;
		memcpy(out + used, piece, width);
		used += width;
	}
	out[used] = '\0';
	return out;
}
