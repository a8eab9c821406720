#include <errno.h>
#include <string.h>

#include "json.h"

#include "verify_json.h"

#define FORMAT "casetap-report/1"

/* json_put() refuses values that could not be made, so each function below looks once, at the end. */

/* ${j}, or NULL in its place where putting something into it failed. */
static struct json *
made(struct json *j, int failed)
{
	if (!failed)
		return j;
	json_free(j);
	return NULL;
}

static struct json *
finding(const struct verify_finding *f)
{
	struct json *j = json_object();
	int failed;

	failed = json_put_integer(j, "code", f->code) == -1 ||
		 json_put_string(j, "kind", verify_code_text(f->code)) == -1 ||
		 json_put_string(j, "where", f->where) == -1 || json_put_string(j, "what", f->what) == -1;
	return made(j, failed);
}

static struct json *
gap(const struct verify_gap *g)
{
	struct json *j = json_object();
	int failed;

	failed = json_put_stamp(j, "from", g->from) == -1 || json_put_stamp(j, "to", g->to) == -1 ||
		 json_put(j, "reason", g->reason[0] == '\0' ? json_null() : json_string(g->reason)) == -1;
	return made(j, failed);
}

static int
put_days(struct json *j, const struct verify_stream_sums *s)
{
	char first[STAMP_DAY_TEXT], last[STAMP_DAY_TEXT];

	if (json_put_integer(j, "days", (int64_t)s->days) == -1)
		return -1;
	if (s->days == 0)
		return 0;
	if (json_put_string(j, "first_day", stamp_day_format(first, s->first_day)) == -1 ||
	    json_put_string(j, "last_day", stamp_day_format(last, s->last_day)) == -1)
		return -1;
	return json_put(j, "final", s->final ? json_string(s->final_reason) : json_null());
}

static struct json *
stream(const struct verify_stream_sums *s)
{
	struct json *j = json_object();
	int failed;

	failed = json_put_string(j, "iap", s->iap) == -1 || json_put_string(j, "station", s->station) == -1 ||
		 json_put(j, "whole", json_boolean(s->whole)) == -1 ||
		 json_put_integer(j, "first_seq", (int64_t)s->first_seq) == -1 ||
		 json_put_integer(j, "last_seq", (int64_t)s->last_seq) == -1 ||
		 json_put_integer(j, "packages", (int64_t)s->packages) == -1 ||
		 json_put_integer(j, "gap_packages", (int64_t)s->gap_packages) == -1 ||
		 json_put_integer(j, "purged_packages", (int64_t)s->purged_packages) == -1 ||
		 json_put_integer(j, "frames", (int64_t)s->frames) == -1 ||
		 json_put_integer(j, "bytes", (int64_t)s->bytes) == -1 ||
		 json_put_integer(j, "lost_frames", (int64_t)s->own_loss) == -1 ||
		 json_put_integer(j, "slices_with_possible_loss", (int64_t)s->possible_loss) == -1 ||
		 json_put_integer(j, "recovered_slices", (int64_t)s->recovered) == -1 ||
		 json_put_integer(j, "suspect_slices", (int64_t)s->suspect) == -1 || put_days(j, s) == -1;
	return made(j, failed);
}

static struct json *
event(const struct verify_event *e)
{
	struct json *j = json_object();
	char day[STAMP_DAY_TEXT];
	int failed;

	failed =
	    json_put_string(j, "kind", verify_event_word(e->kind)) == -1 || json_put_stamp(j, "at", e->at) == -1 ||
	    json_put(j, "iap", e->iap[0] == '\0' ? json_null() : json_string(e->iap)) == -1 ||
	    json_put(j, "day", e->iap[0] == '\0' ? json_null() : json_string(stamp_day_format(day, e->day))) == -1 ||
	    json_put_string(j, "who", e->who) == -1 || json_put_string(j, "what", e->what) == -1;
	return made(j, failed);
}

static struct json *
events(const struct verify_result *r, const char *case_id)
{
	struct json *j = json_array();
	int failed = 0;
	size_t i;

	for (i = 0; i < r->events.count; i++) {
		if (strcmp(r->events.at[i].case_id, case_id) == 0)
			failed |= json_append(j, event(&r->events.at[i]));
	}
	return made(j, failed);
}

static struct json *
streams(const struct verify_result *r, const char *case_id)
{
	struct json *j = json_array();
	int failed = 0;
	size_t i;

	for (i = 0; i < r->stream_count; i++) {
		if (strcmp(r->streams[i].case_id, case_id) == 0)
			failed |= json_append(j, stream(&r->streams[i]));
	}
	return made(j, failed);
}

