#include <arpa/inet.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#include "proof_mac.h"
#include "proof_plan.h"

#define GROUPS_MAX 256 /* of one word; one with more is none that a plan has */
#define SPAN_MAX 11    /* groups of the longest spelling: ::1:2:3:4:5:192.0.2.7 */
#define WIDE_RUN 7     /* characters with a NUL between each: as many as the shortest address has */

/* Digits with a separator behind each but the last; those between two separators are a group, perhaps an empty one. */
struct word {
	const char *at[GROUPS_MAX];
	uint8_t length[GROUPS_MAX]; /* 255: that many or more */
	uint8_t is_own[GROUPS_MAX]; /* it is of something that is the subject's */
	size_t count;
};

struct reading {
	const struct order *order;
	const struct order_prefix *address; /* a host, or a prefix */
};

/* Four numbers, also with zeros before them. */
static int
parse_v4(const char *s, size_t n, uint8_t addr[4])
{
	size_t i, at = 0, digits = 0;
	unsigned value = 0;

	for (i = 0; i <= n; i++) {
		if (i < n && isdigit((unsigned char)s[i]) && digits < 3) {
			value = 10 * value + (unsigned)(s[i] - '0');
			digits++;
		} else if ((i == n || s[i] == '.') && digits > 0 && value < 256 && at < 4) {
			addr[at++] = (uint8_t)value;
			value = 0;
			digits = 0;
		} else {
			return -1;
		}
	}
	return at == 4 ? 0 : -1;
}

enum whose {
	NOBODYS,
	OWN,
	OTHERS
};

/* The lengths that may stand behind it: of a host, or of what lies in the prefix. */
struct lengths {
	unsigned least, most;
};

static int
is_in(const struct order_prefix *p, const uint8_t *addr)
{
	unsigned whole = p->bits / 8, rest = p->bits % 8;

	return memcmp(addr, p->addr, whole) == 0 && (rest == 0 || (addr[whole] ^ p->addr[whole]) >> (8 - rest) == 0);
}

static enum whose
judge_host(const struct reading *r, const char *s, size_t n, struct lengths *lengths)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t addr[16];
	int mac = proof_judge_mac(r->order, s, n);

	*lengths = (struct lengths){48, 48};
	if (mac != 0)
		return mac == 1 ? OWN : OTHERS;
	*lengths = (struct lengths){r->address->bits, r->address->family == 4 ? 32 : 128};
	if (parse_v4(s, n, addr) == 0)
		return r->address->family == 4 && is_in(r->address, addr) ? OWN : OTHERS;
	if (memchr(s, ':', n) == NULL || n >= sizeof(text))
		return NOBODYS;
	(void)snprintf(text, sizeof(text), "%.*s", (int)n, s); /* has room */
	if (inet_pton(AF_INET6, text, addr) != 1)
		return NOBODYS;
	return r->address->family == 6 && is_in(r->address, addr) ? OWN : OTHERS;
}

static const char *
skip_blanks(const char *s)
{
	for (;;) {
		if (isspace((unsigned char)*s))
			s++;
		else if (strncmp(s, "\xc2\xa0", 2) == 0) /* one that breaks no line */
			s += 2;
		else
			return s;
	}
}

/* A hyphen, any of the dashes from U+2010 to U+2015, the minus sign, or a dash of Windows-1252.  NULL: it is none. */
static const char *
skip_dash(const char *s)
{
	if (*s == '-' || *s == '\x96' || *s == '\x97')
		return s + 1;
	if (strncmp(s, "\xe2\x80", 2) == 0 && (unsigned char)s[2] >= 0x90 && (unsigned char)s[2] <= 0x95)
		return s + 3;
	return strncmp(s, "\xe2\x88\x92", 3) == 0 ? s + 3 : NULL;
}

/* Is it a number that is not the first of an address or a MAC, which is judged by itself, nor a letter of a word? */
static int
is_number(const struct reading *r, const char *s)
{
	size_t n = strspn(s, "0123456789abcdefABCDEF:.-");
	struct lengths lengths;

	if (!isxdigit((unsigned char)*s) || (isalpha((unsigned char)*s) && isalpha((unsigned char)s[n])))
		return 0;
	for (; n > 0; n--) {
		if (!isxdigit((unsigned char)s[n]) && judge_host(r, s, n, &lengths) != NOBODYS)
			return 0;
	}
	return 1;
}

/* One of those lengths, as such a number is written, or NULL. */
static const char *
skip_length(const char *s, const struct lengths *lengths)
{
	unsigned value = 0;
	size_t n;

	for (n = 0; n < 3 && isdigit((unsigned char)s[n]); n++)
		value = 10 * value + (unsigned)(s[n] - '0');
	return n > 0 && s[0] != '0' && !isalnum((unsigned char)s[n]) && value >= lengths->least &&
		       value <= lengths->most
		   ? s + n
		   : NULL;
}

/* Does what stands behind the host make more of it: a network that is not the subject's, or a range? */
static int
begins_more(const struct reading *r, const char *end, const struct lengths *lengths)
{
	const char *s = skip_blanks(end);

	if (*s == '/' && is_number(r, skip_blanks(s + 1))) {
		s = skip_length(skip_blanks(s + 1), lengths);
		if (s == NULL)
			return 1;
		s = skip_blanks(s);
	}
	s = skip_dash(s);
	return s != NULL && is_number(r, skip_blanks(s));
}

