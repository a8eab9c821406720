#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clockstate.h"
#include "fsio.h"
#include "requests.h"
#include "reset.h"
#include "text.h"

#include "refusals.h"

#include "overview.h"

#define STATUS_MAX_BYTES (16 * 1024 * 1024)
#define STATUS_STALE (10 * STAMP_SECOND) /* the daemon writes its status every second */
#define IDLE_MAX 5                       /* seconds that a stream may take to begin */
#define SEAL_LATE (900 * STAMP_SECOND)   /* a closed slice is sealed within minutes */

static void matter(struct overview *, const char *, ...) __attribute__((format(printf, 2, 3)));

static void
matter(struct overview *v, const char *format, ...)
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

static struct json *
load_daemon(const struct site *site, const char *iap)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	char name[NAMES_IAP_ROOM + 16];
	int dirfd = fsio_opendirat(site->statefd, "journal/capture");

	(void)snprintf(name, sizeof name, "%s.status", iap);
	if (dirfd != -1 && fsio_load(dirfd, name, STATUS_MAX_BYTES, &text) == 0)
		j = json_parse(text.data, text.len, 16);
	buf_free(&text);
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	return j;
}

int
overview_is_alive(const struct overview *v, const struct json *daemon)
{
	stamp_t written;

	return daemon != NULL && json_get_stamp(daemon, "written", &written) == 0 &&
	       v->now - written < STATUS_STALE && v->now - written > -STATUS_STALE;
}

/* The daemon's own line about a case, or NULL. */
static const struct json *
case_at(const struct json *daemon, const char *case_id)
{
	const struct json *cases = json_get_array(daemon, "cases");

	for (size_t i = 0; i < json_length(cases); i++) {
		const char *id = json_get_string(json_item(cases, i), "case");

		if (id != NULL && strcmp(id, case_id) == 0)
			return json_item(cases, i);
	}
	return NULL;
}

