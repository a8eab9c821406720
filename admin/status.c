#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "json.h"
#include "stamp.h"
#include "text.h"

#include "args.h"
#include "command.h"
#include "keep.h"
#include "metrics.h"
#include "overview.h"
#include "site.h"

static const struct args_option options[] = {
    SITE_OPTION,
    SITE_ORDERS_OPTION,
    {"json", NULL, "as one JSON object"},
    {"metrics", "FILE", "into a file for Prometheus's node exporter, and nothing on standard output"},
    {"watch", NULL, "again every two seconds until interrupted"},
    {NULL, NULL, NULL},
};

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

/* A sum of a daemon's, 0 where it does not say. */
static unsigned long long
sum(const struct json *j, const char *key)
{
	uint64_t n = 0;

	(void)json_get_u64(j, key, &n); /* as above */
	return n;
}

struct kinds {
	const struct json *all;
	int printed;
};

static int
print_kind(void *cookie, const char *name, const struct json *count)
{
	struct kinds *kinds = cookie;
	char shown[64];

	(void)count; /* read with its range */
	printf("%s %s %llu",
	    kinds->printed ? "," : "    not followed:", text_escape(shown, sizeof shown, name, strlen(name)),
	    sum(kinds->all, name));
	kinds->printed = 1;
	return 0;
}

/* Where the frames of each interface, and the records made of them, are; since the reader began. */
static void
print_sums(const struct json *d)
{
	const struct json *list = json_get_array(d, "interfaces"), *r = json_get_object(d, "records");
	struct kinds kinds = {json_get_object(d, "not_followed"), 0};
	char shown[64];

	for (size_t i = 0; i < json_length(list); i++) {
		const struct json *j = json_item(list, i);
		const char *name = json_get_string(j, "name");
		uint64_t seen;

		if (name == NULL || json_get_u64(j, "seen", &seen) == -1)
			continue;
		printf(
		    "  %-14s seen %llu = subject %llu + not the subject %llu + lost in the kernel %llu; lost in the "
		    "interface %llu\n",
		    text_escape(shown, sizeof shown, name, strlen(name)), (unsigned long long)seen, sum(j, "subject"),
		    sum(j, "not_subject"), sum(j, "lost"), sum(j, "missed"));
	}
	printf(
	    "    records %llu = stored %llu + outside %llu + lost: pool %llu, disk %llu, quota %llu; mirror %llu\n",
	    sum(r, "matched"), sum(r, "stored"), sum(r, "outside"), sum(r, "lost_pool"), sum(r, "lost_disk"),
	    sum(r, "lost_quota"), sum(r, "lost_mirror"));
	(void)json_each(kinds.all, print_kind, &kinds); /* goes through all */
	if (kinds.printed)
		putchar('\n');
}

static void
print_daemons(const struct overview *v)
{
	for (size_t i = 0; i < v->site->conf->iap_count; i++) {
		const struct json *d = v->daemons[i];
		const char *state = json_get_string(d, "state");
		int is_alive = d != NULL && overview_is_alive(v, d);
		char shown[64];

		if (d == NULL)
			state = "never ran";
		else if (state == NULL || !is_alive)
			state = "not running";
		printf("%-16s %s\n", v->site->conf->iaps[i].name,
		    text_escape(shown, sizeof shown, state, strlen(state)));
		if (is_alive && strcmp(state, "capturing") == 0)
			print_sums(d);
	}
}

static void
print_stages(const struct overview *v, const char *case_id)
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

/* Is the order one that whoever asks has no key to?  A revoked case does not say so by its state. */
static int
is_locked(const struct overview *v, const struct orderbook_case *c)
{
	return c->state == ORDERBOOK_LOCKED ||
	       (c->state == ORDERBOOK_REVOKED && c->order == NULL && v->site->orders_key == NULL &&
		   v->site->conf->orders_encrypt_to_count > 0);
}

