#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "notice.h"

#include "verify_rows.h"

#include "verify_notice.h"

/* What is wrong with it beside its signature, or NULL. */
static const char *
find_fault(const struct verify_folder *d, const struct notice *n, const struct names *name)
{
	const struct ledger_row *r;

	if (strcmp(n->case_id, name->case_id) != 0 || strcmp(n->iap, name->iap) != 0 || n->day != name->day ||
	    n->number != name->notice)
		return "is a notice of another name";
	r = n->last_seq == 0 ? NULL : verify_rows_find(d, n->last_seq);
	if (r != NULL && strcmp(r->seal_id, n->last_seal) != 0)
		return "names a package that is not the one delivered under its number";
	return NULL;
}

/* "gap of 300 s from 2026-11-20T00:00:00Z, link-down; ..." */
static void
describe(const struct notice *n, char *out, size_t room)
{
	char from[STAMP_TEXT];
	size_t at = 0;
	int len;

	out[0] = '\0';
	for (size_t i = 0; i < n->count && at < room; i++) {
		const struct notice_event *e = &n->events[i];

		len = snprintf(out + at, room - at, "%s%s", i == 0 ? "" : "; ", notice_kind_text(e->kind));
		at += len > 0 ? (size_t)len : 0;
		if (at < room && e->kind == NOTICE_GAP && e->to != STAMP_NONE) {
			len = snprintf(out + at, room - at, " of %" PRId64 " s", (e->to - e->from) / STAMP_SECOND);
			at += len > 0 ? (size_t)len : 0;
		}
		if (at < room) {
			len = snprintf(
			    out + at, room - at, " from %s: %s", stamp_format_seconds(from, e->from), e->what);
			at += len > 0 ? (size_t)len : 0;
		}
	}
}

static int
take(struct verify_folder *d, const char *name, const struct notice *n, const struct keyring_entry *e)
{
	struct verify_event event = {.kind = EVENT_NOTICED, .day = n->day, .at = n->written};

	/* Names that were judged, and texts of the same rooms. */
	(void)snprintf(event.case_id, sizeof(event.case_id), "%s", n->case_id);
	(void)snprintf(event.iap, sizeof(event.iap), "%s", n->iap);
	(void)snprintf(event.who, sizeof(event.who), "%s", e->name);
	describe(n, event.what, sizeof(event.what));
	verify_list_say(d, VERIFY_NOTE, name, "the station gave notice: %s", event.what);
	return verify_event_add(&d->run->result->events, &event);
}

static int
judge(struct verify_folder *d, const char *name, const struct names *parsed, const struct buf *text)
{
	const struct keyring_entry *e;
	enum keyring_verdict verdict;
	struct notice n;
	struct sign_sig sig;
	char label[VERIFY_WHERE_ROOM];
	const char *why;
	size_t length;
	int spelled;

	if (text->len == 0 || notice_open(text->data, text->len, &n, &sig, &length) == -1) {
		verify_list_say(d, VERIFY_MALFORMED, name, "is no notice");
		return 0;
	}
	spelled = sign_is_spelled(&sig, text->data + length, text->len - length);
	if (spelled == -1)
		return -1;
	if (!spelled)
		verify_list_say(d, VERIFY_TAMPERED, name, "its signature is not spelled as casetap writes one");
	verdict =
	    keyring_judge(verify_keys_best(d->run->keys), KEYRING_STATION, &sig, text->data, length, n.written, &e);
	why = verdict == KEYRING_GOOD ? find_fault(d, &n, parsed) : NULL;
	if (verdict == KEYRING_GOOD && why == NULL) {
		verify_stream_signer(d->run->stream, e->name, d->place->label, d->run->result);
		verify_time_key(d->run, e, verify_label(label, d->place->label, name), n.written);
		return take(d, name, &n, e);
	}
	if (why != NULL)
		verify_list_say(d, VERIFY_TAMPERED, name, "%s", why);
	else
		verify_list_say(d, VERIFY_TAMPERED, name, "its signature is %s", keyring_verdict_text(verdict));
	return 0;
}

int
verify_notices(struct verify_folder *d)
{
	struct buf text = BUF_INIT;
	struct names n;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < d->count; i++) {
		names_parse(d->names[i], &n);
		if (n.kind != NAMES_NOTICE)
			continue;
		buf_clear(&text);
		if (verify_file_load(&d->dir, d->names[i], NOTICE_MAX_BYTES, &text) == 0)
			rc = judge(d, d->names[i], &n, &text);
		else if (errno == ENOMEM)
			rc = -1;
		else
			verify_list_say_file(d, d->names[i], errno);
	}
	buf_free(&text);
	return rc;
}
