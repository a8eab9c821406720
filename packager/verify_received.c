#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ack.h"
#include "text.h"

#include "verify_received.h"

/* Why it is no acknowledgement of this day, or NULL. */
static const char *
find_fault(const struct verify_folder *d, const struct ack *a, const char *sha256)
{
	const struct verify_place *p = d->place;

	if (strcmp(a->case_id, p->case_id) != 0 || strcmp(a->iap, p->iap) != 0 || a->day != p->day)
		return "acknowledges another day";
	if (strcmp(a->sums_sha256, sha256) != 0)
		return "acknowledges another " SUMS;
	return NULL;
}

static int
take(struct verify_folder *d, const struct ack *a, const struct keyring_entry *e)
{
	struct verify_event event = {.kind = EVENT_RECEIVED, .day = a->day, .at = a->verified}, *told;

	/* Names that were judged, and texts of the same rooms. */
	(void)snprintf(event.case_id, sizeof(event.case_id), "%s", a->case_id);
	(void)snprintf(event.iap, sizeof(event.iap), "%s", a->iap);
	(void)snprintf(event.who, sizeof(event.who), "%s", e->name);
	(void)snprintf(event.what, sizeof(event.what), "%s, by %s",
	    a->verdict == 0 ? "intact and complete" : "intact, with declared gaps", a->verifier);
	/* The custody log may have told of it: here it is proven. */
	told = verify_event_find(&d->run->result->events, &event);
	if (told == NULL)
		return verify_event_add(&d->run->result->events, &event);
	*told = event;
	return 0;
}

static int
judge(struct verify_folder *d, const char *name, const struct buf *text, const char *sha256)
{
	const struct keyring_entry *e;
	enum keyring_verdict verdict;
	struct sign_sig sig;
	char label[VERIFY_WHERE_ROOM];
	const char *why;
	struct ack a;
	size_t n;

	if (text->len == 0 || ack_open(text->data, text->len, &a, &sig, &n) == -1) {
		verify_list_say(d, VERIFY_MALFORMED, name, "is no acknowledgement");
		return 0;
	}
	verdict = keyring_judge(verify_keys_best(d->run->keys), KEYRING_LEA, &sig, text->data, n, a.verified, &e);
	why = verdict == KEYRING_GOOD ? find_fault(d, &a, sha256) : NULL;
	if (verdict == KEYRING_GOOD && why == NULL) {
		(void)verify_label(label, d->place->label, name);
		verify_time_claimed(d->run->result, &d->run->claimed, e, label, a.verified);
		return take(d, &a, e) == 0 ? verify_claims_received(d->run->claims, label, e->name) : -1;
	}
	/* An agency may sign with a key that the keyring does not have: it proves nothing, and is no attack. */
	if (verdict == KEYRING_UNKNOWN)
		verify_list_say(d, VERIFY_NOTE, name, "is signed by a key that is no LEA's in the keyring");
	else if (why != NULL)
		verify_list_say(d, VERIFY_TAMPERED, name, "%s", why);
	else
		verify_list_say(d, VERIFY_TAMPERED, name, "its signature is %s", keyring_verdict_text(verdict));
	return 0;
}

/* SHA256SUMS.received; in the records of a day that was purged, SHA256SUMS.DESTINATION.received. */
static int
is_name(const char *name)
{
	return strncmp(name, SUMS ".", strlen(SUMS ".")) == 0 && text_ends_with(name, ".received");
}

int
verify_received(struct verify_folder *d, const char *sha256)
{
	struct buf text = BUF_INIT;
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < d->count; i++) {
		if (!is_name(d->names[i]))
			continue;
		buf_clear(&text);
		if (verify_file_load(&d->dir, d->names[i], ACK_MAX_BYTES, &text) == 0)
			rc = judge(d, d->names[i], &text, sha256);
		else if (errno == ENOMEM)
			rc = -1;
		else
			verify_list_say_file(d, d->names[i], errno);
	}
	buf_free(&text);
	return rc;
}
