#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verify_html_events.h"

#include "verify_timeline_internal.h"

#define LEFT 118.0
#define WIDTH 962.0
#define RIGHT 12.0
#define STEP 46.0
#define TOP 8.0
#define MINUTE (60 * STAMP_SECOND)
#define HOUR (60 * MINUTE)

/* A run of pieces that are drawn as one. */
struct run {
	double from, to;
	size_t count, first;
	stamp_t begin, end;
	uint64_t frames;
};

double
timeline_place(const struct timeline *d, stamp_t t)
{
	if (t < d->from)
		t = d->from;
	if (t > d->to)
		t = d->to;
	return LEFT + WIDTH * (double)(t - d->from) / (double)(d->to - d->from);
}

void
timeline_rect(const struct timeline *d, const char *class, double from, double to, double height)
{
	if (to - from < 1.5)
		to = from + 1.5;
	(void)buf_printf(d->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"", class,
	    from, d->y, to - from, height); /* the buffer remembers; so everywhere here */
}

void
timeline_times(const struct timeline *d, stamp_t from, stamp_t to)
{
	char a[STAMP_TEXT], b[STAMP_TEXT], length[MARKUP_DURATION];

	(void)buf_printf(d->out, "%s to %s, %s", stamp_format_seconds(a, from), stamp_format_seconds(b, to),
	    markup_duration(length, to - from));
}

void
timeline_plain(const struct timeline *d, const char *class, stamp_t from, stamp_t to, double height)
{
	if (from >= to || to <= d->from || from >= d->to)
		return;
	timeline_rect(d, class, timeline_place(d, from), timeline_place(d, to), height);
	(void)buf_puts(d->out, "/>\n");
}

static const char *
class_of(enum verify_piece_kind kind)
{
	switch (kind) {
	case PIECE_CAPTURED:
		return "captured";
	case PIECE_GAP:
		return "gap";
	case PIECE_LOSS:
		return "loss";
	case PIECE_RECOVERED:
		return "recovered";
	default:
		return "late";
	}
}

static const char *
word_of(enum verify_piece_kind kind)
{
	switch (kind) {
	case PIECE_CAPTURED:
		return "captured";
	case PIECE_GAP:
		return "declared gap";
	case PIECE_LOSS:
		return "loss declared";
	case PIECE_RECOVERED:
		return "recovered after a crash, or suspect";
	default:
		return "frames that came late";
	}
}

/* One run of a lane: marks lie below the bar, so that neither hides the other. */
static void
put_run(struct timeline *d, enum verify_piece_kind kind, const struct run *r, const char *reason)
{
	double y = d->y, height = TIMELINE_LANE;

	if (kind == PIECE_LOSS || kind == PIECE_LATE) {
		d->y += kind == PIECE_LOSS ? TIMELINE_LANE + 1 : TIMELINE_LANE + 6;
		height = 4;
	}
	timeline_rect(d, class_of(kind), r->from, r->to, height);
	(void)buf_puts(d->out, "><title>");
	if (r->count > 1)
		(void)buf_printf(d->out, "%zu times: ", r->count);
	(void)buf_puts(d->out, word_of(kind));
	if (reason[0] != '\0' && r->count == 1) {
		(void)buf_puts(d->out, ", ");
		markup_text(d->out, reason);
	}
	if (r->frames > 0)
		(void)buf_printf(d->out, ", %" PRIu64 " frames", r->frames);
	(void)buf_puts(d->out, ": ");
	timeline_times(d, r->begin, r->end);
	(void)buf_puts(d->out, "</title></rect>\n");
	if (kind == PIECE_GAP)
		timeline_rect(d, "hatched", r->from, r->to, height),
		    (void)buf_puts(d->out, " fill=\"url(#hatch)\"/>\n");
	d->y = y;
}

/* What was drawn of a kind, joined where the eye could not tell it apart. */
static void
put_lane(struct timeline *d, const struct verify_lane *l)
{
	struct run r = {.count = 0};
	const struct verify_piece *p, *before = NULL;
	double from, to;
	size_t i;

	for (i = 0; i < l->count; i++) {
		p = &l->pieces[i];
		if (p->to <= d->from || p->from >= d->to)
			continue;
		from = timeline_place(d, p->from);
		to = timeline_place(d, p->to);
		if (to - from < 1.5)
			to = from + 1.5;
		if (r.count > 0 && before->kind == p->kind && from <= r.to + 0.5) {
			r.to = to > r.to ? to : r.to;
			r.end = p->to > r.end ? p->to : r.end;
			r.frames += p->count;
			r.count++;
			continue;
		}
		if (r.count > 0)
			put_run(d, before->kind, &r, l->pieces[r.first].reason);
		r = (struct run){from, to, 1, i, p->from, p->to, p->count};
		before = p;
	}
	if (r.count > 0)
		put_run(d, before->kind, &r, l->pieces[r.first].reason);
}

