#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "buf.h"
#include "diag.h"
#include "digest.h"
#include "fsio.h"
#include "json.h"
#include "names.h"

#include "blocked.h"

#define FORMAT "casetap-blocked/1"
#define MAX_BYTES (16 * 1024 * 1024)
#define MAX_DEPTH 4
#define TRIES_MAX 1000000000
#define REMEMBERED STAMP_DAY

struct blocked {
	int dirfd; /* borrowed */
	char name[NAMES_DEST_ROOM];
	char file[NAMES_DEST_ROOM + 16];
	char fingerprint[DIGEST_HEX];
	struct blocked_entry *entries;
	size_t count;
	uint32_t tries;
	int is_there;   /* the file */
	int is_changed; /* against the file */
};

static int
append(struct blocked *b, const char *scope, int exit, const char *why, stamp_t since, stamp_t until)
{
	struct blocked_entry *e = realloc(b->entries, (b->count + 1) * sizeof *e);

	if (e == NULL)
		return -1;
	b->entries = e;
	e += b->count;
	e->scope = strdup(scope);
	if (e->scope == NULL)
		return -1;
	e->exit = exit;
	(void)snprintf(e->why, sizeof e->why, "%s", why); /* cut where it is too long: it is for people */
	e->since = since;
	e->until = until;
	e->tries = 0;
	e->sent = 0;
	e->upload[0] = '\0';
	e->is_past = 0;
	b->count++;
	return 0;
}

/* Take over what still holds.  Return 0, 1 for a damaged text, or -1. */
static int
take_entry(struct blocked *b, const struct json *j, stamp_t now)
{
	const char *scope = json_get_string(j, "scope"), *why = json_get_string(j, "why");
	const char *upload = json_get_string(j, "upload");
	stamp_t since, until;
	uint64_t tries = 0, sent = 0;
	int64_t exit;
	int is_past;

	if (scope == NULL || why == NULL || json_get_integer(j, "exit", &exit) == -1 || exit < 0 || exit > 255 ||
	    json_get_stamp(j, "since", &since) == -1 || json_get_stamp(j, "until", &until) == -1)
		return 1;
	if (json_get_u64(j, "tries", &tries) == -1 || tries > TRIES_MAX)
		tries = 0;
	if (json_get_u64(j, "sent", &sent) == -1)
		sent = 0;
	if (upload == NULL || strlen(upload) >= BLOCKED_UPLOAD_ROOM)
		upload = "";
	is_past = until <= now;
	/* A clock that was set back must not hold anything back for years. */
	if (since > now || until - now > BLOCKED_SECONDS * STAMP_SECOND ||
	    (is_past && ((tries == 0 && sent == 0 && upload[0] == '\0') || now - until >= REMEMBERED))) {
		b->is_changed = 1;
		return 0;
	}
	if (append(b, scope, (int)exit, why, since, until) == -1)
		return -1;
	b->entries[b->count - 1].tries = (uint32_t)tries;
	b->entries[b->count - 1].sent = sent;
	(void)snprintf(b->entries[b->count - 1].upload, BLOCKED_UPLOAD_ROOM, "%s", upload);
	b->entries[b->count - 1].is_past = is_past;
	return 0;
}

static int
take_text(struct blocked *b, const struct buf *text, stamp_t now)
{
	struct json *j = json_parse(text->data, text->len, MAX_DEPTH);
	const struct json *entries = json_get_array(j, "entries");
	const char *format = json_get_string(j, "format"), *fingerprint = json_get_string(j, "fingerprint");
	uint64_t tries;
	int rc = 1;

	if (entries == NULL || format == NULL || strcmp(format, FORMAT) != 0 || fingerprint == NULL)
		goto out;
	rc = 0;
	if (strcmp(fingerprint, b->fingerprint) != 0) {
		b->is_changed = 1;
		goto out;
	}
	for (size_t i = 0; rc == 0 && i < json_length(entries); i++)
		rc = take_entry(b, json_item(entries, i), now);
	/* Files of an earlier version have none. */
	if (json_get_u64(j, "tries", &tries) == 0 && tries <= TRIES_MAX)
		b->tries = (uint32_t)tries;
out:
	json_free(j);
	return rc;
}

