#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "stamp.h"
#include "text.h"

#include "args.h"
#include "command.h"
#include "keep.h"
#include "refusals.h"
#include "site.h"
#include "stage.h"

#define STATUS_MAX_BYTES (4 * 1024 * 1024)
#define STATUS_STALE (10 * STAMP_SECOND) /* the daemon writes its status every second */
#define SEAL_LATE (900 * STAMP_SECOND)   /* a closed slice is sealed within minutes */
#define MATTERS_MAX 256

static const struct args_option options[] = {
    SITE_OPTION,
    {"json", NULL, "as one JSON object"},
    {"watch", NULL, "again every two seconds until interrupted"},
    {NULL, NULL, NULL},
};

/* What is looked at once, then shown. */
struct view {
	struct site *site;
	struct stage *stages;
	size_t stage_count;
	struct json *daemons[CONF_IAPS_MAX]; /* of the i-th IAP; NULL where it never ran or can not be read */
	stamp_t now;
	char matters[MATTERS_MAX][320]; /* what is wrong, a line each */
	size_t matter_count;
};

static void matter(struct view *, const char *, ...) __attribute__((format(printf, 2, 3)));

static void
matter(struct view *v, const char *format, ...)
{
	char text[sizeof v->matters[0]];
	va_list ap;

	if (v->matter_count == MATTERS_MAX)
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

/* Is the daemon of an IAP alive: did it write its status in the last seconds, as live capture? */
static int
is_alive(const struct view *v, const struct json *daemon)
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
is_in_force(const struct view *v, const struct orderbook_case *c)
{
	return c->state == ORDERBOOK_ACCEPTED && v->now >= c->order->not_before && v->now < c->order->not_after;
}

static const char *
state_of(const struct view *v, const struct orderbook_case *c)
{
	static const char *const words[] = {[ORDERBOOK_WAITING] = "waiting",
	    [ORDERBOOK_REFUSED] = "refused",
	    [ORDERBOOK_MISSING] = "missing",
	    [ORDERBOOK_CHANGED] = "changed",
	    [ORDERBOOK_REVOKED] = "revoked"};

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
is_captured(const struct view *v, const struct orderbook_case *c, const char **why)
{
	*why = NULL;
	for (size_t i = 0; i < v->site->conf->iap_count; i++) {
		const struct json *daemon = v->daemons[i], *at = case_at(daemon, c->case_id);

		if (at == NULL || !is_alive(v, daemon))
			continue;
		if (says(daemon, "state", "capturing") && says(at, "state", "in-force"))
			return 1;
		if (says(at, "state", "refused"))
			*why = json_get_string(at, "why");
	}
	return 0;
}

static void
judge_case(struct view *v, const struct orderbook_case *c)
{
	const char *why;

	if (c->state == ORDERBOOK_REFUSED || c->state == ORDERBOOK_MISSING || c->state == ORDERBOOK_CHANGED)
		matter(v, "case %s: order %s: %s", c->case_id, state_of(v, c), c->why);
	else if (c->state == ORDERBOOK_WAITING || c->pending != 0)
		matter(v, "case %s: waits for approval: %s", c->case_id, c->why);
	if (!is_in_force(v, c) || is_captured(v, c, &why))
		return;
	if (why != NULL)
		matter(v, "case %s: capture refuses the order: %s", c->case_id, why);
	else
		matter(v, "case %s: in force, but no capture daemon is capturing it", c->case_id);
}

static int
is_running(const struct view *v, const char *iap)
{
	for (size_t i = 0; i < v->site->conf->iap_count; i++) {
		if (strcmp(v->site->conf->iaps[i].name, iap) == 0)
			return is_alive(v, v->daemons[i]);
	}
	return 0;
}

/* Only capture can end a stream, and without an end its last days are never closed as final. */
static int
is_left_unended(const struct view *v, const struct stage *s)
{
	const struct orderbook_case *c = orderbook_find(v->site->book, s->case_id);

	if (c == NULL || !s->has_spool || s->next <= 1 || s->end.reason[0] != '\0' || is_running(v, s->iap))
		return 0;
	return c->state == ORDERBOOK_REVOKED || (c->order != NULL && v->now >= c->order->not_after);
}

/* What the operator has asked for and the packager can not follow. */
static void
judge_requests(struct view *v, const char *case_id)
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
judge_stage(struct view *v, const struct stage *s)
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
judge_daemon(struct view *v, const struct conf_iap *iap, const struct json *daemon)
{
	const struct json *records = json_get_object(daemon, "records"), *list = json_get_array(daemon, "interfaces");
	uint64_t lost = 0, n;

	if (daemon == NULL || !is_alive(v, daemon))
		return; /* only matters where an order is in force: judge_case says so */
	for (size_t i = 0; i < json_length(list); i++) {
		const char *state = json_get_string(json_item(list, i), "state");

		if (state != NULL && strcmp(state, "up") != 0)
			matter(v, "%s: interface %s is %s", iap->name, json_get_string(json_item(list, i), "name"),
			    state);
		if (json_get_u64(json_item(list, i), "lost", &n) == 0)
			lost += n;
	}
	if (lost > 0)
		matter(v, "%s: %llu frames lost in the kernel since the reader began", iap->name,
		    (unsigned long long)lost);
	for (size_t i = 0; i < 3; i++) {
		static const char *const stages[] = {"lost_pool", "lost_disk", "lost_quota"};

		if (json_get_u64(records, stages[i], &n) == 0 && n > 0)
			matter(v, "%s: %llu records: %s", iap->name, (unsigned long long)n, stages[i]);
	}
}

static void
judge_refusal(void *cookie, const char *destination, const char *scope, const char *why)
{
	matter(cookie, "destination %s: %s%s%s", destination, scope, scope[0] == '\0' ? "" : ": ", why);
}

static int
view_load(struct view *v, struct site *site)
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
	for (size_t i = 0; i < orderbook_count(site->book); i++) {
		judge_case(v, orderbook_case(site->book, i));
		judge_requests(v, orderbook_case(site->book, i)->case_id);
	}
	for (size_t i = 0; i < v->stage_count; i++)
		judge_stage(v, &v->stages[i]);
	return refusals_each(site, judge_refusal, v) == -1 ? EX_IOERR : EX_OK;
}

static void
view_clear(struct view *v)
{
	for (size_t i = 0; i < CONF_IAPS_MAX; i++)
		json_free(v->daemons[i]);
	free(v->stages);
}

/* Seconds since ${t} in the two largest units, for a column. */
static const char *
ago(char out[16], stamp_t now, stamp_t t)
{
	long long s = t == STAMP_NONE ? -1 : (long long)((now - t) / STAMP_SECOND);

	if (t == STAMP_NONE)
		(void)snprintf(out, 16, "-");
	else if (s < 120)
		(void)snprintf(out, 16, "%llds", s < 0 ? 0 : s);
	else if (s < 7200)
		(void)snprintf(out, 16, "%lldm", s / 60);
	else
		(void)snprintf(out, 16, "%lldh", s / 3600);
	return out;
}

static void
print_daemons(const struct view *v)
{
	for (size_t i = 0; i < v->site->conf->iap_count; i++) {
		const struct json *d = v->daemons[i];
		const char *state = json_get_string(d, "state");
		char shown[64];

		if (d == NULL)
			state = "never ran";
		else if (state == NULL || !is_alive(v, d))
			state = "not running";
		printf("%-16s %s\n", v->site->conf->iaps[i].name,
		    text_escape(shown, sizeof shown, state, strlen(state)));
	}
}

static void
print_stages(const struct view *v, const char *case_id)
{
	char age[16], day[STAMP_DAY_TEXT];

	for (size_t i = 0; i < v->stage_count; i++) {
		const struct stage *s = &v->stages[i];

		if (strcmp(s->case_id, case_id) != 0)
			continue;
		printf("  %-14s covered %-5s ago  open %-3llu to seal %-5llu sealed %-6llu to deliver %-5llu%s%s\n",
		    s->iap, ago(age, v->now, s->covered), (unsigned long long)s->open_slices,
		    (unsigned long long)s->to_seal, (unsigned long long)s->last_sealed,
		    (unsigned long long)s->to_deliver, s->end.reason[0] == '\0' ? "" : " ended: ", s->end.reason);
		if (s->attested != STAMP_NONE)
			printf("  %-14s time-stamped up to %s\n", "", stamp_day_format(day, s->attested));
		if (s->acknowledged != STAMP_NONE)
			printf(
			    "  %-14s acknowledged by the LEA up to %s\n", "", stamp_day_format(day, s->acknowledged));
	}
}

static void
print_people(const struct view *v)
{
	int colour = isatty(STDOUT_FILENO);
	char from[STAMP_TEXT], to[STAMP_TEXT];

	print_daemons(v);
	putchar('\n');
	for (size_t i = 0; i < orderbook_count(v->site->book); i++) {
		const struct orderbook_case *c = orderbook_case(v->site->book, i);
		const struct order *o = c->order;

		printf("%-24s %-9s %s to %s\n", c->case_id, state_of(v, c),
		    stamp_format_seconds(from, o ? o->not_before : STAMP_NONE),
		    stamp_format_seconds(to, o ? o->not_after : STAMP_NONE));
		print_stages(v, c->case_id);
		keep_print(v->site, c->case_id, v->now);
	}
	if (orderbook_count(v->site->book) == 0)
		printf("no orders\n");
	putchar('\n');
	for (size_t i = 0; i < v->matter_count; i++)
		printf("%s! %s%s\n", colour ? "\033[31m" : "", v->matters[i], colour ? "\033[0m" : "");
	if (v->matter_count == 0)
		printf("%sall is well%s\n", colour ? "\033[32m" : "", colour ? "\033[0m" : "");
	else
		printf("%zu thing%s to look at\n", v->matter_count, v->matter_count == 1 ? "" : "s");
}

static struct json *
stage_json(const struct stage *s)
{
	struct json *j = json_object();
	int bad = json_put_string(j, "iap", s->iap) | json_put_stamp(j, "covered", s->covered) |
		  json_put_integer(j, "open", (int64_t)s->open_slices) |
		  json_put_integer(j, "to_seal", (int64_t)s->to_seal) |
		  json_put_integer(j, "last_sealed", (int64_t)s->last_sealed) |
		  json_put_integer(j, "to_deliver", (int64_t)s->to_deliver) |
		  json_put_stamp(j, "attested", s->attested) | json_put_stamp(j, "acknowledged", s->acknowledged) |
		  json_put_integer(j, "quarantined", (int64_t)s->quarantined) |
		  json_put_string(j, "ended", s->end.reason);

	if (bad == 0)
		return j;
	json_free(j);
	return NULL;
}

static struct json *
case_json(const struct view *v, const struct orderbook_case *c)
{
	struct json *j = json_object(), *streams = json_array();
	int bad = json_put_string(j, "case", c->case_id) | json_put_string(j, "state", state_of(v, c)) |
		  json_put_string(j, "why", c->why) |
		  json_put_stamp(j, "not_before", c->order ? c->order->not_before : STAMP_NONE) |
		  json_put_stamp(j, "not_after", c->order ? c->order->not_after : STAMP_NONE);

	for (size_t i = 0; i < v->stage_count; i++)
		if (strcmp(v->stages[i].case_id, c->case_id) == 0)
			bad |= json_append(streams, stage_json(&v->stages[i]));
	bad |= json_put(j, "streams", streams) | json_put(j, "keeping", keep_json(v->site, c->case_id, v->now));
	if (bad == 0)
		return j;
	json_free(j);
	return NULL;
}

/* The daemons' own status objects are borrowed into the answer: written out as they are. */
static int
print_json(const struct view *v)
{
	struct json *j = json_object(), *cases = json_array(), *matters = json_array();
	struct buf text = BUF_INIT;
	int bad = json_put_string(j, "format", "casetap-overview/1") | json_put_stamp(j, "time", v->now) |
		  json_put(j, "well", json_boolean(v->matter_count == 0));

	for (size_t i = 0; i < orderbook_count(v->site->book); i++)
		bad |= json_append(cases, case_json(v, orderbook_case(v->site->book, i)));
	for (size_t i = 0; i < v->matter_count; i++)
		bad |= json_append(matters, json_string(v->matters[i]));
	bad |= json_put(j, "cases", cases) | json_put(j, "matters", matters);
	if (bad != 0 || json_write_pretty(j, &text) == -1 || printf("%s\n", text.data) < 0)
		bad = -1;
	buf_free(&text);
	json_free(j);
	return bad == 0 ? EX_OK : EX_IOERR;
}

static int
show(const struct args *args)
{
	struct site site;
	struct view *v = calloc(1, sizeof *v);
	int status;

	if (v == NULL)
		return EX_OSERR;
	status = site_open(&site, args);
	if (status == EX_OK)
		status = view_load(v, &site);
	if (status == EX_OK && args_get(args, "json") != NULL)
		status = print_json(v);
	else if (status == EX_OK)
		print_people(v);
	if (status == EX_OK && v->matter_count > 0)
		status = 1;
	view_clear(v);
	free(v);
	site_close(&site);
	return status;
}

int
command_status(int argc, char **argv)
{
	struct args args;
	int status;

	if (args_parse(&args, options, argc, argv) == -1 || !args_limit_words(&args, 0))
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help("status [--json] [--watch]: 0 if all is well, 1 if there is something to look at", options);
		return EX_OK;
	}
	for (;;) {
		if (args_get(&args, "watch") != NULL && isatty(STDOUT_FILENO))
			printf("\033[H\033[2J");
		status = show(&args);
		if (args_get(&args, "watch") == NULL || (status != EX_OK && status != 1) || fflush(stdout) == EOF)
			return status;
		(void)sleep(2);
	}
}