void
timeline_label(const struct timeline *d, const char *label, const char *below)
{
	(void)buf_printf(d->out, "<text x=\"0\" y=\"%.1f\">", d->y + 12);
	markup_text(d->out, label);
	(void)buf_printf(d->out, "</text><text class=\"soft\" x=\"0\" y=\"%.1f\">", d->y + 25);
	markup_text(d->out, below);
	(void)buf_puts(d->out, "</text>\n");
}

/* The ground of a lane, hatched red where time is due: whatever is not drawn over is missing. */
static void
put_ground(const struct timeline *d)
{
	const struct spans *w = &d->sums->ordered;
	stamp_t until = d->sums->until;
	size_t i;

	timeline_plain(d, "lane", d->from, d->to, TIMELINE_LANE);
	for (i = 0; d->sums->judged && i < w->count; i++)
		timeline_plain(d, "due", w->at[i].from, w->at[i].to < until ? w->at[i].to : until, TIMELINE_LANE);
}

/* A strip of days: closed by a signed list, or by nobody. */
static void
put_days(struct timeline *d, const struct verify_result *r, const struct verify_stream_sums *s)
{
	char day[STAMP_DAY_TEXT], closed[STAMP_TEXT];
	double y = d->y;
	size_t i;

	d->y += TIMELINE_LANE + 11;
	for (i = 0; i < s->days; i++) {
		const struct verify_ledger_sums *t = &s->day_list[i];
		double from = timeline_place(d, t->day), to = timeline_place(d, t->day + STAMP_DAY);

		if (t->day >= d->to || t->day + STAMP_DAY <= d->from)
			continue;
		timeline_rect(d, t->closed == STAMP_NONE ? "open" : "closed", from, to > from + 3 ? to - 1 : to, 4);
		(void)buf_printf(
		    d->out, "><title>%s: %" PRIu64 " packages, ", stamp_day_format(day, t->day), t->packages);
		if (t->closed == STAMP_NONE)
			(void)buf_puts(d->out, "signed by nobody");
		else
			(void)buf_printf(d->out, "closed and signed at %s", stamp_format_seconds(closed, t->closed));
		(void)buf_puts(d->out, "</title></rect>\n");
		verify_html_marks(r, s, t->day, (const double[2]){to - 1, d->y + 9}, d->out);
	}
	d->y = y;
}

static void
put_gap_link(struct timeline *d, size_t i, double from, double to)
{
	const struct verify_gap *g = &d->sums->gaps[i];

	if (d->links++ < TIMELINE_LINKS_MAX)
		(void)buf_printf(d->out, "<a href=\"#gap-%zu-%zu\">", d->number, i);
	timeline_rect(d, g->reason[0] == '\0' ? "miss" : "gap", from, to, TIMELINE_LANE);
	(void)buf_puts(d->out, "><title>");
	markup_text(d->out, g->reason[0] == '\0' ? "neither captured nor declared" : g->reason);
	(void)buf_puts(d->out, ": ");
	timeline_times(d, g->from, g->to);
	(void)buf_puts(d->out, "</title></rect>");
	if (g->reason[0] != '\0')
		timeline_rect(d, "hatched", from, to, TIMELINE_LANE),
		    (void)buf_puts(d->out, " fill=\"url(#hatch)\"/>");
	(void)buf_puts(d->out, d->links <= TIMELINE_LINKS_MAX ? "</a>\n" : "\n");
}

/* All IAPs together: captured but for the case's gaps. */
static void
put_together(struct timeline *d)
{
	const struct verify_case_sums *c = d->sums;
	double from, to, last = -10;
	size_t i;

	timeline_label(d, "all together", c->judged ? "due time" : "not judged");
	timeline_plain(d, "lane", d->from, d->to, TIMELINE_LANE);
	for (i = 0; c->judged && i < c->ordered.count; i++)
		timeline_plain(d, "captured", c->ordered.at[i].from,
		    c->ordered.at[i].to < c->until ? c->ordered.at[i].to : c->until, TIMELINE_LANE);
	for (i = 0; i < c->gap_count; i++) {
		from = timeline_place(d, c->gaps[i].from);
		to = timeline_place(d, c->gaps[i].to);
		/* One that would only be drawn over another is left to the table. */
		if (to <= last)
			continue;
		put_gap_link(d, i, from, to);
		last = to - from < 1.5 ? from + 1.5 : to;
	}
}

/* How far apart the marks of the axis are: at most about ten. */
static stamp_t
tick(stamp_t length)
{
	static const stamp_t steps[] = {STAMP_SECOND, 10 * STAMP_SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE,
	    30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, STAMP_DAY, 2 * STAMP_DAY, 5 * STAMP_DAY, 10 * STAMP_DAY,
	    30 * STAMP_DAY, 90 * STAMP_DAY};
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) - 1 && length / steps[i] > 9; i++)
		continue;
	return steps[i];
}

