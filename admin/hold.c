#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"
#include "requests.h"

#include "args.h"
#include "ask.h"
#include "command.h"

static const struct args_option hold_options[] = {
    SITE_OPTION, {"reason", "TEXT", "why, for the custody log"}, {NULL, NULL, NULL}};
static const struct args_option release_options[] = {
    SITE_OPTION,
    {"reason", "TEXT", "why, for the custody log"},
    {"key", "KEY", "an approver's secret key; without it the request waits for a signature"},
    {NULL, NULL, NULL},
};

/* Name every hold that is in force at this moment. */
static int
name_holds(const struct site *site, struct request *r)
{
	struct requests *all = requests_load(site->statefd, r->case_id, site->keyring, stamp_now());
	const struct request *hold;
	int status = EX_OK;

	if (all == NULL)
		return EX_IOERR;
	while (r->hold_count < REQUEST_HOLDS_MAX && (hold = requests_hold(all, r->hold_count)) != NULL)
		memcpy(r->holds[r->hold_count++], hold->sha256, DIGEST_HEX);
	if (r->hold_count == 0) {
		diag_errx("case %s: is not on hold", r->case_id);
		status = EX_NOINPUT;
	}
	requests_free(all);
	return status;
}

static int
run(enum request_act act, const char *synopsis, const struct args_option *options, int argc, char **argv)
{
	struct request r = {.act = act};
	struct args args;
	struct site site;
	const char *case_id;
	int status;

	if (args_parse(&args, options, argc, argv) == -1)
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help(synopsis, options);
		return EX_OK;
	}
	case_id = args_word(&args, 0);
	if (args_words(&args) != 1 || !names_is_case(case_id)) {
		diag_errx("usage: casetap %s", synopsis);
		return EX_USAGE;
	}
	(void)snprintf(r.case_id, sizeof r.case_id, "%s", case_id); /* as seen */
	if (ask_reason(&r, args_get(&args, "reason"), NULL) != EX_OK)
		return EX_USAGE;
	status = site_open(&site, &args);
	if (status == EX_OK)
		status = ask_case(&site, case_id);
	if (status == EX_OK && act == REQUEST_RELEASE)
		status = name_holds(&site, &r);
	if (status == EX_OK)
		status = ask(&site, &r, NULL, act == REQUEST_RELEASE ? args_get(&args, "key") : NULL);
	site_close(&site);
	return status;
}

int
command_hold(int argc, char **argv)
{
	return run(REQUEST_HOLD, "hold CASE --reason TEXT", hold_options, argc, argv);
}

int
command_release(int argc, char **argv)
{
	return run(REQUEST_RELEASE, "release CASE --reason TEXT [--key KEY]", release_options, argc, argv);
}
