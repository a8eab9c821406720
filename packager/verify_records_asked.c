#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "request.h"
#include "text.h"

#include "verify_records_internal.h"

#define REQUESTS "requests"
#define REQUEST ".request"
#define ATTACHMENTS "attachments"
#define SIG ".minisig"
#define DONE ".done"
#define HASH (DIGEST_HEX - 1)

/* HASH.request, HASH.request.NAME.minisig, or HASH.request.done, by which the packager knows: 1, 2 or 3, else 0. */
static int
kind_of(const char *name, char sha256[DIGEST_HEX])
{
	size_t n = strlen(name), m = strlen(REQUEST), s = strlen(SIG);

	if (n < HASH + m || strncmp(name + HASH, REQUEST, m) != 0)
		return 0;
	memcpy(sha256, name, HASH);
	sha256[HASH] = '\0';
	if (!digest_is_hex(sha256))
		return 0;
	if (name[HASH + m] == '\0')
		return 1;
	if (strcmp(name + HASH + m, DONE) == 0)
		return 3;
	return n > HASH + m + 1 + s && name[HASH + m] == '.' && strcmp(name + n - s, SIG) == 0 ? 2 : 0;
}

/* Requests while they are looked at: of one that an approver must have signed, the signature follows by its name. */
struct asked {
	struct records_folder f; /* first, so that a name's cookie is both */
	char unsigned_one[DIGEST_HEX];
};

static void
say_unsigned(struct asked *a)
{
	char name[DIGEST_HEX + sizeof(REQUEST)];

	if (a->unsigned_one[0] == '\0')
		return;
	(void)snprintf(name, sizeof(name), "%s" REQUEST, a->unsigned_one); /* has room */
	records_say(&a->f, VERIFY_INCOMPLETE, name, "the signature that it was followed for is missing");
	a->unsigned_one[0] = '\0';
}

/* A request is called by its hash.  1 with its text; 0 after saying what is wrong; or -1 with errno ENOMEM. */
static int
load_request(const struct records_folder *f, const char *sha256, struct buf *text)
{
	char name[DIGEST_HEX + sizeof(REQUEST)], hex[DIGEST_HEX];

	(void)snprintf(name, sizeof(name), "%s" REQUEST, sha256); /* has room */
	if (verify_file_load(&f->dir, name, REQUEST_MAX_BYTES, text) == -1) {
		if (errno != ENOENT)
			return records_say_file(f, name, errno);
		records_say(f, VERIFY_INCOMPLETE, name, "is missing; a signature of it is there");
		return 0;
	}
	if (digest_hex_of(text->data == NULL ? "" : text->data, text->len, hex) == -1)
		return -1;
	if (strcmp(hex, sha256) == 0)
		return 1;
	records_say(f, VERIFY_TAMPERED, name, "does not have the hash that it is called by");
	return 0;
}

/* Of a log that was not begun anew on it the approvals are not kept; where one was, records_begun() looks for them. */
static int
was_not_begun(struct records *r, const struct request *q)
{
	int is_purge;

	return q->act == REQUEST_BEGIN && records_followed_at(r, q->sha256, &is_purge) == STAMP_NONE;
}

/* Which attachment must be there by it?  What has the right hash and is no request was never followed. */
static int
take_request(struct asked *a, const char *name, const struct buf *text)
{
	const struct records_folder *f = &a->f;
	char file[REQUEST_FILE_ROOM + 16];
	struct request r;

	errno = 0;
	if (text->len == 0 || request_parse(text->data, text->len, name, &r) == -1) {
		if (errno == ENOMEM)
			return -1;
		records_say(f, VERIFY_MALFORMED, name, "is no request");
		return 0;
	}
	if (strcmp(r.case_id, f->r->case_id) != 0)
		records_say(f, VERIFY_TAMPERED, name, "is about another case");
	if (request_needs_approver(&r) && !was_not_begun(f->r, &r))
		memcpy(a->unsigned_one, r.sha256, sizeof(a->unsigned_one));
	if (r.act == REQUEST_BEGIN)
		records_begun_before(f->r, name, &r);
	if (r.act != REQUEST_ATTACH)
		return 0;
	(void)snprintf(file, sizeof(file), "%.8s-%s", r.file_sha256, r.file); /* has room */
	return records_paper_add(&f->r->attached, file, r.file_sha256) == NULL ? -1 : 0;
}

/* A request's signature, while it is looked at. */
struct asked_sig {
	const char *name, *sha256; /* of its file / of the request */
	const struct buf *text;
	struct sign_sig sig;
	const struct keyring_entry *e;
};

/*
 * Was it good by the keyring of that time, which did not know yet that the key ends?  Then whoever followed it could not.
 */
static int
is_outlived(const struct records *r, const struct asked_sig *s, stamp_t at)
{
	const struct verify_versions *known = r->run->keys == NULL ? NULL : verify_keys_versions(r->run->keys);
	const struct keyring_version *v = known == NULL ? NULL : verify_versions_in_force(known, at);
	const struct keyring *then = v == NULL ? NULL : verify_versions_text(known, v->sha256);

	return then != NULL && s->text->data != NULL &&
	       keyring_judge(then, KEYRING_APPROVER, &s->sig, s->text->data, s->text->len, at, NULL) == KEYRING_GOOD;
}

