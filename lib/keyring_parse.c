#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "text.h"

#include "keyring.h"

#include "keyring_internal.h"

#define FORMAT_LINE "casetap-keyring/1"
#define LINE_MAX_LEN 1024
#define ENTRIES_MAX 4096
#define APPROVALS_MAX 16
#define WORD_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* The text while it is being read; `line` is a copy of the present line, cut up by the parsers. */
struct reader {
	struct keyring *k;
	const char *label;
	const char *data;
	size_t left;
	unsigned number;
	char line[LINE_MAX_LEN + 1];
};

static int
refuse(const struct reader *r, const char *what)
{
	diag_errx("%s:%u: %s", r->label, r->number, what);
	errno = EINVAL;
	return -1;
}

/* Copy the next line to r->line.  Return 1, 0 at the end, or -1 with errno set. */
static int
next_line(struct reader *r)
{
	const char *end;
	size_t n;

	if (r->left == 0)
		return 0;
	r->number++;
	end = memchr(r->data, '\n', r->left);
	if (end == NULL)
		return refuse(r, "the last line has no end");
	n = (size_t)(end - r->data);
	if (n > LINE_MAX_LEN)
		return refuse(r, "line is over 1 KiB");
	if (!text_is_printable(r->data, n))
		return refuse(r, "holds something else than printable ASCII");
	memcpy(r->line, r->data, n);
	r->line[n] = '\0';
	r->data += n + 1;
	r->left -= n + 1;
	return 1;
}

/* The text behind "NAME: " of the next line, which must be there. */
static const char *
next_header(struct reader *r, const char *name)
{
	size_t n = strlen(name);
	int rc = next_line(r);

	if (rc == 1 && strncmp(r->line, name, n) == 0 && strncmp(r->line + n, ": ", 2) == 0)
		return r->line + n + 2;
	if (rc != -1) {
		diag_errx("%s:%u: a line \"%s: ...\" must stand here", r->label, r->number, name);
		errno = EINVAL;
	}
	return NULL;
}

static int
parse_headers(struct reader *r)
{
	const char *value;
	uint64_t n;
	int rc;

	rc = next_line(r);
	if (rc == -1)
		return -1;
	if (rc == 0 || strcmp(r->line, FORMAT_LINE) != 0) {
		r->number = 1; /* also of a text without any line */
		return refuse(r, "does not start with \"" FORMAT_LINE "\"");
	}
	value = next_header(r, "version");
	if (value == NULL)
		return -1;
	if (text_u64(value, 1, INT64_MAX, &r->k->version) == -1)
		return refuse(r, "version: not a number from 1 on");
	value = next_header(r, "issued");
	if (value == NULL)
		return -1;
	if (stamp_parse(value, &r->k->issued) == -1)
		return refuse(r, "issued: not an RFC 3339 time with an offset");
	value = next_header(r, "approvals");
	if (value == NULL)
		return -1;
	if (text_u64(value, 1, APPROVALS_MAX, &n) == -1)
		return refuse(r, "approvals: not a number from 1 to 16");
	r->k->approvals = (unsigned)n;
	return 0;
}

/* Copy a word of letters, digits, ".", "_" and "-"; it must be given once and fit. */
static int
take_word(const struct reader *r, const char *name, const char *value, char *out, size_t room)
{
	size_t n = strlen(value);

	if (out[0] == '\0' && n > 0 && n < room && strspn(value, WORD_CHARS) == n) {
		memcpy(out, value, n + 1);
		return 0;
	}
	diag_errx("%s:%u: %s: stands twice, or is not one word of at most %zu letters, digits, '.', '_' and '-'",
	    r->label, r->number, name, room - 1);
	errno = EINVAL;
	return -1;
}

static int
take_time(const struct reader *r, const char *name, const char *value, stamp_t *out)
{
	if (*out == STAMP_NONE && stamp_parse(value, out) == 0)
		return 0;
	diag_errx("%s:%u: %s: stands twice, or is not an RFC 3339 time with an offset", r->label, r->number, name);
	errno = EINVAL;
	return -1;
}

enum line_kind {
	LINE_KEY,
	LINE_REVOKED,
	LINE_RETIRED
};