static enum whose
judge_span(const struct reading *r, const char *s, size_t n)
{
	struct lengths lengths;
	enum whose whose = judge_host(r, s, n, &lengths);

	return whose == OWN && begins_more(r, s + n, &lengths) ? OTHERS : whose;
}

static enum whose
judge_groups(const struct reading *r, const struct word *w, size_t first, size_t count)
{
	const char *end = w->at[first + count - 1] + w->length[first + count - 1];
	size_t i;

	for (i = first; i < first + count; i++) {
		if (w->is_own[i] || w->length[i] == UINT8_MAX)
			return NOBODYS;
	}
	return judge_span(r, w->at[first], (size_t)(end - w->at[first]));
}

/* The longest reading of a group counts, and among those of one length the one that is the subject's. */
static int
has_others(const struct reading *r, struct word *w)
{
	size_t n, i;

	for (n = w->count < SPAN_MAX ? w->count : SPAN_MAX; n > 0; n--) {
		for (i = 0; i + n <= w->count; i++) {
			if (judge_groups(r, w, i, n) == OWN)
				memset(w->is_own + i, 1, n);
		}
		for (i = 0; i + n <= w->count; i++) {
			if (judge_groups(r, w, i, n) == OTHERS)
				return 1;
		}
	}
	return 0;
}

/* Take the word at ${p}, which ends where a line of dashes or dots begins; NULL: it is too long.  Return where it ends. */
static const char *
take_word(struct word *w, const char *p, const char *end)
{
	size_t n;

	memset(w, 0, sizeof(*w));
	for (;;) {
		if (w->count == GROUPS_MAX)
			return NULL;
		for (n = 0; p + n < end && isxdigit((unsigned char)p[n]); n++)
			;
		w->at[w->count] = p;
		w->length[w->count++] = n < UINT8_MAX ? (uint8_t)n : UINT8_MAX;
		p += n;
		if (p == end || strchr(":.-", *p) == NULL || *p == '\0')
			return p;
		if (*p != ':' && p + 1 < end && p[1] == *p)
			return p + 1;
		p++;
	}
}

static const char *
read_text(const struct reading *r, const struct buf *text)
{
	const char *p = text->data, *end = text->data + text->len;
	struct word w;

	while (p < end) {
		if (!isxdigit((unsigned char)*p) && *p != ':') {
			p++;
			continue;
		}
		p = take_word(&w, p, end);
		if (p == NULL || has_others(r, &w))
			return "the proof names addresses of others, or what could be some: give the part that is the "
			       "subject's, or its --kind";
	}
	return NULL;
}

static int
is_printable(char c)
{
	return isprint((unsigned char)c) || isspace((unsigned char)c);
}

/* Is it UTF-32 throughout, with the most significant of four bytes at ${most} and the least at ${least}? */
static int
is_utf32(const struct buf *text, size_t most, size_t least)
{
	size_t i;

	for (i = 0; i + 4 <= text->len; i += 4) {
		const unsigned char *c = (const unsigned char *)text->data + i;
		size_t high = most < least ? 1 : 2;

		if (c[most] != 0 || c[high] > 0x10 ||
		    (c[high] == 0 && c[3 - high] == 0 && !is_printable((char)c[least]) && c[least] < 0x80))
			return 0;
	}
	return i > 0;
}

/* Without its NULs, is it UTF-8 that is not ASCII alone?  Or can that not be said? */
static int
is_utf8_between(const struct buf *text)
{
	struct buf rest = BUF_INIT;
	size_t i;
	int is_text;

	for (i = 0; i < text->len; i++) {
		if (text->data[i] != '\0')
			(void)buf_putc(&rest, text->data[i]); /* one that fails is remembered */
	}
	is_text = buf_failed(&rest) || text_is_utf8(rest.data, rest.len);
	buf_free(&rest);
	return is_text;
}

/* Is it text all the same, in UTF-16 or UTF-32, or with a NUL here and there; or is there some in it? */
static int
is_wide(const struct buf *text)
{
	size_t i, run = 0, printable = 0, nuls = 0, high = 0;

	if (is_utf32(text, 0, 3) || is_utf32(text, 3, 0))
		return 1;
	if (text->len >= 2 && (memcmp(text->data, "\xff\xfe", 2) == 0 || memcmp(text->data, "\xfe\xff", 2) == 0))
		return 1;
	for (i = 0; i < text->len; i++) {
		nuls += text->data[i] == '\0';
		high += (unsigned char)text->data[i] >= 0x80;
		printable += text->data[i] != '\0' && is_printable(text->data[i]);
		if (i == 0 || (text->data[i] == '\0') == (text->data[i - 1] == '\0') ||
		    (text->data[i] != '\0' && !is_printable(text->data[i])))
			run = 0;
		else if (++run >= 2 * WIDE_RUN - 2)
			return 1;
	}
	if (nuls > 0 && high > 0 && is_utf8_between(text))
		printable += high;
	return nuls > 0 && printable > (text->len - nuls) / 8 * 7;
}

const char *
proof_plan_judge(const struct order *o, const struct order_prefix *address, const struct buf *text)
{
	const struct reading r = {o, address};

	if (text->len == 0)
		return NULL;
	if (is_wide(text))
		return "the proof is text in another encoding: give it in UTF-8, and only the part that is the subject's";
	return memchr(text->data, '\0', text->len) != NULL ? NULL : read_text(&r, text);
}
