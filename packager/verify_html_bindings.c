#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verify_html_events.h"

#include "verify_html_bindings.h"

static void
put_line(const char *what, const char *text, struct buf *out)
{
	(void)buf_printf(out, "<p><b>%s</b> <span>", what); /* the buffer remembers; so everywhere here */
	markup_text(out, text);
	(void)buf_puts(out, "</span></p>");
}

static void
put_binding(const struct verify_binding *b, size_t number, size_t i, struct buf *out)
{
	char address[64], from[STAMP_TEXT], to[VERIFY_BINDING_END], length[MARKUP_DURATION];

	(void)buf_printf(out, "<tbody id=\"binding-%zu-%zu\"><tr>", number, i);
	markup_element(
	    out, b->begin.family == 4 ? "td class=\"t\"" : "td", verify_binding_address(&b->begin, address));
	markup_element(out, "td class=\"t\"", b->iap);
	markup_element(out, "td class=\"t\"", b->begin.method);
	(void)buf_printf(out, "<td class=\"t\">%s</td><td class=\"t\">%s</td><td class=\"t\">%s</td>",
	    stamp_format_seconds(from, b->begin.time), verify_binding_end(b, to),
	    b->end == STAMP_NONE ? "" : markup_duration(length, b->end - b->begin.time));
	if (strcmp(b->ended, "conflict") == 0)
		(void)buf_puts(out, "<td><span class=\"k k1\">conflict</span></td>");
	else
		markup_element(out, "td", b->ended);
	(void)buf_puts(out, "</tr>\n<tr class=\"lines\"><td colspan=\"7\">");
	put_line("Authentication", b->authentication, out);
	put_line("Validation", b->validation, out);
	put_line("Confirmation", b->confirmation, out);
	(void)buf_puts(out, "</td></tr></tbody>\n");
}

static void
put_event(const struct verify_access *a, size_t number, size_t i, struct buf *out)
{
	const struct access_event *e = &a->event;
	char address[64], at[STAMP_TEXT];

	(void)buf_printf(
	    out, "<tr id=\"access-%zu-%zu\"><td class=\"t\">%s</td>", number, i, stamp_format_micro(at, e->time));
	markup_element(out, "td class=\"t\"", access_kind_text(e->kind));
	markup_element(out, "td class=\"t\"", a->iap);
	markup_element(out, "td", verify_binding_address(e, address));
	markup_element(out, "td class=\"t\"", e->method);
	markup_element(out, "td", e->reason);
	(void)buf_puts(out, "</tr>\n");
}

static void
put_more(size_t listed, size_t unlisted, struct buf *out)
{
	(void)buf_puts(out, "</table></div>\n");
	if (listed > 0)
		(void)buf_printf(out, "<p>And %zu more; --json lists them.</p>\n", listed);
	if (unlisted > 0)
		(void)buf_printf(out, "<p>And %zu more, which only their packages list.</p>\n", unlisted);
}

void
verify_html_bindings(const struct verify_case_sums *c, size_t number, struct buf *out)
{
	const struct verify_bindings *b = &c->bindings;
	size_t i;

	if (b->count > 0) {
		(void)buf_puts(out,
		    "<h3>Addresses of the subject</h3>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
		    "aria-label=\"addresses of the subject\"><table class=\"bindings\"><thead><tr><th>Address</th>"
		    "<th>IAP</th>"
		    "<th>Method</th><th>From</th><th>To</th><th>Length</th><th>How it ended</th></tr></thead>\n");
		for (i = 0; i < b->count && i < VERIFY_HTML_BINDINGS_SHOWN; i++)
			put_binding(&b->at[i], number, i, out);
		put_more(b->count - i, b->unshown, out);
	}
	if (b->event_count == 0)
		return;
	(void)buf_puts(out, "<h3>Access events</h3>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
			    "aria-label=\"access events\"><table><thead><tr><th>When</th><th>Event</th><th>IAP</th>"
			    "<th>Address</th><th>Method</th><th>How or why</th></tr></thead><tbody>\n");
	for (i = 0; i < b->event_count && i < VERIFY_HTML_ACCESSES_SHOWN; i++)
		put_event(&b->events[i], number, i, out);
	(void)buf_puts(out, "</tbody>");
	put_more(b->event_count - i, b->events_unshown, out);
}

void
verify_html_bindings_legend(const struct verify_case_sums *c, struct buf *out)
{
	static const struct {
		const char *class, *what;
	} rows[] = {{"bound", "address learned from the network"}, {"given", "address given by hand"},
	    {"tick", "access event"}};
	const double middle[2] = {4.5, 4.5};
	size_t i;

	if (c->bindings.count + c->bindings.event_count == 0)
		return;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		(void)buf_printf(out,
		    "<li><svg class=\"time key\" viewBox=\"0 0 28 16\" aria-hidden=\"true\"><rect class=\"%s\" x=\"%d\" "
		    "y=\"1\" width=\"%d\" height=\"14\"/></svg>%s</li>\n",
		    rows[i].class, i == 2 ? 13 : 1, i == 2 ? 2 : 26, rows[i].what);
	(void)buf_puts(out, "<li><svg class=\"time key\" viewBox=\"0 0 9 9\" aria-hidden=\"true\">");
	verify_html_sign(EVENT_PURGED, middle, NULL, out);
	(void)buf_puts(out, "</svg>address: conflict, it is another's from there on</li>\n");
}
