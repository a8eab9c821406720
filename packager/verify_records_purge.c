#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#include "verify_proof.h"
#include "verify_time.h"

#include "verify_records_internal.h"

#define SIG ".minisig"
#define SIGNATURE_MAX ((size_t)4096)

int
records_is_purged(const struct records *r, const char *folder, const char *name)
{
	char path[NAMES_FILE_ROOM];

	if (!r->is_purged || (size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return 0;
	return purgecert_find(&r->purge, path) != NULL;
}

/* That the records were purged must be the station's word. */
static const char *
judge_purge(struct records *r, const char *name, const struct buf *text, const struct buf *minisig)
{
	char want[PURGECERT_COMMENT_ROOM], where[VERIFY_WHERE_ROOM];
	const struct keyring_entry *e;
	enum keyring_verdict verdict;
	struct sign_sig sig;
	int spelled;

	if (text->len == 0)
		return "is no purge certificate";
	if (purgecert_parse(text->data, text->len, &r->purge) == -1) {
		r->run->result->failed |= errno == ENOMEM;
		return "is no purge certificate";
	}
	r->is_purged = 1;
	if (r->purge.what != REQUEST_RECORDS || strcmp(r->purge.case_id, r->case_id) != 0)
		return "is about something else than these records";
	if (minisig->len == 0 || sign_parse(minisig->data, minisig->len, &sig) == -1)
		return "has no signature";
	spelled = sign_is_spelled(&sig, minisig->data, minisig->len);
	r->run->result->failed |= spelled == -1;
	if (!spelled)
		return "its signature is not spelled as casetap writes one";
	verdict = keyring_judge(r->keyring, KEYRING_STATION, &sig, text->data, text->len, r->purge.at, &e);
	if (verdict != KEYRING_GOOD)
		return keyring_verdict_text(verdict);
	if (strcmp(purgecert_comment(want, &r->purge), sig.comment) != 0)
		return "its signature's trusted comment does not agree with it";
	verify_time_claimed(r->run->result, NULL, e, verify_label(where, r->label, name), r->purge.at);
	return verify_proof_judge_time(&r->purge);
}

int
records_purge_load(struct records *r)
{
	struct records_folder f = {.r = r, .dir = r->dir};
	struct buf text = BUF_INIT, minisig = BUF_INIT;
	char name[NAMES_FILE_ROOM], sig_name[NAMES_FILE_ROOM + 16];
	const char *why;
	int rc = 0;

	(void)snprintf(f.label, sizeof(f.label), "%s", r->label);
	(void)snprintf(name, sizeof(name), "%s" PURGECERT_SUFFIX, r->case_id); /* has room */
	(void)snprintf(sig_name, sizeof(sig_name), "%s" SIG, name);
	if (verify_file_load(&r->dir, name, PURGECERT_MAX_BYTES, &text) == -1) {
		rc = errno == ENOENT ? 0 : records_say_file(&f, name, errno);
	} else if (verify_file_load(&r->dir, sig_name, SIGNATURE_MAX, &minisig) == -1 && errno != ENOENT) {
		rc = records_say_file(&f, sig_name, errno);
	} else {
		why = judge_purge(r, name, &text, &minisig);
		if (why != NULL) {
			records_say(&f, VERIFY_TAMPERED, name, "%s", why);
		} else {
			verify_anchors_next(r->anchors, 0, r->purge.at);
			rc = verify_anchor_add(
			    r->anchors, RECORDS_OWN, VERIFY_ANCHOR_PURGE, r->purge.custody_head, r->label);
		}
	}
	buf_free(&text);
	buf_free(&minisig);
	return rc;
}

/* Does the log say that all is gone that the certificate names? */
static int
is_finished(const struct records *r)
{
	uint8_t request[DIGEST_BYTES];
	size_t i;

	for (i = 0; i < r->word_count && text_unhex(request, sizeof(request), r->purge.request) == 0; i++) {
		if (r->words[i].kind == RECORDS_PURGED && r->words[i].is_of_records &&
		    memcmp(r->words[i].object, request, sizeof(request)) == 0)
			return 1;
	}
	return 0;
}

/* Two steps: the certificate, then what it names goes. */
void
records_purge_judge(struct records *r)
{
	char where[VERIFY_WHERE_ROOM], name[NAMES_FILE_ROOM];
	size_t i, left = 0;

	if (!r->is_purged || is_finished(r))
		return;
	for (i = 0; i < r->purge.file_count; i++)
		left += faccessat(r->dir.fd, r->purge.files[i].name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	r->is_under_way = left > 0;
	if (r->is_under_way)
		verify_say(r->run->result, VERIFY_INCOMPLETE,
		    verify_label(where, r->label, purgecert_name(name, &r->purge)),
		    "the purge of the records is under way: %zu of the %zu files that it names are still there, which "
		    "the packager's next run deletes",
		    left, r->purge.file_count);
}
