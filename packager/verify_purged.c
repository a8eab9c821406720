#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "purgecert.h"

#include "verify_claims.h"
#include "verify_file.h"
#include "verify_package.h"

#include "verify_purged.h"

#define REQUEST "purge.request"
#define SIG ".minisig"
#define SIGNATURE_MAX ((size_t)4096)
#define NAME_ROOM (NAMES_FILE_ROOM + 16)

/* Load a file with its signature.  Return 1, 0 after saying what is wrong, or -1 with errno ENOMEM. */
static int
load_signed(struct verify_folder *d, const char *name, size_t max, struct buf *text, struct sign_sig *sig)
{
	struct buf minisig = BUF_INIT;
	char sig_name[NAME_ROOM];
	const char *at = name;
	int rc = 0, spelled;

	(void)snprintf(sig_name, sizeof(sig_name), "%s" SIG, name); /* has room */
	if (verify_file_load(&d->dir, name, max, text) == 0) {
		at = sig_name;
		rc = verify_file_load(&d->dir, sig_name, SIGNATURE_MAX, &minisig) == 0;
	}
	if (rc == 0 && errno == ENOMEM)
		rc = -1;
	else if (rc == 0)
		verify_list_say(d, VERIFY_TAMPERED, at, "%s", verify_file_why(errno));
	else if (text->len == 0 || minisig.len == 0 || sign_parse(minisig.data, minisig.len, sig) == -1) {
		verify_list_say(d, VERIFY_TAMPERED, sig_name, "is not a minisign signature");
		rc = 0;
	} else if (strcmp(name, REQUEST) != 0) {
		spelled = sign_is_spelled(sig, minisig.data, minisig.len);
		if (spelled == -1)
			rc = -1;
		else if (!spelled)
			verify_list_say(d, VERIFY_TAMPERED, sig_name, "is not spelled as casetap writes a signature");
	}
	buf_free(&minisig);
	return rc;
}

/* Is the file of the folder the one of that hash? */
static int
is_file(const struct verify_folder *d, const char *name, const char *sha256)
{
	char hex[DIGEST_HEX];

	return verify_file_hash(&d->dir, name, hex) == 0 && strcmp(hex, sha256) == 0;
}

/* Is it about this very day, as the folder has it? */
static const char *
contradiction(const struct verify_folder *d, const struct purgecert *c, const char *comment)
{
	const struct verify_place *p = d->place;
	char want[PURGECERT_COMMENT_ROOM];

	if (c->what != REQUEST_PAYLOAD || strcmp(c->case_id, p->case_id) != 0 || strcmp(c->iap, p->iap) != 0 ||
	    c->day != p->day)
		return "is about another case, IAP or day";
	if (strcmp(purgecert_comment(want, c), comment) != 0)
		return "its signature's trusted comment does not agree with it";
	if (d->is_closed && !is_file(d, SUMS, c->sums_sha256))
		return "was made of another " SUMS;
	/* One that is not there is missed by the list. */
	if (d->is_closed && verify_list_has(d, d->ledger_name) && !is_file(d, d->ledger_name, c->ledger_sha256))
		return "was made of another ledger";
	return NULL;
}

/* The request that it was made on must be there, and be an approver's word. */
static int
judge_request(struct verify_folder *d, const struct purgecert *c)
{
	struct buf text = BUF_INIT;
	const struct keyring_entry *e;
	enum keyring_verdict verdict;
	struct sign_sig sig;
	char id[SIGN_ID_TEXT], label[VERIFY_WHERE_ROOM];
	int rc = load_signed(d, REQUEST, REQUEST_MAX_BYTES, &text, &sig);

	if (rc != 1)
		goto out;
	rc = 0;
	if (!is_file(d, REQUEST, c->request)) {
		verify_list_say(d, VERIFY_TAMPERED, REQUEST, "is not the one that the certificate names");
		goto out;
	}
	verdict =
	    keyring_judge(verify_keys_best(d->run->keys), KEYRING_APPROVER, &sig, text.data, text.len, c->at, &e);
	if (verdict != KEYRING_GOOD) {
		verify_list_say(d, VERIFY_TAMPERED, REQUEST, "its signature is %s", keyring_verdict_text(verdict));
		goto out;
	}
	sign_id_format(&e->pub, id);
	if (strcmp(id, c->key_id) != 0) {
		verify_list_say(
		    d, VERIFY_TAMPERED, REQUEST, "is signed by another approver than the certificate says");
		goto out;
	}
	verify_time_claimed(
	    d->run->result, &d->run->claimed, e, verify_label(label, d->place->label, REQUEST), c->issued);
	rc = 1;
out:
	buf_free(&text);
	return rc;
}

