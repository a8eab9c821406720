#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#include "ack.h"

#define FORMAT "casetap-acknowledgement/1"
#define LINES 9
#define LINE_ROOM 256

static int
invalid(void)
{
	errno = EINVAL;
	return -1;
}

static int
is_sound(const struct ack *a)
{
	size_t n = strnlen(a->verifier, sizeof(a->verifier));

	return names_is_case(a->case_id) && names_is_iap(a->iap) && a->day != STAMP_NONE &&
	       stamp_day_start(a->day) == a->day && digest_is_hex(a->sums_sha256) && a->packages <= NAMES_SEQ_MAX &&
	       (a->verdict == 0 || a->verdict == 10) && a->verified != STAMP_NONE && n > 0 &&
	       n < sizeof(a->verifier) && text_is_printable(a->verifier, n);
}

int
ack_write(const struct ack *a, struct buf *out)
{
	char day[STAMP_DAY_TEXT], time[STAMP_TEXT];

	if (!is_sound(a))
		return invalid();
	return buf_printf(out,
	    FORMAT "\ncase: %s\niap: %s\nday: %s\nsums-sha256: %s\npackages: %" PRIu64
		   "\nverdict: %d\nverified: %s\nverifier: %s\n",
	    a->case_id, a->iap, stamp_day_format(day, a->day), a->sums_sha256, a->packages, a->verdict,
	    stamp_format(time, a->verified), a->verifier);
}

/* The value of the next line, "NAME: VALUE", as a string of at most ${room} bytes.  Return 0, or -1. */
static int
next(const char **at, const char *end, const char *name, char *value, size_t room)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	size_t n = strlen(name), len;

	if (newline == NULL || (size_t)(newline - *at) < n || memcmp(*at, name, n) != 0)
		return -1;
	len = (size_t)(newline - *at) - n;
	if (len >= room)
		return -1;
	memcpy(value, *at + n, len);
	value[len] = '\0';
	*at = newline + 1;
	return 0;
}

static int
take_lines(const char *at, const char *end, struct ack *a)
{
	char format[LINE_ROOM], day[LINE_ROOM], packages[LINE_ROOM], verdict[LINE_ROOM], time[LINE_ROOM];
	uint64_t code;

	if (next(&at, end, "", format, sizeof(format)) == -1 ||
	    next(&at, end, "case: ", a->case_id, sizeof(a->case_id)) == -1 ||
	    next(&at, end, "iap: ", a->iap, sizeof(a->iap)) == -1 ||
	    next(&at, end, "day: ", day, sizeof(day)) == -1 ||
	    next(&at, end, "sums-sha256: ", a->sums_sha256, sizeof(a->sums_sha256)) == -1 ||
	    next(&at, end, "packages: ", packages, sizeof(packages)) == -1 ||
	    next(&at, end, "verdict: ", verdict, sizeof(verdict)) == -1 ||
	    next(&at, end, "verified: ", time, sizeof(time)) == -1 ||
	    next(&at, end, "verifier: ", a->verifier, sizeof(a->verifier)) == -1)
		return -1;
	if (stamp_day_parse(day, &a->day) == -1 || text_u64(packages, 0, NAMES_SEQ_MAX, &a->packages) == -1 ||
	    text_u64(verdict, 0, 10, &code) == -1 || stamp_parse(time, &a->verified) == -1)
		return -1;
	a->verdict = (int)code;
	return 0;
}

int
ack_parse(const char *text, size_t n, struct ack *a)
{
	struct buf again = BUF_INIT;
	int rc = -1;

	memset(a, 0, sizeof(*a));
	if (n == 0 || n > ACK_MAX_BYTES || take_lines(text, text + n, a) == -1)
		return invalid();
	if (ack_write(a, &again) == -1)
		goto out;
	rc = again.len == n && memcmp(again.data, text, n) == 0 ? 0 : invalid();
out:
	buf_free(&again);
	return rc;
}

int
ack_open(const char *data, size_t n, struct ack *a, struct sign_sig *sig, size_t *length)
{
	const char *at = data, *end = data + n;
	unsigned i;

	if (n == 0 || n > ACK_MAX_BYTES)
		return invalid();
	for (i = 0; i < LINES; i++) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (at == NULL)
			return invalid();
		at++;
	}
	*length = (size_t)(at - data);
	if (ack_parse(data, *length, a) == -1)
		return -1;
	return at == end ? invalid() : sign_parse(at, (size_t)(end - at), sig);
}
