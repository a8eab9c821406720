#include <string.h>

#include "diag.h"

#include "verify_options.h"

static const char paths_help[] =
    "PATH is a package, a day folder, a stream (CASE/IAP), a case, a folder of cases, or records/CASE of a station\n"
    "exit: 0 intact and complete, 10 declared gaps, 11 incomplete, 12 tampered, 13 malformed, 14 fork,\n"
    "      64 usage, 66 a path that is not there, 73 the page can not be made, 74 could not be read\n";

enum options_result
verify_options_parse(struct verify_options *o, int argc, char **argv)
{
	const struct options_row rows[] = {
	    {"root", "ROOT.pub",
		"the root key that you were given when the order was served, not one from the delivery",
		.value = &o->root},
	    {"keyring", "FILE", "a keyring signed by it (FILE.minisig), where none lies beside the package",
		.value = &o->keyring},
	    {"identity", "FILE", "an age identity file, to open encrypted packages with", .value = &o->identity},
	    {"tsa-ca", "FILE",
		"certificates of the time-stamping authority, from the authority itself; without it, those that came along",
		.value = &o->tsa_ca},
	    {"receipt", "KEY",
		"where the day, a single one, is intact, sign with the LEA's secret key that it was received and verified",
		.value = &o->receipt},
	    {"json", NULL, "the report for programs", .on = &o->json},
	    {"html", "FILE", "the report as one page for people, in a new file", .value = &o->html},
	    {.name = NULL},
	};
	const struct options options = {.program = "casetap-verify",
	    .synopsis =
		"--root ROOT.pub [--keyring FILE] [--identity FILE] [--tsa-ca FILE] [--receipt KEY] [--json] [--html FILE] "
		"PATH...",
	    .ending = paths_help,
	    .rows = rows};
	enum options_result result;
	int first = 0;

	memset(o, 0, sizeof(*o));
	result = options_parse(&options, argc, argv, &first);
	if (result != OPTIONS_RUN)
		return result;
	if (o->root == NULL) {
		diag_errx("--root ROOT.pub is needed: whose word is to be believed? (--help says more)");
		return OPTIONS_BAD;
	}
	if (first == argc) {
		diag_errx("nothing to verify: name a package or a folder (--help says more)");
		return OPTIONS_BAD;
	}
	if (o->receipt != NULL && argc - first != 1) {
		diag_errx("--receipt acknowledges one day: name its folder and nothing else");
		return OPTIONS_BAD;
	}
	o->paths = argv + first;
	o->path_count = (size_t)(argc - first);
	return OPTIONS_RUN;
}