/* One NAME=VALUE of an entry, or of a line that ends one. */
static int
take_field(const struct reader *r, const char *name, const char *value, enum line_kind kind, struct keyring_entry *e)
{
	if (kind == LINE_REVOKED && strcmp(name, "at") == 0)
		return take_time(r, name, value, &e->revoked);
	if (kind == LINE_RETIRED && strcmp(name, "at") == 0)
		return take_time(r, name, value, &e->to);
	if (kind == LINE_REVOKED && strcmp(name, "reason") == 0)
		return take_word(r, name, value, e->reason, sizeof(e->reason));
	if (kind == LINE_KEY && strcmp(name, "name") == 0)
		return take_word(r, name, value, e->name, sizeof(e->name));
	if (kind == LINE_KEY && strcmp(name, "role") == 0 && e->kind == KEYRING_APPROVER)
		return take_word(r, name, value, e->role, sizeof(e->role));
	if (kind == LINE_KEY && strcmp(name, "from") == 0)
		return take_time(r, name, value, &e->from);
	if (kind == LINE_KEY && strcmp(name, "to") == 0)
		return take_time(r, name, value, &e->to);
	return refuse(r, "unknown field");
}

/* "KEY name=value name=value", single blanks between them. */
static int
take_fields(const struct reader *r, char *s, enum line_kind kind, struct keyring_entry *e)
{
	char *field, *value, *rest = s;

	field = strsep(&rest, " ");
	if (sign_pub_parse(field, &e->pub) == -1)
		return refuse(r, "not a minisign public key");
	while ((field = strsep(&rest, " ")) != NULL) {
		value = strchr(field, '=');
		if (value == NULL)
			return refuse(r, "not of the form name=value name=value");
		*value++ = '\0';
		if (take_field(r, field, value, kind, e) == -1)
			return -1;
	}
	return 0;
}

/* Mark every entry of the revoked key, of whatever kind. */
static int
revoke(const struct reader *r, const struct keyring_entry *revoked)
{
	struct keyring_entry *e;
	size_t i, found = 0;

	if (revoked->revoked == STAMP_NONE)
		return refuse(r, "has no at=");
	for (i = 0; i < r->k->count; i++) {
		e = &r->k->entries[i];
		if (!sign_pub_equal(&e->pub, &revoked->pub))
			continue;
		if (e->revoked != STAMP_NONE)
			return refuse(r, "the key is revoked already");
		e->revoked = revoked->revoked;
		memcpy(e->reason, revoked->reason, sizeof(e->reason));
		found++;
	}
	/* A slip of the pen in the key must not leave the lost one valid. */
	return found > 0 ? 0 : refuse(r, "revokes a key that no line above it holds");
}

/* End every entry of the key, of whatever kind, that does not end before. */
static int
retire(const struct reader *r, const struct keyring_entry *retired)
{
	struct keyring_entry *e;
	size_t i, found = 0;

	if (retired->to == STAMP_NONE)
		return refuse(r, "has no at=");
	for (i = 0; i < r->k->count; i++) {
		e = &r->k->entries[i];
		if (!sign_pub_equal(&e->pub, &retired->pub))
			continue;
		if (e->from != STAMP_NONE && retired->to <= e->from)
			return refuse(r, "at= is not after the key's from=");
		if (e->to == STAMP_NONE || retired->to < e->to)
			e->to = retired->to;
		found++;
	}
	return found > 0 ? 0 : refuse(r, "retires a key that no line above it holds");
}

static int
add(const struct reader *r, const struct keyring_entry *new)
{
	struct keyring *k = r->k;
	struct keyring_entry *grown;
	size_t i;

	if (new->name[0] == '\0')
		return refuse(r, "has no name=");
	if (new->from != STAMP_NONE &&new->to != STAMP_NONE &&new->from >= new->to)
		return refuse(r, "to= is not after from=");
	if (k->count == ENTRIES_MAX)
		return refuse(r, "more than 4096 keys");
	for (i = 0; i < k->count; i++) {
		if (!sign_pub_equal(&k->entries[i].pub, &new->pub) &&
		    memcmp(k->entries[i].pub.id, new->pub.id, sizeof(new->pub.id)) != 0)
			continue;
		if (k->entries[i].kind == new->kind)
			return refuse(r, "the key, or its id, stands twice in one kind");
		if (k->entries[i].revoked != STAMP_NONE)
			return refuse(r, "the key is revoked by a line above it");
	}
	if ((k->count & (k->count - 1)) == 0) {
		grown = reallocarray(k->entries, k->count == 0 ? 1 : k->count * 2, sizeof(*grown));
		if (grown == NULL) {
			diag_err("%s", r->label);
			return -1;
		}
		k->entries = grown;
	}
	k->entries[k->count++] = *new;
	return 0;
}