/* Time stamps and acknowledgements came along with what stays: the certificate says which. */
static void
judge_kept(struct verify_folder *d)
{
	const struct purgecert *c = d->purge;
	char hex[DIGEST_HEX];
	size_t i;

	for (i = 0; d->is_closed && i < c->kept_count; i++) {
		if (!verify_list_has(d, c->kept[i].name))
			verify_list_say(d, VERIFY_INCOMPLETE, c->kept[i].name,
			    "is missing; the certificate of the purge says that it was kept");
		else if (verify_file_hash(&d->dir, c->kept[i].name, hex) == -1)
			verify_list_say_file(d, c->kept[i].name, errno);
		else if (strcmp(hex, c->kept[i].sha256) != 0)
			verify_list_say(d, VERIFY_TAMPERED, c->kept[i].name,
			    "is not the one that the certificate of the purge says was kept");
	}
}

/* Was it allowed (promise 10), and what else hangs on it: the order is asked, and the log's head looked for, later. */
static int
take_certificate(struct verify_folder *d, const char *name)
{
	struct verify_run *run = d->run;
	struct verify_proof proof;
	const char *why = verify_proof_judge(d->purge, d->sums, &proof);
	char label[VERIFY_WHERE_ROOM];

	if (why != NULL) {
		verify_list_say(d, VERIFY_TAMPERED, name, "%s", why);
		return 0;
	}
	verify_anchors_next(run->anchors, 0, d->purge->at);
	if (verify_claims_purge(run->claims, verify_label(label, d->place->label, name), d->purge, &proof) == -1 ||
	    verify_anchor_add(
		run->anchors, d->place->iap, VERIFY_ANCHOR_PURGE, d->purge->custody_head, d->place->label) == -1)
		return -1;
	judge_kept(d);
	return judge_request(d, d->purge);
}

/* The certificate itself: signed by the stream's station, spelled as casetap writes it, about this day. */
static int
judge_certificate(struct verify_folder *d, const char *name, const struct buf *text, const struct sign_sig *sig)
{
	const struct keyring_entry *e;
	enum keyring_verdict verdict;
	char label[VERIFY_WHERE_ROOM];
	const char *why;

	if (purgecert_parse(text->data, text->len, d->purge) == -1) {
		if (errno == ENOMEM)
			return -1;
		verify_list_say(d, VERIFY_MALFORMED, name, "is no purge certificate");
		return 0;
	}
	verdict = keyring_judge(
	    verify_keys_best(d->run->keys), KEYRING_STATION, sig, text->data, text->len, d->purge->at, &e);
	if (verdict != KEYRING_GOOD) {
		verify_list_say(d, VERIFY_TAMPERED, name, "its signature is %s", keyring_verdict_text(verdict));
		return 0;
	}
	verify_stream_signer(d->run->stream, e->name, d->place->label, d->run->result);
	(void)snprintf(d->purged_by, sizeof(d->purged_by), "%s", e->name); /* the rooms are the same */
	verify_time_claimed(
	    d->run->result, &d->run->claimed, e, verify_label(label, d->place->label, name), d->purge->at);
	why = contradiction(d, d->purge, sig->comment);
	if (why == NULL)
		return take_certificate(d, name);
	verify_list_say(d, VERIFY_TAMPERED, name, "%s", why);
	return 0;
}