static void
print_people(const struct overview *v)
{
	int colour = isatty(STDOUT_FILENO);
	char from[STAMP_TEXT], to[STAMP_TEXT];

	print_daemons(v);
	putchar('\n');
	for (size_t i = 0; i < orderbook_count(v->site->book); i++) {
		const struct orderbook_case *c = orderbook_case(v->site->book, i);
		const struct order *o = c->order;

		printf("%-24s %-9s %s to %s\n", c->case_id, overview_state(v, c),
		    stamp_format_seconds(from, o ? o->not_before : STAMP_NONE),
		    stamp_format_seconds(to, o ? o->not_after : STAMP_NONE));
		print_stages(v, c->case_id);
		keep_print(v->site, c->case_id, is_locked(v, c), v->now);
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

/* Where the case is in force and not captured, and why. */
static struct json *
idle_json(const struct overview *v, const struct orderbook_case *c)
{
	struct json *list = json_array(), *j;
	const char *trouble;
	int bad = 0;

	for (size_t i = 0; i < v->site->conf->iap_count; i++) {
		trouble = overview_idle_at(v, c, i);
		if (trouble == NULL)
			continue;
		j = json_object();
		bad |=
		    json_put_string(j, "iap", v->site->conf->iaps[i].name) | json_put_string(j, "trouble", trouble);
		bad |= json_append(list, j);
	}
	if (bad == 0)
		return list;
	json_free(list);
	return NULL;
}

static struct json *
case_json(const struct overview *v, const struct orderbook_case *c)
{
	struct json *j = json_object(), *streams = json_array();
	int bad = json_put_string(j, "case", c->case_id) | json_put_string(j, "state", overview_state(v, c)) |
		  json_put_string(j, "why", c->why) |
		  json_put_stamp(j, "not_before", c->order ? c->order->not_before : STAMP_NONE) |
		  json_put_stamp(j, "not_after", c->order ? c->order->not_after : STAMP_NONE) |
		  json_put_stamp(j, "last_frame", overview_last_frame(v, c->case_id)) |
		  json_put(j, "ends_soon", json_boolean(overview_ends_soon(v, c))) |
		  json_put(j, "quiet", json_boolean(overview_is_quiet(v, c))) |
		  json_put(j, "not_captured", idle_json(v, c));

	for (size_t i = 0; i < v->stage_count; i++)
		if (strcmp(v->stages[i].case_id, c->case_id) == 0)
			bad |= json_append(streams, stage_json(&v->stages[i]));
	bad |= json_put(j, "streams", streams) |
	       json_put(j, "keeping", keep_json(v->site, c->case_id, is_locked(v, c), v->now));
	if (bad == 0)
		return j;
	json_free(j);
	return NULL;
}

/* What the daemon of an access point says of frames and records (casetap-journal(5)), as it says it. */
static struct json *
iap_json(const struct overview *v, size_t i)
{
	static const char *const members[] = {
	    "state", "written", "started", "kernel_filter", "interfaces", "records", "not_followed"};
	struct json *j = json_object();
	const struct json *said;
	int bad = json_put_string(j, "iap", v->site->conf->iaps[i].name) |
		  json_put(j, "running", json_boolean(overview_is_alive(v, v->daemons[i])));

	for (size_t k = 0; k < sizeof members / sizeof members[0]; k++) {
		said = json_get(v->daemons[i], members[k]);
		if (said != NULL)
			bad |= json_put(j, members[k], json_share(said));
	}
	if (bad == 0)
		return j;
	json_free(j);
	return NULL;
}

/* How the programs that timers start came out. */
static struct json *
runs_json(const struct overview *v)
{
	struct json *list = json_array(), *j;
	int bad = 0;

	for (size_t i = 0; i < OVERVIEW_RUNS; i++) {
		if (v->runs[i].is_known != 1)
			continue;
		j = json_object();
		bad |= json_put_string(j, "program", v->runs[i].program) |
		       json_put_stamp(j, "began", v->runs[i].last.began) |
		       json_put_stamp(j, "ended", v->runs[i].last.ended) |
		       json_put_integer(j, "status", v->runs[i].last.status) |
		       json_put_stamp(j, "since", v->runs[i].last.since) |
		       json_put_integer(j, "unended", v->runs[i].last.unended);
		bad |= json_append(list, j);
	}
	if (bad == 0)
		return list;
	json_free(list);
	return NULL;
}

static int
print_json(const struct overview *v)
{
	struct json *j = json_object(), *iaps = json_array(), *cases = json_array(), *matters = json_array();
	struct buf text = BUF_INIT;
	int bad = json_put_string(j, "format", "casetap-overview/1") | json_put_stamp(j, "time", v->now) |
		  json_put(j, "well", json_boolean(v->matter_count == 0));

	for (size_t i = 0; i < v->site->conf->iap_count; i++)
		bad |= json_append(iaps, iap_json(v, i));
	for (size_t i = 0; i < orderbook_count(v->site->book); i++)
		bad |= json_append(cases, case_json(v, orderbook_case(v->site->book, i)));
	for (size_t i = 0; i < v->matter_count; i++)
		bad |= json_append(matters, json_string(v->matters[i]));
	bad |= json_put(j, "runs", runs_json(v)) | json_put(j, "iaps", iaps) | json_put(j, "cases", cases) |
	       json_put(j, "matters", matters);
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
	struct overview *v = calloc(1, sizeof *v);
	const char *metrics = args_get(args, "metrics");
	int status;

	if (v == NULL)
		return EX_OSERR;
	status = site_open(&site, args);
	if (status == EX_OK)
		status = overview_load(v, &site);
	if (status == EX_OK && metrics != NULL)
		status = metrics_write(v, metrics);
	else if (status == EX_OK && args_get(args, "json") != NULL)
		status = print_json(v);
	else if (status == EX_OK)
		print_people(v);
	/* A figure that was handed over is no failure of who hands it over. */
	if (status == EX_OK && v->matter_count > 0 && metrics == NULL)
		status = 1;
	overview_clear(v);
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
		args_help(
		    "status [--json] [--watch] [--metrics FILE]: 0 if all is well, 1 if there is something to look at",
		    options);
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
