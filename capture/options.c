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
	OPTION_IAP,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option table[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"iap", required_argument, NULL, OPTION_IAP},
    {"interface", required_argument, NULL, 'i'},
    {"read", required_argument, NULL, 'r'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: casetap-capture [--config FILE] [--check] [--iap NAME] [-v] [-i INTERFACE ... | -r FILE]\n"
    "  --config FILE    configuration, default " DEFAULT_CONFIG "\n"
    "  --check          judge configuration, keyring and orders, say what would be in force, and exit\n"
    "  --iap NAME       the access point to be, where the configuration has several\n"
    "  -i, --interface  capture here instead of on the configuration's interfaces; may be repeated\n"
    "  -r, --read FILE  apply the orders to a capture file (pcap or pcapng; - is standard input)\n"
    "  -v, --verbose    say more\n"
    "  --help, --version\n";

static int
add_interface(struct options *o, const char *name)
{
	if (o->interface_count == CONF_INTERFACES_MAX) {
		diag_errx("-i: at most %d interfaces", CONF_INTERFACES_MAX);
		return -1;
	}
	o->interfaces[o->interface_count++] = name;
	return 0;
}

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
	case OPTION_IAP:
		o->iap = optarg;
		return OPTIONS_RUN;
	case 'i':
		return add_interface(o, optarg) == -1 ? OPTIONS_BAD : OPTIONS_RUN;
	case 'r':
		o->file = optarg;
		return OPTIONS_RUN;
	case 'v':
		o->verbose = 1;
		return OPTIONS_RUN;
	case OPTION_HELP:
		(void)fputs(usage, stdout); /* main() exits next, and nothing depends on it */
		return OPTIONS_DONE;
	case OPTION_VERSION:
		(void)puts("casetap-capture " CASETAP_VERSION);
		return OPTIONS_DONE;
	case ':':
		diag_errx(
		    "%s needs a value (--help says more)", optopt > 255 || optopt == 0 ? "an option" : "-i or -r");
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
	while ((c = getopt_long(argc, argv, ":i:r:v", table, NULL)) != -1) {
		result = take(o, c);
		if (result != OPTIONS_RUN)
			return result;
	}
	if (optind < argc) {
		diag_errx("no argument is expected behind the options (--help says more)");
		return OPTIONS_BAD;
	}
	if (o->file != NULL && o->interface_count > 0) {
		diag_errx("-i and -r exclude each other");
		return OPTIONS_BAD;
	}
	if (o->iap != NULL && !names_is_iap(o->iap)) {
		diag_errx("--iap: not the name of an access point");
		return OPTIONS_BAD;
	}
	return OPTIONS_RUN;
}
