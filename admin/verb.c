#include <string.h>
#include <sysexits.h>

#include "diag.h"

#include "verb.h"

static int
run(const struct verb *verb, int argc, char **argv)
{
	struct args args;
	struct site site;
	int status;

	if (args_parse(&args, verb->options, argc, argv) == -1)
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help(verb->synopsis, verb->options);
		return EX_OK;
	}
	if (!args_limit_words(&args, verb->words))
		return EX_USAGE;
	status = verb->open(&site, &args);
	if (status == EX_OK)
		status = verb->run(&site, &args);
	site_close(&site);
	return status;
}

int
verb_run(const struct verb *table, const char *usage, int argc, char **argv)
{
	const struct verb *verb;

	for (verb = table; argc > 0 && verb->name != NULL; verb++)
		if (strcmp(argv[0], verb->name) == 0)
			return run(verb, argc - 1, argv + 1);
	if (argc > 0 && strcmp(argv[0], "--help") == 0) {
		for (verb = table; verb->name != NULL; verb++)
			args_help(verb->synopsis, NULL);
		return EX_OK;
	}
	diag_errx("usage: %s", usage);
	return EX_USAGE;
}
