#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "text.h"

#include "verify_lines.h"

#define SUFFIX ".binding"

struct settling {
	const struct verify_case_sums *sums;
	const struct verify_orders *orders;
	const struct keyring *keyring;
	int whole;
	struct verify_result *result;
};

/* The line, fit for a terminal, or NULL without memory. */
static char *
line_of(struct buf *text)
{
	size_t room = 4 * text->len + 1;
	char *line = buf_failed(text) || text->len == 0 ? NULL : malloc(room);

	if (line != NULL)
		(void)text_escape(line, room, text->data, text->len);
	buf_free(text);
	return line;
}

/* By what is the subject told?  By the identities of the revision under which it was recorded. */
static char *
authentication(const struct settling *s, const struct verify_binding *b)
{
	const struct verify_certificate *c = NULL;
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < s->sums->certificate_count; i++) {
		const struct verify_certificate *one = &s->sums->certificates[i];

		if (one->revision == b->revision && strcmp(one->sha256, b->order_sha256) == 0)
			c = one;
	}
	if (c == NULL) /* the buffer remembers; so everywhere here */
		(void)buf_printf(&text, "revision %" PRIu32 " of the order (SHA-256 %.16s...) did not come along",
		    b->revision, b->order_sha256);
	else
		(void)buf_printf(&text,
		    "%s, as revision %" PRIu32 " of the order (SHA-256 %.16s...) names the subject, approved by %s",
		    c->subject, c->revision, c->sha256,
		    c->approvers[0] == '\0' ? "nobody of the keyring" : c->approvers);
	return line_of(&text);
}

/* What shows that it had the address? */
static char *
validation(const struct verify_binding *b)
{
	char at[STAMP_TEXT];
	struct buf text = BUF_INIT;

	if (verify_binding_is_given(b) && b->file[0] != '\0')
		(void)buf_printf(&text, "%s, SHA-256 of the whole file %s, of what is kept of it %s", b->proof,
		    b->proof_sha256, b->kept_sha256[0] == '\0' ? "not told" : b->kept_sha256);
	else if (verify_binding_is_given(b))
		(void)buf_puts(&text, "a proof that is not known here");
	else
		(void)buf_printf(&text, "%s, %s on %s, session or transaction %s: ", b->begin.method,
		    b->begin.reason[0] == '\0' ? "begun" : b->begin.reason, stamp_format_seconds(at, b->begin.time),
		    b->begin.session[0] == '\0' ? "-" : b->begin.session);
	if (!verify_binding_is_given(b) && b->begin.sha256[0] != '\0')
		(void)buf_printf(&text, "the frame with SHA-256 %s", b->begin.sha256);
	else if (!verify_binding_is_given(b))
		(void)buf_puts(&text, "no frame that was kept");
	return line_of(&text);
}

/* On whose word does it stand, and what became of it? */
static char *
confirmation(const struct verify_binding *b)
{
	char at[STAMP_TEXT];
	struct buf text = BUF_INIT;

	if (verify_binding_is_given(b) && b->approver[0] != '\0')
		(void)buf_printf(&text, "given by approver %s, who signed %s (SHA-256 %s); ", b->approver, b->file,
		    b->begin.sha256);
	else if (verify_binding_is_given(b))
		(void)buf_printf(
		    &text, "given by hand, on nobody's word that is here (SHA-256 %s); ", b->begin.sha256);
	else if (b->renewals > 0)
		(void)buf_printf(&text, "renewed %" PRIu64 " times, last on %s; ", b->renewals,
		    stamp_format_seconds(at, b->renewed));
	else
		(void)buf_puts(&text, "never renewed; ");
	if (b->end == STAMP_NONE)
		(void)buf_puts(&text, "no package tells of its end");
	else
		(void)buf_printf(&text, "ended on %s: %s", stamp_format_seconds(at, b->end),
		    b->ended[0] == '\0' ? "no reason given" : b->ended);
	if (b->end == STAMP_NONE && b->lapsed != STAMP_NONE)
		(void)buf_printf(&text, ", but at %s it was no more", stamp_format_seconds(at, b->lapsed));
	if (b->end_sha256[0] != '\0' && !verify_binding_is_given(b))
		(void)buf_printf(&text, ", the frame with SHA-256 %s", b->end_sha256);
	return line_of(&text);
}

