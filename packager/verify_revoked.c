#include <stdio.h>
#include <string.h>

#include "verify_time.h"

#include "verify_revoked.h"

#define START "casetap-revocation/1\n"

/* The line "at: TIME" of a revocation. */
static stamp_t
revocation_time(const struct buf *text)
{
	const char *at = strstr(text->data, "\nat: ");
	char value[STAMP_TEXT];
	stamp_t t = STAMP_NONE;
	size_t n;

	if (at == NULL)
		return STAMP_NONE;
	at += strlen("\nat: ");
	n = strcspn(at, "\n");
	if (n >= sizeof(value))
		return STAMP_NONE;
	memcpy(value, at, n);
	value[n] = '\0';
	return stamp_parse(value, &t) == 0 ? t : STAMP_NONE;
}

stamp_t
verify_revoked_at(const char *case_id, const struct buf *text, const struct buf *minisig,
    const struct keyring *keyring, struct verify_result *result)
{
	char label[NAMES_CASE_ROOM + 16], start[NAMES_CASE_ROOM + 40];
	const struct keyring_entry *e;
	enum keyring_verdict verdict;
	struct sign_sig sig;
	stamp_t at = STAMP_NONE;

	(void)snprintf(label, sizeof(label), "%s/" VERIFY_REVOKED, case_id); /* a case ID fits, here and below */
	(void)snprintf(start, sizeof(start), START "case: %s\n", case_id);
	if (text->len > 0 && strncmp(text->data, start, strlen(start)) == 0)
		at = revocation_time(text);
	if (at == STAMP_NONE) {
		verify_say(result, VERIFY_TAMPERED, label, "is no revocation of this case");
		return STAMP_NONE;
	}
	if (minisig == NULL || minisig->len == 0 || sign_parse(minisig->data, minisig->len, &sig) == -1) {
		verify_say(result, VERIFY_TAMPERED, label, "came without a signature");
		return STAMP_NONE;
	}
	verdict = keyring_judge(keyring, KEYRING_APPROVER, &sig, text->data, text->len, at, &e);
	if (verdict == KEYRING_GOOD) {
		verify_time_claimed(result, NULL, e, label, at);
		return at;
	}
	verify_say(result, VERIFY_TAMPERED, label, "signed %s", keyring_verdict_text(verdict));
	return STAMP_NONE;
}
