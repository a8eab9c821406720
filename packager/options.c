#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "names.h"

#include "options.h"

#define DEFAULT_CONFIG "/etc/casetap/casetap.conf"

enum {
	OPTION_CONFIG = 256,
	OPTION_CHECK,
	OPTION_CASE,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option table[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"case", required_argument, NULL, OPTION_CASE},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static const char usage[] = "usage: casetap-packager [--config FILE] [--check] [--case CASE] [-v]\n"
			    "  --config FILE  configuration, default " DEFAULT_CONFIG "\n"
			    "  --check        judge configuration, keyring and key, change nothing, and exit\n"
			    "  --case CASE    look at this case only\n"
			    "  -v, --verbose  say more\n"
			    "  --help, --version\n";

/* Take one option.  Return OPTIONS_RUN to go on. */
static enum options_result
take(struct options *o, int c)
{
	switch (c) {
	case OPTION_CONFIG:
		o->config = optarg;
		return OPTIONS_RUN;
	case OPTION_CHECK:
		o->check = 1;
		return OPTIONS_RUN;
	case OPTION_CASE:
		o->only_case = optarg;
		return OPTIONS_RUN;
	case 'v':
		o->verbose = 1;
		return OPTIONS_RUN;
	case OPTION_HELP:
		(void)fputs(usage, stdout); /* main() exits next, and nothing depends on it */
		return OPTIONS_DONE;
	case OPTION_VERSION:
		(void)puts("casetap-packager " CASETAP_VERSION);
		return OPTIONS_DONE;
	case ':':
		diag_errx("an option needs a value (--help says more)");
		return OPTIONS_BAD;
	default:
		diag_errx("unknown option (--help says which there are)");
		return OPTIONS_BAD;
	}
}

enum options_result
options_parse(struct options *o, int argc, char **argv)
{
	enum options_result result;
	int c;

	memset(o, 0, sizeof(*o));
	o->config = DEFAULT_CONFIG;
	opterr = 0;
	optind = 0; /* glibc: begin anew, for tests that call this more than once */
	while ((c = getopt_long(argc, argv, ":v", table, NULL)) != -1) {
		result = take(o, c);
		if (result != OPTIONS_RUN)
			return result;
	}
	if (optind < argc) {
		diag_errx("no argument is expected behind the options (--help says more)");
		return OPTIONS_BAD;
	}
	if (o->only_case != NULL && !names_is_case(o->only_case)) {
		diag_errx("--case: not a case ID");
		return OPTIONS_BAD;
	}
	return OPTIONS_RUN;
}
