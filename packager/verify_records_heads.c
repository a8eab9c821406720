#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "signedhead.h"
#include "text.h"

#include "verify_records_internal.h"

#define SIG ".minisig"
#define SIGNATURE_MAX ((size_t)4096)
#define SIG_ROOM (SIGNEDHEAD_NAME_ROOM + sizeof(SIG))

/* What is wrong with its signature, or NULL: the station's, as casetap writes it, at the time that it names. */
static const char *
judge_signature(struct records_folder *f, const char *sig_name, const struct signedhead *c, const struct buf *text,
    const struct buf *minisig)
{
	char want[SIGNEDHEAD_COMMENT_ROOM], where[VERIFY_WHERE_ROOM];
	const struct keyring_entry *e;
	enum keyring_verdict verdict;
	struct sign_sig sig;
	int spelled;

	if (minisig->len == 0 || sign_parse(minisig->data, minisig->len, &sig) == -1)
		return "is no signature";
	spelled = sign_is_spelled(&sig, minisig->data, minisig->len);
	f->r->run->result->failed |= spelled == -1;
	if (!spelled)
		return "is not spelled as casetap writes a signature";
	verdict = keyring_judge(f->r->keyring, KEYRING_STATION, &sig, text->data, text->len, c->at, &e);
	if (verdict != KEYRING_GOOD)
		return keyring_verdict_text(verdict);
	if (strcmp(signedhead_comment(want, c), sig.comment) != 0)
		return "its trusted comment does not agree with what it signs";
	verify_time_claimed(
	    f->r->run->result, &f->r->run->claimed, e, verify_label(where, f->label, sig_name), c->at);
	return NULL;
}

static int
judge(struct records_folder *f, const char *name, const struct buf *text, const struct buf *minisig)
{
	char again[SIGNEDHEAD_NAME_ROOM], sig_name[SIG_ROOM];
	struct signedhead c;
	const char *why;

	if (signedhead_parse(text->data == NULL ? "" : text->data, text->len, &c) == -1) {
		if (errno == ENOMEM)
			return -1;
		records_say(f, VERIFY_MALFORMED, name, "is no head of a custody log");
		return 0;
	}
	(void)snprintf(sig_name, sizeof(sig_name), "%s" SIG, name); /* has room */
	why = judge_signature(f, sig_name, &c, text, minisig);
	if (why != NULL)
		records_say(f, VERIFY_TAMPERED, sig_name, "%s", why);
	else if (strcmp(c.case_id, f->r->case_id) != 0 || strcmp(signedhead_name(again, c.month), name) != 0)
		records_say(f, VERIFY_TAMPERED, name, "is of another case or month");
	else {
		verify_anchors_next(f->r->anchors, 0, c.at);
		return verify_anchor_add(f->r->anchors, RECORDS_OWN, c.lines, c.head, f->r->label);
	}
	return 0;
}

/* NAME.head, whose signature must be beside it, or the other way round. */
static int
on_name(void *cookie, const char *name)
{
	struct records_folder *f = cookie;
	struct buf text = BUF_INIT, minisig = BUF_INIT;
	char head[SIGNEDHEAD_NAME_ROOM], sig_name[SIG_ROOM];
	const size_t n = strlen(name);
	int rc = 0;

	if (n < sizeof(head) + sizeof(SIG) && text_ends_with(name, SIG)) {
		(void)snprintf(head, sizeof(head), "%.*s", (int)(n - strlen(SIG)), name); /* cut, it is none */
		if (signedhead_is_name(head) && faccessat(f->dir.fd, head, F_OK, AT_SYMLINK_NOFOLLOW) == -1)
			records_say(f, VERIFY_INCOMPLETE, head, "is missing; its signature is there");
	}
	if (!signedhead_is_name(name))
		return 0;
	(void)snprintf(sig_name, sizeof(sig_name), "%s" SIG, name); /* has room */
	if (verify_file_load(&f->dir, name, SIGNEDHEAD_MAX_BYTES, &text) == -1)
		rc = records_say_file(f, name, errno);
	else if (verify_file_load(&f->dir, sig_name, SIGNATURE_MAX, &minisig) == 0)
		rc = judge(f, name, &text, &minisig);
	else if (errno == ENOENT)
		records_say(f, VERIFY_INCOMPLETE, sig_name, "is missing: nobody answers for the head");
	else
		rc = records_say_file(f, sig_name, errno);
	f->failed |= rc == -1;
	buf_free(&text);
	buf_free(&minisig);
	return f->failed;
}

int
records_heads(struct records *r)
{
	struct records_folder f = {.r = r, .dir = r->dir};
	int rc;

	(void)snprintf(f.label, sizeof(f.label), "%s", r->label);
	rc = fsio_list(r->dir.fd, on_name, &f);
	if (f.failed)
		return -1;
	if (rc != -1 || (r->is_list_said && errno != ENOMEM))
		return 0;
	r->is_list_said = 1;
	return records_say_file(&f, "", errno);
}