struct blocked *
blocked_load(int dirfd, const char *destination, const char *fingerprint, stamp_t now)
{
	struct blocked *b = calloc(1, sizeof *b);
	struct buf text = BUF_INIT;
	int rc;

	if (b == NULL)
		goto fail;
	b->dirfd = dirfd;
	(void)snprintf(b->name, sizeof b->name, "%s", destination);
	(void)snprintf(b->file, sizeof b->file, "%s.blocked", destination);
	(void)snprintf(b->fingerprint, sizeof b->fingerprint, "%s", fingerprint);
	if (fsio_load(dirfd, b->file, MAX_BYTES, &text) == -1) {
		if (errno != ENOENT)
			goto fail;
		return b;
	}
	b->is_there = 1;
	rc = take_text(b, &text, now);
	if (rc == -1)
		goto fail;
	if (rc == 1) {
		diag_warnx("journal/uploader/%s: damaged: nothing is held back by it", b->file);
		b->is_changed = 1;
	}
	buf_free(&text);
	return b;
fail:
	diag_err("journal/uploader/%s.blocked", destination);
	buf_free(&text);
	blocked_free(b);
	return NULL;
}

void
blocked_free(struct blocked *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->count; i++)
		free(b->entries[i].scope);
	free(b->entries);
	free(b);
}

static struct blocked_entry *
find_any(const struct blocked *b, const char *scope)
{
	for (size_t i = 0; i < b->count; i++) {
		if (strcmp(b->entries[i].scope, scope) == 0)
			return &b->entries[i];
	}
	return NULL;
}

const struct blocked_entry *
blocked_find(const struct blocked *b, const char *scope)
{
	const struct blocked_entry *e = find_any(b, scope);

	return e == NULL || e->is_past ? NULL : e;
}

static void
remove_entry(struct blocked *b, struct blocked_entry *e)
{
	free(e->scope);
	*e = b->entries[--b->count];
	b->is_changed = 1;
}

int
blocked_add(struct blocked *b, const char *scope, int exit, const char *why, stamp_t now, uint32_t seconds)
{
	struct blocked_entry *e = find_any(b, scope);
	uint64_t sent = e == NULL ? 0 : e->sent;
	char upload[BLOCKED_UPLOAD_ROOM];

	(void)snprintf(upload, sizeof upload, "%s", blocked_upload(b, scope));
	if (e != NULL && !e->is_past)
		return 0;
	if (e != NULL)
		remove_entry(b, e);
	if (seconds > BLOCKED_SECONDS)
		seconds = BLOCKED_SECONDS;
	b->is_changed = 1;
	if (append(b, scope, exit, why, now, now + seconds * STAMP_SECOND) == -1)
		return -1;
	b->entries[b->count - 1].sent = sent;
	(void)snprintf(b->entries[b->count - 1].upload, sizeof upload, "%s", upload);
	return 0;
}

uint64_t
blocked_sent(const struct blocked *b, const char *scope)
{
	const struct blocked_entry *e = find_any(b, scope);

	return e == NULL ? 0 : e->sent;
}

/* An entry that holds nothing back; NULL with errno set. */
static struct blocked_entry *
append_broken(struct blocked *b, const char *scope, stamp_t now)
{
	if (append(b, scope, EX_UNAVAILABLE, "broke off", now, now) == -1)
		return NULL;
	b->entries[b->count - 1].is_past = 1;
	return &b->entries[b->count - 1];
}

static void
drop_empty(struct blocked *b, struct blocked_entry *e)
{
	if (e->is_past && e->tries == 0 && e->sent == 0 && e->upload[0] == '\0')
		remove_entry(b, e);
}

int
blocked_set_sent(struct blocked *b, const char *scope, uint64_t n, stamp_t now)
{
	struct blocked_entry *e = find_any(b, scope);

	if ((e == NULL ? 0 : e->sent) == n)
		return 0;
	b->is_changed = 1;
	if (e == NULL && (e = append_broken(b, scope, now)) == NULL)
		return -1;
	e->sent = n;
	drop_empty(b, e);
	return 0;
}