static int
is_in_force(const struct overview *v, const struct orderbook_case *c)
{
	return c->state == ORDERBOOK_ACCEPTED && v->now >= c->order->not_before && v->now < c->order->not_after;
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

static int
says(const struct json *object, const char *key, const char *text)
{
	const char *found = json_get_string(object, key);

	return found != NULL && strcmp(found, text) == 0;
}

/* Is a case that is in force being captured anywhere?  If not, ${why} is what a daemon says against it, or NULL. */
static int
is_captured(const struct overview *v, const struct orderbook_case *c, const char **why)
{
	*why = NULL;
	for (size_t i = 0; i < v->site->conf->iap_count; i++) {
		const struct json *daemon = v->daemons[i], *at = case_at(daemon, c->case_id);

		if (at == NULL || !overview_is_alive(v, daemon))
			continue;
		if (says(daemon, "state", "capturing") && says(at, "state", "in-force"))
			return 1;
		if (says(at, "state", "refused"))
			*why = json_get_string(at, "why");
	}
	return 0;
}

/* A daemon's line about a case that it captures, or NULL. */
static const struct json *
captured_at(const struct overview *v, size_t i, const char *case_id)
{
	const struct json *at = case_at(v->daemons[i], case_id);

	if (at == NULL || !overview_is_alive(v, v->daemons[i]) || !says(v->daemons[i], "state", "capturing"))
		return NULL;
	return at;
}

stamp_t
overview_last_frame(const struct overview *v, const char *case_id)
{
	stamp_t last = STAMP_NONE, t;
	size_t i;

	for (i = 0; i < v->site->conf->iap_count; i++) {
		if (json_get_stamp(captured_at(v, i, case_id), "last_frame", &t) == 0 && t > last)
			last = t;
	}
	return last;
}

/* Since when has nobody seen a frame of the case: its latest anywhere, or, before there is one, the first watch for it. */
static stamp_t
quiet_since(const struct overview *v, const char *case_id)
{
	stamp_t since = overview_last_frame(v, case_id), t;
	size_t i;

	for (i = 0; since == STAMP_NONE && i < v->site->conf->iap_count; i++) {
		if (json_get_stamp(captured_at(v, i, case_id), "watched", &t) == 0 && t != STAMP_NONE)
			return t;
	}
	return since;
}

int
overview_is_quiet(const struct overview *v, const struct orderbook_case *c)
{
	uint32_t after = c->order == NULL ? 0 : c->order->quiet_after;
	const char *why;
	stamp_t since;

	if (after == ORDER_QUIET_UNSET)
		after = v->site->conf->quiet_after;
	if (after == 0 || !is_in_force(v, c) || !is_captured(v, c, &why))
		return 0;
	since = quiet_since(v, c->case_id);
	return since != STAMP_NONE && v->now - since > (stamp_t)after * STAMP_SECOND;
}

/* A subject may be silent; a mirror port that lost him looks the same. */
static void
judge_quiet(struct overview *v, const struct orderbook_case *c)
{
	char since[STAMP_TEXT];

	if (overview_is_quiet(v, c))
		matter(v, "case %s: no frame since %s: casetap-capture --self-test says if it would be captured",
		    c->case_id, stamp_format_seconds(since, quiet_since(v, c->case_id)));
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

/* An extension takes the court and the approvers their time, and nothing is captured without one. */
static void
judge_end(struct overview *v, const struct orderbook_case *c)
{
	char at[STAMP_TEXT];

	if (overview_ends_soon(v, c))
		matter(v, "case %s: its order ends at %s", c->case_id, stamp_format_seconds(at, c->order->not_after));
}

const struct json *
overview_idle_at(const struct overview *v, const struct orderbook_case *c, size_t i)
{
	const struct json *at = captured_at(v, i, c->case_id);
	int64_t seconds;

	if (at == NULL || !says(at, "state", "in-force") || json_get_integer(at, "idle_seconds", &seconds) == -1)
		return NULL;
	return seconds > IDLE_MAX ? at : NULL;
}

/* A daemon that captures others may not capture this one.  Return how many do not. */
static int
judge_idle(struct overview *v, const struct orderbook_case *c)
{
	const char *trouble;
	int n = 0;
	size_t i;

	for (i = 0; i < v->site->conf->iap_count; i++) {
		if (overview_idle_at(v, c, i) == NULL)
			continue;
		trouble = json_get_string(overview_idle_at(v, c, i), "trouble");
		matter(v, "case %s: in force, but not captured at %s: %s", c->case_id, v->site->conf->iaps[i].name,
		    trouble != NULL ? trouble : "its stream is not begun");
		n++;
	}
	return n;
}

static void
judge_case(struct overview *v, const struct orderbook_case *c)
{
	const char *why;

	if (c->state == ORDERBOOK_REFUSED || c->state == ORDERBOOK_MISSING || c->state == ORDERBOOK_CHANGED)
		matter(v, "case %s: order %s: %s", c->case_id, overview_state(v, c), c->why);
	else if (c->state == ORDERBOOK_WAITING || c->pending != 0)
		matter(v, "case %s: waits for approval: %s", c->case_id, c->why);
	/* Who has no key to it learns what capture, which has it, says against it; its window is not for him to see. */
	if (c->state == ORDERBOOK_LOCKED && !is_captured(v, c, &why) && why != NULL)
		matter(v, "case %s: capture refuses the order: %s", c->case_id, why);
	if (!is_in_force(v, c))
		return;
	judge_end(v, c);
	if (is_captured(v, c, &why)) {
		if (judge_idle(v, c) == 0)
			judge_quiet(v, c);
		return;
	}
	if (why != NULL)
		matter(v, "case %s: capture refuses the order: %s", c->case_id, why);
	else
		matter(v, "case %s: in force, but no capture daemon is capturing it", c->case_id);
}

static int
is_running(const struct overview *v, const char *iap)
{
	for (size_t i = 0; i < v->site->conf->iap_count; i++) {
		if (strcmp(v->site->conf->iaps[i].name, iap) == 0)
			return overview_is_alive(v, v->daemons[i]);
	}
	return 0;
}

/* Only capture can end a stream, and without an end its last days are never closed as final. */
static int
is_left_unended(const struct overview *v, const struct stage *s)
{
	const struct orderbook_case *c = orderbook_find(v->site->book, s->case_id);

	if (c == NULL || !s->has_spool || s->next <= 1 || s->end.reason[0] != '\0' || is_running(v, s->iap))
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
			matter(v, "case %s: request %s (%s) waits for an approver's signature%s", case_id, e->name,
			    request_act_text(e->request.act),
			    e->has_bad_signature ? "; one that is there does not count" : "");
	}
	if (requests_damaged(all) > 0)
		matter(v, "case %s: a request can not be read: nothing of the case is purged", case_id);
	requests_free(all);
}

static void
judge_stage(struct overview *v, const struct stage *s)
{
	if (s->is_unreadable)
		matter(v, "case %s at %s: its spool can not be read", s->case_id, s->iap);
	if (s->quarantined > 0)
		matter(v, "case %s at %s: %llu files in quarantine", s->case_id, s->iap,
		    (unsigned long long)s->quarantined);
	if (s->to_seal > 0 && s->covered != STAMP_NONE && v->now - s->covered > SEAL_LATE)
		matter(v, "case %s at %s: %llu closed slices wait to be sealed", s->case_id, s->iap,
		    (unsigned long long)s->to_seal);
	if (s->open_slices > 0 && !is_running(v, s->iap))
		matter(v, "case %s at %s: %llu slices are open and nobody writes them: start casetap-capture",
		    s->case_id, s->iap, (unsigned long long)s->open_slices);
	else if (is_left_unended(v, s))
		matter(v, "case %s at %s: its order has ended, its stream has not: start casetap-capture", s->case_id,
		    s->iap);
	if (s->to_deliver > 0 && s->oldest_waiting != STAMP_NONE &&
	    v->now - s->oldest_waiting > STAMP_DAY + SEAL_LATE)
		matter(v, "case %s at %s: %llu packages wait to be delivered, the oldest since more than a day",
		    s->case_id, s->iap, (unsigned long long)s->to_deliver);
}

static void
judge_interface(struct overview *v, const char *iap, const struct json *interface)
{
	const char *state = json_get_string(interface, "state"), *name = json_get_string(interface, "name");
	uint64_t n;

	if (state == NULL || name == NULL)
		return;
	if (strcmp(state, "up") != 0)
		matter(v, "%s: interface %s is %s", iap, name, state);
	if (json_get_u64(interface, "missed", &n) == 0 && n > 0)
		matter(v, "%s: %llu frames lost in the interface %s since the reader began", iap,
		    (unsigned long long)n, name);
	if (json_get_u64(interface, "lost", &n) == 0 && n > 0)
		matter(v, "%s: %llu frames lost in the kernel on %s since the reader began", iap,
		    (unsigned long long)n, name);
}

static int
misses_memory(const struct overview *v, const char *iap)
{
	struct reset_wanted w;
	int dirfd = fsio_opendirat(v->site->statefd, "journal/capture"), rc;

	if (dirfd == -1)
		return 0;
	rc = reset_wanted_load(dirfd, iap, &w);
	(void)close(dirfd); /* a folder */
	return rc == 1;
}

static void
judge_daemon(struct overview *v, const struct conf_iap *iap, const struct json *daemon)
{
	static const struct {
		const char *key, *text;
	} stages[] = {
	    {"lost_mirror", "frames lost before they came here (by the mirror's numbers)"},
	    {"lost_pool", "records lost for want of memory (pool)"},
	    {"lost_disk", "records lost for want of disk"},
	    {"lost_quota", "records lost to the case's quota"},
	};
	const struct json *records = json_get_object(daemon, "records"), *list = json_get_array(daemon, "interfaces");
	uint64_t n;
	size_t i;

	if (misses_memory(v, iap->name))
		matter(v, "%s: captures nothing until an approver resets its memory: casetap reset %s", iap->name,
		    iap->name);
	if (daemon == NULL || !overview_is_alive(v, daemon))
		return; /* only matters where an order is in force: judge_case says so */
	for (i = 0; i < json_length(list); i++)
		judge_interface(v, iap->name, json_item(list, i));
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (json_get_u64(records, stages[i].key, &n) == 0 && n > 0)
			matter(v, "%s: %llu %s", iap->name, (unsigned long long)n, stages[i].text);
	}
}

/* Its service starts with capture: it is missed only where somebody captures. */
static void
judge_clock(struct overview *v)
{
	struct clockstate_source *s;
	struct clockstate state;
	const char *why;
	size_t i = 0;

	while (i < v->site->conf->iap_count && !overview_is_alive(v, v->daemons[i]))
		i++;
	if (v->site->conf->clock_file == NULL || i == v->site->conf->iap_count)
		return;
	s = clockstate_open(v->site->conf->clock_file);
	why = s == NULL ? "can not be looked at" : clockstate_get(s, &state);
	if (why != NULL)
		matter(v, "%s %s: slices do not say how well the clock is kept: systemctl status casetap-clock",
		    v->site->conf->clock_file, why);
	clockstate_close(s);
}

static void
judge_refusal(void *cookie, const char *destination, const char *scope, const char *why)
{
	matter(cookie, "destination %s: %s%s%s", destination, scope, scope[0] == '\0' ? "" : ": ", why);
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
		v->daemons[i] = load_daemon(site, site->conf->iaps[i].name);
		judge_daemon(v, &site->conf->iaps[i], v->daemons[i]);
	}
	judge_clock(v);
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
