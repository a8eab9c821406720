#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#include "purgecert.h"

#define FORMAT "casetap-purge/1\n"
#define VALUE_ROOM 512

void
purgecert_clear(struct purgecert *c)
{
	int saved = errno;

	free(c->files);
	free(c->proof);
	free(c->kept);
	c->files = c->kept = NULL;
	c->proof = NULL;
	c->file_count = c->proof_count = c->kept_count = 0;
	errno = saved;
}

/* Room for one more where the room doubles whenever the count is a power of two. */
static void *
grow(void *items, size_t count, size_t size)
{
	if (count != 0 && (count & (count - 1)) != 0)
		return items;
	return reallocarray(items, count == 0 ? 1 : 2 * count, size);
}

static int
add_file(struct purgecert_file **files, size_t *count, const char *sha256, const char *name)
{
	struct purgecert_file *grown = grow(*files, *count, sizeof(*grown));

	if (grown == NULL)
		return -1;
	*files = grown;
	grown += (*count)++;
	memset(grown, 0, sizeof(*grown));
	(void)snprintf(grown->sha256, sizeof(grown->sha256), "%s", sha256);
	(void)snprintf(grown->name, sizeof(grown->name), "%s", name); /* names that were judged */
	return 0;
}

int
purgecert_add_file(struct purgecert *c, const char *sha256, const char *name)
{
	return add_file(&c->files, &c->file_count, sha256, name);
}

int
purgecert_add_kept(struct purgecert *c, const char *sha256, const char *name)
{
	return add_file(&c->kept, &c->kept_count, sha256, name);
}

int
purgecert_add_receipt(struct purgecert *c, const struct purgecert_receipt *r)
{
	struct purgecert_receipt *grown = grow(c->proof, c->proof_count, sizeof(*grown));

	if (grown == NULL)
		return -1;
	c->proof = grown;
	grown[c->proof_count++] = *r;
	return 0;
}

