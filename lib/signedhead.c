#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fsio.h"
#include "sign.h"
#include "text.h"

#include "signedhead.h"

#define LINES 6
#define SIG ".minisig"
#define SIGNATURE_MAX ((size_t)4096)

/* By signedhead.is_old: the first line, and what the trusted comment calls it. */
static const char *const formats[] = {"casetap-signed-head/1", "casetap-custody-head/1"};
static const char *const kinds[] = {"signed-head", "custody-head"};

char *
signedhead_month(char out[SIGNEDHEAD_MONTH], stamp_t at)
{
	char day[STAMP_DAY_TEXT];

	(void)snprintf(out, SIGNEDHEAD_MONTH, "%.7s", stamp_day_format(day, stamp_day_start(at))); /* has room */
	return out;
}

char *
signedhead_name(char out[SIGNEDHEAD_NAME_ROOM], const char *month)
{
	(void)snprintf(out, SIGNEDHEAD_NAME_ROOM, SIGNEDHEAD_PREFIX "%.7s" SIGNEDHEAD_SUFFIX, month); /* has room */
	return out;
}

char *
signedhead_comment(char out[SIGNEDHEAD_COMMENT_ROOM], const struct signedhead *c)
{
	char at[STAMP_TEXT];

	(void)snprintf(out, SIGNEDHEAD_COMMENT_ROOM, "casetap %s case=%s month=%s at=%s", kinds[c->is_old],
	    c->case_id, c->month, stamp_format(at, c->at)); /* has room */
	return out;
}

int
signedhead_is_name(const char *name)
{
	char again[SIGNEDHEAD_NAME_ROOM];
	const size_t n = sizeof(SIGNEDHEAD_PREFIX) - 1;

	return strncmp(name, SIGNEDHEAD_PREFIX, n) == 0 && strlen(name) > n + 7 &&
	       strcmp(signedhead_name(again, name + n), name) == 0;
}

int
signedhead_write(const struct signedhead *c, struct buf *out)
{
	char at[STAMP_TEXT];

	if (buf_printf(out, "%s\ncase: %s\nmonth: %s\nat: %s\nlines: %" PRIu64 "\nhead: %s\n", formats[c->is_old],
		c->case_id, c->month, stamp_format(at, c->at), c->lines, c->head) == 0)
		return 0;
	errno = ENOMEM;
	return -1;
}

/* The value of "KEY: VALUE", or NULL. */
static const char *
value_of(const char *line, const char *key)
{
	const size_t n = strlen(key);

	return strncmp(line, key, n) == 0 && strncmp(line + n, ": ", 2) == 0 ? line + n + 2 : NULL;
}

static int
take(const char *const line[LINES], struct signedhead *c)
{
	const char *case_id = value_of(line[1], "case"), *at = value_of(line[3], "at");
	const char *lines = value_of(line[4], "lines"), *head = value_of(line[5], "head");

	c->is_old = strcmp(line[0], formats[1]) == 0;
	if (strcmp(line[0], formats[c->is_old]) != 0 || case_id == NULL || !names_is_case(case_id) || at == NULL ||
	    stamp_parse(at, &c->at) == -1 || lines == NULL || text_u64(lines, 1, UINT64_MAX - 1, &c->lines) == -1 ||
	    head == NULL || !digest_is_hex(head))
		return -1;
	(void)snprintf(c->case_id, sizeof(c->case_id), "%s", case_id); /* it fits */
	memcpy(c->head, head, sizeof(c->head));
	(void)signedhead_month(c->month, c->at);
	return 0;
}

int
signedhead_parse(const char *data, size_t n, struct signedhead *c)
{
	char text[SIGNEDHEAD_MAX_BYTES], *at = text;
	const char *line[LINES];
	struct buf again = BUF_INIT;
	size_t i;
	int rc = -1;

	memset(c, 0, sizeof(*c));
	errno = EINVAL;
	if (n == 0 || n >= sizeof(text) || memchr(data, '\0', n) != NULL)
		return -1;
	memcpy(text, data, n);
	text[n] = '\0';
	for (i = 0; i < LINES; i++) {
		line[i] = strsep(&at, "\n");
		if (line[i] == NULL)
			return -1;
	}
	if (take(line, c) == 0 && signedhead_write(c, &again) == 0)
		rc = again.len == n && memcmp(again.data, data, n) == 0 ? 0 : -1;
	buf_free(&again);
	if (rc == -1 && errno != ENOMEM)
		errno = EINVAL;
	return rc;
}

/* What is wrong with it, or NULL. */
static const char *
judge(const struct signedhead *c, const struct keyring *keyring, const struct buf *text, const struct buf *minisig)
{
	char want[SIGNEDHEAD_COMMENT_ROOM];
	enum keyring_verdict verdict;
	struct sign_sig sig;

	if (minisig->len == 0 || sign_parse(minisig->data, minisig->len, &sig) == -1)
		return "its signature is none";
	verdict = keyring_judge(keyring, KEYRING_STATION, &sig, text->data, text->len, c->at, NULL);
	if (verdict != KEYRING_GOOD)
		return keyring_verdict_text(verdict);
	return strcmp(signedhead_comment(want, c), sig.comment) == 0 ? NULL : "its signature is of another head";
}

int
signedhead_load(int dirfd, const char *name, const char *case_id, const struct keyring *keyring, struct signedhead *c,
    const char **why)
{
	char sig_name[SIGNEDHEAD_NAME_ROOM + sizeof(SIG)], again[SIGNEDHEAD_NAME_ROOM];
	struct buf text = BUF_INIT, minisig = BUF_INIT;
	int rc = 0;

	*why = "is no head of a custody log";
	(void)snprintf(sig_name, sizeof(sig_name), "%s" SIG, name); /* has room */
	if (fsio_load(dirfd, name, SIGNEDHEAD_MAX_BYTES, &text) == -1) {
		rc = errno == EBADMSG || errno == ELOOP || errno == EFBIG ? 0 : -1;
	} else if (signedhead_parse(text.data == NULL ? "" : text.data, text.len, c) == -1) {
		rc = errno == ENOMEM ? -1 : 0;
	} else if (strcmp(c->case_id, case_id) != 0 || strcmp(signedhead_name(again, c->month), name) != 0) {
		*why = "is of another case or month";
	} else if (fsio_load(dirfd, sig_name, SIGNATURE_MAX, &minisig) == -1) {
		rc = errno == ENOENT || errno == EBADMSG || errno == ELOOP || errno == EFBIG ? 0 : -1;
		*why = errno == ENOENT ? "its signature is not there" : "its signature is none";
	} else {
		*why = judge(c, keyring, &text, &minisig);
		rc = *why == NULL;
	}
	buf_free(&text);
	buf_free(&minisig);
	return rc;
}