static struct json *
gaps(const struct verify_case_sums *c)
{
	struct json *j = json_array();
	int failed = 0;
	size_t i;

	for (i = 0; i < c->gap_count; i++)
		failed |= json_append(j, gap(&c->gaps[i]));
	return made(j, failed);
}

static struct json *
coverage(const struct verify_case_sums *c)
{
	struct json *j;
	int failed;

	if (!c->judged)
		return json_null();
	j = json_object();
	failed = json_put_stamp(j, "from", c->from) == -1 || json_put_stamp(j, "to", c->to) == -1 ||
		 json_put_integer(j, "due_ns", c->due) == -1 ||
		 json_put_integer(j, "captured_ns", c->captured) == -1 ||
		 json_put_integer(j, "declared_ns", c->declared) == -1 ||
		 json_put_integer(j, "missing_ns", c->missing) == -1;
	return made(j, failed);
}

static struct json *
text_or_null(const char *text)
{
	return text[0] == '\0' ? json_null() : json_string(text);
}

static struct json *
binding(const struct verify_binding *b)
{
	struct json *j = json_object();
	char address[64];
	int failed;

	failed = json_put_string(j, "iap", b->iap) == -1 ||
		 json_put_string(j, "address", verify_binding_address(&b->begin, address)) == -1 ||
		 json_put_string(j, "method", b->begin.method) == -1 ||
		 json_put_stamp(j, "from", b->begin.time) == -1 || json_put_stamp(j, "to", b->end) == -1 ||
		 json_put_stamp(j, "lapsed", b->lapsed) == -1 || json_put_stamp(j, "until", b->begin.until) == -1 ||
		 json_put(j, "ended", text_or_null(b->ended)) == -1 ||
		 json_put(j, "conflict", json_boolean(strcmp(b->ended, "conflict") == 0)) == -1 ||
		 json_put_integer(j, "renewals", (int64_t)b->renewals) == -1 ||
		 json_put(j, "evidence_sha256", text_or_null(b->begin.sha256)) == -1 ||
		 json_put(j, "file", text_or_null(b->file)) == -1 ||
		 json_put(j, "approver", text_or_null(b->approver)) == -1 ||
		 json_put(j, "proof_sha256", text_or_null(b->proof_sha256)) == -1 ||
		 json_put(j, "kept_sha256", text_or_null(b->kept_sha256)) == -1 ||
		 json_put_string(j, "authentication", b->authentication) == -1 ||
		 json_put_string(j, "validation", b->validation) == -1 ||
		 json_put_string(j, "confirmation", b->confirmation) == -1;
	return made(j, failed);
}

static struct json *
bindings(const struct verify_bindings *b)
{
	struct json *j = json_array();
	int failed = 0;
	size_t i;

	for (i = 0; i < b->count; i++)
		failed |= json_append(j, binding(&b->at[i]));
	return made(j, failed);
}

static struct json *
access_event(const struct verify_access *a)
{
	const struct access_event *e = &a->event;
	struct json *j = json_object();
	char address[64];
	int failed;

	failed =
	    json_put_stamp(j, "at", e->time) == -1 || json_put_string(j, "kind", access_kind_text(e->kind)) == -1 ||
	    json_put_string(j, "iap", a->iap) == -1 ||
	    json_put(j, "address", text_or_null(verify_binding_address(e, address))) == -1 ||
	    json_put_string(j, "method", e->method) == -1 || json_put(j, "reason", text_or_null(e->reason)) == -1 ||
	    json_put(j, "evidence_sha256", text_or_null(e->sha256)) == -1;
	return made(j, failed);
}

static struct json *
access_events(const struct verify_bindings *b)
{
	struct json *j = json_array();
	int failed = 0;
	size_t i;

	for (i = 0; i < b->event_count; i++)
		failed |= json_append(j, access_event(&b->events[i]));
	return made(j, failed);
}

/*
 * What 47 CFR 1.20004 wants certified, from one revision of the order; but whom it is about, which only the page shows:
 * a report for programs gets about.
 */
