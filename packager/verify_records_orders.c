#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "orderfile.h"
#include "text.h"

#include "verify_records_internal.h"

#define ORDERS "orders"
#define ORDER ".order"
#define BINDING ".binding"
#define SIG ".minisig"
#define REVOKED_LATE (5 * STAMP_SECOND)
#define RUN_MAX (3600 * STAMP_SECOND) /* longer than a run of the packager */

/* The revision of N.order, 0 for what is none. */
static uint64_t
revision_of(const char *name)
{
	size_t n = strcspn(name, ".");
	char digits[16];
	uint64_t revision;

	if (strcmp(name + n, ORDER) != 0 || n >= sizeof(digits))
		return 0;
	memcpy(digits, name, n);
	digits[n] = '\0';
	return text_u64(digits, 1, UINT32_MAX, &revision) == 0 ? revision : 0;
}

/* The length of the name of what the signature NAME.ANY.minisig, or revoked.minisig, is of; 0: it is none. */
static size_t
stem_of(const char *name)
{
	static const char *const middles[] = {ORDER ".", BINDING ".", "revoked."};
	const char *at;
	size_t i;

	for (i = 0; text_ends_with(name, SIG) && i < sizeof(middles) / sizeof(middles[0]); i++) {
		at = strstr(name, middles[i]);
		if (at != NULL)
			return (size_t)(at - name) + strlen(middles[i]) - 1;
	}
	return 0;
}

/* The text of the file, opened if it is encrypted.  1; 0 after saying what is wrong; or -1 with errno ENOMEM. */
static int
load(const struct records_folder *f, const char *name, struct buf *text)
{
	const struct age_identities *key = verify_keys_identities(f->r->run->keys);
	struct buf file = BUF_INIT;
	int rc = 0;

	if (verify_file_load(&f->dir, name, ORDERFILE_MAX_BYTES, &file) == -1) {
		rc = records_say_file(f, name, errno);
	} else if (!orderfile_is_encrypted(&file)) {
		rc = file.len == 0 || buf_put(text, file.data, file.len) == 0 ? 1 : -1;
	} else if (orderfile_open(key, &file, text) == 0) {
		rc = 1;
	} else if (errno == ENOMEM) {
		rc = -1;
	} else {
		/* Whoever has no key can not tell a changed one from another's. */
		records_say(f, errno == ENOKEY ? VERIFY_NOTE : VERIFY_TAMPERED, name, "%s", orderfile_why(errno));
	}
	buf_free(&file);
	return rc;
}

/* What the log says of that revision: 1 it was accepted, 0 another was, -1 nothing. */
static int
accepted(const struct records *r, uint64_t revision, const char *sha256)
{
	uint8_t hash[DIGEST_BYTES];
	int rc = -1;
	size_t i;

	for (i = 0; i < r->word_count && rc != 1; i++) {
		if (r->words[i].kind == RECORDS_ACCEPTED && r->words[i].number == revision)
			rc = text_unhex(hash, sizeof(hash), sha256) == 0 &&
			     memcmp(hash, r->words[i].object, sizeof(hash)) == 0;
	}
	return rc;
}

static void
see_revision(const struct records *r, uint64_t revision)
{
	size_t i;

	for (i = 0; i < r->word_count; i++) {
		if (r->words[i].kind == RECORDS_ACCEPTED && r->words[i].number == revision)
			r->words[i].is_seen = 1;
	}
}

/* The packager copies an order in its next run: may the last one that was accepted still be on its way? */
static int
may_come(const struct records *r, size_t word)
{
	size_t i;

	for (i = word + 1; i < r->word_count; i++) {
		const struct records_word *w = &r->words[i];

		/* A run copies orders before it seals, but may seal long after it did. */
		if (w->kind == RECORDS_ACCEPTED ||
		    (w->kind == RECORDS_SEALED && w->time > r->words[word].time + RUN_MAX))
			return 0;
	}
	return 1;
}