int
verify_purged_load(struct verify_folder *d)
{
	struct buf text = BUF_INIT;
	char name[NAMES_FILE_ROOM];
	struct sign_sig sig;
	int rc;

	if (d->place->case_id[0] == '\0' || d->place->day == STAMP_NONE)
		return 0;
	(void)names_day_file(name, d->place->case_id, d->place->iap, d->place->day, PURGECERT_SUFFIX);
	if (!verify_list_has(d, name))
		return 0;
	d->purge = calloc(1, sizeof(*d->purge));
	if (d->purge == NULL)
		return -1;
	rc = load_signed(d, name, PURGECERT_MAX_BYTES, &text, &sig);
	if (rc == 1)
		rc = judge_certificate(d, name, &text, &sig);
	if (rc != 1)
		verify_purged_clear(d);
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

void
verify_purged_clear(struct verify_folder *d)
{
	int saved = errno;

	if (d->purge != NULL)
		purgecert_clear(d->purge);
	free(d->purge);
	d->purge = NULL;
	errno = saved;
}

int
verify_purged_has(const struct verify_folder *d, const char *name, const char *sha256)
{
	const struct purgecert_file *f = d->purge == NULL ? NULL : purgecert_find(d->purge, name);

	return f != NULL && strcmp(f->sha256, sha256) == 0;
}

int
verify_purged_package(struct verify_folder *d, const char *name, struct package_facts *f)
{
	char tags[NAMES_FILE_ROOM], package[NAMES_FILE_ROOM], label[VERIFY_WHERE_ROOM], why[VERIFY_WHAT_ROOM / 2];
	enum package_verdict verdict;
	struct verify_file file;
	struct names n;
	int rc = 0;

	memset(f, 0, sizeof(*f));
	names_parse(name, &n);
	(void)names_package(tags, n.case_id, n.iap, n.seq, ".tags.tar");
	(void)names_package(package, n.case_id, n.iap, n.seq, ".tar");
	if (verify_file_open(&file, &d->dir, tags) == -1) {
		if (errno == ENOENT)
			verify_list_say(d, VERIFY_INCOMPLETE, tags, "is missing, and its payload is purged");
		else
			verify_list_say_file(d, tags, errno);
		return 0;
	}
	verdict = package_check_tags(file.fd, package, verify_keys_best(d->run->keys), f, why, sizeof(why));
	if (verify_file_unchanged(&file) == -1) {
		verify_list_say(d, VERIFY_UNREADABLE, tags, "%s", verify_file_why(errno));
	} else if (verdict != PACKAGE_INTACT) {
		verify_list_say(d, verify_package_code(verdict), tags, "%s", why);
	} else {
		/* A copy of the whole package elsewhere is no fork.  Of an encrypted one the tar's hash is gone. */
		if (n.encrypted)
			f->tar_sha256[0] = '\0';
		else
			memcpy(f->tar_sha256, purgecert_find(d->purge, name)->sha256, sizeof(f->tar_sha256));
		rc = verify_package_take(d->run, f, verify_label(label, d->place->label, tags), d->place->label);
		d->purged += rc == 1;
	}
	verify_file_close(&file);
	return rc;
}

static int
take_event(const struct verify_folder *d, const struct purgecert *c)
{
	struct verify_event e = {.kind = EVENT_PURGED, .day = c->day, .at = c->at};

	memcpy(e.case_id, c->case_id, sizeof(e.case_id));
	memcpy(e.iap, c->iap, sizeof(e.iap));
	(void)snprintf(e.who, sizeof(e.who), "%s", d->purged_by); /* the rooms are enough */
	(void)snprintf(e.what, sizeof(e.what), "%" PRIu64 " packages, as approver %s asked: %s", d->purged,
	    c->approver, c->reason); /* a cut text still says enough */
	return verify_event_add(&d->run->result->events, &e);
}

int
verify_purged_tell(struct verify_folder *d)
{
	const struct purgecert *c = d->purge;
	char at[STAMP_TEXT];

	if (c == NULL)
		return 0;
	verify_stream_purged(d->run->stream, d->purged);
	(void)stamp_format_seconds(at, c->at);
	if (d->is_closed)
		verify_list_say(d, VERIFY_GAPS, d->ledger_name,
		    "payload purged on %s by %s, as approver %s asked, %" PRIu64 " packages; certificate valid", at,
		    d->purged_by, c->approver, d->purged);
	else
		verify_say(d->run->result, VERIFY_INCOMPLETE, d->place->label,
		    "only the certificate is left, which is valid: payload purged on %s by %s, as approver %s asked, "
		    "and later the records",
		    at, d->purged_by, c->approver);
	return take_event(d, c);
}

/* Is it what stays of a package that was purged?  Without a certificate, nobody can tell. */
static int
is_kept(const struct verify_folder *d, const struct names *n)
{
	char plain[NAMES_FILE_ROOM], closed[NAMES_FILE_ROOM];

	(void)names_package(plain, n->case_id, n->iap, n->seq, ".tar");
	(void)names_package(closed, n->case_id, n->iap, n->seq, ".tar.age");
	return d->purge == NULL || purgecert_find(d->purge, plain) != NULL ||
	       purgecert_find(d->purge, closed) != NULL;
}

int
verify_purged_is_file(const struct verify_folder *d, const char *name)
{
	struct names n;

	size_t i;

	names_parse(name, &n);
	for (i = 0; d->purge != NULL && i < d->purge->kept_count; i++) {
		if (strcmp(d->purge->kept[i].name, name) == 0)
			return 1;
	}
	if (n.kind == NAMES_TAGS)
		return is_kept(d, &n);
	if (n.kind == NAMES_PURGE)
		return 1;
	return strncmp(name, REQUEST, strlen(REQUEST)) == 0 ||
	       (strstr(name, PURGECERT_SUFFIX SIG) != NULL && d->purge != NULL);
}