static void
put_axis(const struct timeline *d, double bottom)
{
	stamp_t step = tick(d->to - d->from), t = d->from - d->from % step;
	char text[STAMP_TEXT], day[STAMP_DAY_TEXT], shown[STAMP_DAY_TEXT] = "";
	double x;

	for (; t <= d->to; t += step) {
		if (t < d->from)
			continue;
		x = timeline_place(d, t);
		(void)stamp_format_seconds(text, t);
		(void)stamp_day_format(day, t);
		(void)buf_printf(d->out, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", x,
		    x, TOP - 4, bottom);
		if (x > LEFT + WIDTH - 24)
			continue;
		if (step < STAMP_DAY)
			(void)buf_printf(d->out, "<text class=\"soft\" x=\"%.1f\" y=\"%.1f\">%.*s</text>", x + 2,
			    bottom + 12, step < MINUTE ? 8 : 5, text + 11);
		if (strcmp(day, shown) != 0)
			(void)buf_printf(d->out, "<text class=\"soft\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", x + 2,
			    bottom + (step < STAMP_DAY ? 26 : 12), step < STAMP_DAY ? day : day + 5);
		memcpy(shown, day, sizeof(shown));
	}
}

/* Where the picture begins and ends: the orders' windows, or else what was captured. */
static int
frame(struct timeline *d, const struct verify_result *r)
{
	const struct spans *w = &d->sums->ordered;
	size_t i, k;

	d->from = w->count > 0 ? w->at[0].from : INT64_MAX;
	d->to = w->count > 0 ? w->at[w->count - 1].to : INT64_MIN;
	for (i = 0; w->count == 0 && i < r->stream_count; i++) {
		const struct verify_lane *l = &r->streams[i].lane;

		if (strcmp(r->streams[i].case_id, d->sums->case_id) != 0)
			continue;
		for (k = 0; k < l->count; k++) {
			d->from = l->pieces[k].from < d->from ? l->pieces[k].from : d->from;
			d->to = l->pieces[k].to > d->to ? l->pieces[k].to : d->to;
		}
	}
	return d->from < d->to ? 0 : -1;
}

static void
put_begin(const struct timeline *d, double height)
{
	(void)buf_printf(d->out, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"timeline of case ");
	markup_text(d->out, d->sums->case_id);
	(void)buf_printf(d->out,
	    "\">\n<svg class=\"time\" viewBox=\"0 0 %.0f %.0f\" xmlns=\"http://www.w3.org/2000/svg\">\n"
	    "<defs><pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" "
	    "patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"0\" x2=\"0\" y1=\"0\" y2=\"5\"/></pattern>"
	    "<pattern id=\"missing\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
	    "patternTransform=\"rotate(-45)\"><rect class=\"a\" width=\"6\" height=\"6\"/>"
	    "<line class=\"b\" x1=\"0\" x2=\"0\" y1=\"0\" y2=\"6\"/></pattern></defs>\n",
	    LEFT + WIDTH + RIGHT, height);
}

void
verify_timeline(const struct verify_result *r, const struct verify_case_sums *sums, size_t number, struct buf *out)
{
	struct timeline d = {.out = out, .sums = sums, .number = number};
	size_t i, lanes = 1;
	char below[64];
	double bottom, below_all;

	if (frame(&d, r) == -1)
		return;
	for (i = 0; i < r->stream_count; i++)
		lanes += strcmp(r->streams[i].case_id, sums->case_id) == 0;
	bottom = TOP + STEP * (double)lanes;
	below_all = timeline_bindings_height(sums);
	put_begin(&d, bottom + below_all + 32);
	put_axis(&d, bottom + below_all);
	d.y = TOP;
	put_together(&d);
	for (i = 0; i < r->stream_count; i++) {
		const struct verify_stream_sums *s = &r->streams[i];

		if (strcmp(s->case_id, sums->case_id) != 0)
			continue;
		d.y += STEP;
		(void)snprintf(below, sizeof(below), "%" PRIu64 " packages", s->packages); /* has room */
		timeline_label(&d, s->iap, below);
		put_ground(&d);
		put_lane(&d, &s->lane);
		put_days(&d, r, s);
	}
	d.y += STEP;
	timeline_bindings(&d);
	if (sums->revoked != STAMP_NONE)
		(void)buf_printf(out, "<line class=\"end\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
		    timeline_place(&d, sums->revoked), timeline_place(&d, sums->revoked), TOP - 6,
		    bottom + below_all);
	(void)buf_puts(out, "</svg></div>\n");
}
