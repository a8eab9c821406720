#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"

#include "args.h"
#include "ask.h"
#include "bound.h"
#include "command.h"
#include "keep.h"

static const struct args_option options[] = {
    SITE_OPTION,
    SITE_ORDERS_OPTION,
    {"case", "ID", "this case only; default every case of which something is due"},
    {"dry-run", NULL, "ask for nothing; show every day, and what speaks against it"},
    {"records", NULL, "what stayed of a case whose payload is purged, once records_days are over"},
    {"reason", "TEXT", "default: retention is over"},
    {"key", "KEY", "an approver's secret key; without it the request waits for a signature"},
    {NULL, NULL, NULL},
};

struct purging {
	struct site *site;
	const struct args *args;
	const char *only_case;
	int is_dry, is_held, is_behind; /* a hold; a day of the stream before this one stays */
	const char *iap;
	uint64_t due, asked;
	int status;
};

static const char *
state_of(const struct purging *g, const struct keep_day *d)
{
	static const char *const words[] = {[RETENTION_DUE] = "due",
	    [RETENTION_OPEN] = "open",
	    [RETENTION_UNDELIVERED] = "undelivered",
	    [RETENTION_KEPT] = "kept",
	    [RETENTION_DAMAGED] = "damaged"};

	if (d->verdict.state != RETENTION_DUE)
		return words[d->verdict.state];
	return g->is_held ? "held" : g->is_behind ? "waits" : words[RETENTION_DUE];
}

static int
on_day(void *cookie, const struct keep_day *d)
{
	struct purging *g = cookie;
	char day[STAMP_DAY_TEXT];

	if (g->iap == NULL || strcmp(g->iap, d->iap) != 0)
		g->is_behind = 0;
	g->iap = d->iap;
	if (g->is_dry)
		printf("%-24s %-16s %s  %-12s %llu packages%s%s\n", d->case_id, d->iap, stamp_day_format(day, d->day),
		    state_of(g, d), (unsigned long long)d->verdict.packages, d->verdict.why[0] == '\0' ? "" : "; ",
		    d->verdict.why);
	if (d->verdict.state != RETENTION_DUE)
		g->is_behind = 1;
	else if (!g->is_behind)
		g->due++;
	return 0;
}

/* Is the case on hold?  Whoever purges would be refused: that is said at once. */
static int
look_at_holds(struct purging *g, const char *case_id)
{
	struct requests *all = requests_load(g->site->statefd, case_id, g->site->keyring, stamp_now());
	const struct request *hold;
	char issued[STAMP_TEXT];

	if (all == NULL)
		return EX_IOERR;
	hold = requests_hold(all, 0);
	g->is_held = hold != NULL || requests_damaged(all) > 0;
	if (hold != NULL)
		printf("%-24s on hold since %s: %s\n", case_id, stamp_format_seconds(issued, hold->issued),
		    hold->reason);
	requests_free(all);
	return EX_OK;
}

static int
ask_for(struct purging *g, const char *case_id)
{
	struct request r = {.act = REQUEST_PURGE};
	int status = ask_case(g->site, case_id);

	(void)snprintf(r.case_id, sizeof r.case_id, "%s", case_id); /* it was judged */
	r.what = args_get(g->args, "records") == NULL ? REQUEST_PAYLOAD : REQUEST_RECORDS;
	if (status == EX_OK)
		status = ask_reason(&r, args_get(g->args, "reason"), "retention is over");
	g->asked++;
	if (status == EX_OK)
		status = ask(g->site, &r, NULL, args_get(g->args, "key"));
	return status == EX_OK ? bound_remove(g->site, case_id) : status;
}

static int
on_case(void *cookie, const char *case_id)
{
	struct purging *g = cookie;

	if (g->only_case != NULL && strcmp(g->only_case, case_id) != 0)
		return 0;
	g->due = 0;
	g->iap = NULL;
	g->status = look_at_holds(g, case_id);
	if (g->status == EX_OK)
		g->status = keep_each_day(g->site, case_id, 1, on_day, g);
	if (g->status == EX_OK && g->due > 0 && !g->is_held && !g->is_dry)
		g->status = ask_for(g, case_id);
	return g->status != EX_OK;
}

static int
purge(struct purging *g)
{
	int status;

	if (args_get(g->args, "records") != NULL && !g->is_dry)
		return ask_for(g, g->only_case);
	status = keep_each_case(g->site, on_case, g);
	if (status == EX_OK && g->status == EX_OK && g->asked == 0 && !g->is_dry)
		printf("nothing is due\n");
	return status == EX_OK ? g->status : status;
}

int
command_purge(int argc, char **argv)
{
	struct args args;
	struct site site;
	struct purging g = {.site = &site, .args = &args};
	int status;

	if (args_parse(&args, options, argc, argv) == -1 || !args_limit_words(&args, 0))
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help("purge [--case CASE] [--dry-run] [--records] [--key KEY]", options);
		return EX_OK;
	}
	g.only_case = args_get(&args, "case");
	g.is_dry = args_get(&args, "dry-run") != NULL;
	if ((g.only_case != NULL && !names_is_case(g.only_case)) ||
	    (g.only_case == NULL && args_get(&args, "records") != NULL)) {
		diag_errx("--case: a case ID must be given");
		return EX_USAGE;
	}
	status = site_open(&site, &args);
	if (status == EX_OK)
		status = purge(&g);
	site_close(&site);
	return status;
}