/* What was accepted must be there, unless a package holds it, of which was told, or it was purged. */
static void
say_missing(struct records *r)
{
	struct records_folder f = {.r = r, .name = ORDERS};
	char name[32];
	size_t i;

	(void)verify_label(f.label, r->label, ORDERS);
	for (i = 0; i < r->word_count; i++) {
		const struct records_word *w = &r->words[i];

		if (w->kind != RECORDS_ACCEPTED || w->is_seen || (r->is_purged && w->number <= r->purge.revision) ||
		    may_come(r, i))
			continue;
		(void)snprintf(name, sizeof(name), "%" PRIu64 ORDER, w->number); /* has room */
		if (records_paper_find(&r->orders, name) == NULL)
			records_say(
			    &f, VERIFY_INCOMPLETE, name, "is missing; the custody log says that it was accepted");
	}
}

/* A signature that no package holds yet: is it an approver's, over the file beside it? */
static int
judge_signature(const struct records_folder *f, const char *name, size_t stem, const struct buf *minisig)
{
	struct buf text = BUF_INIT;
	char of[NAMES_FILE_ROOM];
	enum keyring_verdict verdict;
	struct sign_sig sig;
	int rc;

	if (stem >= sizeof(of))
		return 0;
	memcpy(of, name, stem);
	of[stem] = '\0';
	rc = load(f, of, &text);
	if (rc == 1 && (minisig->len == 0 || sign_parse(minisig->data, minisig->len, &sig) == -1)) {
		records_say(f, VERIFY_TAMPERED, name, "is no signature");
	} else if (rc == 1) {
		verdict = keyring_judge(f->r->keyring, KEYRING_APPROVER, &sig, text.data == NULL ? "" : text.data,
		    text.len, f->r->run->result->now, NULL);
		/* Capture refuses what a stranger signed; its signature is kept all the same. */
		if (verdict == KEYRING_FORGED)
			records_say(f, VERIFY_TAMPERED, name, "does not match %s", of);
		else if (verdict == KEYRING_UNKNOWN)
			records_say(f, VERIFY_NOTE, name, "is made by a key that is no approver of the keyring");
	}
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

static int
judge(const struct records_folder *f, const char *name, const struct buf *text, const char *sha256)
{
	const struct buf *held = f->r->run->orders == NULL ? NULL : verify_orders_text(f->r->run->orders, name);
	struct records_paper *paper = records_paper_find(&f->r->orders, name);
	size_t stem = stem_of(name);
	uint64_t revision = revision_of(name);
	int was = revision == 0 ? -1 : accepted(f->r, revision, sha256);
	const char *data = text->data == NULL ? "" : text->data;

	if (paper != NULL && strcmp(paper->sha256, sha256) != 0)
		records_say(f, VERIFY_TAMPERED, name, "is not the one that packages hold");
	else if (paper == NULL && held != NULL &&
		 (held->len != text->len || memcmp(held->data, data, text->len) != 0))
		records_say(f, VERIFY_TAMPERED, name, "is not the one that packages hold");
	else if (was == 0)
		records_say(f, VERIFY_TAMPERED, name, "is not the revision that the custody log says was accepted");
	else if (paper != NULL || held != NULL || was == 1)
		return 0;
	else if (stem > 0)
		return judge_signature(f, name, stem, text);
	else if (revision == 0 && strcmp(name, "revoked") != 0 && !text_ends_with(name, BINDING))
		records_say(f, VERIFY_NOTE, name, "is no part of the records and was not looked at");
	else
		records_say(f, VERIFY_NOTE, name, "is in no package yet, and the custody log does not tell of it");
	return 0;
}

static int
on_order(void *cookie, const char *name)
{
	struct records_folder *f = cookie;
	struct buf text = BUF_INIT;
	char sha256[DIGEST_HEX];
	int rc = load(f, name, &text);
	struct records_paper *paper = records_paper_find(&f->r->orders, name);
	uint64_t revision = revision_of(name);

	/* Why it could not be read, if so, was said. */
	if (paper != NULL)
		paper->is_seen = 1;
	if (revision != 0)
		see_revision(f->r, revision);
	if (rc == 1 && digest_hex_of(text.data == NULL ? "" : text.data, text.len, sha256) == -1)
		rc = -1;
	if (rc == 1)
		rc = judge(f, name, &text, sha256);
	f->failed |= rc == -1;
	buf_free(&text);
	return f->failed;
}

/* When the log says that the revision was first accepted, and whether it was about ${at}; STAMP_NONE: it says nothing. */
static stamp_t
logged(const struct records *r, const struct verify_acceptance *a, int *agrees)
{
	uint8_t hash[DIGEST_BYTES];
	stamp_t first = STAMP_NONE;
	size_t i;

	*agrees = 0;
	if (text_unhex(hash, sizeof(hash), a->sha256) == -1)
		return STAMP_NONE;
	for (i = 0; i < r->word_count; i++) {
		const struct records_word *w = &r->words[i];

		if (w->kind != RECORDS_ACCEPTED || w->number != a->revision || w->time == STAMP_NONE ||
		    memcmp(w->object, hash, sizeof(hash)) != 0)
			continue;
		if (first == STAMP_NONE || w->time < first)
			first = w->time;
		*agrees |= w->time > a->accepted.at - RUN_MAX && w->time < a->accepted.at + RUN_MAX;
	}
	return first;
}

/* What packages say of when their orders were accepted is held against the log. */
static void
judge_acceptances(const struct records_folder *f)
{
	const struct records *r = f->r;
	const struct verify_orders *o = r->run->orders;
	char name[32], said[STAMP_TEXT], at[STAMP_TEXT];
	struct verify_acceptance a;
	int agrees, was_approved;
	stamp_t first;
	size_t i;

	for (i = 0; o != NULL && verify_orders_acceptance(o, i, &a); i++) {
		if (a.accepted.keyring_sha256[0] == '\0')
			continue;
		first = logged(r, &a, &agrees);
		if (first == STAMP_NONE || agrees)
			continue;
		(void)snprintf(name, sizeof(name), "%" PRIu32 ORDER, a.revision); /* has room */
		was_approved = verify_orders_was_approved(o, r->keyring, name, first);
		records_say(f, was_approved ? VERIFY_NOTE : VERIFY_TAMPERED, name,
		    "was accepted at %s, as records in %s say, but at %s, as the custody log says%s",
		    stamp_format_seconds(said, a.accepted.at), a.where, stamp_format_seconds(at, first),
		    was_approved ? "" : ": it had not the approvals that it needed then");
	}
}

/* When the log says that the case was revoked, first; STAMP_NONE: it does not. */
static stamp_t
revoked(const struct records *r)
{
	stamp_t first = STAMP_NONE;
	size_t i;

	for (i = 0; i < r->word_count; i++) {
		if (r->words[i].kind == RECORDS_REVOKED && (first == STAMP_NONE || r->words[i].time < first))
			first = r->words[i].time;
	}
	return first;
}

/*
 * Capture stops within a second of what it says: what was begun later, no order allows, wherever the revocation went.  Of
 * another station's streams its own log tells.
 */
static void
judge_revoked(const struct records_folder *f)
{
	const struct verify_orders *o = f->r->run->orders;
	const stamp_t at = revoked(f->r);
	char name[32], begun[STAMP_TEXT], said[STAMP_TEXT];
	struct verify_acceptance a;
	size_t i;

	for (i = 0; at != STAMP_NONE && o != NULL && verify_orders_acceptance(o, i, &a); i++) {
		if (a.last == STAMP_NONE || a.last <= at + REVOKED_LATE || records_iap_of(f->r, a.iap) == NULL)
			continue;
		(void)snprintf(name, sizeof(name), "%" PRIu32 ORDER, a.revision); /* has room */
		records_say(f, a.last > at + RUN_MAX ? VERIFY_TAMPERED : VERIFY_GAPS, name,
		    "slices were begun under it up to %s, as in %s, and the case was revoked at %s, as the custody log "
		    "says",
		    stamp_format_seconds(begun, a.last), a.where, stamp_format_seconds(said, at));
	}
}

int
records_orders(struct records *r)
{
	struct records_folder f;

	memset(&f, 0, sizeof(f));
	if (records_each(r, ORDERS, &f, on_order) == -1)
		return -1;
	say_missing(r);
	(void)verify_label(f.label, r->label, ORDERS);
	f.r = r;
	judge_acceptances(&f);
	judge_revoked(&f);
	return records_missing(r, ORDERS, &r->orders, "packages hold it");
}
