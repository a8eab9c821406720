#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verify_html_bindings.h"
#include "verify_html_events.h"
#include "verify_timeline.h"

#include "verify_html_case.h"

#define GAPS_SHOWN 500
#define DAYS_SHOWN 800

static void
put_figure(struct buf *out, const char *class, const char *what, stamp_t part, const struct verify_case_sums *c)
{
	char length[MARKUP_DURATION], percent[MARKUP_DURATION];

	(void)buf_printf(out, "<li class=\"%s\"><b>%s</b><span>%s, %s</span></li>\n", class,
	    markup_percent(percent, part, c->due), what,
	    markup_duration(length, part)); /* the buffer remembers; so everywhere here */
}

static void
put_figures(const struct verify_case_sums *c, struct buf *out)
{
	char from[STAMP_TEXT], to[STAMP_TEXT];

	if (!c->judged) {
		(void)buf_puts(out, "<p>Only a part of the case was given: its completeness was not judged.</p>\n");
		return;
	}
	if (c->due == 0) {
		(void)buf_puts(out, "<p>Nothing is due yet: no day is closed.</p>\n");
		return;
	}
	(void)buf_printf(out, "<p>Due from %s to %s:</p>\n<ul class=\"figures\">\n",
	    stamp_format_seconds(from, c->from), stamp_format_seconds(to, c->to));
	put_figure(out, "c", "captured", c->captured, c);
	put_figure(out, "g", "declared as gaps", c->declared, c);
	put_figure(out, "m", "neither", c->missing, c);
	(void)buf_puts(out, "</ul>\n");
}

static void
put_legend(const struct verify_case_sums *c, struct buf *out)
{
	static const struct {
		const char *class, *fill, *what;
	} rows[] = {{"captured", NULL, "captured"}, {"gap", "hatch", "declared gap"},
	    {"due", NULL, "missing: due, and not accounted for"}, {"lane", NULL, "not due, or not yet"},
	    {"loss", NULL, "loss declared"}, {"late", NULL, "frames that came late"},
	    {"recovered", NULL, "recovered slice"}, {"closed", NULL, "day closed and signed"}};
	const double middle[2] = {4.5, 4.5};
	enum verify_event_kind kind;
	size_t i;

	(void)buf_puts(out, "<ul class=\"legend\">\n");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)buf_printf(out,
		    "<li><svg class=\"time key\" viewBox=\"0 0 28 16\" aria-hidden=\"true\"><rect class=\"%s\" x=\"1\" "
		    "y=\"1\" width=\"26\" height=\"14\"/>",
		    rows[i].class);
		if (rows[i].fill != NULL)
			(void)buf_printf(out, "<rect x=\"1\" y=\"1\" width=\"26\" height=\"14\" fill=\"url(#%s)\"/>",
			    rows[i].fill);
		(void)buf_printf(out, "</svg>%s</li>\n", rows[i].what);
	}
	for (kind = EVENT_ATTESTED; kind <= EVENT_NOTICED; kind++) {
		(void)buf_puts(out, "<li><svg class=\"time key\" viewBox=\"0 0 9 9\" aria-hidden=\"true\">");
		verify_html_sign(kind, middle, NULL, out);
		(void)buf_printf(out, "</svg>day: %s</li>\n", verify_event_word(kind));
	}
	verify_html_bindings_legend(c, out);
	(void)buf_puts(out, "</ul>\n");
}

static void
put_stream(const struct verify_stream_sums *s, struct buf *out)
{
	char last[STAMP_DAY_TEXT];

	(void)buf_puts(out, "<tr>");
	markup_element(out, "td", s->iap);
	markup_element(out, "td", s->station);
	(void)buf_printf(out,
	    "<td class=\"n\">%" PRIu64 "&#8211;%" PRIu64 "</td><td class=\"n\">%" PRIu64
	    "</td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64 "</td>",
	    s->first_seq, s->last_seq, s->packages, s->gap_packages, s->frames, s->bytes);
	(void)buf_printf(out, "<td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64 "</td><td>", s->own_loss,
	    s->recovered + s->suspect);
	if (s->days > 0)
		(void)buf_printf(out, "%s, ", stamp_day_format(last, s->last_day));
	if (s->final)
		markup_text(out, s->final_reason);
	(void)buf_puts(out, s->final ? " (final)</td></tr>\n" : "not final</td></tr>\n");
}

static void
put_streams(const struct verify_result *r, const struct verify_case_sums *c, struct buf *out)
{
	size_t i;

	(void)buf_puts(out, "<h3>Intercept access points</h3>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
			    "aria-label=\"intercept access points\"><table><thead><tr><th>IAP</th><th>Station</th>"
			    "<th class=\"n\">Numbers</th><th class=\"n\">Packages</th><th class=\"n\">Gaps</th>"
			    "<th class=\"n\">Frames</th><th class=\"n\">Bytes</th><th class=\"n\">Lost</th>"
			    "<th class=\"n\">Recovered</th><th>Last ledger</th></tr></thead><tbody>\n");
	for (i = 0; i < r->stream_count; i++) {
		if (strcmp(r->streams[i].case_id, c->case_id) == 0)
			put_stream(&r->streams[i], out);
	}
	(void)buf_puts(out, "</tbody></table></div>\n");
}

