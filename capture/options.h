#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>

#include "conf.h"

/*
 * The command line of casetap-capture(8).  Strings belong to argv.
 */
struct options {
	const char *config;
	const char *iap;                             /* NULL: the only one */
	const char *interfaces[CONF_INTERFACES_MAX]; /* -i, instead of the configuration's */
	size_t interface_count;
	const char *file; /* -r; "-" is standard input; NULL: live */
	int check;
	int verbose;
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* --help or --version was answered: exit 0 */
	OPTIONS_BAD   /* one diag line was written: exit 64 */
};

enum options_result options_parse(struct options *, int, char **);

#endif
