#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsio.h"

#include "verify_grow.h"
#include "verify_received.h"
#include "verify_tar.h"

#include "verify_list.h"

#define SUMS_SIG "SHA256SUMS.minisig"
#define SIGNATURE_MAX ((size_t)4096)
#define TWINS_MAX 100 /* files whose bytes are looked for under another name: each costs a pass over the list */

void
verify_list_say(struct verify_folder *d, enum verify_code code, const char *name, const char *format, ...)
{
	char label[VERIFY_WHERE_ROOM], what[VERIFY_WHAT_ROOM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args); /* a cut text still says enough */
	va_end(args);
	verify_say(d->run->result, code, verify_label(label, d->place->label, name), "%s", what);
}

void
verify_list_say_file(struct verify_folder *d, const char *name, int error)
{
	verify_list_say(d, verify_file_is_hostile(error) ? VERIFY_MALFORMED : VERIFY_UNREADABLE, name, "%s",
	    verify_file_why(error));
}

static int
on_name(void *cookie, const char *name)
{
	struct verify_folder *d = cookie;
	char **grown;

	if (name[0] == '.')
		return 0;
	grown = verify_grow(d->names, d->count, sizeof(*grown));
	if (grown == NULL)
		return -1;
	d->names = grown;
	d->names[d->count] = strdup(name);
	return d->names[d->count] == NULL ? -1 : (d->count++, 0);
}

/* Of what lies beside a day's file only that is its own which came later. */
static int
on_name_beside(void *cookie, const char *name)
{
	struct verify_folder *d = cookie;

	return verify_tar_is_in(d->dir.tar, name) ? 0 : on_name(d, name);
}

