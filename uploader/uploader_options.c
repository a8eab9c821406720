#include <string.h>

#include "diag.h"
#include "text.h"

#include "uploader_options.h"

/* Copy the ${n} bytes at ${s} into ${out} of ${room} bytes.  Return 0, or -1 if there is no room. */
static int
cut(char *out, size_t room, const char *s, size_t n)
{
	if (n >= room)
		return -1;
	memcpy(out, s, n);
	out[n] = '\0';
	return 0;
}

/* CASE/IAP:SEQ-SEQ or CASE/IAP:SEQ.  None of the four holds what separates them. */
static int
parse_resend(struct uploader_options *opts, const char *s)
{
	const char *slash = strchr(s, '/'), *colon = strchr(s, ':'), *dash;
	char number[32];

	if (slash == NULL || colon == NULL || slash > colon)
		return -1;
	dash = strchr(colon, '-');
	if (cut(opts->resend_case, sizeof opts->resend_case, s, (size_t)(slash - s)) == -1 ||
	    cut(opts->resend_iap, sizeof opts->resend_iap, slash + 1, (size_t)(colon - slash - 1)) == -1 ||
	    !names_is_case(opts->resend_case) || !names_is_iap(opts->resend_iap))
		return -1;
	colon++;
	if (cut(number, sizeof number, colon, dash == NULL ? strlen(colon) : (size_t)(dash - colon)) == -1 ||
	    text_u64(number, 1, NAMES_SEQ_MAX, &opts->resend_first) == -1)
		return -1;
	opts->resend_last = opts->resend_first;
	if (dash != NULL && text_u64(dash + 1, opts->resend_first, NAMES_SEQ_MAX, &opts->resend_last) == -1)
		return -1;
	return 0;
}

static int
take_case(void *cookie, const char *value)
{
	struct uploader_options *opts = cookie;

	opts->case_id = value;
	if (names_is_case(value))
		return 0;
	diag_errx("--case %s: not a case ID", value);
	return -1;
}

static int
take_resend(void *cookie, const char *value)
{
	if (parse_resend(cookie, value) == 0)
		return 0;
	diag_errx("--resend %s: not CASE/IAP:SEQ-SEQ", value);
	return -1;
}

static int
take_summary(void *cookie, const char *value)
{
	struct uploader_options *opts = cookie;

	if (strcmp(value, "today") == 0)
		opts->summary = stamp_day_start(stamp_now());
	else if (strcmp(value, "yesterday") == 0)
		opts->summary = stamp_day_start(stamp_now()) - STAMP_DAY;
	else if (stamp_day_parse(value, &opts->summary) == -1) {
		diag_errx("--summary: must be today, yesterday or a day such as 2026-11-20");
		return -1;
	}
	return 0;
}

static int
take_audit(void *cookie, const char *value)
{
	struct uploader_options *opts = cookie;

	if (strcmp(value, "sizes") == 0)
		opts->audit = AUDIT_SIZES;
	else if (strcmp(value, "bytes") == 0)
		opts->audit = AUDIT_BYTES;
	if (opts->audit != AUDIT_NONE)
		return 0;
	diag_errx("--audit: must be sizes or bytes");
	return -1;
}

enum options_result
uploader_options_parse(struct uploader_options *opts, int argc, char **argv)
{
	const struct options_row rows[] = {
	    {"config", "FILE", "configuration, default " OPTIONS_DEFAULT_CONFIG, .value = &opts->config},
	    {"check", NULL, "judge configuration, keys and orders; send nothing", .on = &opts->check},
	    {"case", "CASE", "deliver this case only", .take = take_case, .cookie = opts},
	    {"resend", "CASE/IAP:SEQ-SEQ", "look again at the far end for these numbers, and send what is not there",
		.take = take_resend, .cookie = opts},
	    {"audit", "sizes|bytes",
		"look at the far end for all that was delivered, and send again what is missing there",
		.take = take_audit, .cookie = opts},
	    {"summary", "DAY", "say how a day has fared: today, yesterday or 2026-11-20; send nothing",
		.take = take_summary, .cookie = opts},
	    {"json", NULL, "the summary as JSON", .on = &opts->json},
	    {"verbose", NULL, "say more", 'v', .on = &opts->verbose},
	    {.name = NULL},
	};
	const struct options options = {.program = "casetap-uploader",
	    .synopsis = "[--config FILE] [--check] [--case CASE] [--resend CASE/IAP:SEQ-SEQ] [--audit sizes|bytes] "
			"[--summary DAY [--json]] [-v]",
	    .rows = rows};

	memset(opts, 0, sizeof *opts);
	opts->config = OPTIONS_DEFAULT_CONFIG;
	opts->summary = STAMP_NONE;
	return options_parse(&options, argc, argv, NULL);
}