/* It was an approver's, and counted; did it still, or is it said since that it did not? */
static void
judge_time(const struct records_folder *f, const struct asked_sig *s)
{
	char where[VERIFY_WHERE_ROOM], time[STAMP_TEXT];
	int is_purge;
	stamp_t at = records_followed_at(f->r, s->sha256, &is_purge);
	enum keyring_verdict verdict;

	if (at == STAMP_NONE)
		return;
	verdict = keyring_validity(s->e, at);
	/* A revocation counts from its time on, whoever knew of it. */
	if (verdict == KEYRING_EXPIRED && is_outlived(f->r, s, at))
		records_say(f, VERIFY_NOTE, s->name,
		    "was followed at %s, as the custody log says, under a keyring that did not know yet that the key of "
		    "approver %s ends",
		    stamp_format_seconds(time, at), s->e->name);
	else if (verdict != KEYRING_GOOD)
		records_say(f, is_purge ? VERIFY_TAMPERED : VERIFY_NOTE, s->name,
		    "was followed at %s, as the custody log says: its signature was %s",
		    stamp_format_seconds(time, at), keyring_verdict_text(verdict));
	else
		verify_time_claimed(
		    f->r->run->result, &f->r->run->claimed, s->e, verify_label(where, f->label, s->name), at);
}

/* It was kept because it counted: now, too, it must be an approver's, and have counted when it was followed. */
static int
judge_signature(const struct records_folder *f, const char *name, const char *sha256, const struct buf *text)
{
	struct asked_sig s = {.name = name, .sha256 = sha256, .text = text};
	struct buf minisig = BUF_INIT;
	enum keyring_verdict verdict;
	int rc = 0;

	if (verify_file_load(&f->dir, name, REQUEST_MAX_BYTES, &minisig) == -1) {
		rc = records_say_file(f, name, errno);
	} else if (minisig.len == 0 || sign_parse(minisig.data, minisig.len, &s.sig) == -1) {
		records_say(f, VERIFY_TAMPERED, name, "is no signature");
	} else {
		verdict = keyring_judge(f->r->keyring, KEYRING_APPROVER, &s.sig, text->data == NULL ? "" : text->data,
		    text->len, f->r->run->result->now, &s.e);
		if (verdict == KEYRING_FORGED || verdict == KEYRING_UNKNOWN)
			records_say(f, VERIFY_TAMPERED, name, "%s", keyring_verdict_text(verdict));
		else
			judge_time(f, &s);
	}
	buf_free(&minisig);
	return rc;
}

static int
on_request(void *cookie, const char *name)
{
	struct records_folder *f = cookie;
	struct asked *a = cookie;
	struct buf text = BUF_INIT;
	char sha256[DIGEST_HEX];
	uint8_t hash[DIGEST_BYTES];
	int kind = kind_of(name, sha256), rc = 0;

	if (kind == 0) {
		records_say(f, VERIFY_NOTE, name, "is no part of the records and was not looked at");
		return 0;
	}
	if (kind == 3)
		return 0;
	if (kind == 1)
		say_unsigned(a);
	else if (strcmp(a->unsigned_one, sha256) == 0)
		a->unsigned_one[0] = '\0';
	rc = load_request(f, sha256, &text);
	if (rc == 1)
		rc = kind == 1 ? take_request(a, name, &text) : judge_signature(f, name, sha256, &text);
	if (text_unhex(hash, sizeof(hash), sha256) == 0)
		records_words_see(f->r, hash);
	f->failed |= rc == -1;
	buf_free(&text);
	return f->failed;
}

static int
on_attachment(void *cookie, const char *name)
{
	struct records_folder *f = cookie;
	struct records_paper *paper = records_paper_find(&f->r->attached, name);
	char hex[DIGEST_HEX];

	if (paper == NULL) {
		records_say(f, VERIFY_NOTE, name, "no request that was kept is of it: it is no part of the records");
		return 0;
	}
	paper->is_seen = 1;
	if (verify_file_hash(&f->dir, name, hex) == -1)
		f->failed |= records_say_file(f, name, errno) == -1;
	else if (strcmp(hex, paper->sha256) != 0)
		records_say(f, VERIFY_TAMPERED, name, "is not what its request names");
	return f->failed;
}

int
records_requests(struct records *r)
{
	struct records_folder f;
	struct asked a;

	if (records_words_sort(r) == -1)
		return -1;
	memset(&a, 0, sizeof(a));
	if (records_each(r, REQUESTS, &a.f, on_request) == -1)
		return -1;
	say_unsigned(&a);
	records_words_missing(r);
	memset(&f, 0, sizeof(f));
	if (records_each(r, ATTACHMENTS, &f, on_attachment) == -1)
		return -1;
	return records_missing(r, ATTACHMENTS, &r->attached, "a request says that it was attached");
}
