#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "inifile.h"
#include "text.h"

#include "request.h"

#define FORMAT "casetap-request/1"
#define SECTION "request"

enum key {
	KEY_FORMAT = 1,
	KEY_CASE = 2,
	KEY_ACT = 4,
	KEY_ISSUED = 8,
	KEY_REASON = 16,
	KEY_WHAT = 32,
	KEY_HOLDS = 64,
	KEY_FILE = 128,
	KEY_SHA256 = 256,
	KEY_BYTES = 512,
	KEY_LINES = 1024,
	KEY_HEAD = 2048,
	KEY_LEFT = 4096,
	KEY_UNTIL = 8192
};
#define KEYS_ALWAYS (KEY_FORMAT | KEY_CASE | KEY_ACT | KEY_ISSUED | KEY_REASON)

static const struct {
	const char *text;
	unsigned keys, may; /* beside those that every act has: all of these, any of those */
	int needs_approver;
} acts[] = {
    [REQUEST_HOLD] = {"hold", 0, 0, 0},
    [REQUEST_RELEASE] = {"release", KEY_HOLDS, 0, 1},
    [REQUEST_PURGE] = {"purge", KEY_WHAT, 0, 1},
    [REQUEST_ATTACH] = {"attach", KEY_FILE | KEY_SHA256 | KEY_BYTES, 0, 0},
    /* What was asked for before it told how much is left is still good. */
    [REQUEST_BEGIN] = {"begin-anew", KEY_LINES | KEY_HEAD, KEY_LEFT | KEY_UNTIL, 1},
};
#define ACTS (sizeof(acts) / sizeof(acts[0]))

static const char *const whats[] = {[REQUEST_PAYLOAD] = "payload", [REQUEST_RECORDS] = "records"};

const char *
request_act_text(enum request_act act)
{
	return acts[act].text;
}

const char *
request_what_text(enum request_what what)
{
	return whats[what];
}

int
request_needs_approver(const struct request *r)
{
	return acts[r->act].needs_approver;
}

int
request_needs_all(const struct request *r)
{
	return r->act == REQUEST_BEGIN;
}

int
request_is_file_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = strlen(name), i;

	if (n == 0 || n >= REQUEST_FILE_ROOM || strchr(letters, name[0]) == NULL)
		return 0;
	for (i = 0; i < n; i++) {
		if (strchr(letters, name[i]) == NULL && strchr("._-", name[i]) == NULL)
			return 0;
	}
	return 1;
}

int
request_write(const struct request *r, struct buf *out)
{
	char issued[STAMP_TEXT], until[STAMP_TEXT];
	size_t i;

	(void)buf_printf(out,
	    "[" SECTION "]\nformat = " FORMAT "\ncase_id = %s\nact = %s\nissued = %s\nreason = %s\n", r->case_id,
	    acts[r->act].text, stamp_format(issued, r->issued), r->reason); /* buf_failed() tells */
	if (r->act == REQUEST_PURGE)
		(void)buf_printf(out, "what = %s\n", whats[r->what]);
	if (r->act == REQUEST_RELEASE) {
		(void)buf_puts(out, "holds =");
		for (i = 0; i < r->hold_count; i++)
			(void)buf_printf(out, " %s", r->holds[i]);
		(void)buf_putc(out, '\n');
	}
	if (r->act == REQUEST_ATTACH)
		(void)buf_printf(out, "file = %s\nsha256 = %s\nbytes = %llu\n", r->file, r->file_sha256,
		    (unsigned long long)r->bytes);
	if (r->act == REQUEST_BEGIN)
		(void)buf_printf(out, "lines = %llu\nhead = %s\n", (unsigned long long)r->lines, r->head);
	if (r->act == REQUEST_BEGIN && r->has_left)
		(void)buf_printf(out, "left = %llu\n", (unsigned long long)r->left);
	if (r->act == REQUEST_BEGIN && r->has_left && r->left_until != STAMP_NONE)
		(void)buf_printf(out, "left_until = %s\n", stamp_format(until, r->left_until));
	if (!buf_failed(out))
		return 0;
	errno = ENOMEM;
	return -1;
}

/* Which of the words is it?  Its index, or -1. */
static int
find_act(const char *value)
{
	size_t i;

	for (i = 0; i < ACTS; i++) {
		if (strcmp(acts[i].text, value) == 0)
			return (int)i;
	}
	return -1;
}

static int
copy_text(const char *value, char *out, size_t room)
{
	size_t n = strlen(value);

	if (n == 0 || n >= room || !text_is_printable(value, n))
		return -1;
	memcpy(out, value, n + 1);
	return 0;
}

