#include <string.h>

#include "diag.h"
#include "names.h"

#include "packager_options.h"

enum options_result
packager_options_parse(struct packager_options *o, int argc, char **argv)
{
	const struct options_row rows[] = {
	    {"config", "FILE", "configuration, default " OPTIONS_DEFAULT_CONFIG, .value = &o->config},
	    {"check", NULL, "judge configuration, keyring and key, change nothing, and exit", .on = &o->check},
	    {"case", "CASE", "look at this case only", .value = &o->only_case},
	    {"verbose", NULL, "say more", 'v', .on = &o->verbose},
	    {.name = NULL},
	};
	const struct options options = {
	    .program = "casetap-packager", .synopsis = "[--config FILE] [--check] [--case CASE] [-v]", .rows = rows};
	enum options_result result;

	memset(o, 0, sizeof(*o));
	o->config = OPTIONS_DEFAULT_CONFIG;
	result = options_parse(&options, argc, argv, NULL);
	if (result == OPTIONS_RUN && o->only_case != NULL && !names_is_case(o->only_case)) {
		diag_errx("--case: not a case ID");
		return OPTIONS_BAD;
	}
	return result;
}