/* The file with that hash among those that the packages hold, and its name; NULL if there is none. */
static const struct buf *
find_file(const struct settling *s, const char *sha256, const char **name)
{
	const struct buf *text;
	char hex[DIGEST_HEX];
	size_t i;

	for (i = 0; (*name = verify_orders_file(s->orders, i, &text)) != NULL; i++) {
		if (text_ends_with(*name, SUFFIX) && text->len > 0 &&
		    digest_hex_of(text->data, text->len, hex) == 0 && strcmp(hex, sha256) == 0)
			return text;
	}
	return NULL;
}

/* The approver who signed it, good at the time that it says it was issued; or NULL. */
static const struct keyring_entry *
find_approver(const struct settling *s, const char *name, const struct buf *text, stamp_t issued)
{
	const struct keyring_entry *e;
	const struct buf *minisig;
	const char *other;
	struct sign_sig sig;
	size_t i;

	for (i = 0; (other = verify_orders_file(s->orders, i, &minisig)) != NULL; i++) {
		if (names_is_approval(other, name) && minisig->len > 0 &&
		    sign_parse(minisig->data, minisig->len, &sig) == 0 &&
		    keyring_judge(s->keyring, KEYRING_APPROVER, &sig, text->data, text->len, issued, &e) ==
			KEYRING_GOOD)
			return e;
	}
	return NULL;
}

/* Is it given for this address and all of this time, as far as an end is told? */
static int
is_of(const struct binding *file, const struct verify_binding *b, const struct verify_case_sums *sums)
{
	return strcmp(file->case_id, sums->case_id) == 0 && file->address.family == b->begin.family &&
	       file->address.bits == b->begin.bits &&
	       memcmp(file->address.addr, b->begin.addr, sizeof(b->begin.addr)) == 0 && file->from <= b->begin.time &&
	       (b->end == STAMP_NONE || b->end <= file->until);
}

static void
judge_given(const struct settling *s, struct verify_binding *b)
{
	const struct keyring_entry *e;
	const char *name;
	const struct buf *text = find_file(s, b->begin.sha256, &name);
	struct binding file;

	if (text == NULL) {
		verify_say(s->result, s->whole ? VERIFY_INCOMPLETE : VERIFY_NOTE, s->sums->case_id,
		    "an address was given by hand by a file (SHA-256 %s) that did not come along", b->begin.sha256);
		return;
	}
	if (binding_parse(text->data, text->len, name, &file) == -1 || !is_of(&file, b, s->sums)) {
		verify_say(s->result, VERIFY_TAMPERED, name,
		    "does not give the address that was followed by it, or not for that time");
		return;
	}
	(void)snprintf(b->file, sizeof(b->file), "%s", name); /* the rooms are the same */
	(void)snprintf(b->proof, sizeof(b->proof), "%.200s (%s)", file.proof, binding_kind_text(file.kind));
	memcpy(b->proof_sha256, file.proof_sha256, sizeof(b->proof_sha256));
	memcpy(b->kept_sha256, file.kept_sha256, sizeof(b->kept_sha256));
	e = find_approver(s, name, text, file.issued);
	if (e == NULL)
		verify_say(s->result, VERIFY_TAMPERED, name, "is signed by no approver of the keyring");
	else
		(void)snprintf(b->approver, sizeof(b->approver), "%s", e->name); /* the rooms are the same */
}

int
verify_lines_settle(struct verify_case_sums *sums, const struct verify_orders *orders, const struct keyring *keyring,
    int whole, struct verify_result *result)
{
	const struct settling s = {sums, orders, keyring, whole, result};
	size_t i;

	for (i = 0; i < sums->bindings.count; i++) {
		struct verify_binding *b = &sums->bindings.at[i];

		if (verify_binding_is_given(b))
			judge_given(&s, b);
		b->authentication = authentication(&s, b);
		b->validation = validation(b);
		b->confirmation = confirmation(b);
		if (b->authentication == NULL || b->validation == NULL || b->confirmation == NULL) {
			errno = ENOMEM;
			return -1;
		}
	}
	return 0;
}