static struct json *
certification(const struct verify_certificate *c)
{
	struct json *j = json_object();
	int failed;

	failed = json_put_integer(j, "revision", c->revision) == -1 ||
		 json_put_string(j, "order_sha256", c->sha256) == -1 ||
		 json_put_integer(j, "content_id", (int64_t)c->content_id) == -1 ||
		 json_put_stamp(j, "not_before", c->not_before) == -1 ||
		 json_put_stamp(j, "not_after", c->not_after) == -1 ||
		 json_put_string(j, "authority", c->authority) == -1 || json_put_string(j, "scope", c->scope) == -1 ||
		 json_put_string(j, "order_number", c->order_number) == -1 ||
		 json_put_string(j, "issued_by", c->issued_by) == -1 ||
		 json_put_string(j, "presented_by", c->presented_by) == -1 ||
		 json_put_string(j, "responsible", c->responsible) == -1 ||
		 json_put_string(j, "approvers", c->approvers) == -1;
	return made(j, failed);
}

static struct json *
certifications(const struct verify_case_sums *c)
{
	struct json *j = json_array();
	int failed = 0;
	size_t i;

	for (i = 0; i < c->certificate_count; i++)
		failed |= json_append(j, certification(&c->certificates[i]));
	return made(j, failed);
}

static struct json *
one_case(const struct verify_result *r, const struct verify_case_sums *c)
{
	struct json *j = json_object();
	int failed;

	failed = json_put_string(j, "case", c->case_id) == -1 || json_put_string(j, "lea", c->lea) == -1 ||
		 json_put_integer(j, "order_revision", c->revision) == -1 ||
		 json_put_string(j, "access_points", c->all_streams ? "all" : "given") == -1 ||
		 json_put(j, "certifications", certifications(c)) == -1 ||
		 json_put(j, "coverage", coverage(c)) == -1 || json_put(j, "gaps", gaps(c)) == -1 ||
		 json_put(j, "events", events(r, c->case_id)) == -1 ||
		 json_put(j, "bindings", bindings(&c->bindings)) == -1 ||
		 json_put(j, "access_events", access_events(&c->bindings)) == -1 ||
		 json_put_integer(j, "bindings_unshown", (int64_t)c->bindings.unshown) == -1 ||
		 json_put_integer(j, "access_unshown", (int64_t)c->bindings.events_unshown) == -1 ||
		 json_put(j, "streams", streams(r, c->case_id)) == -1;
	return made(j, failed);
}

static struct json *
cases(const struct verify_result *r)
{
	struct json *j = json_array();
	int failed = 0;
	size_t i;

	for (i = 0; i < r->case_count; i++)
		failed |= json_append(j, one_case(r, &r->cases[i]));
	return made(j, failed);
}

static struct json *
findings(const struct verify_result *r)
{
	struct json *j = json_array();
	int failed = 0;
	size_t i;

	for (i = 0; i < r->count; i++)
		failed |= json_append(j, finding(&r->findings[i]));
	return made(j, failed);
}

/* Whose word the times are. */
static struct json *
times(const struct verify_result *r)
{
	struct json *j = json_object();
	int failed;

	failed = json_put_integer(j, "signed_days", (int64_t)r->signed_days) == -1 ||
		 json_put_integer(j, "attested_days", (int64_t)r->attested_days) == -1 ||
		 json_put_integer(j, "unknown_days", (int64_t)r->unknown_days) == -1 ||
		 json_put(j, "authority", r->attested_days == 0 ? json_null() : json_string(r->authority)) == -1;
	return made(j, failed);
}

int
verify_json(const struct verify_result *r, struct buf *out)
{
	struct json *j = json_object();
	int rc = -1;

	if (json_put_string(j, "format", FORMAT) == -1 ||
	    json_put_string(j, "program", "casetap-verify " CASETAP_VERSION) == -1 ||
	    json_put_integer(j, "exit", verify_result_status(r)) == -1 ||
	    json_put_string(j, "verdict", verify_verdict(r)) == -1 || json_put_stamp(j, "at", r->now) == -1 ||
	    json_put_string(j, "root", r->root) == -1 ||
	    json_put_integer(j, "keyring_version", (int64_t)r->keyring_version) == -1 ||
	    json_put_string(j, "keyring_sha256", r->keyring_sha256) == -1 || json_put(j, "times", times(r)) == -1 ||
	    json_put(j, "cases", cases(r)) == -1 || json_put(j, "findings", findings(r)) == -1 ||
	    json_put_integer(j, "findings_unshown", (int64_t)r->unshown) == -1)
		goto out;
	rc = json_write_pretty(j, out);
	if (rc == 0)
		rc = buf_putc(out, '\n');
out:
	json_free(j);
	if (rc == -1)
		errno = ENOMEM;
	return rc;
}
