#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shortage.h"
#include "text.h"

#include "verify_grow.h"

#include "verify_result.h"

#define GAPS_MAX 100000

/* From the gravest down.  What can not be read might be anything but must not hide what was seen to be wrong. */
static const struct {
	enum verify_code code;
	const char *text, *verdict;
} codes[] = {
    {VERIFY_MALFORMED, "malformed", "MALFORMED: something is not as casetap writes it"},
    {VERIFY_TAMPERED, "tampered", "TAMPERED: a hash, a signature, a key or an identity is wrong"},
    {VERIFY_FORKED, "fork", "FORKED: one number or one day stands for two different things"},
    {VERIFY_UNREADABLE, "unreadable", "NOT VERIFIED: something could not be read"},
    {VERIFY_MISSING, "missing", "NOT VERIFIED: something that was named is not there"},
    {VERIFY_INCOMPLETE, "incomplete", "INCOMPLETE: something is missing that nothing declares"},
    {VERIFY_GAPS, "gap", "INTACT, with declared gaps"},
    {VERIFY_NOTE, "note", "INTACT AND COMPLETE"},
};
#define CODES (sizeof(codes) / sizeof(codes[0]))

static size_t
rank(enum verify_code code)
{
	size_t i;

	for (i = 0; i < CODES - 1; i++) {
		if (codes[i].code == code)
			break;
	}
	return i;
}

struct verify_result *
verify_result_new(stamp_t now)
{
	struct verify_result *r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->now = now;
	return r;
}

void
verify_result_free(struct verify_result *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->count; i++) {
		free(r->findings[i].where);
		free(r->findings[i].what);
	}
	for (i = 0; i < r->stream_count; i++) {
		verify_lane_free(&r->streams[i].lane);
		free(r->streams[i].day_list);
	}
	for (i = 0; i < r->case_count; i++)
		verify_case_clear(&r->cases[i]);
	verify_events_free(&r->events);
	free(r->findings);
	free(r->streams);
	free(r->cases);
	free(r);
}

static void
keep(struct verify_result *r, enum verify_code code, const char *where, const char *what)
{
	struct verify_finding f = {.code = code};
	char shown_where[VERIFY_WHERE_ROOM], shown_what[2 * VERIFY_WHAT_ROOM];
	struct verify_finding *grown;

	f.where = strdup(text_escape(shown_where, sizeof(shown_where), where, strlen(where)));
	f.what = strdup(text_escape(shown_what, sizeof(shown_what), what, strlen(what)));
	grown = f.where == NULL || f.what == NULL ? NULL : verify_grow(r->findings, r->count, sizeof(f));
	if (grown == NULL) {
		free(f.where);
		free(f.what);
		r->failed = 1;
		return;
	}
	r->findings = grown;
	r->findings[r->count++] = f;
}

void
verify_say(struct verify_result *r, enum verify_code code, const char *where, const char *format, ...)
{
	char what[VERIFY_WHAT_ROOM];
	va_list args;

	r->failed |= shortage_seen();
	if (rank(code) < rank(r->gravest))
		r->gravest = code;
	if (!r->failed)
		r->certain = r->gravest;
	if (r->count == VERIFY_FINDINGS_MAX) {
		r->unshown++;
		return;
	}
	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args); /* a cut text still says enough */
	va_end(args);
	keep(r, code, where, what);
}

char *
verify_label(char *out, const char *folder, const char *name)
{
	(void)snprintf(out, VERIFY_WHERE_ROOM, "%s/%s", folder, name);
	return out;
}

struct verify_stream_sums *
verify_result_stream(struct verify_result *r)
{
	struct verify_stream_sums *grown = verify_grow(r->streams, r->stream_count, sizeof(*grown));

	if (grown == NULL) {
		r->failed = 1;
		return NULL;
	}
	r->streams = grown;
	memset(&r->streams[r->stream_count], 0, sizeof(*r->streams));
	return &r->streams[r->stream_count++];
}

struct verify_case_sums *
verify_result_case(struct verify_result *r)
{
	struct verify_case_sums *grown = verify_grow(r->cases, r->case_count, sizeof(*grown));

	if (grown == NULL) {
		r->failed = 1;
		return NULL;
	}
	r->cases = grown;
	memset(&r->cases[r->case_count], 0, sizeof(*r->cases));
	return &r->cases[r->case_count++];
}

int
verify_case_gap(struct verify_case_sums *c, const struct verify_gap *gap)
{
	struct verify_gap *grown;

	if (c->gap_count == GAPS_MAX)
		return 0;
	grown = verify_grow(c->gaps, c->gap_count, sizeof(*grown));
	if (grown == NULL)
		return -1;
	c->gaps = grown;
	c->gaps[c->gap_count++] = *gap;
	return 0;
}

struct verify_certificate *
verify_case_certificate(struct verify_case_sums *c)
{
	struct verify_certificate *grown = verify_grow(c->certificates, c->certificate_count, sizeof(*grown));

	if (grown == NULL)
		return NULL;
	c->certificates = grown;
	memset(&c->certificates[c->certificate_count], 0, sizeof(*c->certificates));
	return &c->certificates[c->certificate_count++];
}

void
verify_case_clear(struct verify_case_sums *c)
{
	size_t i;

	for (i = 0; i < c->certificate_count; i++) {
		free(c->certificates[i].order_number);
		free(c->certificates[i].issued_by);
		free(c->certificates[i].presented_by);
		free(c->certificates[i].responsible);
		free(c->certificates[i].filter);
		free(c->certificates[i].subject);
		free(c->certificates[i].approvers);
	}
	verify_bindings_free(&c->bindings);
	free(c->certificates);
	free(c->gaps);
	spans_free(&c->ordered);
	memset(c, 0, sizeof(*c));
}

int
verify_result_status(const struct verify_result *r)
{
	if (!r->failed && !shortage_seen())
		return (int)r->gravest;
	return (int)(rank(r->certain) < rank(VERIFY_UNREADABLE) ? r->certain : VERIFY_UNREADABLE);
}

const char *
verify_code_text(enum verify_code code)
{
	return codes[rank(code)].text;
}

const char *
verify_verdict(const struct verify_result *r)
{
	enum verify_code code = (enum verify_code)verify_result_status(r);
	size_t i;

	if (code == VERIFY_NOTE && r->case_count == 0 && r->records > 0)
		return "INTACT; only a station's records were given, and no package";
	for (i = 0; (code == VERIFY_NOTE || code == VERIFY_GAPS) && i < r->case_count; i++) {
		if (!r->cases[i].judged)
			return code == VERIFY_NOTE
				   ? "INTACT; only a part of a case was given, so its completeness was not judged"
				   : "INTACT, with gaps; only a part of a case was given: completeness was not judged";
	}
	for (i = 0; code == VERIFY_NOTE && i < r->stream_count; i++) {
		if (!r->streams[i].final)
			return "INTACT, and complete as far as it is due; a case is not final yet";
	}
	for (i = 0; code == VERIFY_GAPS && i < r->stream_count; i++) {
		if (r->streams[i].purged_packages > 0)
			return "INTACT, with declared gaps; payload was purged, and a certificate says so";
	}
	return codes[rank(code)].verdict;
}
