#ifndef CAPTURE_OPTIONS_H
#define CAPTURE_OPTIONS_H

#include <stddef.h>

#include "conf.h"
#include "options.h"

/*
 * The command line of casetap-capture(8).  Strings belong to argv.
 */
struct capture_options {
	const char *config;
	const char *iap;                             /* NULL: the only one */
	const char *interfaces[CONF_INTERFACES_MAX]; /* -i, instead of the configuration's */
	size_t interface_count;
	const char *file; /* -r; "-" is standard input; NULL: live */
	int check;
	int verbose;
};

enum options_result capture_options_parse(struct capture_options *, int, char **);

#endif