/* Hashes, a blank between each two. */
static int
take_holds(const char *value, struct request *r)
{
	const size_t hex = DIGEST_HEX - 1;

	for (;; value += hex + 1) {
		if (r->hold_count == REQUEST_HOLDS_MAX || strnlen(value, hex) < hex)
			return -1;
		memcpy(r->holds[r->hold_count], value, hex);
		r->holds[r->hold_count][hex] = '\0';
		if (!digest_is_hex(r->holds[r->hold_count++]))
			return -1;
		if (value[hex] == '\0')
			return 0;
		if (value[hex] != ' ')
			return -1;
	}
}

static int
take_act(const char *value, struct request *r)
{
	int act = find_act(value);

	if (act == -1)
		return -1;
	r->act = (enum request_act)act;
	return 0;
}

static int
take_what(const char *value, struct request *r)
{
	r->what = strcmp(value, whats[REQUEST_RECORDS]) == 0 ? REQUEST_RECORDS : REQUEST_PAYLOAD;
	return strcmp(value, whats[r->what]) == 0 ? 0 : -1;
}

static int
take_hash(const char *value, char out[DIGEST_HEX])
{
	return digest_is_hex(value) ? copy_text(value, out, DIGEST_HEX) : -1;
}

static int
take_file(const char *value, struct request *r)
{
	return request_is_file_name(value) ? copy_text(value, r->file, sizeof(r->file)) : -1;
}

/* Take one `key = value`.  Return the key's bit, 0 if there is something wrong with it. */
static unsigned
take(const struct inifile_entry *e, struct request *r)
{
	const char *k = e->key, *v = e->value;

	if (strcmp(e->section, SECTION) != 0)
		return 0;
	if (strcmp(k, "format") == 0)
		return strcmp(v, FORMAT) == 0 ? KEY_FORMAT : 0;
	if (strcmp(k, "case_id") == 0)
		return names_is_case(v) && copy_text(v, r->case_id, sizeof(r->case_id)) == 0 ? KEY_CASE : 0;
	if (strcmp(k, "act") == 0)
		return take_act(v, r) == 0 ? KEY_ACT : 0;
	if (strcmp(k, "issued") == 0)
		return stamp_parse(v, &r->issued) == 0 ? KEY_ISSUED : 0;
	if (strcmp(k, "reason") == 0)
		return copy_text(v, r->reason, sizeof(r->reason)) == 0 ? KEY_REASON : 0;
	if (strcmp(k, "what") == 0)
		return take_what(v, r) == 0 ? KEY_WHAT : 0;
	if (strcmp(k, "holds") == 0)
		return take_holds(v, r) == 0 ? KEY_HOLDS : 0;
	if (strcmp(k, "file") == 0)
		return take_file(v, r) == 0 ? KEY_FILE : 0;
	if (strcmp(k, "sha256") == 0)
		return take_hash(v, r->file_sha256) == 0 ? KEY_SHA256 : 0;
	if (strcmp(k, "bytes") == 0)
		return text_u64(v, 0, REQUEST_ATTACH_MAX, &r->bytes) == 0 ? KEY_BYTES : 0;
	if (strcmp(k, "lines") == 0)
		return text_u64(v, 1, INT64_MAX - 1, &r->lines) == 0 ? KEY_LINES : 0;
	if (strcmp(k, "head") == 0)
		return take_hash(v, r->head) == 0 ? KEY_HEAD : 0;
	if (strcmp(k, "left") == 0)
		return text_u64(v, 0, INT64_MAX - 1, &r->left) == 0 ? KEY_LEFT : 0;
	if (strcmp(k, "left_until") == 0)
		return stamp_parse(v, &r->left_until) == 0 ? KEY_UNTIL : 0;
	return 0;
}

int
request_parse(const char *data, size_t n, const char *label, struct request *r)
{
	struct inifile *ini = inifile_parse(data, n, label);
	const struct inifile_entry *e;
	unsigned bit, got = 0;
	size_t i;
	int rc = -1;

	memset(r, 0, sizeof(*r));
	r->left_until = STAMP_NONE;
	if (ini == NULL)
		return -1;
	errno = EINVAL;
	for (i = 0; i < inifile_count(ini); i++) {
		e = inifile_entry(ini, i);
		bit = take(e, r);
		if (bit == 0) {
			diag_errx("%s:%u: %s: not what a request says", label, e->line, e->key);
			errno = EINVAL;
			goto out;
		}
		got |= bit;
	}
	if ((got & KEYS_ALWAYS) != KEYS_ALWAYS || (got & ~acts[r->act].may) != (KEYS_ALWAYS | acts[r->act].keys) ||
	    (got & (KEY_LEFT | KEY_UNTIL)) == KEY_UNTIL) {
		diag_errx("%s: a request has other keys, all of those of its act and no others", label);
		errno = EINVAL;
		goto out;
	}
	r->has_left = (got & KEY_LEFT) != 0;
	rc = digest_hex_of(data, n, r->sha256);
out:
	inifile_free(ini);
	return rc;
}
