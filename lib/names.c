#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#include "names.h"

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define SEQ_DIGITS 10
#define NOTICE_MAX 999999
#define APPROVAL_SUFFIX ".minisig"

/* The first character is a letter or digit; the rest may also be of ${more}; no more than ${max} in all. */
static int
is_name(const char *s, const char *more, size_t max)
{
	size_t n = strlen(s);

	if (n == 0 || n > max || strspn(s, ALNUM) == 0)
		return 0;
	for (; *s != '\0'; s++) {
		if (strchr(ALNUM, *s) == NULL && strchr(more, *s) == NULL)
			return 0;
	}
	return 1;
}

int
names_is_case(const char *s)
{
	return is_name(s, "._-", NAMES_CASE_ROOM - 1) && strstr(s, "..") == NULL;
}

int
names_is_iap(const char *s)
{
	return is_name(s, "-", NAMES_IAP_ROOM - 1);
}

int
names_is_destination(const char *s)
{
	return is_name(s, "-", NAMES_DEST_ROOM - 1);
}

/* Ten digits, not all zero. */
static int
parse_seq(const char *s, size_t n, uint64_t *seq)
{
	uint64_t value = 0;
	size_t i;

	if (n != SEQ_DIGITS)
		return 0;
	for (i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		value = value * 10 + (uint64_t)(s[i] - '0');
	}
	if (value == 0)
		return 0;
	*seq = value;
	return 1;
}

/* Copy a piece of a name; one too long for ${room} is none. */
static int
copy(char *out, size_t room, const char *s, size_t n)
{
	if (n >= room)
		return 0;
	memcpy(out, s, n);
	out[n] = '\0';
	return 1;
}

/* Split CASE_IAP_REST, from the right: an IAP and what follows it have no "_".  Return REST, or NULL. */
static const char *
split(const char *name, struct names *out)
{
	const char *rest = strrchr(name, '_');
	const char *iap = rest;

	if (rest == NULL)
		return NULL;
	while (iap > name && iap[-1] != '_')
		iap--;
	if (iap == name || !copy(out->iap, sizeof(out->iap), iap, (size_t)(rest - iap)) ||
	    !copy(out->case_id, sizeof(out->case_id), name, (size_t)(iap - 1 - name)))
		return NULL;
	return names_is_iap(out->iap) && names_is_case(out->case_id) ? rest + 1 : NULL;
}

/* What stands behind CASE_IAP_: "0000000007.tar", "2026-11-20.ledger.txt" and so on. */
static enum names_kind
parse_rest(const char *rest, struct names *out)
{
	static const char notice[] = ".notice-";
	const char *dot = strchr(rest, '.');
	char text[32];
	uint64_t number;
	size_t n;

	if (dot == NULL)
		return NAMES_OTHER;
	if (parse_seq(rest, (size_t)(dot - rest), &out->seq)) {
		if (strcmp(dot, ".tags.tar") == 0)
			return NAMES_TAGS;
		out->encrypted = strcmp(dot, ".tar.age") == 0;
		return out->encrypted || strcmp(dot, ".tar") == 0 ? NAMES_PACKAGE : NAMES_OTHER;
	}
	if (!copy(text, sizeof(text), rest, (size_t)(dot - rest)) || stamp_day_parse(text, &out->day) == -1)
		return NAMES_OTHER;
	if (strcmp(dot, ".ledger.txt") == 0)
		return NAMES_LEDGER;
	if (strcmp(dot, ".day.tar") == 0)
		return NAMES_DAY_TAR;
	if (strcmp(dot, ".purge.txt") == 0)
		return NAMES_PURGE;
	if (strcmp(dot, ".day.tar.sha256") == 0 || strcmp(dot, ".day.tar.minisig") == 0)
		return NAMES_DAY_SUM;
	if (strncmp(dot, notice, sizeof(notice) - 1) != 0)
		return NAMES_OTHER;
	dot += sizeof(notice) - 1;
	n = strcspn(dot, ".");
	if (strcmp(dot + n, ".txt") != 0 || !copy(text, sizeof(text), dot, n) ||
	    text_u64(text, 1, NOTICE_MAX, &number) == -1)
		return NAMES_OTHER;
	out->notice = (unsigned)number;
	return NAMES_NOTICE;
}

void
names_parse(const char *name, struct names *out)
{
	const struct names none = {.kind = NAMES_OTHER};
	const char *rest;

	*out = none;
	rest = split(name, out);
	if (rest != NULL)
		out->kind = parse_rest(rest, out);
	if (out->kind == NAMES_OTHER)
		*out = none;
}

/* Callers have checked the names, so nothing can be too long. */
static char *
made(char *out, int n)
{
	assert(n > 0 && n < NAMES_FILE_ROOM);
	(void)n;
	return out;
}

char *
names_stem(char *out, const char *case_id, const char *iap, uint64_t seq)
{
	return names_package(out, case_id, iap, seq, "");
}

char *
names_package(char *out, const char *case_id, const char *iap, uint64_t seq, const char *suffix)
{
	return made(out, snprintf(out, NAMES_FILE_ROOM, "%s_%s_%010" PRIu64 "%s", case_id, iap, seq, suffix));
}

char *
names_day_file(char *out, const char *case_id, const char *iap, stamp_t day, const char *suffix)
{
	char text[STAMP_DAY_TEXT];

	stamp_day_format(text, day);
	return made(out, snprintf(out, NAMES_FILE_ROOM, "%s_%s_%s%s", case_id, iap, text, suffix));
}

char *
names_seq_file(char *out, uint64_t seq, const char *suffix)
{
	return made(out, snprintf(out, NAMES_FILE_ROOM, "%010" PRIu64 "%s", seq, suffix));
}

int
names_parse_seq_file(const char *name, const char *suffix, uint64_t *seq)
{
	return strlen(name) >= SEQ_DIGITS && strcmp(name + SEQ_DIGITS, suffix) == 0 &&
	       parse_seq(name, SEQ_DIGITS, seq);
}

int
names_is_approval(const char *name, const char *of)
{
	size_t n = strlen(of);

	return strncmp(name, of, n) == 0 && name[n] == '.' && text_ends_with(name + n + 1, APPROVAL_SUFFIX);
}
