#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"

#include "verify_options.h"

enum {
	OPTION_ROOT = 256,
	OPTION_KEYRING,
	OPTION_JSON,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option table[] = {
    {"root", required_argument, NULL, OPTION_ROOT},
    {"keyring", required_argument, NULL, OPTION_KEYRING},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: casetap-verify --root ROOT.pub [--keyring FILE] [--json] PATH...\n"
    "  PATH             a package, a day folder, a stream (CASE/IAP), a case, or a folder of cases\n"
    "  --root ROOT.pub  the root key that you were given when the order was served, not one from the delivery\n"
    "  --keyring FILE   a keyring signed by it (FILE.minisig), where none lies beside the package\n"
    "  --json           the report for programs\n"
    "  --help, --version\n"
    "exit: 0 intact and complete, 10 declared gaps, 11 incomplete, 12 tampered, 13 malformed, 14 fork,\n"
    "      64 usage, 66 a path that is not there, 74 could not be read\n";

static enum verify_options_result
take(struct verify_options *o, int c)
{
	switch (c) {
	case OPTION_ROOT:
		o->root = optarg;
		return VERIFY_OPTIONS_RUN;
	case OPTION_KEYRING:
		o->keyring = optarg;
		return VERIFY_OPTIONS_RUN;
	case OPTION_JSON:
		o->json = 1;
		return VERIFY_OPTIONS_RUN;
	case OPTION_HELP:
		(void)fputs(usage, stdout); /* main() exits next, and nothing depends on it */
		return VERIFY_OPTIONS_DONE;
	case OPTION_VERSION:
		(void)puts("casetap-verify " CASETAP_VERSION);
		return VERIFY_OPTIONS_DONE;
	case ':':
		diag_errx("an option needs a value (--help says more)");
		return VERIFY_OPTIONS_BAD;
	default:
		diag_errx("unknown option (--help says which there are)");
		return VERIFY_OPTIONS_BAD;
	}
}

enum verify_options_result
verify_options_parse(struct verify_options *o, int argc, char **argv)
{
	enum verify_options_result result;
	int c;

	memset(o, 0, sizeof(*o));
	opterr = 0;
	optind = 0; /* glibc: begin anew, for tests that call this more than once */
	while ((c = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		result = take(o, c);
		if (result != VERIFY_OPTIONS_RUN)
			return result;
	}
	if (o->root == NULL) {
		diag_errx("--root ROOT.pub is needed: whose word is to be believed? (--help says more)");
		return VERIFY_OPTIONS_BAD;
	}
	if (optind == argc) {
		diag_errx("nothing to verify: name a package or a folder (--help says more)");
		return VERIFY_OPTIONS_BAD;
	}
	o->paths = argv + optind;
	o->path_count = (size_t)(argc - optind);
	return VERIFY_OPTIONS_RUN;
}
