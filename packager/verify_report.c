#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verify_report.h"

#define LENGTH_TEXT 48
#define BINDINGS_SHOWN 200

/* All texts in a result are escaped or made of names that were parsed, so they are printed as they are. */

static void
put_verdict(const struct verify_result *r, struct buf *out)
{
	(void)buf_printf(out, "verdict: %s (exit %d)\n", verify_verdict(r), verify_result_status(r));
}

static const char *
length(stamp_t t, char out[LENGTH_TEXT])
{
	int64_t s = t / STAMP_SECOND;

	(void)snprintf(out, LENGTH_TEXT, "%" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64, s / 3600,
	    s % 3600 / 60, s % 60, t % STAMP_SECOND / 1000000);
	return out;
}

static void
put_case(const struct verify_case_sums *c, struct buf *out)
{
	char from[STAMP_TEXT], to[STAMP_TEXT], captured[LENGTH_TEXT], declared[LENGTH_TEXT], missing[LENGTH_TEXT];

	(void)buf_printf(out, "\ncase %s", c->case_id);
	if (c->revision > 0)
		(void)buf_printf(out, ", for %s, order revision %" PRIu32, c->lea, c->revision);
	(void)buf_putc(out, '\n');
	if (!c->judged) {
		(void)buf_puts(out, "  a part of the case: its completeness was not judged\n");
		return;
	}
	if (!c->all_streams)
		(void)buf_puts(out, "  judged: the access points given\n");
	if (c->due == 0) {
		(void)buf_puts(out, "  nothing is due yet: no day is closed\n");
		return;
	}
	(void)buf_printf(
	    out, "  due       %s to %s\n", stamp_format_seconds(from, c->from), stamp_format_seconds(to, c->to));
	(void)buf_printf(out, "  captured  %s   declared gaps %s   neither %s\n", length(c->captured, captured),
	    length(c->declared, declared), length(c->missing, missing));
}

static void
put_stream(const struct verify_stream_sums *s, struct buf *out)
{
	char numbers[48], last[STAMP_DAY_TEXT], state[SLICE_REASON_ROOM + 16];

	if (s->last_seq > 0)
		(void)snprintf(numbers, sizeof(numbers), "%" PRIu64 "-%" PRIu64, s->first_seq, s->last_seq);
	else
		(void)snprintf(numbers, sizeof(numbers), "-");
	if (s->days > 0)
		(void)stamp_day_format(last, s->last_day);
	else
		(void)snprintf(last, sizeof(last), "-");
	if (s->final)
		(void)snprintf(state, sizeof(state), "final (%s)", s->final_reason);
	else
		(void)snprintf(state, sizeof(state), "not final");
	(void)buf_printf(out, "  %-15s %-15s %8" PRIu64 " %5" PRIu64 " %10" PRIu64 " %14" PRIu64 " %5zu %-10s %s\n",
	    s->iap, numbers, s->packages, s->gap_packages, s->frames, s->bytes, s->days, last, state);
}

static void
put_streams(const struct verify_result *r, const char *case_id, struct buf *out)
{
	int any = 0;
	size_t i;

	for (i = 0; i < r->stream_count; i++) {
		if (strcmp(r->streams[i].case_id, case_id) != 0)
			continue;
		if (!any)
			(void)buf_printf(out, "  %-15s %-15s %8s %5s %10s %14s %5s %-10s %s\n", "IAP", "numbers",
			    "packages", "gaps", "frames", "bytes", "days", "last day", "state");
		any = 1;
		put_stream(&r->streams[i], out);
	}
}

/* Of each address that the subject had, the three lines that an auditor looks for. */
static void
put_bindings(const struct verify_case_sums *c, struct buf *out)
{
	const struct verify_bindings *b = &c->bindings;
	char address[64], from[STAMP_TEXT], to[VERIFY_BINDING_END];
	size_t i;

	for (i = 0; i < b->count && i < BINDINGS_SHOWN; i++) {
		const struct verify_binding *one = &b->at[i];

		(void)buf_printf(out, "  %s at %s, %s to %s\n", verify_binding_address(&one->begin, address),
		    one->iap, stamp_format_seconds(from, one->begin.time), verify_binding_end(one, to));
		(void)buf_printf(out, "    authentication  %s\n    validation      %s\n    confirmation    %s\n",
		    one->authentication, one->validation, one->confirmation);
	}
	if (b->count > i)
		(void)buf_printf(out, "  and %zu bindings more; --json lists them\n", b->count - i);
	if (b->unshown > 0)
		(void)buf_printf(out, "  and %zu bindings more, which only their packages list\n", b->unshown);
	if (b->event_count + b->events_unshown > 0)
		(void)buf_printf(out, "  %zu access events\n", b->event_count + b->events_unshown);
}

static void
put_findings(const struct verify_result *r, struct buf *out)
{
	size_t i;

	if (r->count > 0)
		(void)buf_puts(out, "\nfindings\n");
	for (i = 0; i < r->count; i++)
		(void)buf_printf(out, "  %-10s %s: %s\n", verify_code_text(r->findings[i].code), r->findings[i].where,
		    r->findings[i].what);
	if (r->unshown > 0)
		(void)buf_printf(out, "  and %zu more\n", r->unshown);
}

/* Whose word the times are. */
static void
put_times(const struct verify_result *r, struct buf *out)
{
	if (r->attested_days > 0)
		(void)buf_printf(out, " Time stamps attest %zu of %zu days, by %s, whose certificate you gave.\n",
		    r->attested_days, r->signed_days, r->authority);
	else
		(void)buf_puts(out, " Times of seals are as the station claims them; no time stamp attests them.\n");
	if (r->attested_days > 0 && r->attested_days < r->signed_days)
		(void)buf_puts(out, "The other times are as the station claims them.\n");
	if (r->unknown_days > 0)
		(void)buf_printf(out,
		    "An unknown authority claims a time for %zu of %zu days: its certificate came along; give the "
		    "authority's with --tsa-ca.\n",
		    r->unknown_days, r->signed_days);
}

int
verify_report(const struct verify_result *r, struct buf *out)
{
	size_t i;

	put_verdict(r, out);
	(void)buf_printf(out, "\nroot key %s, ", r->root);
	if (r->keyring_version > 0)
		(void)buf_printf(out, "keyring version %" PRIu64 ".", r->keyring_version);
	else
		(void)buf_puts(out, "no keyring signed by it.");
	put_times(r, out);
	for (i = 0; i < r->case_count; i++) {
		put_case(&r->cases[i], out);
		put_streams(r, r->cases[i].case_id, out);
		put_bindings(&r->cases[i], out);
	}
	put_findings(r, out);
	(void)buf_putc(out, '\n');
	put_verdict(r, out);
	if (!buf_failed(out))
		return 0;
	errno = ENOMEM;
	return -1;
}
