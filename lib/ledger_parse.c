#include <errno.h>
#include <string.h>

#include "text.h"

#include "ledger.h"
#include "ledger_internal.h"

#define LINE_MAX_BYTES 1024
#define COLUMNS 10

/* The text that is left to be read, line by line. */
struct lines {
	const char *at, *end;
	unsigned number;
	char line[LINE_MAX_BYTES];
};

static int
invalid(void)
{
	errno = EINVAL;
	return -1;
}

static int
next_line(struct lines *t)
{
	const char *newline = memchr(t->at, '\n', (size_t)(t->end - t->at));
	size_t n;

	t->number++;
	if (newline == NULL)
		return invalid();
	n = (size_t)(newline - t->at);
	if (n >= sizeof(t->line) || !text_is_printable(t->at, n))
		return invalid();
	memcpy(t->line, t->at, n);
	t->line[n] = '\0';
	t->at = newline + 1;
	return 0;
}

/* The value of the next line, which must be `KEY: value`. */
static const char *
next_value(struct lines *t, const char *key)
{
	size_t n = strlen(key);

	if (next_line(t) == -1 || strncmp(t->line, key, n) != 0 || strncmp(t->line + n, ": ", 2) != 0)
		return NULL;
	return t->line + n + 2;
}

/* A hash, or with ${optional} a "-" for "". */
static int
next_hash(struct lines *t, const char *key, int optional, char out[DIGEST_HEX])
{
	const char *value = next_value(t, key);

	if (value == NULL)
		return invalid();
	if (optional && strcmp(value, "-") == 0) {
		out[0] = '\0';
		return 0;
	}
	if (!digest_is_hex(value))
		return invalid();
	memcpy(out, value, DIGEST_HEX);
	return 0;
}

/* 0 for "-". */
static int
next_number(struct lines *t, const char *key, uint64_t max, uint64_t *out)
{
	const char *value = next_value(t, key);

	*out = 0;
	if (value == NULL)
		return invalid();
	return strcmp(value, "-") == 0 ? 0 : text_u64(value, 0, max, out);
}

/* What is lost of the custody log: "N HEAD REQUEST", where it is. */
static int
parse_lost(struct lines *t, struct ledger *l)
{
	const size_t key = strlen(LEDGER_LOST), hex = DIGEST_HEX - 1;
	char number[24];
	const char *value;
	size_t n;

	if ((size_t)(t->end - t->at) < key || memcmp(t->at, LEDGER_LOST, key) != 0)
		return 0;
	if (next_line(t) == -1)
		return -1;
	value = t->line + key;
	n = strcspn(value, " ");
	if (n >= sizeof(number) || strlen(value) != n + 2 * (1 + hex) || value[n + 1 + hex] != ' ')
		return invalid();
	memcpy(number, value, n);
	number[n] = '\0';
	memcpy(l->lost_head, value + n + 1, hex); /* the rest of it is zero */
	memcpy(l->lost_request, value + n + 1 + hex + 1, hex);
	if (!digest_is_hex(l->lost_head) || !digest_is_hex(l->lost_request))
		return invalid();
	/* No log has more, and a place behind all lines has a meaning of its own to the verifier. */
	return text_u64(number, 1, INT64_MAX - 1, &l->lost_lines);
}

static int
is_reason(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n < SLICE_REASON_ROOM && strspn(s, "abcdefghijklmnopqrstuvwxyz-_") == n;
}

/* "no" or "yes (REASON, revision N)". */
static int
parse_final(struct lines *t, struct ledger *l)
{
	static const char revision[] = ", revision ";
	const char *value = next_value(t, "final");
	char text[LINE_MAX_BYTES], *comma;
	uint64_t number;
	size_t n;

	if (value == NULL)
		return invalid();
	if (strcmp(value, "no") == 0)
		return 0;
	n = strlen(value);
	if (strncmp(value, "yes (", 5) != 0 || value[n - 1] != ')')
		return invalid();
	memcpy(text, value + 5, n - 6);
	text[n - 6] = '\0';
	comma = strstr(text, revision);
	if (comma == NULL || text_u64(comma + strlen(revision), 0, UINT32_MAX, &number) == -1)
		return invalid();
	*comma = '\0';
	if (!is_reason(text))
		return invalid();
	l->final = 1;
	l->final_revision = (uint32_t)number;
	memcpy(l->final_reason, text, strlen(text) + 1);
	return 0;
}

static int
parse_time(const char *s, stamp_t *out)
{
	char again[STAMP_TEXT];

	if (strcmp(s, "-") == 0) {
		*out = STAMP_NONE;
		return 0;
	}
	/* One spelling: ours. */
	return stamp_parse(s, out) == 0 && strcmp(stamp_format(again, *out), s) == 0 ? 0 : invalid();
}

/* "zero", "possible", "N", "N+possible" */
static int
parse_loss(char *s, struct ledger_row *r)
{
	char *plus = strchr(s, '+');

	if (strcmp(s, "zero") == 0)
		return 0;
	if (strcmp(s, "possible") == 0) {
		r->possible_loss = 1;
		return 0;
	}
	if (plus != NULL) {
		if (strcmp(plus, "+possible") != 0)
			return invalid();
		r->possible_loss = 1;
		*plus = '\0';
	}
	return text_u64(s, 1, UINT64_MAX, &r->own_loss);
}