const struct purgecert_file *
purgecert_find(const struct purgecert *c, const char *name)
{
	size_t low = 0, high = c->file_count, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(name, c->files[middle].name);
		if (order == 0)
			return &c->files[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static const char *
or_dash(const char *s)
{
	return s[0] == '\0' ? "-" : s;
}

static void
write_head(const struct purgecert *c, struct buf *out)
{
	char day[STAMP_DAY_TEXT] = "-", at[STAMP_TEXT], issued[STAMP_TEXT], delivered[STAMP_TEXT];

	if (c->day != STAMP_NONE)
		(void)stamp_day_format(day, c->day);
	/* buf_failed() tells. */
	(void)buf_printf(out, FORMAT "what: %s\ncase: %s\niap: %s\nday: %s\nat: %s\n", request_what_text(c->what),
	    c->case_id, or_dash(c->iap), day, stamp_format(at, c->at));
	(void)buf_printf(out, "request-sha256: %s\nissued: %s\napprover: %s\nkey-id: %s\nreason: %s\n", c->request,
	    stamp_format(issued, c->issued), c->approver, c->key_id, c->reason);
	(void)buf_printf(out, "order-sha256: %s\nrevision: %" PRIu32 "\ndays: %" PRIu32 "\ndelivered: %s\n",
	    c->order_sha256, c->revision, c->days, stamp_format(delivered, c->delivered));
	(void)buf_printf(out, "sums-sha256: %s\nledger-sha256: %s\ncustody-head: %s\nfiles: %zu\nreceipts: %zu\n",
	    or_dash(c->sums_sha256), or_dash(c->ledger_sha256), c->custody_head, c->file_count, c->proof_count);
	if (c->kept_count > 0)
		(void)buf_printf(out, "kept: %zu\n", c->kept_count);
	(void)buf_putc(out, '\n');
}

int
purgecert_write(const struct purgecert *c, struct buf *out)
{
	char published[STAMP_TEXT];
	size_t i;

	write_head(c, out);
	for (i = 0; i < c->file_count; i++)
		(void)buf_printf(out, "file %s %s\n", c->files[i].sha256, c->files[i].name);
	for (i = 0; i < c->proof_count; i++)
		(void)buf_printf(out, "receipt %s %s %s %s\n", c->proof[i].sha256,
		    stamp_format(published, c->proof[i].published), c->proof[i].destination, c->proof[i].file);
	for (i = 0; i < c->kept_count; i++)
		(void)buf_printf(out, "kept %s %s\n", c->kept[i].sha256, c->kept[i].name);
	if (!buf_failed(out))
		return 0;
	errno = ENOMEM;
	return -1;
}

struct cursor {
	const char *at, *end;
};

/* The rest of the present line behind ${prefix}.  Return 0, or -1 if the line is another. */
static int
next_value(struct cursor *c, const char *prefix, char value[VALUE_ROOM])
{
	const size_t n = strlen(prefix);
	const char *newline = c->at == c->end ? NULL : memchr(c->at, '\n', (size_t)(c->end - c->at));
	size_t len;

	if (newline == NULL || (size_t)(newline - c->at) < n || memcmp(c->at, prefix, n) != 0)
		return -1;
	len = (size_t)(newline - c->at) - n;
	if (len >= VALUE_ROOM || !text_is_printable(c->at + n, len))
		return -1;
	memcpy(value, c->at + n, len);
	value[len] = '\0';
	c->at = newline + 1;
	return 0;
}

static int
next_text(struct cursor *c, const char *prefix, char *out, size_t room)
{
	char value[VALUE_ROOM];

	if (next_value(c, prefix, value) == -1 || strlen(value) >= room)
		return -1;
	memcpy(out, value, strlen(value) + 1);
	return 0;
}

static int
next_hash(struct cursor *c, const char *prefix, char out[DIGEST_HEX], int may_lack)
{
	char value[VALUE_ROOM];

	out[0] = '\0';
	if (next_value(c, prefix, value) == -1)
		return -1;
	if (may_lack && strcmp(value, "-") == 0)
		return 0;
	if (!digest_is_hex(value))
		return -1;
	memcpy(out, value, DIGEST_HEX);
	return 0;
}

static int
next_stamp(struct cursor *c, const char *prefix, stamp_t *out)
{
	char value[VALUE_ROOM];

	return next_value(c, prefix, value) == 0 ? stamp_parse(value, out) : -1;
}

static int
next_number(struct cursor *c, const char *prefix, uint64_t max, uint64_t *out)
{
	char value[VALUE_ROOM];

	return next_value(c, prefix, value) == 0 ? text_u64(value, 0, max, out) : -1;
}

/* What was purged, of whom, and when. */
static int
parse_object(struct cursor *at, struct purgecert *c)
{
	char value[VALUE_ROOM];

	if (next_value(at, "what: ", value) == -1)
		return -1;
	c->what = strcmp(value, request_what_text(REQUEST_RECORDS)) == 0 ? REQUEST_RECORDS : REQUEST_PAYLOAD;
	if (next_text(at, "case: ", c->case_id, sizeof(c->case_id)) == -1 || !names_is_case(c->case_id) ||
	    next_text(at, "iap: ", c->iap, sizeof(c->iap)) == -1 || next_value(at, "day: ", value) == -1)
		return -1;
	c->day = STAMP_NONE;
	if (c->what == REQUEST_RECORDS) {
		c->iap[0] = '\0';
		return 0;
	}
	return names_is_iap(c->iap) ? stamp_day_parse(value, &c->day) : -1;
}

static int
parse_head(struct cursor *at, struct purgecert *c, uint64_t *files, uint64_t *receipts)
{
	uint64_t revision, days;

	if (parse_object(at, c) == -1 || next_stamp(at, "at: ", &c->at) == -1 ||
	    next_hash(at, "request-sha256: ", c->request, 0) == -1 || next_stamp(at, "issued: ", &c->issued) == -1 ||
	    next_text(at, "approver: ", c->approver, sizeof(c->approver)) == -1 ||
	    next_text(at, "key-id: ", c->key_id, sizeof(c->key_id)) == -1 ||
	    next_text(at, "reason: ", c->reason, sizeof(c->reason)) == -1)
		return -1;
	if (next_hash(at, "order-sha256: ", c->order_sha256, 0) == -1 ||
	    next_number(at, "revision: ", UINT32_MAX, &revision) == -1 ||
	    next_number(at, "days: ", UINT32_MAX, &days) == -1 || next_stamp(at, "delivered: ", &c->delivered) == -1)
		return -1;
	c->revision = (uint32_t)revision;
	c->days = (uint32_t)days;
	return next_hash(at, "sums-sha256: ", c->sums_sha256, c->what == REQUEST_RECORDS) |
	       next_hash(at, "ledger-sha256: ", c->ledger_sha256, c->what == REQUEST_RECORDS) |
	       next_hash(at, "custody-head: ", c->custody_head, 0) |
	       next_number(at, "files: ", PURGECERT_LINES_MAX, files) |
	       next_number(at, "receipts: ", PURGECERT_LINES_MAX, receipts);
}

/* A line of ${n} words, none of them empty, a space between two.  Return 0, or -1. */
static int
split(char *line, char *words[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		words[i] = strsep(&line, " ");
		if (words[i] == NULL || *words[i] == '\0')
			return -1;
	}
	return line == NULL ? 0 : -1;
}

static int
parse_file(struct cursor *at, const char *word, struct purgecert_file **files, size_t *count)
{
	char value[VALUE_ROOM], *words[2];

	if (next_value(at, word, value) == -1 || split(value, words, 2) == -1 || !digest_is_hex(words[0]) ||
	    strlen(words[1]) >= NAMES_FILE_ROOM || (*count > 0 && strcmp((*files)[*count - 1].name, words[1]) >= 0))
		return -1;
	return add_file(files, count, words[0], words[1]);
}

static int
parse_receipt(struct cursor *at, struct purgecert *c)
{
	char value[VALUE_ROOM], *words[4];
	struct purgecert_receipt r;

	if (next_value(at, "receipt ", value) == -1 || split(value, words, 4) == -1 || !digest_is_hex(words[0]) ||
	    stamp_parse(words[1], &r.published) == -1 || !names_is_destination(words[2]) ||
	    strlen(words[3]) >= sizeof(r.file))
		return -1;
	memcpy(r.sha256, words[0], sizeof(r.sha256));
	(void)snprintf(r.destination, sizeof(r.destination), "%s", words[2]); /* a destination's name fits */
	(void)snprintf(r.file, sizeof(r.file), "%s", words[3]);               /* as seen */
	return purgecert_add_receipt(c, &r);
}

static int
parse(struct cursor *at, struct purgecert *c)
{
	uint64_t files, receipts, kept, i;
	char nothing[VALUE_ROOM];

	if (parse_head(at, c, &files, &receipts) != 0)
		return -1;
	/* Where nothing was kept, there is no such line. */
	if (next_number(at, "kept: ", PURGECERT_LINES_MAX, &kept) == -1)
		kept = 0;
	if (next_value(at, "", nothing) == -1)
		return -1;
	for (i = 0; i < files; i++) {
		if (parse_file(at, "file ", &c->files, &c->file_count) == -1)
			return -1;
	}
	for (i = 0; i < receipts; i++) {
		if (parse_receipt(at, c) == -1)
			return -1;
	}
	for (i = 0; i < kept; i++) {
		if (parse_file(at, "kept ", &c->kept, &c->kept_count) == -1)
			return -1;
	}
	return 0;
}

int
purgecert_parse(const char *data, size_t n, struct purgecert *c)
{
	struct cursor at = {data, data + n};
	struct buf again = BUF_INIT;
	char nothing[VALUE_ROOM];
	int rc = -1;

	memset(c, 0, sizeof(*c));
	errno = EINVAL;
	if (n < sizeof(FORMAT) || next_value(&at, "casetap-purge/1", nothing) == -1 || parse(&at, c) == -1) {
		if (errno != ENOMEM)
			errno = EINVAL;
	} else if (purgecert_write(c, &again) == 0) {
		/* Whatever was read leniently shows here. */
		rc = again.len == n && memcmp(again.data, data, n) == 0 ? 0 : -1;
		errno = EINVAL;
	}
	buf_free(&again);
	if (rc == -1)
		purgecert_clear(c);
	return rc;
}

char *
purgecert_comment(char out[PURGECERT_COMMENT_ROOM], const struct purgecert *c)
{
	char day[STAMP_DAY_TEXT] = "-", at[STAMP_TEXT];

	if (c->day != STAMP_NONE)
		(void)stamp_day_format(day, c->day);
	(void)snprintf(out, PURGECERT_COMMENT_ROOM, "casetap purge case=%s iap=%s day=%s at=%s", c->case_id,
	    or_dash(c->iap), day, stamp_format(at, c->at)); /* has room */
	return out;
}

char *
purgecert_name(char out[NAMES_FILE_ROOM], const struct purgecert *c)
{
	if (c->what == REQUEST_PAYLOAD)
		return names_day_file(out, c->case_id, c->iap, c->day, PURGECERT_SUFFIX);
	(void)snprintf(out, NAMES_FILE_ROOM, "%s" PURGECERT_SUFFIX, c->case_id); /* a case ID fits */
	return out;
}
