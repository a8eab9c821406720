#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "text.h"

#include "notice.h"

#define FORMAT "casetap-notice/1"
#define SIGNATURE "\nuntrusted comment: "
#define LINE_ROOM 256
#define COLUMNS 5

static const char *const kinds[] = {[NOTICE_GAP] = "gap", [NOTICE_LOSS] = "loss", [NOTICE_ORDER] = "order"};

static int
invalid(void)
{
	errno = EINVAL;
	return -1;
}

const char *
notice_kind_text(enum notice_kind kind)
{
	return kinds[kind];
}

int
notice_add(struct notice *n, const struct notice_event *e)
{
	if (n->count == NOTICE_EVENTS_MAX) {
		errno = ENOBUFS;
		return -1;
	}
	n->events[n->count++] = *e;
	return 0;
}

static int
is_same_event(const struct notice_event *a, const struct notice_event *b)
{
	return a->kind == b->kind && a->seq == b->seq && a->from == b->from && a->to == b->to &&
	       strcmp(a->what, b->what) == 0;
}

int
notice_is_same(const struct notice *a, const struct notice *b)
{
	if (strcmp(a->case_id, b->case_id) != 0 || strcmp(a->iap, b->iap) != 0 ||
	    strcmp(a->last_seal, b->last_seal) != 0 || a->count != b->count)
		return 0;
	for (size_t i = 0; i < a->count; i++) {
		if (!is_same_event(&a->events[i], &b->events[i]))
			return 0;
	}
	return 1;
}

static int
is_sound_event(const struct notice_event *e)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t n = strnlen(e->what, sizeof(e->what));

	return n > 0 && n < sizeof(e->what) && strspn(e->what, plain) == n && e->seq <= NAMES_SEQ_MAX &&
	       e->from != STAMP_NONE && (e->to == STAMP_NONE || e->to >= e->from);
}

static int
is_sound(const struct notice *n)
{
	size_t i;

	if (!names_is_case(n->case_id) || !names_is_iap(n->iap) || n->day == STAMP_NONE ||
	    stamp_day_start(n->day) != n->day || n->number == 0 || n->number > NOTICE_A_DAY ||
	    n->written == STAMP_NONE || n->last_seq > NAMES_SEQ_MAX || n->count == 0 || n->count > NOTICE_EVENTS_MAX)
		return 0;
	if (n->last_seq == 0 ? n->last_seal[0] != '\0' || n->order_sha256[0] != '\0'
			     : !digest_is_hex(n->last_seal) || !digest_is_hex(n->order_sha256))
		return 0;
	for (i = 0; i < n->count; i++) {
		if (!is_sound_event(&n->events[i]))
			return 0;
	}
	return 1;
}

static const char *
or_dash(const char *s)
{
	return s[0] == '\0' ? "-" : s;
}

static void
write_event(const struct notice_event *e, struct buf *out)
{
	char from[STAMP_TEXT], to[STAMP_TEXT];

	(void)buf_printf(out, "%s ", kinds[e->kind]); /* buf_failed() tells at the end */
	if (e->seq == 0)
		(void)buf_putc(out, '-');
	else
		(void)buf_printf(out, "%" PRIu64, e->seq);
	(void)buf_printf(out, " %s %s %s\n", stamp_format(from, e->from), stamp_format(to, e->to), e->what);
}

int
notice_write(const struct notice *n, struct buf *out)
{
	char day[STAMP_DAY_TEXT], time[STAMP_TEXT];
	size_t i;

	if (!is_sound(n))
		return invalid();
	(void)buf_printf(out,
	    FORMAT "\ncase: %s\niap: %s\nday: %s\nnumber: %u\nwritten: %s\nlast-seq: %" PRIu64
		   "\nlast-seal: %s\norder-sha256: %s\n\n",
	    n->case_id, n->iap, stamp_day_format(day, n->day), n->number, stamp_format(time, n->written), n->last_seq,
	    or_dash(n->last_seal), or_dash(n->order_sha256));
	for (i = 0; i < n->count; i++)
		write_event(&n->events[i], out);
	if (!buf_failed(out))
		return 0;
	errno = ENOMEM;
	return -1;
}