static void
put_gaps(const struct verify_case_sums *c, size_t number, struct buf *out)
{
	char from[STAMP_TEXT], to[STAMP_TEXT], length[MARKUP_DURATION];
	size_t i;

	if (c->gap_count == 0)
		return;
	(void)buf_puts(out, "<h3>Time without capture at any IAP</h3>\n<table><thead><tr><th>From</th><th>To</th>"
			    "<th>Length</th><th>Declared reason</th></tr></thead><tbody>\n");
	for (i = 0; i < c->gap_count && i < GAPS_SHOWN; i++) {
		const struct verify_gap *g = &c->gaps[i];

		(void)buf_printf(out,
		    "<tr id=\"gap-%zu-%zu\"><td class=\"t\">%s</td><td class=\"t\">%s</td><td class=\"t\">%s</td>",
		    number, i, stamp_format_seconds(from, g->from), stamp_format_seconds(to, g->to),
		    markup_duration(length, g->to - g->from));
		if (g->reason[0] != '\0')
			markup_element(out, "td", g->reason);
		else
			(void)buf_puts(out, "<td><span class=\"k k1\">none: missing</span></td>");
		(void)buf_puts(out, "</tr>\n");
	}
	(void)buf_puts(out, "</tbody></table>\n");
	if (c->gap_count > GAPS_SHOWN)
		(void)buf_printf(out, "<p>And %zu more; --json lists them all.</p>\n", c->gap_count - GAPS_SHOWN);
}

static void
put_certificate(const struct verify_case_sums *c, const struct verify_certificate *v, struct buf *out)
{
	char number[32], from[STAMP_TEXT], to[STAMP_TEXT];

	(void)buf_printf(
	    out, "<h3>Certification data, order revision %" PRIu32 " (47 CFR 1.20004)</h3>\n<dl>\n", v->revision);
	(void)snprintf(number, sizeof(number), "%" PRIu64, v->content_id); /* fits */
	markup_term(out, "Case", c->case_id);
	markup_term(out, "Content id", number);
	markup_term(out, "Identifiers", v->subject);
	markup_term(out, "Start", stamp_format_seconds(from, v->not_before));
	markup_term(out, "End", stamp_format_seconds(to, v->not_after));
	if (c->revoked != STAMP_NONE)
		markup_term(out, "Revoked", stamp_format_seconds(from, c->revoked));
	markup_term(out, "Type of interception", v->authority);
	markup_term(out, "Order number", v->order_number);
	markup_term(out, "Signed by", v->issued_by);
	markup_term(out, "Presented by", v->presented_by);
	markup_term(out, "Agency", c->lea);
	markup_term(out, "Responsible at the carrier", v->responsible);
	markup_term(out, "Approved by", v->approvers);
	markup_term(out, "Scope", v->scope);
	markup_term(out, "Filter", v->filter);
	markup_term(out, "SHA-256 of the order", v->sha256);
	(void)buf_puts(out, "</dl>\n");
}

static void
put_day(const struct verify_stream_sums *s, const struct verify_ledger_sums *d, struct buf *out)
{
	char day[STAMP_DAY_TEXT], closed[STAMP_TEXT];

	(void)buf_printf(out, "<tr><td class=\"t\">%s</td>", stamp_day_format(day, d->day));
	markup_element(out, "td", s->iap);
	(void)buf_printf(out,
	    "<td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64
	    "</td><td class=\"n\">%" PRIu64 "</td>",
	    d->packages, d->gap_packages, d->frames, d->bytes);
	if (d->possible_loss > 0)
		(void)buf_printf(
		    out, "<td class=\"n\">%" PRIu64 ", possible in %" PRIu64 "</td>", d->own_loss, d->possible_loss);
	else
		(void)buf_printf(out, "<td class=\"n\">%" PRIu64 "</td>", d->own_loss);
	(void)buf_printf(out, "<td class=\"t\">%s</td></tr>\n",
	    d->closed == STAMP_NONE ? "by nobody" : stamp_format_seconds(closed, d->closed));
}

static void
put_days(const struct verify_result *r, const struct verify_case_sums *c, struct buf *out)
{
	size_t i, k, shown = 0, left = 0;

	(void)buf_puts(out,
	    "<h3>Days, as their ledgers have them</h3>\n<table><thead><tr><th>Day</th><th>IAP</th>"
	    "<th class=\"n\">Packages</th><th class=\"n\">Gaps</th><th class=\"n\">Frames</th>"
	    "<th class=\"n\">Bytes</th><th class=\"n\">Lost frames</th><th>Closed and signed (claimed)</th>"
	    "</tr></thead><tbody>\n");
	for (i = 0; i < r->stream_count; i++) {
		for (k = 0; strcmp(r->streams[i].case_id, c->case_id) == 0 && k < r->streams[i].days; k++) {
			if (shown++ < DAYS_SHOWN)
				put_day(&r->streams[i], &r->streams[i].day_list[k], out);
			else
				left++;
		}
	}
	(void)buf_puts(out, "</tbody></table>\n");
	if (left > 0)
		(void)buf_printf(out, "<p>And %zu more.</p>\n", left);
}

void
verify_html_case(const struct verify_result *r, size_t number, struct buf *out)
{
	const struct verify_case_sums *c = &r->cases[number];
	size_t i;

	(void)buf_printf(out, "<section id=\"case-%zu\">\n<h2>Case ", number);
	markup_text(out, c->case_id);
	if (c->lea[0] != '\0') {
		(void)buf_puts(out, ", for ");
		markup_text(out, c->lea);
	}
	(void)buf_puts(out, "</h2>\n");
	put_figures(c, out);
	verify_timeline(r, c, number, out);
	put_legend(c, out);
	put_gaps(c, number, out);
	verify_html_bindings(c, number, out);
	verify_html_events(r, c, out);
	put_streams(r, c, out);
	for (i = 0; i < c->certificate_count; i++)
		put_certificate(c, &c->certificates[i], out);
	put_days(r, c, out);
	(void)buf_puts(out, "</section>\n");
}
