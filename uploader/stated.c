#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#include "stated.h"

#define BASE64_CHARS 44 /* of 32 bytes */

/* The base64 of a hash at ${s}, with ${end} behind it. */
static int
take_hash(const char *s, const char *end, char hex[DIGEST_HEX])
{
	uint8_t raw[DIGEST_BYTES + 4];
	size_t n;

	if (end - s != BASE64_CHARS || text_unbase64(raw, sizeof raw, &n, s, BASE64_CHARS) == -1 || n != DIGEST_BYTES)
		return 0;
	text_hex(hex, raw, DIGEST_BYTES);
	return 1;
}

/* One member, without white space around it: sha-256=:BASE64: with parameters perhaps, or SHA-256=BASE64. */
static int
take_member(const char *s, const char *end, int is_legacy, char hex[DIGEST_HEX])
{
	static const char name[] = "sha-256=";
	const size_t n = sizeof name - 1;
	const char *colon;

	if ((size_t)(end - s) <= n || (is_legacy ? strncasecmp(s, name, n) : strncmp(s, name, n)) != 0)
		return 0;
	s += n;
	if (is_legacy)
		return take_hash(s, end, hex);
	if (*s != ':' || (colon = memchr(s + 1, ':', (size_t)(end - s - 1))) == NULL ||
	    (colon + 1 != end && colon[1] != ';'))
		return 0;
	return take_hash(s + 1, colon, hex);
}

/* How many members say so; the last one's hash. */
static int
count_hashes(const char *value, int is_legacy, char hex[DIGEST_HEX])
{
	const char *end, *last;
	int n = 0;

	for (; *value != '\0'; value = *end == ',' ? end + 1 : end) {
		value += strspn(value, " \t");
		end = last = value + strcspn(value, ",");
		while (last > value && strchr(" \t", last[-1]) != NULL)
			last--;
		n += take_member(value, last, is_legacy, hex);
	}
	return n;
}

int
stated_digest(const char *repr, const char *legacy, char hex[DIGEST_HEX])
{
	char other[DIGEST_HEX];
	int now = count_hashes(repr, 0, hex), before = count_hashes(legacy, 1, now == 0 ? hex : other);

	/* Said twice is said once too often: nobody can know which is meant. */
	if (now > 1 || before > 1 || now + before == 0)
		return 0;
	return now + before == 1 || strcmp(hex, other) == 0;
}
