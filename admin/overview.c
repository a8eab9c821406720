#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "requests.h"
#include "text.h"

#include "refusals.h"

#include "overview.h"
#include "overview_internal.h"

#define SEAL_LATE (900 * STAMP_SECOND) /* a closed slice is sealed within minutes */

void
overview_matter(struct overview *v, const char *format, ...)
{
	char text[sizeof v->matters[0]];
	va_list ap;

	if (v->matter_count == OVERVIEW_MATTERS_MAX)
		return;
	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap); /* cut is fine: it is shown */
	va_end(ap);
	(void)text_escape(v->matters[v->matter_count++], sizeof v->matters[0], text, strlen(text));
}

static int
is_in_force(const struct overview *v, const struct orderbook_case *c)
{
	return c->state == ORDERBOOK_ACCEPTED && v->now >= c->order->not_before && v->now < c->order->not_after;
}

int
overview_is_in_force(const struct overview *v, const struct orderbook_case *c)
{
	return is_in_force(v, c) || (c->state == ORDERBOOK_LOCKED && overview_daemons_hold(v, c->case_id));
}

const char *
overview_state(const struct overview *v, const struct orderbook_case *c)
{
	static const char *const words[] = {[ORDERBOOK_WAITING] = "waiting",
	    [ORDERBOOK_REFUSED] = "refused",
	    [ORDERBOOK_MISSING] = "missing",
	    [ORDERBOOK_CHANGED] = "changed",
	    [ORDERBOOK_REVOKED] = "revoked",
	    [ORDERBOOK_LOCKED] = "locked"};

	if (c->state != ORDERBOOK_ACCEPTED)
		return words[c->state];
	if (is_in_force(v, c))
		return "in-force";
	return v->now < c->order->not_before ? "not-yet" : "ended";
}

int
overview_ends_soon(const struct overview *v, const struct orderbook_case *c)
{
	stamp_t before = (stamp_t)v->site->conf->remind_before * STAMP_SECOND, quarter;

	if (!is_in_force(v, c))
		return 0;
	quarter = (c->order->not_after - c->order->not_before) / 4;
	return c->order->not_after - v->now < (before < quarter ? before : quarter);
}

int
overview_is_quiet(const struct overview *v, const struct orderbook_case *c)
{
	uint32_t after = c->order == NULL ? 0 : c->order->quiet_after;
	const char *why;
	stamp_t since;

	if (after == ORDER_QUIET_UNSET)
		after = v->site->conf->quiet_after;
	if (after == 0 || !is_in_force(v, c) || !overview_is_captured(v, c, &why))
		return 0;
	since = overview_quiet_since(v, c->case_id);
	return since != STAMP_NONE && v->now - since > (stamp_t)after * STAMP_SECOND;
}

/* A subject may be silent; a mirror port that lost him looks the same. */
static void
judge_quiet(struct overview *v, const struct orderbook_case *c)
{
	char since[STAMP_TEXT];

	if (overview_is_quiet(v, c))
		overview_matter(v,
		    "case %s: no frame since %s: casetap-capture --self-test says if it would be captured",
		    c->case_id, stamp_format_seconds(since, overview_quiet_since(v, c->case_id)));
}

/* The court has named the address, and only it can say whether it means whoever has it now. */
static void
judge_anothers(struct overview *v, const struct orderbook_case *c)
{
	stamp_t back, since = overview_anothers_since(v, c->case_id, &back);
	char at[STAMP_TEXT], end[STAMP_TEXT];

	if (since != STAMP_NONE && back != STAMP_NONE)
		overview_matter(v,
		    "case %s: an address that its order names was given to another client at %s, and back at %s: what was "
		    "captured in between may be another's; ask whether the order means it",
		    c->case_id, stamp_format_seconds(at, since), stamp_format_seconds(end, back));
	else if (since != STAMP_NONE)
		overview_matter(v,
		    "case %s: an address that its order names was given to another client at %s: it is still captured; "
		    "ask whether the order means whoever has it now",
		    c->case_id, stamp_format_seconds(at, since));
}

/* An extension takes the court and the approvers their time, and nothing is captured without one. */
static void
judge_end(struct overview *v, const struct orderbook_case *c)
{
	char at[STAMP_TEXT];

	if (overview_ends_soon(v, c))
		overview_matter(
		    v, "case %s: its order ends at %s", c->case_id, stamp_format_seconds(at, c->order->not_after));
}

/* What one access point captures, another may not.  Return how many do not. */
static int
judge_idle(struct overview *v, const struct orderbook_case *c)
{
	const char *why;
	int n = 0;
	size_t i;

	for (i = 0; i < v->site->conf->iap_count; i++) {
		why = overview_idle_at(v, c, i);
		if (why == NULL)
			continue;
		overview_matter(
		    v, "case %s: in force, but not captured at %s: %s", c->case_id, v->site->conf->iaps[i].name, why);
		n++;
	}
	return n;
}

