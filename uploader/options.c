#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "text.h"

#include "options.h"

#define DEFAULT_CONFIG "/etc/casetap/casetap.conf"

static const char usage[] =
    "usage: casetap-uploader [--config FILE] [--check] [--case CASE] [--resend CASE/IAP:SEQ-SEQ]\n"
    "  --config FILE               default " DEFAULT_CONFIG "\n"
    "  --check                     judge configuration, keys and orders; send nothing\n"
    "  --case CASE                 deliver this case only\n"
    "  --resend CASE/IAP:SEQ-SEQ   look again at the far end for these numbers, and send what is not there\n"
    "  -v, --verbose               say more\n"
    "  --version, --help\n";

enum {
	OPT_CONFIG = 256,
	OPT_CHECK,
	OPT_CASE,
	OPT_RESEND,
	OPT_VERSION,
	OPT_HELP
};

static const struct option table[] = {
    {"config", required_argument, NULL, OPT_CONFIG},
    {"check", no_argument, NULL, OPT_CHECK},
    {"case", required_argument, NULL, OPT_CASE},
    {"resend", required_argument, NULL, OPT_RESEND},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

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
parse_resend(struct options *opts, const char *s)
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

static enum options_result
take(struct options *opts, int c)
{
	switch (c) {
	case OPT_CONFIG:
		opts->config = optarg;
		return OPTIONS_RUN;
	case OPT_CHECK:
		opts->check = 1;
		return OPTIONS_RUN;
	case 'v':
		opts->verbose = 1;
		return OPTIONS_RUN;
	case OPT_CASE:
		opts->case_id = optarg;
		if (names_is_case(optarg))
			return OPTIONS_RUN;
		diag_errx("--case %s: not a case ID", optarg);
		return OPTIONS_BAD;
	case OPT_RESEND:
		if (parse_resend(opts, optarg) == 0)
			return OPTIONS_RUN;
		diag_errx("--resend %s: not CASE/IAP:SEQ-SEQ", optarg);
		return OPTIONS_BAD;
	case OPT_VERSION:
		(void)printf("casetap-uploader %s\n", CASETAP_VERSION);
		return OPTIONS_DONE;
	case OPT_HELP:
		(void)fputs(usage, stdout);
		return OPTIONS_DONE;
	default:
		diag_errx("unknown option or missing value; --help says more");
		return OPTIONS_BAD;
	}
}

enum options_result
options_parse(struct options *opts, int argc, char **argv)
{
	enum options_result result = OPTIONS_RUN;
	int c;

	memset(opts, 0, sizeof *opts);
	opts->config = DEFAULT_CONFIG;
	opterr = 0;
	while (result == OPTIONS_RUN && (c = getopt_long(argc, argv, "v", table, NULL)) != -1)
		result = take(opts, c);
	if (result == OPTIONS_RUN && optind < argc) {
		diag_errx("%s: this program takes options only; --help says more", argv[optind]);
		result = OPTIONS_BAD;
	}
	return result;
}
