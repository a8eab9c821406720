#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verify_html_bindings.h"
#include "verify_html_events.h"

#include "verify_timeline_internal.h"

#define LANES_MAX 16 /* addresses that have a lane of their own; the table has all */
#define STEP 32.0
#define BAR 14.0

/* Bindings, or events, that are drawn as one. */
struct run {
	double from, to;
	size_t first, count;
	stamp_t begin, end;
	int has_conflict;
};

static int
is_same(const struct access_event *a, const struct access_event *b)
{
	return a->family == b->family && a->bits == b->bits && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

/* The bindings that are the first of their address, in their order.  Return how many. */
static size_t
find_lanes(const struct verify_bindings *b, size_t lanes[LANES_MAX])
{
	size_t i, k, count = 0;

	for (i = 0; i < b->count && count < LANES_MAX; i++) {
		for (k = 0; k < count && !is_same(&b->at[lanes[k]].begin, &b->at[i].begin); k++)
			;
		if (k == count)
			lanes[count++] = i;
	}
	return count;
}

double
timeline_bindings_height(const struct verify_case_sums *c)
{
	size_t lanes[LANES_MAX];

	return STEP * (double)(find_lanes(&c->bindings, lanes) + (c->bindings.event_count > 0));
}

static void
put_link(struct timeline *d, const char *what, size_t i, size_t shown)
{
	if (i < shown && d->links < TIMELINE_LINKS_MAX)
		(void)buf_printf(d->out, "<a href=\"#%s-%zu-%zu\">", what, d->number,
		    i); /* the buffer remembers; so everywhere here */
}

static void
put_link_end(struct timeline *d, size_t i, size_t shown)
{
	if (i < shown && d->links++ < TIMELINE_LINKS_MAX)
		(void)buf_puts(d->out, "</a>");
	(void)buf_putc(d->out, '\n');
}

/* Bindings of one address that lie closer together than the eye can tell are one. */
static void
put_run(struct timeline *d, const struct run *r)
{
	const struct verify_binding *b = &d->sums->bindings.at[r->first];
	const double at[2] = {r->to, d->y + BAR + 5};
	char address[64];

	put_link(d, "binding", r->first, VERIFY_HTML_BINDINGS_SHOWN);
	timeline_rect(d, verify_binding_is_given(b) ? "given" : "bound", r->from, r->to, BAR);
	(void)buf_puts(d->out, "><title>");
	if (r->count > 1)
		(void)buf_printf(d->out, "%zu times: ", r->count);
	(void)buf_printf(
	    d->out, "%s, %s at %s: ", verify_binding_address(&b->begin, address), b->begin.method, b->iap);
	timeline_times(d, r->begin, r->end);
	if (r->count == 1 && b->end != STAMP_NONE && b->ended[0] != '\0')
		(void)buf_printf(d->out, "; %s", b->ended);
	(void)buf_puts(d->out, "</title></rect>");
	put_link_end(d, r->first, VERIFY_HTML_BINDINGS_SHOWN);
	if (r->has_conflict)
		verify_html_sign(EVENT_PURGED, at, "the address was another's from here on: conflict", d->out);
}

static void
put_lane(struct timeline *d, const struct access_event *of)
{
	const struct verify_bindings *b = &d->sums->bindings;
	struct run r = {.count = 0};
	double from, to;
	size_t i;

	for (i = 0; i < b->count; i++) {
		const struct verify_binding *one = &b->at[i];
		stamp_t end = one->end != STAMP_NONE ? one->end : one->lapsed != STAMP_NONE ? one->lapsed : d->to;
		int is_conflict = strcmp(one->ended, "conflict") == 0;

		if (!is_same(&one->begin, of) || end <= d->from || one->begin.time >= d->to)
			continue;
		from = timeline_place(d, one->begin.time);
		to = timeline_place(d, end);
		if (to - from < 1.5)
			to = from + 1.5;
		if (r.count > 0 && from >= r.from && from <= r.to + 0.5 &&
		    verify_binding_is_given(one) == verify_binding_is_given(&b->at[r.first])) {
			r.to = to > r.to ? to : r.to;
			r.end = end > r.end ? end : r.end;
			r.has_conflict |= is_conflict;
			r.count++;
			continue;
		}
		if (r.count > 0)
			put_run(d, &r);
		r = (struct run){from, to, i, 1, one->begin.time, end, is_conflict};
	}
	if (r.count > 0)
		put_run(d, &r);
}

static void
put_ticks(struct timeline *d, const struct run *r)
{
	const struct verify_access *a = &d->sums->bindings.events[r->first];
	char at[STAMP_TEXT];

	put_link(d, "access", r->first, VERIFY_HTML_ACCESSES_SHOWN);
	timeline_rect(d, "tick", r->from, r->to, BAR);
	(void)buf_puts(d->out, "><title>");
	if (r->count > 1)
		(void)buf_printf(d->out, "%zu access events, the first: ", r->count);
	(void)buf_printf(d->out, "%s at %s, %s</title></rect>", access_kind_text(a->event.kind), a->iap,
	    stamp_format_seconds(at, a->event.time));
	put_link_end(d, r->first, VERIFY_HTML_ACCESSES_SHOWN);
}

/* Events of all IAPs on one lane. */
static void
put_events(struct timeline *d)
{
	const struct verify_bindings *b = &d->sums->bindings;
	struct run r = {.count = 0};
	double from;
	size_t i;

	for (i = 0; i < b->event_count; i++) {
		const struct access_event *e = &b->events[i].event;

		if (e->time < d->from || e->time >= d->to)
			continue;
		from = timeline_place(d, e->time);
		if (r.count > 0 && from >= r.from && from <= r.to + 0.5) {
			r.to = from + 1.5 > r.to ? from + 1.5 : r.to;
			r.count++;
			continue;
		}
		if (r.count > 0)
			put_ticks(d, &r);
		r = (struct run){from, from + 1.5, i, 1, e->time, e->time, 0};
	}
	if (r.count > 0)
		put_ticks(d, &r);
}

void
timeline_bindings(struct timeline *d)
{
	const struct verify_bindings *b = &d->sums->bindings;
	size_t lanes[LANES_MAX], count = find_lanes(b, lanes), i;
	char below[64], address[64];

	for (i = 0; i < count; i++, d->y += STEP) {
		const struct verify_binding *one = &b->at[lanes[i]];

		(void)snprintf(below, sizeof(below), "by %s", one->begin.method); /* short */
		timeline_label(d, verify_binding_address(&one->begin, address), below);
		timeline_plain(d, "lane", d->from, d->to, BAR);
		put_lane(d, &one->begin);
	}
	if (b->event_count == 0)
		return;
	(void)snprintf(below, sizeof(below), "%zu", b->event_count + b->events_unshown); /* has room */
	timeline_label(d, "access events", below);
	timeline_plain(d, "lane", d->from, d->to, BAR);
	put_events(d);
	d->y += STEP;
}
