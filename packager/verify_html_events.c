#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verify_html_events.h"

#define EVENTS_SHOWN 800
#define SIGN_WIDTH 8.0

void
verify_html_sign(enum verify_event_kind kind, const double at[2], const char *title, struct buf *out)
{
	static const char *const paths[] = {[EVENT_ATTESTED] = "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0m3 -2v2h2",
	    [EVENT_RECEIVED] = "m-3 0l2 2.5l4 -5",
	    [EVENT_PURGED] = "m-2.5 -2.5l5 5m0 -5l-5 5",
	    [EVENT_NOTICED] = "m0 -3.5v4m0 2v1"};

	(void)buf_printf(out, "<path class=\"sign\" d=\"M%.1f %.1f%s\">", at[0], at[1],
	    paths[kind]); /* the buffer remembers; so everywhere here */
	if (title != NULL)
		markup_element(out, "title", title);
	(void)buf_puts(out, "</path>\n");
}

static int
is_of(const struct verify_event *e, const struct verify_stream_sums *s, stamp_t day)
{
	return e->day == day && strcmp(e->iap, s->iap) == 0 && strcmp(e->case_id, s->case_id) == 0;
}

void
verify_html_marks(const struct verify_result *r, const struct verify_stream_sums *s, stamp_t day, const double at[2],
    struct buf *out)
{
	char title[256], time[STAMP_TEXT], on[STAMP_DAY_TEXT];
	double where[2] = {at[0] - SIGN_WIDTH / 2, at[1]};
	enum verify_event_kind kind;
	size_t i;

	/* One sign a kind, however many stamps a day has. */
	for (kind = EVENT_ATTESTED; kind <= EVENT_NOTICED; kind++) {
		for (i = 0; i < r->events.count; i++) {
			const struct verify_event *e = &r->events.at[i];

			if (e->kind != kind || !is_of(e, s, day))
				continue;
			(void)snprintf(title, sizeof(title), "%s: %s at %s by %s", stamp_day_format(on, day),
			    verify_event_word(kind), stamp_format_seconds(time, e->at), e->who);
			verify_html_sign(kind, where, title, out);
			where[0] -= SIGN_WIDTH;
			break;
		}
	}
}

static void
put_event(const struct verify_event *e, struct buf *out)
{
	char text[STAMP_TEXT];

	(void)buf_printf(out, "<tr><td class=\"t\">%s</td>", stamp_format_seconds(text, e->at));
	markup_element(out, "td", verify_event_word(e->kind));
	(void)buf_printf(out, "<td class=\"t\">%s</td>", e->iap[0] == '\0' ? "" : stamp_day_format(text, e->day));
	markup_element(out, "td class=\"t\"", e->iap);
	markup_element(out, "td", e->who);
	markup_element(out, "td", e->what);
	(void)buf_puts(out, "</tr>\n");
}

void
verify_html_events(const struct verify_result *r, const struct verify_case_sums *c, struct buf *out)
{
	size_t i, shown = 0, left = 0;

	for (i = 0; i < r->events.count; i++) {
		if (strcmp(r->events.at[i].case_id, c->case_id) != 0)
			continue;
		if (shown == EVENTS_SHOWN) {
			left++;
			continue;
		}
		if (shown++ == 0)
			(void)buf_puts(out,
			    "<h3>After sealing</h3>\n<table class=\"after\"><thead><tr><th>When</th><th>What</th>"
			    "<th>Day</th><th>IAP</th><th>On whose word</th><th>More</th></tr></thead><tbody>\n");
		put_event(&r->events.at[i], out);
	}
	if (shown > 0)
		(void)buf_puts(out, "</tbody></table>\n");
	if (left > 0)
		(void)buf_printf(out, "<p>And %zu more; --json lists them all.</p>\n", left);
}