/* One field of a "previous" line, in its place. */
static const char *
next_field(char **rest, const char *name)
{
	char *field = strsep(rest, " ");
	size_t n = strlen(name);

	return field != NULL && strncmp(field, name, n) == 0 ? field + n : NULL;
}

/* "previous: N issued=TIME sha256=HEX approvals=N", the fields in this order. */
static int
take_previous(struct reader *r, char *s)
{
	struct keyring *k = r->k;
	struct keyring_version v, *grown;
	const char *version = next_field(&s, ""), *issued = next_field(&s, "issued="),
		   *sha256 = next_field(&s, "sha256="), *approvals = next_field(&s, "approvals=");
	uint64_t n;

	if (version == NULL || issued == NULL || sha256 == NULL || approvals == NULL || s != NULL ||
	    text_u64(version, 1, INT64_MAX, &v.version) == -1 || stamp_parse(issued, &v.issued) == -1 ||
	    !digest_is_hex(sha256) || text_u64(approvals, 1, APPROVALS_MAX, &n) == -1)
		return refuse(r, "not of the form: N issued=TIME sha256=HASH approvals=N");
	memcpy(v.sha256, sha256, sizeof(v.sha256));
	v.approvals = (unsigned)n;
	if (v.version >= k->version ||
	    (k->history_count > 0 && v.version <= k->history[k->history_count - 1].version))
		return refuse(r, "previous versions rise, and stay below the keyring's own");
	grown = reallocarray(k->history, k->history_count + 1, sizeof(*grown));
	if (grown == NULL) {
		diag_err("%s", r->label);
		return -1;
	}
	k->history = grown;
	k->history[k->history_count++] = v;
	return 0;
}

static int
parse_entry(struct reader *r)
{
	static const char previous[] = "previous: ";
	static const struct {
		const char *word;
		enum keyring_kind kind;
		enum line_kind line;
	} words[] = {{"approver: ", KEYRING_APPROVER, LINE_KEY}, {"station: ", KEYRING_STATION, LINE_KEY},
	    {"lea: ", KEYRING_LEA, LINE_KEY}, {"revoked: ", KEYRING_APPROVER, LINE_REVOKED},
	    {"retired: ", KEYRING_APPROVER, LINE_RETIRED}};
	struct keyring_entry e = {.from = STAMP_NONE, .to = STAMP_NONE, .revoked = STAMP_NONE, .line = r->number};
	size_t i;

	if (strncmp(r->line, previous, sizeof(previous) - 1) == 0)
		return take_previous(r, r->line + sizeof(previous) - 1);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(r->line, words[i].word, strlen(words[i].word)) != 0)
			continue;
		e.kind = words[i].kind;
		if (take_fields(r, r->line + strlen(words[i].word), words[i].line, &e) == -1)
			return -1;
		return words[i].line == LINE_KEY       ? add(r, &e)
		       : words[i].line == LINE_REVOKED ? revoke(r, &e)
						       : retire(r, &e);
	}
	return refuse(r, "neither approver:, station:, lea:, revoked:, retired: nor previous:");
}

struct keyring *
keyring_parse(const char *data, size_t n, const char *label)
{
	struct keyring *k = calloc(1, sizeof(*k));
	struct reader r = {.k = k, .label = label, .data = data, .left = n};
	int rc = -1;

	if (k == NULL || digest_hex_of(data, n, k->sha256) == -1) {
		diag_err("%s", label);
		goto out;
	}
	if (n > KEYRING_BYTES_MAX) {
		(void)refuse(&r, "keyring is over 1 MiB");
		goto out;
	}
	rc = parse_headers(&r);
	while (rc == 0 && (rc = next_line(&r)) == 1)
		rc = parse_entry(&r);
out:
	if (rc == 0)
		return k;
	keyring_free(k);
	return NULL;
}