const char *
blocked_upload(const struct blocked *b, const char *scope)
{
	const struct blocked_entry *e = find_any(b, scope);

	return e == NULL ? "" : e->upload;
}

int
blocked_set_upload(struct blocked *b, const char *scope, const char *upload, stamp_t now)
{
	struct blocked_entry *e = find_any(b, scope);

	if (strcmp(e == NULL ? "" : e->upload, upload) == 0)
		return 0;
	b->is_changed = 1;
	if (e == NULL && (e = append_broken(b, scope, now)) == NULL)
		return -1;
	(void)snprintf(e->upload, sizeof e->upload, "%s", upload);
	drop_empty(b, e);
	return 0;
}

uint32_t
blocked_tries(const struct blocked *b)
{
	return b->tries;
}

void
blocked_set_tries(struct blocked *b, uint32_t tries)
{
	if (tries > TRIES_MAX)
		tries = TRIES_MAX;
	if (tries != b->tries)
		b->is_changed = 1;
	b->tries = tries;
}

uint32_t
blocked_fails(const struct blocked *b, const char *scope)
{
	const struct blocked_entry *e = find_any(b, scope);

	return e == NULL ? 0 : e->tries;
}

void
blocked_set_fails(struct blocked *b, const char *scope, uint32_t n)
{
	struct blocked_entry *e = find_any(b, scope);

	if (e == NULL)
		return;
	if (n == 0 && e->tries > 0) {
		remove_entry(b, e);
		return;
	}
	if (n != e->tries)
		b->is_changed = 1;
	e->tries = n < TRIES_MAX ? n : TRIES_MAX;
}

int
blocked_has_failed(const struct blocked *b, const char *prefix)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->entries[i].tries > 0 && strncmp(b->entries[i].scope, prefix, strlen(prefix)) == 0)
			return 1;
	}
	return 0;
}

static struct json *
entry_json(const struct blocked_entry *e)
{
	struct json *j = json_object();

	if (json_put_string(j, "scope", e->scope) == 0 && json_put_integer(j, "exit", e->exit) == 0 &&
	    json_put_string(j, "why", e->why) == 0 && json_put_stamp(j, "since", e->since) == 0 &&
	    json_put_stamp(j, "until", e->until) == 0 &&
	    (e->tries == 0 || json_put_integer(j, "tries", e->tries) == 0) &&
	    (e->sent == 0 || json_put_integer(j, "sent", (int64_t)e->sent) == 0) &&
	    (e->upload[0] == '\0' || json_put_string(j, "upload", e->upload) == 0))
		return j;
	json_free(j);
	return NULL;
}

static int
write_text(const struct blocked *b, struct buf *text)
{
	struct json *j = json_object(), *entries = json_array();
	int rc = -1;

	for (size_t i = 0; i < b->count; i++) {
		if (json_append(entries, entry_json(&b->entries[i])) == -1) {
			json_free(entries);
			goto out;
		}
	}
	if (json_put_string(j, "format", FORMAT) == -1 || json_put_string(j, "destination", b->name) == -1 ||
	    json_put_string(j, "fingerprint", b->fingerprint) == -1) {
		json_free(entries);
		goto out;
	}
	if (json_put_integer(j, "tries", b->tries) == -1) {
		json_free(entries);
		goto out;
	}
	if (json_put(j, "entries", entries) == 0 && json_write(j, text) == 0 && buf_putc(text, '\n') == 0)
		rc = 0;
out:
	json_free(j);
	return rc;
}

int
blocked_save(struct blocked *b)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	if (!b->is_changed)
		return 0;
	if (b->count == 0 && b->tries == 0)
		rc = b->is_there ? fsio_remove(b->dirfd, b->file) : 0;
	else if (write_text(b, &text) == 0)
		rc = fsio_replace(b->dirfd, b->file, text.data, text.len, 0640);
	if (rc == -1)
		diag_err("journal/uploader/%s", b->file);
	else
		b->is_changed = 0;
	b->is_there = b->count > 0 || b->tries > 0;
	buf_free(&text);
	return rc;
}