static void
judge_case(struct overview *v, const struct orderbook_case *c)
{
	const char *why;

	if (c->state == ORDERBOOK_REFUSED || c->state == ORDERBOOK_MISSING || c->state == ORDERBOOK_CHANGED)
		overview_matter(v, "case %s: order %s: %s", c->case_id, overview_state(v, c), c->why);
	else if (c->state == ORDERBOOK_WAITING || c->pending != 0)
		overview_matter(v, "case %s: waits for approval: %s", c->case_id, c->why);
	/* Who has no key to it learns what capture, which has it, says against it; its window is not for him to see. */
	if (c->state == ORDERBOOK_LOCKED && !overview_is_captured(v, c, &why) && why != NULL)
		overview_matter(v, "case %s: capture refuses the order: %s", c->case_id, why);
	if (!overview_is_in_force(v, c))
		return;
	judge_end(v, c);
	judge_anothers(v, c);
	if (overview_is_captured(v, c, &why)) {
		if (judge_idle(v, c) == 0)
			judge_quiet(v, c);
		return;
	}
	if (why != NULL)
		overview_matter(v, "case %s: capture refuses the order: %s", c->case_id, why);
	else
		overview_matter(v, "case %s: in force, but no capture daemon is capturing it", c->case_id);
}

/* Only capture can end a stream, and without an end its last days are never closed as final. */
static int
is_left_unended(const struct overview *v, const struct stage *s)
{
	const struct orderbook_case *c = orderbook_find(v->site->book, s->case_id);

	if (c == NULL || !s->has_spool || s->next <= 1 || s->end.reason[0] != '\0' || overview_is_running(v, s->iap))
		return 0;
	return c->state == ORDERBOOK_REVOKED || (c->order != NULL && v->now >= c->order->not_after);
}

/* What the operator has asked for and the packager can not follow. */
static void
judge_requests(struct overview *v, const char *case_id)
{
	struct requests *all = requests_load(v->site->statefd, case_id, v->site->keyring, v->now);

	if (all == NULL)
		return;
	for (size_t i = 0; i < requests_count(all); i++) {
		const struct requests_entry *e = requests_entry(all, i);

		if (!e->is_followed && request_needs_approver(&e->request) && e->signer == NULL)
			overview_matter(v, "case %s: request %s (%s) waits for an approver's signature%s", case_id,
			    e->name, request_act_text(e->request.act),
			    e->has_bad_signature ? "; one that is there does not count" : "");
	}
	if (requests_damaged(all) > 0)
		overview_matter(v, "case %s: a request can not be read: nothing of the case is purged", case_id);
	requests_free(all);
}

static void
judge_stage(struct overview *v, const struct stage *s)
{
	if (s->is_unreadable)
		overview_matter(v, "case %s at %s: its spool can not be read", s->case_id, s->iap);
	if (s->quarantined > 0)
		overview_matter(v, "case %s at %s: %llu files in quarantine", s->case_id, s->iap,
		    (unsigned long long)s->quarantined);
	if (s->to_seal > 0 && s->covered != STAMP_NONE && v->now - s->covered > SEAL_LATE)
		overview_matter(v, "case %s at %s: %llu closed slices wait to be sealed", s->case_id, s->iap,
		    (unsigned long long)s->to_seal);
	if (s->open_slices > 0 && !overview_is_running(v, s->iap))
		overview_matter(v,
		    "case %s at %s: %llu slices are open and nobody writes them: start casetap-capture", s->case_id,
		    s->iap, (unsigned long long)s->open_slices);
	else if (is_left_unended(v, s))
		overview_matter(v, "case %s at %s: its order has ended, its stream has not: start casetap-capture",
		    s->case_id, s->iap);
	if (s->to_deliver > 0 && s->oldest_waiting != STAMP_NONE &&
	    v->now - s->oldest_waiting > STAMP_DAY + SEAL_LATE)
		overview_matter(v,
		    "case %s at %s: %llu packages wait to be delivered, the oldest since more than a day", s->case_id,
		    s->iap, (unsigned long long)s->to_deliver);
}

static void
judge_refusal(void *cookie, const char *destination, const char *scope, const char *why)
{
	overview_matter(cookie, "destination %s: %s%s%s", destination, scope, scope[0] == '\0' ? "" : ": ", why);
}

int
overview_load(struct overview *v, struct site *site)
{
	int status = site_open_orders(site);

	v->site = site;
	v->now = stamp_now();
	if (status == EX_OK)
		status = stage_load(site, &v->stages, &v->stage_count);
	if (status != EX_OK)
		return status;
	for (size_t i = 0; i < site->conf->iap_count; i++) {
		v->daemons[i] = overview_daemon_load(site, site->conf->iaps[i].name);
		overview_judge_daemon(v, &site->conf->iaps[i], v->daemons[i]);
	}
	overview_judge_clock(v);
	overview_judge_runs(v);
	overview_judge_records(v);
	overview_judge_kept(v);
	for (size_t i = 0; i < orderbook_count(site->book); i++) {
		judge_case(v, orderbook_case(site->book, i));
		judge_requests(v, orderbook_case(site->book, i)->case_id);
	}
	for (size_t i = 0; i < v->stage_count; i++)
		judge_stage(v, &v->stages[i]);
	return refusals_each(site, judge_refusal, v) == -1 ? EX_IOERR : EX_OK;
}

void
overview_clear(struct overview *v)
{
	for (size_t i = 0; i < CONF_IAPS_MAX; i++)
		json_free(v->daemons[i]);
	free(v->stages);
}