/* The next line, which begins with ${name}: what follows that, as a string.  Return 0, or -1. */
static int
next(const char **at, const char *end, const char *name, char value[LINE_ROOM])
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	size_t n = strlen(name), len;

	if (newline == NULL || (size_t)(newline - *at) < n || memcmp(*at, name, n) != 0)
		return -1;
	len = (size_t)(newline - *at) - n;
	if (len >= LINE_ROOM)
		return -1;
	memcpy(value, *at + n, len);
	value[len] = '\0';
	*at = newline + 1;
	return 0;
}

static int
take_text(const char *value, char *out, size_t room)
{
	size_t n = strlen(value);

	if (n >= room)
		return -1;
	memcpy(out, value, n + 1);
	return 0;
}

/* As take_text, where "-" stands for nothing. */
static int
take_hash(const char *value, char out[DIGEST_HEX])
{
	return take_text(strcmp(value, "-") == 0 ? "" : value, out, DIGEST_HEX);
}

static int
take_head(const char **at, const char *end, struct notice *n)
{
	char value[LINE_ROOM];
	uint64_t number;

	if (next(at, end, FORMAT, value) == -1 || value[0] != '\0' || next(at, end, "case: ", value) == -1 ||
	    take_text(value, n->case_id, sizeof(n->case_id)) == -1 || next(at, end, "iap: ", value) == -1 ||
	    take_text(value, n->iap, sizeof(n->iap)) == -1 || next(at, end, "day: ", value) == -1 ||
	    stamp_day_parse(value, &n->day) == -1 || next(at, end, "number: ", value) == -1 ||
	    text_u64(value, 1, NOTICE_A_DAY, &number) == -1 || next(at, end, "written: ", value) == -1 ||
	    stamp_parse(value, &n->written) == -1 || next(at, end, "last-seq: ", value) == -1 ||
	    text_u64(value, 0, NAMES_SEQ_MAX, &n->last_seq) == -1 || next(at, end, "last-seal: ", value) == -1 ||
	    take_hash(value, n->last_seal) == -1 || next(at, end, "order-sha256: ", value) == -1 ||
	    take_hash(value, n->order_sha256) == -1 || next(at, end, "", value) == -1 || value[0] != '\0')
		return -1;
	n->number = (unsigned)number;
	return 0;
}

static int
take_event(char *line, struct notice_event *e)
{
	char *column[COLUMNS], *rest = line;
	size_t i, kind;

	for (i = 0; i < COLUMNS; i++) {
		column[i] = strsep(&rest, " ");
		if (column[i] == NULL)
			return -1;
	}
	for (kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[kind], column[0]) != 0; kind++)
		;
	if (rest != NULL || kind == sizeof(kinds) / sizeof(kinds[0]))
		return -1;
	memset(e, 0, sizeof(*e));
	e->kind = (enum notice_kind)kind;
	e->to = STAMP_NONE;
	if ((strcmp(column[1], "-") != 0 && text_u64(column[1], 1, NAMES_SEQ_MAX, &e->seq) == -1) ||
	    stamp_parse(column[2], &e->from) == -1 ||
	    (strcmp(column[3], "-") != 0 && stamp_parse(column[3], &e->to) == -1))
		return -1;
	return take_text(column[4], e->what, sizeof(e->what));
}

static int
take_events(const char *at, const char *end, struct notice *n)
{
	char line[LINE_ROOM];
	struct notice_event e;

	while (at < end) {
		if (next(&at, end, "", line) == -1 || take_event(line, &e) == -1 || notice_add(n, &e) == -1)
			return -1;
	}
	return 0;
}

int
notice_parse(const char *text, size_t length, struct notice *n)
{
	const char *at = text, *end = text + length;
	struct buf again = BUF_INIT;
	int rc = -1;

	memset(n, 0, sizeof(*n));
	if (length == 0 || length > NOTICE_MAX_BYTES || take_head(&at, end, n) == -1 || take_events(at, end, n) == -1)
		return invalid();
	if (notice_write(n, &again) == -1)
		goto out;
	rc = again.len == length && memcmp(again.data, text, length) == 0 ? 0 : invalid();
out:
	buf_free(&again);
	return rc;
}

int
notice_open(const char *data, size_t n, struct notice *notice, struct sign_sig *sig, size_t *length)
{
	const char *at;

	if (n == 0 || n > NOTICE_MAX_BYTES)
		return invalid();
	at = memmem(data, n, SIGNATURE, strlen(SIGNATURE));
	if (at == NULL)
		return invalid();
	*length = (size_t)(at + 1 - data);
	if (notice_parse(data, *length, notice) == -1)
		return -1;
	return sign_parse(at + 1, n - *length, sig);
}