/* "-", a number of gaps, or a reason */
static int
parse_gap(const char *s, struct ledger_row *r)
{
	uint64_t n;

	if (strcmp(s, "-") == 0)
		return 0;
	if (s[0] >= '0' && s[0] <= '9') {
		if (text_u64(s, 1, UINT32_MAX, &n) == -1)
			return invalid();
		r->gaps = (uint32_t)n;
		return 0;
	}
	if (!is_reason(s))
		return invalid();
	r->is_gap_package = 1;
	memcpy(r->gap, s, strlen(s) + 1);
	return 0;
}

static int
parse_row(char *line, struct ledger_row *r)
{
	char *column[COLUMNS + 1], *at = line;
	size_t n = 0;

	memset(r, 0, sizeof(*r));
	while (n <= COLUMNS && (column[n] = strsep(&at, " ")) != NULL)
		n++;
	if (n != COLUMNS || !digest_is_hex(column[1]))
		return invalid();
	memcpy(r->seal_id, column[1], DIGEST_HEX);
	if (text_u64(column[0], 1, NAMES_SEQ_MAX, &r->seq) == -1 || parse_time(column[2], &r->from) == -1 ||
	    parse_time(column[3], &r->to) == -1 || parse_time(column[4], &r->first_frame) == -1 ||
	    parse_time(column[5], &r->last_frame) == -1 || text_u64(column[6], 0, UINT64_MAX, &r->frames) == -1 ||
	    text_u64(column[7], 0, UINT64_MAX, &r->bytes) == -1)
		return invalid();
	if (parse_loss(column[8], r) == -1 || parse_gap(column[9], r) == -1)
		return invalid();
	return 0;
}

static int
parse_names(struct lines *t, struct ledger *l)
{
	const char *value;

	if (next_line(t) == -1 || strcmp(t->line, LEDGER_FORMAT) != 0)
		return invalid();
	value = next_value(t, "case");
	if (value == NULL || !names_is_case(value))
		return invalid();
	memcpy(l->case_id, value, strlen(value) + 1);
	value = next_value(t, "iap");
	if (value == NULL || !names_is_iap(value))
		return invalid();
	memcpy(l->iap, value, strlen(value) + 1);
	value = next_value(t, "day");
	return value != NULL && stamp_day_parse(value, &l->day) == 0 ? 0 : invalid();
}

/* The rows, which must be as many, and have the first and last number, that the head announced. */
static int
parse_rows(struct lines *t, struct ledger *l, uint64_t first, uint64_t last, uint64_t count)
{
	struct ledger_row row;
	uint64_t i;

	if ((count == 0) != (first == 0) || (count > 0 && last - first != count - 1))
		return invalid();
	for (i = 0; i < count; i++) {
		if (next_line(t) == -1 || parse_row(t->line, &row) == -1 || row.seq != first + i)
			return invalid();
		if (ledger_add(l, &row) == -1)
			return -1;
	}
	t->number++;
	return t->at == t->end ? 0 : invalid();
}

/* Other streams of the case, up to the empty line behind the head. */
static int
parse_siblings(struct lines *t, struct ledger *l)
{
	static const char key[] = "sibling: ";
	const char *iap;

	while (next_line(t) == 0) {
		if (t->line[0] == '\0')
			return 0;
		iap = t->line + sizeof(key) - 1;
		if (strncmp(t->line, key, sizeof(key) - 1) != 0 || !names_is_iap(iap) || strcmp(iap, l->iap) == 0 ||
		    l->sibling_count == LEDGER_SIBLINGS_MAX ||
		    (l->sibling_count > 0 && strcmp(l->siblings[l->sibling_count - 1], iap) >= 0))
			return invalid();
		if (ledger_add_sibling(l, iap) == -1)
			return -1;
	}
	return -1;
}

static int
parse(struct lines *t, struct ledger *l)
{
	uint64_t first, last, count;

	if (parse_names(t, l) == -1 || next_number(t, "first-seq", NAMES_SEQ_MAX, &first) == -1 ||
	    next_number(t, "last-seq", NAMES_SEQ_MAX, &last) == -1 ||
	    next_number(t, "count", LEDGER_ROWS_MAX, &count) == -1)
		return invalid();
	if (next_hash(t, "prev-ledger-sha256", 1, l->prev) == -1 ||
	    next_hash(t, "head-seal", 1, l->head_seal) == -1 ||
	    next_hash(t, "keyring-sha256", 0, l->keyring_sha256) == -1 ||
	    next_hash(t, "order-sha256", 1, l->order_sha256) == -1 ||
	    next_hash(t, "custody-head", 0, l->custody_head) == -1)
		return -1;
	if (parse_lost(t, l) == -1 || parse_final(t, l) == -1)
		return invalid();
	if (parse_siblings(t, l) == -1)
		return -1;
	return parse_rows(t, l, first, last, count);
}

/* One ledger has one text: what does not write back to the very bytes was not ours. */
static int
is_canonical(const struct ledger *l, const char *text, size_t n)
{
	struct buf again = BUF_INIT;
	int rc = ledger_write(l, &again) == -1 ? -1 : again.len == n && memcmp(again.data, text, n) == 0;

	buf_free(&again);
	return rc;
}

int
ledger_parse(const char *text, size_t n, struct ledger *l, unsigned *line)
{
	struct lines t = {.at = text, .end = text + n};
	int rc, same;

	memset(l, 0, sizeof(*l));
	rc = parse(&t, l);
	if (rc == 0 && (same = is_canonical(l, text, n)) != 1) {
		t.number = 0;
		rc = same == -1 ? -1 : invalid();
	}
	if (rc == -1) {
		if (line != NULL)
			*line = t.number;
		ledger_clear(l);
	}
	return rc;
}
