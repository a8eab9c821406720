#ifndef PACKAGER_OPTIONS_H
#define PACKAGER_OPTIONS_H

#include "options.h"

/*
 * The command line of casetap-packager(8).  Strings belong to argv.
 */
struct packager_options {
	const char *config;
	const char *only_case; /* NULL: all */
	int check;
	int verbose;
};

enum options_result packager_options_parse(struct packager_options *, int, char **);

#endif