static int
count_tars(void *cookie, const char *name)
{
	struct names n;

	names_parse(name, &n);
	*(size_t *)cookie += n.kind == NAMES_DAY_TAR;
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
verify_list_has(const struct verify_folder *d, const char *name)
{
	return d->count > 0 && bsearch(&name, d->names, d->count, sizeof(*d->names), compare_names) != NULL;
}

int
verify_list_names(struct verify_folder *d)
{
	const struct verify_tar *t = d->dir.tar;
	size_t tars = 0, i;

	if (t == NULL)
		return fsio_list(d->dir.fd, on_name, d);
	for (i = 0; i < verify_tar_count(t); i++) {
		if (on_name(d, verify_tar_at(t, i)) == -1)
			return -1;
	}
	/* Beside several, it can not be told whose it is. */
	if (fsio_list(d->dir.fd, count_tars, &tars) == -1 ||
	    (tars == 1 && fsio_list(d->dir.fd, on_name_beside, d) == -1))
		return -1;
	qsort(d->names, d->count, sizeof(*d->names), compare_names);
	return 0;
}

stamp_t
verify_list_signed_at(const struct verify_folder *d, const struct sign_sig *sig)
{
	const char *time = strrchr(sig->comment, '=');
	stamp_t t;

	return time != NULL && stamp_parse(time + 1, &t) == 0 ? t : d->run->result->now;
}

/* Is the list signed by a station of the keyring?  Say so if not. */
static int
check_signature(struct verify_folder *d, const struct buf *text)
{
	struct buf minisig = BUF_INIT;
	const struct keyring_entry *e;
	char label[VERIFY_WHERE_ROOM];
	enum keyring_verdict verdict;
	struct sign_sig sig;
	int rc = -1, spelled;

	if (verify_file_load(&d->dir, SUMS_SIG, SIGNATURE_MAX, &minisig) == -1) {
		if (errno == ENOENT)
			verify_list_say(
			    d, VERIFY_INCOMPLETE, SUMS_SIG, "is missing: nobody answers for the list of this day");
		else
			verify_list_say_file(d, SUMS_SIG, errno);
		goto out;
	}
	if (minisig.len == 0 || sign_parse(minisig.data, minisig.len, &sig) == -1) {
		verify_list_say(d, VERIFY_TAMPERED, SUMS_SIG, "is not a minisign signature");
		goto out;
	}
	spelled = sign_is_spelled(&sig, minisig.data, minisig.len);
	if (spelled == -1) {
		verify_list_say_file(d, SUMS_SIG, errno);
		goto out;
	}
	if (!spelled)
		verify_list_say(d, VERIFY_TAMPERED, SUMS_SIG, "is not spelled as casetap writes a signature");
	verdict = keyring_judge(verify_keys_best(d->run->keys), KEYRING_STATION, &sig,
	    text->data == NULL ? "" : text->data, text->len, verify_list_signed_at(d, &sig), &e);
	if (verdict != KEYRING_GOOD) {
		verify_list_say(d, VERIFY_TAMPERED, SUMS, "its signature is %s", keyring_verdict_text(verdict));
		goto out;
	}
	verify_stream_signer(d->run->stream, e->name, d->place->label, d->run->result);
	verify_time_key(d->run, e, verify_label(label, d->place->label, SUMS), verify_list_signed_at(d, &sig));
	d->closed = verify_list_signed_at(d, &sig);
	rc = 0;
out:
	buf_free(&minisig);
	return rc;
}

/* The day is somebody's word. */
static void
take_day(const struct verify_folder *d, const char *sha256)
{
	struct verify_result *r = d->run->result;
	struct verify_day_sums *day = &r->last_day;

	r->signed_days++;
	memcpy(day->case_id, d->place->case_id, sizeof(day->case_id));
	memcpy(day->iap, d->place->iap, sizeof(day->iap));
	day->day = d->place->day;
	day->packages = d->place->packages;
	memcpy(day->sums_sha256, sha256, sizeof(day->sums_sha256));
}

int
verify_list_load(struct verify_folder *d)
{
	struct buf text = BUF_INIT;
	char sha256[DIGEST_HEX];
	unsigned line = 0;
	int is_signed;

	d->run->attested = STAMP_NONE;
	if (!verify_list_has(d, SUMS)) {
		if (verify_list_has(d, SUMS_SIG) || d->count == 0)
			verify_list_say(d, VERIFY_INCOMPLETE, SUMS, "is missing");
		return 0;
	}
	d->is_closed = 1;
	if (verify_file_load(&d->dir, SUMS, MANIFEST_MAX_BYTES, &text) == -1) {
		verify_list_say_file(d, SUMS, errno);
		goto out;
	}
	if (digest_hex_of(text.data == NULL ? "" : text.data, text.len, sha256) == -1 ||
	    verify_time_load(d, sha256) == -1 || verify_received(d, sha256) == -1) {
		buf_free(&text);
		return -1;
	}
	is_signed = check_signature(d, &text) == 0;
	if (is_signed)
		take_day(d, sha256);
	d->sums = manifest_parse(text.data == NULL ? "" : text.data, text.len, &line);
	if (d->sums == NULL && errno == ENOMEM) {
		buf_free(&text);
		return -1;
	}
	/* Of an unsigned list it is enough to have said that. */
	if (d->sums == NULL && is_signed)
		verify_list_say(d, VERIFY_MALFORMED, SUMS, "is not a list of hashes (line %u)", line);
out:
	buf_free(&text);
	return 0;
}

/* Say that a file is not the one listed and, if it is, which one it is instead. */
static void
say_other(struct verify_folder *d, const char *name, const char *sha256)
{
	const struct manifest_entry *e;
	size_t i;

	for (i = 0; d->twins < TWINS_MAX && i < manifest_count(d->sums); i++) {
		e = manifest_entry(d->sums, i);
		if (strcmp(e->sha256, sha256) != 0)
			continue;
		d->twins++;
		verify_list_say(d, VERIFY_TAMPERED, name, "holds what " SUMS " lists as %s", e->name);
		return;
	}
	d->twins++;
	verify_list_say(d, VERIFY_TAMPERED, name, "is not the file that " SUMS " lists");
}

/* Is the file, of this hash, the listed one?  True where there is no list to say otherwise. */
int
verify_list_matches(struct verify_folder *d, const char *name, const char *sha256)
{
	const struct manifest_entry *e;

	if (d->sums == NULL || sha256[0] == '\0')
		return 1;
	e = manifest_find(d->sums, name);
	if (e == NULL) {
		verify_list_say(d, VERIFY_TAMPERED, name, "is not listed in " SUMS);
		return 0;
	}
	if (strcmp(e->sha256, sha256) == 0)
		return 1;
	say_other(d, name, sha256);
	return 0;
}
